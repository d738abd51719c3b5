"""Families by name."""

import importlib.metadata
import pickle

import pytest

from coalsim.indicators import indicators
from coalsim.policies import Policy, instruments
from coalsim.registry import Registry, UnknownNameError, nearest


@pytest.fixture
def shapes():
    shapes = Registry[int]("shape")
    shapes.register("round", 1)
    shapes.register("reward_grant", 2)
    shapes.register("angular", 3)
    return shapes


def test_members_come_in_the_order_of_registration(shapes):
    assert list(shapes) == ["round", "reward_grant", "angular"]
    assert shapes.items() == (("round", 1), ("reward_grant", 2), ("angular", 3))
    assert (len(shapes), "round" in shapes, shapes["angular"]) == (3, True, 3)


def test_a_decorator_registers_and_returns():
    family = Registry[type]("family")

    @family.register("member")
    class Member:
        pass

    assert family.get("member") is Member


@pytest.mark.parametrize("name", ["round", "Round", "r\u043eund", "reward-grant"])
def test_a_name_is_taken_once_and_so_is_one_that_looks_the_same(shapes, name):
    with pytest.raises(ValueError, match="registered already"):
        shapes.register(name, 9)


def cell(module, body):
    """What a cell of a notebook, or a file, makes when it is run."""
    names = {"__name__": module}
    exec(body, names)
    return names["Made"]


CELL = "class Made:\n    'Made {}.'"


def test_a_cell_that_is_run_again_replaces_what_it_made(shapes):
    first, second = (cell("__main__", CELL.format(k)) for k in (1, 2))
    shapes.register("made", first)
    shapes.register("later", 7)
    shapes.register("made", second)
    assert shapes["made"] is second
    assert list(shapes)[-2:] == ["made", "later"]


def test_another_module_does_not_replace_it_and_neither_does_another_name(shapes):
    shapes.register("made", cell("__main__", CELL.format(1)))
    with pytest.raises(ValueError, match="registered already"):
        shapes.register("made", cell("elsewhere", CELL.format(2)))
    with pytest.raises(ValueError, match="registered already"):
        shapes.register("made", cell("__main__", "def other(): 1\nMade = other"))
    with pytest.raises(ValueError, match="registered already"):
        shapes.register("Made", cell("__main__", CELL.format(3)))  # looks the same and is spelt otherwise


INDICATOR = """
from coalsim.indicators import indicator
@indicator(unit="persons", subject="place")
def seen(model, locality) -> float:
    "Seen {0} times."
    return {0}.0
"""
INSTRUMENT = """
from typing import ClassVar
from coalsim import Instrument
class Lantern(Instrument):
    "Lights {0} streets."
    phase: ClassVar[str] = "services"
    streets: int = {0}
"""


def test_an_indicator_is_measured_as_the_cell_says_that_was_run_last(monkeypatch):
    monkeypatch.setattr(indicators, "_members", dict(indicators._members))
    for times in (1, 2):
        exec(INDICATOR.format(times), {"__name__": "__main__"})
    assert indicators["seen"].measure(None, None) == 2
    assert indicators["seen"].doc == "Seen 2 times."
    with pytest.raises(ValueError, match="registered already"):
        exec(INDICATOR.format(3), {"__name__": "elsewhere"})


def test_an_instrument_is_what_the_cell_says_that_was_run_last(monkeypatch):
    monkeypatch.setattr(instruments, "_members", dict(instruments._members))
    for streets in (1, 2):
        exec(INSTRUMENT.format(streets), {"__name__": "__main__"})
    assert Policy(name="Dark", instruments={"lantern": {}}).instruments["lantern"].streets == 2
    with pytest.raises(ValueError, match="registered already"):
        exec(INSTRUMENT.format(3), {"__name__": "elsewhere"})


def test_jupyter_shows_the_members_with_unit_and_meaning():
    shown = indicators._repr_html_()
    assert shown.count("<tr>") == 1 + len(indicators)
    assert ">GBP/year<" in shown
    assert "Employed share of residents aged 16-64." in shown
    assert ">unit<" not in instruments._repr_html_()
    assert "Members of the coalition pool a share" in instruments._repr_html_()


def test_an_unknown_name_names_the_nearest(shapes):
    with pytest.raises(UnknownNameError, match=r"no shape called 'reward-grant'; did you mean 'reward_grant'\?"):
        shapes.get("reward-grant")
    with pytest.raises(LookupError, match="known: round, reward_grant, angular"):
        shapes["xyzzy"]


def test_an_unknown_name_survives_the_way_back_from_a_worker():
    error = pickle.loads(pickle.dumps(UnknownNameError("no", "hint", "name")))
    assert (str(error), error.name) == ("no; hint", "name")


KEYS = ["months", "trust_gain", "decay", "pooled_share", "seed", "residents", "rate"]


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("monts", "months"), ("MONTHS", "months"), ("m\u043enths", "months"), ("pooled-share", "pooled_share"),
        ("\u0455\u0435\u0435d", "seed"), ("trust_decay", "decay"), ("sede", "seed"),
        ("resident", "residents"), ("résidents", "residents"),
        ("xyzzy", None), ("", None), ("m" * 100_000, None),
    ],
)  # fmt: skip
def test_the_nearest_name(word, near):
    assert nearest(word, KEYS) == near


class Entry:
    def __init__(self, name, thing):
        self.name, self.value, self.thing = name, "package:thing", thing

    def load(self):
        if isinstance(self.thing, Exception):
            raise self.thing
        return self.thing


def test_plugins_are_loaded_when_first_needed(shapes, monkeypatch):
    asked = []
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: asked.append(group) or [Entry("oval", 4)])
    shapes.load_plugins("coalsim.shapes")
    assert shapes.get("round") == 1
    assert not asked
    assert shapes.get("oval") == 4
    assert list(shapes)[-1] == "oval"
    assert asked == ["coalsim.shapes"]


def test_a_plugin_that_does_not_load_is_named(shapes, monkeypatch):
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [Entry("oval", RuntimeError("no"))])
    shapes.load_plugins("coalsim.shapes")
    with pytest.raises(ImportError, match=r"oval \(package:thing\) of coalsim.shapes does not load: no"):
        list(shapes)
