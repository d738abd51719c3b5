"""`coalsim compare`: the options of a scenario with its first, whole or a shard at a time."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from coalsim.cli.options import parse_changes, quick_option, scenario_options, workers_option
from coalsim.console import DONE, FAILED, SOME_FAILED, errors, numbers, runs, stopping


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--policy", metavar="NAME", help="Compare only this option with the counterfactual.")
@click.option(
    "--worlds", metavar="NAME,NAME,...", help="Compare in each of several worlds, and say which option is robust."
)
@click.option(
    "--replicates", type=click.IntRange(2, 100_000), help="Runs per option; the scenario's own number by default."
)
@click.option(
    "--precision",
    metavar="OUTPUT=WIDTH",
    multiple=True,
    help="Add replicates until every 95% interval reaches no further than this from its middle, in the output's unit, e.g. "
    "employment_rate=0.001 for 0.1 points (repeatable).",
)
@click.option("--most-replicates", type=click.IntRange(2, 100_000), help="Where --precision gives up; 1000 by default.")
@click.option(
    "--budget-neutral",
    metavar="OPTION|GBP",
    help="Scale every option's money so that its programme costs as much as that option's, or so much in all.",
)
@click.option("--interval", type=click.Choice(["t", "bootstrap"]), help="Kind of interval; Student's t by default.")
@quick_option
@workers_option
@click.option("--cluster", metavar="ADDRESS", help="Run on a Dask scheduler instead, e.g. tcp://10.0.0.1:8786.")
@click.option(
    "--shard", metavar="I/N", help="Run only this share, for job arrays; the same command without it joins them."
)
@click.option(
    "--time-limit", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="Record slower runs as failed."
)
@click.option("--retry-failed", is_flag=True, help="Run again what failed in --out.")
@scenario_options
def compare(
    scenario: Path,
    policy: str | None,
    worlds: str | None,
    replicates: int | None,
    precision: tuple[str, ...],
    most_replicates: int | None,
    budget_neutral: str | None,
    interval: str | None,
    quick: bool,
    workers: int | None,
    cluster: str | None,
    shard: str | None,
    time_limit: float | None,
    retry_failed: bool,
    world: str | None,
    changes: tuple[str, ...],
    seed: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Compare the options of SCENARIO (or of a compare experiment) with its first, on the same luck.

    The same command with the same --out goes on where it was stopped and runs only what is missing.

    \b
    Example: coalsim compare scenarios/walsall.yaml --replicates 20 --worlds steady,recession_2008 --out results/walsall
    """
    with errors():
        from coalsim.experiments.compare import QUICK, Means, Plan, carry_out, run_shard
        from coalsim.experiments.files import CompareFile, is_experiment, load
        from coalsim.experiments.runner import Shard
        from coalsim.experiments.store import SHARDS
        from coalsim.experiments.target import Target
        from coalsim.loading import keep_options, load_scenario

        overrides = parse_changes(changes)
        experiment: CompareFile | None = None
        loaded: Any = scenario
        if is_experiment(scenario):
            experiment, loaded = load(scenario, CompareFile)
        if quick and "sample" not in overrides:
            sample = load_scenario(loaded, world=world, policy=policy, **overrides).sample
            overrides["sample"] = min(sample, QUICK.sample)
        loaded = load_scenario(loaded, world=world, policy=policy, **overrides)
        if policy is not None:
            loaded = keep_options(loaded, policy)
        asked = experiment or CompareFile(kind="compare", name=loaded.name, scenario=str(scenario))
        if worlds is not None and world is not None:
            raise ValueError("give --world or --worlds, not both")
        names = worlds.split(",") if worlds is not None else [] if world is not None else asked.worlds
        neutral = budget_neutral if budget_neutral is not None else asked.budget_neutral
        plan = Plan(
            loaded,
            replicates or (QUICK.replicates if quick else asked.replicates or loaded.replicates),
            asked.seed if seed is None else seed,
            tuple(names),
            {path: factor.all for path, factor in asked.factors.items()},
            tuple(asked.outputs),
            interval or asked.interval,
            dict(map(parse_precision, precision)) or ({} if quick else asked.precision),
            most_replicates or asked.most_replicates,
            None if neutral is None else Target.parse(str(neutral)),
            quick,
        )
        if cluster is not None and out is None:
            raise ValueError("--cluster needs --out, a folder that all machines share")
        if shard is not None and (out is None or cluster is not None):
            raise ValueError("--shard needs --out, which all shards share, and goes without --cluster")
        what = f"{len(loaded.options)} options x {plan.replicates} replicates"
        more = len(plan.design(loaded)) // (plan.replicates * len(loaded.options))
        what += f" x {more} worlds and factors" if more > 1 else ""
        share = Shard.parse(shard) if shard is not None else None
        with stopping(out / SHARDS / str(share) if out and share else out), runs(what) as show:
            means = Means(workers, cluster, time_limit or asked.time_limit, retry_failed, show)
            if share is not None:
                assert out is not None
                counts = run_shard(plan, means, out, share)
                tell_shard(share, counts, as_json)
                sys.exit(SOME_FAILED if counts.failed else DONE)
            result = carry_out(plan, means, out)
        if as_json:
            click.echo(json.dumps(result.summary()))
        else:
            click.echo(str(result))
            if out is not None:
                click.echo(f"\nresults {result.ensemble.name} in {out}; `coalsim verify {out}` checks them")
        if result.failures:
            click.echo(f"finished with {len(result.failures)} failed runs: {numbers(result.failures)}", err=True)
            sys.exit(SOME_FAILED if result.ensemble.counts.done else FAILED)


def parse_precision(text: str) -> tuple[str, float]:
    """`employment_rate=0.001` as output and half width; the last equals sign counts, since outputs may have one."""
    output, _, width = text.rpartition("=")
    try:
        if output:
            return output, float(width)
        raise ValueError
    except ValueError:
        raise ValueError(f"--precision {text[:60]}: write it as OUTPUT=WIDTH, e.g. employment_rate=0.001") from None


def tell_shard(shard: Any, counts: Any, as_json: bool) -> None:
    """What one shard did."""
    if as_json:
        click.echo(json.dumps({"shard": str(shard), **counts._asdict()}))
    else:
        click.echo(
            f"shard {shard}: {counts.done} runs done, {counts.failed} failed; when all shards are there, the same command "
            "without --shard joins them"
        )
