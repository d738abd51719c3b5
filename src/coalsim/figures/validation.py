"""How near the model comes to what is known: every pattern in units of its tolerance, and a hindcast."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from coalsim.figures.picture import Picture
from coalsim.figures.style import COLOURS, GREY, SMALL, TEXT, Array, dress, fold, grid, sheet, take

FARTHEST = 4.0  # tolerances shown; what lies beyond stands at the edge with its number
PASS, FAIL = COLOURS[2], COLOURS[4]


def patterns(distance: Array, low: Array, high: Array, *, labels: Sequence[str], title: str, note: str = "") -> Picture:
    """A row for each pattern: simulated less observed, in tolerances, with its interval; within the band it passes.

    Parameters
    ----------
    distance, low, high : (n,) float64, and the ends of the interval
    """
    key = [
        Patch(facecolor="#DDDDDD", label="within tolerance of what is observed"),
        Line2D([], [], color=PASS, marker="o", label="passes, with 95% interval of the mean"),
        Line2D([], [], color=FAIL, marker="X", label="fails"),
    ]
    figure = sheet(8.6, 0.22 * len(labels) + 0.6, title=title, note=note, key=key)
    figure.shows = f"A row for each pattern; {int((np.abs(distance) <= 1).sum())} of {len(labels)} are within tolerance"
    axis = figure.subplots()
    axis.axvspan(-1, 1, color="#DDDDDD", linewidth=0)
    axis.axvline(0, color="#000000", linewidth=0.8)
    for k, (x, left, right) in enumerate(zip(distance, low, high, strict=True)):
        passes = abs(x) <= 1
        ends = np.clip([left, right], -FARTHEST, FARTHEST)
        axis.plot(ends, [k, k], color=PASS if passes else FAIL, linewidth=1.6)
        at = float(np.clip(x, -FARTHEST, FARTHEST))
        axis.plot([at], [k], marker="o" if passes else "X", color=PASS if passes else FAIL, markersize=5)
        if at != x:
            axis.annotate(
                f"{x:+.1f}", (at, k), (6 if x > 0 else -6, 0), textcoords="offset points",
                ha="left" if x > 0 else "right", va="center", fontsize=SMALL,
            )  # fmt: skip
    axis.set_ylim(len(labels) - 0.4, -0.6)
    axis.set_xlim(-FARTHEST - 0.5, FARTHEST + 0.5)
    dress(axis)
    axis.set_yticks(range(len(labels)), list(labels), fontsize=SMALL)
    axis.set_xlabel("simulated less observed, in tolerances", fontsize=TEXT, color=GREY)
    return figure


def hindcast(
    panels: Sequence[tuple[str, Sequence[int], dict[str, Array], Array]], *, unit: str, title: str, note: str = ""
) -> Picture:
    """A panel for each place and indicator: what came, the model with its interval, and the naive forecasts.

    Parameters
    ----------
    panels : heading; years (n,); `observed`, `model`, `persistence`, `ar1`, each (n,); low and high of the model (2, n)
    """
    looks: dict[str, dict[str, Any]] = {
        "observed": {"color": "#000000", "marker": "D", "label": "observed", "linewidth": 0},
        "model": {"color": COLOURS[2], "marker": "o", "label": "model, with 90% interval"},
        "persistence": {"color": COLOURS[4], "marker": "s", "linestyle": ":", "label": "stays as it was"},
        "ar1": {"color": COLOURS[3], "marker": "^", "linestyle": "--", "label": "towards the nation"},
    }
    key = [Line2D([], [], **look) for look in looks.values()]
    rows, columns, width, height = grid(len(panels), (3.4, 2.2))
    figure = sheet(width, height, title=title, note=note, key=key)
    figure.shows = "What came, the model with its interval, and two naive forecasts, by year"
    for axis, (heading, years, lines, interval) in zip(take(figure.subplots(rows, columns), len(panels)), panels):
        at = np.asarray(years, dtype=float)
        axis.errorbar(
            at, lines["model"], [lines["model"] - interval[0], interval[1] - lines["model"]],
            color=COLOURS[2], linewidth=0, elinewidth=1.6, capsize=3,
        )  # fmt: skip
        for name, values in lines.items():
            axis.plot(at, values, **looks[name], markersize=4.5)
        dress(axis)
        axis.set_xticks(at, [str(year) for year in years])
        axis.set_title(fold(heading, 3.2, 9), fontsize=9, loc="left")
        axis.set_ylabel(unit, fontsize=TEXT)
    return figure


def against(
    x: Array, y: Array, *, xlabel: str, ylabel: str, lines: dict[str, tuple[float, float]], title: str, note: str = ""
) -> Picture:
    """A dot for each district or neighbourhood, and straight lines (slope, intercept) by name."""
    key = [
        Line2D([], [], color=COLOURS[4 - 2 * k], linestyle=("-", "--")[k], label=name) for k, name in enumerate(lines)
    ]
    figure = sheet(5.2, 4.0, title=title, note=note, key=key)
    figure.shows = "A dot for each place, and straight lines"
    axis = figure.subplots()
    axis.plot(x, y, ".", color=GREY, markersize=3 if x.size > 1000 else 6, alpha=0.5, rasterized=True)
    ends = np.array([x.min(), x.max()])
    for k, (slope, intercept) in enumerate(lines.values()):
        axis.plot(ends, slope * ends + intercept, color=COLOURS[4 - 2 * k], linestyle=("-", "--")[k])
    axis.set_xlabel(xlabel, fontsize=TEXT, color=GREY)
    axis.set_ylabel(ylabel, fontsize=TEXT, color=GREY)
    dress(axis)
    return figure
