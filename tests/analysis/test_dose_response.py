"""A penalised logistic curve through given runs: intervals that cover, separable data, and what is refused."""

import math

import numpy as np
import pytest

from coalsim.analysis import dose_response
from coalsim.analysis.dose_response import against_rising


def sample(place, scale, n, seed):
    rng = np.random.default_rng(seed)
    x = (np.arange(n) + rng.random(n)) / n
    return x, rng.random(n) < 1 / (1 + np.exp(-np.clip((x - place) / scale, -500, 500)))


def test_a_large_sample_gives_the_curve_it_was_drawn_from():
    found = dose_response(*sample(0.4, 0.06, 5000, 1))
    assert found.value == pytest.approx(0.4, abs=0.01)
    assert 1 / found.slope == pytest.approx(0.06, rel=0.1)
    assert found.width_10_90 == pytest.approx(2 * math.log(9) * 0.06, rel=0.1)
    middle, low, high = found.probability([0.4, 0.46])
    assert middle == pytest.approx([0.5, 1 / (1 + math.exp(-1))], abs=0.03)
    assert (low < middle).all()
    assert (middle < high).all()


def test_the_curve_does_not_depend_on_the_unit_of_the_dose():
    x, y = sample(0.4, 0.06, 200, 2)
    one, other = dose_response(x, y), dose_response(1000 * x - 50, y)
    assert other.value == pytest.approx(1000 * one.value - 50, rel=1e-4)
    assert other.high - other.low == pytest.approx(1000 * (one.high - one.low), rel=1e-3)


def test_separable_data_have_a_finite_curve_between_the_two_groups():
    x = np.linspace(0, 1, 41)
    found = dose_response(x, x > 0.51)
    assert found.value == pytest.approx(0.5125, abs=0.01)
    assert 0.4 < found.low < 0.5 < 0.525 < found.high < 0.62
    assert math.isfinite(found.slope)


def test_a_falling_response_has_a_negative_slope():
    x = np.linspace(0, 1, 40)
    found = dose_response(x, x < 0.3)
    assert found.slope < 0
    assert found.value == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize(("y", "status", "chance"), [(0, "none", 0.0), (1, "all", 1.0)])
def test_without_both_outcomes_there_is_no_threshold(y, status, chance):
    found = dose_response(np.linspace(0, 1, 20), np.full(20, y))
    assert found.status == status
    assert math.isnan(found.value)
    middle, low, high = found.probability([0.5])
    assert middle == chance
    assert high - low == pytest.approx(1 - 0.05 ** (1 / 20))  # exact bound for none of 20
    assert "no threshold" in str(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "scale", "n", "least", "most"),
    [
        (0.4, 0.06, 200, 0.91, 0.99),
        (0.55, 0.05, 30, 0.90, 1.0),
        pytest.param(0.9, 0.05, 150, 0.91, 0.99, marks=pytest.mark.nightly),
        (0.37, 0.0025, 60, 0.93, 1.0),
    ],
)
def test_intervals_cover_as_often_as_they_say(place, scale, n, least, most):
    found = [dose_response(*sample(place, scale, n, seed)) for seed in range(150)]
    assert all(one.status == "ok" for one in found)
    assert least <= np.mean([one.low <= place <= one.high for one in found]) <= most


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize("design", ["sharp", "wide", "small", "edge"])
def test_it_meets_the_benchs_dose_response_case(bench, design):
    case = bench("a09_dose_response")
    known, scored = case.reference(), {}
    for name, value in case.run(lambda x, y: _ends(dose_response(x, y)), design, sets=1000).items():
        scored[f"{design}.{name}"] = value
    coverage = known[f"{design}.coverage"][0]
    least, most = coverage if isinstance(coverage, tuple) else (coverage, 1.0)
    assert least <= scored[f"{design}.coverage"] <= most
    assert scored[f"{design}.fail"] == 0
    if f"{design}.rmse" in known:
        assert scored[f"{design}.rmse"] <= known[f"{design}.rmse"][0]


def _ends(found):
    return found.value, found.low, found.high


def test_a_response_that_falls_again_is_seen_and_a_rising_one_is_not():
    rng = np.random.default_rng(3)
    x = rng.random(80)
    hump = rng.random(80) < np.where((x > 0.3) & (x < 0.7), 0.95, 0.03)
    assert against_rising(x, hump).gain > 10
    gains = []
    for seed in range(100):
        found = against_rising(*sample(0.5, 0.15, 60, seed))
        gains.append(0.0 if found is None else found.gain)
    assert max(gains) < 7  # the search's limit


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        ([1, 2, 3], [0, 1, 1], "3 runs are too few"),
        ([1, 2, 3, 4], [0, 1, 1], "equal length"),
        ([1, 2, 3, np.nan], [0, 1, 1, 1], "not finite"),
        ([1, 2, 3, 4], [0, 1, 2, 1], "other values than 0 and 1"),
        ([1, 1, 1, 1], [0, 1, 0, 1], "all doses are 1"),
    ],
)
def test_what_cannot_be_fitted_is_refused(x, y, says):
    with pytest.raises(ValueError, match=says):
        dose_response(x, y)


def test_an_impossible_level_is_refused():
    with pytest.raises(ValueError, match=r"level 1\.5"):
        dose_response([1, 2, 3, 4], [0, 1, 0, 1], level=1.5)
