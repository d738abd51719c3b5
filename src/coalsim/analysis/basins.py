"""Whether runs end in one state or in two: the shape of their endpoints, and ensembles from a low and a high start."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from coalsim.analysis.attempts import check_level
from coalsim.analysis.comparison import share_interval
from coalsim.analysis.told import Told

type Array = NDArray[np.float64]

type Remembers = Literal["bistable", "one state", "slow", "undetermined"]

FEWEST = 8
FADES = 0.1  # share by which a difference must have shrunk to be called fading
ALPHA = 0.05
SHALLOW = 0.75  # a valley counts when it is lower than this share of the lower peak
SMALL = 0.05  # least share of endpoints on either side
PARTED = 0.1  # of the step between two values that are the only ones
GRID = 256
RESAMPLES = 200


@dataclass(frozen=True)
class Basins(Told):
    """One or two states in which endpoints lie.

    Attributes
    ----------
    n_basins : 1 or 2
    dip : float
        Hartigan's dip, and `p_value` of it under one mode; `silverman_p` that of Silverman's test.
    boundary : float
        Bottom of the valley between two; nan of one.
    valley : float
        Smoothed density there relative to the lower peak; 1 of one.
    gap : float
        Endpoints in the middle third between the two centres relative to those around the centres; 1 of one. About 0 where two
        states are apart, 0.7 for an oscillation.
    weights, centres : shares of endpoints, and their means, on each side
    n : int
    """

    n_basins: int
    dip: float
    p_value: float
    silverman_p: float
    boundary: float
    valley: float
    gap: float
    weights: tuple[float, ...]
    centres: tuple[float, ...]
    n: int

    @property
    def sentence(self) -> str:
        """What was found."""
        tests = f"dip p = {self.p_value:.2g}, Silverman p = {self.silverman_p:.2g}, {self.n} endpoints"
        if self.n_basins == 1:
            return f"The endpoints lie in one basin, around {self.centres[0]:.4g} ({tests})."
        return (
            f"The endpoints lie in two basins, {self.weights[0]:.0%} around {self.centres[0]:.4g} and {self.weights[1]:.0%} "
            f"around {self.centres[1]:.4g}, parted at {self.boundary:.4g} ({tests})."
        )


def basins(samples: ArrayLike, *, seed: int = 0) -> Basins:
    """One basin or two, from where independent runs ended.

    Two are found only where the density has a valley lower than three quarters of the lower peak, either side holds at least a
    twentieth of the endpoints, and Hartigan's dip or Silverman's test rejects one mode at 5%. Ties, which alone make the dip test
    reject, are parted at random. The bimodality coefficient, which calls skewed data bimodal, is not used.

    Parameters
    ----------
    samples : (n,) endpoints, at least 8

    References
    ----------
    Hartigan, J. A. and Hartigan, P. M. (1985), Annals of Statistics 13(1); Silverman, B. W. (1981), JRSS B 43(1).
    """
    x = np.asarray(samples, dtype=float)
    if x.ndim != 1 or x.size < FEWEST or not np.isfinite(x).all():
        raise ValueError(f"samples has the shape {x.shape}; give at least {FEWEST} finite endpoints in one dimension")
    one = Basins(1, 0.0, 1.0, 1.0, math.nan, 1.0, 1.0, (1.0,), (float(x.mean()),), x.size)
    if np.ptp(x) <= 1e-12 * max(1.0, float(np.abs(x).max())):
        return one
    import diptest

    rng = np.random.default_rng([seed, 31])
    x = np.sort(_parted(x, rng))
    dip, p_value = diptest.diptest(x)
    silverman = _silverman(x, rng)
    found = _valley(x)
    is_two = found is not None and min(p_value, silverman) < ALPHA
    if found is None or not is_two:
        return Basins(1, float(dip), float(p_value), silverman, math.nan, 1.0, 1.0, (1.0,), (float(x.mean()),), x.size)
    boundary, depth = found
    low, high = x[x < boundary], x[x >= boundary]
    weights, centres = (low.size / x.size, high.size / x.size), (float(low.mean()), float(high.mean()))
    gap, _, _ = _gap(x, centres, 0.95)
    return Basins(2, float(dip), float(p_value), silverman, boundary, depth, gap, weights, centres, x.size)


def gap_interval(x: Array, centres: tuple[float, ...], level: float) -> tuple[float, float]:
    """Interval of `Basins.gap` at a level."""
    _, low, high = _gap(x, centres, level)
    return low, high


def _gap(x: Array, centres: tuple[float, ...], level: float) -> tuple[float, float, float]:
    """Endpoints in the middle third between two centres relative to those around the centres, and its interval (Wilson)."""
    along = (x - centres[0]) / (centres[1] - centres[0])
    between = int((np.abs(along - 0.5) < 1 / 6).sum())
    around = float((np.abs(np.abs(along - 0.5) - 0.5) < 1 / 6).mean()) / 2
    if not around:
        return 1.0, 0.0, math.inf
    low, high = share_interval(between, x.size, level)
    return between / x.size / around, low / around, high / around


@dataclass(frozen=True)
class TwoStarts(Told):
    """Where a system ends from a low and from a high start, under the same luck.

    Attributes
    ----------
    verdict : "bistable", "one state", "slow" (they differ, but less and less) or "undetermined"
    difference, low, high : float
        Mean of high less low ends, paired by seed, and its interval at `level`.
    spread : float
        Standard deviation of endpoints from one start.
    n : int
        Pairs.
    """

    verdict: Remembers
    difference: float
    low: float
    high: float
    level: float
    spread: float
    n: int

    @property
    def sentence(self) -> str:
        """What was found."""
        told = f"difference {self.difference:.4g}, {self.level:.0%} interval {self.low:.4g} to {self.high:.4g}, {self.n} pairs"
        words = {
            "bistable": "It remembers where it started: the two starts end apart",
            "slow": "It remembers where it started, but less and less: the two starts come together slowly",
            "one state": "It forgets where it started: the two starts end in the same state",
            "undetermined": "It cannot be told whether the two starts end in the same state",
        }
        return f"{words[self.verdict]} ({told})."


def two_starts(
    low: ArrayLike, high: ArrayLike, *, earlier: tuple[ArrayLike, ArrayLike] | None = None, level: float = 0.95
) -> TwoStarts:
    """Whether two states last, from ends (n,) of runs that began low and of runs that began high, paired by seed.

    Two states are found where the interval of the mean difference excludes 0 and the difference exceeds the spread of endpoints
    from one start; one where the interval lies within half that spread of 0. With `earlier`, the same runs half-way, a difference
    that has shrunk by more than a tenth and by more than luck is called slow; without, a system that settles more slowly than the
    runs last is taken for one that remembers.
    """
    a, b = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    if a.ndim != 1 or a.shape != b.shape or a.size < 2:
        raise ValueError(
            f"low has the shape {a.shape} and high {b.shape}; give two arrays (n,) of equal length, at least 2"
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("low or high holds ends that are not finite numbers")
    check_level(level)
    change = b - a
    mean = float(change.mean())
    reach = float(stdtrit(a.size - 1, (1 + level) / 2) * change.std(ddof=1) / math.sqrt(a.size))
    spread = math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    verdict: Remembers = "undetermined"
    if abs(mean) > reach and abs(mean) > spread:
        verdict = "slow" if earlier is not None and _fades(change, *earlier, level) else "bistable"
    elif abs(mean) + reach <= spread / 2 or (mean == 0 and reach == 0):
        verdict = "one state"
    return TwoStarts(verdict, mean, mean - reach, mean + reach, level, spread, a.size)


def _fades(change: Array, low: ArrayLike, high: ArrayLike, level: float) -> bool:
    """Whether the difference of two starts has shrunk by more than a tenth since earlier, and by more than luck."""
    before = np.asarray(high, dtype=float) - np.asarray(low, dtype=float)
    if before.shape != change.shape or not np.isfinite(before).all():
        raise ValueError(f"earlier has the shape {before.shape}; give finite ends of the same {change.size} pairs")
    lost = math.copysign(1.0, before.mean()) * (before - change)
    reach = float(stdtrit(lost.size - 1, (1 + level) / 2) * lost.std(ddof=1) / math.sqrt(lost.size))
    return bool(lost.mean() > reach and lost.mean() > FADES * abs(before.mean()))


def _parted(x: Array, rng: np.random.Generator) -> Array:
    """Ties parted evenly over the step between neighbouring values."""
    known = np.unique(x)
    if known.size > 0.9 * x.size:
        return x
    step = float(np.median(np.diff(known)))
    if known.size == 2:
        step *= PARTED
    return np.asarray(x + step * (rng.random(x.size) - 0.5))


def _bandwidth(x: Array) -> float:
    """Silverman's rule of thumb."""
    quarters = np.subtract(*np.percentile(x, [75, 25])) / 1.34
    sd = float(x.std(ddof=1))
    return float(0.9 * (min(sd, quarters) if quarters > 0 else sd) * x.size**-0.2)


def density(x: Array, width: float, grid: Array) -> Array:
    """Gaussian kernel density of samples (..., n) on a grid (g,)."""
    return np.asarray(np.exp(-0.5 * ((grid - x[..., None]) / width) ** 2).sum(axis=-2))


def _valley(x: Array) -> tuple[float, float] | None:
    """Bottom and relative height of the deepest valley with enough on either side; None without one."""
    width = _bandwidth(x)
    grid = np.linspace(x[0] - 3 * width, x[-1] + 3 * width, 2 * GRID)
    curve = density(x, width, grid)
    best: tuple[float, float] | None = None
    left, right = np.maximum.accumulate(curve), np.maximum.accumulate(curve[::-1])[::-1]
    for k in np.flatnonzero((curve[1:-1] < curve[:-2]) & (curve[1:-1] <= curve[2:])) + 1:
        depth = float(curve[k] / min(left[k], right[k]))
        side = float((x < grid[k]).mean())
        if depth < SHALLOW and SMALL <= side <= 1 - SMALL and (best is None or depth < best[1]):
            best = float(grid[k]), depth
    return best


def _silverman(x: Array, rng: np.random.Generator) -> float:
    """p-value of one mode: how often samples smoothed just so much that one mode is left have more of them."""
    grid = np.linspace(x[0], x[-1], GRID)
    low, high = 1e-3 * float(np.ptp(x)), float(np.ptp(x))
    for _ in range(24):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if _modes(density(x, middle, grid)) > 1 else (low, middle)
    width, n = high, x.size
    variance = float(x.var())
    drawn = rng.choice(x, (RESAMPLES, n)) + width * rng.standard_normal((RESAMPLES, n))
    drawn = x.mean() + (drawn - x.mean()) / math.sqrt(1 + width**2 / variance)
    more = sum(_modes(density(one, width, np.linspace(one.min(), one.max(), GRID))) > 1 for one in drawn)
    return more / RESAMPLES


def _modes(curve: Array) -> int:
    """Peaks of a density."""
    rises = np.diff(curve) > 0
    return int((rises[:-1] & ~rises[1:]).sum()) + int(not rises[0]) + int(rises[-1])
