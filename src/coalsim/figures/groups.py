"""Who gains: effects by group of residents or of places."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from coalsim.figures.style import LINE, TEXT, dress, fold, grid, sheet, sign, take

type Interval = tuple[float, float, float]

WIDTH = {1: 4.8, 2: 4.4, 3: 3.7}  # of a panel by number of columns, inches
STEP = 0.14  # inches between the intervals of a group


def groups(
    effects: Mapping[str, Mapping[str, Mapping[str, Interval]]],
    *,
    title: str,
    unit: str,
    scale: float = 1,
    note: str = "",
) -> Figure:
    """Effects with their intervals: a panel for each grouping, a line for each group, an interval for each option.

    Parameters
    ----------
    effects : by grouping, then group, then name of the option: (effect, low, high)
    unit, scale : unit shown and the factor to it
    note : where the figure comes from
    """
    options = list(dict.fromkeys(name for by_group in effects.values() for one in by_group.values() for name in one))
    signs = [sign(k) for k in range(1, len(options) + 1)]
    rows, columns, _, _ = grid(len(effects))
    sizes = [len(by_group) for by_group in effects.values()]
    most = [max(sizes[columns * r : columns * (r + 1)]) for r in range(rows)]
    names = {group: fold(group, 1.4, TEXT) for by_group in effects.values() for group in by_group}
    lines = max(name.count("\n") + 1 for name in names.values())
    tall = max(STEP * (len(options) + 1), lines * LINE * TEXT / 72 + 0.1)
    key = [Line2D([], [], markersize=5, linewidth=1.6, label=name, **look) for name, look in zip(options, signs)]
    figure = sheet(WIDTH[columns] * columns, tall * sum(most) + 0.75 * rows, title=title, note=note, key=key)
    axes = take(figure.subplots(rows, columns, sharex=True, height_ratios=most), len(effects))
    for axis, (grouping, by_group) in zip(axes, effects.items(), strict=True):
        axis.axvline(0, color="#000000", linewidth=0.8)
        for g, by_option in enumerate(by_group.values()):
            if g % 2:
                axis.axhspan(g - 0.5, g + 0.5, color="#F3F3F3", linewidth=0)
            for name, (effect, low, high) in by_option.items():
                k = options.index(name)
                y = g + (k + 1) / (len(options) + 1) - 0.5
                axis.plot([scale * low, scale * high], [y, y], color=signs[k]["color"], linewidth=1.6)
                axis.plot([scale * effect], [y], markersize=5, linestyle="", **signs[k])
        dress(axis)
        axis.xaxis.set_major_locator(MaxNLocator(nbins=6))
        axis.tick_params(labelbottom=True)
        axis.set_yticks(range(len(by_group)), [names[group] for group in by_group], fontsize=TEXT)
        axis.set_ylim(len(by_group) - 0.5, -0.5)
        axis.set_title(grouping[:1].upper() + grouping[1:].replace("_", " "), fontsize=10, loc="left")
        axis.set_xlabel(fold(unit, WIDTH[columns] - 1.6, TEXT), fontsize=TEXT)
    return figure
