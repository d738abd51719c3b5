"""The web page: first paint, a lever to the new picture, and memory over many runs in one page.

`--quick` moves the lever three times, without it 40 times, which asks for 240 runs. Times are of headless Chromium on this
machine, in one run.
"""

from __future__ import annotations

import argparse
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import psutil
from playwright.sync_api import Page, sync_playwright

from coalsim.reporting.pdf import browser

ROOT = Path(__file__).resolve().parents[1]


def memory(server: psutil.Process) -> float:
    """MB that the server and what it has started hold."""
    return sum(one.memory_info().rss for one in (server, *server.children(recursive=True))) / 1e6


def shown(page: Page) -> str:
    """Which results the page shows."""
    text = page.get_by_text(re.compile(r"results [0-9a-f]{10}")).first.inner_text()
    return re.search(r"results ([0-9a-f]{10})", text)[1]  # type: ignore[index]


def changed(page: Page, was: str) -> str:
    """Wait for other results."""
    while (now := shown(page)) == was:
        page.wait_for_timeout(20)
    return now


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--quick", action="store_true")
    moves = 3 if parser.parse_args().quick else 40
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with sync_playwright() as play:
        chromium = play.chromium.launch(
            executable_path=browser(), args=["--no-sandbox", "--disable-background-networking"]
        )
        page = chromium.new_page(viewport={"width": 1300, "height": 1000})
        page.set_default_timeout(120_000)
        began = time.perf_counter()
        server = subprocess.Popen(
            [sys.executable, "-m", "coalsim.cli", "dashboard", "--no-browser", "--port", str(port)],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            while True:
                try:
                    page.goto(f"http://localhost:{port}")
                    break
                except Exception:
                    page.wait_for_timeout(50)
            page.get_by_role("heading", name="coalsim", exact=True).wait_for()
            print(f"Heading painted after the command, s (target: below 3): {time.perf_counter() - began:.1f}")
            page.get_by_text(re.compile(r"results [0-9a-f]{10}")).first.wait_for()
            print(f"First results after the command, s (target: below 10): {time.perf_counter() - began:.1f}")
            other = chromium.new_page(viewport={"width": 1300, "height": 1000})
            began = time.perf_counter()
            other.goto(f"http://localhost:{port}")
            other.get_by_role("heading", name="coalsim", exact=True).wait_for()
            painted = time.perf_counter() - began
            other.get_by_text(re.compile(r"results [0-9a-f]{10}")).first.wait_for()
            print(
                f"A new page, s: heading {painted:.1f}, first results {time.perf_counter() - began:.1f} (target: below 10)"
            )
            other.close()
            page.get_by_text("Over time", exact=True).first.click()
            page.locator("[data-testid=stImage] img").first.wait_for()
            page.wait_for_timeout(3000)
            field = page.get_by_label("pooled fund: share, exactly")
            took, held, now = [], [], shown(page)
            for k in range(moves):
                was = page.locator("[data-testid=stImage] img").first.get_attribute("src")
                field.fill(f"{0.3 + 0.001 * k:.3f}")
                start = time.perf_counter()
                field.press("Enter")
                now = changed(page, now)
                while page.locator("[data-testid=stImage] img").first.get_attribute("src") == was:
                    page.wait_for_timeout(20)
                took.append(time.perf_counter() - start)
                if k % max(1, moves // 10) == 0:
                    held.append(memory(psutil.Process(server.pid)))
            print(
                f"Lever to the new picture, sample 0.1, 6 runs of 240 months, s (target: below 2): median {median(took):.2f} "
                f"({min(took):.2f} to {max(took):.2f}) of {moves}"
            )
            print(
                f"Memory of server and workers over {moves} moves, MB (target: flat): {', '.join(f'{one:.0f}' for one in held)}"
            )
        finally:
            server.terminate()
            server.wait(30)
            chromium.close()


if __name__ == "__main__":
    main()
