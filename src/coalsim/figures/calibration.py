"""A calibration: what the targets say of each parameter, and how near the fit comes to each target."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from coalsim.figures.picture import Picture
from coalsim.figures.style import COLOURS, GREY, TEXT, dress, fold, sheet, take

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 9.2  # inches
PANEL = 2.1  # inches, height of a parameter's panel
ROW = 0.3  # inches, height of a target's row
NAMES = 2.4  # inches, room for the names of targets
MOST_SHOWN = 6.0  # tolerances, beyond which a target is drawn at the edge


def calibration(
    profiles: Mapping[str, "pd.DataFrame"],
    *,
    ranges: Mapping[str, tuple[float, float]],
    fitted: Mapping[str, tuple[float, float, float]],
    targets: Mapping[str, tuple[float, float, float, float]],
    title: str,
    note: str = "",
) -> Picture:
    """Posterior and profile of each parameter over the range it was looked for in; below, each target in its tolerances.

    Parameters
    ----------
    profiles : by parameter: `value`, `density` (relative to the even prior) and `likelihood` (relative to the largest)
    ranges : by parameter: the range it was looked for in
    fitted : by parameter: (value, 5%, 95%)
    targets : by target: simulated mean, its 95% interval and the mean on new seeds, less the observed, in tolerances
    note : where the figure comes from
    """
    n = len(profiles)
    columns = min(n, 3)
    rows = -(-n // columns)
    key = [
        Patch(color=COLOURS[6], alpha=0.5, label="posterior"),
        Line2D([], [], color=COLOURS[2], label="profile of the likelihood"),
        Line2D([], [], color=COLOURS[4], marker="D", label="fitted value, 5% to 95%"),
        Line2D([], [], color=GREY, linestyle="--", label="ends of the range looked in"),
        Line2D([], [], color=COLOURS[0], marker="o", markersize=5, label="target: mean of replicates, 95% interval"),
        Line2D([], [], color=COLOURS[1], marker="s", markersize=5, linestyle="", label="on new seeds"),
    ]
    below = ROW * len(targets) + 0.7
    figure = sheet(WIDTH, PANEL * rows + below, title=title, note=note, key=key)
    figure.shows = "Above, posterior and likelihood of each parameter; below, each target in its tolerances"
    parts = figure.add_gridspec(2, 1, height_ratios=[PANEL * rows, below])
    grid = parts[0].subgridspec(rows, columns)
    axes = take(np.array([[figure.add_subplot(grid[i, j]) for j in range(columns)] for i in range(rows)]), n)
    for axis, (name, profile) in zip(axes, profiles.items(), strict=True):
        value, low, high = fitted[name]
        density = profile["density"].to_numpy() / max(float(profile["density"].max()), 1e-300)
        likelihood = profile["likelihood"]
        axis.fill_between(profile["value"], density, step="mid", color=COLOURS[6], alpha=0.5, linewidth=0)
        seen = likelihood.notna()
        axis.plot(profile["value"][seen], likelihood[seen], color=COLOURS[2], linewidth=1.4)
        axis.plot([low, high], [-0.09, -0.09], color=COLOURS[4], linewidth=2.5, solid_capstyle="butt")
        axis.plot([value], [-0.09], marker="D", markersize=5.5, color=COLOURS[4], markeredgecolor="#000000")
        for end in ranges[name]:
            axis.axvline(end, color=GREY, linestyle="--", linewidth=1)
        dress(axis)
        start, stop = ranges[name]
        axis.set_xlim(start - 0.03 * (stop - start), stop + 0.03 * (stop - start))
        axis.set_ylim(-0.18, 1.06)
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)
        axis.xaxis.set_major_locator(MaxNLocator(nbins=4))
        axis.set_title(fold(name, WIDTH / columns - 0.3, 9), fontsize=9, loc="left")
    axis = figure.add_subplot(parts[1])
    axis.axvspan(-2, 2, color="#EEEEEE", linewidth=0)
    axis.axvline(0, color="#000000", linewidth=0.8)
    reach = min(MOST_SHOWN, max(3.0, *(1.1 * abs(part) for one in targets.values() for part in one)))
    for k, (mean, low, high, again) in enumerate(targets.values()):
        inside = np.clip([mean, low, high, again], -reach, reach)
        axis.plot(inside[1:3], [k, k], color=COLOURS[0], linewidth=2)
        marker = "o" if abs(mean) <= reach else "<" if mean < 0 else ">"
        axis.plot([inside[0]], [k], marker=marker, markersize=6, color=COLOURS[0], linestyle="")
        axis.plot([inside[3]], [k + 0.24], marker="s", markersize=4.5, color=COLOURS[1], linestyle="")
    dress(axis)
    axis.set_yticks(range(len(targets)), [fold(name, NAMES, TEXT) for name in targets], fontsize=TEXT)
    axis.set_ylim(len(targets) - 0.4, -0.6)
    axis.set_xlim(-1.04 * reach, 1.04 * reach)
    axis.set_xlabel(
        "simulated less observed, in tolerances of each target; grey: within two",
        fontsize=TEXT,
        color=GREY,
    )
    return figure
