"""The chance of tipping over two levers, the boundary at which it is one half, and how well that is known."""

import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from coalsim.figures.style import COLOURS, SMALL, TEXT, Array, dress, fold, sheet

SHADES = ListedColormap(colormaps["Blues"](np.linspace(0, 0.75, 256)), name="chance")
SIDE = 4.2  # inches


def phase_diagram(
    x: Array,
    y: Array,
    chance: Array,
    *,
    low: Array,
    high: Array,
    points: Array,
    tipped: NDArray[np.bool_],
    x_label: str,
    y_label: str,
    title: str,
    says: str,
    cheapest: tuple[float, float] | None = None,
    note: str = "",
) -> Figure:
    """A map of the chance with its boundary.

    Parameters
    ----------
    x, y : (m,) and (n,) values of the levers
    chance, low, high : (n, m) chance of tipping and its band, 0 to 1
    points, tipped : (runs, 2) and (runs,)
    says : what was found, in words
    cheapest : the cheapest point that tips as surely as was asked for
    """
    is_there = bool(chance.min() < 0.5 < chance.max())
    key: list[Artist] = [
        Line2D([], [], color=COLOURS[4], marker="o", linewidth=0, label="run that tipped"),
        Line2D([], [], color="#000000", marker="o", linewidth=0, markerfacecolor="none", label="run that did not"),
    ]
    if is_there:
        key += [
            Line2D([], [], color="#000000", linewidth=2, label="boundary: chance one half"),
            Patch(facecolor="none", edgecolor="#555555", hatch="////", label="where it may lie (95%)"),
        ]
    if cheapest is not None:
        key.append(Line2D([], [], color=COLOURS[1], marker="*", markersize=11, linewidth=0, label="cheapest point"))
    figure = sheet(SIDE + 2.2, SIDE, title=title, note=note, key=key)
    axis = figure.subplots()
    mesh = axis.pcolormesh(x, y, 100 * chance, cmap=SHADES, vmin=0, vmax=100, shading="gouraud", rasterized=True)
    unsure = (low < 0.5) & (high > 0.5)
    if is_there:
        hatch = axis.contourf(x, y, unsure.astype(float), levels=[0.5, 1.5], colors="none", hatches=["////"])
        hatch.set_edgecolor("#555555")
        axis.contour(x, y, chance, levels=[0.5], colors="#000000", linewidths=2)
    did = np.asarray(tipped, dtype=bool)
    axis.plot(*points[~did].T, "o", color="#000000", markerfacecolor="none", markersize=3.5, markeredgewidth=0.7)
    axis.plot(*points[did].T, "o", color=COLOURS[4], markersize=3.5)
    if cheapest is not None:
        axis.plot(*cheapest, "*", color=COLOURS[1], markeredgecolor="#000000", markersize=13)
    dress(axis)
    axis.set_xlabel(fold(x_label, SIDE, TEXT), fontsize=TEXT)
    axis.set_ylabel(fold(y_label, SIDE, TEXT), fontsize=TEXT)
    axis.set_title(fold(says, SIDE, TEXT), fontsize=TEXT, loc="left")
    axis.set_xlim(x[0], x[-1])
    axis.set_ylim(y[0], y[-1])
    bar = figure.colorbar(mesh, ax=axis, aspect=20, ticks=[0, 25, 50, 75, 100])
    bar.set_label("chance of tipping, %", fontsize=TEXT)
    bar.ax.tick_params(labelsize=SMALL)
    return figure
