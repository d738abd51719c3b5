"""The economic and the financial case of an option: what it is worth to everybody, and to public bodies alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coalsim.analysis import paired_ratio
from coalsim.appraisal import Appraisal, Flow, UnitValue, distributional_weight, unit_values
from coalsim.experiments.worth.changes import SETTLED, Changes, pay_factors
from coalsim.ledger import COALITION, GOVERNMENT
from coalsim.names import BODIES
from coalsim.text import label

if TYPE_CHECKING:
    from coalsim.experiments.comparison import Comparison

# Bodies whose demand-led spending on people out of work is mostly benefits, and the states they are paid for.
PAYMENTS = {
    "jobs_and_skills": {"unemployed": "per_unemployed", "ill_inactive": "per_ill_inactive"},
    "housing_and_infrastructure": {"unemployed": "per_unemployed", "ill_inactive": "per_ill_inactive"},
    "council": {"unemployed": "per_unemployed"},
}
EARNINGS = "gross earnings of residents who enter work"
TIME = "less their time and costs of working"
PAYMENTS_LOST = "less out-of-work payments they no longer receive"
TAXES = "taxes on these earnings"
HEALTH = "health: less limiting illness"
TAKEN_BACK = "settlements and demand grants that central government saves"
SETTLEMENTS = "settlements and demand grants, less what pays for the programme"
OUTPUT, SURPLUS = "gross value added of local businesses", "businesses' output less pay at the median"
POOREST = 2.4  # weight of the poorest fifth by income, 2015 (HM Treasury, Green Book 2022, A3.20); 2.5 in 2010

# What the appraisal leaves without a price, with the indicator that shows it.
NOT_MONETISED = (
    ("condition_skills", "Skills and learning: lifetime earnings beyond entering work"),
    ("condition_environment", "Environment: amenity"),
    ("condition_cohesion", "Cohesion and safety: crime and fear of it"),
    ("condition_infrastructure", "Housing and infrastructure: amenity, travel time"),
    ("severe_deprivation", "Residents in severely deprived neighbourhoods"),
    ("effective_sectors", "A more mixed economy: resilience to shocks"),
    ("trust", "Trust between public bodies"),
)


def economic_case(change: Changes) -> Appraisal:
    """Net present social value of an option over the run: costs to central government, benefits to all.

    Costs are the programme's money. Benefits are what central government takes back of settlements and demand grants where
    demand falls; residents' earnings from entering work, at the pay of entrants, less their time and costs of working and the
    out-of-work payments they lose; the taxes on these earnings (paid by residents, received by central government); and better
    health. What services save and keep, and what the pot costs to run, is spent out of the same money: what that brings or
    fails to bring shows in the outcomes, so neither is counted again. Where a scenario takes programme money out of
    settlements, those stand among the costs. Output is in no sum; see `beside`.
    """
    costs, gains, base = programme(change), benefits(change), change.prices
    taken_back = change.money(GOVERNMENT, *SETTLED)
    if change.comparison.scenario.budget_neutral:
        costs.append(Flow(SETTLEMENTS, -taken_back, GOVERNMENT, "fiscal", base))
    else:
        gains.insert(0, Flow(TAKEN_BACK, taken_back, GOVERNMENT, "fiscal", base))
    return Appraisal(costs, gains)


def programme(change: Changes) -> list[Flow]:
    """What central government pays for the option, by kind."""
    return [
        Flow(f"programme: {label(kind)}", -change.money(GOVERNMENT, kind), GOVERNMENT, "fiscal", change.prices)
        for kind in change.programme_kinds
    ]


def benefits(change: Changes) -> list[Flow]:
    """What residents of each part of the place gain, and the taxes on it."""
    worth = unit_values()
    entry, tax, time = worth["entry_pay_ratio"], worth["tax_share"], worth["time_cost_share"]
    qaly, loss = worth["qaly_value"], worth["qaly_loss_limiting_illness"]
    flow = partial(Flow.of, prices=change.prices)
    found = []
    for part in change.parts:
        earned = change.earnings(part)
        found += [
            flow(EARNINGS, earned, entry, body=part, kind="economic"),
            flow(TIME, earned, entry, time, sign=-1, body=part, kind="economic"),
            flow(TAXES, earned, entry, tax, sign=-1, body=part, kind="transfer"),
            flow(TAXES, earned, entry, tax, body=GOVERNMENT, kind="transfer"),
            *(
                flow(PAYMENTS_LOST, payments(change, part, body), share, body=part, kind="transfer")
                for body, share in ((body, worth[f"transfer_share_{body}"]) for body in PAYMENTS)
            ),
            flow(
                HEALTH, change.person_years(part, "ill"), loss, qaly, sign=-1, body=part, kind="social", is_health=True
            ),
        ]
    return found


def payments(change: Changes, part: str, body: str) -> Any:
    """Spending of a body on people out of work in a part of the place, more under the option, GBP (pairs, years)."""
    world = change.comparison.scenario.world
    prices_ = world.money.bodies[body]
    cases = sum(
        float(getattr(prices_, per)) * change.person_years(part, state) for state, per in PAYMENTS[body].items()
    )
    return np.asarray(cases) * world.mechanisms.jobs_to_demand


def financial_case(change: Changes) -> Appraisal:
    """What public bodies put in and save, as Greater Manchester's cost-benefit model looks at it.

    Costs are the programme's money and the transaction costs of the pot, benefits the demand-led spending that each body
    avoids and the taxes on earnings. That bodies spend again what they avoid is their choice and no cost here, so this is what
    is released, not what the Exchequer has back.
    """
    base, worth = change.prices, unit_values()
    costs = programme(change)
    costs.append(
        Flow("transaction cost of the pot", -change.money(COALITION, "transaction"), COALITION, "fiscal", base)
    )
    saved = [Flow("demand-led spending avoided", change.avoided(body), body, "fiscal", base) for body in BODIES]
    earned = sum(change.earnings(part) for part in change.parts)
    pay = worth["entry_pay_ratio"], worth["tax_share"]
    saved.append(Flow.of(TAXES, earned, *pay, body=GOVERNMENT, kind="fiscal", prices=base))
    return Appraisal(costs, saved)


def part_weights(comparison: Comparison) -> dict[str, float]:
    """Distributional weight of the residents of each part of the place, (income of the middle part / income)**1.3.

    A part's income is the counterfactual's over the last year: pay for those in work, out-of-work payments for those who are
    not.
    """
    groups = comparison.distribution("deprivation at the start")
    rows = groups[(groups["option"] == comparison.counterfactual) & (groups["indicator"] == "employment_rate")]
    money = comparison.scenario.world.money.bodies
    out_of_work = sum(float(getattr(money[body], of["unemployed"])) for body, of in PAYMENTS.items())
    adults = [place.adults for place in comparison.scenario.places]
    factor = float(np.average(pay_factors(comparison.scenario), weights=adults))
    pay = 52 * factor * comparison.mean(comparison.counterfactual, "weekly_pay")
    income: dict[str, float] = {}
    for name, own in rows.groupby("group", sort=False):
        rate = float(np.average(own["mean"], weights=own["residents"]))
        income[str(name)] = rate * pay + (1 - rate) * out_of_work
    if not income:
        return {}
    middle = float(np.median(list(income.values())))
    return {name: float(distributional_weight(value, middle)) for name, value in income.items()}


def beside(change: Changes) -> dict[str, Appraisal]:
    """What is shown beside the social value and never added to it, each as benefits without costs: output, and surplus."""
    base = change.prices
    output, bill = change.lengths * change.indicator("output"), change.lengths * change.wage_bill()
    flows = {OUTPUT: output, SURPLUS: output - bill}
    return {name: Appraisal([], [Flow(name, flow, "businesses", "economic", base)]) for name, flow in flows.items()}


def yardsticks(change: Changes) -> pd.DataFrame:
    """Two ratios of the model beside what evaluations found: saving per person in work, public cost per net job."""
    base = change.prices
    in_work = sum(change.person_years(part, "in_work") for part in change.parts)
    avoided = sum(change.avoided(body) for body in BODIES)
    cost = -np.asarray(change.money(GOVERNMENT)).sum(axis=1)
    jobs = change.indicator("jobs")[:, -1]
    known: dict[str, UnitValue] = unit_values()
    rows = []
    for what, ratio, yardstick in (
        ("demand-led spending avoided, GBP a year for each resident more in work (all years)",
         paired_ratio(np.asarray(avoided).sum(axis=1), np.asarray(in_work).sum(axis=1)), "fiscal_saving_claimant_jrf"),
        ("money from central government, GBP for each job more at the end (not discounted)",
         paired_ratio(cost, jobs), "cost_per_net_job"),
    ):  # fmt: skip
        one = known[yardstick].at(base)
        rows.append((what, ratio.value, ratio.low, ratio.high, one.value, one.low, one.high, one.status, one.source))
    names = ["what", "model", "low", "high", "yardstick", "yardstick_low", "yardstick_high", "status", "source"]
    return pd.DataFrame(rows, columns=names)
