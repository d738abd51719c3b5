"""The report in a real browser: nothing is fetched, nothing complains, the keyboard reaches it, and it prints."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from coalsim.cli import cli
from coalsim.reporting import Report
from coalsim.reporting.pdf import browser

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = pytest.mark.skipif(browser() is None, reason="no Chromium or Chrome on this machine")

ROOT = Path(__file__).parents[2]
SCREENSHOTS = Path(os.environ.get("COALSIM_SCREENSHOTS", ROOT / "results" / "screenshots"))  # ignored by git


@pytest.fixture(scope="module", params=["quick", "hostile"])
def written(request, results, tmp_path_factory):
    """A folder with page and PDF: of a quick comparison as a user makes it, and of one whose texts are hostile."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "hostile":
        Report.of(results).write(folder, pdf=True, tables=False)
    else:
        scenario = str(ROOT / "scenarios" / "walsall.yaml")
        call(
            "compare",
            scenario,
            "--quick",
            "--set",
            "months=72",
            "--set",
            "sample=0.03",
            "--workers",
            "1",
            "--out",
            folder,
        )
        call("report", folder, "--pdf")
    return folder


def call(*arguments):
    result = CliRunner().invoke(cli, list(map(str, arguments)))
    assert result.exit_code == 0, result.output


@pytest.fixture(scope="module")
def opened(written):
    """The page in headless Chromium, with all that it asked for and complained of."""
    asked, complaints = [], []
    with playwright.sync_playwright() as play:
        quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
        chromium = play.chromium.launch(executable_path=browser(), args=[*quiet, "--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1100, "height": 1400})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((written / "report.html").as_uri())
        page.wait_for_load_state("networkidle")
        yield page, asked, complaints
        chromium.close()


def test_it_asks_for_nothing_but_itself_and_nothing_complains(opened, written):
    page, asked, complaints = opened
    assert [url for url in asked if not url.startswith("data:")] == [(written / "report.html").as_uri()]
    assert complaints == []
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    picture = SCREENSHOTS / f"report_{written.name.rstrip('0123456789')}.png"
    page.screenshot(path=picture)
    assert picture.stat().st_size > 20_000


def test_every_picture_is_drawn(opened):
    page, _, _ = opened
    boxes = [figure.bounding_box() for figure in page.locator("figure svg[role=img]").all()]
    assert len(boxes) >= 6
    assert all(box and box["width"] > 200 and box["height"] > 50 for box in boxes)


def test_texts_are_read_as_text_and_no_script_is_there(opened):
    page, _, _ = opened
    title = page.locator("h1").inner_text()
    assert title == "Walsall, 2006" or '<script>alert("x")</script>' in title
    assert page.locator("script").count() == 0


def test_the_keyboard_reaches_the_contents_first_by_a_way_past_them(opened):
    page, _, _ = opened
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


def test_it_fits_a_telephone_without_sideways_scrolling(opened):
    page, _, _ = opened
    page.set_viewport_size({"width": 375, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.set_viewport_size({"width": 1100, "height": 1400})


def test_it_prints_as_pdf(written):
    content = (written / "report.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") + content.count(b"/Type /Page/") > 3


def test_axe_finds_nothing(opened, written):
    page, *_ = opened
    context = page.context.browser.new_context(bypass_csp=True)  # axe is a script, which the page itself forbids
    looked_at = context.new_page()
    looked_at.goto((written / "report.html").as_uri())
    found = axe.Axe().run(looked_at).response["violations"]
    context.close()
    assert [(one["id"], one["help"]) for one in found] == []
