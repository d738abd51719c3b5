"""Where runs end from a low and from a high start, and from which saved states they tip."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from coalsim.figures.picture import Picture
from coalsim.figures.style import COLOURS, TEXT, Array, dress, fold, grid, sheet, take
from coalsim.figures.upright import Estimate, upright

LOW, HIGH, TURN = COLOURS[2], COLOURS[1], COLOURS[0]
PANEL = (3.6, 2.7)
BINS = 16


class Ends(NamedTuple):
    """Endpoints of one output.

    Attributes
    ----------
    name : of the output with its unit
    says : what was found, in words: how many basins, their weights, the dip's p-value
    low, high : (n,) from each start, and not necessarily as many
    valley : what parts the basins, or value, low and high of it; None without one
    """

    name: str
    says: str
    low: Array
    high: Array
    valley: Estimate | None


class Restarts(NamedTuple):
    """Restarts of saved states.

    Attributes
    ----------
    name : of the order parameter with its unit
    says : what was found, in words
    at, chance, low, high : (k,) order parameter of each state, and its chance of tipping with its interval, 0 to 1
    critical : where the chance is one half: value, low, high; None without one
    """

    name: str
    says: str
    at: Array
    chance: Array
    low: Array
    high: Array
    critical: tuple[float, float, float] | None


def basins(
    panels: Sequence[Ends],
    restarts: Restarts | None = None,
    *,
    title: str,
    starts: tuple[str, str] = ("the place as it is", "the strongest push"),
    level: float = 0.95,
    note: str = "",
) -> Picture:
    """A histogram for each output, and last the restarts.

    Parameters
    ----------
    starts : names of the low and the high start
    level : of the intervals of the restarts
    note : where the figure comes from
    """
    key: list[Artist] = [
        Patch(facecolor=LOW, alpha=0.7, label=f"runs that start from {starts[0]}"),
        Patch(facecolor=HIGH, alpha=0.7, hatch="///", edgecolor="#000000", label=f"from {starts[1]}"),
    ]
    if restarts is not None:
        label = f"restarts of a state, {level:.0%} interval"
        key.append(Line2D([], [], color="#000000", marker="o", linewidth=0, label=label))
    if any(one.valley is not None for one in panels) or (restarts is not None and restarts.critical is not None):
        key.append(Line2D([], [], color=TURN, linestyle="--", label="valley between basins, or critical mass"))
    n = len(panels) + (restarts is not None)
    rows, columns, width, height = grid(n, PANEL)
    figure = sheet(max(width, 4.6), height, title=title, note=note, key=key)
    figure.shows = "Histograms of where runs end from two starts" + (", and chances of restarts" if restarts else "")
    axes = take(figure.subplots(rows, columns, squeeze=False), n)
    for axis, one in zip(axes, panels):
        _ends(axis, one)
    if restarts is not None:
        _restarts(axes[-1], restarts)
    drawn: list[Ends | Restarts] = [*panels, *([restarts] if restarts is not None else [])]
    for axis, panel in zip(axes, drawn, strict=True):
        dress(axis)
        axis.set_title(fold(panel.says, PANEL[0] - 0.9, TEXT), fontsize=TEXT, loc="left")
        axis.set_xlabel(fold(panel.name, PANEL[0] - 0.9, TEXT), fontsize=TEXT)
        if isinstance(axis.xaxis.get_major_locator(), MaxNLocator):
            axis.locator_params(axis="x", nbins=5)
    return figure


def _ends(axis: Axes, ends: Ends) -> None:
    low, high = (values[np.isfinite(values)] for values in (ends.low, ends.high))
    axis.set_ylabel("runs", fontsize=TEXT)
    if low.size + high.size == 0:
        axis.text(0.5, 0.5, "no runs", fontsize=TEXT, ha="center", transform=axis.transAxes)
        axis.set_yticks([])
        axis.set_xticks([])
        return
    every = np.concatenate([low, high])
    spread = float(np.ptp(every)) or max(abs(float(every[0])), 1.0) * 0.1
    bins = list(np.linspace(every.min() - 0.02 * spread, every.max() + 0.02 * spread, BINS + 1))
    axis.hist(low, bins=bins, color=LOW, alpha=0.7)
    axis.hist(high, bins=bins, color=HIGH, alpha=0.7, hatch="///", edgecolor="#000000", linewidth=0.4)
    upright(axis, ends.valley, TURN)
    axis.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))


def _restarts(axis: Axes, restarts: Restarts) -> None:
    error = 100 * np.stack([restarts.chance - restarts.low, restarts.high - restarts.chance])
    look = {"color": "#000000", "markersize": 4, "capsize": 2, "elinewidth": 1.2}
    axis.errorbar(restarts.at, 100 * restarts.chance, np.maximum(error, 0), fmt="o", **look)  # type: ignore[arg-type]
    axis.axhline(50, color="#BBBBBB", linewidth=0.8)
    upright(axis, restarts.critical, TURN)
    axis.set_ylim(-5, 105)
    axis.set_yticks([0, 50, 100])
    axis.set_ylabel("chance of tipping, %", fontsize=TEXT)
