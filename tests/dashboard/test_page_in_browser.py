"""The page in a real browser: the tour, a lever, the map, cancelling, files, stored results, a phone; nothing is fetched from
elsewhere, nothing complains, and axe finds nothing serious."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from coalsim.experiments.compare import compare
from coalsim.loading import load_scenario
from coalsim.reporting.pdf import browser

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(browser() is None, reason="no Chromium or Chrome on this machine"),
]

ROOT = Path(__file__).parents[2]
SCREENSHOTS = Path(os.environ.get("COALSIM_SCREENSHOTS", ROOT / "results" / "screenshots"))  # ignored by git
PATIENCE = 90_000  # ms
# What Chromium says of every frame that Streamlit makes, whatever is in it; no error among it.
KNOWN = ("Unrecognized feature: ", "An iframe which has both allow-scripts and allow-same-origin")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A folder with a comparison, and one with something broken."""
    folder = tmp_path_factory.mktemp("kept")
    compare(
        load_scenario(ROOT / "scenarios" / "walsall.yaml", sample=0.05, months=24), replicates=2, out=folder / "fine"
    )
    (folder / "broken").mkdir()
    (folder / "broken" / "manifest.json").write_text("{")
    return folder


@pytest.fixture(scope="module")
def address(results):
    """Where the page is served, as a user serves it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "coalsim.cli",
        "dashboard",
        "--no-browser",
        "--port",
        str(port),
        "--results",
        str(results),
    ]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    until = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
            break
        except OSError:
            assert server.poll() is None, server.stdout.read()
            assert time.monotonic() < until
            time.sleep(0.2)
    yield f"http://localhost:{port}"
    server.send_signal(signal.SIGINT)
    assert server.wait(30) in (0, 130)
    said = server.stdout.read()
    assert f"http://localhost:{port}: the page" in said
    assert "Traceback" not in said


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as play:
        quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
        found = play.chromium.launch(executable_path=browser(), args=[*quiet, "--no-sandbox"])
        yield found
        found.close()


def place_of(message):
    """Where a file is that did not load."""
    return f" {message.location.get('url', '')}" if "Failed to load resource" in message.text else ""


@pytest.fixture
def page(chromium, address):
    """A page of its own; afterwards nothing has been asked of any other host, and nothing has complained."""
    context = chromium.new_context(viewport={"width": 1300, "height": 1000}, accept_downloads=True)
    found = context.new_page()
    asked, complaints = [], []
    found.on("request", lambda request: asked.append(request.url))
    found.on("websocket", lambda opened: asked.append(opened.url.replace("ws://", "http://")))
    found.on("console", lambda message: complaints.append(f"{message.type}: {message.text}{place_of(message)}"))
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.set_default_timeout(PATIENCE)
    yield found
    context.close()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:", "about:"))] == []
    assert [said for said in complaints if not any(known in said for known in KNOWN)] == []


def look_at(page, view):
    page.get_by_role("radiogroup").or_(page.get_by_test_id("stButtonGroup")).get_by_text(view, exact=True).click()


def shown(page):
    """The figure that is shown, as its address."""
    image = page.locator("[data-testid=stImage] img").first
    image.wait_for()
    return image.get_attribute("src")


def results_named(page):
    """The name of the results that are shown."""
    caption = page.get_by_text(re.compile(r"results [0-9a-f]{10}")).first
    caption.wait_for()
    return re.search(r"results ([0-9a-f]{10})", caption.inner_text())[1]


def changed(page, was):
    """Wait until other results are shown."""
    until = time.monotonic() + PATIENCE / 1000
    while (now := results_named(page)) == was:
        assert time.monotonic() < until
        page.wait_for_timeout(100)
    return now


def at_rest(page):
    """Wait until nothing runs and nothing is drawn any more."""
    for _ in range(2):
        page.wait_for_timeout(400)
        page.get_by_role("button", name="Cancel").wait_for(state="detached")
        page.get_by_test_id("stStatusWidget").wait_for(state="detached")
        page.locator("[data-stale=true]").first.wait_for(state="detached")


def choose(page, name, option):
    """Choose from a list, which closes when the page is drawn again meanwhile."""
    found, until = page.get_by_role("option", name=option), time.monotonic() + PATIENCE / 1000
    while not found.is_visible():
        assert time.monotonic() < until
        page.get_by_role("combobox", name=name).press("ArrowDown")
        page.wait_for_timeout(500)
    found.click()


def open_small(page, address, more=""):
    page.goto(f"{address}/?scenario=walsall&options=growth_coalition&months=36&sample=0.05{more}")
    return results_named(page)


def picture(page, name, rests=True):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    if rests:
        at_rest(page)
    page.screenshot(path=SCREENSHOTS / f"dashboard_{name}.png", full_page=True)


def frame_of(page):
    return page.frame_locator("iframe").first


def test_the_tour_runs_something_and_leads_through(page, address):
    page.goto(address)
    page.get_by_role("heading", name="coalsim", exact=True).wait_for()
    page.get_by_text("1 of 5: The question").wait_for()
    results_named(page)
    frame_of(page).get_by_text("At a glance").wait_for()
    picture(page, "tour")
    for step in ("2 of 5: What changes over time", "3 of 5: Where it changes", "4 of 5: Move a lever", "5 of 5"):
        page.get_by_role("button", name="Next").click()
        page.get_by_text(step).wait_for()
        at_rest(page)
    frame_of(page).get_by_role("heading", name="Who pays and who gains").wait_for()
    page.get_by_role("button", name="Close the tour").click()
    page.get_by_text("5 of 5").wait_for(state="detached")
    picture(page, "worth")


def test_a_lever_changes_the_chart_and_the_link_brings_it_back(page, address):
    open_small(page, address)
    look_at(page, "Over time")
    before = shown(page)
    page.get_by_role("slider", name="pooled fund: share").focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile(r"set=policy\.pooled_fund\.share%3D0\.6$"))
    linked = page.context.new_page()
    linked.set_default_timeout(PATIENCE)
    linked.goto(page.url)
    now = results_named(linked)  # its first; the page itself may show what was asked while the lever still moved
    page.get_by_text(f"results {now}").wait_for()
    linked.close()
    at_rest(page)
    assert shown(page) != before
    alt = page.locator("[data-testid=stImage] img").first.get_attribute("alt")
    assert "Employment rate" in alt
    assert results_named(page) == now
    picture(page, "lever")


def test_a_value_out_of_range_is_refused_beside_its_field(page, address):
    was = open_small(page, address)
    field = page.get_by_label("pooled fund: share, exactly")
    field.fill("1.7")
    field.press("Enter")
    page.get_by_text("1.7 is above the largest allowed, 1").wait_for()
    assert page.get_by_role("button", name=re.compile("Run .* runs")).is_disabled()
    assert results_named(page) == was
    picture(page, "refused")


def test_the_map_plays(page, address):
    open_small(page, address)
    look_at(page, "Map")
    frame = frame_of(page)
    when = frame.locator("#when")
    when.wait_for()
    assert "month 36" in when.inner_text()
    picture(page, "map")
    colours = "it => [...it.querySelectorAll('path')].map(path => path.getAttribute('fill'))"
    at_the_end = frame.locator("#map-0").evaluate(colours)
    frame.get_by_role("button", name="Play").click()
    until = time.monotonic() + 20
    while not re.search(r"month ([2-9]|[12]\d)\)", when.inner_text()):
        assert time.monotonic() < until, when.inner_text()
    frame.get_by_role("button", name="Pause").click()
    held = when.inner_text()
    page.wait_for_timeout(300)
    assert when.inner_text() == held
    then = frame.locator("#map-0").evaluate(colours)
    assert len(then) == len(at_the_end) > 1
    assert then != at_the_end
    frame.get_by_label("Colour by").select_option("health")
    assert "0 to 1" in frame.locator("#unit").inner_text()
    frame.get_by_label("Growth coalition less Business as usual").check()
    assert frame.locator("#side-0").is_hidden()
    assert frame.locator("#low").inner_text().startswith("\u2212")
    frame.get_by_label("Month", exact=True).focus()
    page.keyboard.press("Home")
    assert "April 2006 (month 0)" in when.inner_text()
    assert "mean 0.00" in frame.locator("#told-1").inner_text().replace("+", "").replace("\u2212", "")


def test_every_view_draws(page, address):
    open_small(page, address)
    for view in ("Partnership", "Money", "Tipping"):
        look_at(page, view)
        at_rest(page)
        shown(page)
        picture(page, view.lower())
    page.get_by_text("cannot be judged").or_(page.get_by_text("too short to judge")).first.wait_for()


def test_a_run_is_cancelled_and_the_page_goes_on(page, address):
    was = open_small(page, address)
    page.get_by_role("spinbutton", name="Runs of each option").fill("150")
    page.get_by_role("spinbutton", name="Runs of each option").press("Enter")
    page.get_by_role("spinbutton", name="Residents, share").fill("1")
    page.get_by_role("spinbutton", name="Residents, share").press("Enter")
    page.get_by_role("button", name="Run 300 runs").click()
    cancel = page.get_by_role("button", name="Cancel")
    cancel.wait_for()
    look_at(page, "Over time")  # the page answers while it runs
    shown(page)
    picture(page, "progress", rests=False)
    cancel.click()
    page.get_by_text("Cancelled").wait_for()
    assert results_named(page) == was
    page.get_by_role("spinbutton", name="Residents, share").fill("0.05")
    page.get_by_role("spinbutton", name="Residents, share").press("Enter")
    page.get_by_role("spinbutton", name="Runs of each option").fill("2")
    page.get_by_role("spinbutton", name="Runs of each option").press("Enter")
    changed(page, was)


def test_scenario_data_and_report_are_taken_away_and_the_scenario_comes_back(page, address, tmp_path):
    now = open_small(page, address, "&set=policy.pooled_fund.share%3D0.75")
    look_at(page, "Take away")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Scenario file (YAML)").click()
    file = tmp_path / "kept.yaml"
    taken.value.save_as(file)
    assert "policy.pooled_fund.share: 0.75" in file.read_text()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Results folder (ZIP)").click()
    assert Path(taken.value.path()).read_bytes()[:2] == b"PK"
    page.get_by_role("button", name="Write the report").click()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Report (HTML)").click()
    assert "<!DOCTYPE html>" in Path(taken.value.path()).read_text()[:100]
    picture(page, "take_away")
    page.goto(address)
    other = results_named(page)
    page.locator("input[type=file]").set_input_files(file)
    assert changed(page, other) == now
    assert page.get_by_label("pooled fund: share, exactly").input_value() == "0.75"
    broken = tmp_path / "broken.yaml"
    broken.write_text("extends: walsall.yaml\nplace: x\n")
    page.locator("input[type=file]").set_input_files(broken)
    page.get_by_text("place: the page shows").wait_for()


def test_stored_results_are_opened_and_broken_ones_are_told(page, address):
    page.goto(f"{address}/?results=fine")
    page.get_by_text("These are stored results").wait_for()
    kept = results_named(page)
    page.get_by_text("Open results kept earlier").click()
    at_rest(page)
    choose(page, "Results", "broken (damaged)")
    page.get_by_test_id("stExpanderDetails").get_by_test_id("stBaseButton-secondary").click()
    page.get_by_text("broken cannot be shown").wait_for()
    picture(page, "broken")
    assert page.get_by_text("These are stored results").is_visible()  # and nothing was run in their place
    assert results_named(page) == kept


def test_two_tabs_do_not_disturb_each_other(page, address):
    one = open_small(page, address)
    other = page.context.new_page()
    other.set_default_timeout(PATIENCE)
    second = open_small(other, address, "&seed=9")
    assert second != one
    page.get_by_role("button", name=re.compile("Run .* runs")).click()
    at_rest(page)
    assert results_named(page) == one
    assert results_named(other) == second


def test_it_fits_a_phone(page, address):
    page.set_viewport_size({"width": 375, "height": 720})
    open_small(page, address)
    for view in ("Answer", "Over time", "Map", "Worth"):
        look_at(page, view)
        at_rest(page)
        main = page.get_by_test_id("stMain")
        assert main.evaluate("it => it.scrollWidth <= it.clientWidth + 1"), view
        picture(page, f"phone_{view.split()[0].lower()}")


def test_axe_finds_nothing_serious(page, address):
    open_small(page, address)
    for view in ("Answer", "Over time", "Map", "Partnership", "Money", "Tipping", "Worth", "Take away"):
        look_at(page, view)
        at_rest(page)
        found = axe.Axe().run(page).response["violations"]
        serious = [
            (one["id"], one["help"], [node["target"] for node in one["nodes"]][:5])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == [], view
