"""The ten feedbacks of `world.mechanisms`: which way each works, and that 0 switches it off exactly.

Each situation is set up by hand in a world without the other nine, so that what moves is the one mechanism.
"""

import numpy as np
import pytest

import coalsim
from coalsim import Business, CoalitionModel, Resident
from coalsim.kernels.conditions import move, response
from coalsim.kernels.maths import logistic
from coalsim.kernels.residents import FELL_ILL, LEARNED, MOVED
from coalsim.names import BODIES, COHESION, HEALTH, SECTORS, SKILLS
from coalsim.phases import coalition, conditions, enterprise, labour, services, settlement
from coalsim.scenario.world import Mechanisms
from coalsim.start import settling

EVERYBODY_POOLS = {"name": "all", "instruments": {"pooled_fund": {"share": 1.0, "mandatory": True}}}
MARKET = [name != "public" for name in SECTORS]
LOCAL = [name in ("construction", "distribution") for name in SECTORS]


@pytest.fixture(scope="module")
def town(small):
    """A model at its start under business as usual, with only the named mechanisms on."""

    def build(scenario=small, policy="business_as_usual", **strengths):
        also = strengths.pop("also", {})
        strengths = {f"world.mechanisms.{name}": value for name, value in strengths.items()}
        return CoalitionModel(scenario, world="no_feedback", policy=policy, rng=1, **strengths, **also)

    return build


def columns(model, kind):
    """A copy of every column of the residents or the businesses."""
    return {name: model.tables[kind][name].copy() for name in model.tables[kind]}


def equal(some, others):
    """Whether two sets of columns are the same to the last bit."""
    return some.keys() == others.keys() and all(np.array_equal(some[name], others[name]) for name in some)


def test_there_are_ten_mechanisms_and_a_world_without_any(town):
    assert set(Mechanisms.model_fields) == {
        "conditions_to_business", "conditions_to_residents", "brokerage", "jobs_to_demand", "local_multiplier",
        "joint_working", "peer_influence", "trust_learning", "neighbourhood_spillover", "displacement",
    }  # fmt: skip
    assert set(dict(town().settings.world.mechanisms).values()) == {0}


# Conditions to business


def better_place(model, by=0.1):
    """The model after every neighbourhood has become better by as much."""
    for place in model.localities:
        place.quality += by
    return model


def outlook(model):
    return enterprise.outlook(model, model.localities[0])


def test_the_outlook_is_unchanged_at_the_start(town):
    model = town(conditions_to_business=1, local_multiplier=1)
    assert outlook(model).tolist() == [0.0] * 6


def test_a_better_place_is_good_for_private_business(town):
    for strength in (1, 2):  # in proportion; 0.3 log jobs for a unit of quality (world.enterprise.quality_effect)
        model = better_place(town(conditions_to_business=strength))
        assert outlook(model) == pytest.approx(np.where(MARKET, strength * 0.3 * 0.1, 0), abs=1e-12)


def test_better_skills_are_good_for_private_business(town):
    for strength in (0, 1):
        model = town(conditions_to_business=strength)
        model.localities[0].at_start["higher"] -= 0.1
        assert outlook(model) == pytest.approx(np.where(MARKET, strength * 0.3 * 0.1, 0), abs=1e-12)


def test_businesses_go_by_the_past_years_shortage_of_labour(town):
    model = town(local_multiplier=1)
    place = model.localities[0]
    place.business_totals[4:6] = np.round(2 * place.market.vacancies)  # twice as many posts open as at the start
    enterprise.run(model)
    effect = model.settings.world.enterprise.shortage_effect
    assert effect > 0
    first = np.where(MARKET, -effect * np.log(2.1 / 1.1) / 12, 0)
    assert place.outlook == pytest.approx(first, abs=1e-5)
    place.business_totals[4:6] = 0  # none open: bounded, and remembered no faster
    enterprise.run(model)
    assert place.outlook.max() < effect * np.log(11) / 12 + 1e-9


def test_a_better_place_draws_mobile_investment(town):
    model = better_place(town(conditions_to_business=1))
    attraction = model.settings.world.enterprise.attraction
    assert enterprise.attractiveness(model) == pytest.approx([np.exp(attraction * 0.1)])


def test_good_conditions_draw_the_sectors_that_need_them(town):
    sectors = []
    for strength in (0, 3):
        model = town(conditions_to_business=strength, also={"world.enterprise.entry_rate": 0.5})
        place = model.localities[0]
        place.condition[:, SKILLS] += 0.4  # business services follow skills most, see agents.business
        for model.month in range(24):
            enterprise.enter(model, place, 1.0)
        settling.count(model, place)
        sectors.append(place.stock.copy())
    entered = sectors[1] - sectors[0]
    assert sectors[0].sum() == sectors[1].sum()
    assert entered[SECTORS.index("business")] > 0
    assert entered.argmax() == SECTORS.index("business")


def test_without_it_the_place_does_not_matter_to_business(town):
    same, better = town(), better_place(town())
    better.localities[0].condition += 0.3
    assert outlook(better).tolist() == [0.0] * 6
    assert enterprise.attractiveness(better) == [1.0]
    for model in (same, better):
        enterprise.run(model)
    assert equal(columns(same, Business), columns(better, Business))


# Conditions to residents


def month_of_lives(model, skills=0.0, health=0.0, quality=0.0):
    """A month of the labour phase after conditions have changed; what happened, and the table of residents."""
    place = model.localities[0]
    place.condition[:, SKILLS] += skills
    place.condition[:, HEALTH] += health
    place.quality += quality
    labour.run(model)
    return place.resident_flows.sum(axis=0), columns(model, Resident)


def test_better_conditions_teach_and_heal(town):
    flows, _ = month_of_lives(town(conditions_to_residents=3))
    better, _ = month_of_lives(town(conditions_to_residents=3), skills=0.4, health=0.4)
    assert better[LEARNED] > flows[LEARNED]
    assert better[FELL_ILL] < flows[FELL_ILL]


def test_a_better_place_keeps_its_qualified_residents(town):
    effect = {"world.life.moving_effect": 6}
    flows, people = month_of_lives(town(conditions_to_residents=3, also=effect))
    better, _ = month_of_lives(town(conditions_to_residents=3, also=effect), quality=0.2)
    # Those below level 3 move as before: fewer moves are qualified residents who stay.
    assert better[MOVED] < flows[MOVED]
    assert flows[MOVED] - better[MOVED] <= (people["qualification"] >= 3).sum()


def test_without_it_conditions_do_not_touch_residents(town):
    flows, people = month_of_lives(town())
    better, others = month_of_lives(town(), skills=0.4, health=0.4, quality=0.2)
    assert flows.tolist() == better.tolist()
    assert equal(people, others)


@pytest.mark.parametrize("strength", [0, 3])
def test_cohesion_brings_residents_in_as_far_as_it_is_switched_on(town, strength):
    engaged = []
    for rise in (0.0, 0.4):
        model = town(conditions_to_residents=strength)
        model.localities[0].condition[:, COHESION] += rise
        coalition.engage(model, model.localities[0])
        engaged.append(model.tables[Resident]["is_engaged"].copy())
    assert (engaged[1] >= engaged[0]).all()  # the same luck
    assert (engaged[1].sum() > engaged[0].sum()) == (strength > 0)


# Brokerage


def month_with_engaged(model, share):
    """Residents hired in a month in which a share of businesses is engaged, and the table of residents."""
    firms = model.tables[Business]
    firms["is_engaged"][:] = firms["is_alive"] & (np.arange(firms.capacity) < share * firms.capacity)
    settling.count(model, model.localities[0])
    labour.run(model)
    return int(model.localities[0].hired[:2].sum()), model.tables[Resident]["status"].copy()


def test_engaged_businesses_hire_more_residents(town):
    strong = {"world.labour.brokerage_effect": 1.0}  # the largest, so that a small place shows it in a month
    hired, _ = month_with_engaged(town(brokerage=3, also=strong), share=0)
    brokered, _ = month_with_engaged(town(brokerage=3, also=strong), share=1)
    assert brokered > hired


def test_without_brokerage_it_does_not_matter_who_is_engaged(town):
    (hired, status), (brokered, other) = (month_with_engaged(town(), share) for share in (0, 1))
    assert hired == brokered
    assert np.array_equal(status, other)


# Jobs to demand


def demand_after_job_losses(model, lost=1000):
    """Demand now less demand settled, GBP a year, after residents have lost their jobs; and the bodies."""
    place = model.localities[0]
    place.n_unemployed += lost
    settlement.run(model)
    services.run(model)
    return {partner.name: partner.demand_now - partner.demand_settled for partner in place.partners}


def test_unemployment_costs_every_body_what_it_pays_for_a_case(town):
    model = town(jobs_to_demand=1)
    extra, weight = demand_after_job_losses(model), model.localities[0].weight
    for name, more in extra.items():
        assert more == pytest.approx(1000 * weight * model.settings.world.money.bodies[name].per_unemployed, abs=1e-3)
    assert extra["jobs_and_skills"] > 0


def test_dearer_failure_leaves_less_to_prevent_it(town):
    usual, worse = town(jobs_to_demand=1), town(jobs_to_demand=1)
    demand_after_job_losses(usual, 0)
    demand_after_job_losses(worse)
    jobs, schools = BODIES.index("jobs_and_skills"), BODIES.index("schools_and_learning")
    left = [[partner.discretionary for partner in model.localities[0].partners] for model in (usual, worse)]
    assert left[1][jobs] < left[0][jobs]
    assert left[1][schools] == left[0][schools]


def test_without_it_failure_costs_what_was_settled(town):
    usual, worse = town(), town()
    assert set(demand_after_job_losses(worse).values()) == {0.0}
    demand_after_job_losses(usual, 0)
    assert usual.ledger.flows == worse.ledger.flows


# Local multiplier


@pytest.mark.parametrize("strength", [0, 1, 2])
def test_residents_in_work_are_customers_of_sectors_that_sell_locally(town, strength):
    model = town(local_multiplier=strength)
    place = model.localities[0]
    place.at_start["employed"] = place.n_employed / 1.1
    # 0.7 log jobs for a log point of residents' employment (world.enterprise.demand_elasticity)
    assert outlook(model) == pytest.approx(np.where(LOCAL, strength * 0.7 * np.log(1.1), 0), abs=1e-12)


# Joint working


def effective_spend(model):
    """GBP a year of effective spending, all of it pooled by everybody."""
    model.ledger.open_month(0)
    for instrument in model.policy.in_force(0):
        instrument.act(model, model.localities)
    for phase in (settlement, services, coalition):
        phase.run(model)
    place = model.localities[0]
    return float((place.spend * (place.heads * place.n_homes)[:, None]).sum())


def test_joint_working_grows_with_the_breadth_of_contributors(small, town):
    scenario = small.model_copy(update={"options": {"all": coalsim.Policy.model_validate(EVERYBODY_POOLS)}})
    off, on, double = (town(scenario, "all", joint_working=strength) for strength in (0, 1, 2))
    spent = [effective_spend(model) for model in (off, on, double)]
    breadth = on.localities[0].coalition.breadth
    assert 2 < breadth < 8
    gain = 0.02 * (breadth - 1) / 7  # HM Treasury (2010): 2% at full breadth
    assert spent[1] / spent[0] == pytest.approx(1 + gain)
    assert spent[2] / spent[0] == pytest.approx(1 + 2 * gain)
    # Off, a pound is a pound: what is effective is what the ledger says was spent.
    assert spent[0] == pytest.approx(-12 / 100 * off.ledger.flow("Walsall", "coalition", "pot_spend"))


def test_joint_working_needs_more_than_one_contributor():
    assert coalition.breadth([]) == 0
    assert coalition.breadth([500]) == 1
    assert coalition.breadth([7, 7, 7, 7]) == pytest.approx(4)


# Peer influence


def choices(model, others, months=400):
    """What a body chooses, month by month, given what the others chose."""
    partner, terms = model.localities[0].services[0], model.localities[0].coalition.terms
    chosen = []
    for model.month in range(months):
        partner.is_member = False
        chosen.append(partner.decide(terms, 0.3, others))
    return np.array(chosen)


def test_partners_join_where_others_have_joined_with_brock_and_durlaufs_chance(town):
    every_month = {"world.partnership.reconsidering_pool": 1.0}
    for others in (-1.0, 0.0, 1.0):
        model = town(peer_influence=1, also=every_month)
        partner, terms = model.localities[0].services[0], model.localities[0].coalition.terms
        chance = logistic(2 * 1.0 * (partner.field(terms, 0.3) + 1.0 * others))  # beta = J = 1
        share = choices(model, others).mean()
        assert share == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / 400))  # four standard errors


def test_more_peers_never_put_a_partner_off(town):
    few, many = (choices(town(peer_influence=1), others) for others in (-1.0, 1.0))
    assert (many >= few).all()
    assert many.sum() > few.sum()


def test_without_it_the_others_do_not_matter(town):
    few, many = (choices(town(), others) for others in (-1.0, 1.0))
    assert few.any()
    assert np.array_equal(few, many)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.4])
def test_the_engaged_share_is_at_rest_at_the_start_and_peers_pull_it_along(share):
    assert coalition.chance(1.0, 0.5, share, share, 0.0) == pytest.approx(share)
    assert coalition.chance(1.0, 0.5, share, share + 0.1, 0.0) > share
    assert coalition.chance(1.0, 0.0, share, share + 0.1, 0.0) == pytest.approx(share)
    assert coalition.chance(1.0, 0.5, share, share, 0.1) > share > coalition.chance(1.0, 0.5, share, share, -0.1)


# Trust learning


def test_trust_follows_what_a_member_saw(town):
    model = town(trust_learning=1)
    partner = model.localities[0].services[0]
    partner.is_member = True
    partner.learn(0.01)  # 0.15 of the way to 40 x 0.01 (world.partnership.trust_rate, trust_scale)
    assert partner.trust == pytest.approx(0.15 * 0.4)
    for _ in range(100):
        partner.learn(1.0)
    assert partner.trust == pytest.approx(1)
    for _ in range(100):
        partner.learn(-1.0)
    assert partner.trust == pytest.approx(-1)
    partner.is_member = False
    for _ in range(100):
        partner.learn(1.0)
    assert partner.trust == pytest.approx(0, abs=1e-6)


def test_without_it_trust_stays_nought(town):
    partner = town().localities[0].services[0]
    partner.is_member = True
    partner.learn(1.0)
    assert partner.trust == 0.0


def test_trust_makes_a_partner_more_inclined_to_pool(town):
    model = town()
    partner, terms = model.localities[0].services[0], model.localities[0].coalition.terms
    before = partner.field(terms, 0.3)
    partner.trust = 0.5
    assert partner.field(terms, 0.3) - before == pytest.approx(0.5 * 0.5)  # world.partnership.trust_effect


# Neighbourhood spillover


def after_one_rises(model):
    """Change of the environment that a better first neighbourhood makes to every other in a month."""
    usual, better = [], []
    for rise, found in ((0.0, usual), (0.2, better)):
        place = model.localities[0]
        place.condition[:] = place.at_start["condition"]
        place.spend[:] = place.at_start["spend"]
        place.condition[0, 1] += rise
        conditions.run(model)
        found.append(place.condition[:, 1].copy())
    return (better[0] - usual[0])[1:]


def test_a_better_neighbourhood_lifts_those_next_to_it_and_no_others(town):
    model = town(neighbourhood_spillover=1)
    map_ = model.localities[0].geography
    beside = set(map_.neighbours[map_.indptr[0] : map_.indptr[1]])
    lifted = after_one_rises(model)
    for row, change in enumerate(lifted, start=1):
        around = map_.indptr[row + 1] - map_.indptr[row]
        expected = 0.003 * 0.2 / around if row in beside else 0  # world.conditions.spillover
        assert change == pytest.approx(expected, abs=1e-12)


def test_without_spillover_neighbourhoods_are_islands(town):
    assert after_one_rises(town()).tolist() == [0.0] * 168


def test_constant_spending_leads_to_its_long_run_condition():
    # c(t) = G + (c(0) - G)(1 - delta)**t, without neighbours.
    condition, spend, need = np.full((1, 5), 0.3), np.full((1, 5), 60.0), np.full((1, 5), 40.0)
    speed, alone = np.array([0.012, 0.05, 0.01, 0.03, 0.01]), np.array([0, 0])
    for _ in range(50):
        moved = np.empty_like(condition)
        move(condition, spend, need, np.zeros((1, 5)), speed, 0.0, 1.5, alone, np.empty(0, dtype=np.int64), moved)
        condition = moved
    goal = response(1.5, 1.5)
    assert condition[0] == pytest.approx(goal + (0.3 - goal) * (1 - speed) ** 50)


# Displacement


def test_one_places_gain_of_investment_is_anothers_loss_as_far_as_displacement_goes(four_places, town):
    pulls = {}
    for strength in (0, 0.5, 1):
        model = town(four_places, displacement=strength, conditions_to_business=1)
        model.localities[0].quality += 0.3
        pulls[strength] = enterprise.attractiveness(model)
    assert pulls[0][0] > 1
    assert pulls[0][1:] == [1.0, 1.0, 1.0]
    assert all(full < half < none for none, half, full in zip(*pulls.values()))


def test_full_displacement_only_divides_what_there_is(four_places, town):
    # The four places and the rest of the nation, whose pull stays 1, together draw what they drew before.
    model = town(four_places, displacement=1, conditions_to_business=1)
    for place, rise in zip(model.localities, (0.3, 0.1, 0.0, -0.2)):
        place.quality += rise
    pulls = np.array(enterprise.attractiveness(model))
    adults = np.array([place.place.adults for place in model.localities])
    pull = np.exp(model.settings.world.enterprise.attraction * np.array([0.3, 0.1, 0.0, -0.2]))
    mean = 1 + (adults * (pull - 1)).sum() / enterprise.NATION
    rest = enterprise.NATION - adults.sum()
    assert (adults * pulls).sum() + rest / mean == pytest.approx(enterprise.NATION)
