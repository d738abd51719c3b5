"""Families by name."""

import importlib.metadata
import pickle

import pytest

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
