"""What holds for every instrument of the family."""

import numpy as np
import pytest

import coalsim
from coalsim.agents.coalition import Terms
from coalsim.policies.policy import NEVER, PHASES

EVERY = list(coalsim.instruments)
FIRST, LAST = 6, 26  # months of force in the runs below; April is month 12 and 24

# Sizes that leave a mark on a small place in a year; four_blocks and single_pot act on what others pool.
STRONG = {
    "pooled_fund": {"share": 1.0, "mandatory": True},
    "reward_grant": {"term": 12, "floor": 0.0},
    "growth_retention": {"target_growth": -0.1},
    "target_alignment": {"share": 1.0},
}
BESIDE = {"pooled_fund": {"share": 0.3, "mandatory": True}}
MONTHS = 56


@pytest.fixture(scope="module", params=EVERY)
def pair(request, run_with):
    """Name of an instrument, a run without it, a run with it."""
    name = request.param
    beside = BESIDE if name in ("four_blocks", "single_pot") else {}
    settings = {"start": FIRST, "end": LAST, **STRONG.get(name, {})}
    # A strong mandate, so that aligning it moves somebody within the year.
    world = {"months": MONTHS, "world.partnership.mandate_effect": 3}
    return name, run_with(beside, **world), run_with({**beside, name: settings}, **world)


def values(run):
    return run.model.indicators.array()


def test_the_family_is_the_one_the_design_names():
    assert set(EVERY) == {
        "pooled_fund", "single_pot", "four_blocks", "reward_grant", "growth_retention", "convening_support",
        "evidence_investment", "performance_management", "area_grant", "business_engagement", "target_alignment",
        "extra_money",
    }  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
def test_every_instrument_says_what_it_and_its_settings_are(name):
    kind = coalsim.instruments[name]
    assert kind.__doc__.strip()
    assert kind.phase in PHASES
    assert all(field.description for field in kind.model_fields.values())


@pytest.mark.parametrize("name", EVERY)
def test_every_instrument_works_as_it_comes(name):
    instrument = coalsim.instruments[name]()
    assert (instrument.start, instrument.end, instrument.ramp) == (0, None, 0)
    assert instrument.strength(0) == instrument.strength(1200) == 1


@pytest.mark.parametrize("name", [name for name in EVERY if name != "reward_grant"])  # it pays after its end
def test_strength_is_nothing_outside_the_dates_and_rises_evenly_through_the_ramp(name):
    instrument = coalsim.instruments[name](start=3, end=10, ramp=3)
    assert [instrument.strength(month) for month in range(12)] == [0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 0, 0]


SIZES = {
    "pooled_fund": ({"share": 0.4}, "offered_share", 0.4),
    "single_pot": ({"freedom": 0.8}, "freed", 0.8),
    "four_blocks": ({"freedom": 0.8}, "freed_in_block", 0.8),
    "convening_support": ({"gap_closed": 0.6}, "leadership_support", 0.6),
    "evidence_investment": ({"cost": 90_000}, "evidence_support", 90_000),
    "business_engagement": ({"pull": 0.5}, "engagement_support", 0.5),
    "target_alignment": ({"share": 0.7}, "alignment", 0.7),
}


@pytest.mark.parametrize(("name", "settings", "term", "full"), [(name, *size) for name, size in SIZES.items()])
def test_an_instrument_offers_as_much_of_its_size_as_is_phased_in(model_with, name, settings, term, full):
    offered = []
    for months in (1, 2, 3):
        model = model_with({name: {**settings, "ramp": 1}}, months=months)
        offered.append(getattr(model.localities[0].coalition.terms, term))
    assert offered == pytest.approx([full / 2, full, full])


PAY_BY_OUTCOME = ("reward_grant", "growth_retention")


@pytest.mark.parametrize(
    "name", [name for name in EVERY if coalsim.instruments[name].is_time_limited and name not in PAY_BY_OUTCOME]
)
def test_an_instrument_costs_as_much_of_its_price_as_is_phased_in(run_with, name):
    money = run_with({name: {"ramp": 3}}, months=5).indicators["programme_money"].to_numpy()
    assert money[1:] == pytest.approx(money[5] * np.array([0.25, 0.5, 0.75, 1, 1]), abs=0.01)  # pence


def test_an_instrument_changes_nothing_before_it_starts(pair):
    _, without, with_it = pair
    assert np.array_equal(values(without)[: FIRST + 1], values(with_it)[: FIRST + 1])
    before = [run.ledger[run.ledger["month"] < FIRST] for run in (without, with_it)]
    assert before[0].equals(before[1])


def test_an_instrument_changes_the_run_once_it_is_in_force(pair):
    _, without, with_it = pair
    assert with_it.fingerprint != without.fingerprint


def test_an_instrument_offers_and_pays_nothing_after_its_end(pair):
    name, without, with_it = pair
    instrument = with_it.model.policy.instruments[name]
    assert with_it.model.localities[0].coalition.terms == without.model.localities[0].coalition.terms
    assert instrument not in with_it.model.policy.in_force(MONTHS - 1)
    own_kinds = set(with_it.ledger["kind"]) - set(without.ledger["kind"])
    paid = with_it.ledger[with_it.ledger["kind"].isin(own_kinds) & (with_it.ledger["kind"] != "pot_spend")]
    last = instrument.money_ends if instrument.is_time_limited else LAST
    assert (paid["month"] < last).all()


def test_only_instruments_that_bring_money_delay_the_judgement_of_success(pair):
    name, _, with_it = pair
    limited = with_it.model.policy.instruments[name].is_time_limited
    brought = with_it.indicators["programme_money"].sum() > 0
    assert brought == limited == (with_it.model.policy.money_ends >= LAST)


def bounds(kind):
    for setting, field in kind.model_fields.items():
        for limit in field.metadata:
            if (kind.__name__, setting) != ("RewardGrant", "ramp"):  # which it does not have
                yield from ((setting, getattr(limit, end)) for end in ("ge", "le") if hasattr(limit, end))


@pytest.mark.parametrize(
    ("name", "setting", "value"), [(name, *case) for name in EVERY for case in bounds(coalsim.instruments[name])]
)
def test_a_setting_at_its_bound_runs_and_every_indicator_stays_finite(run_with, name, setting, value):
    beside = {} if name == "pooled_fund" else BESIDE
    run = run_with({**beside, name: {setting: value}}, months=14)
    assert np.isfinite(values(run)).all()


def test_nothing_is_on_offer_when_nothing_is_in_force(model_with):
    assert model_with().localities[0].coalition.terms == Terms()


def test_only_money_that_is_paid_delays_the_verdict_of_tipping(small):
    free, costly = (
        coalsim.Policy.model_validate({"name": "convening", "instruments": {"convening_support": {"cost": cost}}})
        for cost in (0.0, 1.0)
    )
    assert (free.money_ends, costly.money_ends) == (0, NEVER)
    both = small.model_copy(update={"options": {"costly": costly, "free": free}})
    ends = [coalsim.CoalitionModel(both, policy=policy).money_ends for policy in both.options]
    assert ends == [NEVER, 0]  # nobody follows the counterfactual under a policy that all adopt
