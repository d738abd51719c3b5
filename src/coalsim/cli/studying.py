"""Commands that ask many runs one question: `coalsim tipping`, `sensitivity` and `discover`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from coalsim.cli.options import parse_changes, quick_option, scenario_options, workers_option
from coalsim.console import FAILED, SOME_FAILED, errors, runs, stopping

experiments_argument = click.argument("experiments", nargs=-1, required=True, type=click.Path(path_type=Path))


@click.command()
@experiments_argument
@click.option(
    "--runs", "most_runs", type=click.IntRange(1, 1_000_000), help="Most runs of a search; else the experiment's."
)
@click.option(
    "--replicates", type=click.IntRange(8, 10_000), help="Seeds in tests of one point; else the experiment's."
)
@click.option(
    "--knock-out", is_flag=True, help="Search again with each mechanism off and at half strength: why did it tip?"
)
@quick_option
@workers_option
@click.option(
    "--page",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write what all the experiments found as a page, such as docs/findings.md, with figures in `images` beside it.",
)
@scenario_options
def tipping(
    experiments: tuple[Path, ...],
    most_runs: int | None,
    replicates: int | None,
    knock_out: bool,
    quick: bool,
    workers: int | None,
    page: Path | None,
    world: str | None,
    changes: tuple[str, ...],
    seed: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """When does a tipping point emerge, when does it not, and why, as each of EXPERIMENTS asks.

    With several experiments those of other kinds are passed over, --out gets a folder for each, and --json prints an object with
    one for each. The same command with the same --out goes on where it was stopped.

    \b
    Example: coalsim tipping experiments/tipping_walsall_share.yaml --knock-out --out results/tipping_walsall
    """
    with errors():
        from coalsim.experiments.files import TippingFile
        from coalsim.experiments.tipping.finding import TippingPoint
        from coalsim.experiments.tipping.page import check as check_page
        from coalsim.experiments.tipping.page import write as write_page
        from coalsim.experiments.tipping.question import Question
        from coalsim.experiments.tipping.study import carry_out

        overrides = parse_changes(changes)
        if page is not None:
            check_page(page)
        questions = {
            name: Question.of(
                asked, scenario, runs=most_runs, replicates=replicates, seed=seed, quick=quick, knock_out=knock_out
            )
            for name, asked, scenario in chosen(experiments, TippingFile, world, overrides)
        }
        several = len(experiments) > 1
        found: dict[str, TippingPoint] = {}
        for name, question in questions.items():
            folder = out / name if out is not None and several else out
            with stopping(folder), runs(name) as show:
                study = carry_out(question, workers=workers, out=folder, on_progress=show)
            found[name] = TippingPoint(study, is_quick=quick)
            if folder is not None:
                found[name].write(folder)
            if not as_json:
                click.echo(str(found[name]))
                click.echo(f"\nresults in {folder}\n" if folder is not None else "")
        if page is not None:
            write_page(found, page)
            click.echo(f"written: {page}, with figures in `images` beside it", err=as_json)
        if as_json:
            told = {name: one.summary() for name, one in found.items()}
            click.echo(json.dumps({"experiments": told} if several else next(iter(told.values()))))
        failed = sum(len(one.study.failed) for one in found.values())
        if failed:
            click.echo(f"finished with {failed} failed runs; the summary says which", err=True)
            sys.exit(SOME_FAILED if any(one.study.runs > len(one.study.failed) for one in found.values()) else FAILED)


@click.command()
@experiments_argument
@click.option("--method", metavar="NAME", help="Another method than the experiment's, such as sobol or morris.")
@click.option(
    "--samples", type=click.IntRange(1), help="Size of the design; the experiment's or method's own by default."
)
@click.option(
    "--replicates", type=click.IntRange(1, 10_000), help="Runs at each point; the experiment's own by default."
)
@click.option(
    "--precision",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="End when intervals reach no further than this, a share of the variance.",
)
@quick_option
@workers_option
@scenario_options
def sensitivity(
    experiments: tuple[Path, ...],
    method: str | None,
    samples: int | None,
    replicates: int | None,
    precision: float | None,
    quick: bool,
    workers: int | None,
    world: str | None,
    changes: tuple[str, ...],
    seed: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Which uncertain factors matter, and how much is luck, as each of EXPERIMENTS asks.

    With several experiments those of other kinds are passed over, --out gets a folder for each, and --json prints an object with
    one for each. The same command with the same --out goes on where it was stopped; other methods use its runs, too.

    \b
    Example: coalsim sensitivity experiments/sensitivity_walsall.yaml --out results/sensitivity_walsall
    """
    with errors():
        from coalsim.experiments.files import SensitivityFile
        from coalsim.experiments.uncertain.sensitivity import Plan, carry_out

        plans = {
            name: Plan.of(
                asked,
                scenario,
                method=method,
                samples=samples,
                replicates=replicates,
                precision=precision,
                seed=seed,
                quick=quick,
            )
            for name, asked, scenario in chosen(experiments, SensitivityFile, world, parse_changes(changes))
        }
        study_all(plans, carry_out, len(experiments) > 1, workers, out, as_json)


@click.command()
@experiments_argument
@click.option("--samples", type=click.IntRange(40), help="Points; the experiment's own number by default.")
@click.option(
    "--replicates", type=click.IntRange(1, 10_000), help="Runs at each point; the experiment's own by default."
)
@quick_option
@workers_option
@scenario_options
def discover(
    experiments: tuple[Path, ...],
    samples: int | None,
    replicates: int | None,
    quick: bool,
    workers: int | None,
    world: str | None,
    changes: tuple[str, ...],
    seed: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Under which conditions something happens, as each of EXPERIMENTS asks: boxes in the space of its uncertain factors.

    With several experiments those of other kinds are passed over, --out gets a folder for each, and --json prints an object with
    one for each. The same command with the same --out goes on where it was stopped.

    \b
    Example: coalsim discover experiments/discover_walsall.yaml --out results/discover_walsall
    """
    with errors():
        from coalsim.experiments.files import DiscoverFile
        from coalsim.experiments.uncertain.discovery import Plan, carry_out

        plans = {
            name: Plan.of(asked, scenario, samples=samples, replicates=replicates, seed=seed, quick=quick)
            for name, asked, scenario in chosen(experiments, DiscoverFile, world, parse_changes(changes))
        }
        study_all(plans, carry_out, len(experiments) > 1, workers, out, as_json)


def chosen(
    experiments: tuple[Path, ...], kind: Any, world: str | None, overrides: dict[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    """Experiments of a kind by the names of their files, each with its scenario; all are checked before any runs.

    Raises
    ------
    ScenarioError, ValueError
        When one is wrong, when two have the same name, or when none of several is of the kind.
    """
    from coalsim.experiments.files import kind_of, load
    from coalsim.loading import load_scenario

    seen: set[str] = set()
    for path in experiments:
        if len(experiments) > 1 and kind_of(path) is not kind:
            continue
        asked, scenario = load(path, kind)
        scenario = load_scenario(scenario, world=world, **overrides)
        asked.check(scenario)
        if path.stem in seen:
            raise ValueError(f"{path}: two experiments are called {path.stem}; name their files differently")
        seen.add(path.stem)
        yield path.stem, asked, scenario
    if not seen:
        raise ValueError(f"none of the {len(experiments)} files is an experiment of the kind {kind.command}")


def study_all(
    plans: dict[str, Any],
    carry_out: Callable[..., Any],
    several: bool,
    workers: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Carry out plans one after another and say what each found; exit 3 where runs failed, 1 where nothing varied."""
    told, failed, lost = {}, 0, False
    for name, plan in plans.items():
        folder = out / name if out is not None and several else out
        with stopping(folder), runs(name) as show:
            study = carry_out(
                plan, workers=workers, out=folder, on_progress=show, on_news=lambda line: click.echo(line, err=True)
            )
        told[name] = study.summary()
        failed += told[name]["failed_runs"]
        lost |= getattr(study, "is_constant", False)
        if not as_json:
            click.echo(str(study))
            click.echo(f"\nresults in {folder}\n" if folder is not None else "")
    if as_json:
        click.echo(json.dumps({"experiments": told} if several else next(iter(told.values()))))
    if lost:
        click.echo(
            "no output varies, so there is nothing to attribute: widen the factors or name other outputs", err=True
        )
        sys.exit(FAILED)
    if failed:
        click.echo(f"finished with {failed} failed runs; the summary says which", err=True)
        sys.exit(SOME_FAILED)
