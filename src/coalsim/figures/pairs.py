"""Paired differences, replicate by replicate."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from coalsim.figures.picture import Picture
from coalsim.figures.style import COLOURS, GREY, TEXT, Array, declared, dress, fold, grid, heading, sheet, shown, take

WORDS = {"higher": "{}; higher is better →", "lower": "← lower is better; {}", "": "{}; neither way is better as such"}
GOLDEN = (5**0.5 - 1) / 2


def pairs(
    values: Mapping[str, Mapping[str, Array]],
    *,
    intervals: Mapping[str, Mapping[str, tuple[float, float, float]]],
    title: str,
    labels: Sequence[str],
    note: str = "",
) -> Picture:
    """Paired differences from the counterfactual: a strip for each option, a dot for each replicate, the mean below.

    Parameters
    ----------
    values : by indicator or output such as `jobs@end`, then by option, the counterfactual left out: (replicates,) float64
    intervals : by indicator, then by option: mean and 95% interval as (effect, low, high)
    labels : names of the options, in order
    note : where the figure comes from
    """
    rows, columns, width, height = grid(len(values), (3.1, 0.5 * len(labels) + 0.75))
    dot: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 4.5, "markeredgewidth": 0, "alpha": 0.7}
    key = [
        Line2D([], [], color="#444444", label="pair of replicates", **dot),
        Line2D([], [], marker="D", color="#444444", markersize=5.5, label="mean with 95% interval"),
    ]
    figure = sheet(width + 1.5, height, title=title, note=note, key=key)
    means: list[str] = []
    axes = take(figure.subplots(rows, columns, sharey=True), len(values))
    for axis, (name, by_option) in zip(axes, values.items(), strict=True):
        scale, unit = shown(name, by_option.values(), difference=True)
        axis.axvline(0, color="#000000", linewidth=0.8)
        for k, (option, differences) in enumerate(by_option.items()):
            colour, (effect, low, high) = COLOURS[(k + 1) % 8], scale * np.array(intervals[name][option])[:3]
            axis.plot(scale * differences, k - 0.12 + 0.4 * spread(differences), color=colour, **dot)
            means.append(f"{labels[k]}, {heading(name)} {effect:.3g} ({low:.3g} to {high:.3g}) {unit}")
            axis.plot([low, high], [k + 0.28, k + 0.28], color=colour, linewidth=2)
            axis.plot([effect], [k + 0.28], marker="D", markersize=5.5, color=colour, markeredgecolor="#000000")
        dress(axis)
        axis.xaxis.set_major_locator(MaxNLocator(nbins=5))
        axis.set_yticks(range(len(labels)), [fold(label, 1.4, TEXT) for label in labels], fontsize=TEXT)
        axis.set_ylim(len(labels) - 0.5, -0.5)
        for k in range(1, len(labels)):
            axis.axhline(k - 0.5, color="#DDDDDD", linewidth=0.6)
        axis.set_title(heading(name), fontsize=10, loc="left")
        axis.set_xlabel(fold(WORDS[declared(name).better].format(unit), 3, TEXT), fontsize=TEXT, color=GREY)
    figure.shows = f"A dot for each pair of replicates, and means with their intervals: {'; '.join(means)}"
    return figure


def spread(values: Array) -> Array:
    """Offsets between -0.5 and 0.5 that keep neighbouring values apart: by rank, in steps of the golden ratio."""
    rank = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return np.asarray((rank + 1) * GOLDEN % 1 - 0.5, dtype=np.float64)
