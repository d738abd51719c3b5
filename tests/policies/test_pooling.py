"""The pooled fund, the four blocks and the single pot: how much is pooled, and where it may go."""

import numpy as np
import pytest

from coalsim.agents.coalition import Terms
from coalsim.agents.partner import BLOCK_DOMAINS
from coalsim.names import BODIES, HEALTH, SKILLS

EVERYBODY = {"pooled_fund": {"share": 0.3, "mandatory": True}}


def test_a_mandatory_fund_takes_the_offered_share_of_everybodys_discretionary_money(model_with):
    for partner in model_with(EVERYBODY).localities[0].partners:
        assert partner.discretionary > 0
        assert partner.pooled == int(0.3 * partner.discretionary)


def test_a_mandatory_fund_makes_members_of_all_and_lets_them_go_when_it_ends(run_with):
    fund = {"share": 0.3, "mandatory": True, "start": 2, "end": 8}
    # Without peers nothing else holds them; with them all may stay.
    inside = run_with({"pooled_fund": fund}, **{"world.mechanisms.peer_influence": 0}).indicators["partners_in"]
    assert inside.loc[4:8].tolist() == [1.0] * 5  # partners choose sides each quarter
    assert inside.iloc[-1] < 1


def test_a_voluntary_fund_takes_it_from_members_only(model_with):
    model = model_with({"pooled_fund": {"share": 0.3}}, months=23)  # between two quarterly choices
    partners = model.localities[0].partners
    assert {partner.is_member for partner in partners} == {True, False}
    assert all(partner.pooled == int(0.3 * partner.discretionary) * partner.is_member for partner in partners)


def test_the_more_is_offered_the_more_is_pooled(run_with):
    shares = [run_with({"pooled_fund": {"share": share}}).indicators["pooled_share"] for share in (0, 0.1, 0.4)]
    assert (shares[0] == 0).all()
    assert (shares[1] <= shares[2]).all()
    assert shares[1].iloc[-1] < shares[2].iloc[-1]


def test_a_fund_is_phased_in_evenly(run_with):
    pooled = run_with({"pooled_fund": {"share": 0.3, "mandatory": True, "start": 2, "ramp": 3}}).indicators[
        "pooled_share"
    ]
    assert pooled.iloc[1:9].tolist() == pytest.approx([0, 0, 0.075, 0.15, 0.225, 0.3, 0.3, 0.3], abs=1e-6)  # pence


@pytest.fixture
def coalition(model_with):
    """A coalition with a plan, and nothing on offer."""
    built = model_with(EVERYBODY).localities[0].coalition
    built.terms = Terms()
    return built


@pytest.mark.parametrize("body", BODIES)
def test_without_freedom_a_bodys_money_stays_in_its_own_domain(coalition, body):
    spent = coalition.money_by_domain(0, {body: 1_000_000}).sum(axis=0)
    domain = coalition.locality.partners[BODIES.index(body)].domain
    assert spent[domain] == pytest.approx(1_000_000)
    assert np.delete(spent, domain).tolist() == [0] * 4


@pytest.mark.parametrize("body", BODIES)
def test_four_blocks_let_money_move_within_its_block_and_no_further(coalition, body):
    coalition.terms.freed_in_block = 1.0
    spent = coalition.money_by_domain(0, {body: 1_000_000}).sum(axis=0)
    allowed = BLOCK_DOMAINS[coalition.locality.partners[BODIES.index(body)].block]
    assert set(np.flatnonzero(spent)) == set(allowed)
    assert spent.sum() == pytest.approx(1_000_000)


@pytest.mark.parametrize("body", BODIES)
def test_a_single_pot_forgets_who_paid_in(coalition, body):
    coalition.terms.freed = 1.0
    coalition.terms.freed_in_block = 1.0  # freedom from all ring-fences wins
    spent = coalition.money_by_domain(0, {body: 1_000_000})
    assert np.array_equal(spent, coalition.money_by_domain(1_000_000, {}))
    assert (spent.sum(axis=0) > 0).all()
    assert spent.sum() == pytest.approx(1_000_000)


def test_part_freedom_mixes_free_block_and_own_money(coalition):
    coalition.terms.freed, coalition.terms.freed_in_block = 0.5, 0.5
    plan, partner = coalition.plan, coalition.locality.services[0]
    expected = 0.5 * plan.free + 0.25 * plan.block[partner.block] + 0.25 * plan.own[partner.domain]
    assert np.allclose(coalition.money_by_domain(0, {partner.name: 100}), 100 * expected, rtol=1e-12)


def spent_by_domain(model):
    """GBP a year of effective spending by domain, whole place."""
    place = model.localities[0]
    return (place.spend * (place.heads * place.n_homes)[:, None]).sum(axis=0)


def test_pooling_without_freedom_moves_no_money_between_domains(model_with):
    # By hand: a share s is pooled, loses the transaction cost c and gains psi by joint working.
    alone, pooling = model_with(), model_with(EVERYBODY)
    world = pooling.settings.world.partnership
    gain = world.joint_working * (pooling.localities[0].coalition.breadth - 1) / 7
    share = 0.7 + 0.3 * (1 - world.transaction_cost) * (1 + gain)
    assert spent_by_domain(pooling) == pytest.approx(share * spent_by_domain(alone), rel=1e-6)  # whole pence


@pytest.mark.parametrize("instrument", ["four_blocks", "single_pot"])
def test_freedom_moves_money_between_domains_and_makes_none(model_with, instrument):
    fenced, freed = spent_by_domain(model_with(EVERYBODY)), spent_by_domain(model_with({**EVERYBODY, instrument: {}}))
    assert freed.sum() == pytest.approx(fenced.sum(), rel=1e-6)
    assert np.abs(freed - fenced).max() > 0.01 * fenced.sum()


def test_four_blocks_leave_health_money_in_health(model_with):
    fenced, blocks = model_with(EVERYBODY), model_with({**EVERYBODY, "four_blocks": {}})
    assert spent_by_domain(blocks)[HEALTH] == pytest.approx(spent_by_domain(fenced)[HEALTH], rel=1e-6)
    assert spent_by_domain(model_with({**EVERYBODY, "single_pot": {}}))[HEALTH] != pytest.approx(
        spent_by_domain(fenced)[HEALTH], rel=1e-3
    )
    assert blocks.localities[0].services[0].domain == SKILLS
