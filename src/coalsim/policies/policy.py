"""A policy: a set of instruments with dates and sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, field_validator, model_validator

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

    def act(self, model: Any) -> None:
        """What the instrument does in its phase of a month in force: by default, to each locality in turn."""
        strength = self.strength(model.month)
        for locality in model.localities:
            self.act_on(model, locality, locality.coalition.terms, strength)

    def act_on(self, model: Any, locality: Locality, terms: Terms, strength: float) -> None:
        """What it does to one locality at a strength between 0 and 1."""
        raise TypeError(f"{type(self).__name__} says neither how to act nor how to act on a locality")


class Policy(Strict):
    """A named set of instruments, each at most once."""

    name: str = Field(min_length=1, max_length=80, pattern=PRINTABLE)
    summary: str = Field("", max_length=1000)
    instruments: dict[str, Any] = Field(default_factory=dict, description="Instruments by name, with dates and sizes.")

    @field_validator("instruments", mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: _instrument(name, settings) for name, settings in value.items()}
        return value

    def in_force(self, month: int) -> list[Instrument]:
        """The instruments in force in a month, in the order of the file."""
        return [instrument for instrument in self.instruments.values() if instrument.strength(month) > 0]

    @property
    def money_ends(self) -> int:
        """First month without the policy's time-limited money: 0 if it brings none, `NEVER` if it never ends."""
        ends = [instrument.money_ends for instrument in self.instruments.values() if instrument.is_time_limited]
        return max((NEVER if end is None else end for end in ends), default=0)


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
