"""`coalsim dashboard`: the web page."""

from __future__ import annotations

import secrets
import sys
import threading
import webbrowser
from pathlib import Path

import click

from coalsim.console import INTERRUPTED, errors


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8765, show_default=True)
@click.option(
    "--address", default="127.0.0.1", show_default=True, help="Where it listens; this machine only by default."
)
@click.option(
    "--token", is_flag=True, help="Let in only who has the address that is printed; needed with another --address."
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
def dashboard(port: int, address: str, token: bool, no_browser: bool, scenarios: Path, results: Path) -> None:
    """Serve a web page: choose a place and its options, move levers, and see what happens.

    It listens on this machine only, and answers only its own page. Who has the page can start runs on this machine and read
    --results; --token keeps out other users of the machine.

    \b
    Example: coalsim dashboard --port 8765
    """
    with errors():
        from coalsim.dashboard.guard import TOKEN, is_loopback, shown
        from coalsim.dashboard.serve import serve

        is_own = is_loopback(address)
        if not is_own and not token:
            raise ValueError(
                f"--address {address} lets other machines in, which could then start runs here and read {results}; add --token "
                "and give the address that is printed only to those who may"
            )
        secret = secrets.token_urlsafe(24) if token else ""
        url = f"http://{shown(address)}:{port}" + (f"/?{TOKEN}={secret}" if token else "")
        if not is_own:
            click.echo(
                f"warning: {address} lets other machines in, without encryption: whoever has the address below can start runs "
                f"here and read {results}",
                err=True,
            )
        click.echo(f"{url}: the page; Ctrl-C ends it")
        if not no_browser and not token:  # other users can see what programs are started with
            threading.Timer(1.5, webbrowser.open, (url,)).start()
        try:
            serve(address, port, scenarios, results, secret)
        except KeyboardInterrupt:
            click.echo("stopped: the page is no longer served", err=True)
            sys.exit(INTERRUPTED)
