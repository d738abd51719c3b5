"""Which pairs of factors act together: a matrix of second-order indices."""

from collections.abc import Sequence

import numpy as np
from matplotlib.patches import Patch

from coalsim.figures.picture import Picture
from coalsim.figures.style import GREY, SMALL, Array, fold, ink, sheet

CELL, NAMES = 0.62, 1.9  # inches


def interactions(
    factors: Sequence[str], first: Array, pairs: Array, half: Array, *, title: str, level: float, note: str = ""
) -> Picture:
    """A cell for each pair with its share of the variance, the share of single factors on the diagonal.

    Parameters
    ----------
    factors : names
    first : (d,) what each does by itself
    pairs, half : (d, d) what pairs do together beyond that, and half widths of the intervals; the upper triangle is read
    """
    d = len(factors)
    key = [
        Patch(facecolor="#DEEBF7", edgecolor=GREY, label="diagonal: by itself (S1); below: together, beyond that (S2)"),
        Patch(facecolor="#FFFFFF", edgecolor=GREY, label=f"in brackets: not told from 0 ({level:.0%} interval)"),
    ]
    figure = sheet(max(NAMES + CELL * d + 0.8, 5.0), CELL * d + 1.4, title=title, note=note, key=key)
    figure.shows = f"A matrix of pairs of the factors {'; '.join(factors)}"
    axis = figure.subplots()
    shown = np.full((d, d), np.nan)
    shown[np.triu_indices(d, 1)] = pairs[np.triu_indices(d, 1)]
    np.fill_diagonal(shown, first)
    top = max(float(np.nanmax(np.clip(shown, 0, None))), 1e-9)
    image = axis.imshow(np.clip(shown.T, 0, None), cmap="Blues", vmin=0, vmax=top)
    for i in range(d):
        for j in range(i, d):
            value = shown[i, j]
            if not np.isfinite(value):
                continue
            is_sure = i == j or value > half[i, j]
            text = f"{value:.2f}" if is_sure else f"({value:.2f})"
            back = image.cmap(float(np.clip(value / top, 0, 1)))[:3]
            axis.text(i, j, text, ha="center", va="center", fontsize=SMALL, color=ink(back))
    names = [fold(f"{k} {name}", NAMES, SMALL) for k, name in enumerate(factors, 1)]
    axis.set_xticks(range(d), [str(k) for k in range(1, d + 1)], fontsize=SMALL)
    axis.set_yticks(range(d), names, fontsize=SMALL)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    return figure
