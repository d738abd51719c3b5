"""What costs and moves nothing changes the ledger and nothing else; what is offered at size nought is not offered."""

from functools import partial

import pytest
from drawn import (
    NOTHING,
    differences,
    law,
    run,
    scenarios,
    seeds,
    settings_of,
    told,
    with_,
    worlds,
)  # fmt: skip
from hypothesis import given
from hypothesis import strategies as st

from coalsim import Policy
from coalsim.indicators import indicators

pytestmark = pytest.mark.slow

# Settings with which an instrument buys nothing that anybody notices: no convenor's work, no pull on businesses, and the
# reviews that there are anyway. Whatever evidence costs, it buys evidence; other money is spent in the place.
COSTS_ONLY = {
    "convening_support": {"gap_closed": 0.0},
    "business_engagement": {"pull": 0.0},
    "performance_management": {"cycle": 12, "focus": "outputs"},
}
MONEY = [f"indicator {name}" for name, one in indicators.items() if one.subject == "money"]
VERDICT = ["indicator sustaining", "tipped", "tippings"]

# Settings at which an instrument does nothing at all.
NOUGHT = {
    "area_grant": {"per_head": 0.0},
    "business_engagement": {"pull": 0.0, "cost": 0.0},
    "convening_support": {"cost": 0.0, "gap_closed": 0.0},
    "evidence_investment": {"cost": 0.0},
    "extra_money": {"per_head": 0.0},
    "four_blocks": {"freedom": 0.0},
    "growth_retention": {"multiplier": 0.0},
    "performance_management": {"cycle": 12, "focus": "outputs", "cost": 0.0},
    "pooled_fund": {"share": 0.0, "mandatory": False},
    "single_pot": {"freedom": 0.0},
    "target_alignment": {"share": 0.0},
}


def with_instruments(policy, chosen):
    return Policy.model_validate({**dict(policy), "instruments": {**policy.instruments, **chosen}})


def added(settings):
    """An instrument of a family, with the settings that the family fixes."""
    return st.sampled_from(sorted(settings)).flatmap(
        lambda name: settings_of(name, **settings[name]).map(lambda chosen: {name: chosen})
    )


def options(scenario, more):
    """The drawn policy without and with an instrument; what it already has of that kind goes."""
    drawn = scenario.options["drawn"]
    others = {name: one for name, one in drawn.instruments.items() if name not in more}
    without = drawn.model_copy(update={"instruments": others})
    return with_(scenario, options={"nothing": NOTHING, "without": without, "with": with_instruments(without, more)})


@law
@given(scenarios(budget_neutral=False), added(COSTS_ONLY), seeds)
def test_what_only_costs_changes_only_the_ledger(scenario, more, seed):
    """Such money passes from government through the coalition to providers within a month and nobody sees it.

    A budget-neutral scenario takes it from partners, so there it moves much. Time-limited money also delays the verdict.
    """
    scenario = options(scenario, more)
    with_it, without = (told(run(scenario, option, seed)) for option in ("with", "without"))
    assert differences(with_it, without, besides=["ledger", *MONEY, *VERDICT]) == []
    for code, place in with_it.items():
        bought = {row for row in place["ledger"] if row[2] in more}
        assert sorted(set(place["ledger"]) - bought) == without[code]["ledger"]


@law
@given(scenarios(world=partial(worlds, mechanisms=False)), seeds)
def test_without_mechanisms_no_policy_reaches_residents_or_businesses(scenario, seed):
    """Every way from a policy to people, posts or businesses leads through one of the ten mechanisms.

    Conditions of neighbourhoods, deprivation and who engages do change: money buys them without a mechanism.
    """
    kept = [
        f"indicator {name}"
        for name, one in indicators.items()
        if one.subject not in ("labour", "business", "residents")
    ]
    moved = [
        "resident is_engaged",
        "business is_engaged",
        "body",
        "evidence",
        "targets",
        "promised",
        "ledger",
        "events",
    ]
    moved += ["place condition", "place quality", "place deprivation", "place spend", "tipped", "tippings"]
    with_it, without = (told(run(scenario, policy, seed)) for policy in ("drawn", "nothing"))
    assert differences(with_it, without, besides=[*kept, *moved]) == []


@law
@given(scenarios(), added(NOUGHT), seeds)
def test_an_instrument_of_size_nought_is_none(scenario, more, seed):
    """What it sets is what stands without it."""
    scenario = options(scenario, more)
    with_it, without = (told(run(scenario, option, seed)) for option in ("with", "without"))
    assert differences(with_it, without) == []


@law
@given(scenarios(), settings_of("reward_grant", share_of_budget=0.0), seeds)
def test_a_reward_grant_of_nought_sets_targets_and_no_more(scenario, grant, seed):
    """An agreement without a reward is still an agreement: it sets targets anew, which reviews of outcomes steer by."""
    scenario = options(scenario, {"reward_grant": grant, "performance_management": {"focus": "outputs"}})
    drawn = scenario.options["with"]
    without = {name: one for name, one in drawn.instruments.items() if name != "reward_grant"}
    scenario = with_(
        scenario, options={**scenario.options, "without": drawn.model_copy(update={"instruments": without})}
    )
    with_it, without = (told(run(scenario, option, seed)) for option in ("with", "without"))
    assert differences(with_it, without, besides=["targets", "promised", "events", "indicator attainment"]) == []
