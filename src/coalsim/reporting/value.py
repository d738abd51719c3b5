"""Value for money: the appraisal, what would turn it, and what has no price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coalsim import figures
from coalsim.appraisal import Appraisal, discount_factor, unit_value_table
from coalsim.experiments.outputs import Output
from coalsim.experiments.places import MANY
from coalsim.experiments.telling import difference, shown, title
from coalsim.experiments.worth.cases import NOT_MONETISED, OUTPUT, POOREST
from coalsim.indicators import indicators
from coalsim.reporting import additional, bodies, words
from coalsim.reporting.drawing import inline
from coalsim.reporting.effects import worth_of
from coalsim.reporting.section import Light, Picture, Section, Table, by_option
from coalsim.scenario.calendar import Month
from coalsim.text import label

if TYPE_CHECKING:
    from coalsim.experiments.comparison import Comparison

SOURCE = {"": "from the runs", "recall_unverified": "from memory, unverified"}


def sections(comparison: Comparison) -> list[Section]:
    """All of it, or one section that says why there is none."""
    if not comparison.can_appraise:
        why = (
            "These results were made before accounts were kept, so there is no appraisal: run the same command into a new folder."
            if not comparison.ensemble.has_accounts
            else "Fewer than two pairs of runs are done under all options, so there is no appraisal."
        )
        return [Section("value", "Value for money", [why])]
    return [value_for_money(comparison), additional.section(comparison), bodies.section(comparison)]


def value_for_money(comparison: Comparison) -> Section:
    """The economic case, the financial case, switching values and what has no price."""
    worths = {option: comparison.worth(option) for option in comparison.options[1:]}
    first = next(iter(worths.values())).economic
    years, last = first.years, float(discount_factor(first.years - 1))
    says = [
        f"Money is in real pounds of {first.prices}. Years are discounted by 3.5% (effects on health by 1.5%) to the first year, "
        f"which counts in full; the last, year {years - 1}, counts {last:.2f}. Nothing is counted after the {years} years that "
        "were simulated. No optimism bias is added, since no works are built: costs are grants and salaries as the policies set "
        "them.",
        "Costs are the programme's money. What services save and spend again, and what running the pot takes, is not counted "
        "again: it shows in outcomes. Gross value added is an outcome and no welfare: it stands beside the sum and in none.",
    ]
    parts: list[Table | Picture] = [summary_table(comparison), lines_table(comparison)]
    effects = {
        "Social value": {
            "all": {title(comparison, o): w.economic.npsv_estimate for o, w in worths.items()},
            "residents weighted by part": {title(comparison, o): w.weighted.npsv_estimate for o, w in worths.items()},
            "of public bodies alone": {title(comparison, o): w.financial.npsv_estimate for o, w in worths.items()},
        }
    }
    picture = figures.groups(
        effects,
        title=f"{comparison.scenario.name}: net present value against {title(comparison, comparison.counterfactual).lower()}, "
        "mean and 95% interval by luck",
        unit=f"GBP million, {first.prices} prices",
        scale=1e-6,
        note=comparison.provenance,
    )
    parts.append(inline(picture, "npsv", "Net present social value of each option with its interval; the numbers stand in the "
                        "tables above.", "Net present value"))  # fmt: skip
    places = comparison.scenario.places
    if 1 < len(places) <= MANY:
        parts.append(worth_of("place", {place.name: comparison.in_place(place.name) for place in places}))
    parts += [switching(comparison), not_monetised(comparison), yardsticks(comparison), unit_values()]
    return Section("value", "Value for money", says, parts=parts)


def summary_table(comparison: Comparison) -> Table:
    """The appraisal's headlines, a column for each option."""
    worths = {option: comparison.worth(option) for option in comparison.options[1:]}
    start = Month.parse(comparison.scenario.start)
    rows: list[list[str]] = []

    def row(name: str, cell: dict[str, str]) -> None:
        rows.append([name, *cell.values()])

    def each(shows: object) -> dict[str, str]:
        return {option: shows(worth) for option, worth in worths.items()}  # type: ignore[operator]

    row("Present value of public cost", each(lambda w: words.money(w.economic.pv_costs)))
    row("Present value of benefits", each(lambda w: words.money(w.economic.pv_benefits)))
    row("Net present social value", each(lambda w: words.money(w.economic.npsv)))
    row("– 95% interval by luck", each(lambda w: words.span(*w.economic.npsv_estimate[1:])))  # noqa: RUF001
    row("– with the ranges of unit values", each(lambda w: words.span(*w.economic.npsv_range)))  # noqa: RUF001
    row("– chance that it is above nought", each(lambda w: words.chance(w.economic.p_worth)))  # noqa: RUF001
    row("Benefits for each pound of cost", each(lambda w: words.ratio(*w.economic.bcr_estimate)))
    row("– in the words of the guides", each(lambda w: w.economic.band))  # noqa: RUF001
    row("Paid back from", each(lambda w: paid_back(w.economic, start)))
    row("Social value, residents weighted by part of the place", each(lambda w: words.money(w.weighted.npsv)))
    row(
        f"Social value, if all who gain are among the poorest fifth (weight {POOREST:g})",
        each(lambda w: words.money(w.poorest.npsv)),
    )
    row("Public bodies alone: net present value", each(lambda w: words.money(w.financial.npsv)))
    row("– savings for each pound put in", each(lambda w: words.ratio(*w.financial.bcr_estimate)))  # noqa: RUF001
    row("– paid back from", each(lambda w: paid_back(w.financial, start)))  # noqa: RUF001
    row("Beside it: gross value added", each(lambda w: words.money(w.beside[OUTPUT].npsv)))
    data = []
    for option, worth in worths.items():
        for name, case in (("economic", worth.economic), ("weighted", worth.weighted), ("poorest", worth.poorest),
                           ("financial", worth.financial), *worth.beside.items()):  # fmt: skip
            data.append((option, name, case.prices, case.pv_costs, case.pv_benefits, *case.npsv_estimate, *case.npsv_range,
                         *case.bcr_estimate, *case.bcr_range, case.payback, case.p_worth))  # fmt: skip
    names = ["option", "case", "prices", "pv_costs", "pv_benefits", "npsv", "npsv_low", "npsv_high", "npsv_low_with_unit_values",
             "npsv_high_with_unit_values", "bcr", "bcr_low", "bcr_high", "bcr_low_with_unit_values",
             "bcr_high_with_unit_values", "payback_year", "p_above_nought"]  # fmt: skip
    weights = ", ".join(f"{part} {weight:.2f}" for part, weight in next(iter(worths.values())).weights.items())
    return Table(
        "appraisal",
        f"Appraisal against {title(comparison, comparison.counterfactual).lower()}, present values",
        ["", *(title(comparison, option) for option in worths)],
        rows,
        pd.DataFrame(data, columns=names),
        f"Weights by part of the place, from incomes in the model and an elasticity of 1.3: {weights}. They are near 1, since "
        "neighbourhoods mix incomes. Weighted figures stand beside unweighted ones and never in their place. The guides' words "
        "are the Department for Transport's.",
    )


def paid_back(case: Appraisal, start: Month) -> str:
    """From which year."""
    if case.payback is None:
        return f"not within {case.years} years"
    return "the first year" if case.payback == 0 else f"{(start + 12 * case.payback).year} (year {case.payback})"


def lines_table(comparison: Comparison) -> Table:
    """Every line of both cases."""
    cases = {"Economic case": "economic", "Financial case: public bodies alone": "financial"}
    header = ["Line", *(title(comparison, option) for option in comparison.options[1:]), "Prices rest on"]
    rows: list[list[str]] = []
    frames: dict[str, pd.DataFrame] = {}
    for heading_, name in cases.items():
        tables = {option: getattr(comparison.worth(option), name).table() for option in comparison.options[1:]}
        rows.append([heading_])
        keys = dict.fromkeys(
            (side, line)
            for table in tables.values()
            for side, line in zip(table["side"], table["line"])
            if side != "total"
        )
        keys |= dict.fromkeys(("total", line) for line in ("costs", "benefits", "net present social value"))
        for side, line in sorted(keys, key=lambda key: ("cost", "benefit", "total").index(key[0])):
            cells, status = [], ""
            for table in tables.values():
                own = table[(table["side"] == side) & (table["line"] == line)]
                if own.empty:
                    cells.append("")
                    continue
                one = own.iloc[0]
                interval = words.span(one["low"], one["high"])
                cells.append(f"{words.money(one['present_value'])}{f' ({interval})' if interval else ''}")
                status = str(one["status"]) or status
            named = words.title(line) if side != "total" else f"Total: {line}"
            if name == "financial":
                named = named.replace("present social value", "present value")
            rows.append([f"{'Cost: ' if side == 'cost' else ''}{named}", *cells, SOURCE.get(status, label(status))])
        for option, table in tables.items():
            frames[option] = pd.concat([frames.get(option, pd.DataFrame()), table.assign(case=name)], ignore_index=True)
    return Table(
        "appraisal_lines",
        "Costs and benefits line by line, present values with 95% intervals by luck",
        header,
        rows,
        by_option(frames),
        "Taxes are paid by residents and received by central government, so they add nothing to the sum of both.",
    )


def switching(comparison: Comparison) -> Table:
    """How far things would have to change."""
    frames = {option: comparison.worth(option).economic.switching_values() for option in comparison.options[1:]}
    rows: list[list[str]] = []
    for what, heading_ in (("total", "Totals"), ("unit value", "Unit values")):
        rows.append([heading_])
        names = dict.fromkeys(name for frame in frames.values() for name in frame.loc[frame["what"] == what, "name"])
        for name in names:
            cells = []
            for frame in frames.values():
                own = frame[(frame["what"] == what) & (frame["name"] == name)].iloc[0]
                cells.append(switch(own, what))
            rows.append([words.title(name), *cells])
    return Table(
        "switching_values",
        "Switching values: where the social value would be nought",
        ["", *(title(comparison, option) for option in frames)],
        rows,
        by_option(frames),
        "Each alone, all else as it is. A unit value outside its range cannot turn the answer by itself.",
    )


def switch(row: pd.Series, what: str) -> str:
    """A switching value in words."""
    if not np.isfinite(row["change"]):
        return "changes nothing"
    if what == "total":
        return f"{words.money(row['switches_at'])} ({100 * row['change']:+,.0f}%)"
    at = f"{float(f'{row["switches_at"]:.3g}'):,.10g}"
    return f"at {at}, within its range" if row["in_range"] else f"not within its range (only at {at})"


def not_monetised(comparison: Comparison) -> Table:
    """What has no price, with its effect."""
    rows: list[list[str | Light]] = []
    data = []
    for name, what in NOT_MONETISED:
        output = Output.parse(name)
        row: list[str | Light] = [what]
        for option in comparison.options[1:]:
            e = comparison.effect(option, output)
            effect, interval, _ = difference(e, output)
            row.append(f"{effect} ({interval})" if interval else effect)
            data.append((option, name, what, indicators[name].unit, e.effect, e.low, e.high))
        rows.append([*row, shown(output)[2]])
    rows.append(["Partners' own time in meetings", *["not simulated"] * (len(comparison.options) - 1), ""])
    return Table(
        "not_monetised",
        "What has no price here: effects in the last year with 95% intervals",
        ["", *(title(comparison, option) for option in comparison.options[1:]), "Unit"],
        rows,
        pd.DataFrame(data, columns=["option", "indicator", "what", "unit", "effect", "low", "high"]),
        "No value was found that fits these indexes. They are in a price already only as far as they lead to work or health.",
    )


def yardsticks(comparison: Comparison) -> Table:
    """The model beside what evaluations found."""
    frames = {option: comparison.worth(option).yardsticks for option in comparison.options[1:]}
    rows = []
    for option, frame in frames.items():
        for row in frame.to_dict("records"):
            finite = np.isfinite([row["low"], row["high"]]).all()
            shown_ = f"£{row['model']:,.0f} (£{row['low']:,.0f} to £{row['high']:,.0f})" if finite else "cannot be told"
            known = f"£{row['yardstick']:,.0f} (£{row['yardstick_low']:,.0f} to £{row['yardstick_high']:,.0f})"
            rows.append(
                [
                    f"{title(comparison, option)}: {row['what']}",
                    words.minus(shown_.replace("£-", "-£")),
                    known,
                    row["source"],
                ]
            )
    return Table(
        "yardsticks",
        "The model beside what evaluations found",
        ["", "Model", "Found elsewhere", "Source"],
        rows,
        by_option(frames),
        "Where the model's saving lies far above, doubt it: it comes with health and cohesion, too, not with work alone, and "
        "average costs are saved at once.",
    )


def unit_values() -> Table:
    """Every unit value with its source."""
    table = unit_value_table()
    rows = [
        [words.title(row["name"]), f"{row['value']:,.6g} ({row['low']:,.6g} to {row['high']:,.6g})", row["unit"],
         row["prices"], label(row["status"]), f"{row['source']}. {row['note']}"]
        for row in table.to_dict("records")
    ]  # fmt: skip
    return Table(
        "unit_values", "Unit values, their ranges and sources",
        ["Unit value", "Value (range)", "Unit", "Prices of", "Standing", "Source and note"], rows, table, is_long=True,
    )  # fmt: skip
