"""Calibrates the model: runs it at the points that the analysis asks for, keeps every run, and hands back what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from coalsim.analysis import Calibration, Target, calibrate
from coalsim.atomic import write_text
from coalsim.experiments import parts
from coalsim.experiments.crew import Failed, hired
from coalsim.experiments.design import check_seeds
from coalsim.experiments.files.calibrate import FEWEST_MONTHS, CalibrateFile, TargetFile, months_of
from coalsim.experiments.kept_runs import Task, seal
from coalsim.experiments.outputs import Output
from coalsim.experiments.runner import OnProgress, RunFailedError
from coalsim.experiments.task import check_defined
from coalsim.indicators import over_places
from coalsim.loading import override
from coalsim.policies.policy import Policy
from coalsim.results import simulate
from coalsim.scenario.schema import Scenario

type Array = NDArray[np.float64]
type Point = tuple[float, ...]


@dataclass(frozen=True)
class Quantity:
    """A target as it is read off a run."""

    name: str
    output: Output
    observed: float
    tolerance: float
    source: str
    place: int | None
    years: slice | None = None
    since: slice | None = None

    def of(self, values: Array, names: tuple[str, ...], residents: tuple[int, ...]) -> float:
        """Its value in a run with indicators (months + 1, places, indicators)."""
        course = values[:, :, names.index(self.output.name)].T  # (places, months + 1)
        course = course[self.place] if self.place is not None else over_places(course, self.output.name, residents)
        if self.years is None:
            return float(self.output.of(course[None])[0])
        before = course[self.since].mean() if self.since is not None else 0.0
        return float(course[self.years].mean() - before)


@dataclass(frozen=True)
class Question:
    """What is calibrated: everything that decides what is found. A task is a point and a seed."""

    kind: ClassVar[str] = "calibrate"
    scenario: Scenario
    policy: str
    ranges: Mapping[str, tuple[float, float]]
    quantities: tuple[Quantity, ...]
    replicates: int
    seed: int
    runs: int
    overrides: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        experiment: CalibrateFile,
        scenario: Scenario,
        *,
        replicates: int | None = None,
        seed: int | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> Question:
        """From an experiment file and its scenario, with what the caller wants otherwise.

        Raises
        ------
        ValueError
            When years no longer lie within the run, or there are too few runs.
        """
        changed = {**experiment.overrides, **(overrides or {})}
        asked = experiment.model_dump()
        if replicates is not None:  # as many points as the file asks for
            asked |= {"replicates": replicates, "runs": experiment.runs * replicates // experiment.replicates}
        experiment = CalibrateFile.model_validate(asked)
        chosen = experiment.seed if seed is None else seed
        check_seeds(chosen, 2 * experiment.replicates)
        policy = experiment.policy or next(iter(scenario.options))
        quantities = tuple(one for target in experiment.targets for one in quantities_of(target, scenario))
        return cls(
            scenario, policy, experiment.ranges(), quantities, experiment.replicates, chosen, experiment.runs, changed
        )

    def at(self, point: Point) -> Scenario:
        """The scenario at a point of parameter space."""
        scenario = self.scenario
        for path, value in zip(self.ranges, point, strict=True):
            scenario = override(scenario, path, value, f"parameters, {path}: {value:.12g}")
        return scenario

    def carry_out(self, task: Task) -> list[float]:
        """Every target of one run."""
        point, seed = task
        run = simulate(self.at(point), policy=self.policy, seed=seed)
        check_defined(run)
        values, names = run.model.indicators.array(), run.model.indicators.names
        residents = tuple(place.adults for place in self.scenario.places)
        return [one.of(values, names, residents) for one in self.quantities]

    def told(self, task: Task) -> str:
        """The run's point and seed."""
        point, seed = task
        return f"the run at {', '.join(f'{path} = {value:.6g}' for path, value in zip(self.ranges, point))} with seed {seed}"

    def described(self) -> dict[str, Any]:
        """Everything that decides the runs, as JSON."""
        scenario = self.scenario.model_dump(mode="json")
        first = next(iter(scenario["options"]))  # in force where the policy is not adopted
        scenario["options"] = {name: scenario["options"][name] for name in (first, self.policy)}
        return {
            "scenario": scenario,
            "policy": self.policy,
            "parameters": {path: list(ends) for path, ends in self.ranges.items()},
            "targets": [
                {"target": one.name, "observed": one.observed, "tolerance": one.tolerance} for one in self.quantities
            ],
            "replicates": self.replicates,
            "seed": self.seed,
            "budget": self.runs,
        }


def quantities_of(target: TargetFile, scenario: Scenario) -> Iterator[Quantity]:
    """A target of a file, a series year by year.

    Raises
    ------
    ValueError
        When it does not lie within the run.
    """
    output = Output.parse(target.output)
    output.check(scenario.months)
    place = None if target.place is None else [one.name for one in scenario.places].index(target.place)
    at = f", {target.place}" if target.place is not None else ""

    def within(year: int) -> slice:
        months = months_of(year, scenario)
        if months.stop - months.start < FEWEST_MONTHS:
            raise ValueError(f"target {target.output}: {year} does not lie within the run of {scenario.months} months")
        return months

    if target.series is not None:
        for year, value in target.series.items():
            name = f"{target.output}{at}, {year}"
            yield Quantity(name, output, value, target.tolerance, target.source, place, within(year))
        return
    assert target.value is not None
    if target.year is None:
        yield Quantity(f"{target.output}{at}", output, target.value, target.tolerance, target.source, place)
        return
    since = None if target.since is None else within(target.since)
    years = f"{target.since} to {target.year}" if target.since is not None else str(target.year)
    name = f"{target.output}{at}, {years}"
    yield Quantity(name, output, target.value, target.tolerance, target.source, place, within(target.year), since)


def carry_out(
    question: Question, *, workers: int | None = None, out: Path | None = None, on_progress: OnProgress | None = None
) -> Calibration:
    """Run what the calibration asks for and is not kept in `out` yet.

    Raises
    ------
    RunFailedError
        When a run fails.
    ValueError
        When `out` holds something else.
    """
    targets = [Target(one.name, one.observed, one.tolerance) for one in question.quantities]

    def give_up(failed: Failed) -> None:
        raise RunFailedError(f"{question.told(failed.task)} failed: {failed.error}")

    with hired(question, workers, out, on_progress, give_up) as crew:

        def simulate_at(points: Array, seeds: NDArray[np.uint64]) -> Array:
            """Targets (k, r, t) at points (k, d) with seeds (r,)."""
            tasks = [(tuple(map(float, point)), int(seed)) for point in points for seed in seeds]
            return np.array(crew(tasks), dtype=float).reshape(len(points), len(seeds), -1)

        return calibrate(
            simulate_at,
            question.ranges,
            targets,
            replicates=question.replicates,
            seed=question.seed,
            runs=question.runs,
        )


def runs_table(found: Calibration, question: Question) -> Any:
    """A row for each run: its point, seed and targets."""
    import pandas as pd

    points, outputs = found.points, found.outputs
    k, r, t = outputs.shape
    where = np.concatenate([np.repeat(points, r, axis=0), np.repeat(points[-1:], r, axis=0)])
    values = np.concatenate([outputs.reshape(k * r, t), found.on_new_seeds])
    seeds = np.concatenate([np.tile(found.seeds, k), found.new_seeds])
    columns: dict[str, Any] = {"point": np.repeat(np.append(np.arange(k), k - 1), r), "seed": seeds}
    columns |= {path: where[:, j] for j, path in enumerate(question.ranges)}
    columns |= {one.name: values[:, j] for j, one in enumerate(question.quantities)}
    return pd.DataFrame(columns)


def policy_title(question: Question) -> str:
    """The policy's own name."""
    policy: Policy = question.scenario.options[question.policy]
    return policy.name


def write_results(folder: Path, found: Calibration, question: Question, summary: str, figure: Any) -> None:
    """Summary, a row per run and the figure."""
    parts.write_table(folder / "runs.parquet", parts.frame_table(runs_table(found, question)))
    write_text(folder / "calibration.json", summary)
    (folder / "figures").mkdir(exist_ok=True)
    parts.write_figure(folder / "figures" / "calibration.png", figure)
    seal(folder)
