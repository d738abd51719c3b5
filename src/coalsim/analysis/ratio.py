"""The ratio of two effects that share their runs, such as what others lose to what adopters win."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from coalsim.analysis.told import Told


@dataclass(frozen=True, slots=True)
class Ratio(Told):
    """A ratio of means with its interval, which is unbounded where the lower mean may be nought.

    Attributes
    ----------
    value : float
        Mean above over mean below; nan where there are fewer than two pairs or the mean below is 0.
    low, high : float
        Interval at `level`; -inf and inf where the mean below cannot be told from 0.
    n : int
        Pairs.
    level : float, 0 to 1
    """

    value: float
    low: float
    high: float
    n: int
    level: float

    @property
    def is_bounded(self) -> bool:
        """Whether anything can be said about it."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def sentence(self) -> str:
        """The ratio and its interval, or that it cannot be told."""
        if not self.is_bounded:
            return f"The ratio cannot be told with {self.n} pairs: what it is relative to may be nought."
        return f"The ratio is {self.value:.2f} ({self.low:.2f} to {self.high:.2f}, {self.level:.0%} interval, {self.n} pairs)."


def paired_ratio(above: ArrayLike, below: ArrayLike, *, level: float = 0.95) -> Ratio:
    """Mean of `above` over mean of `below`, with Fieller's interval.

    Parameters
    ----------
    above, below : (n,) float
        The same replicates in the same order; pairs with a value that is not finite are left out.
    level : float, 0 to 1

    Raises
    ------
    ValueError
        When they are not equally long rows of numbers, or the level is none.

    References
    ----------
    Fieller, E. C. (1954), Some problems in interval estimation. Journal of the Royal Statistical Society B 16(2).
    """
    a, b = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(f"above {a.shape} and below {b.shape}: give two rows of the same length, a pair each")
    if not 0 < level < 1:
        raise ValueError(f"level {level}: give a number between 0 and 1, such as 0.95")
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    n = int(a.size)
    if n < 2 or b.mean() == 0:
        return Ratio(math.nan, -math.inf, math.inf, n, level)
    (va, vab), (_, vb) = np.cov(a, b) / n
    mean, ratio = float(b.mean()), float(a.mean() / b.mean())
    t = float(stdtrit(n - 1, (1 + level) / 2)) / mean
    g = t * t * vb
    if g >= 1:
        return Ratio(ratio, -math.inf, math.inf, n, level)
    middle = (ratio - t * t * vab) / (1 - g)
    inside = va - 2 * ratio * vab + ratio * ratio * vb - t * t * (va * vb - vab * vab)
    half = abs(t) * math.sqrt(max(float(inside), 0.0)) / (1 - g)
    return Ratio(ratio, float(middle - half), float(middle + half), n, level)
