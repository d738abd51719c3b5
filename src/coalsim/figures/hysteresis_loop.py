"""A lever raised slowly and lowered slowly: what responds, on the way up and on the way down, at several rates."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from coalsim.figures.style import COLOURS, TEXT, Array, dress, fold, grid, sheet, take

UP, DOWN = COLOURS[2], COLOURS[4]
PANEL = (3.6, 2.7)


class Loop(NamedTuple):
    """One panel.

    Attributes
    ----------
    name, says : of the response with its unit, and what was found
    values, responses : for each rate, fastest first: (n,) up and down again, and (n,) means over replicates
    up, down : where it turns each way; None where it does not
    """

    name: str
    says: str
    values: Sequence[Array]
    responses: Sequence[Array]
    up: float | None
    down: float | None


def hysteresis_loop(panels: Sequence[Loop], *, x_label: str, title: str, note: str = "") -> Figure:
    """A panel for each response, the slowest sweep strongest."""
    key = [
        Line2D([], [], color=UP, marker="^", label="on the way up"),
        Line2D([], [], color=DOWN, marker="v", linestyle="--", label="on the way down"),
        Line2D([], [], color="#999999", linewidth=0.8, label="faster sweeps, fainter"),
    ]
    if any(one.up is not None or one.down is not None for one in panels):
        key.append(Line2D([], [], color="#000000", linestyle=":", label="where it turns, at rate zero"))
    rows, columns, width, height = grid(len(panels), PANEL)
    figure = sheet(max(width, 4.6), height, title=title, note=note, key=key)
    for axis, one in zip(take(figure.subplots(rows, columns, squeeze=False), len(panels)), panels):
        for k, (values, response) in enumerate(zip(one.values, one.responses)):
            half = (len(values) + 1) // 2
            strength = (k + 1) / len(one.values)
            look: dict[str, Any] = {"alpha": strength, "linewidth": 0.6 + strength, "markersize": 3.5 * strength}
            every = max(1, half // 8)
            axis.plot(values[:half], response[:half], "-^", color=UP, markevery=every, **look)
            axis.plot(values[half - 1 :], response[half - 1 :], "--v", color=DOWN, markevery=every, **look)
        slowest, back = one.responses[-1], (len(one.values[-1]) + 1) // 2
        axis.fill_between(
            one.values[-1][:back], slowest[:back], slowest[back - 1 :][::-1], color="#000000", alpha=0.08, linewidth=0
        )
        for turn, colour in ((one.up, UP), (one.down, DOWN)):
            if turn is not None:
                axis.axvline(turn, color=colour, linestyle=":", linewidth=1.4)
        dress(axis)
        axis.set_title(fold(one.says, PANEL[0] - 0.9, TEXT), fontsize=TEXT, loc="left")
        axis.set_ylabel(fold(one.name, PANEL[1] - 0.9, TEXT), fontsize=TEXT)
        axis.set_xlabel(fold(x_label, PANEL[0] - 0.9, TEXT), fontsize=TEXT)
        axis.locator_params(nbins=5)
    return figure
