"""The course of indicators, by locality."""

from collections.abc import Mapping

from matplotlib.artist import Artist
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


def courses(
    values: Mapping[str, Mapping[str, Array]], *, start: str, title: str, money_ends: int = 0, note: str = ""
) -> Picture:
    """The course of indicators, a panel each, a line for each locality.

    Parameters
    ----------
    values : by indicator, then by locality: (months + 1,) float64
    start : first month, as 2006-04
    money_ends : month in which the policy's time-limited money ends, 0 if none
    note : where the figure comes from
    """
    places = list(next(iter(values.values())))
    months = max(course.size for by_place in values.values() for course in by_place.values())
    signs = [sign(k) | {"linewidth": 1.4, "markersize": 4} for k in range(len(places))]
    if len(places) == 1:
        signs[0]["marker"] = ""
    key: list[Artist] = []
    if len(places) > 1:
        key += [Line2D([], [], label=place, **look) for place, look in zip(places, signs)]
    rows, columns, width, height = grid(len(values))
    figure = sheet(width, height, title=title, note=note, key=key + money_ends_key(months, money_ends))
    figure.shows = "Lines over time"
    axes = take(figure.subplots(rows, columns), len(values))
    for axis, (name, by_place) in zip(axes, values.items(), strict=True):
        scale, unit = shown(name, by_place.values())
        for k, (course, look) in enumerate(zip(by_place.values(), signs, strict=True)):
            axis.plot(years(start, course.size), scale * course, markevery=marks(k, len(places), months), **look)
        dress_months(axis, start, months, money_ends)
        axis.set_title(heading(name), fontsize=10, loc="left")
        axis.set_ylabel(unit, fontsize=TEXT)
    return figure
