"""The server of the web page: behind its guard, on this machine only unless told otherwise, without usage statistics."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from pathlib import Path

from coalsim.dashboard.guard import Guard, shown

HEADING_S = 2.0  # until a first heading is painted, which imports would hold up
SCENARIOS, RESULTS = "COALSIM_SCENARIOS", "COALSIM_RESULTS"  # how the page is told where to look


def settings(address: str, port: int) -> dict[str, object]:
    """Streamlit's settings."""
    return {
        "server.address": address,
        "server.port": port,
        "server.headless": True,
        "server.enableXsrfProtection": True,
        "server.enableCORS": True,  # that is: requests of other origins are refused
        "server.corsAllowedOrigins": [],
        "server.allowedHosts": [],  # the guard sees to that
        "server.trustedUserHeaders": "{}",
        "server.enableStaticServing": False,
        "server.enableAgentApi": False,
        "server.baseUrlPath": "",
        "server.maxUploadSize": 1,  # MB
        "server.maxMessageSize": 100,  # MB
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "browser.gatherUsageStats": False,
        "browser.serverAddress": shown(address),
        "client.allowedOrigins": [],
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showSidebarNavigation": False,
        "theme.base": "light",
        "theme.primaryColor": "#005A8C",
        "global.developmentMode": False,
        "logger.level": "warning",
    }


def serve(address: str, port: int, scenarios: Path, results: Path, token: str = "") -> None:
    """Serve the page until interrupted; with a token, only to those who show it.

    Raises
    ------
    ValueError
        When there are no scenarios, the port is taken, or Streamlit is not installed.
    """
    try:
        import streamlit as st
        import uvicorn
        from streamlit.web import bootstrap
    except ImportError:
        raise ValueError("the web page needs Streamlit: pip install 'coalsim[dashboard]'") from None
    if not list(scenarios.glob("*.yaml")):
        raise ValueError(
            f"{scenarios}: there are no scenario files; run it where they are, or name the folder with --scenarios"
        )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with listening(address, port) as heard:
        os.environ |= {SCENARIOS: str(scenarios.resolve()), RESULTS: str(results.resolve())}
        threading.Thread(target=get_ready, daemon=True).start()
        bootstrap.load_config_options(
            {name.replace(".", "_"): value for name, value in settings(address, port).items()}
        )
        guarded = Guard(st.App(Path(__file__).with_name("app.py")), address, port, token)
        config = uvicorn.Config(
            guarded, host=address, port=port, log_level="critical", access_log=False, server_header=False, date_header=False,
            timeout_graceful_shutdown=0,
        )  # fmt: skip
        try:
            uvicorn.Server(config).run(sockets=[heard])
        finally:
            from coalsim.dashboard.work import workers

            workers().end()


def listening(address: str, port: int) -> socket.socket:
    """A socket that listens there, so that browsers may come at once and nobody else takes the port.

    Raises
    ------
    ValueError
        When the port is taken, or the address is not this machine's.
    """
    heard = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name != "nt":  # there it would let two servers have one port
            heard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        heard.bind((address, port))
        heard.listen()
    except OSError as error:
        heard.close()
        raise ValueError(f"{address}:{port}: {error.strerror}; give another --port") from None
    return heard


def get_ready() -> None:
    """Start a worker and import what pages need, before the first page asks for it; its heading goes first."""
    from coalsim.dashboard.work import workers

    workers().warm_up()
    time.sleep(HEADING_S)
    from coalsim.dashboard import page  # noqa: F401
