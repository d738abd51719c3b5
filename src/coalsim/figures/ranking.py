"""A ranking of places: those at both ends, each with its interval."""

from collections.abc import Mapping, Sequence

from coalsim.figures.picture import Picture
from coalsim.figures.style import COLOURS, LINE, MARKERS, SMALL, TEXT, dress, fold, grid, sheet, take

type Ranked = tuple[str, float, float, float]  # place, value, low, high

WIDTH = 4.6  # inches


def ranking(
    panels: Mapping[str, Sequence[Ranked]],
    *,
    title: str,
    unit: str,
    scale: float = 1,
    left_out: Sequence[int] = (),
    note: str = "",
) -> Picture:
    """A panel for each option: places from best to worst with their intervals.

    Parameters
    ----------
    panels : by title, places in the order in which they are shown
    left_out : of each panel, how many places a gap in the middle stands for; none by default
    unit, scale : unit shown and the factor to it
    note : where the figure comes from
    """
    most = max(len(rows) for rows in panels.values())
    panel = (WIDTH, most * LINE * SMALL / 72 * 1.25 + 0.9)
    rows, columns, width, height = grid(len(panels), panel)
    figure = sheet(width, height, title=title, note=note)
    figure.shows = "Places with their intervals, from the largest effect to the smallest"
    for k, (axis, (name, ranked)) in enumerate(
        zip(take(figure.subplots(rows, columns, squeeze=False), len(panels)), panels.items())
    ):
        between = left_out[k] if left_out else 0
        gap = len(ranked) // 2 if between else len(ranked)
        axis.axvline(0, color="#000000", linewidth=0.8)
        for y, (_, value, low, high) in enumerate(ranked):
            at = y + (y >= gap)
            axis.plot([scale * low, scale * high], [at, at], color=COLOURS[1 + k % 7], linewidth=1.4)
            axis.plot([scale * value], [at], color=COLOURS[1 + k % 7], marker=MARKERS[1 + k % 7], markersize=4)
        dress(axis)
        ticks = [y + (y >= gap) for y in range(len(ranked))]
        axis.set_yticks(ticks, [place for place, *_ in ranked], fontsize=SMALL)
        if between:
            axis.annotate(
                f"{between} places between", (0.5, gap), xycoords=("axes fraction", "data"), ha="center", va="center",
                fontsize=SMALL, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )  # fmt: skip
        axis.set_ylim(len(ranked) - 0.5 + (gap < len(ranked)), -0.5)
        axis.set_title(fold(name, WIDTH - 1.4, TEXT + 1), fontsize=TEXT + 1, loc="left")
        axis.set_xlabel(fold(unit, WIDTH - 1.6, TEXT), fontsize=TEXT)
    return figure
