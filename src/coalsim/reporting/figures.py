"""Figures: one style, units from the declarations, colours that colour-blind readers can tell apart (Okabe and Ito 2008)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from coalsim.indicators import indicators
from coalsim.scenario.calendar import Month

if TYPE_CHECKING:
    from coalsim.experiments.compare import Comparison
    from coalsim.results import Run

COLOURS = ("#000000", "#E69F00", "#0072B2", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442")
PANEL = (4.6, 2.9)  # inches


def courses(run: Run, names: tuple[str, ...]) -> Figure:
    """The course of indicators over one run, a panel each, a line for each locality."""
    values, all_names = run.model.indicators.array(), run.model.indicators.names
    figure, axes = _panels(len(names))
    years = _years(run.model.settings.start, values.shape[0])
    for axis, name in zip(axes, names):
        for k, place in enumerate(run.model.indicators.localities):
            axis.plot(years, values[:, k, all_names.index(name)], color=COLOURS[k % len(COLOURS)], label=place, linewidth=1.4)
        _dress(axis, name)
    if len(run.model.localities) > 1:
        axes[0].legend(frameon=False, fontsize=8)
    ends = run.model.policy.money_ends
    if ends:
        for axis in axes:
            axis.axvline(years[min(ends, years.size - 1)], color="#999999", linestyle=":", linewidth=1)
    figure.suptitle(f"{run.model.settings.name}: {run.model.policy.name}, seed {run.model.seed}", fontsize=11)
    return figure


def paired_courses(comparison: Comparison) -> Figure:
    """Paired differences from the counterfactual over time: mean and central nine tenths of replicates."""
    names = comparison.outputs
    figure, axes = _panels(len(names))
    base = {name: comparison.courses(comparison.counterfactual, name) for name in names}
    ends = max(comparison.scenario.options[option].money_ends for option in comparison.outcomes)
    for axis, name in zip(axes, names):
        scale = 100 if indicators[name].unit == "1" else 1
        for colour, option in zip(COLOURS[1:], list(comparison.outcomes)[1:]):
            difference = scale * (comparison.courses(option, name) - base[name])
            years = _years(comparison.scenario.start, difference.shape[1])
            low, high = np.quantile(difference, [0.05, 0.95], axis=0)
            axis.fill_between(years, low, high, color=colour, alpha=0.2, linewidth=0)
            axis.plot(years, difference.mean(axis=0), color=colour, label=comparison.scenario.options[option].name, linewidth=1.6)
        axis.axhline(0, color="#000000", linewidth=0.8)
        if ends:
            axis.axvline(_years(comparison.scenario.start, ends + 1)[-1], color="#999999", linestyle=":", linewidth=1)
        _dress(axis, name, difference=True)
    axes[0].legend(frameon=False, fontsize=8, loc="best")
    title = f"{comparison.scenario.name}: difference from {comparison.scenario.options[comparison.counterfactual].name.lower()}"
    note = f"{comparison.replicates} paired replicates; line mean, band 5th to 95th percentile"
    figure.suptitle(f"{title}\n{note}" + ("; dotted: programme money ends" if ends else ""), fontsize=10)
    return figure


def _panels(n: int) -> tuple[Figure, list[Any]]:
    columns = min(n, 3) if n != 4 else 2
    rows = -(-n // columns)
    figure = Figure(figsize=(PANEL[0] * columns, PANEL[1] * rows + 0.5), layout="constrained")
    axes = np.atleast_1d(figure.subplots(rows, columns)).ravel()
    for spare in axes[n:]:
        spare.set_axis_off()
    return figure, list(axes[:n])


def _dress(axis: Any, name: str, difference: bool = False) -> None:
    what = indicators[name]
    unit = {"1": "percentage points" if difference else "share"}.get(what.unit, what.unit)
    axis.set_title(name.replace("_", " ").capitalize(), fontsize=10, loc="left")
    axis.set_ylabel(unit, fontsize=8)
    axis.tick_params(labelsize=8)
    axis.spines[["top", "right"]].set_visible(False)


def _years(start: str, months: int) -> np.ndarray:
    first = Month.parse(start)
    return first.year + (first.month - 1 + np.arange(months)) / 12
