"""The critical mass: from which states, restarted with fresh luck, a system more likely than not tips."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from coalsim.analysis.attempts import Failure, Map, attempt, check_level, check_seed
from coalsim.analysis.comparison import share_interval
from coalsim.analysis.dose_response import FEWEST, dose_response
from coalsim.analysis.told import Told

type Array = NDArray[np.float64]
type Verdict = Literal["critical mass", "never", "always", "undetermined"]

RESAMPLES = 999
SURE = 0.25  # the curve is fitted where chances lie this far from 0 and 1: farther out a committor need not be logistic
NOTHING = (math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Committor(Told):
    """The chance of tipping from each state, and the order parameter at which it is one half.

    Attributes
    ----------
    verdict : "critical mass", "never", "always" or "undetermined"
    critical, low, high : float
        Where the committor is one half, and its interval at `level`; nan without one.
    coordinate, probability, lows, highs : (states,)
        Order parameter, share of restarts that tipped, and its interval (Wilson), of the states that ran.
    spread_p : float
        p-value of states scattering around any rising curve as little as they do by luck: small where states of the same order
        parameter tip unlike each other, so that it is a poor coordinate; nan where it cannot be told.
    runs : int
    """

    verdict: Verdict
    critical: float
    low: float
    high: float
    level: float
    coordinate: Array
    probability: Array
    lows: Array
    highs: Array
    spread_p: float
    runs: int
    failed: tuple[Failure, ...]

    @property
    def sentence(self) -> str:
        """What was found."""
        n = len(self.coordinate)
        made = f"{self.runs} restarts of {n} states" + (f", {len(self.failed)} failed" if self.failed else "")
        if n == 0 or self.verdict == "undetermined":
            return f"These restarts do not show from which state on it tips ({made})."
        ends = f"between {self.coordinate.min():.4g} and {self.coordinate.max():.4g}"
        poor = ""
        if self.spread_p < 1 - self.level:
            poor = f" States with nearly the same value tip unlike each other (p = {self.spread_p:.2g}): it is a rough measure."
        if self.verdict == "never":
            most = self.probability.max()
            how = f"it tips {most:.0%} of times or less" if most > 0 else "it never tips"
            return f"There is no critical mass {ends}: {how} ({made}).{poor}"
        if self.verdict == "always":
            least = f"it tips {self.probability.min():.0%} of times or more"
            return f"The critical mass, if any, lies below: {ends} {least} ({made}).{poor}"
        return (
            f"The critical mass is {self.critical:.4g} ({self.level:.0%} interval {self.low:.4g} to {self.high:.4g}): from there "
            f"it tips as often as not ({made}).{poor}"
        )


def committor(
    simulate_from: Callable[[Any, int], bool],
    states: Sequence[Any] | Mapping[float, Any],
    replicates: int,
    seed: int = 0,
    *,
    coordinate: Sequence[float] | None = None,
    level: float = 0.95,
    map: Map = map,
) -> Committor:
    """Restart states with fresh luck and see from which on it tips.

    The committor is the chance of tipping from a state. It is taken as rising with the order parameter, and the place of one half
    comes from a logistic curve through the states around it, from the last with a chance of a quarter to the first with three
    quarters. Whether the order parameter is a good one shows in states that share it: around the best rising curve they may
    scatter as much as luck makes them, and no more.

    Parameters
    ----------
    simulate_from : called as simulate_from(state, seed); whether a restart tips
    states : saved states; or {order parameter: state}
    replicates : int
        Restarts of each state. Every restart has a seed of its own, from `seed` on, so that their lucks are independent.
    coordinate : order parameter of each state; by default the states are numbers themselves

    Raises
    ------
    ValueError
        When states and coordinate do not fit, or a number cannot be used.

    References
    ----------
    Du, R. et al. (1998), Journal of Chemical Physics 108(1); E, W. and Vanden-Eijnden, E. (2006), Journal of Statistical Physics
    123(3); Granovetter, M. (1978), American Journal of Sociology 83(6).
    """
    if isinstance(states, Mapping):
        states, coordinate = list(states.values()), list(states)
    where = np.asarray(states if coordinate is None else coordinate, dtype=float)
    _check(where, len(states), replicates, seed, level)
    jobs = [k for k in range(len(states)) for _ in range(replicates)]
    which = np.array(jobs)
    seeds = [seed + run for run in range(which.size)]
    results, failed = attempt(simulate_from, [states[k] for k in jobs], seeds, map, truth=True)
    is_told = np.array([result is not None for result in results])
    tipped = np.array([bool(result) for result in results])
    yes, n = np.bincount(which, tipped, len(states)), np.bincount(which, is_told, len(states))
    kept = n > 0
    where, yes, n = where[kept], yes[kept], n[kept]
    ends = np.array([share_interval(int(a), int(b), level) for a, b in zip(yes, n)]).reshape(-1, 2)
    verdict: Verdict = "undetermined"
    critical = low = high = spread = math.nan
    if 2 * n.sum() > which.size:
        spread = _spread(where, yes, n, seed)
        verdict, critical, low, high = _critical(where, yes, n, ends, level)
    return Committor(
        verdict, critical, low, high, level, where, yes / n, ends[:, 0], ends[:, 1], spread, which.size, tuple(failed)
    )  # fmt: skip


def _critical(where: Array, yes: Array, n: Array, ends: Array, level: float) -> tuple[Verdict, float, float, float]:
    """What the shares (states,) say of the place of one half, and its interval."""
    least, most = share_interval(int(yes.sum()), int(n.sum()), level)
    if ends[:, 1].max() < 0.5 or (not yes.any() and most < 0.5):
        return "never", *NOTHING
    if ends[:, 0].min() > 0.5 or ((yes == n).all() and least > 0.5):
        return "always", *NOTHING
    rising = _rising(where, yes, n)
    below, above = where[rising <= SURE], where[rising >= 1 - SURE]
    near = (where >= (below.max() if below.size else -math.inf)) & (where <= (above.min() if above.size else math.inf))
    if np.unique(where[near]).size < FEWEST:  # so steep that more states tell more
        near[:] = True
    x = np.repeat(where[near], n[near].astype(int))
    tipped = np.concatenate([np.arange(b) < a for a, b in zip(yes[near], n[near])])
    if x.size >= FEWEST and np.ptp(x) > 0 and tipped.any() and not tipped.all():
        curve = dose_response(x, tipped, level=level)
        if curve.slope > 0 and where.min() <= curve.value <= where.max() and math.isfinite(curve.high - curve.low):
            return "critical mass", curve.value, curve.low, curve.high
    return "undetermined", *NOTHING


def _rising(where: Array, yes: Array, n: Array) -> Array:
    """The best chances (..., states) that never fall with the order parameter, of successes (..., states)."""
    from scipy.optimize import isotonic_regression

    _, level = np.unique(where, return_inverse=True)
    weights = np.bincount(level, n)
    rows = [
        np.asarray(isotonic_regression(np.bincount(level, row) / weights, weights=weights).x)[level]
        for row in np.atleast_2d(yes)
    ]
    return np.array(rows).reshape(yes.shape)


def _spread(where: Array, yes: Array, n: Array, seed: int) -> float:
    """p-value of states scattering around the best rising curve no more than by luck (bootstrap of Pearson's statistic)."""
    expected = _rising(where, yes, n)

    def statistic(successes: Array) -> Array:
        p = np.clip(_rising(where, successes, n), 1e-6, 1 - 1e-6)
        return np.asarray(((successes - n * p) ** 2 / (n * p * (1 - p))).sum(axis=-1))

    drawn = np.random.default_rng([seed, 71]).binomial(n.astype(int), expected, (RESAMPLES, len(n))).astype(float)
    return float((1 + (statistic(drawn) >= statistic(yes) - 1e-9).sum()) / (RESAMPLES + 1))


def _check(where: Array, states: int, replicates: int, seed: int, level: float) -> None:
    if where.ndim != 1 or where.size != states:
        raise ValueError(f"coordinate has the shape {where.shape}; give one number for each of the {states} states")
    if states < 2:
        raise ValueError(f"{states} states: give at least 2")
    if not np.isfinite(where).all():
        raise ValueError("coordinate holds values that are not finite numbers")
    if replicates < 1:
        raise ValueError(f"replicates {replicates}: give at least 1")
    check_level(level)
    check_seed(seed, states * replicates)
