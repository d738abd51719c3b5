"""Levers: settings of instruments and parameters of the world that can be moved, with what they declare of themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from coalsim.policies import Instrument
from coalsim.scenario.parameter import declared
from coalsim.scenario.schema import Scenario, Success
from coalsim.scenario.world import World
from coalsim.text import label

FIRST = ("policy.pooled_fund.share", "policy.target_alignment.share", "policy.reward_grant.share_of_budget")
STEPS = 100  # of a slider from end to end, about
SOURCE_OF_INSTRUMENTS = "a setting of the policy; how instruments work and where they come from: docs/instruments.md"


@dataclass(frozen=True)
class Lever:
    """One value that can be moved.

    Attributes
    ----------
    value : as it is without being moved
    low, high : ends of the slider; a value beyond them can be written where the model's bounds admit it
    step : of the slider; 1 for whole numbers
    choices : what can be chosen, where it is a word or a yes or no
    """

    path: str
    value: Any
    low: float = 0.0
    high: float = 1.0
    step: float = 0.01
    choices: tuple[Any, ...] = ()
    unit: str = ""
    doc: str = ""
    source: str = ""

    @property
    def label(self) -> str:
        """Its name in words, with its unit: `pooled fund: share`."""
        family, *rest = self.path.split(".")
        what = ": ".join(label(part) for part in rest)
        unit = f" ({self.unit})" if self.unit not in ("", "1") else ""
        return f"{what if family in ('policy', 'world') else f'{label(family)}: {what}'}{unit}"

    @property
    def is_whole(self) -> bool:
        """Whether it takes whole numbers only."""
        return isinstance(self.value, int) and not isinstance(self.value, bool)

    def takes(self, value: Any) -> bool:
        """Whether a value is of its kind, wherever it lies."""
        if self.choices:
            return value in self.choices and isinstance(value, type(self.choices[0]))
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and (not self.is_whole or float(value).is_integer())

    @property
    def help(self) -> str:
        """Meaning, range and source."""
        span = "" if self.choices else f" From {self.low:g} to {self.high:g}; as it comes {self.value:g}."
        return f"{self.doc}{span} Source: {self.source}. In scenario files: {self.path}"


def levers(scenario: Scenario) -> dict[str, Lever]:
    """The levers of a scenario by path: its options' instruments, then the world's parameters and what counts as success."""
    found = {lever.path: lever for lever in _of_instruments(scenario)}
    found |= {lever.path: lever for lever in _declared(scenario.world, World, "world")}
    found |= {lever.path: lever for lever in _declared(scenario.success, Success, "success")}
    return found


def _of_instruments(scenario: Scenario) -> Iterator[Lever]:
    """Settings of every instrument in any option; as it comes is what the last option that has it says."""
    having: dict[str, Instrument] = {}
    for option in scenario.options.values():
        having |= option.instruments
    for name, instrument in having.items():
        for setting, field in type(instrument).model_fields.items():
            path, value = f"policy.{name}.{setting}", getattr(instrument, setting)
            doc = field.description or ""
            if get_origin(field.annotation) is Literal or isinstance(value, bool):
                choices = get_args(field.annotation) or (False, True)
                yield Lever(path, value, choices=choices, doc=doc, source=SOURCE_OF_INSTRUMENTS)
            elif isinstance(value, int | float):
                low, high = _bounds(field.metadata)
                if setting in ("start", "end", "ramp"):
                    high = min(high, scenario.months)
                elif high > 1 and value > 0 and high > 10 * value:  # money: its bound is far beyond anything sensible
                    high = _round_up(5 * value)
                high = max(high, value)
                yield Lever(path, value, low, high, _step(value, low, high), doc=doc, source=SOURCE_OF_INSTRUMENTS)


def _declared(part: Any, kind: type[Any], prefix: str) -> Iterator[Lever]:
    """Parameters that declare a range of uncertainty."""
    for one in declared(kind):
        value = _at(part, one.path)
        if one.low is None or one.high is None or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        low, high = min(one.low, value), max(one.high, value)
        source = f"{one.source} ({label(one.status)})" if one.status else one.source
        yield Lever(
            f"{prefix}.{one.path}", value, low, high, _step(value, low, high), unit=one.unit, doc=one.doc, source=source
        )


def _at(part: Any, path: str) -> Any:
    """The value that lies there now; None where there is nothing."""
    for step in path.split("."):
        if step == "*":
            return None
        part = part.get(step) if isinstance(part, dict) else getattr(part, step, None)
    return part


def _bounds(metadata: list[Any]) -> tuple[float, float]:
    """What the declaration admits at least and at most; 0 and 1 where it does not say."""
    said = {
        name: float(getattr(one, name)) for one in metadata for name in ("ge", "gt", "le", "lt") if hasattr(one, name)
    }
    return said.get("ge", said.get("gt", 0.0)), said.get("le", said.get("lt", 1.0))


def _step(value: float, low: float, high: float) -> float:
    """A round step of about a hundredth of the way."""
    if isinstance(value, int):
        return 1.0
    return float(10 ** math.floor(math.log10((high - low) / STEPS) + 0.5)) if high > low else 0.01


def _round_up(value: float) -> float:
    """The next number with one digit."""
    size = 10 ** math.floor(math.log10(value))
    return float(math.ceil(value / size) * size)
