"""One run month by month: who belonged, what the pot spent, how conditions moved, and what success asks for."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from coalsim.figures.style import COLOURS, MARKERS, SMALL, TEXT, Array, dress, dress_months, fold, marks, sheet, years

WIDTH = 7.6
HEIGHTS = {"members": 1.5, "money": 1.2, "conditions": 1.5, "measure": 1.0}


def turning(
    membership: Mapping[str, Sequence[tuple[int, int]]],
    money: Mapping[str, Array],
    conditions: Mapping[str, Array],
    measures: Mapping[str, tuple[Array, Sequence[float]]],
    *,
    start: str,
    turned: int | None,
    title: str,
    note: str = "",
) -> Figure:
    """Panels above one another that share their months.

    Parameters
    ----------
    membership : body -> spells of membership, months from and to
    money : what -> GBP a month (months + 1,)
    conditions : condition -> index (months + 1,)
    measures : label with unit -> course (months + 1,) and the limits that success sets for it
    turned : month in which it tipped; None if it did not
    """
    months = len(next(iter(money.values()))) - 1
    when = years(start, months + 1)
    key = [
        *(Line2D([], [], color=COLOURS[k], marker=MARKERS[k], label=name) for k, name in enumerate(conditions)),
        *(
            Line2D([], [], color=COLOURS[5 + k], linestyle=("-", "--")[k % 2], label=name)
            for k, name in enumerate(money)
        ),
        Line2D([], [], color="#000000", linestyle=":", label="limit of success"),
    ]
    if turned is not None:
        key.append(Line2D([], [], color=COLOURS[4], linestyle="--", label="tipped"))
    heights = [HEIGHTS["members"], HEIGHTS["money"], HEIGHTS["conditions"], *[HEIGHTS["measure"]] * len(measures)]
    figure = sheet(WIDTH, sum(heights), title=title, note=note, key=key)
    axes = list(np.atleast_1d(figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)))
    members, purse, states, *others = axes
    for k, (_, spells) in enumerate(membership.items()):
        for begun, ended in spells:
            members.plot(
                [when[begun], when[min(ended, months)]], [k, k], color=COLOURS[2], linewidth=4, solid_capstyle="butt"
            )
    for k, course in enumerate(money.values()):
        purse.plot(when, 1e-6 * course, color=COLOURS[5 + k], linestyle=("-", "--")[k % 2], linewidth=1.3)
    for k, course in enumerate(conditions.values()):
        first, step = marks(k, len(conditions), months)
        states.plot(
            when, course, color=COLOURS[k], marker=MARKERS[k], markevery=(first, step), markersize=3.5, linewidth=1.2
        )
    for axis, (course, limits) in zip(others, measures.values()):
        axis.plot(when, course, color="#000000", linewidth=1.2)
        for limit in limits:
            axis.axhline(limit, color="#000000", linestyle=":", linewidth=1.2)
    names = ["members", "GBP million a month", "conditions, index", *measures]
    for axis, name, height in zip(axes, names, heights):
        dress(axis)
        axis.set_ylabel(fold(name, height, TEXT), fontsize=TEXT, rotation=0, ha="right", va="center")
        axis.locator_params(axis="y", nbins=3)
        if turned is not None:
            axis.axvline(when[min(turned, months)], color=COLOURS[4], linestyle="--", linewidth=1.2)
    members.set_yticks(range(len(membership)), [name.replace("_", " ") for name in membership], fontsize=SMALL)
    members.set_ylim(len(membership) - 0.4, -0.6)
    dress_months(axes[-1], start, months, 0)
    return figure
