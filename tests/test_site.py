"""The documentation as a site: it builds strictly, needs no other host, and every link in it leads somewhere."""

import importlib
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from coalsim.reporting.pdf import browser

pytestmark = pytest.mark.slow  # about twenty seconds to build

DOCS = Path(__file__).resolve().parents[1] / "docs"
MODULES = ("coalsim", "coalsim.analysis", "coalsim.appraisal", "coalsim.indicators", "coalsim.reporting")
IN_CSS = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")


class Page(HTMLParser):
    """What a page loads, where its links lead, and the places in it that links can lead to."""

    LOADS = ("src", "srcset", "poster", "data", "xlink:href")

    def __init__(self, text):
        super().__init__()
        self.loads, self.links, self.ids = [], [], set()
        self.in_style = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = {key: value or "" for key, value in attrs}
        self.in_style = tag == "style"
        self.ids |= {found[key] for key in ("id", "name") if key in found}
        self.loads += [found[key] for key in self.LOADS if key in found] + in_css(found.get("style", ""))
        if "href" in found:
            (self.links if tag == "a" else self.loads).append(found["href"])
        if "action" in found:
            self.links.append(found["action"])

    def handle_data(self, data):
        if self.in_style:
            self.loads += in_css(data)

    def handle_endtag(self, tag):
        self.in_style = False


def in_css(text):
    """Addresses that a style sheet loads."""
    return [first or second for first, second in IN_CSS.findall(text)]


def is_elsewhere(address):
    """Whether it asks another host; `data:` holds what it shows."""
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme not in ("", "data")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    strictly = ["-q", "-W", "--keep-going", "-d", folder / "doctrees", DOCS, folder / "html"]
    built = subprocess.run([sys.executable, "-m", "sphinx", *strictly], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site):
    """Every page by its path; what lies in `_static` belongs to the theme."""
    found = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    return {path: Page(path.read_text(encoding="utf-8")) for path in found}


def test_every_page_of_markdown_is_in_it(site):
    sources = [path for path in DOCS.rglob("*.md") if "_build" not in path.parts]
    assert len(sources) > 20
    assert [path for path in sources if not (site / path.relative_to(DOCS)).with_suffix(".html").exists()] == []


def test_nothing_is_loaded_from_another_host(site, pages):
    loads = [(path, address) for path, page in pages.items() for address in page.loads]
    loads += [(path, one) for path in site.rglob("*.css") for one in in_css(path.read_text(encoding="utf-8"))]
    assert len(loads) > 500
    assert [f"{path.relative_to(site)}: {address}" for path, address in loads if is_elsewhere(address)] == []


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://x.example/a.js">',
        '<link rel="stylesheet" href="//x.example/a.css">',
        '<p style="background: url(https://x.example/a.png)">',
        "<style>@import 'https://x.example/a.css';</style>",
        '<style>@font-face { src: url("http://x.example/a.woff2") }</style>',
    ],
)
def test_what_another_host_would_serve_is_recognised(text):
    assert [is_elsewhere(address) for address in Page(text).loads] == [True]


def test_every_link_within_it_leads_somewhere(site, pages):
    broken = []
    for path, page in pages.items():
        for address in page.links + page.loads:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchors = pages[there].ids if there in pages else set()
            if not there.is_file() or (parts.fragment and unquote(parts.fragment) not in anchors):
                broken.append(f"{path.relative_to(site)}: {address}")
    assert broken == []


def test_every_page_is_reached_from_the_first(site, pages):
    reached, to_follow = set(), [site / "index.html"]
    while to_follow:
        path = to_follow.pop()
        if path in pages and path not in reached:
            reached.add(path)
            to_follow += [(path.parent / urlsplit(link).path).resolve() for link in pages[path].links]
    assert {str(path.relative_to(site)) for path in set(pages) - reached} == set()


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_in_the_reference(module, pages):
    described = set().union(*(page.ids for path, page in pages.items() if path.parent.name == "reference"))
    names = importlib.import_module(module).__all__
    assert [name for name in names if f"{module}.{name}" not in described] == []


@pytest.mark.skipif(browser() is None, reason="no Chromium or Chrome on this machine")
def test_a_browser_asks_no_other_host_and_finds_words(site):
    playwright = pytest.importorskip("playwright.sync_api")
    asked = []
    with playwright.sync_playwright() as play:
        quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
        chromium = play.chromium.launch(executable_path=browser(), args=[*quiet, "--no-sandbox"])
        page = chromium.new_page()
        page.on("request", lambda request: asked.append(request.url))
        for name in ("index.html", "odd.html", "howto/laptop.html", "reference/coalsim.html"):
            page.goto((site / name).as_uri())
            page.wait_for_load_state("networkidle")
        page.goto((site / "search.html").as_uri() + "?q=deadweight")
        page.wait_for_selector("#search-results a")
        chromium.close()
    assert len(asked) > 20
    assert [url for url in asked if urlsplit(url).scheme not in ("file", "data", "blob")] == []
