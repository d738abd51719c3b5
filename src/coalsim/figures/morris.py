"""The Morris plane: how much a factor moves an output, and how much that depends on the others."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from coalsim.figures.style import COLOURS, GREY, SMALL, TEXT, Array, dress, fold, grid, sheet, take

NAMED = 8  # factors whose names stand beside their points


class Effects(NamedTuple):
    """Mean sizes and standard deviations of one output's elementary effects, (factors,) each, in its unit."""

    title: str
    unit: str
    factors: Sequence[str]
    sizes: Array
    half: Array  # widths of the intervals of sizes
    sigma: Array  # nan for groups, which have none


def morris(panels: Sequence[Effects], *, title: str, level: float, note: str = "") -> Figure:
    """A panel for each output: mean size of effects to the right, their standard deviation upwards.

    Factors near the lower left do nothing; below the line they do much the same everywhere, above it what they do depends on
    the others, or bends.
    """
    rows, columns, width, height = grid(len(panels), (4.4, 3.6))
    key = [
        Line2D([], [], color=COLOURS[2], marker="o", linestyle="", label=f"factor, with {level:.0%} interval"),
        Line2D([], [], color=GREY, linestyle=":", label="sigma as large as the mean size"),
    ]
    figure = sheet(width, height, title=title, note=note, key=key)
    for axis, one in zip(take(figure.subplots(rows, columns), len(panels)), panels, strict=True):
        sigma = np.nan_to_num(one.sigma)
        axis.errorbar(one.sizes, sigma, xerr=one.half, fmt="o", color=COLOURS[2], markersize=4, elinewidth=0.9)
        right, top = 1.45 * float(np.max(one.sizes, initial=1e-12)), 1.2 * float(np.max(sigma, initial=1e-12)) or 1.0
        end = min(right, top)
        axis.plot([0, end], [0, end], color=GREY, linestyle=":", linewidth=1)
        placed: list[float] = []
        for k in np.argsort(-one.sizes)[:NAMED]:
            y = _clear(float(sigma[k]), placed, 0.055 * top)
            placed.append(y)
            x = float(one.sizes[k] + one.half[k])
            axis.annotate(
                fold(one.factors[k], 1.9, SMALL),
                (x, y),
                (3, 0),
                textcoords="offset points",
                fontsize=SMALL - 1,
                va="center",
            )
        axis.set_xlim(0, right)
        axis.set_ylim(-0.04 * top, top)
        dress(axis)
        axis.set_title(fold(one.title, 4.2, TEXT + 1), fontsize=TEXT + 1, loc="left")
        axis.set_xlabel(f"mean size of effects over the whole range, {one.unit}", fontsize=TEXT, color=GREY)
        axis.set_ylabel("their standard deviation", fontsize=TEXT, color=GREY)
    return figure


def _clear(y: float, placed: Sequence[float], gap: float) -> float:
    """A height for a name that lies on no other one."""
    for step in range(20):
        for candidate in (y + step * gap, y - step * gap):
            if all(abs(candidate - other) >= gap for other in placed):
                return candidate
    return y
