"""A comparison in words and a plain table: what each option does, and what that does and does not mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coalsim.experiments.statistics import Effect
from coalsim.indicators import indicators
from coalsim.text import label, plain_table

if TYPE_CHECKING:
    from coalsim.experiments.compare import Comparison

HEADER = ["", "start", "programme's end", "end", "difference", "95% interval"]


def tell(comparison: Comparison) -> str:
    """The whole comparison; where there are several places, each on its own and then all together."""
    scenario = comparison.scenario
    places = [place.name for place in scenario.places]
    seeds = [outcome.seed for outcome in comparison.outcomes[comparison.counterfactual]]
    sampled = f", 1 in {1 / scenario.sample:.3g} residents simulated" if scenario.sample < 1 else ""
    neutral = ", programme money taken from settlements" if scenario.budget_neutral else ""
    lines = [
        f"{scenario.name} ({', '.join(places)}; world: {scenario.world.name}; seeds {seeds[0]} to {seeds[-1]}{sampled}{neutral})",
        scenario.question,
        "",
        f"Means of {comparison.replicates} replicates over {scenario.months} months: at the start, over the last year of the "
        "programmes and over the last year",
        f"of the run; the difference is that of the run's last year from '{title(comparison, comparison.counterfactual)}', "
        "pair by pair.",
    ]
    if len(places) > 1:
        for name in places:
            lines += ["", name.upper(), table(comparison.in_place(name))]
        lines += ["", "ALL PLACES TOGETHER", table(comparison)]
    else:
        lines += ["", table(comparison)]
    return "\n".join([*lines, "", conclusion(comparison)])


def table(comparison: Comparison) -> str:
    """Outputs, pooled share, tipping and programme money by option."""
    rows: list[list[str]] = []

    def add(heading: str, cells: dict[str, list[str]]) -> None:
        rows.append([heading, *[""] * (len(HEADER) - 1)])
        rows.extend([f"  {title(comparison, option)}", *row] for option, row in cells.items())

    for name in comparison.outputs:
        scale, digits, unit = shown(name)
        cells = {}
        for option in comparison.outcomes:
            ends = comparison.programme_ends(option) or max(map(comparison.programme_ends, comparison.outcomes))
            during = f"{scale * comparison.values(option, name, ends).mean():,.{digits}f}" if ends else ""
            cells[option] = ["", during, f"{scale * comparison.values(option, name).mean():,.{digits}f}", "", ""]
            if option == comparison.counterfactual:
                cells[option][0] = f"{scale * comparison.courses(option, name)[:, 0].mean():,.{digits}f}"
            else:
                cells[option][3:] = difference(comparison.effect(option, name), scale, digits)
        add(f"{label(name)} ({unit})", cells)
    add(
        "pooled share of discretionary money while the programme lasts (%)",
        {option: ["", f"{100 * comparison.pooled_share(option):.1f}", "", "", ""] for option in comparison.outcomes},
    )
    able = comparison.runs_that_can_tip
    if able:
        cells = {}
        for option in comparison.outcomes:
            share, low, high = comparison.p_tipped(option)
            cells[option] = ["", "", f"{round(share * able)}", "", f"{100 * low:.0f}% to {100 * high:.0f}%"]
        add(f"tipped (of {able} runs; interval of the share)", cells)
    else:
        rows.append(["tipped: not applicable, the thresholds are met at the start", *[""] * (len(HEADER) - 1)])
    add(
        "programme money over the run, transaction costs and pooled money aside (GBP m)",
        {option: ["", "", f"{comparison.cost(option) / 1e6:,.1f}", "", ""] for option in comparison.outcomes},
    )
    return plain_table(HEADER, rows)


def conclusion(comparison: Comparison) -> str:
    """What the comparison means, and what it does not, in plain words."""
    scenario = comparison.scenario
    against = title(comparison, comparison.counterfactual)
    says = [f"Against '{against}', in the last year of {scenario.months} months:"]
    for option in list(comparison.outcomes)[1:]:
        clear, unclear = [], []
        for name in comparison.outputs:
            effect = comparison.effect(option, name)
            scale, digits, unit = shown(name)
            if effect.low > 0 or effect.high < 0:
                points = "points" if unit == "%" else unit
                clear.append(f"{label(name)} {scale * effect.effect:+,.{digits}f} {points}")
            else:
                unclear.append(label(name))
        parts = [", ".join(clear)] if clear else []
        parts += [f"no clear difference in {', '.join(unclear)}"] if unclear else []
        says.append(f"- {title(comparison, option)}: {'; '.join(parts)}; {tipping(comparison, option)}.")
    says.append(
        "The intervals show luck within the model only. They leave out what is uncertain in its parameters and form, many of "
        "which rest\non assumption: read directions and orders of magnitude, not decimals. Programme money includes rewards and "
        "retained growth,\nwhich are paid for what happens and not only for what the policy brought about."
    )
    return "\n".join(says)


def tipping(comparison: Comparison, option: str) -> str:
    """Whether and how often an option tips, or why that cannot be said."""
    able = comparison.runs_that_can_tip
    if not able:
        return "it cannot tip, since the thresholds are met at the start"
    success = comparison.scenario.success
    if comparison.scenario.months < max(
        success.months_running, comparison.scenario.options[option].money_ends + success.months_after
    ):
        return "the run is too short to judge tipping"
    return f"tips in {round(comparison.p_tipped(option)[0] * able)} of {able} runs"


def difference(effect: Effect, scale: float, digits: int) -> list[str]:
    """Effect and interval as text; replicates that all agree exactly have no interval."""
    if effect.low == effect.high:
        return ["none at all" if effect.effect == 0 else f"{scale * effect.effect:+,.{digits}f}", ""]
    return [
        f"{scale * effect.effect:+,.{digits}f}",
        f"{scale * effect.low:+,.{digits}f} to {scale * effect.high:+,.{digits}f}",
    ]


def shown(name: str) -> tuple[float, int, str]:
    """Factor, decimals and unit in which an indicator is shown: shares as percentages."""
    return (100, 2, "%") if indicators[name].unit == "1" else (1, 3, indicators[name].unit)


def title(comparison: Comparison, option: str) -> str:
    """The option's own name."""
    return comparison.scenario.options[option].name
