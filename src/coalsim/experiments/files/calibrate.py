"""Experiment files that calibrate: which parameters are looked for, in which ranges, and what the runs should show."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from coalsim.analysis.asked import fewest_runs
from coalsim.experiments.files.experiment import Experiment, added, parse_output, refusal
from coalsim.experiments.files.fitted_file import Destination, destination
from coalsim.experiments.files.ranges import declared_range
from coalsim.experiments.outputs import Output
from coalsim.loading import override
from coalsim.registry import nearest
from coalsim.scenario.calendar import Month
from coalsim.scenario.document import Document
from coalsim.scenario.errors import Misfit
from coalsim.scenario.parameter import Strict
from coalsim.scenario.reading import resolve
from coalsim.scenario.schema import Scenario

FEWEST_MONTHS = 6  # of a calendar year that must lie within the run


class Range(Strict):
    """Where a parameter is looked for; an empty mapping takes the range that the parameter declares."""

    low: float | None = Field(None, description="Lower end.")
    high: float | None = Field(None, description="Upper end.")

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.low is None) != (self.high is None):
            raise Misfit("give both low and high, or neither for the range that the parameter declares")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise Misfit(f"{self.low:.12g} is not below high, {self.high:.12g}", "low")
        return self


class TargetFile(Strict):
    """What runs should show: an output, or an indicator's mean over calendar years, and how near it must come."""

    output: str = Field(
        description="Indicator, also as indicator@end, @max, @min, @mean, @month=120, @change or @growth."
    )
    place: str | None = Field(
        None,
        description="Of this place; by default of all, amounts added up, rates averaged over residents aged 16-64.",
    )
    value: float | None = Field(None, description="What it should be, in the output's unit.")
    year: int | None = Field(
        None, ge=1900, le=2200, description="The value is the indicator's mean over this calendar year."
    )
    since: int | None = Field(
        None, ge=1900, le=2200, description="The value is its change from the mean over this year."
    )
    series: dict[int, float] | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="Means over consecutive calendar years, in place of value: year: value.",
    )
    tolerance: float = Field(
        gt=0, description="Standard deviation of what model and observation may differ by, in the output's unit."
    )
    source: str = Field("", max_length=500, description="Where the value comes from.")

    @field_validator("output")
    @classmethod
    def _known(cls, output: str) -> str:
        if not parse_output(output).is_course:
            raise Misfit(f"{output} does not move smoothly with parameters; name an indicator")
        return output

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.value is None) == (self.series is None):
            raise Misfit("give either a value or a series of years")
        if self.series is not None:
            for key in ("year", "since"):
                if getattr(self, key) is not None:
                    raise Misfit("goes with a value; a series names its years itself", key)
            for before, after in pairwise(self.series):
                if after <= before:
                    raise Misfit(f"{after} comes after {before}; write the years in their order", "series", after)
                if after > before + 1:
                    gap = (
                        f"{before + 1} is missing"
                        if after == before + 2
                        else f"{before + 1} to {after - 1} are missing"
                    )
                    hint = "give every year, or a target with year and value for each year that there is"
                    raise Misfit(
                        f"{gap} between {before} and {after}: a series has no gaps", "series", after, hint=hint
                    )
        if self.since is not None and (self.year is None or self.since >= self.year):
            raise Misfit(f"{self.since} needs a later year, to which the indicator changes", "since")
        if self.by_year and Output.parse(self.output).when:
            name = Output.parse(self.output).name
            raise Misfit(f"{self.output}: calendar years are means of the plain indicator; write {name}", "output")
        return self

    @property
    def by_year(self) -> bool:
        """Whether it is about calendar years."""
        return self.series is not None or self.year is not None

    @property
    def years(self) -> tuple[int, ...]:
        """Calendar years it is about."""
        return tuple(self.series or [year for year in (self.since, self.year) if year is not None])


class CalibrateFile(Experiment):
    """An experiment that fits parameters to targets."""

    command: ClassVar[str] = "calibrate"
    kind: Literal["calibrate"] = Field(description="What is done: `coalsim calibrate` runs it.")
    world: str | None = Field(None, description="Another world than the scenario's.")
    policy: str | None = Field(None, description="Which option is run; the first by default.")
    parameters: dict[str, Range] = Field(
        min_length=1, max_length=12, description="Dotted path: range; {} takes the range that the parameter declares."
    )
    targets: list[TargetFile] = Field(min_length=1, max_length=100, description="What the runs should show.")
    replicates: int = Field(8, ge=2, le=10_000, description="Seeds at every point.")
    runs: int = Field(400, ge=1, le=10_000_000, description="Most runs.")
    writes: str | None = Field(None, description="Place or world file that the fitted numbers are written to.")

    @model_validator(mode="after")
    def _enough(self) -> Self:
        least = fewest_runs(len(self.parameters), self.replicates)
        if self.runs < least:
            what = f"{self.replicates} replicates and {len(self.parameters)} parameters"
            raise Misfit(f"{self.runs} are too few for {what}; give at least {least}", "runs")
        return self

    def prepare(self, document: Document) -> Scenario:
        """The scenario in its world with the option that is run; refuses ranges and targets that do not fit it."""
        scenario = added(document, super().prepare(document), "world", self.world)
        scenario = added(document, scenario, "policy", self.policy)
        for path in self.parameters:
            for end in self.range(path, document):
                override(scenario, path, end, document.mark(("parameters", path)))
        for k, target in enumerate(self.targets):
            _check_target(target, scenario, document, k)
        if self.writes is not None:
            try:  # that a file is there already is for the command to say, which can be told to go on
                self.destination(document, scenario, self.writes_to(document), force=True)
            except ValueError as error:
                raise refusal(document, ("writes",), str(error)) from None
        return scenario

    def writes_to(self, document: Document) -> Path:
        """The file that `writes` names, relative to the experiment."""
        return Path(os.path.normpath(document.path.parent / str(self.writes)))

    def destination(
        self, document: Document, scenario: Scenario, target: Path, *, world: str | None = None, force: bool = False
    ) -> Destination:
        """Where the fitted numbers go; see `destination`."""
        file = resolve(document, self.scenario, document.mark(("scenario",)))
        return destination(list(self.parameters), file, scenario, world or self.world, target, force=force)

    def range(self, path: str, document: Document | None = None) -> tuple[float, float]:
        """The range of a parameter, its own or the declared one."""
        own = self.parameters[path]
        if own.low is not None and own.high is not None:
            return own.low, own.high
        found = declared_range(path)
        if found is None:
            message = "declares no range"
            hint = "give one: {low: 0.7, high: 1.3}"
            if document is None:
                raise ValueError(f"{path} {message}; {hint}")
            raise refusal(document, ("parameters", path), message, hint)
        return found

    def ranges(self) -> dict[str, tuple[float, float]]:
        """The range of every parameter."""
        return {path: self.range(path) for path in self.parameters}


def months_of(year: int, scenario: Scenario) -> slice:
    """Months of the run, counted from 1, that lie in a calendar year; empty when none does."""
    first = scenario.first_month.until(Month(year, 1)) + 1
    return slice(max(first, 1), max(min(first + 12, scenario.months + 1), 1))


def _check_target(target: TargetFile, scenario: Scenario, document: Document, k: int) -> None:
    """Refuse a place that is not there and months or years outside the run."""
    names = [place.name for place in scenario.places]
    if target.place is not None and target.place not in names:
        near = nearest(target.place, names)
        hint = f"did you mean {near!r}?" if near else f"places: {', '.join(names)}"
        raise refusal(document, ("targets", k, "place"), f"the scenario has no place {target.place[:60]!r}", hint)
    try:
        Output.parse(target.output).check(scenario.months)
    except ValueError as error:
        raise refusal(document, ("targets", k, "output"), str(error)) from None
    last = scenario.first_month + (scenario.months - 1)
    for year in target.years:
        where = months_of(year, scenario)
        if where.stop - where.start < FEWEST_MONTHS:
            at = (
                ("targets", k, "series", year)
                if target.series
                else ("targets", k, "year" if year == target.year else "since")
            )
            message = f"{year} does not lie within the run, {scenario.start} to {last}"
            hint = f"at least {FEWEST_MONTHS} months of a year are needed"
            raise refusal(document, at, message, hint, key=target.series is not None)
