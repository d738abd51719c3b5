"""A nation: what passes between places balances exactly, whatever the threads and the order of places, and nothing passes
where borders are closed."""

from math import fsum
from pathlib import Path

import numpy as np
import pytest

from coalsim import CoalitionModel, load_scenario
from coalsim.agents.business import Business
from coalsim.agents.resident import Resident
from coalsim.kernels.hiring import dismiss, hire_away, let_commuters_go
from coalsim.kernels.labour import newcomers_drawn, pulls
from coalsim.names import EMPLOYED, OUTSIDE, UNEMPLOYED
from coalsim.phases import exchange
from coalsim.phases.enterprise import attractiveness
from coalsim.policies.where import Where
from coalsim.results import simulate
from coalsim.scenario.nation import read_nation

SCENARIOS = Path(__file__).parents[1] / "scenarios"
MONTHS = 14


@pytest.fixture(scope="module")
def places():
    """Nine districts from the most to the least deprived, Slough among them."""
    every = read_nation(SCENARIOS / "nation" / "england_2006.yaml", root=SCENARIOS)
    return [place for k, place in enumerate(every) if k % 44 == 10 or place.name == "Slough"]


@pytest.fixture(scope="module")
def nation(places):
    """They as a nation of their own; the growth coalition in all, or in four drawn by lot."""
    scenario = load_scenario(
        SCENARIOS / "four_places.yaml", places=places, borders="open", sample=0.04, months=MONTHS, start="2006-04"
    )
    some = scenario.options["growth_coalition"].model_copy(update={"where": Where(at_random=4)})
    return scenario.model_copy(update={"options": {**scenario.options, "somewhere": some}})


def with_(scenario, **changes):
    return scenario.model_copy(update=changes)


# Balances


def people_and_posts(model):
    """Residents in work elsewhere, commuters in posts here, and residents in all, counted from the columns."""
    people, firms = model.tables[Resident], model.tables[Business]
    away = int((people["employer"] == OUTSIDE).sum())
    commuters = int(firms["commuters_higher"].sum() + firms["commuters_other"].sum())
    return away, commuters, people.count()


@pytest.mark.parametrize("policy", ["business_as_usual", "growth_coalition", "somewhere"])
def test_as_many_work_elsewhere_as_posts_are_held_from_elsewhere_in_every_month(nation, policy):
    model = CoalitionModel(nation, policy=policy, rng=2)
    away, commuters, everybody = people_and_posts(model)
    assert model.nation.beyond == away - commuters
    seen = set()
    while model.running:
        model.step()
        now = people_and_posts(model)
        assert now[0] - now[1] == model.nation.beyond
        assert now[2] == everybody
        seen.add(now[0])
    assert len(seen) > 5  # people do come and go


def test_residents_at_work_and_filled_jobs_change_by_the_same_number(nation):
    run = simulate(nation, policy="somewhere", seed=4)
    model = run.model
    in_work = sum(place.n_employed for place in model.localities)
    jobs = sum(place.n_jobs for place in model.localities)
    at_start = [sum(place.at_start[what] for place in model.localities) for what in ("employed", "jobs")]
    assert in_work - jobs == at_start[0] - at_start[1]
    assert in_work != at_start[0]


def test_money_balances_over_the_nation_in_every_month(nation):
    ledger = simulate(nation, policy="somewhere", seed=4).ledger
    assert (ledger.groupby(["month", "locality"])["pence"].sum() == 0).all()


def test_commuters_stay_near_their_number_when_nothing_happens(nation):
    still = load_scenario(
        nation,
        months=36,
        **{"world.enterprise.local_demand_sd": 0.0, "world.life.drift_sd": 0.0, "place.calibration.entry": 0.88},
    )
    model = CoalitionModel(still, policy="business_as_usual", rng=1)
    before = sum(place.n_outside for place in model.localities)
    while model.running:
        model.step()
    assert sum(place.n_outside for place in model.localities) == pytest.approx(before, rel=0.04)


def test_a_slump_that_leaves_no_post_to_move_to_balances_as_well(nation):
    shock = {
        "name": "slump",
        "start": "2006-06",
        "rise_months": 1,
        "fade_months": 60,
        "jobs": -0.5,
        "outside_work": -0.9,
    }
    world = nation.world.model_validate(
        {**dict(nation.world), "shocks": [{**shock, "job_loss": 0.0, "source": "made up"}]}
    )
    slump = load_scenario(with_(nation, world=world), sample=0.3, months=5)
    model = CoalitionModel(slump, policy="business_as_usual", rng=1)
    hired = []
    while model.running:
        model.step()
        away, commuters, _ = people_and_posts(model)
        assert away - commuters == model.nation.beyond
        hired.append(sum(int(place.hired[2:].sum()) for place in model.localities))
    assert hired[-1] < hired[0] / 4  # hardly a post is open


# The same whatever the threads and the order


def test_threads_and_order_of_places_change_nothing(nation):
    turned = with_(nation, places=[nation.places[k] for k in (4, 0, 7, 2, 8, 1, 6, 3, 5)])
    for policy in ("somewhere", "growth_coalition"):
        prints = {
            simulate(scenario, policy=policy, seed=3, threads=threads).fingerprint
            for scenario, threads in ((nation, 1), (nation, 2), (nation, 3), (turned, 1), (turned, 2))
        }
        assert len(prints) == 1


def test_the_order_of_places_changes_nothing_when_money_is_shared(nation):
    neutral = with_(nation, budget_neutral=True, months=40)  # a review of settlements falls into month 36
    turned = with_(neutral, places=neutral.places[::-1])
    one, two = (simulate(scenario, policy="growth_coalition", seed=3).fingerprint for scenario in (neutral, turned))
    assert one == two


def test_it_goes_on_from_a_snapshot(nation):
    whole = simulate(nation, policy="somewhere", seed=5).model
    model = CoalitionModel(nation, policy="somewhere", rng=5)
    for _ in range(6):
        model.step()
    again = model.snapshot().restore()
    while again.running:
        again.step()
    assert np.array_equal(again.indicators.array(), whole.indicators.array())


# Borders


def test_closed_borders_make_each_place_what_it_is_alone(nation):
    closed = with_(nation, borders="closed")
    together = simulate(closed, policy="growth_coalition", seed=6).model.indicators.array()
    for k in (0, 3, 8):
        alone = with_(closed, places=[closed.places[k]])
        assert np.array_equal(
            simulate(alone, policy="growth_coalition", seed=6).model.indicators.array()[:, 0], together[:, k]
        )


def test_a_place_alone_is_the_same_with_closed_borders_and_with_competition_for_investment(nation):
    alone = with_(nation, places=nation.places[:1])
    closed, competing = (
        simulate(with_(alone, borders=borders), policy="growth_coalition", seed=1).fingerprint
        for borders in ("closed", "investment")
    )
    assert closed == competing


def test_what_some_adopt_reaches_the_others_only_through_open_borders(nation):
    others = [k for k in range(9) if k not in nation.options["somewhere"].where.adopters(nation.places)]
    for borders, is_same in (("closed", True), ("open", False)):
        scenario = with_(nation, borders=borders)
        mixed, without = (
            simulate(scenario, policy=policy, seed=2).model.indicators.array()[:, others]
            for policy in ("somewhere", "business_as_usual")
        )
        assert np.array_equal(mixed, without) == is_same


# What places compete for


def better(model, k, by=0.1):
    """A model in which one place has become better."""
    model.localities[k].quality += by
    return model


def test_mobile_investment_that_one_place_wins_others_lose(nation):
    for displacement, is_zero_sum in ((1.0, True), (0.0, False)):
        model = better(CoalitionModel(load_scenario(nation, **{"world.mechanisms.displacement": displacement})), 2)
        pulls_ = attractiveness(model)
        mobile = [place.market.mobile * place.weight for place in model.localities]
        assert pulls_[2] > 1
        drawn = fsum(n * pull for n, pull in zip(mobile, pulls_))
        assert (drawn == pytest.approx(fsum(mobile), rel=1e-12)) == is_zero_sum
        assert all((pull < 1) == is_zero_sum for k, pull in enumerate(pulls_) if k != 2)


def test_the_nations_newcomers_are_of_the_levels_they_would_be_had_no_place_changed(nation):
    model = better(CoalitionModel(nation), 1, 0.2)
    seen = model.in_each(exchange.look)
    factors = exchange.balancing_factors(seen)
    drawn, as_before, as_now = np.zeros(5), np.zeros(5), np.zeros(5)
    for one in seen:
        newcomers_drawn(one.level, np.ones(5), one.free, drawn)
        as_before += drawn
        newcomers_drawn(one.pull, factors, one.free, drawn)
        as_now += drawn
    assert as_now == pytest.approx(as_before, rel=1e-5)
    newcomers_drawn(seen[1].pull, factors, seen[1].free, drawn)
    better_place = drawn.copy()
    newcomers_drawn(seen[1].level, np.ones(5), seen[1].free, drawn)
    assert better_place[4] > drawn[4]  # what it wins, the others lose


def test_a_level_that_no_place_draws_is_drawn_by_none():
    level = np.array([[0.0, 0.25, 0.25, 0.25, 0.25]])
    pull = level * [1.0, 1.0, 1.1, 1.2, 1.3]
    factors = exchange.balancing_factors([exchange.Seen(0.0, 0.0, np.array([2.0]), level, pull)])
    assert factors[1:] / factors[1] == pytest.approx([1, 1 / 1.1, 1 / 1.2, 1 / 1.3], rel=1e-5)
    assert np.isfinite(factors[0])


def test_a_pull_grows_with_level_and_quality():
    level, pull = np.full((2, 5), 0.2), np.empty((2, 5))
    pulls(level, np.array([0.0, 0.5]), 0.4, pull)
    assert pull[0] == pytest.approx(level[0])
    assert pull[1] == pytest.approx(0.2 * np.exp(0.2 * np.arange(5)), rel=1e-12)


def test_places_that_have_all_become_better_lose_nobody_for_it(nation):
    model = CoalitionModel(nation)
    for place in model.localities:
        place.quality += 0.1
    exchange.look_around(model)
    assert model.nation.elsewhere == pytest.approx(0.1)
    assert model.nation.newcomers / model.nation.newcomers[0] == pytest.approx(
        np.exp(-0.1 * sorting(model) * np.arange(5)), rel=1e-4
    )


def sorting(model):
    world = model.settings.world
    return world.life.sorting_effect * world.mechanisms.conditions_to_residents


# Money that is shared


def test_a_review_moves_money_between_places_and_adds_none(nation):
    model = CoalitionModel(with_(nation, months=60), policy="business_as_usual", rng=1)
    review = model.settings.world.money.review_months
    totals = []
    while model.month <= review:
        before = [[body.settlement for body in place.partners] for place in model.localities]
        model.step()
        after = [[body.settlement for body in place.partners] for place in model.localities]
        totals.append((np.array(before), np.array(after)))
    before, after = totals[review]
    assert (after.sum(axis=0) == before.sum(axis=0)).all()  # the steady world: settlements do not grow
    assert (before != after).any()


def test_a_pot_that_does_not_suffice_is_shared_in_proportion(nation):
    full, short = (
        simulate(
            load_scenario(nation, months=37, **{"policy.reward_grant.pot": pot, "policy.reward_grant.floor": 0.0}),
            policy="growth_coalition",
            seed=1,
        ).model
        for pot in (1.0, 0.05)
    )
    earned, paid = (
        np.array([sum(pence for _, pence in place.coalition.promised) for place in model.localities])
        for model in (full, short)
    )
    grant = short.policy.instruments["reward_grant"]
    most = 100 * grant.share_of_budget * sum(place.place.governance.net_budget.value for place in short.localities)
    assert earned.sum() > 0.05 * most
    assert paid.sum() == pytest.approx(0.05 * most, abs=9)
    assert paid / earned == pytest.approx(np.full(9, paid.sum() / earned.sum()), abs=1e-6)


def test_programme_money_of_a_budget_neutral_nation_is_taken_from_all(nation):
    neutral = with_(nation, budget_neutral=True, months=5)
    run = simulate(neutral, policy="somewhere", seed=1)
    free = simulate(with_(neutral, budget_neutral=False), policy="somewhere", seed=1)
    own = {place.name for place in run.model.adopted[0][1]}

    def grants(one, adopting):
        table = one.ledger
        table = table[(table["kind"] == "grant") & (table["pence"] > 0) & (table["month"] == 3)]
        return table[table["locality"].isin(own) == adopting]["pence"].sum()

    assert grants(run, True) < grants(free, True)
    assert grants(run, False) < grants(free, False)


# Kernels


def test_work_elsewhere_is_given_and_taken_in_the_order_of_draws():
    status = np.array([UNEMPLOYED] * 4 + [EMPLOYED] * 3, dtype=np.int8)
    months, employer = np.arange(7, dtype=np.int16), np.array([-1] * 4 + [OUTSIDE] * 3, dtype=np.int32)
    home = np.array([5, 5, 6, 6, 5, 6, 6], dtype=np.int32)
    counted = np.zeros(2, dtype=np.int64)
    line = np.array([(3 << 30) | 2, (5 << 30) | 0, (9 << 30) | 1], dtype=np.int64)
    hire_away(line, 0, 2, status, months, employer, home, counted)
    assert status.tolist() == [EMPLOYED, UNEMPLOYED, EMPLOYED, UNEMPLOYED, EMPLOYED, EMPLOYED, EMPLOYED]
    assert employer.tolist() == [OUTSIDE, -1, OUTSIDE, -1, OUTSIDE, OUTSIDE, OUTSIDE]
    assert months.tolist() == [0, 1, 0, 3, 4, 5, 6]
    assert counted.tolist() == [1, 1]
    counted[:] = 0
    dismiss(np.array([(1 << 30) | 6, (2 << 30) | 4], dtype=np.int64), 1, status, months, employer, home, counted)
    assert (status[6], employer[6], months[6]) == (UNEMPLOYED, -1, 0)
    assert status[4] == EMPLOYED
    assert counted.tolist() == [0, 1]


@pytest.mark.parametrize("n", range(13))
def test_commuters_go_evenly_and_as_many_as_are_told(n):
    higher, other = np.array([2, 0, 1, 3], dtype=np.int32), np.array([1, 0, 4, 1], dtype=np.int32)
    before = np.stack([higher, other])
    let_commuters_go(n, 0.5, higher, other)
    gone = before - np.stack([higher, other])
    assert gone.sum() == n
    assert (gone >= 0).all()
    assert np.abs(gone.sum(axis=0) - n * before.sum(axis=0) / 12).max() < 1
