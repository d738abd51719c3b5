"""Comparisons: paired effects with known answers, places apart, and what is said of tipping."""

import numpy as np
import pytest

import coalsim
from coalsim.experiments.statistics import paired_effect, share_interval


def test_a_paired_effect_is_that_of_a_t_test():
    # differences 1, 2, 3: mean 2, standard error 1/sqrt(3), t = sqrt(12); with 2 degrees of freedom the distribution function
    # of t is 1/2 + t/(2 sqrt(2 + t**2)), and its 97.5% point 4.302653
    effect = paired_effect([0, 0, 0], [1, 2, 3])
    half = 4.302652729911275 / np.sqrt(3)
    assert effect == pytest.approx((2, 2 - half, 2 + half, 0.5 + np.sqrt(12 / 14) / 2), abs=1e-9)
    assert paired_effect([0, 0, 0], [1, 2, 3], better="lower").p_better == pytest.approx(1 - effect.p_better)


def test_equal_runs_have_no_effect_and_no_width():
    assert paired_effect([1, 2], [1, 2]) == (0, 0, 0, 0.5)


@pytest.mark.parametrize(("baseline", "option"), [([1], [2]), ([1, np.nan], [2, 3])])
def test_too_few_or_undefined_values_are_refused(baseline, option):
    with pytest.raises(ValueError, match="finite differences"):
        paired_effect(baseline, option)


def test_the_interval_of_a_share_is_wilsons():
    assert share_interval(0, 8) == pytest.approx((0, 0.3244076), abs=1e-6)  # z2/(n + z2)
    assert share_interval(8, 8) == pytest.approx((1 - 0.3244076, 1), abs=1e-6)


@pytest.fixture(scope="module")
def compared():
    """Walsall, which can tip, and Slough, which meets the thresholds at the start."""
    from pathlib import Path

    scenarios = Path(__file__).parents[1] / "scenarios"
    scenario = coalsim.load_scenario(scenarios / "four_places.yaml", sample=0.1, months=6)
    scenario = scenario.model_copy(update={"places": [scenario.places[0], scenario.places[2]]})
    return coalsim.compare(scenario, replicates=2, workers=1)


def test_each_place_can_be_looked_at_alone(compared):
    parts = [compared.in_place(place.name) for place in compared.scenario.places]
    jobs = [part.values("growth_coalition", "jobs") for part in parts]
    assert compared.values("growth_coalition", "jobs") == pytest.approx(sum(jobs))
    rates = [part.values("growth_coalition", "employment_rate") for part in parts]
    adults = [place.adults for place in compared.scenario.places]
    assert compared.values("growth_coalition", "employment_rate") == pytest.approx(
        np.average(rates, axis=0, weights=adults)
    )


def test_places_that_meet_the_thresholds_at_the_start_are_left_out_of_tipping(compared):
    walsall, slough = (compared.in_place(place.name) for place in compared.scenario.places)
    assert (walsall.runs_that_can_tip, slough.runs_that_can_tip, compared.runs_that_can_tip) == (2, 0, 2)
    assert np.isnan(slough.p_tipped("growth_coalition")).all()
    assert "not applicable" in str(slough)
    assert "SLOUGH" in str(compared)


def test_a_comparison_says_when_runs_are_too_short_to_judge(compared):
    assert "too short to judge tipping" in compared.conclusion()
