"""The chance of tipping as a lever is raised, with its band, the runs it rests on, and the threshold."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from coalsim.figures.picture import Picture
from coalsim.figures.style import COLOURS, GREY, TEXT, Array, dress, fold, grid, sheet, take
from coalsim.figures.upright import upright

CURVE, TURN = COLOURS[2], COLOURS[4]
PANEL = (3.6, 2.7)


class Dose(NamedTuple):
    """One panel: a search for a threshold.

    Attributes
    ----------
    name : of the place or the definition of success
    says : what was found, in words, such as "threshold 0.31 (0.27 to 0.36)" or "never: 0 of 24 runs tipped"
    points, tipped : (n,) of the runs
    at, chance, low, high : (m,) the curve and its band, 0 to 1
    threshold : value, low, high; None without one
    x_label : the lever with its unit, where it is not that of all panels
    """

    name: str
    says: str
    points: Array
    tipped: NDArray[np.bool_]
    at: Array
    chance: Array
    low: Array
    high: Array
    threshold: tuple[float, float, float] | None
    x_label: str = ""


def dose_response(panels: Sequence[Dose], *, x_label: str, title: str, level: float = 0.95, note: str = "") -> Picture:
    """A panel for each search.

    Parameters
    ----------
    x_label : the lever with its unit
    level : of the bands and intervals
    note : where the figure comes from
    """
    key: list[Artist] = [
        Line2D([], [], color=CURVE, label="chance of tipping"),
        Patch(facecolor=CURVE, alpha=0.2, label=f"its {level:.0%} band"),
        Line2D([], [], color=GREY, marker="|", linewidth=0, label="a run: at the top if it tipped"),
    ]
    if any(one.threshold is not None for one in panels):
        key.append(Line2D([], [], color=TURN, linestyle="--", label=f"threshold, {level:.0%} interval shaded"))
    rows, columns, width, height = grid(len(panels), PANEL)
    figure = sheet(max(width, 4.6), height, title=title, note=note, key=key)
    figure.shows = "The chance of tipping as the lever is raised, with its band and single runs"
    for axis, one in zip(take(figure.subplots(rows, columns, squeeze=False), len(panels)), panels):
        axis.fill_between(one.at, 100 * one.low, 100 * one.high, color=CURVE, alpha=0.2, linewidth=0)
        axis.plot(one.at, 100 * one.chance, color=CURVE, linewidth=1.6)
        axis.axhline(50, color="#BBBBBB", linewidth=0.8)
        did = np.asarray(one.tipped, dtype=bool)
        axis.plot(one.points, np.where(did, 107, -7), "|", color=GREY, markersize=5, markeredgewidth=0.7)
        upright(axis, one.threshold, TURN)
        dress(axis)
        axis.set_ylim(-13, 113)
        axis.set_yticks([0, 50, 100])
        axis.set_title(fold(f"{one.name}\n{one.says}", PANEL[0] - 0.9, TEXT), fontsize=TEXT, loc="left")
        axis.set_ylabel("chance of tipping, %", fontsize=TEXT)
        axis.set_xlabel(fold(one.x_label or x_label, PANEL[0] - 0.9, TEXT), fontsize=TEXT)
        axis.locator_params(axis="x", nbins=5)
    return figure
