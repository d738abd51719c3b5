"""The opening of a report: the question, the options, and the answer in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coalsim.experiments import places
from coalsim.experiments.telling import failures, found, sureness, title
from coalsim.experiments.worth.cases import HEALTH
from coalsim.experiments.worth.worth import Worth
from coalsim.reporting import words
from coalsim.reporting.section import Section, Table
from coalsim.scenario.calendar import Month
from coalsim.text import label

if TYPE_CHECKING:
    from coalsim.experiments.comparison import Comparison


def question(comparison: Comparison) -> Section:
    """What is asked, of which places, and what is compared."""
    import pandas as pd

    scenario, design = comparison.scenario, comparison.ensemble.design
    names = [place.name for place in scenario.places]
    where = f"{len(names)} places" if places.is_nation(comparison) else words.joined(names)
    n = int(comparison.compared.sum())
    start = Month.parse(scenario.start)
    says = [scenario.question] if scenario.question else []
    says.append(
        f"{where}, {scenario.months} months from {start}, residents aged 16 to 64 simulated "
        + ("one for one" if scenario.sample == 1 else f"one in {1 / scenario.sample:.3g}")
        + f"; {n} pairs of runs, each option meeting the same luck as '{title(comparison, comparison.counterfactual)}'. "
        + (f"Worlds: {words.joined(list(design.worlds))}." if len(design.worlds) > 1 else f"World: {comparison.world}.")
    )
    if comparison.scaled:
        says.append("Options are scaled to the same programme money.")
    if scenario.budget_neutral:
        says.append("What a programme costs is taken out of the settlements of services.")
    rows, data = [], []
    for option in comparison.options:
        policy = scenario.options[option]
        role = "counterfactual" if option == comparison.counterfactual else ""
        spent, spent_text = comparison.cost(option), words.money(comparison.cost(option))
        instruments = words.joined([label(name) for name in policy.instruments]) or "none"
        rows.append([title(comparison, option), policy.summary or role, instruments, spent_text])
        data.append((option, policy.name, policy.summary, role, instruments, spent))
    table = Table(
        "options",
        "Options that are compared; the first is the counterfactual",
        ["Option", "What it is", "Instruments", "Programme money over the run"],
        rows,
        pd.DataFrame(data, columns=["option", "name", "summary", "role", "instruments", "programme_money_gbp"]),
        "Programme money is not discounted, in real pounds of the first year, mean of the runs; pooled money is not in it.",
    )
    return Section("question", "The question and the options", says, parts=[table])


def answer(comparison: Comparison) -> Section:
    """What was found, in words, with how sure it is."""
    points = []
    for option in comparison.options[1:]:
        says = found(comparison, option)
        worth = worth_in_words(comparison.worth(option)) if comparison.can_appraise else []
        points.append((title(comparison, option), [f"{says[0].upper()}{says[1:]}.", *worth]))
    against = title(comparison, comparison.counterfactual)
    case = f" in the world '{comparison.world}'" if len(comparison.cases()) > 1 else ""
    opening = f"Against '{against}'{case}, in the last year of {comparison.scenario.months} months:"
    closing = []
    if comparison.can_appraise and len(comparison.options) > 2:
        closing.append(best(comparison))
    closing += tips(comparison)
    sure = [line for line in sureness(comparison) if line]
    sure.append("Where an interval holds nought, read: these runs cannot tell it from no difference.")
    quick = ["A quick comparison: a few runs that show that it works, not what is true."] if comparison.is_quick else []
    closing += [*sure, *failures(comparison), CAUTION]
    return Section("answer", "The answer", [*quick, opening], points=points, afterwards=closing)


CAUTION = (
    "The intervals show luck within the model, and where it is said the ranges of unit values. They leave out what is uncertain "
    "in the model's parameters and form, many of which rest on assumption: read directions and orders of magnitude, not "
    "decimals. It is a research model; read the limits at the end before money is decided on it."
)


def worth_in_words(worth: Worth) -> list[str]:
    """An option's value for money in sentences."""
    case = worth.economic
    value, (low, high) = case.npsv_estimate, case.npsv_range
    says = [
        f"Social value over the {case.years} years is {words.money(value.value)} "
        f"({words.span(value.low, value.high) or 'the same in every run'} by luck, {words.span(low, high)} with the ranges of "
        "the unit values as well)."
    ]
    parts = case.table().set_index("line")["present_value"]
    if case.npsv > 0 and parts[HEALTH] > 0.5 * case.npsv:
        says.append(
            f"{words.money(float(parts[HEALTH]))} of it is better health, at a value recalled and not verified."
        )
    if case.has_costs:
        ratio = case.bcr_estimate
        says.append(f"Each pound of programme money brings {words.ratio(ratio.value, ratio.low, ratio.high)} pounds.")
    else:
        says.append("It costs no programme money on balance, so there is no ratio.")
    if case.payback is None:
        says.append(f"It does not pay back within the {case.years} years that were simulated.")
    elif case.payback > 0:
        start = Month.parse(worth.comparison.scenario.start)
        says.append(f"It has paid back from {(start + 12 * case.payback).year}, year {case.payback}.")
    saved = worth.yardsticks.iloc[0]
    if saved["low"] > saved["yardstick_high"]:
        says.append(
            f"Doubt the size: public bodies save £{saved['model']:,.0f} a year for each resident more in work; a study of life "
            f"found £{saved['yardstick']:,.0f}."
        )
    if worth.losers:
        says.append(f"Paying into the pot without gaining: {words.joined([words.body(one) for one in worth.losers])}.")
    return says


def best(comparison: Comparison) -> str:
    """Which option has the highest social value, and how clear that is."""
    values = {
        option: comparison.worth(option).economic.benefits_by_replicate
        - comparison.worth(option).economic.costs_by_replicate
        for option in comparison.options[1:]
    }
    ranked = sorted(values, key=lambda option: -values[option].mean())
    if values[ranked[0]].mean() <= 0:
        return "No option has a social value above nought."
    first, second = (title(comparison, option) for option in ranked[:2])
    gap = comparison.worth(ranked[0]).economic.estimate(values[ranked[0]] - values[ranked[1]])
    if gap.low > 0:
        ahead = f"{words.money(gap.value)} ({words.span(gap.low, gap.high)})"
        return f"By social value '{first}' comes first, {ahead} before '{second}'."
    return f"By social value '{first}' comes first, but these runs cannot tell it from '{second}'."


def tips(comparison: Comparison) -> list[str]:
    """Whether anything tips, in a sentence."""
    if not comparison.runs_that_can_tip:
        return ["Tipping cannot be judged: the thresholds of a mixed, self-sustaining economy are met at the start."]
    shares = {option: comparison.p_tipped(option) for option in comparison.options}
    known = {option: share for option, share in shares.items() if np.isfinite(share[0])}
    if not known:
        return ["The run is too short to judge whether a tipping point was passed."]
    told = [
        f"{title(comparison, option)} {words.percent(share)} ({words.percent(low)} to {words.percent(high)})"
        for option, (share, low, high) in known.items()
    ]
    return [f"Share of runs that tip into a mixed, self-sustaining economy: {'; '.join(told)}."]
