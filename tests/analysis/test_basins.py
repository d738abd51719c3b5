"""One basin or two: known mixtures, tied and skewed samples, a chemical switch; and ensembles from two starts."""

import math

import numpy as np
import pytest

from coalsim.analysis import basins, two_starts


def sample(kind, n, seed):
    rng = np.random.default_rng(seed)
    z, u = rng.standard_normal(n), rng.random(n)
    return {
        "two equal, 4 sd apart": z + np.where(u < 0.5, -2, 2),
        "15 and 85%, 5 sd apart": z + np.where(u < 0.15, -2.5, 2.5),
        "shares of 60, two": rng.binomial(60, np.where(u < 0.5, 0.15, 0.8)) / 60,
        "two equal, 1.6 sd apart": z + np.where(u < 0.5, -0.8, 0.8),
        "normal": z,
        "exponential": rng.exponential(1, n),
        "uniform": u,
        "whole numbers": np.round(1.2 * z),
        "shares of 60, one": rng.binomial(60, 0.35, n) / 60,
    }[kind]


@pytest.mark.parametrize("kind", ["two equal, 4 sd apart", "15 and 85%, 5 sd apart", "shares of 60, two"])
def test_two_states_are_found(kind):
    found = [basins(sample(kind, 200, seed)) for seed in range(6)]
    assert sum(one.n_basins == 2 for one in found) >= 5  # power 0.98 or more
    assert all(one.valley < 0.75 for one in found if one.n_basins == 2)
    assert sum(found[0].weights) == pytest.approx(1)


@pytest.mark.parametrize(
    "kind", ["two equal, 1.6 sd apart", "normal", "exponential", "uniform", "whole numbers", "shares of 60, one"]
)
def test_one_state_is_not_taken_for_two(kind):
    """Skewed, tied and flat samples, at a false alarm rate of 5 to 10%."""
    assert sum(basins(sample(kind, 200, seed)).n_basins == 2 for seed in range(12)) <= 2


def test_weights_centres_and_boundary_are_those_of_the_mixture():
    found = basins(sample("15 and 85%, 5 sd apart", 1000, 1))
    assert found.weights[0] == pytest.approx(0.15, abs=0.03)
    assert found.centres == pytest.approx((-2.5, 2.5), abs=0.2)
    assert -1.5 < found.boundary < 1
    assert found.gap < 0.2
    assert "two basins" in str(found)


def test_an_oscillation_fills_the_gap_between_its_ends():
    # The arcsine law: 0.73 as dense between its halves' centres as around them
    found = basins(np.sin(np.random.default_rng(1).uniform(0, 2 * math.pi, 2000)))
    assert found.n_basins == 2
    assert found.gap == pytest.approx(0.73, abs=0.15)


def test_the_same_value_everywhere_is_one_basin():
    found = basins(np.full(20, 3.0))
    assert found.n_basins == 1
    assert found.centres == (3.0,)
    assert found.p_value == 1


@pytest.mark.nightly
@pytest.mark.slow
def test_it_meets_the_benchs_samples(bench):
    case = bench("a12_bimodality")
    for kind in case.KINDS:
        limit, _, mode = case.reference()[f"rate[{kind}]"]
        rate = case.rate(lambda x: basins(x).n_basins == 2, kind, sets=80)
        assert rate >= limit if mode == "ge" else rate <= limit + 0.03, kind  # 80 sets in place of 200


@pytest.mark.slow
@pytest.mark.parametrize(("feed", "two"), [(8.0, 2), (11.0, 1)])
def test_a_chemical_switch_has_two_states_where_its_stationary_law_has(bench, feed, two):
    case = bench("a06_schloegl")
    law = case.stationary(60, feed)  # of 20 molecules the valley is shallower than a quarter of the lower peak
    ends = np.random.default_rng(4).choice(law.size, 400, p=law) / 60
    assert basins(ends).n_basins == two


@pytest.mark.parametrize("samples", [[1.0, 2.0], np.zeros((4, 4)), [1.0] * 7 + [math.nan]])
def test_samples_that_cannot_be_judged_are_refused(samples):
    with pytest.raises(ValueError, match="give at least 8 finite endpoints"):
        basins(samples)


# Two starts


def test_ends_that_stay_apart_are_two_states():
    rng = np.random.default_rng(1)
    found = two_starts(rng.normal(0, 1, 30), rng.normal(4, 1, 30))
    assert found.verdict == "bistable"
    assert found.low < 4 < found.high
    assert "remembers" in str(found)


def test_ends_that_meet_are_one_state():
    rng = np.random.default_rng(2)
    common = rng.normal(0, 1, 60)
    found = two_starts(common + rng.normal(0, 0.1, 60), common + rng.normal(0, 0.1, 60))
    assert found.verdict == "one state"
    assert two_starts(np.ones(5), np.ones(5)).verdict == "one state"


def test_a_difference_that_still_fades_is_slow_and_not_two_states():
    rng = np.random.default_rng(3)
    low, high = rng.normal(0, 1, 40), rng.normal(3, 1, 40)
    earlier = (low + rng.normal(0, 0.2, 40), high + 3 + rng.normal(0, 0.2, 40))
    found = two_starts(low, high, earlier=earlier)
    assert found.verdict == "slow"
    assert "less and less" in str(found)
    assert two_starts(low, high, earlier=(low, high)).verdict == "bistable"


def test_few_noisy_pairs_tell_nothing():
    rng = np.random.default_rng(4)
    assert two_starts(rng.normal(0, 1, 4), rng.normal(0.8, 1, 4)).verdict == "undetermined"


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [([1.0, 2.0], [1.0], "equal length"), ([1.0, math.nan], [1.0, 2.0], "not finite"), ([1.0], [1.0], "at least 2")],
)
def test_starts_that_cannot_be_compared_are_refused(low, high, says):
    with pytest.raises(ValueError, match=says):
        two_starts(low, high)
