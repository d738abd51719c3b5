"""`coalsim dashboard`: the web page."""

from __future__ import annotations

import threading
import webbrowser
from pathlib import Path

import click

from coalsim.console import errors


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8765, show_default=True)
@click.option(
    "--address", default="127.0.0.1", show_default=True, help="Where it listens; this machine only by default."
)
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@click.option(
    "--scenarios",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("scenarios"),
    show_default=True,
    help="Folder of scenario files.",
)
@click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder below which results that were kept are found.",
)
def dashboard(port: int, address: str, no_browser: bool, scenarios: Path, results: Path) -> None:
    """Serve a web page: choose a place and its options, move levers, and see what happens.

    Whoever can reach the address can start runs on this machine and read --results; so it listens on this machine only.

    \b
    Example: coalsim dashboard --port 8765
    """
    with errors():
        from coalsim.dashboard.serve import LOOPBACK, serve

        url = f"http://{'localhost' if address in LOOPBACK else address}:{port}"
        if address not in LOOPBACK:
            click.echo(
                f"warning: {address} lets other machines in: whoever reaches it can start runs here and read {results}",
                err=True,
            )
        click.echo(f"{url}: the page; Ctrl-C ends it")
        if not no_browser:
            threading.Timer(1.5, webbrowser.open, (url,)).start()
        serve(address, port, scenarios, results)
