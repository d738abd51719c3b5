"""A nation's comparison in words and plain tables: adopters, others and the whole, and places by what an option does there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from coalsim.analysis import Paired, Ratio
from coalsim.experiments import places
from coalsim.experiments.places import ADOPTERS, NATION, OTHERS, Reach, Side, by_option
from coalsim.experiments.telling import amount, heading, points, shown, signed, title
from coalsim.text import plain_table

if TYPE_CHECKING:
    from coalsim.experiments.comparison import Comparison

SIDES = {ADOPTERS: "where adopted", OTHERS: "elsewhere", NATION: "all places"}
EXTREMES = 5  # places named at either end


def tell(comparison: Comparison) -> str:
    """Every option's reach, then where it does most and least."""
    lines = []
    for option in comparison.options[1:]:
        found = places.reach(comparison, option)
        lines += [
            f"{title(comparison, option).upper()}: WHERE ADOPTED AND ELSEWHERE",
            sides_table(found),
            *said(found),
            "",
        ]
    lines += ["PLACES BY WHAT AN OPTION DOES THERE", spread_table(comparison), "", *extremes(comparison)]
    return "\n".join(lines)


def sides_table(found: Reach) -> str:
    """Jobs, residents in work and tipping on each side."""
    header = [
        "",
        "places",
        *(what.replace("_", " ") for what in places.COUNTS),
        "tipped (% of those that could)",
        "without",
    ]
    rows = [
        [
            SIDES[name],
            str(side.places),
            *(interval(side.counts[what]) for what in places.COUNTS),
            share(side.tipped),
            share(side.tipped_without),
        ]
        for name, side in found.sides.items()
        if not (name == ADOPTERS and OTHERS not in found.sides)
    ]
    return plain_table(header, rows)


def said(found: Reach) -> list[str]:
    """Displacement and leakage in words."""
    adopters = found.sides[ADOPTERS]
    lines = []
    if found.displacement is not None:
        others = found.sides[OTHERS].counts["jobs"]
        if found.displacement.is_bounded:
            more = " (below nought: elsewhere jobs rise as well)" if found.displacement.value < 0 else ""
            lines.append(
                f"Displacement: {percent(found.displacement)} of the adopters' additional jobs are lost elsewhere{more}."
            )
        else:
            lines.append(
                f"Displacement cannot be told: {untold(adopters)}; elsewhere jobs change by {interval(others)}."
            )
    if found.leakage.is_bounded:
        lines.append(
            f"Leakage: {percent(found.leakage)} of the adopters' additional jobs go to people who live elsewhere."
        )
    else:
        lines.append(f"Leakage cannot be told: {untold(adopters)}.")
    return lines


def untold(adopters: Side) -> str:
    """Why nothing can be said relative to the adopters' jobs."""
    return f"the adopters' additional jobs, {interval(adopters.counts['jobs'])}, may be none"


def spread_table(comparison: Comparison) -> str:
    """How effects on each output are distributed over adopters and others."""
    table = places.table(comparison)
    header = ["", "places", "tenth", "median", "nine tenths", "clearly better", "clearly worse"]
    rows: list[list[str]] = []
    for output in comparison.outputs:
        scale, digits, _ = shown(output)
        of_output = table[table["indicator"] == output.text]
        if of_output.empty:
            continue
        rows.append([f"{heading(output)} ({points(output)})", *[""] * (len(header) - 1)])
        for (option, adopts), part in sorted(of_output.groupby(["option", "adopts"]), key=by_option(comparison)):
            side = SIDES[ADOPTERS if adopts else OTHERS]
            cuts = np.quantile(part["effect"].to_numpy(), [0.1, 0.5, 0.9])
            sign = -1 if output.better == "lower" else 1
            ends = sign * part[["low", "high"]].to_numpy()
            rows.append(
                [
                    f"  {title(comparison, str(option))}, {side}",
                    str(len(part)),
                    *(signed(scale * float(cut), digits) for cut in cuts),
                    *(
                        f"{100 * float(np.mean(clear)):.0f}%"
                        for clear in ((ends > 0).all(axis=1), (ends < 0).all(axis=1))
                    ),
                ]
            )
    note = "Clearly: the place's own 95% interval leaves out nought, as by chance alone in about 2.5% of places either way."
    return plain_table(header, rows) + "\n" + note


def extremes(comparison: Comparison) -> list[str]:
    """The places where each option does most and least for the deciding output."""
    output = comparison.deciding
    if output is None or not output.is_course or output.when:
        return []
    table = places.table(comparison)
    scale, digits, _ = shown(output)
    sign = -1 if output.better == "lower" else 1
    lines = []
    for option in comparison.options[1:]:
        here = table[(table["option"] == option) & (table["indicator"] == output.text) & table["adopts"]]
        order = np.argsort(-sign * here["effect"].to_numpy(), kind="stable")
        effects = here["effect"].tolist()
        names = [f"{place} {signed(scale * effect, digits)}" for place, effect in zip(here["place"], effects)]
        ends = [", ".join(names[k] for k in some) for some in (order[:EXTREMES], order[: -EXTREMES - 1 : -1])]
        lines += [
            f"{heading(output).capitalize()} ({points(output)}), {title(comparison, option)}:",
            f"  most: {ends[0]}",
            f"  least: {ends[1]}",
        ]
    return [*lines, "The ends of a ranking owe much to luck: the best of many is rarely as good as it looks."]


def interval(one: Paired) -> str:
    """A change in persons or jobs with its interval."""
    if not math.isfinite(one.effect):
        return "too few pairs"
    if one.low == one.high:
        return "none at all" if one.effect == 0 else f"{one.effect:+,.0f}"
    return f"{one.effect:+,.0f} ({one.low:+,.0f} to {one.high:+,.0f})"


def share(one: tuple[float, float, float]) -> str:
    """A share of places with its interval."""
    return "-" if not math.isfinite(one[0]) else f"{100 * one[0]:.1f} ({100 * one[1]:.1f} to {100 * one[2]:.1f})"


def percent(one: Ratio) -> str:
    """A ratio as a percentage with its interval."""
    return f"{amount(one.value, 100, 0)}% ({amount(one.low, 100, 0)} to {amount(one.high, 100, 0)}%)"
