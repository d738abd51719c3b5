"""Money as bands that flow from one column of bodies to the next, as wide as the amounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from coalsim.figures.picture import Picture
from coalsim.figures.style import COLOURS, SMALL, TEXT, fold, sheet

PANEL = (6.2, 4.2)  # inches
NODE = 0.035  # width of a body, share of the panel
GAP = 0.03  # between bodies of a column, share of the height
MARGIN = 0.26  # left of the first and right of the last column, for their names
SMALLEST = 0.004  # of the tallest column: amounts below are drawn so thick


@dataclass(frozen=True)
class Flows:
    """One panel: columns of bodies from left to right, and who gives how much to whom."""

    title: str
    columns: Sequence[Sequence[str]]
    amounts: Mapping[tuple[str, str], float]  # source, target: amount


def flows(panels: Sequence[Flows], *, title: str, unit: str, scale: float = 1, note: str = "") -> Picture:
    """A panel for each set of flows, all to the same scale.

    Parameters
    ----------
    unit : of the amounts times `scale`
    note : where the figure comes from
    """
    figure = sheet(PANEL[0] * len(panels), PANEL[1] + 0.2, title=title, note=note)
    figure.shows = "Bands of money from body to body, as wide as the amounts: a panel for each option"
    tallest = max(_height(panel, column) for panel in panels for column in panel.columns) or 1.0
    most = max(len(column) for panel in panels for column in panel.columns)
    for axis, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels):
        _draw(axis, panel, (1 - GAP * (most - 1)) / tallest, scale)
        axis.set_title(fold(f"{panel.title}, {unit}", PANEL[0] - 0.2, TEXT), fontsize=TEXT, loc="left")
        axis.set_xlim(0, 1)
        axis.set_ylim(1, 0)
        axis.set_axis_off()
    return figure


def _draw(axis: Axes, panel: Flows, per_amount: float, scale: float) -> None:
    across = np.linspace(MARGIN, 1 - MARGIN - NODE, len(panel.columns))
    at: dict[str, tuple[float, float]] = {}  # left and top edge of each body
    names = [name for column in panel.columns for name in column]
    colour = {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(names)}
    for k, column in enumerate(panel.columns):
        shown = [name for name in column if _size(panel, name)]
        whole = sum(_size(panel, name) for name in shown) * per_amount + GAP * (len(shown) - 1)
        top = (1 - whole) / 2
        for name in shown:
            size = _size(panel, name) * per_amount
            at[name] = float(across[k]), top
            axis.add_patch(Rectangle(at[name], NODE, max(size, SMALLEST), facecolor=colour[name], linewidth=0))
            text = f"{name} {scale * _size(panel, name):,.1f}"
            if k == 0 or k == len(panel.columns) - 1:
                left = k == 0
                x = across[k] - 0.008 if left else across[k] + NODE + 0.008
                lines = fold(text, MARGIN * PANEL[0] - 0.1, SMALL)
                axis.text(x, top + size / 2, lines, ha="right" if left else "left", va="center", fontsize=SMALL)
            else:
                axis.text(across[k] + NODE / 2, top - 0.003, text, ha="center", va="bottom", fontsize=SMALL)
            top += size + GAP
    leaves = {name: top for name, (_, top) in at.items()}
    enters = dict(leaves)
    order = {name: k for k, name in enumerate(at)}
    for (source, target), amount in sorted(
        panel.amounts.items(), key=lambda one: (order.get(one[0][0], 0), order.get(one[0][1], 0))
    ):
        if amount <= 0:
            continue
        thick = max(amount * per_amount, SMALLEST / 2)
        x, y, end, top = at[source][0] + NODE, leaves[source], at[target][0], enters[target]
        bend = (x + end) / 2
        points = [
            (x, y),
            (bend, y),
            (bend, top),
            (end, top),
            (end, top + thick),
            (bend, top + thick),
            (bend, y + thick),
            (x, y + thick),
        ]
        codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3]
        axis.add_patch(PathPatch(Path(points, codes), facecolor=colour[source], alpha=0.35, linewidth=0))
        leaves[source] += amount * per_amount
        enters[target] += amount * per_amount


def _size(panel: Flows, name: str) -> float:
    """What passes through a body: the larger of what comes in and what goes out."""
    out = sum(amount for (source, _), amount in panel.amounts.items() if source == name)
    into = sum(amount for (_, target), amount in panel.amounts.items() if target == name)
    return max(out, into)


def _height(panel: Flows, column: Sequence[str]) -> float:
    return sum(_size(panel, name) for name in column)
