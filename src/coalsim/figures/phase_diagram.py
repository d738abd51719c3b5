"""The chance of tipping over two levers, the boundary at which it is one half, and how well that is known."""

import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.colors import ListedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from coalsim.figures.picture import Picture
from coalsim.figures.style import COLOURS, SMALL, TEXT, Array, dress, fold, sheet

SHADES = ListedColormap(colormaps["Blues"](np.linspace(0, 0.75, 256)), name="chance")
HATCH, INK = "////", "#555555"
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
    says: str = "",
    cheapest: tuple[float, float] | None = None,
    level: float = 0.95,
    note: str = "",
) -> Picture:
    """A map of the chance with its boundary; hatched where the band of the chance holds one half.

    Parameters
    ----------
    x, y : (m,) and (n,) values of the levers
    chance, low, high : (n, m) chance of tipping and its band, 0 to 1
    points, tipped : (runs, 2) and (runs,)
    x_label, y_label : the levers with their units
    says : what was found, in words; by default whether there is a boundary
    cheapest : the cheapest point that tips as surely as was asked for
    level : of the band
    note : where the figure comes from
    """
    is_there = bool(chance.min() < 0.5 < chance.max())
    unsure = np.minimum(high - 0.5, 0.5 - low)  # above 0 where the band holds one half
    key: list[Artist] = [
        Line2D([], [], color=COLOURS[4], marker="o", linewidth=0, label="run that tipped"),
        Line2D([], [], color="#000000", marker="o", linewidth=0, markerfacecolor="none", label="run that did not"),
    ]
    if is_there:
        key.append(Line2D([], [], color="#000000", linewidth=2, label="boundary: chance one half"))
    if unsure.max() > 0:
        key.append(Patch(facecolor="none", edgecolor=INK, hatch=HATCH, label=f"where it may lie ({level:.0%})"))
    if cheapest is not None:
        label = f"cheapest point: {cheapest[0]:.3g} and {cheapest[1]:.3g}"
        star = {"marker": "*", "markersize": 11, "markeredgecolor": "#000000"}
        key.append(Line2D([], [], color=COLOURS[1], linewidth=0, label=label, **star))  # type: ignore[arg-type]
    figure = sheet(SIDE + 2.2, SIDE, title=title, note=note, key=key)
    figure.shows = f"A map of the chance over two levers: {says or _in_words(chance)}"
    axis = figure.subplots()
    mesh = axis.pcolormesh(x, y, 100 * chance, cmap=SHADES, vmin=0, vmax=100, shading="gouraud", rasterized=True)
    if unsure.max() > 0:
        hatched = axis.contourf(x, y, unsure, levels=[0, 1], colors="none", hatches=[HATCH])
        hatched.set_edgecolor(INK)
    if is_there:
        axis.contour(x, y, chance, levels=[0.5], colors="#000000", linewidths=2.5)
    did = np.asarray(tipped, dtype=bool)
    at = np.asarray(points, dtype=float).reshape(-1, 2)
    axis.plot(*at[~did].T, "o", color="#000000", markerfacecolor="#FFFFFF", markersize=3.8, markeredgewidth=0.8)
    axis.plot(*at[did].T, "o", color=COLOURS[4], markersize=4.2, markeredgecolor="#000000", markeredgewidth=0.4)
    if cheapest is not None:
        axis.plot(*cheapest, "*", color=COLOURS[1], markeredgecolor="#000000", markersize=13, clip_on=False)
    dress(axis)
    axis.set_xlabel(fold(x_label, SIDE + 0.8, TEXT), fontsize=TEXT)
    axis.set_ylabel(fold(y_label, SIDE - 0.8, TEXT), fontsize=TEXT)
    axis.set_title(fold(says or _in_words(chance), SIDE, TEXT), fontsize=TEXT, loc="left")
    axis.set_xlim(x[0], x[-1])
    axis.set_ylim(y[0], y[-1])
    axis.locator_params(nbins=5)
    bar = figure.colorbar(mesh, ax=axis, aspect=20, ticks=[0, 25, 50, 75, 100])
    bar.set_label("chance of tipping, %", fontsize=TEXT)
    bar.ax.tick_params(labelsize=SMALL)
    return figure


def _in_words(chance: Array) -> str:
    if chance.max() <= 0.5:
        return f"no boundary: nowhere more likely than not to tip (at most {chance.max():.0%})"
    if chance.min() >= 0.5:
        return f"no boundary: everywhere more likely than not to tip (at least {chance.min():.0%})"
    return f"more likely than not to tip in {(chance > 0.5).mean():.0%} of the space"
