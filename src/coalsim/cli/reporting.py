"""`coalsim report`: a comparison as one page and as tables."""

from __future__ import annotations

import json
from pathlib import Path

import click

from coalsim.cli.options import json_option
from coalsim.console import errors, stopping


@click.command()
@click.argument("results", type=click.Path(file_okay=False, path_type=Path))
@click.argument("studies", nargs=-1, type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--page",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where the page goes; RESULTS/report.html by default.",
)
@click.option("--pdf", is_flag=True, help="Print it as PDF beside the page; needs Chromium or Chrome.")
@click.option("--no-tables", is_flag=True, help="Leave out RESULTS/tables, every table as CSV and in one Excel file.")
@json_option
def report(
    results: Path, studies: tuple[Path, ...], page: Path | None, pdf: bool, no_tables: bool, as_json: bool
) -> None:
    """Write what RESULTS, a folder of `compare`, found as one page that needs nothing but itself, and as tables.

    It holds the question, the answer with its uncertainty, what changes and why, value for money in Green Book terms, who pays
    and who gains, limits, and how to make it again. STUDIES are folders of `tipping`, `sensitivity` or `discover` to put in.

    \b
    Example: coalsim report results/walsall results/tipping_walsall
    """
    with errors(), stopping(None, "stopped: the report is not finished; the same command writes it"):
        from coalsim.reporting import Report

        written = Report.of(results, *studies).write(results, page=page, pdf=pdf, tables=not no_tables)
    if as_json:
        click.echo(json.dumps({"page": str(written[0]), "files": [str(path) for path in written]}))
        return
    click.echo(f"{written[0]}: open it in any browser; nothing is fetched from anywhere")
    if pdf:
        click.echo(written[1])
    if not no_tables:
        click.echo(f"{len(written) - 2 - pdf} tables as CSV and {written[-1]}")
