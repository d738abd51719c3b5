"""What an experiment with uncertain factors asks, and what a run of it gives."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coalsim.analysis.sensitivity.factors import Factors, Given
from coalsim.analysis.sensitivity.search import check_size
from coalsim.experiments.design import Value, check_seeds
from coalsim.experiments.files.uncertain import THRESHOLD, WORLD, ThresholdOf, Uncertain
from coalsim.experiments.kept_runs import Task
from coalsim.experiments.outputs import Output
from coalsim.experiments.task import check_defined
from coalsim.experiments.tipping.criterion import Criterion, of_experiment, of_scenario, rivals
from coalsim.indicators import over_places
from coalsim.loading import load_scenario, named_world, override
from coalsim.results import Run, simulate
from coalsim.scenario.schema import Scenario

type Array = NDArray[np.float64]

QUICK_SAMPLE = 0.05  # share of residents simulated in a quick look


@dataclass(frozen=True)
class Question:
    """A scenario, its uncertain factors and what is looked at: everything that decides what runs give.

    A task is the values of all factors, in their order, and a seed.
    """

    kind: str
    name: str
    scenario: Scenario
    policy: str
    against: str | None
    place: int | None
    factors: Mapping[str, Given]
    outputs: tuple[Output, ...]
    criterion: Criterion
    threshold: ThresholdOf | None
    samples: int | None
    replicates: int
    level: float
    seed: int
    runs: int = field(default=0)  # as many as there can be

    @classmethod
    def of(
        cls,
        file: Uncertain,
        scenario: Scenario,
        *,
        samples: int | None,
        replicates: int | None,
        seed: int | None,
        quick: bool,
    ) -> Question:
        """From an experiment file and its scenario, with what the caller wants otherwise."""
        if quick:
            scenario = override(scenario, "sample", min(scenario.sample, QUICK_SAMPLE))
        names = [place.name for place in scenario.places]
        return cls(
            kind=file.command,
            name=file.name,
            scenario=scenario,
            policy=file.policy or list(scenario.options)[-1],
            against=file.against,
            place=None if file.place is None else names.index(file.place),
            factors=file.given(),
            outputs=tuple(Output.parse(text) for text in dict.fromkeys(text for _, text in file.looked_at())),
            criterion=_criterion(file, scenario),
            threshold=file.threshold,
            samples=samples,
            replicates=(min(file.replicates, 2) if quick else file.replicates) if replicates is None else replicates,
            level=file.level,
            seed=file.seed if seed is None else seed,
        )

    def limited(self, runs: int) -> Question:
        """With the most runs that there can be, whose seeds must fit."""
        check_size(runs, len(self.factors))
        check_seeds(self.seed, 2 * runs)
        return self.__class__(**{**self.__dict__, "runs": runs})

    @property
    def output_names(self) -> tuple[str, ...]:
        """What runs give, in order."""
        return (*(one.text for one in self.outputs), *([THRESHOLD] if self.threshold is not None else []))

    @property
    def every(self) -> Factors:
        """The factors as the analysis takes them."""
        return Factors.of(self.factors)

    def described(self) -> dict[str, Any]:
        """Everything that decides what runs give, as JSON; not which are made, so that methods share them."""
        scenario = self.scenario.model_dump(mode="json")
        first = next(iter(scenario["options"]))  # in force where the others are not adopted
        scenario["options"] = {name: scenario["options"][name] for name in (first, self.policy, self.against) if name}
        worlds = map(str, self.factors[WORLD]) if WORLD in self.factors else ()
        return {
            "name": self.name,
            "scenario": scenario,
            "policy": self.policy,
            "against": self.against,
            "place": self.place,
            "factors": list(self.factors),
            "worlds": {name: named_world(self.scenario, name).model_dump(mode="json") for name in worlds},
            "outputs": [one.text for one in self.outputs],
            "tips_when": str(self.criterion),
            "threshold": None if self.threshold is None else self.threshold.model_dump(),
            "seed": self.seed,
        }

    def at(self, values: tuple[Value, ...]) -> Scenario:
        """The scenario at a point."""
        scenario = self.scenario
        changes = dict(zip(self.factors, values, strict=True))
        if WORLD in changes:
            scenario = load_scenario(scenario, world=str(changes.pop(WORLD)))
        for path, value in changes.items():
            scenario = override(scenario, path, value, f"{path}: {value}")
        return scenario

    def carry_out(self, task: Task) -> dict[str, float | str | None]:
        """Every output of a run; of an option against which it is held less that one's, with the same luck."""
        values, seed = task
        scenario = self.at(values)
        found = self._outputs(scenario, self.policy, seed)
        if self.against is not None:
            other = self._outputs(scenario, self.against, seed)
            found = {
                name: None if one is None or other[name] is None else one - other[name] for name, one in found.items()
            }
        if self.threshold is None:
            return dict(found)
        return {**found, **self._threshold(self.threshold, scenario, seed)}

    def told(self, task: Task) -> str:
        """The run's factors and seed."""
        values, seed = task
        shown = (f"{value:.6g}" if isinstance(value, float) else str(value) for value in values)
        return f"the run at {', '.join(f'{path} = {one}' for path, one in zip(self.factors, shown))} with seed {seed}"

    def _outputs(self, scenario: Scenario, policy: str, seed: int) -> dict[str, Any]:
        run = simulate(scenario, policy=policy, seed=seed)
        check_defined(run)
        values, names = run.model.indicators.array(), run.model.indicators.names
        residents = tuple(place.adults for place in scenario.places)
        months = self._months(run, scenario, policy)
        found: dict[str, Any] = {}
        for one in self.outputs:
            if one.name == "tipped":
                found[one.text] = sum(month is not None for month in months) / len(months)
            elif one.name == "months_to_tip":
                known = [month for month in months if month is not None]
                found[one.text] = sum(known) / len(known) if known else None
            else:
                course = values[:, :, names.index(one.name)].T  # (places, months + 1)
                course = course[self.place] if self.place is not None else over_places(course, one.name, residents)
                value = float(one.of(course[None])[0])
                found[one.text] = value if np.isfinite(value) else None
        return found

    def _tips(self, run: Run, scenario: Scenario) -> bool:
        """Whether every place that is looked at tips."""
        check_defined(run)
        return all(month is not None for month in self._months(run, scenario, self.policy))

    def _months(self, run: Run, scenario: Scenario, policy: str) -> list[int | None]:
        """When each place that is looked at tips, None where it does not."""
        values, names = run.model.indicators.array(), run.model.indicators.names
        places = range(values.shape[1]) if self.place is None else [self.place]
        ends = scenario.options[policy].money_ends
        return [self.criterion.tipped_month(values[:, k], names, ends) for k in places]

    def _threshold(self, asked: ThresholdOf, scenario: Scenario, seed: int) -> dict[str, float | str | None]:
        """Where the lever tips this run's place, by bisection; the end of the range where it lies beyond it."""

        @functools.cache
        def tips(value: float) -> bool:
            changed = override(scenario, asked.lever, value, f"{asked.lever}: {value}")
            return self._tips(simulate(changed, policy=self.policy, seed=seed), changed)

        low, high = asked.low, asked.high
        if not tips(high):
            return {THRESHOLD: high, "beyond": "above"}
        if tips(low):
            return {THRESHOLD: low, "beyond": "below"}
        for _ in range(asked.steps):
            middle = (low + high) / 2
            low, high = (low, middle) if tips(middle) else (middle, high)
        return {THRESHOLD: (low + high) / 2, "beyond": None}


def _criterion(file: Uncertain, scenario: Scenario) -> Criterion:
    """What counts as tipped."""
    if file.tips_when is not None:
        return of_experiment(file.tips_when)
    known = {one.name: one for one in (of_scenario(scenario.success), *rivals(scenario.success))}
    return known[file.definition]
