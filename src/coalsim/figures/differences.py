"""Paired differences from the counterfactual over time."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.lines import Line2D

from coalsim.figures.picture import Picture
from coalsim.figures.style import (
    TEXT,
    Array,
    dress_months,
    grid,
    heading,
    marks,
    money_ends_key,
    sheet,
    shown,
    sign,
    take,
    years,
)


def differences(
    values: Mapping[str, Mapping[str, Array]],
    *,
    start: str,
    title: str,
    labels: Sequence[str],
    money_ends: int = 0,
    note: str = "",
) -> Picture:
    """Paired differences from the counterfactual over time: mean and central nine tenths of replicates.

    Parameters
    ----------
    values : by indicator, then by option: (replicates, months + 1) float64, option less counterfactual
    start : first month, as 2006-04
    labels : names of the options, in order
    money_ends : month in which the last programme's money ends, 0 if none
    note : where the figure comes from
    """
    months = max(part.shape[1] for by_option in values.values() for part in by_option.values())
    signs = [sign(k) | {"linewidth": 1.6, "markersize": 4} for k in range(1, len(labels) + 1)]
    key = [Line2D([], [], label=label, **look) for label, look in zip(labels, signs)]
    rows, columns, width, height = grid(len(values))
    figure = sheet(width, height, title=title, note=note, key=[*key, *money_ends_key(months, money_ends)])
    ends: list[str] = []
    axes = take(figure.subplots(rows, columns), len(values))
    for axis, (name, by_option) in zip(axes, values.items(), strict=True):
        scale, unit = shown(name, by_option.values(), difference=True)
        for k, (difference, look) in enumerate(zip(by_option.values(), signs, strict=True)):
            time = years(start, difference.shape[1])
            low, high = np.quantile(scale * difference, [0.05, 0.95], axis=0)
            axis.fill_between(time, low, high, color=look["color"], alpha=0.2 if len(labels) < 4 else 0.1, linewidth=0)
            ends.append(f"{labels[k]}, {heading(name)} {scale * difference[:, -1].mean():.3g} {unit}")
            axis.plot(time, scale * difference.mean(axis=0), markevery=marks(k, len(labels), months), **look)
        axis.axhline(0, color="#000000", linewidth=0.8)
        dress_months(axis, start, months, money_ends)
        axis.set_title(heading(name), fontsize=10, loc="left")
        axis.set_ylabel(unit, fontsize=TEXT)
    figure.shows = f"Means over time with their bands; in the last month: {'; '.join(ends)}"
    return figure
