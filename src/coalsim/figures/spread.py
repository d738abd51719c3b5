"""How an outcome is spread over places: the share of places below each value, a line for each group."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from coalsim.figures.picture import Picture
from coalsim.figures.style import COLOURS, TEXT, dress, fold, grid, sheet, take

STYLES = ("-", "--", ":", "-.")


def spread(
    values: Mapping[str, Mapping[str, NDArray[np.float64]]],
    *,
    title: str,
    units: Mapping[str, str],
    scales: Mapping[str, float],
    zero: bool = False,
    note: str = "",
) -> Picture:
    """Cumulative distributions: a panel for each outcome, a line for each group of places.

    Parameters
    ----------
    values : by outcome, then group: (places,)
    units, scales : by outcome
    zero : whether nought is marked, as for differences
    note : where the figure comes from
    """
    names = list(dict.fromkeys(name for groups in values.values() for name in groups))
    looks: dict[str, dict[str, Any]] = {
        name: {"color": COLOURS[1 + k % 7], "linestyle": STYLES[k % 4], "linewidth": 1.6}
        for k, name in enumerate(names)
    }
    key = [Line2D([], [], label=name, **looks[name]) for name in names]
    rows, columns, width, height = grid(len(values))
    figure = sheet(width, height, title=title, note=note, key=key)
    figure.shows = "Cumulative distributions over places, a line for each group"
    for axis, (outcome, groups) in zip(
        take(figure.subplots(rows, columns, squeeze=False), len(values)), values.items()
    ):
        for name, of_group in groups.items():
            ordered = np.sort(scales[outcome] * of_group[np.isfinite(of_group)])
            share = 100 * np.arange(1, ordered.size + 1) / ordered.size
            axis.step(
                np.concatenate([ordered[:1], ordered]), np.concatenate([[0.0], share]), where="post", **looks[name]
            )
        if zero:
            axis.axvline(0, color="#000000", linewidth=0.8)
        dress(axis)
        axis.set_ylim(0, 100)
        axis.set_title(outcome[:1].upper() + outcome[1:], fontsize=TEXT + 1, loc="left")
        axis.set_xlabel(fold(units[outcome], 3.6, TEXT), fontsize=TEXT)
        axis.set_ylabel("places at or below, %", fontsize=TEXT)
    return figure
