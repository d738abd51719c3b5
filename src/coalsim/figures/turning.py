"""One run month by month: who belonged, what the pot spent, how conditions moved, and what success asks for."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from coalsim.figures.picture import Picture
from coalsim.figures.style import (
    COLOURS,
    GREY,
    LINE,
    MARKERS,
    SMALL,
    TEXT,
    Array,
    dress_months,
    fold,
    marks,
    money_ends_key,
    sheet,
    years,
)  # fmt: skip
from coalsim.scenario.calendar import Month

WIDTH = 7.6  # inches
TOLD = 5.9  # inches, width of headings and of the words of events
NAMES = 1.5  # inches, room for bodies and for numbers
ROOM = 0.25  # inches, above a panel
DIGITS = 0.2  # inches, room for the number of an event
MONEY: tuple[tuple[str, Literal["-", "--", "-."]], ...] = ((COLOURS[5], "-"), (COLOURS[6], "--"), (GREY, "-."))
TIPPED = COLOURS[4]


def turning(
    membership: Mapping[str, Sequence[tuple[int, int]]],
    money: Mapping[str, Array],
    conditions: Mapping[str, Array],
    measures: Mapping[str, tuple[Array, Sequence[float]]],
    *,
    start: str,
    turned: int | None,
    title: str,
    events: Sequence[tuple[int, str]] = (),
    money_ends: int = 0,
    note: str = "",
) -> Picture:
    """Panels above one another that share their months; events are numbered at the top and told below.

    Parameters
    ----------
    membership : body -> spells of membership, months from and to
    money : what -> GBP a month (months + 1,)
    conditions : condition -> index (months + 1,)
    measures : label with unit -> course (months + 1,) and the limits that success sets for it
    start : first month, as 2006-04
    turned : month in which it tipped; None if it did not
    events : month and words of each
    money_ends : month in which the programme's money ends, 0 if none
    note : where the figure comes from
    """
    months = len(next(iter(money.values())))
    when = years(start, months)
    factor, unit = (1e-6, "million") if max(map(np.nanmax, money.values())) >= 1e7 else (1e-3, "thousand")
    key: list[Artist] = [
        *(Line2D([], [], color=COLOURS[k % 8], marker=MARKERS[k % 8], label=name) for k, name in enumerate(conditions)),
        *(
            Line2D([], [], color=colour, linestyle=style, linewidth=1.8, label=name)
            for (colour, style), name in zip(cycle(MONEY), money)
        ),
        Line2D([], [], color="#000000", linestyle=":", label="limit of success"),
        *([Line2D([], [], color=TIPPED, linestyle="--", linewidth=1.8, label="tipped")] if turned is not None else []),
        *money_ends_key(months, money_ends),
    ]
    told = sorted(events, key=lambda event: event[0])
    lanes = _lanes([month for month, _ in told], apart=months * DIGITS / TOLD)
    list_of = [f"{k}  {Month.parse(start) + month}: {words}" for k, (month, words) in enumerate(told, 1)]
    list_of = [fold(text, TOLD, TEXT).replace("\n", "\n      ") for text in list_of]
    headings = [f"money, GBP {unit} a month", "conditions, index", *measures]
    headings = [fold(text, TOLD, TEXT) for text in ["members of the coalition", *headings]]
    lines = sum(text.count("\n") + 1 for text in list_of)
    rooms = [0.0, *(ROOM + text.count("\n") * LINE * TEXT / 72 for text in headings), ROOM]
    of_panels = [0.3 + 0.19 * len(membership), 0.95, 1.25, *[0.75] * len(measures)]
    heights = [DIGITS * len(set(lanes)), *of_panels, lines * LINE * TEXT / 72]
    figure = sheet(WIDTH, sum(heights) + sum(rooms), title=title, note=note, key=key)
    figure.shows = "; ".join(
        ["One run month by month", *(f"{Month.parse(start) + month}: {words}" for month, words in told)]
    )
    places = _places(figure, heights, rooms)
    first = figure.add_axes(places[1])
    panels = [first, *(figure.add_axes(place, sharex=first) for place in places[2:-1])]
    members, purse, states, *others = panels
    for k, spells in enumerate(membership.values()):
        for begun, ended in spells:
            ends = when[[begun, min(ended, months - 1)]]
            members.plot(ends, [k, k], color=COLOURS[2], linewidth=4, solid_capstyle="butt")
    for (colour, style), course in zip(cycle(MONEY), money.values()):
        purse.plot(when, factor * course, color=colour, linestyle=style, linewidth=1.6)
    for k, course in enumerate(conditions.values()):
        at = marks(k, len(conditions), months)
        look = {"color": COLOURS[k % 8], "marker": MARKERS[k % 8], "markersize": 3.5, "linewidth": 1.2}
        states.plot(when, course, markevery=at, **look)  # type: ignore[arg-type]
    for axis, (course, limits) in zip(others, measures.values(), strict=True):
        axis.plot(when, course, color="#000000", linewidth=1.2)
        for limit in limits:
            axis.axhline(limit, color="#000000", linestyle=":", linewidth=1.2)
    for axis, heading in zip(panels, headings, strict=True):
        dress_months(axis, start, months, money_ends)
        axis.set_title(heading, fontsize=TEXT, loc="left", pad=3)
        axis.tick_params(labelbottom=axis is panels[-1])
        axis.locator_params(axis="y", nbins=3)
        for month, _ in told:
            axis.axvline(when[min(month, months - 1)], color="#DDDDDD", linewidth=0.7, zorder=0)
        if turned is not None:
            axis.axvline(when[min(turned, months - 1)], color=TIPPED, linestyle="--", linewidth=1.6)
    members.set_yticks(
        range(len(membership)),
        [fold(name.replace("_", " "), NAMES - 0.15, SMALL) for name in membership],
        fontsize=SMALL,
    )
    members.set_ylim(len(membership) - 0.4, -0.6)
    first.set_xlim(when[0] - 0.02 * (when[-1] - when[0]), when[-1] + 0.02 * (when[-1] - when[0]))
    if told:
        _numbers(figure.add_axes(places[0], sharex=first), [when[min(month, months - 1)] for month, _ in told], lanes)
        _list(figure.add_axes(places[-1]), list_of)
    return figure


def _places(
    figure: Picture, heights: Sequence[float], rooms: Sequence[float]
) -> list[tuple[float, float, float, float]]:
    """Where rows lie, so high and with so much room above; fixed, for constrained layout leaves dust in many shared axes."""
    engine = figure.get_layout_engine()
    assert engine is not None
    _, foot, _, share = engine.get()["rect"]
    figure.set_layout_engine("none")
    inch = share / (sum(heights) + sum(rooms))
    ends = foot + share - inch * np.cumsum(np.add(heights, rooms))
    return [
        (NAMES / WIDTH, end, (WIDTH - NAMES - 0.15) / WIDTH, inch * height)
        for end, height in zip(ends, heights, strict=True)
    ]


def _lanes(months: Sequence[int], apart: float) -> list[int]:
    """For months in order the lowest lane in which each stands so far from the one before it there."""
    last: list[int] = []
    lanes = []
    for month in months:
        lane = next((k for k, before in enumerate(last) if month - before >= apart), len(last))
        last[lane : lane + 1] = [month]
        lanes.append(lane)
    return lanes


def _numbers(axis: Axes, when: Sequence[float], lanes: Sequence[int]) -> None:
    axis.set_axis_off()
    axis.set_ylim(-0.5, max(lanes) + 0.5)
    for k, (at, lane) in enumerate(zip(when, lanes, strict=True), 1):
        axis.plot([at], [lane], "o", color="#FFFFFF", markeredgecolor="#000000", markersize=11, markeredgewidth=0.8)
        axis.text(at, lane, str(k), ha="center", va="center_baseline", fontsize=SMALL)


def _list(axis: Axes, texts: Sequence[str]) -> None:
    axis.set_axis_off()
    lines = np.cumsum([0, *(text.count("\n") + 1 for text in texts)])
    for text, above in zip(texts, lines):
        axis.text(0, 1 - above / lines[-1], text, ha="left", va="top", fontsize=TEXT, linespacing=1.1)
