"""Commands about scenario files and what they may name: `coalsim check`, `schema` and `list`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from coalsim.cli.options import json_option
from coalsim.console import BAD_INPUT, errors
from coalsim.text import plain_table

FAMILIES = ("places", "policies", "worlds", "instruments", "indicators", "methods")


@click.command()
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


@click.command()
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


@click.command("list")
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
