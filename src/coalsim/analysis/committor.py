"""The critical mass: from which states, restarted with fresh luck, a system more likely than not tips."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from coalsim.analysis.attempts import Failure, Map, attempt
from coalsim.analysis.comparison import share_interval
from coalsim.analysis.dose_response import dose_response
from coalsim.analysis.told import Told

type Array = NDArray[np.float64]
type Verdict = Literal["critical mass", "never", "always", "undetermined"]

RESAMPLES = 999


@dataclass(frozen=True)
class Committor(Told):
    """The chance of tipping from each state, and the order parameter at which it is one half.

    Attributes
    ----------
    verdict : "critical mass", "never", "always" or "undetermined"
    critical, low, high : float
        Where the committor is one half, and its interval at `level`; nan without one.
    coordinate, probability, lows, highs : (states,)
        Order parameter, share of restarts that tipped, and its interval.
    spread_p : float
        p-value of states with nearly the same order parameter tipping alike: small where it is a poor coordinate; nan if unknown.
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
        if self.verdict == "never":
            return f"From no state {ends} does it tip ({made}): there is no critical mass among them."
        if self.verdict == "always":
            return f"It tips from every state {ends} ({made}): the critical mass lies below them."
        poor = (
            " States with the same value tip unlike each other, so that it is a rough measure."
            if self.spread_p < 0.05
            else ""
        )
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

    Parameters
    ----------
    simulate_from : called as simulate_from(state, seed); whether a restart tips
    states : saved states; or {order parameter: state}
    replicates : int
        Restarts of each state; restart r of every state has seed + r.
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
    jobs = [(k, r) for k in range(len(states)) for r in range(replicates)]
    results, failed = attempt(simulate_from, [states[k] for k, _ in jobs], [seed + r for _, r in jobs], map)
    done = [(k, bool(result)) for (k, _), result in zip(jobs, results) if result is not None]
    which = np.array([k for k, _ in done], dtype=int)
    tipped = np.array([y for _, y in done], dtype=bool)
    yes, n = np.bincount(which, tipped, len(states)), np.bincount(which, minlength=len(states))
    kept = n > 0
    ends = np.array([share_interval(int(a), int(b), level) for a, b in zip(yes[kept], n[kept])]).reshape(-1, 2)
    verdict: Verdict = "undetermined"
    critical = low = high = spread = math.nan
    if len(done) > len(jobs) / 2:
        if not tipped.any():
            verdict = "never"
        elif tipped.all():
            verdict = "always"
        elif np.ptp(where[which]) > 0 and len(done) >= 4:
            curve = dose_response(where[which], tipped, level=level)
            if curve.slope > 0 and math.isfinite(curve.low) and math.isfinite(curve.high):
                verdict, critical, low, high = "critical mass", curve.value, curve.low, curve.high
                spread = _spread(yes[kept], n[kept], curve.probability(where[kept])[0], seed)
    return Committor(
        verdict, critical, low, high, level, where[kept], yes[kept] / n[kept], ends[:, 0], ends[:, 1], spread,
        len(jobs), tuple(failed),
    )  # fmt: skip


def _spread(yes: Array, n: NDArray[Any], expected: Array, seed: int) -> float:
    """p-value of states scattering around the curve no more than luck makes them (bootstrap of Pearson's statistic)."""
    p = np.clip(expected, 1e-6, 1 - 1e-6)

    def statistic(successes: NDArray[Any]) -> Array:
        return np.asarray(((successes - n * p) ** 2 / (n * p * (1 - p))).sum(axis=-1))

    drawn = np.random.default_rng([seed, 71]).binomial(n, p, (RESAMPLES, len(n)))
    return float((1 + (statistic(drawn) >= statistic(yes)).sum()) / (RESAMPLES + 1))


def _check(where: Array, states: int, replicates: int, seed: int, level: float) -> None:
    if where.ndim != 1 or where.size != states:
        raise ValueError(f"coordinate has the shape {where.shape}; give one number for each of the {states} states")
    if states < 2:
        raise ValueError(f"{states} states: give at least 2")
    if not np.isfinite(where).all():
        raise ValueError("coordinate holds values that are not finite numbers")
    if replicates < 1:
        raise ValueError(f"replicates {replicates}: give at least 1")
    if not 0 < level < 1:
        raise ValueError(f"level {level:g}: give a share between 0 and 1, such as 0.95")
    if not 0 <= seed <= 2**64 - replicates:
        raise ValueError(f"seed {seed}: give a whole number from 0 to {2**64 - replicates}")
