"""Paired effects, precision and regret, against closed forms, scipy.stats and simulation."""

import math
import time

import numpy as np
import pytest
from scipy import stats

from coalsim import analysis
from coalsim.analysis import best, compare_paired, next_size, regret, robustness, share_interval

REPETITIONS = 2000  # a coverage of 95% is then known to 0.5 points (one standard error)


@pytest.fixture
def rng():
    return np.random.default_rng(20060401)


def pairs_of_a_model(rng, n, noise, effect=2.0):
    """A model whose true effect is known: luck that both options share, and noise of their own with mean 0."""
    luck = rng.normal(10, 5, n)
    return luck + noise(n), luck + effect + noise(n)


def coverage(rng, n, noise, interval="t", repetitions=REPETITIONS):
    results = (compare_paired(*pairs_of_a_model(rng, n, noise), interval=interval, seed=k) for k in range(repetitions))
    return np.mean([paired.low <= 2.0 <= paired.high for paired in results])


# The paired effect


def test_four_pairs_by_hand():
    paired = compare_paired([1, 2, 3, 4], [2, 2, 5, 3])  # differences 1, 0, 2, -1: mean 1/2, variance 5/3
    half = 3.182446305284263 * math.sqrt(5 / 3 / 4)  # t(3) at 97.5%, from tables
    assert (paired.effect, paired.n, paired.p_pair_better) == (0.5, 4, 0.625)
    assert paired.sd == pytest.approx(math.sqrt(5 / 3))
    assert (paired.low, paired.high) == pytest.approx((0.5 - half, 0.5 + half))
    assert paired.half_width == pytest.approx(half)


def test_chance_from_two_pairs_is_that_of_a_cauchy():
    assert compare_paired([0, 0], [0, 1]).p_better == pytest.approx(0.75)  # t = 1: 1/2 + arctan(1) / pi


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_interval_and_chance_are_those_of_the_paired_t_test(rng, level):
    baseline, option = pairs_of_a_model(rng, 12, rng.standard_normal, effect=0.3)
    paired = compare_paired(baseline, option, level=level)
    known = stats.ttest_rel(option, baseline, alternative="less")
    assert paired.p_better == pytest.approx(known.pvalue)
    both_sides = stats.ttest_rel(option, baseline).confidence_interval(level)
    assert (paired.low, paired.high) == pytest.approx((both_sides.low, both_sides.high))


def test_bootstrap_interval_is_nearly_the_t_interval_over_many_pairs(rng):
    pairs = pairs_of_a_model(rng, 400, rng.standard_normal, effect=0.1)
    t, drawn = compare_paired(*pairs), compare_paired(*pairs, interval="bootstrap")
    # 2,000 resamples place each end to about 3% of the half width (one standard error)
    assert (drawn.low, drawn.high) == pytest.approx((t.low, t.high), abs=0.15 * t.half_width)
    assert drawn.p_better == pytest.approx(t.p_better, abs=0.03)


def test_bootstrap_repeats_itself_by_seed(rng):
    pairs = pairs_of_a_model(rng, 20, rng.standard_normal)
    first, again, other = (compare_paired(*pairs, interval="bootstrap", seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.low != other.low


def test_bootstrap_falls_back_to_percentiles_where_acceleration_is_undefined():
    differences = 1e-120 * np.arange(5)  # their cubes underflow to 0, so that BCa is 0 / 0
    paired = compare_paired(np.zeros(5), differences, interval="bootstrap")
    assert 0 < paired.low < paired.effect < paired.high < 4e-120


@pytest.mark.parametrize("interval", ["t", "bootstrap"])
def test_swapping_sign_and_direction_mirrors_the_interval_and_keeps_the_chances(rng, interval):
    baseline, option = pairs_of_a_model(rng, 15, rng.standard_normal, effect=0.2)
    up = compare_paired(baseline, option, "higher", interval=interval)
    down = compare_paired(-baseline, -option, "lower", interval=interval)
    assert (down.p_better, down.p_pair_better) == pytest.approx((up.p_better, up.p_pair_better))
    # The percentiles of 2,000 resamples are interpolated from one side, hence not mirrored to the last digit.
    assert (-down.high, -down.low) == pytest.approx((up.low, up.high), abs=0.02 * up.half_width)


def test_chances_without_a_direction_are_those_of_a_rise(rng):
    pairs = pairs_of_a_model(rng, 9, rng.standard_normal, effect=0.2)
    assert compare_paired(*pairs, "") == compare_paired(*pairs, "higher")
    assert compare_paired(*pairs, "lower").p_better == pytest.approx(1 - compare_paired(*pairs).p_better)


@pytest.mark.parametrize("interval", ["t", "bootstrap"])
@pytest.mark.parametrize(("change", "chance"), [(0.0, 0.5), (0.1, 1.0), (-0.1, 0.0)])
def test_equal_differences_leave_no_doubt(interval, change, chance):
    paired = compare_paired(np.zeros(7), np.full(7, change), interval=interval)
    assert (paired.low, paired.effect, paired.high) == (change, change, change)
    assert (paired.p_better, paired.p_pair_better) == (chance, chance)
    assert (paired.sd, paired.detectable, paired.half_width, paired.runs_for(1e-9)) == (0, 0, 0, 2)


def test_a_difference_too_small_to_square_does_not_divide_by_zero():
    assert compare_paired([0, 0], [1e-200, 2e-200]).effect == pytest.approx(1.5e-200)


def test_a_t_comparison_takes_less_than_a_millisecond(rng):
    pairs = pairs_of_a_model(rng, 50, rng.standard_normal)
    compare_paired(*pairs)
    start = time.process_time()
    for _ in range(300):
        compare_paired(*pairs)
    assert (time.process_time() - start) / 300 < 1e-3  # about 0.04 ms


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (([1, 2, 3], [1, 2]), {}, r"shape \(3,\) and option \(2,\).*same replicates"),
        (([[1, 2]], [[1, 2]]), {}, r"shape \(1, 2\)"),
        (([1], [2]), {}, "1 pairs: give at least 2"),
        (([], []), {}, "0 pairs: give at least 2"),
        (([1, np.nan, 3, 4], [1, 2, np.inf, 4]), {}, "2 of 4 pairs are not finite"),
        (([1, 2], [1, 2], "up"), {}, "'up': give 'higher', 'lower' or ''"),
        (([1, 2], [1, 2]), {"interval": "z"}, "'z': give 't' or 'bootstrap'"),
        (([1, 2], [1, 2]), {"level": 95}, "level 95: give a share"),
    ],
)
def test_a_wrong_comparison_says_what_to_give(arguments, options, words):
    with pytest.raises(ValueError, match=words):
        compare_paired(*arguments, **options)


# Coverage, measured


def test_t_interval_covers_a_known_effect_as_often_as_it_says(rng):
    assert 0.93 <= coverage(rng, 8, rng.standard_normal) <= 0.97  # exactly 95% for normal noise


def test_bootstrap_interval_covers_a_known_effect_as_often_as_it_says_over_60_pairs(rng):
    assert 0.93 <= coverage(rng, 60, rng.standard_normal, "bootstrap") <= 0.97  # 94.3% of 5,000


def test_bootstrap_interval_is_too_narrow_over_8_pairs_as_documented(rng):
    assert 0.85 <= coverage(rng, 8, rng.standard_normal, "bootstrap", 1000) <= 0.91  # 88.4% of 5,000


@pytest.mark.parametrize(
    ("n", "sigma", "low", "high"),
    [(30, 0.5, 0.92, 0.95), (30, 1.0, 0.86, 0.905), (8, 1.0, 0.81, 0.86)],  # of 100,000: 93.5, 88.2 and 83.3%
)
def test_t_interval_covers_less_where_the_difference_is_skewed(rng, n, sigma, low, high):
    hits = 0
    for _ in range(REPETITIONS):
        differences = rng.lognormal(0, sigma, n)
        paired = compare_paired(np.zeros(n), differences)
        hits += paired.low <= math.exp(sigma**2 / 2) <= paired.high
    assert low <= hits / REPETITIONS <= high


@pytest.mark.parametrize(
    ("skewed", "needed", "low", "high"),
    [(False, 18, 0.915, 0.95), (False, 100, 0.93, 0.965), (True, 30, 0.82, 0.88)],  # 93.2, 94.7 and 85.0%
)
def test_stopping_at_a_stated_precision_costs_as_much_coverage_as_documented(rng, skewed, needed, low, high):
    half_width = stats.t.ppf(0.975, needed - 1) / math.sqrt(needed)  # what `needed` pairs give where sd is 1
    hits = 0
    for _ in range(REPETITIONS):
        draws, n = (rng.exponential(size=1000) - 1 if skewed else rng.normal(size=1000)), 8
        paired = compare_paired(np.zeros(n), draws[:n])
        while paired.half_width > half_width:
            n = next_size(paired.sd, n, half_width)
            paired = compare_paired(np.zeros(n), draws[:n])
        hits += paired.low <= 0 <= paired.high
    assert low <= hits / REPETITIONS <= high


# How many runs


@pytest.mark.parametrize("n", [3, 5, 8, 30, 200])
def test_detectable_effect_has_80_percent_power_by_the_noncentral_t(rng, n):
    paired = compare_paired(np.zeros(n), rng.normal(size=n))
    shift, critical = paired.detectable / paired.sd * math.sqrt(n), stats.t.ppf(0.975, n - 1)
    wrong_sign = np.nan_to_num(stats.nct.cdf(-critical, n - 1, shift))  # nan where it is next to nothing
    assert stats.nct.sf(critical, n - 1, shift) + wrong_sign == pytest.approx(0.8, abs=1e-6)


def test_detectable_effect_of_two_pairs_has_80_percent_power_by_integration():
    shift, critical = compare_paired([0, 0], [0, 1]).detectable / 0.5, stats.t.ppf(0.975, 1)
    spread, step = np.linspace(0, 10, 200_001, retstep=True)  # sd of two pairs is |N(0, 1)|
    found = stats.norm.cdf(shift - critical * spread) + stats.norm.cdf(-shift - critical * spread)
    assert np.trapezoid(2 * stats.norm.pdf(spread) * found, dx=step) == pytest.approx(0.8, abs=1e-6)


def test_detectable_effect_is_found_in_80_percent_of_simulated_tests(rng):
    n = 10
    shift = compare_paired(np.zeros(n), np.arange(n)).detectable / np.arange(n).std(ddof=1)
    found = stats.ttest_1samp(rng.normal(shift, 1, (20_000, n)), 0, axis=1).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.01)  # three and a half standard errors


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("half_width", [10.0, 2.0, 1.0, 0.5, 0.1, 0.01])
def test_runs_for_is_the_fewest_that_reach_the_half_width(half_width, level):
    paired = compare_paired(np.zeros(6), [1, -1, 2, 0, 3, -2], level=level)

    def reached(n):
        return stats.t.ppf((1 + level) / 2, n - 1) * paired.sd / math.sqrt(n)

    n = paired.runs_for(half_width)
    assert n >= 2
    assert reached(n) <= half_width
    assert n == 2 or reached(n - 1) > half_width


def test_pairs_seen_are_enough_for_the_half_width_seen():
    paired = compare_paired(np.zeros(6), [1, -1, 2, 0, 3, -2])
    assert paired.runs_for(paired.half_width * (1 + 1e-12)) == 6


def test_next_size_asks_for_what_is_needed_within_its_bounds():
    needed = compare_paired(np.zeros(6), [1, -1, 2, 0, 3, -2]).runs_for(1.0)
    sd = np.std([1, -1, 2, 0, 3, -2], ddof=1)
    assert needed == 16  # 2.131 times 1.871 / sqrt(16) is 0.997; with 15, 2.145 times 1.871 / sqrt(15) is 1.036
    assert next_size(sd, 12, 1.0) == needed
    assert next_size(sd, 6, 1.0) == 12  # at most twice as many
    assert next_size(sd, 6, 1.0, growth=1.5) == 9
    assert next_size(sd, 40, 1.0) == 41  # at least one more
    assert next_size(sd, 2, 1.0, growth=1.1) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((1.0, 8, 0.0), "half_width 0.0: give a positive number"),
        ((1.0, 8, math.nan), "half_width nan"),
        ((math.nan, 8, 1.0), "sd nan: give a finite number"),
        ((-1.0, 8, 1.0), "sd -1.0"),
        ((1.0, 1, 1.0), "n 1: give at least 2"),
        ((1.0, 8, 1.0, 1.0), "growth 1.0: give a factor above 1"),
    ],
)
def test_a_wrong_precision_says_what_to_give(arguments, words):
    with pytest.raises(ValueError, match=words):
        next_size(*arguments)


def test_runs_for_refuses_a_half_width_of_zero():
    with pytest.raises(ValueError, match="half_width 0"):
        compare_paired([0, 0], [0, 1]).runs_for(0)


# Shares


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize(("successes", "n"), [(0, 8), (1, 8), (5, 12), (8, 8), (300, 1000)])
def test_share_interval_is_wilsons(successes, n, level):
    known = stats.binomtest(successes, n).proportion_ci(level, method="wilson")
    assert share_interval(successes, n, level) == pytest.approx((known.low, known.high))


def test_a_share_never_tried_may_be_anything():
    assert share_interval(0, 0) == (0, 1)


def test_more_successes_than_trials_are_refused():
    with pytest.raises(ValueError, match="9 successes in 8: give from 0 to 8"):
        share_interval(9, 8)


# Choosing among several


def test_best_of_two_is_the_normal_chance(rng):
    values = np.array([rng.normal(0, 1, 200), rng.normal(0.05, 1, 200)])
    difference = values[1] - values[0]
    chance = stats.norm.cdf(difference.mean() / (difference.std() / math.sqrt(200)))
    assert 0.55 < chance < 0.95  # else the test would show little
    assert best(values, "higher") == pytest.approx([1 - chance, chance], abs=0.03)  # three standard errors
    assert best(values, "lower") == pytest.approx([chance, 1 - chance], abs=0.03)


def test_best_of_three_symmetric_options_is_a_third_each(rng):
    a, b, c = rng.normal(size=(3, 60))
    values = np.array([[a, b, c], [b, c, a], [c, a, b]]).reshape(3, -1)  # each option takes each place once
    assert best(values, "higher") == pytest.approx([1 / 3] * 3, abs=0.032)  # three standard errors
    assert best(values, "higher").sum() == pytest.approx(1, abs=1e-12)


def test_equal_options_share_the_chance(rng):
    values = rng.normal(size=9)
    assert best([values, values, values, values], "lower") == pytest.approx([0.25] * 4, abs=1e-12)
    assert best([values, values - 1, values - 1], "lower") == pytest.approx([0, 0.5, 0.5], abs=1e-12)


def test_luck_shared_by_all_options_changes_no_chance(rng):
    values = rng.normal(size=(3, 20))
    assert best(values + rng.normal(0, 1e6, 20), "higher") == pytest.approx(best(values, "higher"), abs=1e-3)


def test_regret_by_hand():
    means = [[3.0, 5.0, 4.0], [2.0, 0.0, 1.5]]
    assert regret(means, "higher").tolist() == [[2, 0, 1], [0, 2, 0.5]]
    assert regret(means, "lower").tolist() == [[0, 2, 1], [2, 0, 1.5]]


def test_robustness_of_certain_values_by_hand():
    """The third option is best nowhere and yet has the least largest regret."""
    worlds = {"boom": np.tile([[3.0], [5.0], [4.0]], 4), "bust": np.tile([[2.0], [0.0], [1.5]], 7)}
    found = robustness(worlds, "higher")
    assert found.regret.tolist() == [[2, 0, 1], [0, 2, 0.5]]
    assert found.largest.tolist() == found.low.tolist() == found.high.tolist() == [2, 2, 1]
    assert found.mean.tolist() == [1, 1, 0.75]
    assert found.p_least.tolist() == [0, 0, 1]


def test_equal_largest_regrets_share_the_chance():
    found = robustness({"a": [[0.1, 0.1], [0.4, 0.4]], "b": [[0.5, 0.5], [0.2, 0.2]]}, "higher")
    assert found.p_least.tolist() == [0.5, 0.5]  # 0.4 - 0.1 and 0.5 - 0.2 differ in the last digit


def test_interval_of_the_largest_regret_is_that_of_the_difference_where_one_option_is_far_worse(rng):
    values = rng.normal(size=(2, 100)) + [[0], [5]]
    paired = compare_paired(*values)
    found = robustness({"only": values}, "higher")
    assert (found.low[1], found.largest[1], found.high[1]) == (0, 0, 0)
    assert (found.low[0], found.high[0]) == pytest.approx((paired.low, paired.high), abs=0.15 * paired.half_width)


def test_in_one_world_the_least_regretted_is_the_best(rng):
    values = rng.normal(size=(4, 12))
    assert robustness({"only": values}, "lower").p_least.tolist() == best(values, "lower").tolist()


def test_robustness_repeats_itself_by_seed(rng):
    worlds = {"a": rng.normal(size=(3, 8)), "b": rng.normal(size=(3, 5))}
    first, again, other = (robustness(worlds, "higher", seed=seed) for seed in (3, 3, 4))
    assert first.high.tolist() == again.high.tolist()
    assert first.high.tolist() != other.high.tolist()
    assert first.p_least.sum() == pytest.approx(1)
    assert np.all((first.regret >= 0) & (first.regret.min(axis=1, keepdims=True) == 0))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: best([1, 2, 3], "higher"), r"shape \(3,\): give \(options, replicates\)"),
        (lambda: best([[1], [2]], "higher"), "at least 2 replicates"),
        (lambda: best([[1, np.nan], [2, 3]], "higher"), "1 of 4 values are not finite"),
        (lambda: best([[1, 2], [2, 3]], ""), "regret needs a direction"),
        (lambda: robustness({}, "higher"), "give at least one world"),
        (lambda: robustness({"bust": [[1], [2]]}, "higher"), "bust: values have shape"),
        (lambda: robustness({"a": np.ones((2, 3)), "b": np.ones((3, 3))}, "higher"), "'a': 2, 'b': 3"),
    ],
)
def test_a_wrong_choice_says_what_to_give(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()


def test_every_public_name_is_there():
    assert all(callable(getattr(analysis, name)) for name in analysis.__all__)
