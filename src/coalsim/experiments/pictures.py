"""A comparison's figures: which numbers go into which kind of figure, and what stands above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from coalsim import figures
from coalsim.experiments.telling import heading, shown, title, verdict
from coalsim.indicators import indicators

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from coalsim.experiments.comparison import Comparison


def differences(comparison: Comparison) -> Figure:
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


def fan(comparison: Comparison) -> Figure:
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


def pairs(comparison: Comparison) -> Figure:
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


def lights(comparison: Comparison) -> Figure:
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


def regret(comparison: Comparison) -> Figure:
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


def groups(comparison: Comparison, outcome: str) -> Figure:
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
