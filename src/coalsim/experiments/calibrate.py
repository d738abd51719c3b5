"""Calibrates the model: runs it at the points that the analysis asks for, keeps every run, and hands back what was found."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import cloudpickle
import numpy as np
from numpy.typing import NDArray

from coalsim.analysis import Calibration, Target, calibrate
from coalsim.experiments import engines, parts
from coalsim.experiments.design import check_seeds
from coalsim.experiments.files.calibrate import FEWEST_MONTHS, CalibrateFile, TargetFile, months_of
from coalsim.experiments.kept_runs import Kept, Point
from coalsim.experiments.outputs import Output
from coalsim.experiments.runner import OnProgress, RunFailedError, supervise, terminated_like_interrupted
from coalsim.experiments.store import Counts, Receipt
from coalsim.experiments.task import check_defined, describe
from coalsim.indicators import over_places
from coalsim.loading import override
from coalsim.policies.policy import Policy
from coalsim.results import simulate
from coalsim.scenario.schema import Scenario

JOBS_A_WORKER = 4  # in each wave, so that workers end at about the same time

type Array = NDArray[np.float64]


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
    """What is calibrated: everything that decides what is found."""

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

    def described(self) -> dict[str, Any]:
        """Everything that decides the runs, as JSON."""
        scenario = self.scenario.model_dump(mode="json")
        scenario["options"] = {self.policy: scenario["options"][self.policy]}
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


class PointJob(NamedTuple):
    """Some runs of a calibration; the question travels as bytes, so that a worker unpacks it once."""

    question: bytes
    runs: dict[int, tuple[Point, int]]  # run -> point and seed
    run_ids: tuple[int, ...]

    def __call__(self) -> Receipt:
        """Run them; one that fails is put down as failed."""
        question = unpack(self.question)
        rows = []
        for run_id in self.run_ids:
            point, seed = self.runs[run_id]
            row: dict[str, Any] = {"run_id": run_id, "status": "failed"}
            try:
                row |= {"values": run_once(question, point, seed), "status": "done"}
            except Exception as error:  # a run may fail in any way
                row |= {"error": describe(error)}
            rows.append(row)
        return Receipt("", {}, rows)


@functools.lru_cache(maxsize=4)
def unpack(packed: bytes) -> Question:
    """The question of such bytes."""
    question: Question = cloudpickle.loads(packed)
    return question


def run_once(question: Question, point: Point, seed: int) -> list[float]:
    """Every target of one run."""
    run = simulate(question.at(point), policy=question.policy, seed=seed)
    check_defined(run)
    values, names = run.model.indicators.array(), run.model.indicators.names
    residents = tuple(place.adults for place in question.scenario.places)
    return [one.of(values, names, residents) for one in question.quantities]


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
    with Kept.open(out, question) as kept, terminated_like_interrupted():
        crew = Crew(question, kept, workers, on_progress)
        try:
            found = calibrate(
                crew, question.ranges, targets, replicates=question.replicates, seed=question.seed, runs=question.runs
            )
        except BaseException:
            crew.stop(at_once=True)
            kept.finish("stopped", crew.counts)
            raise
        crew.stop(at_once=False)
        if on_progress:  # fewer runs may have been enough
            on_progress(Counts(found.runs, found.runs, 0))
        kept.finish("done", Counts(found.runs, found.runs, 0))
    return found


class Crew:
    """Runs points on workers; called as the analysis calls its simulation."""

    def __init__(self, question: Question, kept: Kept, workers: int | None, on_progress: OnProgress | None) -> None:
        self.question, self.kept, self._on_progress = question, kept, on_progress
        self._packed = cloudpickle.dumps(question)
        self._engine = engines.local(workers, question.runs)
        self._done = 0

    @property
    def counts(self) -> Counts:
        """Most runs, and those that are done."""
        return Counts(self.question.runs, self._done, 0)

    def __call__(self, points: Array, seeds: NDArray[np.uint64]) -> Array:
        """Targets (k, r, t) at points (k, d) with seeds (r,)."""
        wanted = [(tuple(map(float, point)), int(seed)) for point in points for seed in seeds]
        missing = {k: one for k, one in enumerate(wanted) if one not in self.kept.known}
        self._done += len(wanted) - len(missing)
        self._tell()
        ids = list(missing)
        size = max(1, -(-len(ids) // (JOBS_A_WORKER * self._engine.workers)))

        def jobs() -> Iterator[PointJob]:
            for first in range(0, len(ids), size):
                some = tuple(ids[first : first + size])
                yield PointJob(self._packed, {k: missing[k] for k in some}, some)

        def receive(receipt: Receipt) -> None:
            done = {missing[row["run_id"]]: row["values"] for row in receipt.rows if row["status"] == "done"}
            self.kept.add(done)
            self._done += len(done)
            self._tell()
            for row in receipt.rows:
                if row["status"] != "done":
                    point, seed = missing[row["run_id"]]
                    where = ", ".join(f"{path} = {value:.6g}" for path, value in zip(self.question.ranges, point))
                    raise RunFailedError(f"the run at {where} with seed {seed} failed: {row['error']}")

        supervise(self._engine, jobs(), receive)
        values = [self.kept.known[one] for one in wanted]
        return np.array(values, dtype=float).reshape(len(points), len(seeds), -1)

    def stop(self, *, at_once: bool) -> None:
        """Let the workers go."""
        self._engine.stop(at_once=at_once)

    def _tell(self) -> None:
        if self._on_progress:
            self._on_progress(self.counts)


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
    parts.write_text(folder / "calibration.json", summary)
    (folder / "figures").mkdir(exist_ok=True)
    with parts.atomic(folder / "figures" / "calibration.png") as temporary:
        figure.savefig(temporary, format="png", dpi=150)
