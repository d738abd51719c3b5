"""A policy: a set of instruments with dates and sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, field_validator, model_validator

from coalsim.hypertext import paragraphs, table
from coalsim.policies.where import Where
from coalsim.registry import Registry
from coalsim.scenario.errors import Misfit, printable
from coalsim.scenario.parameter import PRINTABLE, Strict

if TYPE_CHECKING:
    from coalsim.agents.coalition import Terms
    from coalsim.agents.locality import Locality

instruments: Registry[type[Instrument]] = Registry("instrument")

NEVER = 1_000_000  # months
PHASES = ("settlement", "services", "coalition", "conditions", "enterprise", "labour", "observation")


class Instrument(Strict):
    """One instrument of policy, in force from `start` to `end` and phased in over `ramp` months."""

    phase: ClassVar[str]
    is_time_limited: ClassVar[bool] = False  # whether it brings money that ends with it
    scales: ClassVar[tuple[str, ...]] = ()  # settings that grow with its money: the money first, then what it buys

    start: int = Field(0, ge=0, le=1200, description="First month in force, counted from the scenario's start.")
    end: int | None = Field(None, ge=1, le=1200, description="First month no longer in force; none if it stays.")
    ramp: int = Field(0, ge=0, le=240, description="Months over which it grows to its full size.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end is not None and self.end <= self.start:
            raise Misfit(f"{self.end} is not after start, {self.start}: the instrument would never act", "end")
        return self

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "phase" in cls.__dict__:
            if cls.phase not in PHASES:
                raise TypeError(f"{cls.__name__}.phase {cls.phase!r} is not one of {', '.join(PHASES)}")
            instruments.register(snake_case(cls.__name__), cls)

    def strength(self, month: int) -> float:
        """Share of its full size in a month: 0 outside its dates, rising evenly through the ramp."""
        if month < self.start or (self.end is not None and month >= self.end):
            return 0.0
        return min(1.0, (month - self.start + 1) / (self.ramp + 1))

    @property
    def money_ends(self) -> int | None:
        """First month in which it brings no money; None if it never ends."""
        return self.end

    @property
    def brings_money(self) -> bool:
        """Whether it brings time-limited money: one of size nought brings none."""
        return self.is_time_limited and (self.is_scalable or not self.scales)

    @property
    def is_scalable(self) -> bool:
        """Whether it brings money that can be scaled."""
        return bool(self.scales) and getattr(self, self.scales[0]) > 0

    @property
    def largest_factor(self) -> float:
        """What its money can be multiplied by before it reaches its bound; infinite where there is nothing to scale."""
        return self._most(self.scales[0]) / getattr(self, self.scales[0]) if self.is_scalable else math.inf

    def scaled(self, factor: float) -> Self:
        """The same instrument with `factor` times the money and what it buys, each up to its bound; see `Policy.scaled`."""
        scales = self.scales if self.is_scalable else ()
        grown = {setting: min(factor * getattr(self, setting), self._most(setting)) for setting in scales}
        return type(self).model_validate({**dict(self), **grown})

    def _most(self, setting: str) -> float:
        bounds = type(self).model_fields[setting].metadata
        return min((bound.le for bound in bounds if hasattr(bound, "le")), default=math.inf)

    def act(self, model: Any, localities: Sequence[Locality]) -> None:
        """What the instrument does in its phase of a month in force: by default, to each locality of its policy in turn."""
        strength = self.strength(model.month)
        for locality in localities:
            self.act_on(model, locality, locality.coalition.terms, strength)

    def act_on(self, model: Any, locality: Locality, terms: Terms, strength: float) -> None:
        """What it does to one locality at a strength between 0 and 1."""
        raise TypeError(f"{type(self).__name__} says neither how to act nor how to act on a locality")


class Policy(Strict):
    """A named set of instruments, each at most once."""

    name: str = Field(min_length=1, max_length=80, pattern=PRINTABLE)
    summary: str = Field("", max_length=1000)
    where: Where | None = Field(None, description="Which places adopt it; all by default.")
    instruments: dict[str, Any] = Field(default_factory=dict, description="Instruments by name, with dates and sizes.")

    @field_validator("instruments", mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: _instrument(name, settings) for name, settings in value.items()}
        return value

    def _repr_html_(self) -> str:
        dates = Instrument.model_fields.keys()
        rows = []
        for name, one in self.instruments.items():
            when = f"{one.start} to {'the end' if one.end is None else one.end}"
            when += f", growing over {one.ramp}" if one.ramp else ""
            settings = [setting for setting in type(one).model_fields if setting not in dates]
            rows += [
                [name, when, setting, getattr(one, setting), type(one).model_fields[setting].description or ""]
                for setting in settings
            ] or [[name, when, "", "", ""]]
        chosen = {} if self.where is None else self.where.model_dump(exclude_defaults=True)
        where = "; ".join(f"{way.replace('_', ' ')}: {what}" for way, what in chosen.items())
        header = ["instrument", "months in force, from the start", "setting", "value", "unit and meaning"]
        says = paragraphs(f"{self.name}. {self.summary}", where and f"Adopted by {where}.")
        return says + (table(header, rows) if rows else paragraphs("It has no instruments."))

    def in_force(self, month: int) -> list[Instrument]:
        """The instruments in force in a month, in the order of the file."""
        return [instrument for instrument in self.instruments.values() if instrument.strength(month) > 0]

    @property
    def money_ends(self) -> int:
        """First month without the policy's time-limited money: 0 if it brings none, `NEVER` if it never ends."""
        ends = [instrument.money_ends for instrument in self.instruments.values() if instrument.brings_money]
        return max((NEVER if end is None else end for end in ends), default=0)

    def ending(self, month: int | None) -> Self:
        """The same policy with every instrument withdrawn in a month, without those that had not begun; None: none ever ends."""
        kept = {
            name: type(one).model_validate({**dict(one), "end": month})
            for name, one in self.instruments.items()
            if month is None or one.start < month
        }
        return type(self).model_validate({**dict(self), "instruments": kept})

    @property
    def is_scalable(self) -> bool:
        """Whether any instrument brings money that can be scaled."""
        return any(instrument.is_scalable for instrument in self.instruments.values())

    @property
    def largest_factor(self) -> float:
        """The largest factor by which `scaled` can multiply the policy; infinite where there is nothing to scale."""
        return min((instrument.largest_factor for instrument in self.instruments.values()), default=math.inf)

    def scaled(self, factor: float) -> Self:
        """The same policy with `factor` times the money at every instrument that brings some, for equal public cost.

        What money buys grows in proportion, up to its own bound: nobody can close more than the whole gap in leadership, and
        money beyond that buys no more. Money that instruments only move, freedoms, dates and reviews stay as they are. What
        is paid by outcome (reward grants, retained growth) scales in its rate; what is then earned follows from the run.

        Raises
        ------
        ValueError
            If the factor is negative or not finite, or takes the money of an instrument beyond its bound.
        """
        if not (math.isfinite(factor) and factor >= 0):
            raise ValueError(f"a policy cannot be scaled by {factor:g}; give a finite number, 0 or above")
        if factor > self.largest_factor:
            limits = {one.largest_factor: (name, one) for name, one in self.instruments.items()}
            name, limit = limits[self.largest_factor]
            money = limit.scales[0]
            raise ValueError(
                f"{name}.{money}: {factor:g} times {getattr(limit, money):g} is above the largest allowed, "
                f"{limit._most(money):g}; the largest factor possible is {self.largest_factor!r}"
            )
        instruments = {name: instrument.scaled(float(factor)) for name, instrument in self.instruments.items()}
        return type(self).model_validate({**dict(self), "instruments": instruments})


def _instrument(name: str, settings: Any) -> Instrument:
    if isinstance(settings, Instrument):
        return settings
    if not isinstance(name, str):
        raise Misfit(f"{printable(name)} is not the name of an instrument", name)
    kind = instruments.get(name)
    if settings is not None and not isinstance(settings, dict):
        raise Misfit(
            f"{printable(settings)} is not a mapping of settings", name, hint=f"write {name}: {{}} for defaults"
        )
    return kind.model_validate(settings or {})


def snake_case(name: str) -> str:
    """`RewardGrant` as `reward_grant`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
