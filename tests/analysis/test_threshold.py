"""The search for a threshold: known thresholds with intervals, nulls that stay null, failures, the same luck."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from systems import Partners, cascade, critical_seed, follow, logistic, spinodal

from coalsim.analysis import find_threshold


def near(x, place=0.5, width=0.2):
    return abs(x - place) < width


# Known answers


def test_a_step_is_found_within_its_interval():
    found = find_threshold(lambda x, seed: x > 0.37, 0, 1)
    assert found.verdict == "threshold"
    assert found.low <= 0.37 <= found.high
    assert found.value == pytest.approx(0.37, abs=0.01)
    assert found.runs <= 60


@pytest.mark.parametrize("spread", [0.05, 0.08, 0.10])
def test_the_critical_seed_of_a_cascade(spread):
    # Granovetter (1978): 0.1303, 0.0729 and 0.0374
    found = find_threshold(lambda s, seed: cascade(s, spread) > 0.5, 0, 0.25, tolerance=0.004)
    assert found.value == pytest.approx(critical_seed(spread), abs=0.004)


def test_partners_who_follow_each_other_join_at_the_spinodal():
    found = find_threshold(lambda h, seed: follow(h, 1.5, -1.0, 3000) > 0, 0, 0.5, tolerance=0.004)
    assert spinodal(1.5) == pytest.approx(0.207546, abs=1e-6)
    assert found.value == pytest.approx(0.207546, abs=0.004)


def test_partners_below_the_critical_strength_pass_one_half_without_a_field():
    # K <= 1: one state, m = tanh(h + K m), whose sign is that of h; no spinodal
    found = find_threshold(lambda h, seed: follow(h, 0.9, -1.0, 3000) > 0, -0.5, 0.5, tolerance=0.01)
    assert found.value == pytest.approx(0, abs=0.012)


@pytest.mark.slow
def test_partners_in_finite_number_tip_where_their_chain_says():
    partners = Partners()
    exact = partners.dose(0.5)
    assert exact == pytest.approx(0.18928, abs=1e-4)
    found = find_threshold(lambda h, seed: partners.run(h, seed) > 100, 0, 0.5, tolerance=0.004, max_runs=400)
    assert found.value == pytest.approx(exact, abs=0.006)
    assert found.low <= exact <= found.high
    assert found.width_10_90 == pytest.approx(partners.dose(0.9) - partners.dose(0.1), rel=0.5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("width", "runs"), [(0.015, 12), (0.10, 50), pytest.param(0.31, 220, marks=pytest.mark.nightly)]
)
def test_most_searches_end_near_the_threshold_within_the_runs_that_are_enough(width, runs):
    """Sharp, medium and diffuse rises: 90% within 2% of the range, and intervals that cover."""
    hits = covered = 0
    for k in range(40):
        place = float(np.random.default_rng(k).uniform(0.2, 0.8))
        found = find_threshold(logistic(place, width), 0, 1, seed=1000 * k, max_runs=runs, tolerance=1e-6)
        hits += abs(found.value - place) < 0.02
        covered += found.low <= place <= found.high
    assert hits >= 0.85 * 40  # 90%, less two standard errors of 40
    assert covered >= 0.87 * 40


# Nulls


@pytest.mark.parametrize(("chance", "verdict"), [(0.0, "never"), (0.05, "never"), (1.0, "always"), (0.97, "always")])
def test_where_it_never_or_always_tips_there_is_no_threshold(chance, verdict):
    found = find_threshold(lambda x, seed: np.random.default_rng(seed).random() < chance, 0, 1, seed=5)
    assert found.verdict == verdict
    assert math.isnan(found.value)
    assert math.isnan(found.width_10_90)
    assert "there is no threshold" in str(found)
    assert found.reason in str(found)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("hump", [(0.3, 0.6), (0.2, 0.8)])
def test_too_little_and_too_much_are_not_taken_for_a_threshold(hump, seed):
    def simulate(x, one):
        return np.random.default_rng(one).random() < (0.95 if hump[0] < x < hump[1] else 0.03)

    found = find_threshold(simulate, 0, 1, seed=1000 * seed, max_runs=300)
    assert found.verdict == "not_monotone"
    assert "below it again" in found.reason


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("middle", [0.15, 0.35, 0.7])
def test_a_narrow_hump_is_not_overlooked(middle, seed):
    def simulate(x, one):
        return np.random.default_rng(one).random() < (0.97 if abs(x - middle) < 0.1 else 0.03)

    assert find_threshold(simulate, 0, 1, seed=1000 * seed).verdict == "not_monotone"


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("chance", [0.4, 0.5, 0.6])
def test_one_chance_everywhere_is_no_threshold(chance, seed):
    found = find_threshold(
        lambda x, s: np.random.default_rng(s).random() < chance, 0, 1, seed=1000 * seed, max_runs=100
    )
    assert found.verdict != "threshold"


@pytest.mark.slow
def test_one_chance_everywhere_is_hardly_ever_said_to_fall():
    """Of 100 searches each at 0.2, 0.35, 0.5 and 0.65 one did."""
    said = []
    for chance in (0.2, 0.35):
        for k in range(20):
            found = find_threshold(
                lambda x, s, chance=chance: np.random.default_rng(s).random() < chance,
                0,
                1,
                seed=5000 * k,
                max_runs=200,
            )
            said.append(found.verdict)
    assert said.count("not_monotone") <= 2  # 40 searches; 3 or more have a chance of 1% where one in a hundred says so
    assert "threshold" not in said


def test_never_says_how_wide_a_hump_may_have_gone_unseen():
    found = find_threshold(lambda x, seed: False, 0, 2)
    assert found.verdict == "never"
    widest = np.diff(np.unique(np.r_[0, found.points, 2])).max() / 2
    assert widest <= 0.125
    assert f"no gap between runs is wider than {widest:.0%} of the range" in found.reason


def test_reasons_are_told_in_the_levers_own_unit():
    found = find_threshold(lambda x, seed: 0.1 < x < 0.4, 0, 0.5, max_runs=300)
    assert found.verdict == "not_monotone"
    first, last = (float(word) for word in found.reason.split() if word[0].isdigit())
    assert 0.1 <= first < 0.4 <= last <= 0.5


def test_a_falling_response_is_not_a_threshold():
    found = find_threshold(logistic(0.5, 0.1, falls=True), 0, 1, seed=3)
    assert found.verdict == "not_monotone"


def test_a_threshold_beyond_the_range_is_never_or_undetermined():
    found = find_threshold(logistic(1.6, 0.1), 0, 1, seed=3)
    assert found.verdict == "never"


def test_too_few_runs_for_a_diffuse_rise_say_so():
    found = find_threshold(logistic(0.98, 0.5), 0, 1, seed=2, max_runs=10)
    assert found.verdict == "undetermined"
    assert "as far as these runs tell" in str(found)


# What is told


def test_the_band_holds_the_curve():
    found = find_threshold(logistic(0.5, 0.3), 0, 1, seed=9, max_runs=200)
    at = np.array([0.35, 0.5, 0.65])
    middle, low, high = found.probability(at)
    assert (low < middle).all()
    assert (middle < high).all()
    true = 1 / (1 + np.exp(-(at - 0.5) / (0.3 / (2 * math.log(9)))))
    assert ((low - 0.02 < true) & (true < high + 0.02)).all()
    assert "95% interval" in str(found)
    assert str(found) in found._repr_html_()


def test_the_range_may_be_anything():
    found = find_threshold(lambda x, seed: x > -3e6, -1e7, 1e7)
    assert found.value == pytest.approx(-3e6, abs=2e5)


# Luck, failures, parallel runs


def test_runs_have_one_seed_after_the_other_so_that_two_searches_meet_the_same_luck():
    seen = []
    find_threshold(lambda x, seed: seen.append(seed) or x > 0.5, 0, 1, seed=7, max_runs=20)
    assert seen == list(range(7, 7 + len(seen)))


def test_the_same_search_gives_the_same_result_on_threads():
    def search(**settings):
        return find_threshold(logistic(0.4, 0.1), 0, 1, seed=4, batch=4, max_runs=60, **settings)

    with ThreadPoolExecutor(4) as pool:
        one, other = search(), search(map=pool.map)
    assert one.value == other.value
    assert one.points.tolist() == other.points.tolist()


def test_failing_runs_are_counted_and_the_rest_goes_on():
    def simulate(x, seed):
        if seed % 5 == 0:
            raise ArithmeticError(f"seed {seed}")
        return x > 0.6

    found = find_threshold(simulate, 0, 1)
    assert found.verdict == "threshold"
    assert found.value == pytest.approx(0.6, abs=0.01)
    assert len(found.failed) == sum(seed % 5 == 0 for seed in range(found.runs))
    assert found.failed[0].error == "ArithmeticError: seed 0"
    assert "failed" in str(found)


def test_what_is_neither_true_nor_false_has_failed():
    found = find_threshold(lambda x, seed: math.nan if seed % 3 == 0 else x > 0.6, 0, 1)
    assert found.value == pytest.approx(0.6, abs=0.02)
    assert found.failed[0].error == "ValueError: nan is neither true nor false"


def test_when_all_runs_fail_nothing_is_concluded():
    def simulate(x, seed):
        raise ArithmeticError("poison")

    found = find_threshold(simulate, 0, 1, max_runs=20)
    assert found.verdict == "undetermined"
    assert "20 of 20 runs failed, the first with ArithmeticError: poison" in found.reason


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"low": 1, "high": 1}, "give low below high"),
        ({"low": 2, "high": 1}, "give low below high"),
        ({"low": 0, "high": math.inf}, "give low below high"),
        ({"max_runs": 5}, "give at least 8"),
        ({"level": 1.0}, "level 1"),
        ({"tolerance": 0}, "tolerance 0"),
        ({"batch": 0}, "batch 0"),
        ({"seed": -1}, "seed -1"),
    ],
)
def test_what_cannot_be_searched_is_refused(settings, says):
    asked = {"low": 0, "high": 1, **settings}
    with pytest.raises(ValueError, match=says):
        find_threshold(near, asked.pop("low"), asked.pop("high"), **asked)
