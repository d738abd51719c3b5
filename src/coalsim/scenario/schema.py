"""A scenario: one question about one or more places, the options compared, and what counts as success."""

import math
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from coalsim.hypertext import paragraphs, table
from coalsim.scenario.calendar import Month, MonthText
from coalsim.scenario.errors import Misfit
from coalsim.scenario.parameter import PRINTABLE, Strict, parameter
from coalsim.scenario.place import MOST_PLACES, Place
from coalsim.scenario.world import World

FEWEST_RESIDENTS = 20  # simulated, of each neighbourhood

Borders = Literal["closed", "investment", "open"]
BORDERS = (
    "What passes between the places. closed: nothing; each deals with a world outside that stays as it is. investment: they "
    "compete for mobile investment, no more. open: they are a nation, which also exchanges commuters and movers among itself "
    "and shares what central government pays."
)


class Success(Strict):
    """What counts as a self-sustaining mixed economy, and for how long it must hold to count as tipped."""

    employment_rate: float = parameter(
        0.726,
        unit="1",
        ge=0,
        le=1,
        low=0.70,
        high=0.75,
        doc="Least employed share of residents aged 16-64.",
        status="verified",
        source="England 2006, ONS",
    )
    effective_sectors: float = parameter(
        4.5,
        unit="sectors",
        ge=1,
        le=6,
        low=4,
        high=5,
        doc="Least effective number of sectors, exp of Shannon's entropy of jobs.",
        status="assumption",
        source="coalsim",
    )
    severe_deprivation: float = parameter(
        0.10,
        unit="1",
        ge=0,
        le=1,
        low=0.05,
        high=0.15,
        doc="Largest share of residents in severely deprived neighbourhoods.",
        status="derived",
        source="the national share at the start, by definition a tenth",
    )
    temporary_support: float = parameter(
        0.005,
        unit="1",
        ge=0,
        le=1,
        low=0.001,
        high=0.02,
        doc="Largest share of public spend that is time-limited.",
        status="assumption",
        source="coalsim",
    )
    months_running: int = Field(24, ge=1, le=240, description="Months it must hold without a break.")
    months_after: int = Field(
        36, ge=0, le=240, description="Months after the programme's money ends at which it must still hold."
    )


class Scenario(Strict):
    """A question, the places and world it is asked of, and the options compared."""

    name: str = Field(min_length=1, max_length=120, pattern=PRINTABLE)
    question: str = Field("", max_length=1000, pattern=PRINTABLE)
    places: list[Place] = Field(min_length=1, max_length=MOST_PLACES)
    world: World
    start: MonthText = Field(description="First month, as 2006-04.")
    months: int = Field(ge=1, le=1200, description="Length of a run.")
    options: dict[str, Any] = Field(min_length=1, description="Policies by name; the first is the counterfactual.")
    sample: float = Field(1.0, gt=0, le=1, description="Share of residents aged 16-64 simulated.")
    replicates: int = Field(20, ge=1, le=100_000, description="Runs per option.")
    budget_neutral: bool = Field(
        False, description="Whether programme money is taken from the partners' own settlements."
    )
    borders: Borders = Field("investment", description=BORDERS)
    success: Success = Success()
    _folder: Path | None = PrivateAttr(default=None)
    _of_world: dict[str, Any] = PrivateAttr(
        default_factory=dict
    )  # dotted path: value, changed in whatever world it is run in

    @model_validator(mode="after")
    def _places(self) -> Self:
        for what in ("name", "code"):
            seen: set[str] = set()
            for k, place in enumerate(self.places):
                if getattr(place, what) in seen:
                    raise Misfit(f"two places have the {what} {getattr(place, what)}", "places", k)
                seen.add(getattr(place, what))
        for place in self.places:
            if place.adults * self.sample < FEWEST_RESIDENTS * place.neighbourhoods:
                least = math.ceil(1000 * FEWEST_RESIDENTS * place.neighbourhoods / place.adults) / 1000
                few = (
                    f"{self.sample:g} leaves {place.name} {place.adults * self.sample:.0f} residents aged 16-64 for its "
                    f"{place.neighbourhoods} neighbourhoods; at least {FEWEST_RESIDENTS} each are needed"
                )
                hint = f"give a sample of {least:g} or more" if least <= 1 else "give it fewer neighbourhoods"
                raise Misfit(few, "sample", hint=hint)
        return self

    @property
    def first_month(self) -> Month:
        """Calendar month of month 0."""
        return Month.parse(self.start)

    @property
    def folder(self) -> Path | None:
        """The folder of scenario files it was read from."""
        return self._folder

    def __repr__(self) -> str:
        where = self.places[0].name if len(self.places) == 1 else f"{len(self.places)} places"
        when = f"{self.months} months from {self.start}, world {self.world.name}"
        return f"<Scenario {self.name!r}: {where}, {when}, options {', '.join(self.options)}>"

    def _repr_html_(self) -> str:
        of_places = [[place.name, place.adults, place.neighbourhoods] for place in self.places]
        of_options = [
            [name, option.name, ", ".join(option.instruments) or "none"] for name, option in self.options.items()
        ]
        return (
            paragraphs(f"{repr(self)[1:-1]}. {self.sample:g} of residents are simulated.", self.question)
            + table(["place", "residents aged 16-64, persons", "neighbourhoods"], of_places, most=8)
            + table(["option", "its name", "instruments"], of_options)
        )
