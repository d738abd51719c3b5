"""Money: every penny leaves one account and enters another, and every body lives within what it has."""

import numpy as np
import pandas as pd
import pytest

import coalsim
from coalsim.ledger import COALITION, GOVERNMENT, PROVIDERS, Ledger
from coalsim.names import BODIES

ENDS = (GOVERNMENT, PROVIDERS)  # of every chain of payments


@pytest.fixture
def ledger():
    """A council that holds 100 pence."""
    made = Ledger()
    made.open_month(0)
    made.pay("Walsall", GOVERNMENT, "council", "grant", 100)
    return made


def test_a_payment_leaves_one_account_and_enters_another(ledger):
    ledger.pay("Walsall", "council", COALITION, "pooled", 30)
    ledger.pay("Walsall", "council", COALITION, "pooled", 5)
    assert ledger.balance("Walsall", "council") == 65
    assert ledger.balance("Walsall", COALITION) == ledger.flow("Walsall", COALITION, "pooled") == 35
    assert ledger.flow("Walsall", "council", "pooled") == -35
    assert ledger.balance("Slough", "council") == ledger.flow("Slough", "council", "grant") == 0


def test_nobody_pays_what_it_does_not_have(ledger):
    with pytest.raises(ValueError, match="council pays 101 pence for pooled and has 100"):
        ledger.pay("Walsall", "council", COALITION, "pooled", 101)
    with pytest.raises(ValueError, match="has 0"):
        ledger.pay("Slough", "council", COALITION, "pooled", 1)
    assert ledger.balance("Walsall", "council") == 100  # a refused payment leaves no trace
    assert ledger.balance("Walsall", COALITION) == 0


@pytest.mark.parametrize("payer", ENDS)
def test_the_ends_of_the_chain_may_be_overdrawn(ledger, payer):
    ledger.pay("Walsall", payer, "council", "grant", 10**15)
    assert ledger.balance("Walsall", payer) < 0


@pytest.mark.parametrize("pence", [-1, 1.0, True, np.int64(5), "5", None, float("nan")])
def test_only_whole_pence_from_nought_are_paid(ledger, pence):
    with pytest.raises(ValueError, match="not a whole number of pence"):
        ledger.pay("Walsall", GOVERNMENT, "council", "grant", pence)


def test_money_out_of_nothing_is_noticed_when_the_month_closes(ledger):
    ledger.balances["Walsall", "council"] += 1
    with pytest.raises(ArithmeticError, match="month 0"):
        ledger.close_month()


def test_the_table_holds_months_that_are_closed(ledger):
    assert ledger.table().empty
    ledger.pay("Walsall", GOVERNMENT, "council", "nothing", 0)
    ledger.close_month()
    ledger.open_month(1)
    ledger.pay("Walsall", "council", PROVIDERS, "siloed", 40)
    ledger.close_month()
    table = ledger.table()
    text = str(pd.Series(["text"]).dtype)  # "object" before pandas 3
    assert dict(table.dtypes.astype(str)) == {
        "month": "int64", "locality": text, "body": text, "kind": text, "pence": "int64",
    }  # fmt: skip
    assert table.values.tolist() == [
        [0, "Walsall", GOVERNMENT, "grant", -100],
        [0, "Walsall", "council", "grant", 100],
        [1, "Walsall", "council", "siloed", -40],
        [1, "Walsall", PROVIDERS, "siloed", 40],
    ]


# A growth coalition in four places, its months watched


@pytest.fixture(scope="module")
def watched(four_places):
    """A run over its first review, and the balances of every account at the end of each month."""
    balances = []
    run = coalsim.simulate(
        four_places,
        policy="growth_coalition",
        seed=3,
        months=50,
        on_month=lambda model: balances.append(dict(model.ledger.balances)),
    )
    return run, balances


def test_every_month_of_every_place_and_kind_sums_to_zero(watched):
    run, _ = watched
    assert run.ledger["month"].nunique() == 50
    assert (run.ledger.groupby(["month", "locality", "kind"])["pence"].sum() == 0).all()


def test_every_body_closes_with_what_it_opened_with_plus_received_less_paid(watched):
    run, balances = watched
    flows = run.ledger.groupby(["month", "locality", "body"])["pence"].sum().to_dict()
    before = {}
    for month, now in enumerate(balances):
        for account, closing in now.items():
            assert closing == before.get(account, 0) + flows.get((month, *account), 0)
        before = now
    places = {place.name for place in run.model.localities}
    assert set(before) == {(place, body) for place in places for body in (*BODIES, COALITION, *ENDS)}


def test_only_government_and_providers_are_ever_overdrawn(watched):
    _, balances = watched
    lowest = {}
    for month in balances:
        for (_, body), pence in month.items():
            lowest[body] = min(lowest.get(body, 0), pence)
    assert all(lowest[body] == 0 for body in (*BODIES, COALITION))
    assert lowest[GOVERNMENT] < 0


def test_what_comes_in_is_what_is_spent_on_one_of_the_known_ends(watched):
    run, _ = watched
    kinds = run.ledger[run.ledger["body"] == GOVERNMENT].groupby("kind")["pence"].sum()
    came = {"grant", "demand_grant", "reward_grant", "retained_growth"}
    bought = {"convening_support", "evidence_investment", "performance_management", "business_engagement"}
    assert set(kinds.index) <= came | bought
    out = run.ledger[run.ledger["body"] == PROVIDERS].groupby("kind")["pence"].sum()
    assert set(out.index) == {"demand_led", "siloed", "pot_spend", "transaction"} | bought
    assert out.sum() == -kinds.sum()


def test_the_transaction_cost_is_its_share_of_the_pot(watched):
    run, _ = watched
    pot = run.ledger[run.ledger["body"] == COALITION].pivot_table(
        index=["month", "locality"], columns="kind", values="pence", aggfunc="sum", fill_value=0
    )
    whole = -(pot["transaction"] + pot["pot_spend"])
    assert whole.max() > 0
    assert (np.abs(-pot["transaction"] - 0.05 * whole) <= 0.5).all()  # world.partnership.transaction_cost, rounded


# Budget-neutral comparison


@pytest.fixture(scope="module")
def neutral_pair(small):
    """The growth coalition paid for by central government, and by the partners' own settlements."""
    return [
        coalsim.simulate(small, policy="growth_coalition", world="no_feedback", seed=1, budget_neutral=neutral)
        for neutral in (False, True)
    ]


def granted(run):
    grants = run.ledger[(run.ledger["kind"] == "grant") & (run.ledger["body"] != GOVERNMENT)]
    return grants.groupby("month")["pence"].sum()


def test_programme_money_comes_out_of_settlements_a_month_later(neutral_pair):
    paid_for, neutral = neutral_pair
    taken = (granted(paid_for) - granted(neutral)).to_numpy()
    programme = np.round(100 * neutral.indicators["programme_money"].to_numpy()[1:]).astype(int)
    assert taken[0] == 0
    assert taken[1:].tolist() == programme[:-1].tolist()
    assert programme.min() > 0


def test_a_budget_neutral_programme_costs_the_exchequer_nothing_but_the_lag(neutral_pair, small):
    _, neutral = neutral_pair
    usual = coalsim.simulate(small, policy="business_as_usual", world="no_feedback", seed=1)
    more = neutral.indicators["exchequer_cost"].sum() - usual.indicators["exchequer_cost"].sum()
    assert more == pytest.approx(
        neutral.indicators["programme_money"].iloc[-1], abs=0.01
    )  # the last month's, still owed


def test_every_partner_gives_up_its_share(neutral_pair):
    both = [
        run.ledger[(run.ledger["kind"] == "grant") & (run.ledger["month"] == 1)].set_index("body")["pence"]
        for run in neutral_pair
    ]
    cut = (both[0] - both[1])[list(BODIES)]
    free = np.array([partner.free_at_start for partner in neutral_pair[1].model.localities[0].partners])
    assert np.abs(cut.to_numpy() - cut.sum() * free / free.sum()).max() < 1  # whole pence by largest remainder


def test_what_a_settlement_cannot_bear_is_owed_and_taken_later(small):
    grant = {"area_grant": {"per_head": 2000, "end": 6}}
    options = {"option": coalsim.Policy.model_validate({"name": "a huge grant", "instruments": grant})}
    scenario = small.model_copy(update={"options": options})
    paid_for, neutral = (
        coalsim.simulate(scenario, world="no_feedback", seed=1, budget_neutral=is_neutral)
        for is_neutral in (False, True)
    )
    granted_each_month = granted(neutral)
    assert granted_each_month.min() >= 0
    taken = (granted(paid_for) - granted_each_month).sum()
    programme = round(100 * neutral.indicators["programme_money"].sum())
    assert taken + neutral.model.localities[0].top_slice == programme
    assert neutral.indicators["unmet_demand"].loc[2:7].min() > 0
