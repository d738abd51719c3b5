"""Luck at the start and change by itself: long-run laws, and what they may and may not touch."""

from pathlib import Path

import numpy as np
import pytest

from coalsim import CoalitionModel
from coalsim.kernels.change import multiples, wander
from coalsim.kernels.random import key
from coalsim.loading import load_scenario
from coalsim.phases.change import news, variance
from coalsim.scenario.world import Enterprise, Life, World
from coalsim.start.luck import DEPRIVATION_PER_DRIFT, starting_luck

SCENARIO = Path(__file__).parents[2] / "scenarios" / "slough.yaml"
SMALL = {"months": 6, "sample": 0.05}
STILL = {"world.enterprise.local_demand_sd": 0.0, "world.life.drift_sd": 0.0}


def test_wandering_keeps_its_spread_and_persistence():
    rng = np.random.default_rng(1)
    state = 0.5 * rng.standard_normal(40_000)
    before = state.copy()
    wander(7, 3, 16, *key(1), state, 0.9, news(0.5, 0.9))
    assert state.mean() == pytest.approx(0, abs=0.01)
    assert state.std() == pytest.approx(0.5, rel=0.02)
    assert np.corrcoef(before, state)[0, 1] == pytest.approx(0.9, abs=0.01)


def test_variance_of_what_has_moved_is_the_closed_form():
    rng = np.random.default_rng(2)
    start = 0.5 * rng.standard_normal(40_000)
    state = start.copy()
    for month in range(12):
        wander(7, month, 16, *key(1), state, 0.9, news(0.5, 0.9))
    assert (state - start).var() == pytest.approx(variance(0.5, 0.9, 12), rel=0.03)
    assert variance(0.5, 0.9, 12) == pytest.approx(2 * 0.25 * (1 - 0.9**12))


def test_luck_as_such_raises_no_rate():
    state = 0.4 * np.random.default_rng(3).standard_normal(200_000)
    times = np.empty((state.size, 2))
    multiples(state, np.array([0.6, -0.3]), 0.16, times)
    assert times.mean(axis=0) == pytest.approx([1, 1], abs=0.002)
    multiples(np.zeros(3), np.array([0.6]), 0.0, times[:3, :1])
    assert (times[:3, 0] == 1).all()


def test_the_further_from_the_mean_the_more_is_luck():
    place = load_scenario(SCENARIO).places[0]
    world = World(name="made up", enterprise=Enterprise(local_demand_sd=0.0), life=Life(drift_sd=0.8))
    z = np.random.default_rng(4).standard_normal(20_000)
    luck = starting_luck(place, world, z, key(5))
    assert luck[0] == 0
    share = (0.8 * DEPRIVATION_PER_DRIFT) ** 2
    assert np.polyfit(z, luck[1:], 1)[0] == pytest.approx(share / DEPRIVATION_PER_DRIFT, abs=0.02)
    assert luck[1:].std() == pytest.approx(0.8, rel=0.02)
    assert (starting_luck(place, world, z, key(5)) == luck).all()
    assert (starting_luck(place, world, z, key(6))[1:] != luck[1:]).all()


def test_without_luck_nothing_changes_by_itself():
    model = CoalitionModel(SCENARIO, policy="business_as_usual", rng=1, **SMALL, **STILL)
    model.step()
    (place,) = model.localities
    assert place.rates is place.rates_at_start
    assert place.outside_work == 1
    assert place.demand == 0
    assert (place.drift == 0).all()


def test_every_policy_meets_the_same_luck():
    policies = ("business_as_usual", "growth_coalition")
    one, other = (CoalitionModel(SCENARIO, policy=policy, rng=3, **SMALL) for policy in policies)
    for _ in range(6):
        one.step()
        other.step()
        assert one.localities[0].demand == other.localities[0].demand != 0
        assert (one.localities[0].drift == other.localities[0].drift).all()


def test_a_shock_adds_the_same_chance_of_losing_work_for_all():
    scenario = load_scenario(SCENARIO, world="recession_2008", start="2009-03", **SMALL, **STILL)
    shaken = CoalitionModel(scenario, policy="business_as_usual", rng=1)
    still = CoalitionModel(load_scenario(SCENARIO, **SMALL, **STILL), policy="business_as_usual", rng=1)
    shaken.step()
    still.step()
    more = shaken.localities[0].rates.separating - still.localities[0].rates.separating
    assert more == pytest.approx(np.full_like(more, scenario.world.shocks[0].job_loss))
