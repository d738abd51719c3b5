"""A partnership over time: when each partner belonged, what it pooled, and how much it trusted the others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from coalsim.figures.picture import Picture
from coalsim.figures.style import GREY, SMALL, TEXT, Array, dress_months, fold, money_ends_key, sheet, years

ROW = 0.42  # inches
WIDTH = 5.4  # of a panel, inches
NAMES = 1.5  # room for the partners' names, inches


@dataclass(frozen=True)
class Membership:
    """One panel: partners by month, month 0 first.

    Attributes
    ----------
    is_member : (months + 1, partners)
    pooled : (months + 1, partners), money a month
    trust : (months + 1, partners), -1 to 1
    """

    title: str
    is_member: NDArray[np.bool_]
    pooled: Array
    trust: Array


def membership(
    panels: Sequence[Membership],
    *,
    partners: Sequence[str],
    start: str,
    title: str,
    unit: str,
    scale: float = 1,
    money_ends: int = 0,
    note: str = "",
) -> Picture:
    """A row for each partner: coloured while it belongs, the darker the more it pools, with its trust as a line.

    Parameters
    ----------
    partners : names of the rows
    start : first month, as 2006-04
    unit : of pooled money times `scale`
    money_ends : month in which the programmes' money ends, 0 if none
    note : where the figure comes from
    """
    months = max(panel.is_member.shape[0] for panel in panels)
    key = [
        Patch(facecolor="#F2F2F2", edgecolor=GREY, linewidth=0.5, label="not in the partnership"),
        Line2D([], [], color="#D55E00", linewidth=1.2, label="trust, from -1 (foot of the row) to 1 (top)"),
        *money_ends_key(months, money_ends),
    ]
    height = ROW * len(partners) + 0.9
    figure = sheet(WIDTH * len(panels) + NAMES, height, title=title, note=note, key=key)
    figure.shows = "A row for each partner: shaded while it belongs, darker the more it pools, its trust as a line"
    largest = max(float((scale * panel.pooled).max()) for panel in panels) or 1.0
    colours, norm = colormaps["Blues"], Normalize(-0.25 * largest, largest)
    axes = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for axis, panel in zip(axes, panels):
        time = years(start, panel.is_member.shape[0])
        edges = np.append(time, 2 * time[-1] - time[-2]) - 0.5 / 12
        for k in range(len(partners)):
            low, high = len(partners) - k - 0.95, len(partners) - k - 0.05
            shown = np.where(panel.is_member[:, k], scale * panel.pooled[:, k], np.nan)[None, :]
            axis.fill_between([edges[0], edges[-1]], low, high, color="#F2F2F2", linewidth=0)
            axis.pcolormesh(edges, [low, high], np.ma.masked_invalid(shown), cmap=colours, norm=norm, rasterized=True)
            axis.plot(time, low + (high - low) * (panel.trust[:, k] + 1) / 2, color="#D55E00", linewidth=1.2)
        dress_months(axis, start, panel.is_member.shape[0], money_ends)
        axis.set_title(fold(panel.title, WIDTH - 0.2, TEXT), fontsize=TEXT, loc="left")
        axis.set_yticks(np.arange(len(partners)) + 0.5, [fold(name, NAMES - 0.2, SMALL) for name in reversed(partners)])
        axis.set_ylim(0, len(partners))
    bar = figure.colorbar(ScalarMappable(Normalize(0, largest), _upper(colours)), ax=list(axes), aspect=30, pad=0.01)
    bar.set_label(f"pooled, {unit}", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    return figure


def _upper(colours: Colormap) -> Colormap:
    """The part of the colours that rows use: members who pool nothing are pale, not white."""
    return LinearSegmentedColormap.from_list("pooled", colours(np.linspace(0.2, 1, 64)))
