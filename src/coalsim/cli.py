"""The command line: `coalsim COMMAND --help` tells more. Results go to stdout, progress and errors to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from coalsim import __version__
from coalsim.console import (
    BAD_INPUT,
    DONE,
    FAILED,
    INTERRUPTED,
    SOME_FAILED,
    errors,
    months,
    numbers,
    running,
    runs,
    stopping,
)
from coalsim.text import plain_table

FAMILIES = ("places", "policies", "worlds", "instruments", "indicators", "methods")


class Seed(click.ParamType[int]):
    """A whole number from 0 to 2**64 - 1."""

    name = "seed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, or a message with the range."""
        text = str(value)
        if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) < 2**64):
            self.fail(f"{text[:40]!r} is not a seed; give a whole number from 0 to {2**64 - 1}", param, ctx)
        return int(text)


workers_option = click.option(
    "--workers", type=click.IntRange(1, 1024), help="Processes; all cores by default. Results do not change."
)
quick_option = click.option(
    "--quick", is_flag=True, help="A few runs of everything: shows that it works, not what is true."
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout and nothing else there."
)
experiments_argument = click.argument("experiments", nargs=-1, required=True, type=click.Path(path_type=Path))


def scenario_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What every command that takes a scenario understands."""
    for option in (
        click.option("--world", metavar="NAME", help="Use another world, e.g. recession_2008."),
        click.option(
            "--set",
            "changes",
            metavar="PATH=VALUE",
            multiple=True,
            help="Change one value, e.g. --set months=60 (repeatable).",
        ),
        click.option("--seed", type=Seed(), help="Seed of the (first) run; 0 or the experiment's own by default."),
        click.option(
            "--out",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Keep results here; what it holds is not run again.",
        ),
        json_option,
    ):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="coalsim")
def cli() -> None:
    """Simulate local growth coalitions in real English places.

    \b
    coalsim compare scenarios/walsall.yaml      compare the options of a scenario
    coalsim run scenarios/walsall.yaml          run one policy
    coalsim tipping experiments/FILE.yaml       when does a tipping point emerge, and why
    coalsim sensitivity experiments/FILE.yaml   which uncertain factors matter
    coalsim discover experiments/FILE.yaml      under which conditions something happens
    coalsim calibrate experiments/FILE.yaml     fit parameters to targets
    coalsim validate-model experiments/FILE.yaml   hold the model against what is known
    coalsim check scenarios/*.yaml              validate files
    """


@cli.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--policy", metavar="NAME", help="Which option to run; the last by default.")
@click.option(
    "--threads",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Localities run side by side; results do not change.",
)
@scenario_options
def run(
    scenario: Path,
    policy: str | None,
    threads: int,
    world: str | None,
    changes: tuple[str, ...],
    seed: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Run one policy of SCENARIO.

    \b
    Example: coalsim run scenarios/slough.yaml --policy growth_coalition --set months=120
    """
    with errors():
        overrides = parse_changes(changes)
        from coalsim.loading import check_overrides, load_scenario

        loaded = load_scenario(scenario, world=world, policy=policy, **overrides)
        name = policy or list(loaded.options)[-1]
        check_overrides(loaded, name, overrides)
        from coalsim.experiments.single import held, recording
        from coalsim.results import simulate
        from coalsim.start import memory

        if out is not None and (summary := held(out, loaded, name, seed or 0)) is not None:
            click.echo(
                json.dumps(summary)
                if as_json
                else f"{out} holds this run already: fingerprint {summary['fingerprint']}"
            )
            return
        memory.check(loaded)
        if (bytes_ := memory.needed(loaded)) >= 2**30:
            click.echo(f"{loaded.name} will need about {memory.size(bytes_)} of memory", err=True)
        with (
            nullcontext() if out is None else recording(out) as kept,
            months(loaded.months, f"{name}, months") as advance,
            running(),
        ):

            def on_month(model: Any) -> None:
                advance()
                if kept is not None:
                    kept(model)

            result = simulate(loaded, policy=policy, seed=seed or 0, threads=threads, on_month=on_month)
            if kept is not None:
                kept.finish(result)
        summary = result.summary()
        if as_json:
            click.echo(json.dumps(summary))
            return
        from coalsim.experiments.single_telling import tell

        click.echo(tell(result))


@cli.command("map")
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--output", metavar="INDICATOR", help="What is drawn; the first that was compared by default.")
@click.option(
    "--boundaries",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Shapes of your own (GeoJSON, TopoJSON) in place of tiles; needs the extra `maps`.",
)
@click.option("--figure", type=click.Path(path_type=Path), help="Where it goes; RESULTS/figures/map.png by default.")
def map_results(results: Path, output: str | None, boundaries: Path | None, figure: Path | None) -> None:
    """Draw the places of RESULTS, a folder of `run` or `compare`.

    Of a comparison each option's effect in every place is drawn, of a single run the places at the start and the end. A tile
    stands for each place, laid out by county.

    \b
    Example: coalsim map results/england --output severe_deprivation
    """
    with errors():
        from coalsim.experiments.mapping import draw

        picture = draw(results, output, None if boundaries is None else str(boundaries))
        target = figure or results / "figures" / "map.png"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            picture.savefig(target, dpi=150)
        except (OSError, ValueError) as error:
            raise ValueError(f"--figure {target}: it cannot be written: {error}") from None
    click.echo(target)


@cli.command()
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
        from coalsim.experiments.compare import Means, Plan, carry_out, run_shard
        from coalsim.experiments.equal_cost import Target
        from coalsim.experiments.files import CompareFile, is_experiment, load
        from coalsim.experiments.runner import Shard
        from coalsim.experiments.store import SHARDS
        from coalsim.loading import keep_options, load_scenario

        overrides = parse_changes(changes)
        experiment: CompareFile | None = None
        loaded: Any = scenario
        if is_experiment(scenario):
            experiment, loaded = load(scenario, CompareFile)
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
            replicates or asked.replicates or loaded.replicates,
            asked.seed if seed is None else seed,
            tuple(names),
            {path: factor.all for path, factor in asked.factors.items()},
            tuple(asked.outputs),
            interval or asked.interval,
            dict(map(parse_precision, precision)) or asked.precision,
            most_replicates or asked.most_replicates,
            None if neutral is None else Target.parse(str(neutral)),
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


@cli.command()
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


@cli.command()
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


@cli.command()
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


@cli.command()
@click.argument("experiment", type=click.Path(path_type=Path))
@click.option(
    "--replicates", type=click.IntRange(2, 10_000), help="Seeds at every point; the experiment's own by default."
)
@workers_option
@click.option(
    "--write",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the fitted numbers to this place or world file; by default where the experiment says.",
)
@click.option("--force", is_flag=True, help="Write over a file that was written by hand.")
@scenario_options
def calibrate(
    experiment: Path,
    replicates: int | None,
    workers: int | None,
    write: Path | None,
    force: bool,
    world: str | None,
    changes: tuple[str, ...],
    seed: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Fit the parameters of EXPERIMENT to its targets, and say which of them the targets pin down.

    The same command with the same --out goes on where it was stopped.

    \b
    Example: coalsim calibrate experiments/calibrate_walsall.yaml --out results/calibrate_walsall
    """
    with errors():
        from coalsim.experiments.calibrate import Question, carry_out, write_results
        from coalsim.experiments.files import CalibrateFile, load
        from coalsim.experiments.fit_telling import draw, summary, tell
        from coalsim.experiments.fitted import write as write_fitted
        from coalsim.loading import load_scenario
        from coalsim.scenario.reading import read

        overrides = parse_changes(changes)
        asked, scenario = load(experiment, CalibrateFile)
        scenario = load_scenario(scenario, world=world, **overrides)
        question = Question.of(asked, scenario, replicates=replicates, seed=seed, overrides=overrides)
        document = read(experiment)
        target = write if write is not None else asked.writes_to(document) if asked.writes is not None else None
        place = asked.destination(document, scenario, target, world=world, force=force) if target is not None else None
        what = (
            f"{len(question.ranges)} parameters, {len(question.quantities)} targets, {question.replicates} replicates"
        )
        with stopping(out), runs(what) as show:
            found = carry_out(question, workers=workers, out=out, on_progress=show)
        written = None if place is None else write_fitted(place, experiment, asked, found, question)
        told = summary(found, question, asked.name, None if written is None else str(written))
        if out is not None:
            note = f"coalsim {__version__}, {experiment.name}, {found.runs} runs"
            write_results(out, found, question, json.dumps(told, indent=1), draw(found, question, asked.name, note))
        if as_json:
            click.echo(json.dumps(told))
            return
        click.echo(tell(found, question, asked.name))
        if written is not None:
            click.echo(f"\nfitted numbers in {written}; name it in a scenario to use them")
        if out is not None:
            click.echo(f"{'' if written else chr(10)}results in {out}")


@cli.command("validate-model")
@click.argument("experiment", type=click.Path(path_type=Path))
@click.option(
    "--quick", is_flag=True, help="Few districts and replicates: shows that it works, not how good the model is."
)
@click.option("--seed", type=Seed(), help="Seed of the first replicate; the experiment's own by default.")
@workers_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write validation.json, page and figures to this folder.",
)
@click.option(
    "--page",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the page, such as docs/validation.md, and its figures to `images` beside it.",
)
@json_option
def validate_model(
    experiment: Path,
    quick: bool,
    seed: int | None,
    workers: int | None,
    out: Path | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Hold the model against what is known of English places, as EXPERIMENT says.

    Every pattern stands in the table with what is observed, what the model shows and whether that is near enough; a failure is
    a finding, not an error, and the command ends with 0.

    \b
    Example: coalsim validate-model experiments/validation.yaml --out results/validation
    """
    with errors():
        from coalsim.experiments.files import ValidateFile, load
        from coalsim.experiments.parts import write_text
        from coalsim.experiments.validation.page import check, tell, write
        from coalsim.experiments.validation.validate import validate

        asked, scenario = load(experiment, ValidateFile)
        pages = [*([out / "validation.md"] if out is not None else []), *([page] if page is not None else [])]
        for path in pages:
            check(path)
            path.parent.mkdir(parents=True, exist_ok=True)
        what = f"{len(asked.patterns)} patterns and a hindcast"
        with stopping(None, "stopped: nothing was kept; a validation begins anew"), runs(what) as show:
            found = validate(
                asked,
                scenario,
                quick=quick,
                seed=seed,
                workers=workers,
                on_progress=show,
            )
        note = f"coalsim {__version__}, {experiment.name}, seeds from {found.seed}"
        for path in pages:
            write(found, asked, path, note)
        if out is not None:
            write_text(out / "validation.json", json.dumps(found.summary(), indent=1))
        if as_json:
            click.echo(json.dumps(found.summary()))
            return
        click.echo(tell(found))
        if pages:
            click.echo(f"\nwritten: {', '.join(map(str, pages))}, with figures in `images` beside it")


@cli.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--sample", type=click.IntRange(0), default=5, show_default=True, help="How many runs to repeat.")
@click.option("--seed", type=Seed(), default=0, show_default=True, help="Of the choice of runs.")
@json_option
def verify(results: Path, sample: int, seed: int, as_json: bool) -> None:
    """Check the files of RESULTS against their hashes, repeat a sample of its runs and compare them to the last bit.

    \b
    Example: coalsim verify results/walsall --sample 10
    """
    with errors():
        from coalsim.experiments.verify import verify as check_results

        with months(sample, "repeating, runs") if sample else nullcontext(lambda: None) as advance:
            found = check_results(results, sample=sample, seed=seed, on_done=lambda _: advance())
        click.echo(json.dumps(found.as_json()) if as_json else str(found))
        sys.exit(DONE if found.is_good else FAILED)


@cli.command()
@click.argument("results", type=click.Path(path_type=Path))
@workers_option
@json_option
def repair(results: Path, workers: int | None, as_json: bool) -> None:
    """Run again what the damaged parts of RESULTS held, and whatever is missing; the rest stays as it is.

    \b
    Example: coalsim repair results/walsall
    """
    with errors(), stopping(results):
        from coalsim.experiments.verify import repair as repair_results

        with runs(f"repairing {results}") as show:
            dropped, missing = repair_results(results, workers=workers, on_progress=show)
        if as_json:
            click.echo(json.dumps({"damaged_parts": dropped, "runs_repeated": missing}))
        else:
            click.echo(f"{results}: {dropped} damaged parts, {missing} runs repeated")


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Validate scenario, place, world, policy and experiment FILES without running anything.

    \b
    Example: coalsim check scenarios/*.yaml experiments/*.yaml
    """
    from coalsim.checking import check_file
    from coalsim.scenario.errors import ScenarioError

    results: dict[str, Any] = {}
    for path in files:
        try:
            results[str(path)] = {"kind": check_file(path), "ok": True}
        except ScenarioError as error:
            results[str(path)] = {"ok": False, "problems": [str(problem) for problem in error.problems]}
            if not as_json:
                click.echo(str(error), err=True)
    bad = sum(not result["ok"] for result in results.values())
    if as_json:
        click.echo(json.dumps({"files": results, "bad": bad}))
    else:
        click.echo(f"{len(files) - bad} of {len(files)} files are valid")
    if bad:
        sys.exit(BAD_INPUT)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("scenarios"))
def schema(folder: Path) -> None:
    """Write the JSON Schemas that editors use into FOLDER (default: scenarios).

    \b
    Example: coalsim schema scenarios
    """
    with errors():
        from coalsim.checking import models
        from coalsim.scenario.jsonschema import write

        for path in write(folder, models()):
            click.echo(str(path))


@cli.command("list")
@click.argument("family", type=click.Choice(FAMILIES))
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("scenarios"),
    show_default=True,
    help="Folder of scenario files.",
)
@json_option
def list_family(family: str, folder: Path, as_json: bool) -> None:
    """List places, policies, worlds, instruments, indicators or methods of analysis.

    \b
    Example: coalsim list indicators
    """
    with errors():
        from coalsim.checking import catalogue

        rows = catalogue(family, folder)
        if as_json:
            click.echo(json.dumps({family: rows}))
        else:
            click.echo(
                plain_table(list(rows[0]), [list(row.values()) for row in rows]) if rows else f"no {family} in {folder}"
            )


def main() -> None:
    """Entry point: Ctrl-C leaves with 130 and one line."""
    try:
        code = cli(standalone_mode=False)
    except click.exceptions.Abort:
        code = stop()
    except KeyboardInterrupt:
        code = stop()
    except click.ClickException as error:
        error.show()
        code = BAD_INPUT
    sys.exit(code if isinstance(code, int) else DONE)


def stop() -> int:
    """Say that nothing was kept."""
    click.echo("stopped: nothing was written", err=True)
    return INTERRUPTED


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


def parse_changes(changes: tuple[str, ...]) -> dict[str, Any]:
    """`--set a.b=1` as {"a.b": 1}, typed as in a file."""
    from coalsim.scenario.reading import parse_scalar

    overrides = {}
    for change in changes:
        path, equals, text = change.partition("=")
        if not equals or not path:
            raise ValueError(f"--set {change[:60]}: write it as PATH=VALUE, for example --set months=60")
        if path in ("policy", "world", "seed"):
            raise ValueError(f"--set {change[:60]}: write --{path} {text[:40] or path.upper()}")
        overrides[path] = parse_scalar(text)
    return overrides


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


if __name__ == "__main__":
    main()
