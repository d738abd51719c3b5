"""A tornado: the output where each factor is low and where it is high, the widest first."""

from collections.abc import Sequence

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from coalsim.figures.picture import Picture
from coalsim.figures.style import COLOURS, GREY, SMALL, TEXT, Array, dress, fold, sheet

NAMES, ROW = 2.4, 0.34  # inches
LOW, HIGH = COLOURS[2], COLOURS[4]


def tornado(
    factors: Sequence[str],
    low: tuple[Array, Array],
    high: tuple[Array, Array],
    *,
    mean: float,
    x_label: str,
    title: str,
    level: float,
    note: str = "",
) -> Picture:
    """A row for each factor.

    Parameters
    ----------
    low, high : (factors,) means over the lowest and the highest fifth of each factor, and half widths of their intervals
    mean : over all points
    """
    key = [
        Line2D([], [], color=LOW, marker="v", linestyle="", label=f"mean over the lowest fifth, {level:.0%} interval"),
        Line2D([], [], color=HIGH, marker="^", linestyle="", label="over the highest fifth"),
        Line2D([], [], color="#000000", linewidth=0.8, label="over all"),
    ]
    figure = sheet(7.4, ROW * len(factors) + 0.8, title=title, note=note, key=key)
    figure.shows = f"A row for each factor, the mean where it is low and where it is high: {'; '.join(factors)}"
    axis = figure.subplots()
    y = np.arange(len(factors), dtype=float)
    axis.hlines(y, low[0], high[0], color="#CCCCCC", linewidth=7)
    for (means, half), colour, marker, shift in ((low, LOW, "v", -0.13), (high, HIGH, "^", 0.13)):
        axis.errorbar(means, y + shift, xerr=half, fmt=marker, color=colour, markersize=5, elinewidth=1.2, capsize=2)
    axis.axvline(mean, color="#000000", linewidth=0.8)
    dress(axis)
    axis.xaxis.set_major_locator(MaxNLocator(nbins=6))
    axis.set_yticks(y, [fold(name, NAMES, SMALL) for name in factors], fontsize=SMALL)
    axis.set_ylim(len(factors) - 0.4, -0.6)
    axis.set_xlabel(fold(x_label, 4.6, TEXT), fontsize=TEXT, color=GREY)
    return figure
