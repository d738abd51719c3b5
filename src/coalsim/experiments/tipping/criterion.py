"""What counts as tipped: the scenario's definition of success, rivals beside it, or what an experiment names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coalsim.experiments.files.tipping import TipsWhen
from coalsim.indicators import indicators
from coalsim.policies.policy import NEVER
from coalsim.scenario.parameter import declared
from coalsim.scenario.schema import Success
from coalsim.text import label

type Array = NDArray[np.float64]

# The rival that asks for progress from a place's own start, for places that meet national thresholds at once (assumption).
MORE_EMPLOYMENT, LESS_DEPRIVATION = 0.02, 0.25

# Which indicator each threshold of success is about, and whether it must be at least or at most that.
LEAST = {"employment_rate": "employment_rate", "effective_sectors": "effective_sectors"}
MOST = {"severe_deprivation": "severe_deprivation", "temporary_support": "temporary_share"}


@dataclass(frozen=True)
class Limit:
    """One condition: an indicator at least or at most a value, which may count from the place's own start."""

    indicator: str
    value: float
    is_least: bool
    is_relative: str = ""  # "plus": value is added to the start; "times": it multiplies the start

    def holds(self, course: Array) -> NDArray[np.bool_]:
        """Months (months + 1,) in which it holds."""
        limit = {"plus": course[0] + self.value, "times": course[0] * self.value}.get(self.is_relative, self.value)
        return course >= limit if self.is_least else course <= limit

    def __str__(self) -> str:
        name, unit = label(self.indicator), indicators[self.indicator].unit
        sign = "at least" if self.is_least else "at most"
        if self.is_relative == "plus":
            return f"{name} {100 * self.value:.3g} points above its start"
        if self.is_relative == "times":
            return f"{name} {1 - self.value:.0%} below its start"
        return f"{name} {sign} {f'{100 * self.value:.4g}%' if unit == '1' else f'{self.value:.4g} {unit}'}"


@dataclass(frozen=True)
class Criterion:
    """When a run counts as tipped: every limit holds in the last months, long enough and long enough after the money.

    A place that meets the limits at the start cannot tip. This is the rule by which the model itself notes `tipped_month`.
    """

    name: str
    title: str
    limits: tuple[Limit, ...]
    months_running: int
    months_after: int | None  # after the programme's money ends; None where it may still flow

    def holds(self, values: Array, names: tuple[str, ...]) -> NDArray[np.bool_]:
        """Months in which every limit holds, of one place's indicators (months + 1, indicators)."""
        each = [limit.holds(values[:, names.index(limit.indicator)]) for limit in self.limits]
        return np.all(each, axis=0)

    def tipped_month(self, values: Array, names: tuple[str, ...], money_ends: int) -> int | None:
        """Month in which the place tipped for good, None if it did not."""
        holds = self.holds(values, names)
        months = len(holds) - 1
        if holds[0] or not holds[-1]:
            return None
        running = int(np.argmin(holds[::-1]))  # months up to the end in which it has held; it does not at the start
        judged = months - running + self.months_running
        if self.months_after is not None:
            judged = max(judged, money_ends + self.months_after)
        return int(judged) if months >= judged and judged < NEVER else None

    def __str__(self) -> str:
        after = (
            "" if self.months_after is None else f", and {self.months_after} months after the programme's money ends"
        )
        return f"{'; '.join(map(str, self.limits))}; for {self.months_running} months running{after}"


def of_experiment(asked: TipsWhen) -> Criterion:
    """What an experiment file names."""
    limits = [
        Limit(name, value, is_least)
        for name, bound in asked.bounds.items()
        for value, is_least in ((bound.at_least, True), (bound.at_most, False))
        if value is not None
    ]
    return Criterion("experiment", "The experiment's", tuple(limits), asked.months_running, asked.months_after)


def of_scenario(success: Success) -> Criterion:
    """The scenario's own definition."""
    return _criterion("scenario", "The scenario's", dict(success), success)


def rivals(success: Success) -> Iterator[Criterion]:
    """Others beside it: thresholds at the strict and the loose end of their declared ranges, one subject only, own start."""
    ends = {one.path: (float(one.low), float(one.high)) for one in declared(Success) if one.low is not None}  # type: ignore[arg-type]
    for name, title, k in (("stricter", "Stricter", 1), ("looser", "Looser", 0)):
        yield _criterion(
            name, title, {**{key: ends[key][k] for key in LEAST}, **{key: ends[key][1 - k] for key in MOST}}, success
        )
    yield _criterion("employment", "Employment only", {"employment_rate": success.employment_rate}, success)
    yield _criterion("deprivation", "Deprivation only", {"severe_deprivation": success.severe_deprivation}, success)
    own = (
        Limit("employment_rate", MORE_EMPLOYMENT, True, "plus"),
        Limit("severe_deprivation", 1 - LESS_DEPRIVATION, False, "times"),
        Limit("temporary_share", success.temporary_support, False),
    )
    yield Criterion("own_start", "Progress from its own start", own, success.months_running, success.months_after)


def _criterion(name: str, title: str, thresholds: Mapping[str, Any], success: Success) -> Criterion:
    limits = [Limit(LEAST[key], thresholds[key], True) for key in LEAST if key in thresholds]
    limits += [Limit(MOST[key], thresholds[key], False) for key in MOST if key in thresholds]
    return Criterion(name, title, tuple(limits), success.months_running, success.months_after)
