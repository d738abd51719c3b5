"""Experiment files that look for a tipping point: which levers, what counts as tipped, and which tests are made."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from coalsim.analysis.boundary import fewest_runs
from coalsim.analysis.threshold import FEWEST_RUNS
from coalsim.experiments.files.experiment import (
    Experiment,
    Where,
    added,
    check_instrument,
    check_place,
    fit,
    refusing,
)
from coalsim.experiments.outputs import TIPPING
from coalsim.indicators import indicators
from coalsim.registry import UnknownNameError
from coalsim.scenario.document import Document
from coalsim.scenario.errors import Misfit, ScenarioError
from coalsim.scenario.parameter import Strict
from coalsim.scenario.schema import Scenario

MOST_LEVERS = 4

type Value = float | int | str | bool


class Lever(Strict):
    """What is raised, from where to where."""

    low: float = Field(description="Lower end.")
    high: float = Field(description="Upper end.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            raise Misfit(f"{self.low:g} to {self.high:g} is no range; give two finite numbers")
        if self.low >= self.high:
            raise Misfit(f"{self.low:.12g} is not below high, {self.high:.12g}", "low")
        return self


class Bound(Strict):
    """Between which values an indicator counts as beyond the turn."""

    at_least: float | None = Field(None, description="Least value, in the indicator's unit.")
    at_most: float | None = Field(None, description="Largest value, in the indicator's unit.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise Misfit("give at_least, at_most or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise Misfit(f"{self.at_least:.12g} is above at_most, {self.at_most:.12g}", "at_least")
        return self


class TipsWhen(Strict):
    """What counts as tipped, in place of the scenario's definition of success."""

    bounds: dict[str, Bound] = Field(min_length=1, max_length=12, description="Indicator: bounds; all must hold.")
    months_running: int = Field(24, ge=1, le=240, description="Months up to the end that they must hold.")
    months_after: int | None = Field(
        None,
        ge=0,
        le=240,
        description="Months after the programme's money ends at which they must hold; by default its money may still flow.",
    )

    @field_validator("bounds")
    @classmethod
    def _known(cls, bounds: dict[str, Bound]) -> dict[str, Bound]:
        for name in bounds:
            known(name, name)
        return bounds


class Sweep(Strict):
    """Raising the lever slowly and lowering it again, at three rates: so many values, twice and four times as many."""

    steps: int = Field(10, ge=4, le=200, description="Values from low to high at the fastest rate.")
    months: int = Field(12, ge=1, le=120, description="Months at each value.")
    replicates: int = Field(4, ge=1, le=1000, description="Seeds.")


class Starts(Strict):
    """Starting from many states: the place as it is, and as it is after the strongest push."""

    policy: str | None = Field(
        None, description="Option that pushes; by default the experiment's, with levers at high."
    )
    push: dict[str, float | int | str | bool] = Field(
        default_factory=dict, description="Dotted path within policies: value, changed while the place is pushed."
    )
    push_months: int = Field(120, ge=12, le=600, description="Months of pushing.")
    months: int = Field(120, ge=24, le=600, description="Months that follow, after which it is looked where it ends.")
    replicates: int = Field(24, ge=4, le=1000, description="Seeds of each start.")
    states: int = Field(6, ge=2, le=60, description="Saved states along each of two pushes from which it is restarted.")
    restarts: int = Field(8, ge=2, le=1000, description="Restarts of each with fresh luck.")


class TippingFile(Experiment):
    """An experiment that looks for a tipping point."""

    command: ClassVar[str] = "tipping"
    kind: Literal["tipping"] = Field(description="What is done: `coalsim tipping` runs it.")
    world: str | None = Field(None, description="Another world than the scenario's.")
    policy: str | None = Field(None, description="Which option the levers belong to; the last by default.")
    place: str | None = Field(None, description="Which place must tip, where the scenario has several.")
    levers: dict[str, Lever] = Field(
        default_factory=dict,
        max_length=MOST_LEVERS,
        description="Dotted path: range. One lever gives a threshold, two to four a boundary, none only `withdrawn`.",
    )
    tips_when: TipsWhen | None = Field(
        None, description="What counts as tipped; by default the scenario's definition of success, with its rivals."
    )
    outputs: list[str] = Field(
        default_factory=lambda: ["employment_rate", "severe_deprivation", "partners_in"],
        min_length=1,
        max_length=12,
        description="Indicators in which jumps, two states and early warning are looked for.",
    )
    runs: int = Field(300, ge=1, le=1_000_000, description="Most runs of a search for a threshold or boundary.")
    level: float = Field(0.95, gt=0.5, lt=1, description="Of intervals.")
    tolerance: float = Field(
        0.05,
        gt=0,
        le=0.5,
        description="Half width of the interval at which a search stops, share of the lever's range.",
    )
    chance: float = Field(0.8, gt=0, lt=1, description="Chance of tipping that the cheapest point must give.")
    sizes: list[float] = Field(
        default_factory=lambda: [0.05, 0.1, 0.2, 0.4],
        min_length=3,
        max_length=8,
        description="Shares of residents simulated in the size test, rising.",
    )
    size_replicates: int = Field(40, ge=8, le=10_000, description="Seeds at each size.")
    hysteresis: Sweep | None = Field(None, description="Raise the lever slowly, lower it slowly; of one lever only.")
    basins: Starts | None = Field(None, description="Start from many states: are there two that last?")
    knock_out: bool = Field(
        False, description="Whether the search is repeated with each mechanism off and at half strength."
    )
    knock_out_runs: int = Field(
        160, ge=FEWEST_RUNS, le=100_000, description="Most runs of each of these searches; they rank, and measure less."
    )
    withdrawn: list[int] = Field(
        default_factory=list, max_length=12, description="Months after which the programme is withdrawn: what stays?"
    )
    withdrawn_replicates: int = Field(24, ge=4, le=10_000, description="Seeds of each withdrawal.")

    @field_validator("outputs")
    @classmethod
    def _known(cls, outputs: list[str]) -> list[str]:
        for k, name in enumerate(outputs):
            known(name, k)
        return outputs

    @field_validator("sizes")
    @classmethod
    def _rising(cls, sizes: list[float]) -> list[float]:
        for k, (before, after) in enumerate(pairwise(sizes), 1):
            if after <= before:
                raise Misfit(f"{after:g} does not follow {before:g}; write them rising", k)
        if not 0 < sizes[0] <= sizes[-1] <= 1:
            raise Misfit(f"{sizes[0]:g} to {sizes[-1]:g}: give shares of residents above 0 and up to 1")
        return sizes

    @model_validator(mode="after")
    def _enough(self) -> Self:
        least = {0: 1, 1: FEWEST_RUNS}.get(len(self.levers)) or fewest_runs(len(self.levers))
        if self.runs < least:
            what = "one lever" if len(self.levers) == 1 else f"{len(self.levers)} levers"
            raise Misfit(f"{self.runs} are too few for {what}; give at least {least}", "runs")
        if not self.levers and not self.withdrawn:
            raise Misfit("give a lever, dotted path: {low: 0, high: 1}, or `withdrawn`", "levers")
        for name in ("hysteresis", "basins"):
            if getattr(self, name) is not None and len(self.levers) != 1:
                raise Misfit(f"goes with one lever; there are {len(self.levers)}", name)
        return self

    def prepare(self, document: Document) -> Scenario:
        """The scenario in its world with the options that are needed; refuses what does not fit it."""
        scenario = added(document, super().prepare(document), "world", self.world)
        scenario = added(document, scenario, "policy", self.policy)
        if self.basins is not None:
            scenario = added(document, scenario, "policy", self.basins.policy, "basins", "policy")
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

        def fits(where: Where, path: str, value: Value) -> None:
            fit(scenario, document, where, path, value)

        policy = self.policy or list(scenario.options)[-1]
        if self.place is None and len(scenario.places) > 1:
            names = ", ".join(place.name for place in scenario.places)
            raise refused(("scenario",), "it has several places and no place is named", f"place: one of {names}")
        check_place(self.place, scenario, refused)
        for path, lever in self.levers.items():
            where: Where = ("levers", path)
            for end in (lever.low, lever.high):
                fits(where, path, end)
            check_instrument(path, (policy,), scenario, where, refused)
            if (self.hysteresis is not None or self.basins is not None) and not path.startswith("policy."):
                message = "hysteresis and basins need a lever of the policy, which can move during a run"
                raise refused(where, message, "leave both out")
        if self.basins is not None:
            if self.basins.policy is not None and self.policy is None:
                raise refused(("basins", "policy"), "name the option whose levers are moved, too", "policy: NAME")
            for path, value in self.basins.push.items():
                where = ("basins", "push", path)
                if not path.startswith("policy."):
                    raise refused(where, "a push changes the policy only", "write policy.INSTRUMENT.SETTING")
                fits(where, path, value)
                check_instrument(path, (self.basins.policy or policy,), scenario, where, refused)
        for k, size in enumerate(self.sizes):
            try:
                fits(("sizes", k), "sample", size)
            except ScenarioError as error:
                if "sizes" in self.model_fields_set:
                    raise
                message = f"of the usual sizes {', '.join(map(str, self.sizes))} one does not fit: {error.problems[0].message}"
                raise refused(("sizes",), message, "write larger ones, such as sizes: [0.3, 0.5, 1]") from None
        for k, months in enumerate(self.withdrawn):
            if not 0 < months < scenario.months:
                raise refused(("withdrawn", k), f"{months} does not lie within the run of {scenario.months} months")


def known(name: str, *at: str | int) -> None:
    """Refuse a name that is no indicator."""
    if name in TIPPING or "@" in name:
        raise Misfit(f"{name[:60]}: name a plain indicator, whose course over the months is looked at", *at)
    try:
        indicators.get(name)
    except UnknownNameError as error:
        raise Misfit(getattr(error, "message", str(error)), *at, hint=getattr(error, "hint", "")) from None
