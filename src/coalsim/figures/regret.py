"""How much each option falls short of the best one, world by world."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from coalsim.figures.picture import Picture
from coalsim.figures.style import LINE, SMALL, TEXT, Array, fold, ink, plain, sheet

# One hue, from near white to dark; black would swallow the outlines.
SHADES = ListedColormap(colormaps["Blues"](np.linspace(0, 0.85, 256)), name="regret")
HEADING = 1.6  # inches, of a row


def regret(
    matrix: Array,
    *,
    title: str,
    rows: Sequence[str],
    columns: Sequence[str],
    unit: str,
    scale: float,
    digits: int,
    note: str = "",
) -> Picture:
    """A heat map of regret with its numbers; the largest of each row is outlined, unless it is 0 or the only one.

    Parameters
    ----------
    matrix : (options, worlds) float64, 0 where the option is the best
    rows, columns : names of the options and worlds
    unit, scale, digits : unit shown, the factor to it, and decimals
    note : where the figure comes from
    """
    shown = scale * np.asarray(matrix, dtype=float)
    width = min(1.6, max(0.9, 8 / len(columns)))
    tops, sides = (
        [fold(name, width - 0.1, TEXT) for name in columns],
        [fold(name, HEADING - 0.1, TEXT) for name in rows],
    )
    above = max(top.count("\n") + 1 for top in tops) * LINE * TEXT / 72 + 0.15
    several = len(columns) > 1
    key = [Patch(facecolor="none", edgecolor="#000000", linewidth=2, label="largest regret of the option")]
    body = max(1.2, 0.5 * len(rows)) + above
    figure = sheet(width * len(columns) + HEADING + 1.1, body, title=title, note=note, key=key if several else [])
    figure.shows = "A matrix of options and worlds with the regret of each; the largest: " + "; ".join(
        f"{row} {of_row.max() + 0.0:,.{digits}f}" for row, of_row in zip(rows, shown)
    )
    axis = figure.subplots()
    mesh = axis.pcolormesh(
        np.arange(len(columns) + 1) - 0.5,
        np.arange(len(rows) + 1) - 0.5,
        shown,
        cmap=SHADES,
        vmin=0,
        vmax=float(shown.max()) or 1.0,
        edgecolors="#FFFFFF",
        linewidth=2,
    )
    for i, j in np.ndindex(shown.shape):
        largest = several and shown[i, j] == shown[i].max() > 0
        if largest:
            axis.add_patch(Rectangle((j - 0.46, i - 0.42), 0.92, 0.84, fill=False, edgecolor="#000000", linewidth=2))
        axis.text(
            j,
            i,
            f"{round(float(shown[i, j]), digits) + 0.0:,.{digits}f}",
            ha="center",
            va="center",
            fontsize=9,
            fontweight="bold" if largest else "normal",
            color=ink(SHADES(mesh.norm(shown[i, j]))),
        )
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_xticks(range(len(columns)), tops, fontsize=TEXT)
    axis.set_yticks(range(len(rows)), sides, fontsize=TEXT)
    axis.tick_params(length=0, top=False, labeltop=True, bottom=False, labelbottom=False)
    axis.spines[:].set_visible(False)
    bar = figure.colorbar(mesh, ax=axis, aspect=12, ticks=MaxNLocator(nbins=4), format=FuncFormatter(plain))
    bar.set_label(fold(f"regret, {unit}", body - above, TEXT), fontsize=TEXT)
    bar.ax.tick_params(labelsize=SMALL)
    return figure
