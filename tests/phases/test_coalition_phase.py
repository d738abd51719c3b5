"""Who belongs, which tools are made when, and what the pot buys."""

import numpy as np
import pytest

from coalsim.agents.business import Business
from coalsim.agents.resident import Resident
from coalsim.kernels.random import draw, threshold
from coalsim.kernels.streams import BUSINESS_ENGAGE, RESIDENT_ENGAGE
from coalsim.ledger import COALITION, GOVERNMENT, PROVIDERS
from coalsim.names import COHESION
from coalsim.phases import coalition


def logistic(x):
    return 1 / (1 + np.exp(-x))


def test_sides_are_chosen_each_quarter_and_tools_made_when_they_are_due(model_of, monkeypatch):
    model, done = model_of("two"), []
    for name in ("choose_sides", "engage", "use_tools", "spend_pot"):
        monkeypatch.setattr(
            coalition, name, lambda model, place, name=name: done.append((model.month, place.index, name))
        )
    first, second = model.localities
    first.coalition.terms.review_months, first.coalition.plan = 6, "a plan"
    second.coalition.terms.review_months = 6
    for model.month in range(13):
        coalition.run(model)
        second.coalition.plan = "a plan" if model.month >= 2 else None

    def months(name, place):
        return [month for month, index, act in done if (index, act) == (place, name)]

    for place in (0, 1):
        assert months("choose_sides", place) == months("engage", place) == [0, 3, 6, 9, 12]
        assert months("spend_pot", place) == list(range(13))
    assert months("use_tools", 0) == [0, 6, 12]
    assert months("use_tools", 1) == [0, 1, 2, 6, 12]  # as long as there is no plan


def test_partners_come_and_go_and_it_is_told(model_of):
    model = model_of("one")
    place = model.localities[0]
    model.month = 9
    stays, joins, leaves, aloof = place.partners[:4]
    for body, was, will in ((stays, True, True), (joins, False, True), (leaves, True, False), (aloof, False, False)):
        body.is_member, body.joined_month = was, 5 if was else None
        body.decide = lambda terms, leadership, others, will=will: will
    for body in place.partners[4:]:
        body.decide = lambda terms, leadership, others: False
        body.is_member = False
    model.events.clear()
    coalition.choose_sides(model, place)
    assert [body.is_member for body in place.partners[:4]] == [True, True, False, False]
    assert [body.joined_month for body in place.partners[:4]] == [5, 9, None, None]
    assert [event[2:] for event in model.events] == [
        ("joined", f"{joins.name} joins the coalition"), ("left", f"{leaves.name} leaves the coalition"),
    ]  # fmt: skip


def test_each_partner_sees_leadership_the_others_and_the_past_year(model_of):
    model = model_of("one")
    place = model.localities[0]
    place.coalition.terms.leadership_support = 0.5
    aim = place.council.leadership_at_start + (1 - place.council.leadership_at_start) * 0.5
    expected = place.council.leadership_at_start + 0.25 * (aim - place.council.leadership_at_start)
    seen, learnt = [], {}
    for body in place.partners:
        body.is_member = False
        body.decide = lambda terms, leadership, others: seen.append((leadership, others)) or True
        body.learn = lambda change, body=body: learnt.setdefault(body.name, []).append(change)
    base = place.mean_conditions()
    for quarter in range(7):
        if quarter:
            place.condition += 0.01 * quarter  # 0, 1, 3, 6, 10, 15, 21 hundredths above the base
        coalition.choose_sides(model, place)
    assert seen[0][0] == pytest.approx(expected)
    # All others out, then one after the other in, each seeing who has joined before
    assert [others for _, others in seen[:8]] == pytest.approx([2 * k / 7 - 1 for k in range(8)])
    above = np.cumsum([0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06])
    for changes in learnt.values():
        assert changes == pytest.approx([above[q] - above[max(q - 4, 0)] for q in range(7)], abs=1e-12)
    assert place.coalition.condition_seen[0] == pytest.approx(base)


def test_businesses_and_residents_engage_by_field_and_peers(model_of):
    strengths = {"world.mechanisms.peer_influence": 0.8, "world.mechanisms.conditions_to_residents": 0.6}
    model = model_of("one", months=3, **strengths)
    place, world = model.localities[0], model.settings.world
    p, life = world.partnership, world.life
    place.outlook[:] = np.linspace(-0.3, 0.5, 6)
    place.coalition.terms.engagement_support = 0.15
    place.condition[:, COHESION] += np.linspace(-0.1, 0.2, place.n_homes.size)
    firms, people = model.tables[Business], model.tables[Resident]
    was_business, was_resident = firms["is_engaged"].copy(), people["is_engaged"].copy()
    field = p.business_growth_effect * (place.market.sector_shares * place.outlook).sum() + 0.15

    def rest(peer, share):
        return np.log(share / (1 - share)) / (2 * p.beta) - peer * (2 * share - 1)

    peer = 0.8 * p.business_peer
    m = 2 * place.coalition.business_engagement - 1
    choose = logistic(2 * p.beta * (rest(peer, p.business_engaged_share) + field + peer * m))
    reconsider, keys = threshold(p.reconsidering), model.key
    change = place.condition[:, COHESION] - place.at_start["condition"][:, COHESION]
    peer = 0.8 * life.engagement_peer
    m = 2 * place.engaged / place.n_homes - 1
    choose_here = logistic(
        2 * p.beta * (rest(peer, life.engaged_share) + 0.6 * life.engagement_effect * change + peer * m)
    )
    coalition.engage(model, place)
    for b, is_alive in enumerate(firms["is_alive"][place.slots]):
        thinks, chooses, _, _ = map(int, draw(b, 3, BUSINESS_ENGAGE, place.number, *keys))
        again = is_alive and thinks < reconsider
        assert firms["is_engaged"][place.slots][b] == (
            chooses < choose * 2**32 if again else was_business[place.slots][b]
        )
    area = np.repeat(np.arange(place.n_homes.size), place.n_homes)
    for i in range(place.n_residents):
        thinks, chooses, _, _ = map(int, draw(i, 3, RESIDENT_ENGAGE, place.number, *keys))
        expected = chooses < choose_here[area[i]] * 2**32 if thinks < reconsider else was_resident[i]
        assert people["is_engaged"][i] == expected


def test_a_chance_is_the_starting_share_when_nothing_moves_it():
    for beta, peer, share in ((1.0, 0.5, 0.1), (2.0, -0.3, 0.7)):
        assert logistic(2 * beta * (coalition.at_rest(beta, peer, share) + peer * (2 * share - 1))) == pytest.approx(
            share
        )
        field = coalition.at_rest(beta, peer, share) + 0.2 + peer * (2 * 0.4 - 1)
        assert coalition.chance(beta, peer, share, 0.4, 0.2) == pytest.approx(logistic(2 * beta * field))


@pytest.mark.parametrize(("month", "targets", "set_in", "own", "kinds"), [
    (0, False, 0, True, ["evidence", "strategy", "planned"]),
    (12, True, 12, True, ["evidence", "planned"]),  # set this month: nothing to review yet
    (12, True, 0, True, ["reviewed", "evidence", "planned"]),
    (35, True, 0, True, ["reviewed", "evidence", "planned"]),
    (36, True, 0, True, ["reviewed", "evidence", "strategy", "planned"]),
    (40, True, 4, True, ["reviewed", "evidence", "strategy", "planned"]),
    (40, True, 0, False, ["reviewed", "evidence", "planned"]),  # a reward agreement's targets stand
    (12, False, 0, False, ["evidence", "strategy", "planned"]),
])  # fmt: skip
def test_tools_are_made_in_their_order(model_of, month, targets, set_in, own, kinds):
    model = model_of("one", **{"world.partnership.target_horizon": 36})
    place, model.month = model.localities[0], month
    one = place.coalition
    one.terms.sets_own_targets = own
    if targets:
        one.set_strategy(set_in, one.measures())
    model.events.clear()
    coalition.use_tools(model, place)
    assert [event[2] for event in model.events] == kinds
    assert one.targets_set == (month if "strategy" in kinds else set_in)
    assert one.evidence_gathered == month


@pytest.mark.parametrize("strength", [0.0, 1.5])
def test_a_pot_pays_its_costs_and_joint_working_stretches_the_rest(model_of, strength):
    model = model_of("one", months=1, **{"world.mechanisms.joint_working": strength})
    place, p = model.localities[0], model.settings.world.partnership
    one, ledger = place.coalition, model.ledger
    ledger.open_month(1)
    place.spend[:] = 7.0
    pooled = dict(zip(place.partners, (400_000, 0, 250_000, 90_000)))
    for body in place.partners:
        body.pooled = pooled.get(body, 0)
        if body.pooled:
            ledger.pay(place.name, GOVERNMENT, body.name, "grant", body.pooled)
            ledger.pay(place.name, body.name, COALITION, "pooled", body.pooled)
    ledger.pay(place.name, GOVERNMENT, COALITION, "area_grant", 60_000)
    coalition.spend_pot(model, place)
    paid_in = {body.name: pence for body, pence in pooled.items() if pence}
    assert (one.pot, one.paid_in) == (800_000, paid_in)
    assert one.breadth == pytest.approx(740_000**2 / (400_000**2 + 250_000**2 + 90_000**2))
    cost = round(800_000 * p.transaction_cost)
    assert cost > 0
    assert ledger.flow(place.name, PROVIDERS, "transaction") == cost
    assert ledger.flow(place.name, PROVIDERS, "pot_spend") == 800_000 - cost
    assert ledger.balance(place.name, COALITION) == 0
    money = one.money_by_domain(60_000, paid_in)
    assert one.spent == pytest.approx(money.sum(axis=0))
    gain = p.joint_working * strength * (one.breadth - 1) / 7
    heads = place.heads * place.n_homes[:, None]
    expected = 7 + 12 / 100 * money * (1 - cost / 800_000) * (1 + gain) / heads
    assert place.spend == pytest.approx(expected, rel=1e-12)


def test_money_that_nobody_pooled_has_no_breadth_and_no_gain(model_of):
    model = model_of("one", months=1)
    place = model.localities[0]
    for body in place.partners:
        body.pooled = 0
    model.ledger.open_month(1)
    model.ledger.pay(place.name, GOVERNMENT, COALITION, "area_grant", 60_000)
    place.spend[:] = 0.0
    coalition.spend_pot(model, place)
    assert place.coalition.breadth == 0
    cost = round(60_000 * model.settings.world.partnership.transaction_cost)
    spent = (place.spend * (place.heads * place.n_homes)[:, None]).sum()
    assert spent == pytest.approx(12 / 100 * (60_000 - cost), rel=1e-9)


def test_an_empty_pot_buys_nothing(model_of):
    model = model_of("one", months=1, policy="business_as_usual")
    place = model.localities[0]
    place.spend[:] = 3.0
    coalition.spend_pot(model, place)
    assert (place.spend == 3).all()
    assert (place.coalition.pot, place.coalition.paid_in, place.coalition.breadth) == (0, {}, 0.0)
