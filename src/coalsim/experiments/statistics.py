"""Paired differences with their intervals."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

Z = 1.959963984540054  # two-sided 95% of the normal distribution


class Effect(NamedTuple):
    """A paired difference: mean, 95% interval (Student's t), and the chance that the option is truly better."""

    effect: float
    low: float
    high: float
    p_better: float


def paired_effect(baseline: ArrayLike, option: ArrayLike, better: str = "higher") -> Effect:
    """Mean of `option - baseline` over replicates on common random numbers.

    Parameters
    ----------
    baseline, option : (n,) float, n at least 2; the same replicates in the same order
    better : "higher", "lower" or "" (then `p_better` is the chance of a rise)

    Returns
    -------
    Effect; where all differences are equal the interval has no width and `p_better` is 1, 0 or, without a difference, 0.5
    """
    difference = np.asarray(option, dtype=float) - np.asarray(baseline, dtype=float)
    n = difference.size
    if n < 2 or not np.all(np.isfinite(difference)):
        raise ValueError(
            f"give at least 2 finite differences; got {n}, {int(np.isfinite(difference).sum())} of them finite"
        )
    mean, error = float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(n))
    signed = -mean if better == "lower" else mean
    if error == 0:
        return Effect(mean, mean, mean, 0.5 if mean == 0 else float(signed > 0))
    half = float(stdtrit(n - 1, 0.975)) * error
    return Effect(mean, mean - half, mean + half, float(stdtr(n - 1, signed / error)))


def share_interval(successes: int, n: int) -> tuple[float, float]:
    """95% interval of a share (Wilson 1927)."""
    share, z2 = successes / n, Z * Z
    middle, half = share + z2 / (2 * n), Z * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, float((middle - half) / (1 + z2 / n))), min(1.0, float((middle + half) / (1 + z2 / n)))
