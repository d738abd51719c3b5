"""The documentation: its examples run and print what it says, its tables are those of the code, its links lead somewhere."""

import contextlib
import importlib.util
import re
import shlex
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from coalsim.agents.coalition import STRETCH
from coalsim.cli import cli
from coalsim.indicators import indicators
from coalsim.policies import Instrument, instruments
from coalsim.scenario.parameter import declared
from coalsim.scenario.schema import Success
from coalsim.scenario.world import Mechanisms, World

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
LONG = ("tutorial.md", "tipping.md", "sensitivity.md")  # pages whose examples take twenty seconds and more
FENCE = re.compile(r"^```(?P<kind>[\w-]*)[^\n]*\n(?P<text>.*?)^```", re.M | re.S)


def blocks(page, kind="python"):
    """Blocks marked as of a kind, as (line, text); those of other kinds than python and sh are not meant to run."""
    text = page.read_text(encoding="utf-8")
    return [(text.count("\n", 0, m.start()) + 1, m["text"]) for m in FENCE.finditer(text) if m["kind"] == kind]


def printed(page):
    """What the page says that an example prints: the text block right below it, by the example's line."""
    parts = list(FENCE.finditer(page.read_text(encoding="utf-8")))
    return {
        this.string.count("\n", 0, this.start()) + 1: below["text"]
        for this, below in pairwise(parts)
        if this["kind"] == "python" and below["kind"] == "text" and not below.string[this.end() : below.start()].strip()
    }


def make_parameters():
    """The script that makes the tables."""
    spec = importlib.util.spec_from_file_location("make_parameters", DOCS / "make_parameters.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def unchanged():
    """Registries as they were: an example's instrument or indicator must not meet the tests that follow."""
    before = [(registry, dict(registry._members)) for registry in (instruments, indicators)]
    yield
    for registry, members in before:
        registry._members.clear()
        registry._members.update(members)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[pytest.mark.slow] if page.name in LONG else [], id=page.name)
        for page in PAGES
        if blocks(page)
    ],
)
def test_the_examples_of_a_page_run_in_their_order_and_print_what_it_says(
    page, tmp_path, monkeypatch, unchanged, capsys
):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    names, said = {"__name__": "__main__"}, printed(page)
    with contextlib.chdir(tmp_path):
        for line, text in blocks(page):
            capsys.readouterr()
            exec(compile("\n" * line + text, str(page), "exec"), names)  # errors name the page's own lines
            if line in said:
                assert stripped(capsys.readouterr().out) == stripped(said[line])


def stripped(text):
    """Lines without spaces at their ends."""
    return [line.rstrip() for line in text.strip("\n").splitlines()]


def commands(page):
    """The coalsim commands of a page's shell blocks."""
    return [line for _, text in blocks(page, "sh") for line in text.splitlines() if line.startswith("coalsim ")]


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=lambda page: page.name)
def test_the_commands_of_a_page_run_in_their_order(page, tmp_path):
    for folder in ("scenarios", "experiments"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    with contextlib.chdir(tmp_path):
        for command in commands(page):
            ended = CliRunner().invoke(cli, shlex.split(command)[1:])
            assert ended.exit_code == 0, f"{command}\n{ended.output}"


@pytest.mark.parametrize("name", ["parameters.md", "indicators.md", "instruments.md"])
def test_the_tables_are_those_of_the_code(name):
    made, kept = make_parameters().pages()[name], (DOCS / name).read_text(encoding="utf-8")
    assert kept == made, "run `uv run python docs/make_parameters.py`"


def test_the_tables_hold_every_parameter_indicator_and_instrument():
    pages = make_parameters().pages()
    for model, prefix in ((World, "world"), (Success, "success")):
        assert all(f"| `{prefix}.{p.path}` |" in pages["parameters.md"] for p in declared(model))
    assert all(f"| `{name}` |" in pages["indicators.md"] for name in indicators)
    assert all(f"## `{name}`" in pages["instruments.md"] for name in instruments)
    assert all(f"| `{name}` |" in pages["parameters.md"] for name in STRETCH)


def words(page):
    return set(re.findall(r"\w+", (DOCS / page).read_text(encoding="utf-8")))


def test_the_odd_names_every_parameter_instrument_and_setting():
    expected = {p.path.rsplit(".", 1)[-1] for model in (World, Success) for p in declared(model)}
    expected |= set(Mechanisms.model_fields) | set(instruments) | {"start", "end", "ramp"}
    said_in_words = {"freedom", "share", "cost", "pull", "cycle", "focus", "multiplier", "scaling", "per_head"}
    for kind in instruments.values():
        expected |= set(kind.model_fields) - set(Instrument.model_fields)
    assert said_in_words <= expected
    assert expected - words("odd.md") - {"renewal_areas_only"} == set()


def test_the_odd_names_no_parameter_that_is_gone():
    text = (DOCS / "odd.md").read_text(encoding="utf-8")
    known = {f"world.{p.path}" for p in declared(World)} | {f"success.{p.path}" for p in declared(Success)}
    for path in re.findall(r"`((?:world|success)\.[\w.]+)`", text):
        assert any(one == path or one.startswith(f"{path}.") for one in known), path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(there), f"{page.name}: {target}"


def anchors(page):
    """The names GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    "page", [page for page in PAGES if "`tests/" in page.read_text("utf-8")], ids=lambda page: page.name
)
def test_the_tests_that_a_page_names_are_there(page):
    for path, name in re.findall(r"`(tests/[\w/.]*)(?:::(\w+))?`", page.read_text(encoding="utf-8")):
        assert (ROOT / path).exists(), f"{page.name}: {path}"
        assert not name or f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), f"{page.name}: {path}::{name}"
