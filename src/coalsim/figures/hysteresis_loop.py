"""A lever raised slowly and lowered slowly: what responds, on the way up and on the way down, at several rates."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from coalsim.figures.picture import Picture
from coalsim.figures.style import COLOURS, TEXT, Array, dress, fold, grid, sheet, take
from coalsim.figures.upright import Estimate, upright

UP, DOWN = COLOURS[2], COLOURS[4]
PANEL = (3.6, 2.7)


class Loop(NamedTuple):
    """One panel.

    Attributes
    ----------
    name, says : of the response with its unit, and what was found
    values, responses : for each rate, fastest first: (n,) up and down again, and (n,) means over replicates
    up, down : where it turns each way, or value, low and high of that; None where it does not
    """

    name: str
    says: str
    values: Sequence[Array]
    responses: Sequence[Array]
    up: Estimate | None
    down: Estimate | None


def hysteresis_loop(
    panels: Sequence[Loop], *, x_label: str, title: str, level: float = 0.95, note: str = ""
) -> Picture:
    """A panel for each response, the slowest sweep strongest and the lag of its way down shaded.

    Parameters
    ----------
    x_label : the lever with its unit
    level : of the intervals of where it turns
    note : where the figure comes from
    """
    turns = [turn for one in panels for turn in (one.up, one.down) if turn is not None]
    key: list[Artist] = [
        Line2D([], [], color=UP, marker="^", label="on the way up"),
        Line2D([], [], color=DOWN, marker="v", linestyle="--", label="on the way down"),
        Patch(facecolor="#000000", alpha=0.1, label="between the two, slowest sweep"),
    ]
    if any(len(one.values) > 1 for one in panels):
        key.append(Line2D([], [], color="#999999", linewidth=0.8, label="faster sweeps, fainter"))
    if turns:
        shaded = f", {level:.0%} interval shaded" if any(isinstance(turn, tuple) for turn in turns) else ""
        key.append(Line2D([], [], color="#000000", linestyle=":", label=f"where it turns, at rate zero{shaded}"))
    rows, columns, width, height = grid(len(panels), PANEL)
    figure = sheet(max(width, 4.6), height, title=title, note=note, key=key)
    figure.shows = "Responses as the lever is slowly raised and lowered again"
    for axis, one in zip(take(figure.subplots(rows, columns, squeeze=False), len(panels)), panels):
        for k, (values, response) in enumerate(zip(one.values, one.responses, strict=True)):
            half = (len(values) + 1) // 2
            strength = (k + 1) / len(one.values)
            look: dict[str, Any] = {"alpha": strength, "linewidth": 0.6 + strength, "markersize": 3.5 * strength}
            every = max(1, half // 8)
            axis.plot(values[:half], response[:half], "-^", color=UP, markevery=(0, every), **look)
            axis.plot(
                values[half - 1 :], response[half - 1 :], "--v", color=DOWN, markevery=(every // 2, every), **look
            )
            if k == len(one.values) - 1:
                back = response[half - 1 :][::-1]
                axis.fill_between(values[:half], response[:half], back, color="#000000", alpha=0.1, linewidth=0)
        upright(axis, one.up, UP, style=":", marker="^")
        upright(axis, one.down, DOWN, style=":", marker="v")
        dress(axis)
        axis.set_title(fold(one.says, PANEL[0] - 0.9, TEXT), fontsize=TEXT, loc="left", pad=8)
        axis.set_ylabel(fold(one.name, PANEL[1] - 0.9, TEXT), fontsize=TEXT)
        axis.set_xlabel(fold(x_label, PANEL[0] - 0.9, TEXT), fontsize=TEXT)
        axis.locator_params(axis="x", nbins=5)
        axis.locator_params(axis="y", nbins=5)
    return figure
