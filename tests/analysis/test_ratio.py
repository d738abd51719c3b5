"""The ratio of two effects: a published example by hand, its limits, how often its interval holds, and what is refused."""

import math

import numpy as np
import pytest
from scipy.stats import t as student

from coalsim.analysis import paired_ratio


def test_it_is_the_ratio_of_means_and_not_the_mean_of_ratios():
    found = paired_ratio([1.0, 2.0, 6.0], [2.0, 3.0, 4.0])
    assert found.value == 1.0
    assert found.n == 3


def test_its_ends_are_the_ratios_that_a_t_test_does_not_refuse():
    rng = np.random.default_rng(3)
    below = 5 + rng.normal(size=12)
    above = 0.4 * below + rng.normal(scale=0.5, size=12)
    found = paired_ratio(above, below)
    for end in (found.low, found.high):
        rest = above - end * below
        statistic = rest.mean() / (rest.std(ddof=1) / math.sqrt(12))
        assert abs(statistic) == pytest.approx(student.ppf(0.975, 11), rel=1e-9)


def test_with_a_known_denominator_it_is_students_interval():
    above = np.array([1.0, 2.0, 4.0, 5.0])
    found = paired_ratio(above, np.full(4, 2.0))
    half = student.ppf(0.975, 3) * above.std(ddof=1) / 2 / 2
    assert (found.low, found.high) == pytest.approx((1.5 - half, 1.5 + half))


def test_equal_ratios_have_no_width():
    below = np.array([1.0, 2.0, 5.0, 4.5])
    found = paired_ratio(-0.3 * below, below)
    assert (found.value, found.low, found.high) == pytest.approx((-0.3, -0.3, -0.3), abs=1e-7)


def test_relative_to_nought_nothing_can_be_told():
    rng = np.random.default_rng(1)
    found = paired_ratio(rng.normal(size=10), rng.normal(size=10))
    assert (found.low, found.high) == (-math.inf, math.inf)
    assert not found.is_bounded
    assert "cannot be told with 10 pairs" in str(found)


@pytest.mark.parametrize("pairs", [([1.0], [2.0]), ([], []), ([1.0, math.nan], [2.0, 3.0]), ([1.0, 2.0], [1.0, -1.0])])
def test_too_few_pairs_tell_nothing(pairs):
    assert not paired_ratio(*pairs).is_bounded


def test_pairs_with_a_missing_value_are_left_out():
    whole = paired_ratio([1.0, 2.0, 3.0], [2.0, 3.0, 5.0])
    assert paired_ratio([1.0, math.nan, 2.0, 3.0], [2.0, 9.0, 3.0, 5.0]) == whole


def test_its_interval_holds_as_often_as_it_says():
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(2000):
        below = 3 + rng.normal(size=8)
        above = 0.6 * 3 + 0.5 * (below - 3) + rng.normal(size=8)
        found = paired_ratio(above, below)
        held += found.low <= 0.6 <= found.high
    assert 0.935 <= held / 2000 <= 0.965


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1.0, 2.0], [1.0]), "two rows of the same length"),
        (([[1.0]], [[1.0]]), "two rows of the same length"),
        (([1.0, 2.0], [1.0, 2.0], 95), "level 95"),
    ],
)
def test_what_is_no_pair_of_rows_is_refused(arguments, words):
    above, below, *level = arguments
    with pytest.raises(ValueError, match=words):
        paired_ratio(above, below, **({"level": level[0]} if level else {}))
