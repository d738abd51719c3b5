"""Commands about a folder of results: `coalsim map`, `verify` and `repair`."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path

import click

from coalsim.cli.options import Seed, json_option, workers_option
from coalsim.console import DONE, FAILED, SOME_FAILED, errors, months, numbers, runs, stopping


@click.command("map")
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
        from coalsim.atomic import atomic
        from coalsim.experiments.mapping import draw

        picture = draw(results, output, None if boundaries is None else str(boundaries))
        target = figure or results / "figures" / "map.png"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with atomic(target) as temporary:
                picture.savefig(temporary, dpi=150, format=target.suffix[1:] or "png")
        except (OSError, ValueError) as error:
            raise ValueError(f"--figure {target}: it cannot be written: {error}") from None
    click.echo(target)


@click.command()
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


@click.command()
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
            done = repair_results(results, workers=workers, on_progress=show)
        if as_json:
            click.echo(json.dumps({"damaged_parts": done.parts, "runs_repeated": done.runs, "failed": done.failed}))
        else:
            click.echo(f"{results}: {done.parts} damaged parts, {done.runs} runs repeated")
        if done.failed:
            again = "the command that made them runs them again with --retry-failed"
            click.echo(f"finished with {len(done.failed)} failed runs: {numbers(done.failed)}; {again}", err=True)
            sys.exit(SOME_FAILED)
