"""The Morris plane: how much a factor moves an output, and how much that depends on the others."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.lines import Line2D

from coalsim.figures.picture import Picture
from coalsim.figures.style import COLOURS, GREY, SMALL, TEXT, Array, dress, fold, grid, sheet, take

NAMED, LEAST = 8, 0.05  # factors that are named, if their effect is at least this share of the largest
NAMES = 1.9  # inches, room for their names


class Effects(NamedTuple):
    """Mean sizes and standard deviations of one output's elementary effects, (factors,) each, in its unit."""

    title: str
    unit: str
    factors: Sequence[str]
    sizes: Array
    half: Array  # widths of the intervals of sizes
    sigma: Array  # nan for groups, which have none


def morris(panels: Sequence[Effects], *, title: str, level: float, note: str = "") -> Picture:
    """A panel for each output: mean size of effects to the right, their standard deviation upwards.

    Factors near the lower left do nothing; below the line they do much the same everywhere, above it what they do depends on
    the others, or bends.
    """
    rows, columns, width, height = grid(len(panels), (3.6 + NAMES, 3.3))
    key = [
        Line2D(
            [], [], color=COLOURS[2], marker="o", linestyle="", label=f"factor, with {level:.0%} interval if numbered"
        ),
        Line2D([], [], color=GREY, linestyle=":", label="sigma as large as the mean size"),
    ]
    figure = sheet(width, height, title=title, note=note, key=key)
    figure.shows = "Factors by the mean size of their effects, to the right, and its spread, upwards"
    for axis, one in zip(take(figure.subplots(rows, columns), len(panels)), panels, strict=True):
        sigma = np.nan_to_num(one.sigma)
        largest = float(np.max(one.sizes, initial=0.0))
        right = 1.05 * max(1e-12, float(np.max(one.sizes + one.half, initial=0.0)))
        top = 1.12 * float(np.max(sigma, initial=0.0)) or 1.0
        leading = [k for k in np.argsort(-one.sizes, kind="stable")[:NAMED] if one.sizes[k] > LEAST * largest]
        leading = _apart(leading, one.sizes / right, sigma / top)
        axis.plot(one.sizes, sigma, marker="o", color=COLOURS[2], markersize=4, linestyle="")
        for rank, k in enumerate(leading, 1):
            axis.plot(one.sizes[k] + one.half[k] * np.array([-1, 1]), [sigma[k]] * 2, color=COLOURS[2], linewidth=0.9)
            axis.annotate(
                str(rank), (one.sizes[k], sigma[k]), (0, 3), textcoords="offset points", fontsize=SMALL, ha="center"
            )
        axis.plot([0, min(right, top)], [0, min(right, top)], color=GREY, linestyle=":", linewidth=1)
        axis.set_xlim(-0.02 * right, right)
        axis.set_ylim(-0.04 * top, top)
        dress(axis)
        names = [fold(f"{rank} {one.factors[k]}", NAMES, SMALL) for rank, k in enumerate(leading, 1)]
        axis.text(1.02, 1.0, "\n".join(names), transform=axis.transAxes, fontsize=SMALL, va="top", linespacing=1.4)
        axis.set_title(fold(one.title, 4.2, TEXT + 1), fontsize=TEXT + 1, loc="left")
        axis.set_xlabel(f"mean size of effects over the whole range, {one.unit}", fontsize=TEXT, color=GREY)
        axis.set_ylabel("their standard deviation", fontsize=TEXT, color=GREY)
    return figure


def _apart(ranked: Sequence[int], x: Array, y: Array) -> list[int]:
    """Those whose numbers do not lie on the number of a larger one."""
    kept: list[int] = []
    for k in ranked:
        if all(abs(x[k] - x[other]) > 0.05 or abs(y[k] - y[other]) > 0.07 for other in kept):
            kept.append(int(k))
    return kept
