"""What an output is on average along each factor: its direction and shape, from those of the runs that are independent."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coalsim.analysis.sensitivity.finding import Output, Sensitivity

type Array = NDArray[np.float64]

TAIL, SLICES = 0.2, 10
FEWEST = 8  # points in a slice whose mean is shown


def independent(found: Sensitivity, output: Output) -> tuple[Array, Array]:
    """Points (m, d) and outputs (m,) of rows that are independent of each other and known; none for screening designs."""
    rows = found.apart[np.isfinite(output.values[found.apart])]
    return found.points[rows], output.values[rows]


def tails(found: Sensitivity, output: Output) -> pd.DataFrame:
    """Means of an output over the lowest and the highest fifth of each factor, with half widths of their intervals.

    Returns
    -------
    DataFrame
        A row for each factor that was moved; columns low, low_conf, high, high_conf, in the output's unit. It is empty where
        there are too few independent runs.
    """
    points, y = independent(found, output)
    columns = ["low", "low_conf", "high", "high_conf"]
    if y.size < FEWEST / TAIL:
        return pd.DataFrame(columns=columns, dtype=float)
    rows = [[*_mean(y[u <= TAIL], found.level), *_mean(y[u >= 1 - TAIL], found.level)] for u in points.T]
    return pd.DataFrame(rows, index=list(found.factors.names), columns=columns)


def course(found: Sensitivity, output: Output, factor: str) -> pd.DataFrame:
    """The output's mean over up to ten slices of a factor of about as many points each, with half widths.

    Returns
    -------
    DataFrame
        Columns u (middle of the slice, a quantile), mean, conf.
    """
    points, y = independent(found, output)
    u = points[:, found.factors.names.index(factor)]
    order = np.argsort(u, kind="stable")
    slices = np.array_split(order, max(1, min(SLICES, y.size // FEWEST)))
    rows = [[float(u[one].mean()), *_mean(y[one], found.level)] for one in slices]
    return pd.DataFrame(rows, columns=["u", "mean", "conf"])


def _mean(y: Array, level: float) -> tuple[float, float]:
    """Mean and half width of its interval by Student's t."""
    from scipy.stats import t

    if y.size < 2:
        return (float(y[0]) if y.size else float("nan")), float("nan")
    return float(y.mean()), float(t.ppf((1 + level) / 2, y.size - 1) * y.std(ddof=1) / y.size**0.5)
