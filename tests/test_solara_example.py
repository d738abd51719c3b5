"""The SolaraViz example in a real browser: it draws, steps and resets, and neither page nor server asks another host."""

import importlib.util
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from coalsim.reporting.pdf import browser

pytestmark = [
    pytest.mark.slow,  # a server and a browser
    pytest.mark.skipif(not importlib.util.find_spec("solara"), reason="Solara is not installed: the extra `solara`"),
]

ROOT = Path(__file__).parents[1]
SCREENSHOTS = Path(os.environ.get("COALSIM_SCREENSHOTS", ROOT / "results" / "screenshots"))  # ignored by git
PATIENCE = 180  # seconds; kernels may have to be compiled first


@pytest.fixture(scope="module")
def outside():
    """A proxy to every other host that lets nothing through; a connection to it is a request."""
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.5)
        yield trap


@pytest.fixture(scope="module")
def address(outside, tmp_path_factory):
    """Where Solara serves the example, for somebody who never ran Solara before."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    proxy, folder = f"http://127.0.0.1:{outside.getsockname()[1]}", tmp_path_factory.mktemp("solara")
    surroundings = {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "NO_PROXY": "127.0.0.1", "SOLARA_HOME": str(folder)}
    surroundings |= {name.lower(): value for name, value in surroundings.items() if "PROXY" in name}
    surroundings = {**os.environ, **surroundings}
    surroundings.pop("PYTEST_CURRENT_TEST", None)  # Solara asks its makers' site less where it sees it
    command = [sys.executable, "-m", "solara", "run", "docs/examples/solara_viz.py", "--no-open", "--no-check-version"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            cwd=ROOT,
            env=surroundings,
            stdout=log,
            stderr=log,
        )
    try:
        give_up = time.monotonic() + PATIENCE
        while not answers(port):
            assert server.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < give_up, (folder / "log").read_text()
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(30)


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def chromium():
    """Headless Chromium that finds no other host."""
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    alone = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
    with sync_playwright() as play:
        program = play.chromium.launch(executable_path=browser(), args=[*quiet, alone, "--no-sandbox"])
        yield program
        program.close()


@pytest.fixture
def visit(chromium, address):
    """Open the page as one more visitor; returns it with what it asked of others and what it complained of."""
    contexts = []

    def open_page():
        contexts.append(chromium.new_context(viewport={"width": 1500, "height": 1000}))
        page, asked, complaints = contexts[-1].new_page(), [], []
        page.set_default_timeout(1000 * PATIENCE)
        own = (address, f"blob:{address}", "data:")
        page.on("request", lambda request: request.url.startswith(own) or asked.append(request.url))
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        shows_month(page, 0)
        return page, asked, complaints

    yield open_page
    for context in contexts:
        context.close()


def shows_month(page, month, policy="growth coalition"):
    """Wait until page and map say a month, and the map under which policy."""
    expect(page.get_by_text(f"Time: {month}.0", exact=True)).to_be_visible(timeout=1000 * PATIENCE)
    map_says(page, f"{policy}, month {month}: ")


def map_says(page, pattern):
    """Wait until the map has words that fit; returns the map."""
    give_up = time.monotonic() + PATIENCE
    while not re.search(pattern, found := drawing(page)):
        assert time.monotonic() < give_up, found[:2000]
        page.wait_for_timeout(100)
    return found


def drawing(page):
    """The map as SVG, which keeps the words that it draws as comments; nothing while it is not there."""
    read = "async () => (await fetch(document.querySelector('img').src)).text()"
    return page.evaluate(f"({read})().catch(() => '')")


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def test_it_draws_steps_and_plays_asking_nobody_and_without_complaint(visit, outside):
    page, asked, complaints = visit()
    for month in (1, 2):
        press(page, "Step")
        shows_month(page, month)
    press(page, "▶")
    drawn = map_says(page, r"growth coalition, month [1-9]\d: ")
    press(page, "❚❚")
    expect(page.get_by_role("button", name="Step", exact=True)).to_be_enabled()
    assert drawn.count("<path") > 169  # neighbourhoods of Walsall
    boxes = [picture.bounding_box() for picture in page.locator("img").all()]
    assert len(boxes) == 3
    assert all(box["width"] > 300 and box["height"] > 150 for box in boxes)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "solara_viz.png")
    assert asked == []
    assert complaints == []
    with pytest.raises(TimeoutError):
        outside.accept()


def test_reset_takes_the_policy_that_was_chosen(visit):
    page, _, complaints = visit()
    press(page, "Step")
    shows_month(page, 1)
    page.get_by_role("button", name="Policy").click()
    page.get_by_role("option", name="business_as_usual").click()
    press(page, "Reset")
    shows_month(page, 0, "business as usual")
    assert complaints == []


def test_every_visitor_has_a_model_of_their_own(visit):
    first, second = visit()[0], visit()[0]
    press(first, "Step")
    shows_month(first, 1)
    press(second, "Step")
    shows_month(second, 1)
