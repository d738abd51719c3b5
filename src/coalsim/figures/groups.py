"""Who gains: effects by group of residents or of places."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.gridspec import SubplotSpec
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from coalsim.figures.picture import Picture
from coalsim.figures.style import LINE, TEXT, dress, fold, sheet, sign

type Interval = tuple[float, float, float]

WIDTH = {1: 4.8, 2: 4.4, 3: 3.7}  # of a panel by number of columns, inches
STEP = 0.14  # inches between the intervals of a group
AROUND = 0.75  # inches above and below a panel


def groups(
    effects: Mapping[str, Mapping[str, Mapping[str, Interval]]],
    *,
    title: str,
    unit: str,
    scale: float = 1,
    note: str = "",
) -> Picture:
    """Effects with their intervals: a panel for each grouping, a line for each group, an interval for each option.

    Parameters
    ----------
    effects : by grouping, then group, then name of the option: (effect, low, high)
    unit, scale : unit shown and the factor to it
    note : where the figure comes from
    """
    options = list(dict.fromkeys(name for by_group in effects.values() for one in by_group.values() for name in one))
    signs = [sign(k) for k in range(1, len(options) + 1)]
    names = {group: fold(group, 1.4, TEXT) for by_group in effects.values() for group in by_group}
    lines = max(name.count("\n") + 1 for name in names.values())
    tall = max(STEP * (len(options) + 1), lines * LINE * TEXT / 72 + 0.1)
    key = [Line2D([], [], markersize=5, linewidth=1.6, label=name, **look) for name, look in zip(options, signs)]
    heights = [tall * len(by_group) + AROUND for by_group in effects.values()]
    columns = stacks(heights, min(3, len(effects)) if len(effects) != 4 else 2)
    height, width = max(sum(heights[k] for k in column) for column in columns), WIDTH[len(columns)]
    figure = sheet(width * len(columns), height, title=title, note=note, key=key)
    figure.shows = "Effects with their intervals: a line for each group, a mark for each option"
    places = figure.add_gridspec(1, len(columns))
    cells: dict[int, SubplotSpec] = {}
    for c, column in enumerate(columns):
        sizes = [heights[k] - AROUND for k in column]
        spare = max(height - sum(heights[k] for k in column), 1e-3)
        stack = places[0, c].subgridspec(len(column) + 1, 1, height_ratios=[*sizes, spare])
        cells |= {k: stack[row, 0] for row, k in enumerate(column)}
    first: Axes | None = None
    for k, (grouping, by_group) in enumerate(effects.items()):
        axis = figure.add_subplot(cells[k], sharex=first)
        first = first or axis
        axis.axvline(0, color="#000000", linewidth=0.8)
        for g, by_option in enumerate(by_group.values()):
            if g % 2:
                axis.axhspan(g - 0.5, g + 0.5, color="#F3F3F3", linewidth=0)
            for name, (effect, low, high) in by_option.items():
                o = options.index(name)
                y = g + (o + 1) / (len(options) + 1) - 0.5
                axis.plot([scale * low, scale * high], [y, y], color=signs[o]["color"], linewidth=1.6)
                axis.plot([scale * effect], [y], markersize=5, linestyle="", **signs[o])
        dress(axis)
        axis.xaxis.set_major_locator(MaxNLocator(nbins=6))
        axis.set_yticks(range(len(by_group)), [names[group] for group in by_group], fontsize=TEXT)
        axis.set_ylim(len(by_group) - 0.5, -0.5)
        axis.set_title(grouping[:1].upper() + grouping[1:].replace("_", " "), fontsize=10, loc="left")
        axis.set_xlabel(fold(unit, width - 1.6, TEXT), fontsize=TEXT)
    return figure


def stacks(heights: Sequence[float], n: int) -> list[list[int]]:
    """Panels of these heights in n columns, each in its turn below the shortest so far."""
    columns: list[list[int]] = [[] for _ in range(n)]
    for k in range(len(heights)):
        min(columns, key=lambda column: sum(heights[of] for of in column)).append(k)
    return columns
