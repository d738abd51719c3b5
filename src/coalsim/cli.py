"""The command line: `coalsim COMMAND --help` tells more. Results go to stdout, progress and errors to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from coalsim import __version__
from coalsim.text import label, plain_table

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
FAMILIES = ("places", "policies", "worlds", "instruments", "indicators")


class Seed(click.ParamType[int]):
    """A whole number from 0 to 2**64 - 1."""

    name = "seed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, or a message with the range."""
        text = str(value)
        if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) < 2**64):
            self.fail(f"{text[:40]!r} is not a seed; give a whole number from 0 to {2**64 - 1}", param, ctx)
        return int(text)


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
            "--out", type=click.Path(path_type=Path), metavar="DIR", help="Write results into this new folder."
        ),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout and nothing else there."),
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
        check_overrides(loaded, policy or list(loaded.options)[-1], overrides)
        refuse_used(out)
        from coalsim.results import simulate

        with progress(loaded.months, f"{policy or list(loaded.options)[-1]}, months") as advance, running():
            result = simulate(loaded, policy=policy, seed=seed or 0, threads=threads, on_month=lambda _: advance())
        summary = result.summary()
        if out is not None:
            from coalsim.experiments.store import write_run

            write_run(out, result)
        if as_json:
            click.echo(json.dumps(summary))
            return
        model = result.model
        click.echo(
            f"{model.settings.name}: {model.policy.name}, {model.month} months from {model.settings.start}, seed {model.seed}\n"
        )
        rows = [
            [place, label(name), unit, f"{start:,.4g}", f"{end:,.4g}"]
            for place, name, unit, start, end in result.table().itertuples(index=False)
        ]
        click.echo(plain_table(["place", "indicator", "unit", "start", "end"], rows))
        click.echo()
        for name, month in result.tipped.items():
            when = f"tipped in month {month}" if month is not None else "did not tip"
            already = summary["localities"][name]["self_sustaining_at_start"]
            click.echo(f"{name}: {'met the thresholds already at the start' if already else when}")
        click.echo("One run is one draw of luck: use `coalsim compare` before you conclude anything.")
        click.echo(f"fingerprint {result.fingerprint}")


@cli.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--policy", metavar="NAME", help="Compare only this option with the counterfactual.")
@click.option(
    "--replicates", type=click.IntRange(2, 100_000), help="Runs per option; the scenario's own number by default."
)
@click.option("--workers", type=click.IntRange(1, 1024), help="Processes; all cores by default. Results do not change.")
@scenario_options
def compare(
    scenario: Path,
    policy: str | None,
    replicates: int | None,
    workers: int | None,
    world: str | None,
    changes: tuple[str, ...],
    seed: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Compare the options of SCENARIO (or of a compare experiment) with its first, on the same luck.

    \b
    Example: coalsim compare scenarios/walsall.yaml --replicates 20 --world recession_2008
    """
    with errors():
        overrides = parse_changes(changes)
        from coalsim.experiments.compare import HEADLINES, check_comparison
        from coalsim.experiments.compare import compare as run_comparison
        from coalsim.experiments.design import is_experiment, load_experiment
        from coalsim.loading import keep_options, load_scenario

        outputs: tuple[str, ...] = HEADLINES
        if is_experiment(scenario):
            experiment, loaded = load_experiment(scenario)
            outputs, replicates = tuple(experiment.outputs), replicates or experiment.replicates
            seed = experiment.seed if seed is None else seed
            loaded = load_scenario(loaded, world=world, policy=policy, **overrides)
        else:
            loaded = load_scenario(scenario, world=world, policy=policy, **overrides)
        if policy is not None:
            loaded = keep_options(loaded, policy)
        refuse_used(out)
        n = replicates or loaded.replicates
        check_comparison(loaded, n, seed or 0, outputs)
        with (
            progress(n * len(loaded.options), f"{len(loaded.options)} options x {n} replicates, runs") as advance,
            running(),
        ):
            result = run_comparison(
                loaded, replicates=n, seed=seed or 0, workers=workers, outputs=outputs, on_done=lambda _: advance()
            )
        if out is not None:
            from coalsim.experiments.store import write_comparison

            write_comparison(out, result)
        if as_json:
            click.echo(json.dumps(result.summary()))
            return
        click.echo(str(result))


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout and nothing else there.")
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
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout and nothing else there.")
def list_family(family: str, folder: Path, as_json: bool) -> None:
    """List places, policies, worlds, instruments or indicators.

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


@contextmanager
def errors() -> Iterator[None]:
    """Bad input as one message and exit 2; a system that refuses as one line and exit 1."""
    from coalsim.registry import UnknownNameError
    from coalsim.scenario.errors import ScenarioError

    try:
        yield
    except (ScenarioError, UnknownNameError) as error:
        click.echo(str(error), err=True)
        sys.exit(BAD_INPUT)
    except ValueError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(BAD_INPUT)
    except OSError as error:
        click.echo(f"error: {error.strerror or error}: {error.filename or ''}", err=True)
        sys.exit(FAILED)


@contextmanager
def running() -> Iterator[None]:
    """Scenarios are checked before they run, so whatever fails in a run is a defect or a lack of memory: exit 1."""
    try:
        yield
    except (ArithmeticError, MemoryError, ValueError, LookupError) as error:
        click.echo(f"error: the run failed: {type(error).__name__}: {error}", err=True)
        sys.exit(FAILED)


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


def refuse_used(out: Path | None) -> None:
    """Never write over what is there, and say before the work when nothing could be written."""
    if out is None:
        return
    if os.path.lexists(out) and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"--out {out}: it exists and is not an empty folder; name a new one")
    above = next((folder for folder in out.absolute().parents if os.path.lexists(folder)), Path("/"))
    if out.is_dir():
        above = out
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise ValueError(f"--out {out}: nothing can be written in {above}; name another folder")


@contextmanager
def progress(total: int, what: str) -> Iterator[Callable[[], None]]:
    """A bar on a terminal, a plain line for each tenth elsewhere; both on stderr."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda: bar.advance(task)
        return
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        if done * 10 // total > (done - 1) * 10 // total:
            click.echo(f"{what}: {done} of {total}", err=True)

    yield advance


if __name__ == "__main__":
    main()
