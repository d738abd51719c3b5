"""A place twice as large, or twice the sample, has twice the residents, posts and businesses, within bounds that are derived."""

from functools import partial

import numpy as np
import pytest
from drawn import REAL, SCENARIOS, facts, law, run, scenarios, seeds, with_, worlds
from hypothesis import given
from scipy import stats

from coalsim import Business, CoalitionModel, Resident, load_scenario
from coalsim.indicators import indicators
from coalsim.indicators.indicator import AMOUNTS
from coalsim.names import EMPLOYED, UNEMPLOYED

pytestmark = pytest.mark.slow

ONE_IN = 1e9  # how rarely chance alone breaks a bound


def sized(place, times=1):
    """A place of so many times the size, of whose residents exactly half are of working age."""
    population = 2 * round(place.residents.population.value / 2)
    return place.model_copy(
        update={
            "residents": facts(place.residents, population=times * population, share_working_age=0.5),
            "economy": facts(place.economy, jobs=times * place.economy.jobs.value),
            "governance": facts(place.governance, net_budget=times * place.governance.net_budget.value),
        }
    )


def at_size(scenario, times, sample):
    return with_(scenario, places=[sized(place, times) for place in scenario.places], sample=sample)


@law
@given(scenarios(world=partial(worlds, mechanisms=False)), seeds)
def test_twice_the_place_at_half_the_sample_is_the_same_place_at_twice_the_weight(scenario, seed):
    """Simulated residents and posts are the same, since size enters through both alike, and doubling is exact in binary.

    Money is rounded to whole pence, by less than 6 pence a body and month. Where it feeds back, such pence could tip a draw:
    hence the world without mechanisms.
    """
    sample = min(1.0, 2 * scenario.sample * 0.8 / 0.5)  # enough for half of working age, and to be halved
    once, twice = (run(at_size(scenario, n, sample / n), "nothing", seed) for n in (1, 2))
    for kind in (Resident, Business):
        for name in once.tables[kind]:
            assert np.array_equal(once.tables[kind][name], twice.tables[kind][name]), name
    one, two = once.indicators.array(), twice.indicators.array()
    for k, name in enumerate(once.indicators.names):
        what = indicators[name]
        if what.subject == "money":
            assert two[..., k] == pytest.approx(2 * one[..., k], abs=0.5) or what.unit not in AMOUNTS, name
        elif what.subject in ("labour", "business", "residents"):
            assert np.array_equal(two[..., k], (2 if what.unit in AMOUNTS else 1) * one[..., k]), name


def bound(variance):
    """What a sum of independent yes-or-no draws strays from its mean but once in `ONE_IN` (Bernstein's inequality)."""
    size = np.log(2 * ONE_IN)
    return size / 3 + np.sqrt((size / 3) ** 2 + 2 * size * variance)


def counted_and_expected(model, place):
    """Residents of some kinds at the start, and the chance of each by neighbourhood."""
    profile, people = place.profile, model.tables[Resident]
    sick = np.stack([1 - profile.ill, profile.ill], axis=-1) * profile.level[..., None]
    by_status = (sick[..., None] * place.rates.status).sum(axis=(1, 2))
    status, level = people["status"][place.homes], people["qualification"][place.homes]
    return {
        "employed": ((status == EMPLOYED).sum(), by_status[:, EMPLOYED]),
        "unemployed": ((status == UNEMPLOYED).sum(), by_status[:, UNEMPLOYED]),
        "ill": (people["is_ill"][place.homes].sum(), sick[..., 1].sum(axis=1)),
        "unqualified": ((level == 0).sum(), profile.level[:, 0]),
        "level 4": ((level == 4).sum(), profile.level[:, 4]),
    }


@law
@given(scenarios(), seeds)
def test_twice_the_sample_starts_with_twice_the_residents_of_each_kind(scenario, seed):
    """Each home is an independent draw from its neighbourhood's profile, which does not know how many are simulated."""
    once, twice = (
        CoalitionModel(at_size(scenario, 2, min(1.0, n * scenario.sample * 0.8 / 0.5)), rng=seed + n) for n in (1, 2)
    )
    for place, larger in zip(once.localities, twice.localities):
        few, many = counted_and_expected(once, place), counted_and_expected(twice, larger)
        for what, (count, chance) in few.items():
            number, same_chance = many[what]
            assert np.array_equal(chance, same_chance), what
            for homes, found in ((place.n_homes, count), (larger.n_homes, number)):
                assert abs(found - homes @ chance) <= bound(homes @ (chance * (1 - chance))), what


@pytest.mark.parametrize(
    "real",
    [REAL[0], *(pytest.param(place, marks=pytest.mark.nightly) for place in REAL[1:])],
    ids=lambda place: place.code,
)
def test_after_a_year_twice_the_sample_has_the_same_people_posts_and_businesses(real):
    """Larger samples are less noisy and not different: means over seeds differ by no more than their standard errors allow.

    Luck of places is off, so that seeds differ in residents and businesses only. By Welch's test, one in a million.
    """
    replicates = 24
    base = load_scenario(
        SCENARIOS / "four_places.yaml",
        months=12,
        **{"world.enterprise.local_demand_sd": 0.0, "world.life.drift_sd": 0.0},
    )
    place = real.model_copy(update={"neighbourhoods": 8})
    found = []
    for n in (1, 2):
        scenario = with_(base, places=[place], sample=1500 * n / place.adults)
        models = [run(scenario, "growth_coalition", 100 * n + seed) for seed in range(replicates)]
        found.append(np.array([model.indicators.rows[-1][0] for model in models]))
    names = [indicators[name].subject in ("labour", "business", "residents") for name in models[0].indicators.names]
    one, two = (values[:, names] for values in found)
    error = np.sqrt((one.var(axis=0, ddof=1) + two.var(axis=0, ddof=1)) / replicates)
    gap = np.abs(one.mean(axis=0) - two.mean(axis=0))
    most = stats.t.isf(0.5e-6, replicates - 1)  # the fewest degrees of freedom that Welch's test has
    assert (gap <= most * error).all(), np.array(models[0].indicators.names)[names][gap > most * error]
