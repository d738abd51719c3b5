"""Luck before the start has its long-run law given what is seen; luck afterwards moves rates as told, for every policy alike."""

from functools import cache
from pathlib import Path

import numba
import numpy as np
import pytest

from coalsim import CoalitionModel, load_scenario
from coalsim.kernels.change import wander
from coalsim.kernels.random import key
from coalsim.phases.change import SLOPES, follow, news, variance
from coalsim.scenario.world import Enterprise, Life, World
from coalsim.start import luck
from coalsim.start.luck import DEPRIVATION_PER_DRIFT, UNEMPLOYMENT_PER_DEMAND, starting_luck
from coalsim.start.profiles import SLOPE

SLOUGH = Path(__file__).parents[2] / "scenarios" / "slough.yaml"
N = 2_000 if numba.config.DISABLE_JIT else 30_000
SMALL = {"months": 4, "sample": 0.05}
STILL = {"world.life.drift_sd": 0.0, "world.enterprise.local_demand_sd": 0.0}


def world(drift=0.0, demand=0.0):
    return World(name="made up", enterprise=Enterprise(local_demand_sd=demand), life=Life(drift_sd=drift))


@cache
def place(name="slough"):
    return load_scenario(SLOUGH.with_name(f"{name}.yaml")).places[0]


@cache
def seen():
    """Standard normal deprivation, mean and variance exact."""
    z = np.random.default_rng(4).standard_normal(N)
    return (z - z.mean()) / z.std()


def small(policy="business_as_usual", seed=1, **overrides):
    return CoalitionModel(SLOUGH, policy=policy, rng=seed, **{**SMALL, **overrides})


# Before the start


@pytest.mark.parametrize("sd", [0.2, 0.36, 0.8, 1.5, 2.0])
def test_over_the_nation_drift_has_its_long_run_variance(sd):
    drift = starting_luck(place(), world(drift=sd), seen(), key(5))[1:]
    assert drift.mean() == pytest.approx(0, abs=5 * sd / np.sqrt(N))
    assert drift.var() == pytest.approx(sd**2, rel=5 * np.sqrt(2 / N))


@pytest.mark.parametrize("sd", [0.2, 0.36, 0.8, 1.5])
def test_drift_is_a_regression_on_what_is_seen(sd):
    drift = starting_luck(place(), world(drift=sd), seen(), key(5))[1:]
    share = (DEPRIVATION_PER_DRIFT * sd) ** 2  # of the variance of deprivation that is luck
    left = sd * np.sqrt(1 - share)
    assert (seen() * drift).mean() == pytest.approx(share / DEPRIVATION_PER_DRIFT, abs=5 * left / np.sqrt(N))
    noise = drift - share / DEPRIVATION_PER_DRIFT * seen()
    assert noise.std() == pytest.approx(left, rel=5 / np.sqrt(2 * N))
    assert abs(np.corrcoef(noise, seen() ** 2)[0, 1]) < 5 / np.sqrt(N)


def test_where_luck_explains_all_that_is_seen_there_is_nothing_left_to_draw():
    drift = starting_luck(place(), world(drift=1 / DEPRIVATION_PER_DRIFT), seen(), key(5))[1:]
    assert drift == pytest.approx(seen() / DEPRIVATION_PER_DRIFT, abs=1e-12)


@pytest.mark.parametrize("name", ["slough", "walsall", "south_northamptonshire"])
def test_demand_is_a_regression_on_unemployment(name):
    sd = 0.045
    found = [starting_luck(place(name), world(demand=sd), np.empty(0), key(k))[0] for k in range(2000)]
    shows = UNEMPLOYMENT_PER_DEMAND / luck.SPREAD
    share = (shows * sd) ** 2
    worse = np.log(place(name).residents.unemployment_rate.value / luck.TYPICAL_UNEMPLOYMENT) / luck.SPREAD
    left = sd * np.sqrt(1 - share)
    assert np.mean(found) == pytest.approx(share / shows * worse, abs=5 * left / np.sqrt(2000))
    assert np.std(found) == pytest.approx(left, rel=5 / np.sqrt(4000))


def test_the_unemployment_that_luck_is_judged_by_is_that_of_the_table():
    from coalsim.scenario.nation import read_districts

    districts = read_districts(SLOUGH.parent / "nation" / "england_2006.csv")
    logs = np.log([district.residents.unemployment_rate.value for district in districts])
    assert np.exp(logs.mean()) == pytest.approx(luck.TYPICAL_UNEMPLOYMENT, rel=0.02)
    assert logs.std() == pytest.approx(luck.SPREAD, rel=0.03)


def test_a_place_with_much_unemployment_has_probably_had_bad_luck():
    found = [
        np.mean([starting_luck(place(name), world(demand=0.045), np.empty(0), key(k))[0] for k in range(400)])
        for name in ("walsall", "south_northamptonshire")
    ]
    assert found[0] < 0 < found[1]


def test_without_spread_there_is_no_luck():
    found = starting_luck(place(), world(), seen(), key(5))
    assert found.shape == (1 + N,)
    assert (found == 0).all()


def test_luck_belongs_to_a_seed_and_a_place():
    z = seen()[:50]
    one = starting_luck(place(), world(0.36, 0.045), z, key(5))
    assert (starting_luck(place(), world(0.36, 0.045), z, key(5)) == one).all()
    assert (starting_luck(place(), world(0.36, 0.045), z, key(6)) != one).all()
    assert (starting_luck(place("walsall"), world(0.36, 0.045), z, key(5)) != one).all()


def test_the_luck_of_a_neighbourhood_does_not_depend_on_the_others():
    z = seen()[:50]
    few = starting_luck(place(), world(0.36, 0.045), z[:3], key(5))
    assert (few == starting_luck(place(), world(0.36, 0.045), z, key(5))[:4]).all()


# Afterwards: the law


@pytest.mark.parametrize(("sd", "persistence", "months"), [(0.5, 0.9, 1), (0.5, 0.9, 12), (0.36, 0.978, 24), (1, 0, 3)])
def test_the_variance_of_what_has_moved(sd, persistence, months):
    start = sd * seen()
    state = start.copy()
    for month in range(months):
        wander(7, month, 16, *key(1), state, persistence, news(sd, persistence))
    assert variance(sd, persistence, months) == pytest.approx(2 * sd**2 * (1 - persistence**months), rel=1e-12)
    assert (state - start).var() == pytest.approx(variance(sd, persistence, months), rel=5 * np.sqrt(2 / N))


@pytest.mark.parametrize(("sd", "persistence"), [(0.36, 0.978), (0.045, 0.985), (1.0, 0.0), (0.0, 0.9)])
def test_news_keeps_the_spread(sd, persistence):
    assert (persistence * sd) ** 2 + news(sd, persistence) ** 2 == pytest.approx(sd**2)


def test_variance_begins_at_nothing_and_ends_at_twice_the_long_run():
    assert variance(0.36, 0.978, 0) == 0
    assert variance(0.36, 0.978, 10_000) == pytest.approx(2 * 0.36**2)
    assert variance(0.0, 0.978, 12) == 0


# Afterwards: in the model


def test_without_luck_and_shocks_nothing_changes():
    model = small(**STILL)
    (locality,) = model.localities
    start = locality.rates
    thresholds = locality.market.leave_work.copy()
    for _ in range(4):
        model.step()
        assert locality.rates is locality.rates_at_start is start
        assert (locality.market.leave_work == thresholds).all()
        assert (locality.demand, locality.outside_work) == (0, 1)
        assert (locality.luck == 0).all()


def test_rates_are_the_starting_ones_times_what_the_drift_since_then_makes():
    model = small(**{"world.enterprise.local_demand_sd": 0.0})
    (locality,) = model.localities
    life = model.settings.world.life
    for months in (1, 2, 3):
        model.step()
        assert locality.luck[1:] - locality.luck_at_start[1:] == pytest.approx(locality.drift, abs=1e-15)
        spread = 2 * life.drift_sd**2 * (1 - life.drift_persistence**months)
        slopes = [SLOPE["unemployment"], SLOPE["inactivity"], SLOPE["illness"]]
        losing, resting, sick = (np.exp(k * locality.drift - k * k * spread / 2) for k in slopes)
        now, start = locality.rates, locality.rates_at_start
        assert now.separating == pytest.approx(np.minimum(start.separating * losing[:, None, None], 0.5), rel=1e-12)
        assert now.searching == pytest.approx(start.searching / resting[:, None, None], rel=1e-12)
        assert now.falling_ill == pytest.approx(start.falling_ill * sick[:, None], rel=1e-12)


def test_work_outside_follows_local_demand():
    model = small(**{"world.life.drift_sd": 0.0})
    (locality,), firms = model.localities, model.settings.world.enterprise
    response = model.settings.world.labour.outside_response
    for months in (1, 2, 3):
        model.step()
        spread = 2 * firms.local_demand_sd**2 * (1 - firms.local_demand_persistence**months)
        expected = np.exp(response * locality.demand - response**2 * spread / 2)
        assert locality.outside_work == pytest.approx(expected, rel=1e-12)
        assert locality.demand == locality.luck[0] - locality.luck_at_start[0] != 0
        assert locality.rates is locality.rates_at_start


def test_a_shock_raises_the_chance_of_losing_work_alike_for_all():
    scenario = load_scenario(SLOUGH, world="recession_2008", start="2009-03", **SMALL, **STILL)
    shaken = CoalitionModel(scenario, policy="business_as_usual", rng=1)
    still = small(**STILL)
    (shock,) = scenario.world.shocks
    shaken.step()
    still.step()
    more = shaken.localities[0].market.leave_work - still.localities[0].market.leave_work
    assert np.unique(more).size <= 3  # thresholds are rounded: the same but for one in 2**32
    assert more == pytest.approx(np.full(more.shape, shock.job_loss * 2**32), abs=1.5)
    assert shock.job_loss > 0
    more = shaken.localities[0].rates.separating - still.localities[0].rates.separating
    assert more == pytest.approx(np.full(more.shape, shock.job_loss), rel=1e-9)
    for name in ("leaving", "searching", "falling_ill", "newcomer_level", "status"):
        before, after = (getattr(model.localities[0].rates, name) for model in (still, shaken))
        assert after == pytest.approx(before, rel=1e-12)


def test_a_shock_comes_on_top_of_drift_and_no_chance_passes_one_half():
    model = small()
    model.step()
    (locality,) = model.localities
    spread = 0.01
    follow(locality, spread, 0.0)
    without = locality.rates.separating
    follow(locality, spread, 0.003)
    assert locality.rates.separating - without == pytest.approx(np.full(without.shape, 0.003), rel=1e-9)
    follow(locality, spread, 0.9)
    assert (locality.rates.separating == 0.5).all()


def test_before_a_shock_nothing_is_lost():
    scenario = load_scenario(SLOUGH, world="recession_2008", start="2006-04", **SMALL, **STILL)
    model = CoalitionModel(scenario, policy="business_as_usual", rng=1)
    (locality,) = model.localities
    model.step()
    assert model.job_loss == 0
    assert locality.rates.separating == pytest.approx(locality.rates_at_start.separating, rel=1e-12)


def test_shares_stay_shares_under_the_worst_luck():
    model = small(**{"world.life.drift_sd": 2.0, "world.life.drift_persistence": 0.0})
    for _ in range(3):
        model.step()
        rates = model.localities[0].rates
        for name in ("separating", "falling_ill"):
            assert ((getattr(rates, name) >= 0) & (getattr(rates, name) <= 1)).all()
        thresholds = model.localities[0].market.newcomer_status
        assert ((thresholds >= 0) & (thresholds <= 2**32)).all()
        assert (np.diff(thresholds, axis=-1) >= 0).all()


def test_every_policy_meets_the_same_luck():
    one, other = (small(policy, seed=3) for policy in ("business_as_usual", "growth_coalition"))
    for _ in range(4):
        one.step()
        other.step()
        a, b = one.localities[0], other.localities[0]
        assert a.demand == b.demand != 0
        assert (a.drift == b.drift).all()
        assert (a.luck == b.luck).all()
    assert one.ledger is not other.ledger


def test_the_luck_of_a_place_is_the_same_beside_others_and_at_any_sample():
    alone, sampled = small(seed=3), small(seed=3, sample=0.1)
    beside = CoalitionModel(SLOUGH.with_name("four_places.yaml"), policy="business_as_usual", rng=3, **SMALL)
    for model in (alone, sampled, beside):
        model.step()
    (slough,) = (locality for locality in beside.localities if locality.name == "Slough")
    for locality in (sampled.localities[0], slough):
        assert (locality.luck == alone.localities[0].luck).all()
    assert len({locality.demand for locality in beside.localities}) == 4


def test_another_seed_is_other_luck():
    one, other = small(seed=3), small(seed=4)
    assert (one.localities[0].luck_at_start != other.localities[0].luck_at_start).all()


def test_what_is_worse_is_worse_in_all_that_follows_from_it():
    assert (SLOPES[:3] > 0).all()
    assert SLOPES[3] < 0  # qualifications of newcomers


# How luck shows in what is observed


def held(name, seed, *, demand=0.0, drift=0.0, months):
    """Log unemployment over the last two years and mean deprivation at the end, with luck held at a level from the start."""
    sds = STILL | {"world.life.drift_sd": 1e-9}
    model = CoalitionModel(
        SLOUGH.with_name(f"{name}.yaml"), policy="business_as_usual", rng=seed, months=months, sample=0.5, **sds
    )
    (here,) = model.localities
    here.luck_at_start[:] = [-demand, *np.full(here.n_homes.size, -drift)]
    unemployed = []
    while model.running:
        here.luck[:] = 0
        model.step()
        unemployed.append(here.n_unemployed / here.n_residents)
    return np.log(np.mean(unemployed[-24:])), here.deprivation.mean()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["walsall", "telford_and_wrekin", "slough"])
def test_unemployment_answers_to_demand_as_starting_luck_takes_it_to(name):
    more, less = ([held(name, seed, demand=d, months=120)[0] for seed in (1, 2, 3)] for d in (0.05, -0.05))
    assert (np.mean(more) - np.mean(less)) / 0.1 == pytest.approx(UNEMPLOYMENT_PER_DEMAND, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["walsall", "slough"])
def test_deprivation_answers_to_drift_about_as_starting_luck_takes_it_to(name):
    after = [held(name, 1, drift=0.5, months=m)[1] - held(name, 1, drift=-0.5, months=m)[1] for m in (36, 72)]
    assert after[0] < DEPRIVATION_PER_DRIFT < after[1]
