"""Mechanisms ranked by what changes when they are off or at half strength."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from coalsim.figures.style import COLOURS, TEXT, dress, fold, sheet

OFF, HALF = COLOURS[4], COLOURS[2]


class Knocked(NamedTuple):
    """A mechanism at a strength, 0 or a share: what changes (value, low, high), or "never" or "always" where nothing compares."""

    mechanism: str
    strength: float
    change: tuple[float, float, float] | None
    words: str = ""


def knock_out(
    rows: Sequence[Knocked], *, band: tuple[float, float] | None, unit: str, title: str, note: str = ""
) -> Figure:
    """A row for each mechanism, in the order given, with what its absence changes.

    Parameters
    ----------
    band : interval of the full model around 0, in the same unit; None without one
    unit : what changes, and in which unit
    """
    names = list(dict.fromkeys(one.mechanism for one in rows))
    key: list[Line2D | Patch] = [
        Line2D([], [], color=OFF, marker="X", label="mechanism off, 95% interval"),
        Line2D([], [], color=HALF, marker="o", label="at half strength"),
    ]
    if band is not None:
        key.append(Patch(facecolor="#DDDDDD", label="interval of the full model"))
    figure = sheet(7.4, 0.36 * len(names) + 0.8, title=title, note=note, key=key)
    axis = figure.subplots()
    if band is not None:
        axis.axvspan(*band, color="#DDDDDD", linewidth=0)
    axis.axvline(0, color="#000000", linewidth=0.8)
    ends = [end for one in rows if one.change is not None for end in one.change] + list(band or ())
    edge = max((abs(end) for end in ends), default=1.0) or 1.0
    for one in rows:
        is_off = one.strength == 0
        y = names.index(one.mechanism) + (-0.14 if is_off else 0.14)
        colour, marker = (OFF, "X") if is_off else (HALF, "o")
        if one.change is None:
            axis.plot([1.12 * edge], [y], marker=">" if one.words != "always" else "<", color=colour, markersize=6)
            axis.annotate(
                one.words, (1.12 * edge, y), (7, 0), textcoords="offset points", va="center", fontsize=7, color=colour
            )
        else:
            value, low, high = one.change
            axis.plot([low, high], [y, y], color=colour, linewidth=1.4)
            axis.plot([value], [y], marker=marker, color=colour, markersize=5)
    has_words = any(one.change is None for one in rows)
    axis.set_xlim(-1.08 * edge, (1.45 if has_words else 1.08) * edge)
    axis.set_ylim(len(names) - 0.4, -0.6)
    dress(axis)
    axis.set_yticks(range(len(names)), [name.replace("_", " ") for name in names], fontsize=TEXT)
    axis.set_xlabel(fold(unit, 5.0, TEXT), fontsize=TEXT)
    axis.locator_params(axis="x", nbins=6)
    return figure
