"""The server of the web page: on this machine only unless told otherwise, without usage statistics or foreign assets."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

HEADING_S = 2.0  # until a first heading is painted, which imports would hold up
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SCENARIOS, RESULTS = "COALSIM_SCENARIOS", "COALSIM_RESULTS"  # how the page is told where to look


def settings(address: str, port: int) -> dict[str, object]:
    """Streamlit's settings."""
    return {
        "server.address": address,
        "server.port": port,
        "server.headless": True,
        "server.enableXsrfProtection": True,
        "server.enableCORS": True,  # that is: requests of other origins are refused
        "server.maxUploadSize": 1,  # MB
        "server.maxMessageSize": 100,  # MB
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "browser.gatherUsageStats": False,
        "browser.serverAddress": "localhost" if address in LOOPBACK else address,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showSidebarNavigation": False,
        "theme.base": "light",
        "theme.primaryColor": "#005A8C",
        "global.developmentMode": False,
        "logger.level": "warning",
    }


def serve(address: str, port: int, scenarios: Path, results: Path) -> None:
    """Serve the page until interrupted.

    Raises
    ------
    ValueError
        When there are no scenarios, the port is taken, or Streamlit is not installed.
    """
    try:
        from streamlit.web import bootstrap
    except ImportError:
        raise ValueError("the web page needs Streamlit: pip install 'coalsim[dashboard]'") from None
    if not list(scenarios.glob("*.yaml")):
        raise ValueError(
            f"{scenarios}: there are no scenario files; run it where they are, or name the folder with --scenarios"
        )
    check_port(address, port)
    os.environ |= {SCENARIOS: str(scenarios.resolve()), RESULTS: str(results.resolve())}
    threading.Thread(target=get_ready, daemon=True).start()
    options = {name.replace(".", "_"): value for name, value in settings(address, port).items()}
    bootstrap.load_config_options(options)
    try:
        bootstrap.run(str(Path(__file__).with_name("app.py")), False, [], options)
    finally:
        from coalsim.dashboard.work import workers

        workers().end()


def check_port(address: str, port: int) -> None:
    """Refuse a port that is taken, or an address that this machine does not have.

    Raises
    ------
    ValueError
        With what to do.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((address, port))
        except OSError as error:
            raise ValueError(f"{address}:{port}: {error.strerror}; give another --port") from None


def get_ready() -> None:
    """Start a worker and import what pages need, before the first page asks for it; its heading goes first."""
    from coalsim.dashboard.work import workers

    workers().warm_up()
    time.sleep(HEADING_S)
    from coalsim.dashboard import page  # noqa: F401
