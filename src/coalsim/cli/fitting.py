"""Commands that hold the model against evidence: `coalsim calibrate` and `validate-model`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from coalsim import __version__
from coalsim.cli.options import Seed, json_option, parse_changes, scenario_options, workers_option
from coalsim.console import errors, runs, stopping


@click.command()
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


@click.command("validate-model")
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
        from coalsim.atomic import write_text
        from coalsim.experiments.files import ValidateFile, load
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
