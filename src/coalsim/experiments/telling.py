"""A comparison in words and plain tables: what each option does, and what that does and does not mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coalsim.analysis import Paired, compare_paired
from coalsim.experiments import places
from coalsim.experiments.outputs import GAIN, Output
from coalsim.indicators.indicator import AMOUNTS
from coalsim.text import output_label, plain_table

if TYPE_CHECKING:
    from coalsim.experiments.comparison import Comparison

HEADER = ["", "start", "programme's end", "end", "difference", "95% interval", "P(better)"]
MOST_IN_FULL = 4  # cases told in full; more are told in a table of effects
LIKELY = 0.9  # chance of being better from which a difference counts as likely
MOST_FAILURES = 10
QUICK = "QUICK: a few runs that show that it works, not what is true."


def tell(comparison: Comparison) -> str:
    """The whole comparison: every world and place on its own, then all together, what it means, and how sure it is."""
    from coalsim.experiments import nation_telling

    cases, scenario = comparison.cases(), comparison.scenario
    lines = [*opening(comparison, len(cases))]
    if len(cases) > MOST_IN_FULL:
        lines += ["", effects_table(comparison)]
    else:
        several = comparison.place is None and len(scenario.places) > 1
        nation = places.is_nation(comparison)
        for case in cases:
            above = [case.case if case.factors else f"WORLD {case.case.upper()}"] if len(cases) > 1 else []
            for place in scenario.places if several and not nation else []:
                here = case.in_place(place.name)
                lines += ["", *above, place.name.upper(), table(here), "", gains_table(here)]
            lines += ["", *above, *(["ALL PLACES TOGETHER"] if several else []), table(case)]
            lines += ["", gains_table(case)] if nation or not several else []
            lines += ["", nation_telling.tell(case)] if nation else []
    if len(cases) > 1 and comparison.robustness is not None:
        lines += ["", robustness_table(comparison)]
    return "\n".join([*lines, "", conclusion(comparison)])


def opening(comparison: Comparison, n_cases: int) -> list[str]:
    """What was run, and what the columns mean."""
    scenario, design = comparison.scenario, comparison.ensemble.design
    names = comparison.place or ", ".join(place.name for place in scenario.places)
    named = f"{len(scenario.places)} places" if places.is_nation(comparison) else names
    world = f"world: {comparison.world}" if len(design.worlds) == 1 else f"worlds: {', '.join(design.worlds)}"
    sampled = f", 1 in {1 / scenario.sample:.3g} residents simulated" if scenario.sample < 1 else ""
    neutral = ", programme money taken from settlements" if scenario.budget_neutral else ""
    lines = [
        f"{scenario.name} ({named}; {world}; seeds {design.seed} to {design.seed + design.replicates - 1}{sampled}{neutral})"
    ]
    lines += [scenario.question] if scenario.question else []
    lines += [QUICK] if comparison.is_quick else []
    if comparison.scaled:
        sizes = ", ".join(f"{title(comparison, name)} x {factor:.3g}" for name, factor in comparison.scaled.items())
        unscaled = [title(comparison, name) for name in comparison.options if name not in comparison.scaled]
        lines.append(
            f"Budget-neutral: money scaled to the same cost ({sizes})"
            + (f"; {', '.join(unscaled)} as it is, for it brings none." if unscaled else ".")
        )
    if scenario.sample < 1:
        lines.append(
            "Fewer simulated residents make neighbourhoods noisier, and more of them cross the line of severe deprivation: use "
            "sample 1 for levels."
        )
    if n_cases <= MOST_IN_FULL:
        n = int((comparison.compared & comparison.done(comparison.counterfactual)).sum())
        lines += [
            "",
            f"Means of {n} replicates over {scenario.months} months: at the start, over the last year of "
            "the programmes and over the last year",
            f"of the run; the difference is that of the run's last year from '{title(comparison, comparison.counterfactual)}', "
            "pair by pair.",
        ]
    return lines


def table(comparison: Comparison) -> str:
    """Outputs, pooled share, tipping and programme money by option."""
    rows: list[list[str]] = []
    blank = [""] * (len(HEADER) - 1)

    def add(what: str, cells: dict[str, list[str]]) -> None:
        rows.append([what, *blank])
        rows.extend([f"  {title(comparison, option)}", *row] for option, row in cells.items())

    for output in comparison.outputs:
        scale, digits, unit = shown(output)
        cells = {}
        for option in comparison.options:
            row = [""] * len(blank)
            if output.is_course and not output.when:
                ends = comparison.programme_ends(option) or max(map(comparison.programme_ends, comparison.options))
                if ends:
                    row[1] = amount(comparison.mean(option, output, ends), scale, digits)
                if option == comparison.counterfactual:
                    start = comparison.courses(option, output.name)[:, :1].ravel()
                    row[0] = amount(float(np.nanmean(start)), scale, digits) if np.isfinite(start).any() else ""
            row[2] = amount(comparison.mean(option, output), scale, digits)
            if option != comparison.counterfactual:
                row[3:] = difference(comparison.effect(option, output), output)
            cells[option] = row
        add(f"{heading(output)} ({unit})", cells)
    add(
        "pooled share of discretionary money while the programme lasts (%)",
        {
            option: ["", amount(comparison.pooled_share(option), 100, 1), "", "", "", ""]
            for option in comparison.options
        },
    )
    able = comparison.runs_that_can_tip
    if able:
        cells = {}
        for option in comparison.options:
            share, low, high = comparison.p_tipped(option)
            tips = "-" if np.isnan(share) else f"{100 * share:.0f}"
            cells[option] = ["", "", tips, "", "" if np.isnan(share) else f"{100 * low:.0f} to {100 * high:.0f}", ""]
        short = "" if all(map(comparison.can_judge_tipping, comparison.options)) else "; - too short to judge"
        add(f"tipped (% of {able} runs; interval of the share{short})", cells)
    else:
        rows.append(["tipped: not applicable, the thresholds are met at the start", *blank])
    add(
        "programme money over the run, transaction costs and pooled money aside (GBP m)",
        {option: ["", "", amount(comparison.cost(option), 1e-6, 1), "", "", ""] for option in comparison.options},
    )
    for what, name in (
        ("transaction costs of pooling over the run, paid from the pot (GBP m)", "transaction_cost"),
        ("all that central government pays into the place over the run (GBP m)", "exchequer_cost"),
    ):
        cells = {}
        for option in comparison.options:
            base, own = (
                comparison.total(one, name)[comparison.compared] for one in (comparison.counterfactual, option)
            )
            both = np.isfinite(base) & np.isfinite(own)
            row = ["", "", amount(float(own[both].mean()) if both.any() else np.nan, 1e-6, 1), "", "", ""]
            if option != comparison.counterfactual and both.sum() >= 2:
                e = compare_paired(base[both], own[both], "lower", interval=comparison.interval)
                row[3] = signed(1e-6 * e.effect, 1)
                row[4] = f"{signed(1e-6 * e.low, 1)} to {signed(1e-6 * e.high, 1)}" if e.low < e.high else ""
            cells[option] = row
        add(what, cells)
    if comparison.can_appraise:
        for what, cells in worth_rows(comparison):
            add(what, cells)
    return plain_table(HEADER, rows)


def worth_rows(comparison: Comparison) -> list[tuple[str, dict[str, list[str]]]]:
    """Net present social value and benefit-cost ratio of each option, as rows of `table`."""
    values: dict[str, list[str]] = {}
    ratios: dict[str, list[str]] = {}
    for option in comparison.options[1:]:
        found = comparison.worth(option).economic
        e, ratio = found.npsv_estimate, found.bcr_estimate
        values[option] = [
            "", "", "", signed(1e-6 * e.value, 1), f"{signed(1e-6 * e.low, 1)} to {signed(1e-6 * e.high, 1)}",
            chance(found.p_worth),
        ]  # fmt: skip
        bounded = np.isfinite([ratio.low, ratio.high]).all()
        span = f"{ratio.low:,.1f} to {ratio.high:,.1f}" if bounded else "no end: costs may be nought"
        ratios[option] = (
            ["", "", "", f"{ratio.value:,.1f}", span, ""] if found.has_costs else ["", "", "", "no cost", "", ""]
        )
    prices = found.prices
    return [
        (f"net present social value (GBP m, {prices} prices, 3.5% a year; chance that it is above nought)", values),
        ("benefits for each pound of programme money, present value", ratios),
    ]


def gains_table(comparison: Comparison) -> str:
    """Who gains: the effect on the employment rate by group of residents and neighbourhoods."""
    output = Output.parse(GAIN)
    scale, digits, _ = shown(output)
    header = [f"who gains: {heading(output)}", "level (%)", *(title(comparison, one) for one in comparison.options[1:])]
    frame = comparison.distribution()
    frame = frame[(frame["indicator"] == GAIN) & (frame["grouping"] != "all")]
    rows: list[list[str]] = []
    last = ""
    columns = ["grouping", "group", "option", "mean", "effect", "low", "high"]
    for grouping, group, option, mean, effect, low, high in frame[columns].to_numpy():
        if option == comparison.counterfactual:
            if grouping != last:
                rows.append([grouping, *[""] * (len(header) - 1)])
            rows.append([f"  {group}", amount(mean, scale, 1)])
            last = grouping
        else:
            told_ = "" if not np.isfinite(effect) else signed(scale * effect, digits)
            interval = f" ({signed(scale * low, digits)} to {signed(scale * high, digits)})" if low < high else ""
            rows[-1].append(told_ + interval)
    return (
        plain_table(header, rows)
        + "\nGroups are those of the last year: who moves from one to another moves the figures, too."
    )


def effects_table(comparison: Comparison) -> str:
    """One line for each case and option: the effect on every output, with its interval."""
    header = ["world, factors", "option", *(f"{heading(output)} ({points(output)})" for output in comparison.outputs)]
    rows = []
    for case in comparison.cases():
        for option in comparison.options[1:]:
            cells = [difference(case.effect(option, output), output) for output in comparison.outputs]
            told = [f"{effect} ({interval})" if interval else effect for effect, interval, _ in cells]
            rows.append([case.case, title(case, option), *told])
    return plain_table(header, rows)


def robustness_table(comparison: Comparison) -> str:
    """Regret of every option in every world, and which option is the safest choice."""
    robust, output = comparison.robustness, comparison.deciding
    assert robust is not None
    assert output is not None
    scale, digits, _ = shown(output)
    cases = [case.case for case in comparison.cases()]
    in_full = len(cases) <= MOST_IN_FULL
    header = ["option", *(cases if in_full else []), "largest", "95% interval", "mean", "P(least)"]
    rows = []
    for k, option in enumerate(comparison.options):
        by_case = [amount(value, scale, digits) for value in robust.regret[:, k]] if in_full else []
        rows.append(
            [
                title(comparison, option),
                *by_case,
                amount(robust.largest[k], scale, digits),
                f"{amount(robust.low[k], scale, digits)} to {amount(robust.high[k], scale, digits)}",
                amount(robust.mean[k], scale, digits),
                chance(robust.p_least[k]),
            ]
        )
    return (
        f"REGRET in {heading(output)} ({points(output)}): what an option loses against the best option of each world\n"
        + plain_table(header, rows)
    )


def conclusion(comparison: Comparison) -> str:
    """What the comparison means, and what it does not, in plain words."""
    says = answers(comparison)
    says += sureness(comparison)
    says += failures(comparison)
    says.append(
        "The intervals show luck within the model only. They leave out what is uncertain in its parameters and form, many of "
        "which rest\non assumption: read directions and orders of magnitude, not decimals. Programme money includes rewards and "
        "retained growth,\nwhich are paid for what happens and not only for what the policy brought about."
    )
    return "\n".join(says)


def answers(comparison: Comparison) -> list[str]:
    """What each option changes in each of a few worlds; nothing where there are many."""
    cases, months = comparison.cases(), comparison.scenario.months
    against = title(comparison, comparison.counterfactual)
    says: list[str] = []
    for case in cases if len(cases) <= MOST_IN_FULL else []:
        where = f" {'with' if case.factors else 'in the world'} {case.case}" if len(cases) > 1 else ""
        says.append(f"Against '{against}'{where}, in the last year of {months} months:")
        says += [f"- {title(case, option)}: {found(case, option)}." for option in comparison.options[1:]]
    return says


def effects_rows(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Heading and a row for each world, option and output: difference with its interval, and how it is to be read."""
    cases, rows = comparison.cases(), []
    for case in cases:
        for option in comparison.options[1:]:
            for output in comparison.outputs:
                effect = case.effect(option, output)
                cells = [title(case, option), heading(output), *difference(effect, output)[:2], points(output)]
                rows.append([*([case.case] if len(cases) > 1 else []), *cells, verdict(effect, output)[0]])
    header = ["option", "output", "difference", "95% interval", "unit", ""]
    return [*(["world or factors"] if len(cases) > 1 else []), *header], rows


def found(comparison: Comparison, option: str) -> str:
    """What an option changes, as far as that is clear, and whether it tips."""
    clear, unclear = [], []
    for output in comparison.outputs:
        effect = comparison.effect(option, output)
        if effect.low > 0 or effect.high < 0:
            clear.append(f"{heading(output)} {told(effect.effect, output)}")
        else:
            unclear.append(heading(output))
    parts = [", ".join(clear)] if clear else []
    parts += [f"no clear difference in {', '.join(unclear)}"] if unclear else []
    return f"{'; '.join(parts)}; {tipping(comparison, option)}"


def sureness(comparison: Comparison) -> list[str]:
    """The smallest differences that so many replicates can tell from none."""
    parts = []
    for output in comparison.outputs:
        sizes = [
            case.effect(option, output).detectable for case in comparison.cases() for option in comparison.options[1:]
        ]
        finite = [size for size in sizes if np.isfinite(size) and size > 0]
        if finite:
            scale, digits, _ = shown(output)
            parts.append(f"{heading(output)} {amount(max(finite), scale, digits)} {points(output)}")
    says = []
    if comparison.precision:
        widths = ", ".join(
            f"{heading(output)} within {amount(width, shown(output)[0], 3)} {points(output)}"
            for output, width in ((Output.parse(text), width) for text, width in comparison.precision.items())
        )
        says.append(
            f"The precision asked for ({widths}) was reached with {comparison.replicates} replicates."
            if comparison.is_precise()
            else f"The precision asked for ({widths}) was not reached with {comparison.replicates} replicates; about "
            f"{comparison.runs_for():,} in all would do."
        )
    if not parts:
        return says
    shown_ = len(comparison.cases()) * (len(comparison.options) - 1) * len(comparison.outputs)
    if shown_ > 1:
        says.append(
            f"One in twenty 95% intervals misses the truth by chance: of the {shown_} of the outputs about {shown_ / 20:.1f}."
        )
    n = min(comparison.effect(option, comparison.outputs[0]).n for option in comparison.options[1:])
    return [
        *says,
        f"With {n} pairs a true difference is found in 4 of 5 experiments if it is at least: {', '.join(parts)}.",
    ]


def failures(comparison: Comparison) -> list[str]:
    """Runs that are missing or failed, and replicates that should differ and do not."""
    failed, design = comparison.failures, comparison.ensemble.design
    says = []
    requested, done, _ = comparison.ensemble.counts
    if missing := requested - done - len(failed):
        says.append(
            f"Not finished: {missing} of {requested} runs are missing, and all that is said here may change; the command that "
            "began it goes on with them."
        )
    if failed:
        says.append(f"{len(failed)} of {len(design)} runs failed and are left out, with the pairs they belong to:")
        for run_id, error in list(failed.items())[:MOST_FAILURES]:
            run = design.run(run_id)
            says.append(f"- run {run_id} ({run.cell.policy}, seed {run.seed}): {error}")
        says += [f"- and {len(failed) - MOST_FAILURES} more"] if len(failed) > MOST_FAILURES else []
    if identical := comparison.ensemble.identical():
        says.append(
            f"Runs {identical[0][0]} and {identical[0][1]} are identical although their seeds differ: a defect."
        )
    return says


def tipping(comparison: Comparison, option: str) -> str:
    """Whether and how often an option tips, or why that cannot be said."""
    able = comparison.runs_that_can_tip
    if not able:
        return "it cannot tip, since the thresholds are met at the start"
    if not comparison.can_judge_tipping(option):
        return "the run is too short to judge tipping"
    share = comparison.p_tipped(option)[0]
    return "no run to judge tipping by" if np.isnan(share) else f"tips in {round(share * able)} of {able} runs"


def verdict(effect: Paired, output: Output) -> tuple[str, str]:
    """A traffic light's word and figure for an effect."""
    if not np.isfinite(effect.effect) or not output.better:
        return "not applicable", told(effect.effect, output) if np.isfinite(effect.effect) else ""
    if effect.effect == effect.low == effect.high == 0:
        return "no difference", ""
    figure = told(effect.effect, output)
    if effect.low > 0 or effect.high < 0:
        return "better" if effect.p_better > 0.5 else "worse", figure
    if effect.p_better >= LIKELY:
        return "likely better", figure
    return ("likely worse" if effect.p_better <= 1 - LIKELY else "no clear difference"), figure


def difference(effect: Paired, output: Output) -> list[str]:
    """Effect, interval and chance of being better as text; replicates that all agree exactly have no interval."""
    scale, digits, _ = shown(output)
    if not np.isfinite(effect.effect):
        return ["too few pairs", "", ""]
    if effect.low == effect.high:
        return ["none at all" if effect.effect == 0 else signed(scale * effect.effect, digits), "", ""]
    return [
        signed(scale * effect.effect, digits),
        f"{signed(scale * effect.low, digits)} to {signed(scale * effect.high, digits)}",
        chance(effect.p_better) if output.better else "",
    ]


def chance(p: float) -> str:
    """A probability, of which few replicates never tell that it is 0 or 1."""
    return "<0.01" if p < 0.005 else ">0.99" if p > 0.995 else f"{p:.2f}"


def told(value: float, output: Output) -> str:
    """A difference with its sign and unit."""
    scale, digits, _ = shown(output)
    return f"{signed(scale * value, digits)} {points(output)}"


def signed(value: float, digits: int) -> str:
    """A number with its sign, none where it rounds to nothing."""
    text = f"{value:+,.{digits}f}"
    return text if any(digit in "123456789" for digit in text) else text[1:]


def amount(value: float, scale: float, digits: int) -> str:
    """A number as it is shown; nothing for nan."""
    return f"{scale * value:,.{digits}f}" if np.isfinite(value) else ""


def shown(output: Output) -> tuple[float, int, str]:
    """Factor, decimals and unit in which an output is shown: shares as percentages."""
    unit = output.unit
    if unit in ("1", "share of places"):
        return 100, 2, "%"
    return 1, 1 if unit == "months" or unit in AMOUNTS else 3, unit


def points(output: Output) -> str:
    """The unit of a difference."""
    unit = shown(output)[2]
    return "points" if unit == "%" else unit


def heading(output: Output) -> str:
    """An output's name as words."""
    return output_label(output.text)


def title(comparison: Comparison, option: str) -> str:
    """The option's own name."""
    return comparison.scenario.options[option].name
