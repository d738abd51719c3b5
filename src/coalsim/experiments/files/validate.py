"""Experiment files that validate: what is known of English places, and how near runs must come to it."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar, Literal, Self

from pydantic import Field, PrivateAttr, field_validator, model_validator

from coalsim.experiments.files.experiment import Experiment, added, refusal
from coalsim.experiments.validation import patterns
from coalsim.indicators import indicators
from coalsim.loading import load_scenario
from coalsim.registry import UnknownNameError, nearest
from coalsim.scenario.calendar import Month, MonthText
from coalsim.scenario.document import Document
from coalsim.scenario.errors import Misfit
from coalsim.scenario.parameter import Strict
from coalsim.scenario.reading import resolve
from coalsim.scenario.schema import Scenario

FORECAST = ("claimant_rate", "employment_rate", "unemployment_rate")  # with a figure in every place file
BASE = "business_as_usual"
NEEDED = (
    BASE,
    "growth_coalition",
    "extra_money",
    "four_block_laa",
)  # options that patterns are measured on


class Evidence(Strict):
    """What is known of a pattern, and how near the model must come."""

    observed: float = Field(description="The figure, in the pattern's unit.")
    tolerance: float = Field(gt=0, description="How far the simulated figure may be from it, in the same unit.")
    reason: str = Field(min_length=1, max_length=500, description="Why so far and no farther.")
    source: str = Field(min_length=1, max_length=500, description="Where the figure comes from.")
    status: Literal["verified", "computed", "derived", "recall_unverified"] = Field(description="How sure it is.")
    use: Literal["held out", "fitted", "start", "input"] = Field(
        description="held out: nothing was set by it; fitted: parameters or forms were fitted to it, or chosen while it was "
        "looked at; start: it describes the starting state, which is built from related figures; input: a parameter says it."
    )
    note: str = Field("", max_length=1500, description="Why the model differs, or what the figures do not share.")


class Observation(Strict):
    """One observed figure of a place and year."""

    place: str
    indicator: str
    year: int = Field(ge=1900, le=2200)
    value: float = Field(description="In the indicator's unit.")

    @field_validator("indicator")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            indicators.get(name)
        except UnknownNameError as error:
            raise Misfit(error.message, hint=error.hint) from None
        if name not in FORECAST:
            raise Misfit(
                f"{name} has no figure in place files to start from", hint=f"give one of {', '.join(FORECAST)}"
            )
        return name


class National(Strict):
    """The nation's course of an indicator, from which naive forecasts take what the model takes from its shock."""

    series: dict[int, float] = Field(min_length=2, description="Year: value; every year from the base to the last.")
    persistence: float = Field(gt=0, le=1, description="Of a place's deviation from the nation, from year to year.")
    survey_sd: float = Field(0.0, ge=0, description="Standard error of an observed figure of a place.")

    @field_validator("series")
    @classmethod
    def _no_gaps(cls, series: dict[int, float]) -> dict[int, float]:
        years = list(series)
        for before, after in pairwise(years):
            if after != before + 1:
                gap = f"{before + 1} is missing" if after > before else "write the years in their order"
                hint = "give every year; the forecasts need the nation's course without gaps"
                raise Misfit(f"{after} comes after {before}: {gap}", after, hint=hint)
        return series


class HindcastFile(Strict):
    """A forecast from the past, to be compared with what came and with naive forecasts."""

    world: str = Field(description="World with the national shock.")
    start: MonthText = Field(description="First month of the run.")
    base: int = Field(ge=1900, le=2200, description="Year that the places' figures stand for.")
    observed: list[Observation] = Field(min_length=1, description="What came.")
    national: dict[str, National] = Field(min_length=1, description="Indicator: the nation's course.")
    proxies: dict[str, str] = Field(
        default_factory=dict, description="Place: why its figures are another area's; kept out of the averages."
    )
    note: str = Field("", max_length=1500)

    @model_validator(mode="after")
    def _covered(self) -> Self:
        for k, one in enumerate(self.observed):
            if one.year < Month.parse(self.start).year:
                raise Misfit(f"{one.year} is before the run, which starts in {self.start}", "observed", k, "year")
            if one.indicator not in self.national:
                raise Misfit(f"there is no national course of {one.indicator}", "observed", k, "indicator")
            for year in (self.base, one.year):
                if year not in self.national[one.indicator].series:
                    raise Misfit(f"{year} is missing", "national", one.indicator, "series")
        return self

    @property
    def months(self) -> int:
        """Length of the run: to the end of the last year observed."""
        return Month.parse(self.start).until(Month(max(one.year for one in self.observed) + 1, 1))


class Effort(Strict):
    """How much is run."""

    every: int = Field(ge=1, le=60, description="Every so-many-th place of the nation, in its order.")
    nation: int = Field(ge=2, le=1000, description="Replicates of the nation.")
    places: int = Field(ge=2, le=1000, description="Replicates of the places, of programmes and of the hindcast.")
    sample: float = Field(1.0, gt=0, le=1, description="Share of the places' residents simulated.")


class ValidateFile(Experiment):
    """An experiment that holds the model against what is known."""

    command: ClassVar[str] = "validate-model"
    kind: Literal["validate"] = Field(description="What is done: `coalsim validate-model` runs it.")
    nation: str = Field(description="Scenario of the nation, with business as usual among its options.")
    recession: str = Field(description="World with the national shock of 2008.")
    full: Effort = Field(description="What a full validation runs.")
    quick: Effort = Field(description="What `--quick` runs.")
    patterns: dict[str, Evidence] = Field(min_length=1, description="Pattern: what is known of it.")
    hindcast: HindcastFile
    _england: Scenario | None = PrivateAttr(default=None)

    @property
    def england(self) -> Scenario:
        """The scenario of the nation."""
        assert self._england is not None
        return self._england

    def prepare(self, document: Document) -> Scenario:
        """The scenario of the places; refuses a table, world, option or place that is not there."""
        for name in self.patterns:
            try:
                patterns.get(name)
            except UnknownNameError as error:
                raise refusal(document, ("patterns", name), error.message, error.hint, key=True) from None
        scenario = super().prepare(document)
        self._england = load_scenario(resolve(document, self.nation, document.mark(("nation",))))
        if BASE not in self._england.options:
            raise refusal(document, ("nation",), f"the scenario has no option {BASE}", "patterns of a nation need it")
        added(document, scenario, "world", self.recession, "recession")
        added(document, scenario, "world", self.hindcast.world, "hindcast", "world")
        if missing := [name for name in NEEDED if name not in scenario.options]:
            hint = f"patterns of programmes need {', '.join(NEEDED)}"
            raise refusal(document, ("scenario",), f"the scenario has no option {', '.join(missing)}", hint)
        names = [place.name for place in scenario.places]
        told: list[tuple[tuple[str | int, ...], str, bool]] = [
            (("observed", k, "place"), one.place, False) for k, one in enumerate(self.hindcast.observed)
        ]
        told += [(("proxies", place), place, True) for place in self.hindcast.proxies]
        for where, place, is_key in told:
            if place not in names:
                near = nearest(place, names)
                hint = f"did you mean {near!r}?" if near else f"places: {', '.join(names)}"
                raise refusal(document, ("hindcast", *where), f"there is no place {place[:60]!r}", hint, key=is_key)
        return scenario
