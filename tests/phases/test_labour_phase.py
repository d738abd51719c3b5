"""How tight the market is, what residents may expect of a month, and who is hired."""

import inspect

import numpy as np
import pytest

from coalsim.agents.business import Business
from coalsim.kernels import residents as kernel
from coalsim.kernels.random import draw, uniform
from coalsim.kernels.streams import COMMUTER, HIRING
from coalsim.names import HEALTH, SKILLS
from coalsim.phases import labour

TIER = np.array([0, 0, 0, 1, 1])


@pytest.mark.parametrize("name", ["two", "nation"])
def test_tightness_is_posts_over_searchers_against_the_start(model_of, name):
    model = model_of(name, months=4)
    model.nation.searchers = 1.2
    settings = model.settings.world.labour
    for place in model.localities:
        here = place.seekers * place.rates.finding * place.market.local[TIER][:, None, None]
        higher = (here[:, 3:] * 0.7).sum()
        searching = np.array([higher, here.sum() - higher])
        posts = np.array([20, 45])
        for kind, n in zip(("higher", "other"), posts):
            vacancies = model.tables[Business][f"vacancies_{kind}"][place.slots]
            vacancies[:] = 0
            vacancies[:n] = 1
        market = place.market
        crowd = (searching + market.commuting * 1.2) / (market.searching + market.commuting)
        expected = (posts / market.vacancies / crowd) ** (1 - settings.matching_elasticity)
        assert labour.tightness(model, place) == pytest.approx(expected, rel=1e-12)


def expected_of(model, place, higher, other, monkeypatch):
    """What the kernel of lives is told."""
    told = []
    with monkeypatch.context() as patch:
        patch.setattr(labour.residents, "live", lambda *all_: (told.append(all_), all_[-2].fill(0)))
        seekers = labour.live(model, place, higher, other)
    assert all(line.size == 0 for line in seekers[:4])
    names = [*inspect.signature(kernel.live).parameters]
    return dict(zip(names, told[0], strict=True))


def same(found, chance):
    """To three words of 2**32, since `exp` and `power` differ from numpy's in the last place."""
    assert abs(found - np.asarray(chance) * 2.0**32).max() <= 3


@pytest.mark.parametrize("name", ["two", "nation"])
def test_what_residents_may_expect_follows_the_market_and_the_place(model_of, monkeypatch, name):
    strengths = {"world.mechanisms.brokerage": 0.9, "world.mechanisms.conditions_to_residents": 0.7}
    model = model_of(name, months=4, **strengths)
    place, world, nation = model.localities[1], model.settings.world, model.nation
    place.business_totals[4:] = 20, 30, 15  # posts, and those of engaged businesses
    place.outside_work, nation.chance, nation.at_risk, nation.elsewhere = 0.8, 1.1, 12345, 0.03
    nation.newcomers = np.array([0.9, 1.0, 1.1, 1.2, 0.8])
    place.condition += np.linspace(-0.1, 0.1, 5)
    place.quality += 0.05
    told = expected_of(model, place, 1.3, 0.6, monkeypatch)
    rates, market, life, effect = place.rates, place.market, world.life, 0.7
    is_open = name == "nation"
    helped = 1 + world.labour.brokerage_effect * 0.9 * 15 / 50
    here = rates.finding * market.local[TIER][:, None, None]
    reach = (0.7 * TIER)[:, None, None]
    parts = [here * reach * 1.3 * helped, here * (1 - reach) * 0.6 * helped]
    parts.append(rates.finding * (1 - market.local[TIER])[:, None, None] * 0.8 * 1.1 * (1.25 if is_open else 1.0))
    parts.append(np.broadcast_to(rates.giving_up[:, None], rates.finding.shape))
    assert sum(parts[:3]).max() < 0.95
    same(told["find"], np.cumsum(np.stack(parts, axis=-1), axis=-1))
    same(told["begin"], np.minimum(rates.searching * ((1.3 + 0.6) / 2) ** world.labour.encouragement, 0.9))
    change = place.condition - place.at_start["condition"]
    better = place.quality - place.at_start["quality"]
    same(told["fall_ill"], rates.falling_ill * np.exp(-life.illness_effect * effect * change[:, [HEALTH]]))
    same(told["learn"], rates.learning * np.exp(life.learning_effect * effect * change[:, SKILLS]))
    same(told["move"][:, 0], np.full(better.size, life.ageing + rates.moving))
    same(told["move"][:, 1], life.ageing + rates.moving * np.exp(-life.moving_effect * effect * (better - 0.03)))
    drawn = (
        rates.newcomer_level * np.exp(life.sorting_effect * effect * np.arange(5) * better[:, None]) * nation.newcomers
    )
    same(told["newcomer_level"], np.cumsum(drawn, axis=1) / drawn.sum(axis=1, keepdims=True))
    same(told["recover"], life.recovery_rate)
    assert told["outside_loss"] == (12345 if is_open else market.outside_loss)
    assert told["direct"] == world.labour.direct_moves
    assert told["is_open"] == is_open
    assert (told["place"], told["month"], told["first_slot"]) == (place.number, 4, place.slots.start)
    for k in ("leave_work", "newcomer_ill", "newcomer_status", "stay_local"):
        assert told[k] is getattr(market, k)


def test_where_no_post_is_open_nobody_is_helped_and_few_are_encouraged(model_of, monkeypatch):
    model = model_of("two", months=2)
    place, world = model.localities[0], model.settings.world
    place.business_totals[4:] = 0
    told = expected_of(model, place, 0.0, 0.0, monkeypatch)
    same(told["begin"], place.rates.searching * 1e-6**world.labour.encouragement)
    assert (told["find"][..., 1] == 0).all()


def test_posts_fall_to_residents_by_draws_then_to_commuters_by_luck(model_of, monkeypatch):
    model = model_of("two", months=3)
    model.nation.searchers = 1.1
    place, hired, commuting = model.localities[1], [], []
    lines = (np.array([5, 6]), np.array([7, 8, 9]))
    empty = np.empty(0, dtype=np.int64)
    seekers = labour.Seekers(*lines, empty, empty, 0, 0)
    monkeypatch.setattr(labour, "tightness", lambda model, place: (0.8, 1.4))
    monkeypatch.setattr(labour, "live", lambda model, place, *chances: commuting.append(chances) or seekers)
    monkeypatch.setattr(labour.hiring, "hire_residents", lambda line, posts, offset, *rest: hired.append(
        (line.tolist(), posts.tolist(), offset, rest[0])) or len(line))  # fmt: skip
    monkeypatch.setattr(labour.hiring, "hire_commuters", lambda wanted, posts, offset, commuters: commuting.append(
        (wanted, posts.tolist(), offset, commuters.tolist())) or 4)  # fmt: skip
    place.hired[:] = 99
    labour.search_and_match(model, place)
    table = model.tables[Business]
    table = {name: table[name][place.slots].tolist() for name in table}
    assert commuting[0] == (0.8, 1.4)
    for k, (kind, chance) in enumerate((("higher", 0.8), ("other", 1.4))):
        offset = uniform(draw(k, 3, HIRING, place.number, *model.key)[0])
        assert hired[k] == (lines[k].tolist(), table[f"vacancies_{kind}"], offset, place.slots.start)
        luck = draw(k, 3, COMMUTER, place.number, *model.key)
        wanted = int(place.market.commuting[k] * chance * 1.1 + uniform(luck[0]))
        assert commuting[1 + k] == (wanted, table[f"vacancies_{kind}"], uniform(luck[1]), table[f"commuters_{kind}"])
    assert place.hired.tolist() == [2, 3, 4, 4]


def test_borders_decide_how_places_meet(model_of, monkeypatch):
    acts = []
    for name in ("search_and_match", "tightness", "search", "clear"):
        monkeypatch.setattr(
            labour, name, lambda model, place, *more, name=name: acts.append((name, place.index, *more)) or name
        )
    for name in ("look_around", "expect", "commute"):
        monkeypatch.setattr(labour.exchange, name, lambda model, *more, name=name: acts.append((name, *more)))
    labour.run(model_of("two"))
    assert acts == [("search_and_match", 0), ("search_and_match", 1)]
    acts.clear()
    labour.run(model_of("nation"))
    assert acts == [
        ("look_around",), ("tightness", 0), ("tightness", 1), ("expect", ["tightness"] * 2), ("search", 0, "tightness"),
        ("search", 1, "tightness"), ("commute", ["search"] * 2, ["tightness"] * 2), ("clear", 0), ("clear", 1),
    ]  # fmt: skip


def test_somebody_left_at_a_closed_business_stops_the_run(model_of):
    model = model_of("two", months=1)
    place, table = model.localities[1], model.tables[Business]
    first = place.slots.start + int(table["is_alive"][place.slots].argmax())
    table["is_closing"][first], table["residents"][first] = True, 2
    table["commuters_higher"][first] = table["commuters_other"][first] = 1
    with pytest.raises(ArithmeticError, match=f"^{place.name}: 4 people still work at closed businesses in month 1$"):
        labour.clear(model, place)
    assert not table["is_alive"][first]
