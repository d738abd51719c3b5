"""Mechanisms ranked by what changes when they are off or at half strength."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from coalsim.figures.picture import Picture
from coalsim.figures.style import COLOURS, LETTER, LINE, SMALL, TEXT, dress, fold, sheet

OFF, HALF = COLOURS[4], COLOURS[2]
NAMES = 2.2  # inches, room for the names of mechanisms
ROW = 0.4  # inches
INNER = 4.8  # inches, width of the axis at the least


class Knocked(NamedTuple):
    """A mechanism at a strength, 0 or a share.

    Attributes
    ----------
    change : what changes: value, low, high; None where nothing compares
    words : then: "never" or "always" it tips without the mechanism, or why nothing compares
    """

    mechanism: str
    strength: float
    change: tuple[float, float, float] | None
    words: str = ""


def knock_out(
    rows: Sequence[Knocked],
    *,
    band: tuple[float, float] | None,
    unit: str,
    title: str,
    level: float = 0.95,
    note: str = "",
) -> Picture:
    """A row for each mechanism, those on which most hangs first, with what its absence changes.

    Without which it never or always tips stands at the edge that the threshold has gone beyond.

    Parameters
    ----------
    band : interval of the full model around 0, in the same unit; None without one
    unit : what changes, and in which unit
    level : of the intervals
    note : where the figure comes from
    """
    names = sorted(dict.fromkeys(one.mechanism for one in rows), key=lambda name: -_size(name, rows))
    labels = [fold(name.replace("_", " "), NAMES, TEXT) for name in names]
    key: list[Artist] = [
        Line2D([], [], color=OFF, marker="X", label=f"mechanism off, {level:.0%} interval"),
        Line2D([], [], color=HALF, marker="o", label="at half strength"),
    ]
    if band is not None:
        key.append(Patch(facecolor="#DDDDDD", label="interval of the full model"))
    row = max([ROW, *(1.2 * LINE * TEXT / 72 * (label.count("\n") + 1) for label in labels)])
    figure = sheet(7.4, row * max(len(names), 1) + 0.8, title=title, note=note, key=key)
    in_order = ", ".join(names).replace("_", " ")
    figure.shows = f"A row for each mechanism, from the one on which most hangs: {in_order or 'none'}"
    axis = figure.subplots()
    if band is not None:
        axis.axvspan(*band, color="#DDDDDD", linewidth=0)
    axis.axvline(0, color="#000000", linewidth=0.8)
    values = [part for one in rows if one.change is not None for part in one.change] + list(band or ())
    edge = max((abs(part) for part in values if np.isfinite(part)), default=1.0) or 1.0
    room = {-1: 0.0, 1: 0.0}  # inches for words on either side
    for one in rows:
        y = names.index(one.mechanism) + (-0.17 if one.strength == 0 else 0.17)
        colour, marker = (OFF, "X") if one.strength == 0 else (HALF, "o")
        if one.change is not None:
            value, *interval = one.change
            axis.plot(np.clip(interval, -1.08 * edge, 1.08 * edge), [y, y], color=colour, linewidth=1.6)
            axis.plot([value], [y], marker=marker, color=colour, markersize=5.5)
            continue
        side = -1 if one.words == "always" else 1
        at = 1.15 * side * edge
        if one.words in ("always", "never"):
            axis.plot([at], [y], marker="<" if side < 0 else ">", color=colour, markersize=6)
        words = one.words if one.strength == 0 else f"{one.words} (half)"
        room[side] = max(room[side], 0.25 + LETTER * SMALL / 72 * len(words))
        look = {"ha": "left" if side > 0 else "right", "va": "center", "fontsize": SMALL, "color": "#000000"}
        axis.annotate(words, (at, y), (7 * side, 0), textcoords="offset points", **look)  # type: ignore[arg-type]
    if not rows:
        axis.text(0.05, 0, "nothing to compare", fontsize=TEXT, va="center")
    ends = [1.15 * edge if inches else 1.08 * edge for inches in room.values()]
    total = sum(ends) / (1 - sum(room.values()) / INNER)
    axis.set_xlim(-ends[0] - total * room[-1] / INNER, ends[1] + total * room[1] / INNER)
    axis.set_ylim(max(len(names), 1) - 0.5, -0.5)
    dress(axis)
    axis.set_yticks(range(len(names)), labels, fontsize=TEXT)
    axis.set_xlabel(fold(unit, 5.0, TEXT), fontsize=TEXT)
    # Beyond the numbers stand words, where a number would be taken for theirs.
    axis.set_xticks([tick for tick in MaxNLocator(5).tick_values(-edge, edge) if abs(tick) <= 1.05 * edge])
    axis.spines["bottom"].set_bounds(-1.08 * edge, 1.08 * edge)
    return figure


def _size(mechanism: str, rows: Sequence[Knocked]) -> float:
    """How much hangs on it: all, where it never or always tips without it; nothing known, where nothing compares."""
    those = [one for one in rows if one.mechanism == mechanism]
    if any(one.change is None and one.words in ("never", "always") for one in those):
        return float("inf")
    return max((abs(one.change[0]) for one in those if one.change is not None), default=-1.0)
