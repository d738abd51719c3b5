"""A report as PDF, printed by a headless Chromium where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
QUIET = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-extensions", "--no-pdf-header-footer",
)  # fmt: skip
PATIENCE = 120  # seconds


def browser() -> str | None:
    """The first Chromium found; `COALSIM_BROWSER` names another."""
    return os.environ.get("COALSIM_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)


def write_pdf(page: Path, target: Path) -> None:
    """Print a page to a file.

    Raises
    ------
    ValueError
        When there is no browser.
    OSError
        When it does not print.
    """
    program = browser()
    if program is None:
        raise ValueError(
            "--pdf needs Chromium or Chrome, and none was found; install one, name it in COALSIM_BROWSER, or print the page "
            "from any browser"
        )
    sandbox = [] if hasattr(os, "geteuid") and os.geteuid() else ["--no-sandbox"]  # Chromium refuses root otherwise
    with tempfile.TemporaryDirectory(prefix="coalsim-", ignore_cleanup_errors=True) as profile:
        command = [
            program, *QUIET, *sandbox, f"--user-data-dir={profile}", f"--print-to-pdf={target}", page.resolve().as_uri(),
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise OSError(f"{program} did not print {page}: {error}") from None
    if done.returncode or not target.is_file() or b"%%EOF" not in target.read_bytes()[-64:]:
        raise OSError(f"{program} did not print {page}: {done.stderr.decode(errors='replace').strip()[-300:]}")
