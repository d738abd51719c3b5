"""`coalsim run`: one policy of a scenario."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from coalsim.cli.options import parse_changes, scenario_options
from coalsim.console import errors, months, running


@click.command()
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
