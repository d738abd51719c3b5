"""Scenario discovery on planted boxes, on pure chance, and on inputs that it must refuse."""

import re

import numpy as np
import pandas as pd
import pytest

from coalsim.analysis import Limit, discover, explore
from coalsim.analysis.discovery.box import inside
from coalsim.analysis.discovery.peeling import best_box, quasi_p

INSIDE, OUTSIDE = 0.95, 0.03


def planted(n, seed):
    """Eight factors, three of which decide: cases of interest are likely where a >= 0.55, b <= 0.45 and d is 0.25 to 0.8."""
    rng = np.random.default_rng(seed)
    x = pd.DataFrame({name: rng.random(n) for name in "abcdef"})
    x["whole"] = rng.integers(1, 6, n)
    x["kind"] = rng.choice(["red", "green", "blue"], n)
    box = (x["a"] >= 0.55) & (x["b"] <= 0.45) & x["d"].between(0.25, 0.8)
    return x, rng.random(n) < np.where(box, INSIDE, OUTSIDE)


@pytest.fixture(scope="module")
def found():
    return discover(*planted(1000, 3), what="the place tips")


@pytest.mark.slow
def test_a_planted_box_is_found_and_nothing_inert_is_limited(found):
    assert found.verdict == "boxes"
    (box,) = found.boxes
    limits = {one.factor: one for one in box.limits}
    assert set(limits) == {"a", "b", "d"}
    assert limits["a"].high is limits["b"].low is None
    assert limits["a"].low == pytest.approx(0.55, abs=0.05)
    assert limits["b"].high == pytest.approx(0.45, abs=0.05)
    assert limits["d"].low == pytest.approx(0.25, abs=0.05)
    assert limits["d"].high == pytest.approx(0.80, abs=0.05)
    assert all(one.p_value < 0.01 and one.stability > 0.9 for one in box.limits)


@pytest.mark.slow
def test_coverage_and_density_hold_on_fresh_cases(found):
    (box,) = found.boxes
    x, y = planted(50_000, 99)
    held = box.holds(x)
    density, coverage = y[held].mean(), y[held].sum() / y.sum()
    assert density > 0.87
    assert coverage > 0.72
    assert box.fresh_density == pytest.approx(density, abs=0.08)
    assert box.fresh_coverage == pytest.approx(coverage, abs=0.1)


@pytest.mark.slow
def test_the_tree_tells_the_same(found):
    rule = found.rules[0]
    assert {one.factor for one in rule.limits} == {"a", "b", "d"}
    assert rule.density > 0.8


@pytest.mark.slow
def test_a_box_is_a_sentence(found):
    assert (
        f"{found.of_interest} of 1,000 cases are of interest (the place tips). Where a is at least 0.5"
        in found.sentence
    )
    assert "against 1" in found.boxes[0].sentence
    assert "On cases it was not made from: " in found.boxes[0].sentence
    assert list(found.table()["factor"]) == [one.factor for one in found.boxes[0].limits]
    assert found.trajectory["density"].iloc[0] == pytest.approx(found.base_rate)


def test_two_boxes_are_found_one_after_the_other():
    rng = np.random.default_rng(1)
    x = pd.DataFrame(rng.random((900, 4)), columns=list("abcd"))
    y = ((x["a"] > 0.6) & (x["b"] > 0.5)) | ((x["c"] < 0.3) & (x["d"] < 0.3))
    boxes = discover(x, y).boxes
    assert [{one.factor for one in box.limits} for box in boxes] == [set("ab"), set("cd")]
    assert 0.9 < sum(box.coverage for box in boxes) <= 1  # each case of interest counts once
    assert "overall" in boxes[0].sentence
    assert "against 9% of the rest" in boxes[1].sentence


def test_a_category_is_a_condition():
    rng = np.random.default_rng(2)
    x = pd.DataFrame({"world": rng.choice(["steady", "recession", "boom"], 400), "a": rng.random(400)})
    (box,) = discover(x, (x["world"] == "recession") & (rng.random(400) < 0.9)).boxes
    (limit,) = box.limits
    assert limit.values == ("recession",)
    assert "Where world is recession: 87% of cases" in box.sentence
    assert np.array_equal(box.holds(x), x["world"] == "recession")


def test_a_box_is_found_where_another_one_holds_the_other_end_of_its_factor():
    """Peeling alone takes off neither end of a, and finds b only: half the density."""
    rng = np.random.default_rng(1)
    x = pd.DataFrame(rng.random((600, 4)), columns=list("abcd"))
    y = ((x["a"] > 0.7) & (x["b"] > 0.6)) | ((x["a"] < 0.25) & (x["c"] < 0.4))
    box = discover(x, y, most_boxes=1).boxes[0]
    assert {one.factor for one in box.limits} == set("ab")
    assert box.density > 0.95


def test_one_factor_of_many_is_found_in_few_noisy_cases():
    """Twelve factors, 200 cases, one in three of interest where a is low: peeling alone takes off what chance has left empty."""
    rng = np.random.default_rng(4)
    x = pd.DataFrame(rng.random((200, 12)), columns=list("abcdefghijkl"))
    found = discover(x, rng.random(200) < np.where(x["a"] < 0.35, 0.5, 0.05))
    assert [[one.factor for one in box.limits] for box in found.boxes] == [["a"]]


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_pure_chance_has_no_box(share):
    """PRIM finds a box in anything; boxes from one half of pure chance do not hold on the other."""
    for seed in range(4):
        rng = np.random.default_rng([seed, 7])
        found = discover(pd.DataFrame(rng.random((300, 6))), rng.random(300) < share)
        assert found.verdict == "no pattern"
        assert found.boxes == ()
        assert "no box tells them apart" in found.sentence


def test_a_quasi_p_is_the_chance_of_as_many_without_the_limit():
    """Of 10 cases with a rate of one half, the 5 in the limit are all of interest: (1/2)**5."""
    x = pd.DataFrame({"a": np.arange(10.0)})
    y = np.arange(10) >= 5
    assert quasi_p([Limit("a", low=5.0)], 0, x, y) == pytest.approx(1 / 32)


def test_ends_lie_half_way_between_cases():
    x = pd.DataFrame({"a": np.linspace(0, 1, 201), "b": np.tile(np.linspace(0, 1, 3), 67)})
    (limit,), _ = best_box(x, (x["a"] > 0.6025).to_numpy())
    assert limit.low == pytest.approx(0.6025)
    assert inside([limit], x).sum() == 80


@pytest.mark.parametrize(
    ("hits", "verdict", "says"),
    [
        (np.zeros(50, bool), "never", "None of 50 cases is of interest"),
        (np.ones(50, bool), "always", "All of 50 cases are of interest"),
        (np.arange(50) < 5, "too few", "5 of 50 cases are of interest .* too few to say where; at least 8"),
        (np.arange(50) < 46, "too few", "too few to say where"),
    ],
)
def test_there_may_be_nothing_to_discover(hits, verdict, says):
    found = discover({"a": np.arange(50.0)}, hits)
    assert found.verdict == verdict
    assert found.table().empty
    assert found.boxes == found.rules == ()
    assert re.search(says, found.sentence)


@pytest.mark.parametrize(
    ("inputs", "successes", "says"),
    [
        ({"a": [1.0, 2.0]}, [True], r"successes: \(1,\) do not fit 2 rows"),
        ({"a": [1.0, 2.0]}, [0.5, 1], "successes: .*0.5.* is neither true nor false"),
        ({"a": [1.0, np.nan]}, [0, 1], "inputs, a: row 1 has no value"),
        ({"a": [1.0, np.inf]}, [0, 1], "inputs: a value is infinite"),
        ({}, [], "inputs: give at least one factor"),
    ],
)
def test_what_does_not_fit_is_refused(inputs, successes, says):
    with pytest.raises(ValueError, match=says):
        discover(inputs, successes)


def test_a_space_is_explored_evenly_with_luck_apart_and_failures_counted():
    def simulate(x, seed):
        if 0.2 < x["a"] < 0.25:
            raise RuntimeError("bad luck")
        return {"y": x["a"] + 0.1 * np.random.default_rng(seed).standard_normal(), "tips": x["a"] > 0.6}

    found = explore(simulate, {"a": (0, 1), "world": ["x", "y"]}, 256, 4)
    assert found.runs == 1024
    assert len(found.failures) == pytest.approx(0.05 * 1024, abs=8)
    assert found.outputs["y"].isna().sum() == len(found.failures) / 4
    assert found.noise["y"][0] == pytest.approx(0.01 / (0.01 + 1 / 12), abs=0.03)
    known = found.outputs["tips"].notna()
    (box,) = discover(found.inputs[known], found.outputs["tips"][known] > 0.5).boxes
    assert [(one.factor, round(one.low, 1)) for one in box.limits] == [("a", 0.6)]


def test_a_space_in_which_all_fails_says_so():
    with pytest.raises(ValueError, match=r"all 80 runs failed; the first: ZeroDivisionError"):
        explore(lambda x, seed: 1 / 0, {"a": (0, 1)}, 64)


@pytest.mark.slow
@pytest.mark.nightly
def test_the_bench_of_discovery(bench):
    """A10: a known box in eight dimensions, scored on fresh cases."""
    a10 = bench("a10_known_box")
    references = a10.reference()
    for seed in range(4):
        x, y, _ = a10.make(1000, seed)
        (box,) = discover(x, y, seed=seed).boxes
        limits = {one.factor: one for one in box.limits}
        assert len(set(limits) & set(a10.INERT)) == references["number_of_inert_inputs_restricted"][0]
        for name, end in (("a", "low"), ("b", "high"), ("d", "low"), ("d", "high")):
            expected, within, _ = references[f"{name}.{'lower' if end == 'low' else 'upper'}"]
            assert getattr(limits[name], end) == pytest.approx(expected, abs=within)
        fresh, hits, _ = a10.make(20_000, 1000 + seed)
        ends = {name: (-np.inf if one.low is None else one.low, np.inf if one.high is None else one.high)
                for name, one in limits.items()}  # fmt: skip
        coverage, density = a10.score(fresh, hits, ends)
        assert coverage >= references["coverage_on_fresh_sample (n=1000 training)"][0]
        assert density >= references["density_on_fresh_sample (n=1000 training)"][0]
        assert hits.mean() == pytest.approx(references["base_rate"][0], abs=references["base_rate"][1])
