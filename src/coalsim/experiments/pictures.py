"""A comparison's figures: which numbers go into which kind of figure, and what stands above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from coalsim import figures
from coalsim.experiments import places
from coalsim.experiments.money_flows import COLUMNS, DEMAND, money_flows
from coalsim.experiments.outputs import Output
from coalsim.experiments.places import by_option
from coalsim.experiments.telling import heading, points, shown, title, verdict
from coalsim.indicators import indicators
from coalsim.names import BODIES
from coalsim.text import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coalsim.experiments.comparison import Comparison
    from coalsim.figures import Picture

MOST_RANKED = 30  # places in a panel of a ranking


def differences(comparison: Comparison) -> Picture:
    """Paired differences over time."""
    base = {name: comparison.courses(comparison.counterfactual, name) for name in course_names(comparison)}
    wanted = {
        name: {option: whole(comparison.courses(option, name) - base[name]) for option in comparison.options[1:]}
        for name in base
    }
    return figures.differences(
        wanted,
        start=comparison.scenario.start,
        title=f"{subject(comparison)}: difference from {title(comparison, comparison.counterfactual).lower()}\n"
        f"{comparison.replicates} paired replicates; line mean, band 5th to 95th percentile",
        labels=labels(comparison)[1:],
        money_ends=money_ends(comparison),
        note=comparison.provenance,
    )


def fan(comparison: Comparison) -> Picture:
    """Levels over time with their spread over replicates."""
    wanted = {
        name: {option: whole(comparison.courses(option, name)) for option in comparison.options}
        for name in course_names(comparison)
    }
    return figures.fan(
        wanted,
        start=comparison.scenario.start,
        title=subject(comparison),
        labels=labels(comparison),
        money_ends=money_ends(comparison),
        note=comparison.provenance,
    )


def pairs(comparison: Comparison) -> Picture:
    """Every pair's difference, with mean and interval."""
    outputs = [output for output in comparison.outputs if output.is_course]
    values: dict[str, dict[str, NDArray[np.float64]]] = {}
    intervals: dict[str, dict[str, tuple[float, float, float]]] = {}
    for output in outputs:
        for option in comparison.options[1:]:
            first, second = comparison.pairs(option, output)
            effect = comparison.effect(option, output)
            values.setdefault(output.text, {})[option] = second - first
            intervals.setdefault(output.text, {})[option] = (effect.effect, effect.low, effect.high)
    return figures.pairs(
        values,
        intervals=intervals,
        title=f"{subject(comparison)}: difference from {title(comparison, comparison.counterfactual).lower()}"
        + (f" in the last year of {comparison.scenario.months} months" if not any(o.when for o in outputs) else ""),
        labels=labels(comparison)[1:],
        note=comparison.provenance,
    )


def lights(comparison: Comparison) -> Picture:
    """Options by outputs, better and worse in symbol, word and colour; several cases below one another."""
    cases = comparison.cases() if comparison.place is None else [comparison]
    cells, rows = [], []
    for case in cases:
        for option in comparison.options[1:]:
            cells.append([verdict(case.effect(option, output), output) for output in comparison.outputs])
            rows.append(title(case, option) + (f", {case.case}" if len(cases) > 1 else ""))
    return figures.lights(
        cells,
        title=f"{subject(comparison, with_case=len(cases) == 1)}: against {title(comparison, comparison.counterfactual).lower()}",
        rows=rows,
        columns=[heading(output).capitalize() for output in comparison.outputs],
        note=comparison.provenance,
    )


def regret(comparison: Comparison) -> Picture:
    """Regret of each option in each world.

    Raises
    ------
    ValueError
        When no output says which way is better.
    """
    robust, output = comparison.robustness, comparison.deciding
    if robust is None or output is None:
        raise ValueError("regret needs an output of which more or less is better, and two replicates of every option")
    scale, digits, unit = shown(output)
    return figures.regret(
        robust.regret.T,
        title=f"{comparison.scenario.name}: regret in {heading(output)}, the loss against the best option of each world",
        rows=labels(comparison),
        columns=[case.case for case in comparison.cases()],
        unit="percentage points" if unit == "%" else unit,
        scale=scale,
        digits=digits,
        note=comparison.provenance,
    )


def groups(comparison: Comparison, outcome: str) -> Picture:
    """Effects on an outcome by group."""
    table = comparison.distribution()
    if outcome not in set(table["indicator"]):
        raise ValueError(f"{outcome}: give one of {', '.join(sorted(set(table['indicator'])))}")
    table = table[(table["indicator"] == outcome) & (table["option"] != comparison.counterfactual)]
    effects: dict[str, dict[str, dict[str, tuple[float, float, float]]]] = {}
    several = table["locality"].nunique() > 1
    names = dict(zip(comparison.options, labels(comparison)))
    for place, grouping, name, option, effect, low, high in table[
        ["locality", "grouping", "group", "option", "effect", "low", "high"]
    ].to_numpy():
        where = f"{place}, {grouping}" if several else str(grouping)
        effects.setdefault(where, {}).setdefault(str(name), {})[names[option]] = (effect, low, high)
    scale, unit = (100, "percentage points") if indicators[outcome].unit == "1" else (1, indicators[outcome].unit)
    return figures.groups(
        effects,
        title=f"{subject(comparison)}: who gains? Difference in {outcome.replace('_', ' ')} from "
        f"{title(comparison, comparison.counterfactual).lower()}, last year, mean and 95% interval",
        unit=unit,
        scale=scale,
        note=comparison.provenance,
    )


def place_map(comparison: Comparison, output: Output | None = None, boundaries: str | None = None) -> Picture:
    """Where each option does most: its effect on an output in every place, adopters framed.

    Raises
    ------
    ValueError
        When there is no output of which a place has a value, or boundaries do not fit.
    """
    output = output or comparison.deciding
    if output is None or not output.is_course or output.when:
        raise ValueError("a map needs an indicator, as it is over the last year; name one with --output")
    scenario, table = comparison.scenario, places.table(comparison)
    table = table[table["indicator"] == output.text]
    if table.empty:
        raise ValueError(f"{output.text} was not compared; give one of {', '.join(o.text for o in comparison.outputs)}")
    codes, names = [place.code for place in scenario.places], [place.name for place in scenario.places]
    panels = []
    for option in comparison.options[1:]:
        here = table[table["option"] == option]
        adopts = here["adopts"].to_numpy()
        panels.append(
            figures.Mapped(title(comparison, option), here["effect"].to_numpy(), None if adopts.all() else adopts)
        )
    scale, _, _ = shown(output)
    return figures.tile_map(
        codes,
        panels,
        title=f"{subject(comparison)}: difference in {heading(output)} from "
        f"{title(comparison, comparison.counterfactual).lower()}, last year of the run, mean of {comparison.replicates} pairs",
        unit=places_unit(output),
        scale=scale,
        diverging=True,
        mark="adopts the option" if any(panel.marked is not None for panel in panels) else "",
        boundaries=None if boundaries is None else figures.read_boundaries(boundaries, codes, names),
        note=comparison.provenance + ("" if boundaries else "; a tile a place, laid out by county"),
    )


def place_spread(comparison: Comparison) -> Picture:
    """How the options' effects are spread over places."""
    table = places.table(comparison)
    values: dict[str, dict[str, NDArray[np.float64]]] = {}
    units, scales = {}, {}
    for output in comparison.outputs:
        of_output = table[table["indicator"] == output.text]
        if of_output.empty:
            continue
        name = heading(output)
        units[name], scales[name] = places_unit(output), shown(output)[0]
        for (option, adopts), part in sorted(of_output.groupby(["option", "adopts"]), key=by_option(comparison)):
            where = (
                ""
                if of_output[of_output["option"] == option]["adopts"].all()
                else ", adopters"
                if adopts
                else ", others"
            )
            values.setdefault(name, {})[title(comparison, str(option)) + where] = part["effect"].to_numpy()
    return figures.spread(
        values,
        title=f"{subject(comparison)}: how differences from {title(comparison, comparison.counterfactual).lower()} are spread "
        f"over places, last year of the run, mean of {comparison.replicates} pairs each",
        units=units,
        scales=scales,
        zero=True,
        note=comparison.provenance,
    )


def place_ranking(comparison: Comparison) -> Picture:
    """The adopters in which each option does most and least for the deciding output."""
    output = comparison.deciding
    if output is None or not output.is_course or output.when:
        raise ValueError("a ranking needs an indicator of which more or less is better")
    table = places.table(comparison)
    table = table[(table["indicator"] == output.text) & table["adopts"]]
    scale, _, _ = shown(output)
    panels: dict[str, list[tuple[str, float, float, float]]] = {}
    left_out: list[int] = []
    shortest = int(table.groupby("option").size().min())
    ends = min(MOST_RANKED, shortest) // 2 or 1
    for option in comparison.options[1:]:
        here = table[table["option"] == option].sort_values("effect", ascending=output.better == "lower", kind="stable")
        rows = list(zip(here["place"], here["effect"], here["low"], here["high"]))
        panels[f"{title(comparison, option)} ({len(rows)} places)"] = [*rows[:ends], *rows[-ends:]]
        left_out.append(len(rows) - 2 * ends)
    return figures.ranking(
        panels,
        title=f"{subject(comparison)}: where the difference in {heading(output)} is largest and smallest, mean and 95% interval; "
        "the ends of a ranking owe much to luck",
        unit=places_unit(output),
        scale=scale,
        left_out=left_out,
        note=comparison.provenance,
    )


def places_unit(output: Output) -> str:
    """The unit of differences in words."""
    unit = points(output)
    return "percentage points" if unit == "points" else unit


def course_names(comparison: Comparison) -> list[str]:
    """Indicators of which there is a course over time, each once."""
    return list(dict.fromkeys(output.name for output in comparison.outputs if output.is_course))


def whole(courses: NDArray[np.float64]) -> NDArray[np.float64]:
    """The replicates that are done."""
    kept = courses[np.isfinite(courses).all(axis=1)]
    return kept if len(kept) else np.full((1, courses.shape[1]), np.nan)


def labels(comparison: Comparison) -> list[str]:
    """Names of the options, in order."""
    return [title(comparison, option) for option in comparison.options]


def subject(comparison: Comparison, *, with_case: bool = True) -> str:
    """The scenario's name, with place, world and factors where there are several."""
    several = len(comparison.cases()) > 1
    parts = [comparison.scenario.name, comparison.place or "", comparison.case if several and with_case else ""]
    parts += ["budget-neutral"] if comparison.scaled else []
    return ", ".join(part for part in parts if part)


def money_ends(comparison: Comparison) -> int:
    """When the last option's money ends."""
    return max(comparison.scenario.options[option].money_ends for option in comparison.options)


def flows(comparison: Comparison, options: Sequence[str] = ()) -> Picture:
    """What partners are free to spend, the pot, and what it goes to, a year of the programme, a panel for each option."""
    panels, demand = [], []
    for option in options or comparison.options:
        amounts = money_flows(comparison, option)
        drawn = {
            (label(source), label(target)): pounds
            for (source, target), pounds in amounts.items()
            if target != DEMAND and target not in BODIES
        }
        panels.append(figures.Flows(title(comparison, option), [list(map(label, column)) for column in COLUMNS], drawn))
        demand.append(sum(pounds for (_, target), pounds in amounts.items() if target == DEMAND))
    met = " and ".join(f"{pounds / 1e6:,.0f}" for pounds in demand)
    return figures.flows(
        panels,
        title=f"{subject(comparison)}: money in a year of the programme, mean of {comparison.replicates} runs, not discounted; "
        f"demand-led services come first and are not drawn (GBP {met} million)",
        unit="GBP million a year",
        scale=1e-6,
        note=comparison.provenance,
    )


def standing(comparison: Comparison) -> Picture:
    """The four things that make an economy mixed and self-sustaining, each with its threshold."""
    success = comparison.scenario.success
    thresholds = {
        "employment_rate": success.employment_rate,
        "effective_sectors": success.effective_sectors,
        "severe_deprivation": success.severe_deprivation,
        "temporary_share": success.temporary_support,
    }
    wanted = {
        name: {option: whole(comparison.courses(option, name)) for option in comparison.options} for name in thresholds
    }
    return figures.fan(
        wanted,
        start=comparison.scenario.start,
        title=f"{subject(comparison)}: what makes an economy mixed and self-sustaining, and the threshold of each",
        labels=labels(comparison),
        money_ends=money_ends(comparison),
        thresholds=thresholds,
        note=comparison.provenance,
    )
