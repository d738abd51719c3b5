"""Discovered boxes: cases of interest and the others over the two factors that tell most, with the box drawn in."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from coalsim.figures.picture import Picture
from coalsim.figures.style import COLOURS, GREY, SMALL, TEXT, Array, dress, fold, grid, sheet, take

YES, NO = COLOURS[4], COLOURS[6]


class Side(NamedTuple):
    """One factor: (n,) values of all cases, ends of the box (None where there is none), names of values without numbers."""

    label: str
    values: Array
    limits: tuple[float | None, float | None]
    ticks: Sequence[str] = ()


class Face(NamedTuple):
    """One box over two factors: coverage and density in words, (n,) which cases are of interest, and which lie within the
    limits on all other factors."""

    says: str
    x: Side
    y: Side
    is_of_interest: NDArray[np.bool_]
    is_inside: NDArray[np.bool_]


def boxes(panels: Sequence[Face], *, interest: str, title: str, note: str = "") -> Picture:
    """A panel for each box; cases that the other limits leave out are faint."""
    rows, columns, width, height = grid(len(panels), (4.2, 3.6))
    key = [
        Line2D([], [], color=YES, marker="X", linestyle="", label=interest),
        Line2D([], [], color=NO, marker="o", linestyle="", label="other cases"),
        Line2D(
            [], [], color=GREY, marker="o", alpha=0.35, linestyle="", markersize=3, label="left out by other limits"
        ),
        Patch(facecolor="none", edgecolor="#000000", linewidth=1.6, label="box"),
    ]
    figure = sheet(max(width, 6.0), height, title=title, note=note, key=key)
    figure.shows = "A dot for each case over two factors, those of interest marked, and the box drawn in"
    for axis, one in zip(take(figure.subplots(rows, columns), len(panels)), panels, strict=True):
        for which, colour, marker, size in ((~one.is_of_interest, NO, "o", 9), (one.is_of_interest, YES, "X", 22)):
            out, within = which & ~one.is_inside, which & one.is_inside
            axis.scatter(
                one.x.values[out], one.y.values[out], s=size / 3, c=colour, marker=marker, alpha=0.35, linewidths=0
            )
            axis.scatter(one.x.values[within], one.y.values[within], s=size, c=colour, marker=marker, linewidths=0)
        spans = []
        for _, values, (low, high), _ in (one.x, one.y):
            margin = 0.03 * float(np.ptp(values) or 1.0)
            spans.append(
                (values.min() - margin if low is None else low, values.max() + margin if high is None else high)
            )
        (left, right), (bottom, top) = spans
        axis.add_patch(
            Rectangle((left, bottom), right - left, top - bottom, fill=False, edgecolor="#000000", linewidth=1.6)
        )
        dress(axis)
        axis.xaxis.set_major_locator(MaxNLocator(nbins=5))
        if one.x.ticks:
            axis.set_xticks(range(len(one.x.ticks)), list(one.x.ticks))
        if one.y.ticks:
            axis.set_yticks(range(len(one.y.ticks)), list(one.y.ticks))
        axis.set_title(fold(one.says, 3.2, SMALL), fontsize=SMALL, loc="left")
        axis.set_xlabel(fold(one.x.label, 3.2, TEXT), fontsize=TEXT)
        axis.set_ylabel(fold(one.y.label, 3.0, TEXT), fontsize=TEXT)
    return figure
