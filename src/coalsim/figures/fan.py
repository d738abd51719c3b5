"""Fan charts: where the replicates of each option lie, month by month."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from coalsim.figures.picture import Picture
from coalsim.figures.style import (
    COLOURS,
    TEXT,
    Array,
    declared,
    dress_months,
    fold,
    heading,
    money_ends_key,
    sheet,
    shown,
    years,
)

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
THRESHOLD = "#CC79A7"
PANELS = {1: 4.6, 2: 3.4, 3: 3.0, 4: 2.5}  # width by number of options, inches


def fan(
    values: Mapping[str, Mapping[str, Array]],
    *,
    start: str,
    title: str,
    labels: Sequence[str],
    money_ends: int = 0,
    thresholds: Mapping[str, float] | None = None,
    note: str = "",
) -> Picture:
    """Median, central half and central nine tenths of replicates: a row for each indicator, a column for each option.

    Parameters
    ----------
    values : by indicator, then by option, the counterfactual first: (replicates, months + 1) float64
    start : first month, as 2006-04
    labels : names of the options, in order
    money_ends : month in which the programmes' money ends, 0 if none
    thresholds : by indicator, a level to be reached or not to be passed
    note : where the figure comes from
    """
    n_options, n_indicators = len(labels), len(values)
    panel = PANELS.get(n_options, max(1.7, 10.4 / n_options))
    height = 1.9 if n_indicators < 4 else 1.55
    shapes = [levels.shape for by_option in values.values() for levels in by_option.values()]
    months = max(shape[1] for shape in shapes)
    replicates = " to ".join(map(str, sorted({min(shapes)[0], max(shapes)[0]})))
    names = [fold(label, panel - 0.1, TEXT) for label in labels]
    key: list[Artist] = [
        Line2D([], [], color="#444444", linewidth=1.6, label=f"median of {replicates} replicates"),
        Patch(facecolor="#444444", alpha=0.55, label="central 50%"),
        Patch(facecolor="#444444", alpha=0.25, label="central 90%"),
    ]
    if n_options > 1:
        key.append(Line2D([], [], color="#000000", linestyle="--", linewidth=1, label=f"median, {labels[0]}"))
    if thresholds:
        key.append(Line2D([], [], color=THRESHOLD, linewidth=1.4, linestyle="-.", label="threshold"))
    figure = sheet(
        panel * n_options + 0.6,
        height * n_indicators + 0.14 * (1 + max(name.count("\n") for name in names)),
        title=title,
        note=note,
        key=key + money_ends_key(months, money_ends),
    )
    figure.shows = "Levels over time: a row of panels for each indicator, a column for each option"
    axes = figure.subplots(n_indicators, n_options, sharex=True, sharey="row", squeeze=False)
    for of_row, (name, by_option) in zip(axes, values.items(), strict=True):
        scale, unit = shown(name, by_option.values())
        quantiles = [np.quantile(scale * levels, SHARES, axis=0) for levels in by_option.values()]
        for k, (axis, (lowest, low, median, high, highest)) in enumerate(zip(of_row, quantiles, strict=True)):
            time, colour = years(start, median.size), COLOURS[k % 8]
            axis.fill_between(time, lowest, highest, color=colour, alpha=0.2, linewidth=0)
            axis.fill_between(time, low, high, color=colour, alpha=0.35, linewidth=0)
            axis.plot(time, median, color=colour, linewidth=1.6)
            if n_options > 1:
                axis.plot(time, quantiles[0][2], color="#000000", linestyle="--", linewidth=1)
            if thresholds and name in thresholds:
                axis.axhline(scale * thresholds[name], color=THRESHOLD, linewidth=1.4, linestyle="-.")
            dress_months(axis, start, months, money_ends, ticks=4 if panel < 3 else 6)
        better = declared(name).better
        meaning = f"{unit}, {better} is better" if better else unit
        of_row[0].set_ylabel(f"{fold(heading(name), height - 0.3, TEXT)}\n{fold(meaning, height - 0.3, 7)}", fontsize=7)
    for axis, name in zip(axes[0], names, strict=True):
        axis.set_title(name, fontsize=TEXT)
    return figure
