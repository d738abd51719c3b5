"""What passes between the places of a nation, told again in numbers."""

from types import SimpleNamespace

import numpy as np
import pytest

from coalsim.agents.resident import Resident
from coalsim.kernels.random import draw, uniform
from coalsim.kernels.streams import COMMUTER
from coalsim.names import EMPLOYED, OUTSIDE, UNEMPLOYED
from coalsim.phases import exchange
from coalsim.phases.exchange import Seekers, Seen

TIER = np.array([0, 0, 0, 1, 1])
NOBODY = np.empty(0, dtype=np.int64)


def away_at_reference(place):
    """Residents a month who find work elsewhere at reference chances."""
    elsewhere = 1 - place.market.local[TIER]
    return (place.seekers * place.rates.finding * elsewhere[:, None, None]).sum()


def test_as_many_posts_fall_to_commuters_as_residents_leave_work_elsewhere(model_of):
    model, closed = model_of("nation"), model_of("two")
    life, quits = model.settings.world.life, model.settings.world.labour.commuter_quits
    leaving = 0.0
    for place in closed.localities:
        rates, profile = place.rates, place.profile
        at_work = rates.status[..., EMPLOYED]
        newcomer = rates.newcomer_level * (profile.ill * at_work[..., 1] + (1 - profile.ill) * at_work[..., 0])
        turnover = life.ageing + rates.moving
        goes = turnover * (1 - newcomer.sum(axis=1))[:, None, None] + (1 - turnover) * (
            rates.separating + rates.leaving
        )
        leaving += (place.people[:, EMPLOYED] * (1 - place.market.local[TIER])[:, None] * goes).sum()
    away = sum(place.n_outside for place in closed.localities)
    for place, alone in zip(model.localities, closed.localities):
        commuters = alone.business_totals[2:4]
        assert place.market.commuting == pytest.approx(
            alone.market.commuting + commuters * (leaving / away - quits), rel=1e-10
        )
    nation = model.nation
    assert nation.found_away_at_start == pytest.approx(sum(map(away_at_reference, closed.localities)), rel=1e-12)
    assert nation.beyond == away - sum(int(place.business_totals[2:4].sum()) for place in closed.localities)
    assert exchange.working_away(model) == away
    assert exchange.beyond(model) == nation.beyond


@pytest.mark.parametrize("displacement", [0.0, 0.5, 1.0])
def test_places_see_who_searches_how_good_others_are_and_who_moves(model_of, displacement):
    strengths = {"world.mechanisms.displacement": displacement, "world.mechanisms.conditions_to_residents": 0.8}
    model = model_of("nation", months=2, **strengths)
    first, second = model.localities
    first.quality += np.linspace(0, 0.2, first.quality.size)
    first.outside_work, second.outside_work = 0.7, 1.2
    exchange.look_around(model)
    nation, life = model.nation, model.settings.world.life
    searching = 0.7 * away_at_reference(first) + 1.2 * away_at_reference(second)
    assert nation.searchers == pytest.approx(searching / nation.found_away_at_start, rel=1e-12)
    better = [place.quality - place.at_start["quality"] for place in model.localities]
    whole = sum((rise * place.n_homes).sum() for rise, place in zip(better, model.localities))
    assert nation.elsewhere == pytest.approx(displacement * whole / (first.n_residents + second.n_residents), rel=1e-10)
    # Newcomers of each level are as many as they would be had no place changed.
    factors, steps = np.ones(5), np.arange(5)
    level = np.concatenate([place.rates.newcomer_level for place in model.localities])
    pull = level * np.exp(0.8 * life.sorting_effect * steps * np.concatenate(better)[:, None])
    free = np.concatenate([place.n_homes * (life.ageing + place.rates.moving) for place in model.localities])

    def drawn(pulled, factors):
        return (free[:, None] * pulled * factors / (pulled * factors).sum(axis=1, keepdims=True)).sum(axis=0)

    wanted = drawn(level, np.ones(5))
    for _ in range(200):
        factors = factors * wanted / drawn(pull, factors)
    # Factors count up to a common multiple; rounds end when a millionth of the largest level is missing.
    found = nation.newcomers ** (1 / displacement) if displacement else factors
    assert drawn(pull, found) == pytest.approx(wanted, abs=2e-6 * wanted.max())
    assert found / found[0] == pytest.approx(factors / factors[0], rel=1e-4)
    assert (nation.newcomers == 1).all() == (displacement == 0)


def test_rounds_of_balancing_end_when_they_should(monkeypatch):
    level, pull = np.full((2, 5), 0.2), np.array([[0.1, 0.1, 0.2, 0.2, 0.4], [0.2, 0.2, 0.2, 0.2, 0.2]])
    seen = [Seen(0.0, 0.0, np.array([3.0]), level[k : k + 1], pull[k : k + 1]) for k in range(2)]
    calls, drawn = [], exchange.labour.newcomers_drawn
    monkeypatch.setattr(exchange.labour, "newcomers_drawn", lambda *all_: calls.append(1) or drawn(*all_))
    exact = exchange.balancing_factors(seen)
    assert 6 < len(calls) < 60  # two places a round, one round to know what is wanted
    monkeypatch.setattr(exchange, "MOST_ROUNDS", 2)
    calls.clear()
    assert exchange.balancing_factors(seen) != pytest.approx(exact, rel=1e-9)
    assert len(calls) == 6
    calls.clear()
    assert exchange.balancing_factors([Seen(0.0, 0.0, np.array([3.0]), level[:1], level[:1])]).tolist() == [1] * 5
    assert len(calls) == 2


def test_work_elsewhere_is_as_likely_as_posts_are_tight(model_of):
    model = model_of("nation", months=2)
    chances = [(1.2, 0.9), (0.7, 1.1)]
    for place, left in zip(model.localities, (30, 12)):
        place.business_flows[3] = left
    exchange.expect(model, chances)
    posts = np.array([place.market.commuting for place in model.localities])
    assert model.nation.chance == pytest.approx((posts * chances).sum() / posts.sum(), rel=1e-12)
    assert exchange.dismissals(model) == 42
    enough = 42 + 8 * np.sqrt(42) + 40
    away = sum(place.n_outside for place in model.localities)
    assert abs(model.nation.at_risk - enough / away * 2.0**32) <= 1
    for place in model.localities:
        place.business_flows[3] = 10**6
        place.market.commuting[:] = 0
    exchange.expect(model, chances)
    assert model.nation.at_risk == 2**32
    assert model.nation.chance == 0
    for place in model.localities:
        place.n_outside = 0
    exchange.expect(model, chances)
    assert model.nation.at_risk == 2**32


def test_commuters_are_wanted_by_tightness_and_rounded_by_luck(model_of):
    model = model_of("nation", months=3)
    model.nation.searchers = 1.3
    for place in model.localities:
        place.market.commuting[:] = 5.5, 7.25
        for k in (0, 1):
            luck = draw(k, 3, COMMUTER, place.number, *model.key)
            assert exchange.commuter_luck(model, place, k) == (uniform(luck[0]), uniform(luck[1]))
            wanted = int((5.5, 7.25)[k] * 0.9 * 1.3 + uniform(luck[0]))
            assert exchange.commuters_wanted(model, place, k, 0.9) == wanted
        posts = exchange.posts_and_commuters(model, place)
        posts[0][0][:], posts[1][0][:] = 0, 0
        posts[1][0][:3] = 1
        assert exchange.offered(model, place, (0.9, 100.0)) == (0, 3)
        posts[0][0][:50] = 1
        assert exchange.offered(model, place, (0.9, 0.0)) == (exchange.commuters_wanted(model, place, 0, 0.9), int(
            uniform(draw(1, 3, COMMUTER, place.number, *model.key)[0]) >= 1))  # fmt: skip


def commuted(model, lines, ended, offers, direct=0.5):
    """What each place is told to carry out, when so many posts ended and so many are offered."""
    quotas = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exchange, "offered", lambda model, place, chances: offers[place.index])
        patch.setattr(exchange, "give_out", lambda model, place, seekers, quota: quotas.append(quota))
        labour = model.settings.world.labour
        patch.setattr(model, "settings", SimpleNamespace(
            world=SimpleNamespace(labour=labour.model_copy(update={"direct_moves": direct})), borders="open"))  # fmt: skip
        for place, n in zip(model.localities, ended):
            place.business_flows[3] = n
        exchange.commute(model, lines, [(1.0, 1.0)] * 2)
    return quotas


def line(at_risk=0, away=0, newcomers=0, left=0):
    return Seekers(NOBODY, NOBODY, np.arange(away), np.arange(at_risk), newcomers, left)


def test_residents_lose_and_find_as_many_posts_as_commuters(model_of):
    model = model_of("nation", months=2)
    lines = [line(at_risk=30, away=20, newcomers=5, left=7), line(at_risk=10, away=12, newcomers=1, left=4)]
    quotas = commuted(model, lines, (6, 4), ((8, 4), (3, 5)))
    dismissed, newcomers, found, quits, posts = zip(*quotas)
    # Half of ten move at once; the other five lose work. 20 posts less 5: 6 newcomers, then 9 of 26 who search.
    assert sum(dismissed) == 5
    assert newcomers == (5, 1)
    assert sum(found) == 9
    assert sum(quits) == 11
    assert sum(map(sum, posts)) == 20
    assert posts == ((8, 4), (3, 5))
    model.month = 2
    assert dismissed == tuple(model.share(5, [30, 10]))
    assert found == tuple(model.share(9, [15, 11]))
    held = [place.n_commuters - n for place, n in zip(model.localities, (6, 4))]
    assert quits == tuple(model.share(11, held))


def test_nobody_moves_to_a_post_that_is_not_there_and_who_is_at_risk_bounds_who_loses(model_of):
    model = model_of("nation", months=2)
    few = [line(at_risk=30), line(at_risk=10)]
    quotas = commuted(model, few, (6, 4), ((1, 1), (0, 0)))
    assert sum(quota[0] for quota in quotas) == 8  # only two of ten find a post at once
    short = [line(at_risk=2), line(at_risk=1)]
    quotas = commuted(model, short, (6, 4), ((9, 9), (0, 0)))
    assert [quota[0] for quota in quotas] == [2, 1]  # seven move instead
    assert sum(sum(quota[4]) for quota in quotas) == 7
    everybody = [line(at_risk=30, away=90, newcomers=40), line(at_risk=10, away=20, newcomers=9)]
    quotas = commuted(model, everybody, (6, 4), ((15, 5), (0, 10)))
    assert (sum(quota[1] for quota in quotas), sum(quota[2] for quota in quotas)) == (25, 0)
    quotas = commuted(model, [line(), line()], (0, 0), ((0, 0), (0, 0)))
    assert quotas == [(0, 0, 0, 0, (0, 0))] * 2


def test_too_few_who_could_lose_work_stop_the_run(model_of):
    model = model_of("nation", months=2)
    commuted(model, [line(at_risk=8), line()], (6, 4), ((2, 0), (0, 0)))
    with pytest.raises(
        ArithmeticError, match=r"^month 2: 10 posts of commuters ended, and too few who hold them were found$"
    ):
        commuted(model, [line(at_risk=7), line()], (6, 4), ((2, 0), (0, 0)))


def test_more_who_give_up_work_elsewhere_than_there_are_posts_stop_the_run(model_of):
    model = model_of("nation", months=2)
    held = sum(place.n_commuters for place in model.localities)
    quotas = commuted(model, [line(left=held), line()], (0, 0), ((0, 0), (0, 0)))
    assert sum(quota[3] for quota in quotas) == held
    message = rf"^month 2: {held + 1} residents gave up work elsewhere, and only {held} posts of commuters are left$"
    with pytest.raises(ArithmeticError, match=message):
        commuted(model, [line(left=held), line(left=1)], (0, 0), ((0, 0), (0, 0)))


def test_a_place_carries_out_its_share(model_of):
    model = model_of("nation", months=2)
    place, people = model.localities[1], model.tables[Resident]
    status, employer = people["status"][place.homes], people["employer"][place.homes]
    away = np.flatnonzero(employer == OUTSIDE)[:4]
    idle = np.flatnonzero(status == UNEMPLOYED)[:6]
    newcomers, searchers = idle[:3], idle[3:]
    seekers = Seekers(NOBODY, NOBODY, np.concatenate([newcomers, searchers]), away, 3, 0)
    both = exchange.posts_and_commuters(model, place)
    both[0][0][:2], both[1][0][:5] = 1, 1
    commuters = [int(both[k][1].sum()) for k in (0, 1)]
    place.resident_flows[:] = 0
    place.business_flows[3] = 10
    exchange.give_out(model, place, seekers, (2, 1, 2, 3, (1, 4)))
    assert (status[away] == [UNEMPLOYED] * 2 + [EMPLOYED] * 2).all()
    working = [newcomers[0], searchers[0], searchers[1]]
    assert (status[working] == EMPLOYED).all()
    assert (employer[working] == OUTSIDE).all()
    assert (status[[newcomers[1], newcomers[2], searchers[2]]] == UNEMPLOYED).all()
    assert place.resident_flows.sum(axis=0).tolist() == [2, 0, 0, 0, 3, 0, 0, 0, 0]
    assert place.business_flows[3] == 13
    assert place.hired[2:].tolist() == [1, 4]
    assert sum(int(both[k][1].sum()) for k in (0, 1)) == sum(commuters) + 5 - 3
    assert int(both[0][1].sum()) <= commuters[0] + 1


def test_commuters_of_both_kinds_of_posts_leave(model_of):
    model = model_of("nation", months=2)
    place = model.localities[0]
    both = exchange.posts_and_commuters(model, place)
    commuters = [int(kind[1].sum()) for kind in both]
    assert min(commuters) > 0
    exchange.give_out(model, place, line(), (0, 0, 0, sum(commuters), (0, 0)))
    assert [int(kind[1].sum()) for kind in both] == [0, 0]


def test_wanted_commuters_are_right_on_average(model_of):
    model = model_of("nation", months=2)
    place, found = model.localities[0], []
    model.nation.searchers = 1.0
    place.market.commuting[:] = 2.25
    for month in range(400):
        model.month = month
        found.append(exchange.commuters_wanted(model, place, 0, 1.0))
    assert set(found) == {2, 3}
    assert np.mean(found) == pytest.approx(2.25, abs=4 * np.sqrt(0.25 * 0.75 / 400))


def test_a_tiny_nations_newcomers_are_balanced_too():
    level = np.array([[0.2, 0.2, 0.2, 0.2, 0.2]] * 2)
    pull = np.array([[0.3, 0.2, 0.2, 0.2, 0.1], [0.2] * 5])
    seen = [Seen(0.0, 0.0, np.array([0.5]), level[k : k + 1], pull[k : k + 1]) for k in range(2)]
    factors, drawn = exchange.balancing_factors(seen), np.empty((2, 5))
    for one, out in zip(seen, drawn):
        exchange.labour.newcomers_drawn(one.pull, factors, one.free, out)
    assert drawn.sum(axis=0) == pytest.approx([0.2] * 5, rel=1e-5)
