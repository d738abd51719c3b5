"""What is bought for a partnership: convening, evidence, performance management, business engagement; and alignment."""

import pytest

from coalsim.ledger import GOVERNMENT

COSTS = {
    "convening_support": 240_000,
    "evidence_investment": 240_000,
    "performance_management": 240_000,
    "business_engagement": 20,  # a year for each business
}


@pytest.mark.parametrize(("name", "cost"), COSTS.items())
def test_support_costs_what_it_says_each_month(run_with, received, name, cost):
    run = run_with({name: {"start": 2, "end": 8, "cost": cost}}, months=12)
    paid = -received(run, GOVERNMENT, name)
    number = run.indicators["businesses"][0] if name == "business_engagement" else 1
    assert paid.index.tolist() == list(range(2, 8))
    assert set(paid) == {round(100 * cost * number / 12)}


def test_convening_moves_leadership_a_quarter_of_the_way_each_quarter(run_with):
    # Walsall starts at 0.3; support that closes half the gap aims at 0.65, and effort follows by 1/4 a quarter.
    leadership = run_with({"convening_support": {"gap_closed": 0.5, "end": 12}}).indicators["leadership"]
    rise = [0.65 - 0.35 * 0.75**quarter for quarter in range(5)]
    assert leadership.loc[[0, 3, 6, 9, 12]].tolist() == pytest.approx(rise)
    fall = [0.3 + (rise[4] - 0.3) * 0.75**quarter for quarter in range(1, 5)]  # once it has ended
    assert leadership.loc[[15, 18, 21, 24]].tolist() == pytest.approx(fall)


def test_leadership_stays_where_it_is_without_support(run_with):
    assert run_with().indicators["leadership"].tolist() == pytest.approx([0.3] * 25)


@pytest.mark.parametrize(("cost", "closed"), [(0, 0), (100_000, 1 / 2), (300_000, 3 / 4)])
def test_evidence_investment_closes_the_gap_in_evidence_with_falling_returns(run_with, cost, closed):
    # GBP 100,000 a year closes half the gap (world.partnership.evidence_cost), and half the way is gone in a year.
    table = run_with({"evidence_investment": {"cost": cost}}).indicators
    known = 0.3 + 0.2 * (table["residents_engaged"][12] + table["businesses_engaged"][12]) / 2
    aim = known + (1 - known) * closed
    assert table["evidence"].iloc[:13].tolist() == pytest.approx([0.3] * 13)
    assert table["evidence"][13] == pytest.approx(0.3 + 0.5 * (aim - 0.3))


def test_evidence_is_better_the_more_is_spent_on_it(run_with):
    ends = [run_with({"evidence_investment": {"cost": cost}}).indicators["evidence"].iloc[-1] for cost in (0, 1e5, 1e6)]
    assert ends == sorted(set(ends))


def reviews(run):
    events = run.events
    return events[events["kind"] == "reviewed"]


@pytest.mark.parametrize(("cycle", "months"), [(None, [12, 24]), (6, [6, 12, 18, 24]), (9, [9, 18, 27])])
def test_performance_management_sets_the_rhythm_of_reviews(run_with, cycle, months):
    policy = {} if cycle is None else {"performance_management": {"cycle": cycle}}
    assert reviews(run_with(policy, months=30))["month"].tolist() == months


@pytest.mark.parametrize("focus", ["outcomes", "outputs"])
def test_only_reviews_of_outcomes_steer_the_plan(model_with, focus):
    model = model_with({"performance_management": {"focus": focus}}, months=13)
    assert (model.localities[0].coalition.plan.focus > 1).any() == (focus == "outcomes")
    told = [text for _, _, kind, text in model.events if kind == "reviewed"]
    assert told
    assert all(f"judged by {focus}" in text for text in told)


def test_a_plan_steered_by_outcomes_follows_targets_behind_schedule(model_with):
    coalition = model_with({"performance_management": {}}, months=13).localities[0].coalition
    gaps = {name: 1 - share for name, share in coalition.attainment.items()}
    # Eight targets; health's only target is limiting illness, environment's is environment and the worst fifth.
    assert coalition.plan.focus[2] == pytest.approx(1 + (gaps["limiting_illness"] + gaps["worst_fifth_quality"]) / 8)
    assert coalition.plan.focus[1] == pytest.approx(1 + (gaps["environment"] + gaps["worst_fifth_quality"]) / 8)


def test_business_engagement_brings_businesses_in(run_with):
    alone, pulled = (run_with(policy).indicators["businesses_engaged"] for policy in ({}, {"business_engagement": {}}))
    assert (pulled >= alone).all()  # each meets the same luck with a higher chance
    assert pulled.iloc[-1] > alone.iloc[-1] + 0.02


def test_alignment_takes_away_its_share_of_mandate_tension(model_with):
    model = model_with({"target_alignment": {"share": 0.7}})
    terms, bare = model.localities[0].coalition.terms, model.localities[0].coalition.fresh_terms()
    assert terms.alignment == 0.7
    effect = model.settings.world.partnership.mandate_effect
    for partner in model.localities[0].partners:
        eased = partner.field(terms, 0.3) - partner.field(bare, 0.3)
        assert eased == pytest.approx(0.7 * effect * partner.settings.mandate)
        assert eased > 0


def test_full_alignment_leaves_no_tension(model_with):
    model = model_with({"target_alignment": {"share": 1.0}})
    fields = {p.field(model.localities[0].coalition.terms, 0.3) for p in model.localities[0].partners}
    assert len(fields) == 1  # what was left of their differences was the mandate
