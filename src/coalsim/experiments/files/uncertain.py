"""What experiment files about uncertain factors say: which factors, from which distributions, and what is looked at."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from coalsim.analysis.sensitivity.factors import Given
from coalsim.experiments.files.experiment import (
    Experiment,
    Refused,
    Where,
    added,
    check_inside,
    check_instrument,
    check_months,
    check_place,
    fit,
    parse_output,
    placed,
    refusal,
    refusing,
)
from coalsim.experiments.files.ranges import declared_range, uncertain
from coalsim.experiments.files.tipping import Lever, TipsWhen
from coalsim.experiments.outputs import HEADLINES
from coalsim.loading import load_scenario
from coalsim.scenario.document import Document
from coalsim.scenario.errors import Misfit, ScenarioError, UnknownPathError
from coalsim.scenario.parameter import Strict
from coalsim.scenario.schema import Scenario

EVERY = ".*"  # ends a path that stands for every parameter below it that declares a range
WORLD = "world"  # the one factor whose values are names of files
THRESHOLD = "threshold"
CENTRAL_95 = 1.959963984540054  # standard deviations


class Spread(Strict):
    """Where an uncertain factor lies; an empty mapping takes the range that the parameter declares."""

    low: float | None = Field(None, description="Lower end; of the shape normal, of the middle 95%.")
    high: float | None = Field(None, description="Upper end; of the shape normal, of the middle 95%.")
    shape: Literal["uniform", "triangular", "log_uniform", "normal"] = Field(
        "uniform",
        description="How likely values between the ends are; normal is cut off at the ends of its middle 95%, triangular peaks "
        "at `mode`.",
    )
    mode: float | None = Field(None, description="Where a triangular distribution peaks; half-way by default.")
    values: list[float | int | str | bool] | None = Field(
        None, min_length=2, max_length=100, description="Values that are alike, in place of a range."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.values is not None:
            if self.low is not None or self.high is not None or self.shape != "uniform" or self.mode is not None:
                raise Misfit("give either values, or low and high with a shape", "values")
            if len(set(self.values)) < len(self.values):
                raise Misfit("a value is listed twice", "values")
            return self
        if (self.low is None) != (self.high is None):
            raise Misfit("give both low and high, or neither for the range that the parameter declares")
        if self.low is not None and self.high is not None:
            if not self.low < self.high:
                raise Misfit(f"{self.low:.12g} is not below high, {self.high:.12g}", "low")
            if self.shape == "log_uniform" and self.low <= 0:
                raise Misfit(f"{self.low:.12g}: a log-uniform range lies above 0", "low")
            if self.mode is not None and not self.low <= self.mode <= self.high:
                raise Misfit(f"{self.mode:.12g} does not lie between low and high", "mode")
        if self.mode is not None and self.shape != "triangular":
            raise Misfit("goes with the shape triangular", "mode")
        return self

    def given(self, low: float, high: float) -> Given:
        """As the analysis takes it."""
        if self.values is not None:
            return list(self.values)
        if self.shape == "uniform":
            return (low, high)
        from scipy import stats

        width = high - low
        match self.shape:
            case "triangular":
                mode = (low + high) / 2 if self.mode is None else self.mode
                return stats.triang((mode - low) / width, loc=low, scale=width)
            case "log_uniform":
                return stats.loguniform(low, high)
        return stats.truncnorm(-CENTRAL_95, CENTRAL_95, loc=(low + high) / 2, scale=width / (2 * CENTRAL_95))


class ThresholdOf(Lever):
    """The lever whose threshold is an output: where each run's place tips, by bisection with the same luck."""

    lever: str = Field(description="Dotted path within policies.")
    steps: int = Field(5, ge=1, le=12, description="Halvings of the range.")


class Uncertain(Experiment):
    """An experiment in which factors are uncertain."""

    world: str | None = Field(None, description="Another world than the scenario's.")
    policy: str | None = Field(None, description="Which option is run; the last by default.")
    against: str | None = Field(
        None, description="Option from which outputs are differences, with the same luck; none by default."
    )
    place: str | None = Field(None, description="Outputs are of this place; by default of all together.")
    factors: dict[str, Spread] = Field(
        min_length=1,
        max_length=200,
        description="Dotted path: range. {} takes the declared range; a path that ends in .* stands for every parameter below it "
        "that declares one; `world: {values: [...]}` names worlds.",
    )
    outputs: list[str] = Field(
        default_factory=lambda: list(HEADLINES),
        min_length=1,
        max_length=20,
        description="Indicators, also as indicator@end, @max, @min, @mean, @month=120, @change or @growth; tipped; "
        "months_to_tip.",
    )
    tips_when: TipsWhen | None = Field(
        None, description="What counts as tipped; by default the scenario's definition of success."
    )
    definition: Literal["scenario", "stricter", "looser", "employment", "deprivation", "own_start"] = Field(
        "scenario",
        description="Which definition of success counts, where tips_when gives none: the scenario's, or a rival of `coalsim "
        "tipping`, such as own_start, progress from the place's own start.",
    )
    threshold: ThresholdOf | None = Field(None, description="Adds the output `threshold`.")
    samples: int | None = Field(
        None, ge=1, le=10_000_000, description="Size of the design; the method's own by default."
    )
    replicates: int = Field(1, ge=1, le=10_000, description="Runs at each point.")
    level: float = Field(0.95, gt=0.5, lt=1, description="Of intervals.")

    @field_validator("outputs")
    @classmethod
    def _known(cls, outputs: list[str]) -> list[str]:
        for k, text in enumerate(outputs):
            parse_output(text, k)
            if text in outputs[:k]:
                raise Misfit(f"{text} is listed twice", k)
        return outputs

    def looked_at(self) -> Iterator[tuple[Where, str]]:
        """Every output, and where the file names it."""
        for k, text in enumerate(self.outputs):
            yield ("outputs", k), text

    def prepare(self, document: Document) -> Scenario:
        """The scenario in its world with the options that are run; refuses what does not fit it."""
        scenario = added(document, super().prepare(document), "world", self.world)
        scenario = added(document, scenario, "policy", self.policy)
        if self.against is not None and self.against not in scenario.options and self.policy is None:
            raise refusal(document, ("against",), "name the option that is run, too", "policy: NAME")
        scenario = added(document, scenario, "policy", self.against, "against")
        self.check(scenario, document)
        return scenario

    def check(self, scenario: Scenario, document: Document | None = None) -> None:
        """Refuse what does not fit the scenario.

        Raises
        ------
        ScenarioError
            Of a part of the document, if there is one.
        ValueError
            Otherwise.
        """

        refused = refusing(document)
        check_place(self.place, scenario, refused)
        policy = self.policy or list(scenario.options)[-1]
        if self.against == policy:
            raise refused(
                ("against",), f"{policy} is the option that is run", "name another, such as the counterfactual"
            )
        check_months(self.looked_at(), scenario, refused)
        for path, spread in self.factors.items():
            where = ("factors", path)
            if path.endswith(EVERY):
                if spread != Spread():
                    raise refused(
                        where, "stands for several parameters, each with its own range", f"write {path}: {{}}"
                    )
                if not uncertain(path.removesuffix(EVERY)):
                    raise refused(where, "no parameter below it declares a range", "name parameters one by one")
                continue
            if path == WORLD:
                self._check_worlds(spread, scenario, document, refused)
                continue
            ends = self._ends(path)
            if ends is None and spread.values is None:
                try:
                    fit(scenario, document, where, path, 0)
                except UnknownPathError:
                    raise
                except ScenarioError:  # it is there, and 0 does not suit it
                    pass
                raise refused(where, "declares no range", "give one: {low: 0.7, high: 1.3}")
            for value in spread.values if spread.values is not None else ends or ():
                fit(scenario, document, where, path, value)
            check_instrument(path, (policy, self.against), scenario, where, refused)
        if self.threshold is not None:
            where = ("threshold", "lever")
            if not self.threshold.lever.startswith("policy."):
                raise refused(where, "a threshold is of a lever of the policy", "write policy.INSTRUMENT.SETTING")
            if self.threshold.lever in self.factors:
                raise refused(where, "it is a factor, too", "leave it out of the factors")
            for end in (self.threshold.low, self.threshold.high):
                fit(scenario, document, where, self.threshold.lever, end)
            check_instrument(self.threshold.lever, (policy,), scenario, where, refused)

    def _check_worlds(self, spread: Spread, scenario: Scenario, document: Document | None, refused: Refused) -> None:
        if spread.values is None or not all(isinstance(one, str) for one in spread.values):
            raise refused(
                ("factors", WORLD), "takes names of worlds", "write world: {values: [steady, recession_2008]}"
            )
        for name in map(str, spread.values):
            if document is None:
                load_scenario(scenario, world=name)
            else:
                check_inside(document, scenario, ("factors", WORLD), name)
                placed(document, ("factors", WORLD), functools.partial(load_scenario, scenario, world=name))

    def _ends(self, path: str) -> tuple[float, float] | None:
        own = self.factors[path]
        return (own.low, own.high) if own.low is not None and own.high is not None else declared_range(path)

    def given(self) -> dict[str, Given]:
        """Every factor as the analysis takes it; what the file names one by one goes before what .* stands for."""
        found: dict[str, Given] = {}
        for path, spread in self.factors.items():
            for one in uncertain(path.removesuffix(EVERY)) if path.endswith(EVERY) else [path]:
                if one in self.factors and one != path:
                    continue
                low, high = (declared_range(one) if one != path else self._ends(one)) or (math.nan, math.nan)
                found[one] = spread.given(low, high)
        return found
