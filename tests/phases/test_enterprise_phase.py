"""What businesses expect, what a place attracts and what the national cycle does, told again in numbers."""

from types import SimpleNamespace

import numpy as np
import pytest

from coalsim.agents.business import Business, by_sector
from coalsim.kernels.random import draw, uniform
from coalsim.kernels.streams import BUSINESS_ENTRY
from coalsim.phases import enterprise
from coalsim.phases.enterprise import attractiveness, cumulative, cycle, look_ahead, outlook, shortage

MARKET = np.array([1, 1, 1, 1, 1, 0])  # all but the public sector
LOCAL = np.array([0, 1, 1, 0, 0, 1])  # sell in the area
CYCLICAL = np.array([1.6, 1.8, 1.0, 1.0, 1.0, 0.1])


def test_a_shortage_is_posts_per_unemployed_resident_against_the_start():
    def of(vacant, unemployed, at_start=100):
        market = SimpleNamespace(vacancies=np.array([30.0, 20.0]))
        return shortage(SimpleNamespace(market=market, n_vacancies=vacant, n_unemployed=unemployed,
                                        at_start={"unemployed": at_start}))  # fmt: skip

    assert of(50, 100) == pytest.approx(0, abs=1e-15)
    assert of(120, 40) == pytest.approx(np.log((120 + 5) / 55) - np.log(41 / 101))
    assert of(0, 0) == pytest.approx(np.log(1 / 11) - np.log(1 / 101))


def test_the_outlook_adds_place_skills_shortage_custom_demand_and_the_cycle(model_of):
    strengths = {"world.mechanisms.conditions_to_business": 0.8, "world.mechanisms.local_multiplier": 0.6}
    model = model_of("two", months=5, **strengths)
    place, firms = model.localities[1], model.settings.world.enterprise
    place.quality += np.linspace(0, 0.1, place.quality.size)
    place.shortage, place.demand, model.cycle = 0.2, 0.05, -0.03
    quality = np.average(place.quality - place.at_start["quality"], weights=place.n_homes)
    skills = place.by_level[3:].sum() / place.n_residents - place.at_start["higher"]
    custom = np.log(place.n_employed / place.at_start["employed"])
    assert min(abs(quality), abs(skills), abs(custom)) > 1e-6
    market = 0.8 * (firms.quality_effect * quality + firms.skills_effect * skills) - firms.shortage_effect * 0.2
    expected = MARKET * (market + LOCAL * 0.6 * firms.demand_elasticity * custom + 0.05) + CYCLICAL * -0.03
    assert outlook(model, place) == pytest.approx(expected, rel=1e-10)
    place.n_employed = 0  # nobody at work buys as little as one
    nobody = outlook(model, place)
    place.n_employed = 1
    assert nobody.tolist() == outlook(model, place).tolist()
    place.n_employed = 2
    assert (outlook(model, place) > nobody).any()


def test_a_twelfth_of_news_about_shortage_is_taken_in(model_of):
    model = model_of("one", months=2)
    place = model.localities[0]
    place.shortage, now = 0.6, shortage(place)
    look_ahead(model, place)
    assert place.shortage == pytest.approx(0.6 + (now - 0.6) / 12, rel=1e-13)
    assert place.outlook.tolist() == outlook(model, place).tolist()


@pytest.mark.parametrize("displacement", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("borders", ["closed", "investment", "open"])
def test_what_a_place_attracts_is_its_pull_over_the_mean(model_of, borders, displacement):
    strengths = {"world.mechanisms.displacement": displacement, "world.mechanisms.conditions_to_business": 0.7}
    model = model_of("two", borders=borders, **strengths)
    for place, rise in zip(model.localities, (0.2, -0.05)):
        place.quality += rise
    pull = np.exp(0.7 * model.settings.world.enterprise.attraction * np.array([0.2, -0.05]))
    adults = np.array([place.place.adults for place in model.localities])
    mobile = np.array([place.market.mobile * place.weight for place in model.localities])
    nation = 33_000_000
    if borders == "closed":
        mean = 1 + adults * (pull - 1) / nation
    elif borders == "investment":
        mean = 1 + (adults * (pull - 1)).sum() / nation
    else:
        mean = (mobile * pull).sum() / mobile.sum()
    assert attractiveness(model) == pytest.approx(pull / (1 + displacement * (mean - 1)), rel=1e-12)


def test_places_larger_than_the_nation_compete_with_nobody_else(model_of, monkeypatch):
    for borders in ("closed", "investment"):
        model = model_of("two", borders=borders, **{"world.mechanisms.displacement": 1.0})
        monkeypatch.setattr(enterprise, "NATION", 1000)
        for place, rise in zip(model.localities, (0.2, -0.05)):
            place.quality += rise
        adults = np.array([place.place.adults for place in model.localities])
        found = np.array(attractiveness(model))
        if borders == "closed":
            assert found == pytest.approx([1, 1], rel=1e-12)
        else:
            assert (adults * found).sum() == pytest.approx(adults.sum(), rel=1e-12)


def test_cumulative_thresholds_end_at_certainty():
    found = cumulative(np.array([1.0, 3.0, 0.0, 4.0]))
    assert found.tolist() == [2**29, 2**31, 2**31, 2**32]


def test_a_place_without_a_free_slot_says_so(model_of):
    model = model_of("one", months=1)
    place = model.localities[0]
    place.market.entrants = 9.0
    model.tables[Business]["is_alive"][place.slots] = True
    with pytest.raises(OverflowError, match=r"^Walsall: businesses have doubled .* no slot is left in month 1$"):
        enterprise.enter(model, place, 1.0)


def test_commuters_quit_by_themselves_only_where_borders_are_closed(model_of, monkeypatch):
    quits = {}
    for name in ("two", "nation"):
        model = model_of(name)
        monkeypatch.setattr(enterprise.kernel, "trade", lambda *all_: quits.__setitem__(name, all_[-2]))  # noqa: B023
        enterprise.trade(model, model.localities[0])
    assert quits == {"two": model.settings.world.labour.commuter_quits, "nation": 0.0}


def test_the_cycle_adds_shocks_up(model_of):
    model = model_of("one", world="recession_2008", start="2008-01")
    assert cycle(model) == (0.0, 1.0, 0.0)
    # From April 2008 it rises for 9 months, holds for 12, and fades for 48.
    for model.month, size in ((3, 1 / 9), (11, 1), (23, 1), (24, 1 - 1 / 48), (70, 1 - 47 / 48), (71, 0), (90, 0)):
        jobs, outside, loss = cycle(model)
        assert (jobs, outside, loss) == pytest.approx((-0.041 * size, 1 - 0.25 * size, 0.0037 * size), abs=1e-15)
    two = SimpleNamespace(size=lambda month: 1.0, jobs=-0.1, outside_work=-0.7, job_loss=0.01)
    world = SimpleNamespace(shocks=[two, two])
    twice = SimpleNamespace(month=0, settings=SimpleNamespace(start="2006-04", world=world))
    assert cycle(twice) == pytest.approx((-0.2, 0.0, 0.02))


def entering(model_of, monkeypatch, attraction, **overrides):
    """What the kernel of entry is told in twelve months: how many, how many of them mobile, and the thresholds of sectors."""
    model = model_of("one", months=6, **overrides)
    model.cycle = -0.2
    place, told = model.localities[0], []
    place.market.mobile = 2.5
    place.outlook[:] = np.linspace(-0.2, 0.3, 6)
    place.condition += np.linspace(-0.05, 0.1, 5)
    monkeypatch.setattr(enterprise.kernel, "enter", lambda *all_: told.append(all_) or 0)
    for model.month in range(12):
        enterprise.enter(model, place, attraction)
    return model, place, told


def test_entry_follows_profit_attraction_the_cycle_and_conditions(model_of, monkeypatch):
    more = {"world.mechanisms.conditions_to_business": 0.7}
    model, place, told = entering(model_of, monkeypatch, 1.3, **more)
    firms, market = model.settings.world.enterprise, place.market
    mood = (market.sector_shares * place.outlook).sum()
    change = place.mean_conditions() - place.at_start["mean_conditions"]
    weights = market.sector_shares * np.exp(firms.sector_response * 0.7 * by_sector("pull") @ change)
    for month, of_month in enumerate(told):
        luck = draw(2**31, month, BUSINESS_ENTRY, place.number, *model.key)
        ordinary = int(market.entrants * np.exp(firms.entry_response * mood) + uniform(luck[0]))
        mobile = int(market.mobile * 1.3 * np.exp(firms.entry_response * -0.2) + uniform(luck[1]))
        assert of_month[4:6] == (ordinary + mobile, mobile)
        for found, parts in ((of_month[-9], weights), (of_month[-8], weights * by_sector("is_tradable"))):
            assert abs(found - np.cumsum(parts) / parts.sum() * 2.0**32).max() <= 2
