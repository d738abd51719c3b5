"""Figures: one style, units from the declarations, colours that colour-blind readers can tell apart (Okabe and Ito 2008)."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from coalsim.indicators import indicators
from coalsim.scenario.calendar import Month

Array = NDArray[np.float64]

COLOURS = ("#000000", "#E69F00", "#0072B2", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442")
PANEL = (4.6, 2.9)  # inches


class Picture(Figure):
    """A figure that shows itself in Jupyter, whatever the plotting backend."""

    def _repr_png_(self) -> bytes:
        stream = BytesIO()
        self.savefig(stream, format="png", dpi=100)
        return stream.getvalue()


def courses(values: Mapping[str, Mapping[str, Array]], *, start: str, title: str, money_ends: int = 0) -> Figure:
    """The course of indicators, a panel each, a line for each locality.

    Parameters
    ----------
    values : by indicator, then by locality: (months + 1,) float64
    start : first month, as 2006-04
    money_ends : month in which the policy's time-limited money ends, 0 if none
    """
    figure, axes = _panels(len(values))
    for axis, (name, by_place) in zip(axes, values.items(), strict=True):
        for k, (place, course) in enumerate(by_place.items()):
            scale = 100 if indicators[name].unit == "1" else 1
            axis.plot(_years(start, course.size), scale * course, color=COLOURS[k % 8], label=place, linewidth=1.4)
        if len(by_place) > 1:
            axis.legend(frameon=False, fontsize=7)
        _dress(axis, name, start, money_ends, course.size, "%")
    figure.suptitle(title + ("; dotted: last programme money is paid" if money_ends else ""), fontsize=10)
    return figure


def differences(
    values: Mapping[str, Mapping[str, Array]], *, start: str, title: str, labels: Sequence[str], money_ends: int = 0
) -> Figure:
    """Paired differences from the counterfactual over time: mean and central nine tenths of replicates.

    Parameters
    ----------
    values : by indicator, then by option: (replicates, months + 1) float64, option less counterfactual
    labels : names of the options, in order
    """
    figure, axes = _panels(len(values))
    for axis, (name, by_option) in zip(axes, values.items(), strict=True):
        scale = 100 if indicators[name].unit == "1" else 1
        for k, (difference, label) in enumerate(zip(by_option.values(), labels, strict=True)):
            years, colour = _years(start, difference.shape[1]), COLOURS[(k + 1) % 8]
            low, high = np.quantile(scale * difference, [0.05, 0.95], axis=0)
            axis.fill_between(years, low, high, color=colour, alpha=0.2, linewidth=0)
            axis.plot(years, scale * difference.mean(axis=0), color=colour, label=label, linewidth=1.6)
        axis.axhline(0, color="#000000", linewidth=0.8)
        _dress(axis, name, start, money_ends, difference.shape[1], "percentage points")
    axes[0].legend(frameon=False, fontsize=8, loc="best")
    figure.suptitle(title + ("; dotted: last programme money is paid" if money_ends else ""), fontsize=10)
    return figure


def _panels(n: int) -> tuple[Figure, list[Any]]:
    columns = min(n, 3) if n != 4 else 2
    rows = -(-n // columns)
    figure = Picture(figsize=(PANEL[0] * columns, PANEL[1] * rows + 0.5), layout="constrained")
    axes = np.atleast_1d(figure.subplots(rows, columns)).ravel()
    for spare in axes[n:]:
        spare.set_axis_off()
    return figure, list(axes[:n])


def _dress(axis: Any, name: str, start: str, money_ends: int, axis_months: int, share_unit: str) -> None:
    what = indicators[name]
    if 0 < money_ends < axis_months:
        axis.axvline(_years(start, money_ends + 1)[-1], color="#999999", linestyle=":", linewidth=1)
    axis.set_title(name.replace("_", " ").capitalize(), fontsize=10, loc="left")
    axis.set_ylabel(share_unit if what.unit == "1" else what.unit, fontsize=8)
    axis.tick_params(labelsize=8)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axis.spines[["top", "right"]].set_visible(False)


def _years(start: str, months: int) -> Array:
    """Calendar time of months 0, 1, ... in years."""
    first = Month.parse(start)
    return first.year + (first.month - 1 + np.arange(months)) / 12
