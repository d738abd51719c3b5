"""Where runs end from a low and from a high start, and from which saved states they tip."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from coalsim.figures.style import COLOURS, TEXT, Array, dress, fold, grid, sheet, take

LOW, HIGH, TURN = COLOURS[2], COLOURS[1], COLOURS[4]
PANEL = (3.6, 2.7)
BINS = 16


class Ends(NamedTuple):
    """Endpoints of one output: its name with unit, what was found, (n,) from each start, and the valley if there is one."""

    name: str
    says: str
    low: Array
    high: Array
    valley: float | None


class Restarts(NamedTuple):
    """Chance of tipping (k,) of saved states at an order parameter (k,), with intervals, and the critical mass, if any."""

    name: str
    says: str
    at: Array
    chance: Array
    low: Array
    high: Array
    critical: tuple[float, float, float] | None


def basins(panels: Sequence[Ends], restarts: Restarts | None = None, *, title: str, note: str = "") -> Figure:
    """A histogram for each output, and last the restarts."""
    key: list[Artist] = [
        Patch(facecolor=LOW, alpha=0.7, label="ends from the place as it is"),
        Patch(facecolor=HIGH, alpha=0.7, hatch="///", edgecolor="#000000", label="ends after the strongest push"),
    ]
    if restarts is not None:
        key.append(Line2D([], [], color="#000000", marker="o", linewidth=0, label="restarts of a state, 95% interval"))
    if any(one.valley is not None for one in panels) or (restarts is not None and restarts.critical is not None):
        key.append(Line2D([], [], color=TURN, linestyle="--", label="valley between basins, or critical mass"))
    n = len(panels) + (restarts is not None)
    rows, columns, width, height = grid(n, PANEL)
    figure = sheet(max(width, 4.6), height, title=title, note=note, key=key)
    axes = take(figure.subplots(rows, columns, squeeze=False), n)
    for axis, one in zip(axes, panels):
        every = np.concatenate([one.low, one.high])
        spread = float(np.ptp(every)) or max(abs(float(every[0])), 1.0) * 0.1
        edges = list(np.linspace(every.min() - 0.02 * spread, every.max() + 0.02 * spread, BINS + 1))
        axis.hist(one.low, bins=edges, color=LOW, alpha=0.7)
        axis.hist(one.high, bins=edges, color=HIGH, alpha=0.7, hatch="///", edgecolor="#000000", linewidth=0.4)
        if one.valley is not None:
            axis.axvline(one.valley, color=TURN, linestyle="--", linewidth=1.4)
        dress(axis)
        axis.set_title(fold(one.says, PANEL[0] - 0.9, TEXT), fontsize=TEXT, loc="left")
        axis.set_xlabel(fold(one.name, PANEL[0] - 0.9, TEXT), fontsize=TEXT)
        axis.set_ylabel("runs", fontsize=TEXT)
        axis.locator_params(nbins=5)
    if restarts is not None:
        axis = axes[-1]
        error = 100 * np.stack([restarts.chance - restarts.low, restarts.high - restarts.chance])
        axis.errorbar(
            restarts.at, 100 * restarts.chance, np.maximum(error, 0), color="#000000", fmt="o", markersize=4, capsize=2
        )
        axis.axhline(50, color="#BBBBBB", linewidth=0.8)
        if restarts.critical is not None:
            value, low, high = restarts.critical
            axis.axvspan(low, high, color=TURN, alpha=0.2, linewidth=0)
            axis.axvline(value, color=TURN, linestyle="--", linewidth=1.4)
        dress(axis)
        axis.set_ylim(-5, 105)
        axis.set_yticks([0, 50, 100])
        axis.set_title(fold(restarts.says, PANEL[0] - 0.9, TEXT), fontsize=TEXT, loc="left")
        axis.set_xlabel(fold(restarts.name, PANEL[0] - 0.9, TEXT), fontsize=TEXT)
        axis.set_ylabel("chance of tipping, %", fontsize=TEXT)
        axis.locator_params(axis="x", nbins=5)
    return figure
