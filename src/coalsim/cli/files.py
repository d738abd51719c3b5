"""Commands about scenario files and what they may name: `coalsim check`, `new`, `schema` and `list`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from coalsim.cli.options import json_option
from coalsim.console import BAD_INPUT, errors
from coalsim.text import plain_table

folder_option = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("scenarios"),
    show_default=True,
    help="Folder of scenario files.",
)
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
@click.argument("kind", type=click.Choice(("scenario", "policy", "place")))
@click.argument("name")
@click.option("--like", help="Scenario or policy to begin with, by file name.  [default: walsall, growth_coalition]")
@click.option("--place", help="Place of a new scenario, by file name; one of the scenario's own name by default.")
@folder_option
@json_option
def new(kind: str, name: str, like: str | None, place: str | None, folder: Path, as_json: bool) -> None:
    """Write a scenario, policy or place called NAME to begin with, complete and valid.

    A place is one of England's 354 districts of 2006, with the figures of the nation's table.

    \b
    Example: coalsim new place Sandwell && coalsim new scenario Sandwell && coalsim compare scenarios/sandwell.yaml
    """
    with errors():
        from coalsim.begin import begin

        if (kind == "place" and like) or (kind != "scenario" and place):
            raise ValueError("--like is for scenarios and policies, --place for scenarios only; leave it out")
        path = begin(kind, name, folder, like, place)
        click.echo(json.dumps({"kind": kind, "file": str(path)}) if as_json else f"{path}: written")


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
@folder_option
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
