"""Runs over each factor with their mean in slices of it: the shape of what the factor does."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from coalsim.figures.picture import Picture
from coalsim.figures.style import COLOURS, GREY, TEXT, Array, dress, fold, grid, sheet, take

MOST_DOTS = 2000


class Shape(NamedTuple):
    """One factor: (n,) values and outputs of runs, (slices,) values, means and half widths of their intervals.

    `ticks` name the values of a factor without numbers.
    """

    factor: str
    values: Array
    outputs: Array
    at: Array
    means: Array
    half: Array
    ticks: Sequence[str] = ()


def conditional_means(panels: Sequence[Shape], *, y_label: str, title: str, level: float, note: str = "") -> Picture:
    """A panel for each factor: a dot for each point, the mean of slices of equal size as a line."""
    rows, columns, width, height = grid(len(panels), (3.1, 2.5))
    dots: dict[str, Any] = {
        "linestyle": "",
        "marker": "o",
        "markersize": 2.2,
        "markeredgewidth": 0,
        "alpha": 0.35,
        "color": GREY,
    }
    key = [
        Line2D([], [], label="point of the design, mean over luck", **{**dots, "alpha": 0.8, "markersize": 4}),
        Line2D([], [], color=COLOURS[4], marker="o", label=f"mean in a slice, with {level:.0%} interval"),
    ]
    figure = sheet(max(width, 6.2), height, title=title, note=note, key=key)
    figure.shows = "A dot for each point, and a line through the means of slices of the factor"
    axes = take(figure.subplots(rows, columns, sharey=True), len(panels))
    for k, (axis, one) in enumerate(zip(axes, panels, strict=True)):
        step = max(1, len(one.values) // MOST_DOTS)
        axis.plot(one.values[::step], one.outputs[::step], **dots)
        axis.errorbar(
            one.at, one.means, yerr=one.half, color=COLOURS[4], marker="o", markersize=3.5, linewidth=1.4, capsize=2
        )
        dress(axis)
        axis.xaxis.set_major_locator(MaxNLocator(nbins=4))
        if one.ticks:
            axis.set_xticks(range(len(one.ticks)), list(one.ticks))
        axis.set_xlabel(fold(one.factor, 2.9, TEXT), fontsize=TEXT)
        if k % columns == 0:
            axis.set_ylabel(fold(y_label, 2.4, TEXT), fontsize=TEXT, color=GREY)
    low, high = (float(np.nanquantile(np.concatenate([one.outputs for one in panels]), q)) for q in (0.002, 0.998))
    margin = 0.06 * (high - low) or 1.0
    axes[0].set_ylim(low - margin, high + margin)
    return figure
