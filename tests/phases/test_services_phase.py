"""Demand first, as far as money goes; what is left is pooled by members and spent flat by others."""

import numpy as np
import pytest

from coalsim.ledger import COALITION, GOVERNMENT, PROVIDERS
from coalsim.phases import services


def with_money(model, pounds):
    """The model's first body, with so much in its account."""
    place = model.localities[0]
    body = place.services[2]
    model.ledger.open_month(model.month)
    model.ledger.balances.clear()
    model.ledger.pay(place.name, GOVERNMENT, body.name, "grant", round(100 * pounds))
    return place, body


def flow(model, place, body, kind):
    return model.ledger.flow(place.name, body.name if hasattr(body, "name") else body, kind)


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_demand_follows_failure_as_far_as_the_mechanism_goes(model_of, strength):
    model = model_of("one", **{"world.mechanisms.jobs_to_demand": strength})
    place, body = with_money(model, 1e9)
    place.n_ill += 200
    settled, cost = body.demand_settled, body.cost_of_failure()
    assert cost > settled
    services.meet_demand(model, place, body)
    assert body.demand_now == pytest.approx(settled + strength * (cost - settled), rel=1e-13)
    assert flow(model, place, body, "demand_led") == -round(100 / 12 * body.demand_now)
    assert body.unmet_share == 0


@pytest.mark.parametrize("change", [0.2, 0.0, -0.2])
def test_government_follows_part_of_a_change_in_demand(model_of, change):
    model = model_of("one")
    place, body = with_money(model, 1e9)
    body.settings = body.settings.model_copy(update={"follows_demand": 0.6})
    settled = body.demand_settled
    body.cost_of_failure = lambda: settled * (1 + change)
    services.meet_demand(model, place, body)
    assert flow(model, place, body, "demand_grant") == round(100 / 12 * 0.6 * settled * change)


def test_a_body_pays_back_no_more_than_it_has_and_meets_what_it_can(model_of):
    model = model_of("one")
    place, body = with_money(model, 70.0)
    settled = body.demand_settled
    body.settings = body.settings.model_copy(update={"follows_demand": 1.0})
    body.cost_of_failure = lambda: settled / 2
    services.meet_demand(model, place, body)
    assert flow(model, place, body, "demand_grant") == -7000
    assert flow(model, place, body, "demand_led") == 0
    assert body.unmet_share == 1
    place, body = with_money(model, 70.0)
    body.cost_of_failure = lambda: settled
    services.meet_demand(model, place, body)
    assert flow(model, place, body, "demand_led") == -7000
    assert body.unmet_share == pytest.approx(1 - 7000 / round(100 / 12 * settled), rel=1e-12)


def test_where_nothing_is_demanded_nothing_is_unmet(model_of):
    model = model_of("one")
    place, body = with_money(model, 0.0)
    body.cost_of_failure = lambda: 0.0
    body.demand_settled = 0.0
    services.meet_demand(model, place, body)
    assert body.unmet_share == 0.0


@pytest.mark.parametrize(("is_member", "is_mandatory"), [(True, False), (False, True), (True, True), (False, False)])
def test_members_pool_the_offered_share_and_the_rest_is_spent_flat(model_of, is_member, is_mandatory):
    model = model_of("one")
    place, body = with_money(model, 1234.57)
    place.coalition.terms.offered_share, place.coalition.terms.is_mandatory = 0.3, is_mandatory
    body.is_member = is_member
    place.spend[:] = 5.0
    services.pool_or_spend(model, place, body)
    pooled = int(123457 * 0.3) if is_member or is_mandatory else 0
    assert (body.discretionary, body.pooled) == (123457, pooled)
    assert flow(model, place, COALITION, "pooled") == pooled
    assert flow(model, place, body, "siloed") == pooled - 123457
    assert flow(model, place, PROVIDERS, "siloed") == 123457 - pooled
    expected = np.full_like(place.spend, 5.0)
    expected[:, body.domain] += 12 / 100 * (123457 - pooled) / (place.heads * place.n_residents)
    assert place.spend == pytest.approx(expected, rel=1e-13)


def test_a_month_begins_without_spending_and_visits_every_body(model_of):
    model = model_of("two", policy="business_as_usual")
    model.ledger.open_month(0)
    for place in model.localities:
        place.spend[:] = 99.0
        for body in place.partners:
            model.ledger.pay(place.name, GOVERNMENT, body.name, "grant", body.settlement // 12)
    services.run(model)
    for place in model.localities:
        heads = place.heads * place.n_residents
        flat = np.zeros(5)
        for body in place.partners:
            assert model.ledger.balance(place.name, body.name) == 0
            flat[body.domain] += 12 / 100 * body.discretionary / heads
        assert place.spend == pytest.approx(np.tile(flat, (place.n_homes.size, 1)), rel=1e-12)
