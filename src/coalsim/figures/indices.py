"""Factors ranked by how much an output depends on them, with intervals."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from coalsim.figures.picture import Picture
from coalsim.figures.style import COLOURS, GREY, LINE, SMALL, TEXT, Array, dress, fold, grid, sheet, take

NAMES, ROW = 2.3, 0.3  # inches: room for the names of factors, height of each
WHOLE, FIRST = COLOURS[6], COLOURS[2]
FLOOR = COLOURS[4]
LED = 3  # factors that the words name


class Bars(NamedTuple):
    """Indices of one output, the largest first.

    Attributes
    ----------
    title : the output; `says` a line below it, such as luck's share
    factors : names
    whole, whole_half : (factors,) the index by which they are ranked, and half widths of its intervals
    first, first_half : (factors,) what a factor does by itself; None where there is no such index
    luck : share of the variance that is luck, None where it is not a share of the same variance
    floor : what a factor that does nothing gets, None where that is 0
    """

    title: str
    says: str
    factors: Sequence[str]
    whole: Array
    whole_half: Array
    first: Array | None = None
    first_half: Array | None = None
    luck: float | None = None
    floor: float | None = None


def indices(
    panels: Sequence[Bars], *, axis_label: str, whole: str, first: str, title: str, level: float, note: str = ""
) -> Picture:
    """A panel for each output with a bar for each factor; `whole` and `first` name the two indices."""
    most = max(len(one.factors) for one in panels)
    rows, columns, width, height = grid(min(len(panels), 2), (NAMES + 2.9, ROW * (most + 1) + 0.9))
    rows = -(-len(panels) // columns)
    key: list[Line2D | Patch] = [Patch(color=WHOLE, label=f"{whole}, with {level:.0%} interval")]
    if any(one.first is not None for one in panels):
        key.append(Line2D([], [], color=FIRST, marker="D", label=first))
    if any(one.luck is not None for one in panels):
        key.append(Patch(facecolor="#FFFFFF", edgecolor=GREY, hatch="////", label="luck"))
    if any(one.floor is not None for one in panels):
        key.append(Line2D([], [], color=FLOOR, linestyle="--", label="a factor that does nothing"))
    figure = sheet(width, height / max(1, -(-min(len(panels), 2) // columns)) * rows, title=title, note=note, key=key)
    figure.shows = "A bar for each factor, the largest first"
    for axis, one in zip(take(figure.subplots(rows, columns), len(panels)), panels, strict=True):
        figure.shows += f"; of {one.title}: {'; '.join(one.factors[:LED])}"
        names = [fold(name, NAMES, SMALL) for name in one.factors]
        y = np.arange(len(names), dtype=float)
        axis.barh(y, one.whole, height=0.62, color=WHOLE)
        axis.errorbar(one.whole, y, xerr=one.whole_half, fmt="none", ecolor="#000000", elinewidth=1.0, capsize=2)
        if one.first is not None and one.first_half is not None:
            axis.errorbar(one.first, y + 0.2, xerr=one.first_half, fmt="D", markersize=3.5, color=FIRST, elinewidth=0.9)
        ticks = list(y)
        if one.luck is not None:
            names.append("luck")
            ticks.append(float(len(y)))
            axis.barh([len(y)], [one.luck], height=0.62, facecolor="#FFFFFF", edgecolor=GREY, hatch="////")
        if one.floor is not None:
            axis.axvline(one.floor, color=FLOOR, linestyle="--", linewidth=1)
        dress(axis)
        axis.axvline(0, color="#000000", linewidth=0.8)
        axis.xaxis.set_major_locator(MaxNLocator(nbins=5))
        axis.set_yticks(ticks, names, fontsize=SMALL)
        axis.set_ylim(max(ticks, default=0) + 0.6, -0.6)
        axis.set_title(
            f"{fold(one.title, NAMES + 2.6, TEXT + 1)}\n{fold(one.says, NAMES + 2.6, SMALL)}",
            fontsize=TEXT,
            loc="right",
        )
        axis.set_xlabel(fold(axis_label, 3, TEXT), fontsize=TEXT, color=GREY)
        axis.title.set_linespacing(LINE)
    return figure
