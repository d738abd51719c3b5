"""Compares the options of a scenario with its first: plans the runs, runs what is missing, and hands back the comparison."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from coalsim.atomic import write_text
from coalsim.experiments import parts, places
from coalsim.experiments.borrow import borrow
from coalsim.experiments.cluster import EngineError, check_cluster
from coalsim.experiments.comparison import Comparison
from coalsim.experiments.design import Design, Value, check_seeds, worlds_by_name
from coalsim.experiments.ensemble import Ensemble
from coalsim.experiments.equal_cost import scale
from coalsim.experiments.manifest import MANIFEST, read_manifest
from coalsim.experiments.outputs import HEADLINES, Output
from coalsim.experiments.runner import OnProgress, Shard, run_missing
from coalsim.experiments.store import SHARDS, Counts, Store, temporary_folder
from coalsim.experiments.target import Target
from coalsim.loading import load_scenario
from coalsim.scenario.schema import Scenario
from coalsim.start import memory

MOST_REPLICATES = 1000
MONEY = ("programme_money", "transaction_cost", "exchequer_cost")
APPRAISED = ("jobs", "in_commuting", "weekly_pay", "output")  # what appraisals look at besides the accounts


class Quick(NamedTuple):
    """How small a quick comparison is."""

    replicates: int
    sample: float  # at most


QUICK = Quick(replicates=3, sample=0.1)


@dataclass(frozen=True)
class Plan:
    """What is compared, and how precisely."""

    scenario: Scenario
    replicates: int
    seed: int = 0
    worlds: Sequence[str] = ()
    factors: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    outputs: Sequence[str] = HEADLINES
    interval: str = "t"
    precision: Mapping[str, float] = field(default_factory=dict)
    most_replicates: int = MOST_REPLICATES
    budget_neutral: Target | None = None
    is_quick: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be compared, before anything runs."""
        if self.replicates < 2:
            raise ValueError(f"replicates {self.replicates}: give at least 2, since an interval needs two runs")
        if len(self.scenario.options) < 2:
            raise ValueError(f"{self.scenario.name}: only one option; list at least two, the counterfactual first")
        check_seeds(self.seed, self.replicates)
        if self.interval not in ("t", "bootstrap"):
            raise ValueError(f"interval {self.interval!r}: give t or bootstrap")
        if not self.outputs:
            raise ValueError("outputs: name at least one")
        for output in self.parsed:
            output.check(self.scenario.months)
        for name, half_width in self.precision.items():
            Output.parse(name).check(self.scenario.months)
            if not 0 < half_width < float("inf"):
                raise ValueError(f"precision {name}={half_width}: give a positive number in the unit of the output")
        if self.precision and self.most_replicates < self.replicates:
            raise ValueError(
                f"at most {self.most_replicates} replicates: that is fewer than the {self.replicates} to begin with"
            )
        self.design(self.scenario).check()
        memory.check(self.scenario)
        if self.budget_neutral is not None:
            self.budget_neutral.check(self.scenario)

    @property
    def parsed(self) -> tuple[Output, ...]:
        """The outputs."""
        return tuple(Output.parse(text) for text in dict.fromkeys(self.outputs))

    def design(self, scenario: Scenario) -> Design:
        """The table of runs."""
        factors = {path: tuple(values) for path, values in self.factors.items()}
        return Design(scenario, self.replicates, self.seed, worlds_by_name(scenario, self.worlds), factors)


@dataclass(frozen=True)
class Means:
    """How runs are run; none of it changes what they find."""

    workers: int | None = None
    cluster: str | None = None
    time_limit: float | None = None
    retry_failed: bool = False
    on_progress: OnProgress | None = None
    draws: bool = True  # figures into the results folder
    borrow: Path | None = None  # a folder from which runs are taken that are the same there


def compare(
    scenario: Scenario | str | Path,
    *,
    replicates: int | None = None,
    seed: int = 0,
    world: str | None = None,
    worlds: Sequence[str] = (),
    factors: Mapping[str, Sequence[Value]] | None = None,
    outputs: Sequence[str] = HEADLINES,
    interval: str = "t",
    precision: Mapping[str, float] | None = None,
    most_replicates: int = MOST_REPLICATES,
    budget_neutral: str | float | None = None,
    out: str | Path | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    time_limit: float | None = None,
    retry_failed: bool = False,
    on_progress: OnProgress | None = None,
    **overrides: Any,
) -> Comparison:
    """Run every option of a scenario with the same seeds and compare each with the first.

    Parameters
    ----------
    scenario : Scenario or path
    replicates : int, optional
        Runs per option, at least 2; the scenario's own number by default.
    seed : int
        Seed of the first replicate; the others follow it.
    world : str, optional
        Another world.
    worlds : names of several worlds, in each of which all is compared
    factors : dotted path -> values; all is compared at every combination of them
    outputs : names of indicators, or `indicator@end`, `@max`, `@min`, `@mean`, `@month=120`, `@change`,
        `@growth`, `tipped`, `months_to_tip`
    interval : "t" or "bootstrap"
    precision : output -> half width of the 95% interval, in the output's unit
        Run until every effect is known so precisely, or `most_replicates` is reached.
    budget_neutral : option or GBP, optional
        Scale every option's money so that its programme costs as much as that option's, or so much in all.
    out : folder, optional
        Where results are kept; the same call goes on with what is missing there. A temporary folder by default.
    workers : int, optional
        Processes; all cores by default. Results do not depend on it.
    cluster : str, optional
        Address of a Dask scheduler to run on instead, such as tcp://10.0.0.1:8786.
    time_limit : float, optional
        Seconds after which a run is recorded as failed.
    retry_failed : bool
        Whether runs of `out` that failed are run again.
    on_progress : called with (requested, done, failed) as parts come in
    **overrides : as in `simulate`

    Raises
    ------
    ScenarioError, ValueError
        When something asked for cannot be done; nothing has run then.
    """
    loaded = load_scenario(scenario, world=world, **overrides)
    plan = Plan(
        loaded,
        loaded.replicates if replicates is None else replicates,
        seed,
        tuple(worlds),
        dict(factors or {}),
        tuple(outputs),
        interval,
        dict(precision or {}),
        most_replicates,
        None if budget_neutral is None else Target.parse(str(budget_neutral)),
    )
    means = Means(workers, cluster, time_limit, retry_failed, on_progress)
    return carry_out(plan, means, None if out is None else Path(out))


def carry_out(plan: Plan, means: Means, out: Path | None) -> Comparison:
    """Run what is missing and compare; results stay in `out`, or in a temporary folder as long as the comparison is used."""
    if means.cluster is not None and out is not None and not (out / MANIFEST).is_file():
        check_cluster(means.cluster, out)  # before anything is written; the engine looks again
    scenario, scaled = scale_options(plan, means, out)
    folder = out or temporary_folder()
    design = plan.design(scenario)
    try:
        with open_store(folder, plan, scaled, design, means) as store:
            try:
                for shard in store.shards():
                    store.adopt(shard)
                if means.borrow is not None:
                    borrow(store, means.borrow)
                result = run_until_precise(store, plan, means, scaled)
                if out is not None:
                    write_results(store, result, draws=means.draws)
            except (KeyboardInterrupt, EngineError, OSError):
                with contextlib.suppress(OSError):  # there may be no room even for that
                    store.finish("stopped")
                raise
            if out is not None:
                store.finish("done" if not store.failures else "finished with failed runs")
    except BaseException:
        if out is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return comparison(plan, folder, scaled, is_temporary=out is None)


def run_shard(plan: Plan, means: Means, out: Path, shard: Shard) -> Counts:
    """Run one share of the design into a folder of its own below `out`, which the run without a shard takes in."""
    if plan.precision:
        raise ValueError(
            "--precision needs to see all runs; leave it out of shards and give it to the run that joins them"
        )
    scenario, scaled = scale_options(plan, means, out)
    folder = out / SHARDS / str(shard)
    with open_store(folder, plan, scaled, plan.design(scenario), means) as store:
        try:
            run_missing(
                store, workers=means.workers, time_limit=means.time_limit, shard=shard, on_progress=means.on_progress,
                cluster=means.cluster,
            )  # fmt: skip
        except (KeyboardInterrupt, OSError):
            with contextlib.suppress(OSError):
                store.finish("stopped")
            raise
        store.finish("shard")
        return store.counts


def scale_options(plan: Plan, means: Means, out: Path | None) -> tuple[Scenario, dict[str, float]]:
    """The scenario with options scaled to the same cost, if that was asked for; factors found before are used again."""
    if plan.budget_neutral is None:
        return plan.scenario, {}
    known = None
    if out is not None and (out / MANIFEST).is_file():
        before = read_manifest(out).get("budget_neutral") or {}
        known = before.get("scaled") if before.get("target") == str(plan.budget_neutral) else None
    return scale(
        plan.scenario,
        plan.budget_neutral,
        replicates=plan.replicates,
        seed=plan.seed,
        workers=means.workers,
        known=known,
    )


def open_store(folder: Path, plan: Plan, scaled: Mapping[str, float], design: Design, means: Means) -> Store:
    """The folder of the experiment, with what its manifest says besides the design."""
    extra: dict[str, Any] = {
        "kind": "compare", "outputs": list(plan.outputs), "interval": plan.interval, "quick": plan.is_quick,
    }  # fmt: skip
    if plan.budget_neutral is not None:
        extra["budget_neutral"] = {"target": str(plan.budget_neutral), "scaled": dict(scaled)}
    return Store.open(folder, design, extra=extra, retry_failed=means.retry_failed, may_hold_more=bool(plan.precision))


def run_until_precise(store: Store, plan: Plan, means: Means, scaled: Mapping[str, float]) -> Comparison:
    """Run the design; with a precision asked for, add replicates until it is reached or the most are run."""
    from coalsim.analysis import next_size

    while True:
        run_missing(
            store, workers=means.workers, cluster=means.cluster, time_limit=means.time_limit,
            on_progress=means.on_progress,
        )  # fmt: skip
        found = comparison(plan, store.folder, scaled)
        n = store.design.replicates
        if not plan.precision or found.is_precise() or n >= plan.most_replicates:
            return found
        wanted = [
            next_size(effect.sd, n, half_width)
            for case in found.cases()
            for option in found.options[1:]
            for name, half_width in plan.precision.items()
            if (effect := case.effect(option, name)).n >= 2
        ]
        if not wanted:
            return found
        store.grow(store.design.grown(min(max(wanted), plan.most_replicates)))


def comparison(plan: Plan, folder: Path, scaled: Mapping[str, float], *, is_temporary: bool = False) -> Comparison:
    """The comparison of what a folder holds."""
    ensemble = Ensemble(folder, is_temporary=is_temporary)
    cell = ensemble.design.cells[0]
    needed = [output.name for output in plan.parsed if output.is_course]
    ensemble.read([*needed, *(name for name in plan.precision if "@" not in name), "pooled_share", *MONEY, *APPRAISED])
    return Comparison(ensemble, plan.parsed, cell.world, cell.factors, plan.interval, scaled, plan.precision)


def write_results(store: Store, result: Comparison, *, draws: bool = True) -> None:
    """A row per run, the summary and, if asked for, the figures, beside the parts."""
    parts.write_table(store.folder / "runs.parquet", parts.frame_table(result.runs()))
    if places.is_nation(result):
        parts.write_table(store.folder / "places.parquet", parts.frame_table(result.place_effects()))
    write_text(store.folder / "summary.json", json.dumps(result.summary(), indent=1))
    if not draws:
        return
    folder = store.folder / "figures"
    folder.mkdir(exist_ok=True)
    for name, figure in result.figures():
        parts.write_figure(folder / f"{name}.png", figure)
