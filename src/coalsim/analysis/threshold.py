"""Where a stochastic outcome becomes more likely than not as one lever is raised: a Bayesian adaptive logistic search."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coalsim.analysis.attempts import Failure, Map, attempt, check_level, check_seed
from coalsim.analysis.dose_response import against_rising
from coalsim.analysis.rising import Posterior, chance_of
from coalsim.analysis.told import Told
from coalsim.analysis.wagers import Wagers

type Array = NDArray[np.float64]
type Bools = NDArray[np.bool_]
type Verdict = Literal["threshold", "never", "always", "not_monotone", "undetermined"]

FEWEST_RUNS = 8
CANDIDATES = 40
LOOKS_FROM, LOOK_EVERY = 6, 6  # after the first runs every sixth looks across the whole range
FEWEST_LOOKS = 10  # with which a sharp rise surely wins against one chance everywhere
SURE = 0.99  # posterior chance from which it never or always tips
FEWEST_AT_END = 6  # runs near an end before "never" or "always" is said
WIDEST_GAP = 0.125  # between runs, share of the range, before it is said
NEAR, LOOKED_AT = 0.03, 4  # a surprise is looked at again so near, until there are so many runs and most are otherwise
FLAT = 1.92  # gain in log likelihood over the same chance everywhere, below which nothing is called a threshold
FALLS = 9.0  # gain in log likelihood from which the response is said to fall again


@dataclass(frozen=True)
class Threshold(Told):
    """Where the chance of tipping is one half, or why there is no such place in the range.

    Attributes
    ----------
    verdict : "threshold", "never", "always", "not_monotone" or "undetermined"
    value, low, high : float
        Posterior median of the threshold and its equal-tailed interval at `level`; nan without a threshold.
    width_10_90 : float
        By how much the lever must be raised to take the chance from 10 to 90%, posterior median; nan without a threshold.
    range : (float, float)
        What was searched.
    points, outcomes, seeds : (n,) arrays
        The runs that did not fail.
    runs : int
        All runs, those that failed included.
    reason : str
        For a verdict other than "threshold".
    """

    verdict: Verdict
    value: float
    low: float
    high: float
    level: float
    width_10_90: float
    range: tuple[float, float]
    points: Array
    outcomes: Bools
    seeds: NDArray[np.uint64]
    runs: int
    failed: tuple[Failure, ...]
    reason: str

    def probability(self, x: ArrayLike) -> tuple[Array, Array, Array]:
        """Chance of tipping at values of the lever (m,): posterior mean and interval at `level`, of a rising curve."""
        low, high = self.range
        posterior = Posterior.of((self.points - low) / (high - low), self.outcomes)
        return posterior.curve((np.asarray(x, dtype=float) - low) / (high - low), self.level)

    @property
    def sentence(self) -> str:
        """What was found."""
        low, high = self.range
        runs = f"{int(self.outcomes.sum())} of {len(self.outcomes)} runs tipped"
        runs += f", {len(self.failed)} failed" if self.failed else ""
        if self.verdict == "threshold":
            return (
                f"The chance of tipping passes one half at {self.value:.4g} ({self.level:.0%} interval {self.low:.4g} to "
                f"{self.high:.4g}) and rises from 10 to 90% over {self.width_10_90:.2g} ({runs})."
            )
        what = {"not_monotone": "no single threshold", "undetermined": "nothing sure"}.get(self.verdict, "no threshold")
        return f"Between {low:.4g} and {high:.4g} there is {what}: {self.reason} ({runs})."


def find_threshold(
    simulate: Callable[[float, int], bool],
    low: float,
    high: float,
    *,
    seed: int = 0,
    max_runs: int = 2000,
    level: float = 0.95,
    tolerance: float = 0.01,
    batch: int = 1,
    map: Map = map,
) -> Threshold:
    """The value of a lever at which a run tips with a chance of one half.

    The chance is taken to rise with the lever as a logistic curve of unknown place and width, with a small rate of lapses. Each
    run is made where it is expected to leave the least variance of the threshold; every sixth looks at an end or at a point of an
    even sequence across the range, so that a response that falls again does not go unseen. Looks are wagers, too: a threshold
    is said only where predictions of them beat one chance everywhere (`coalsim.analysis.wagers`); a budget too small for ten
    takes it on trust that the chance rises.

    Parameters
    ----------
    simulate : called as simulate(x, seed); whether that run tipped
    low, high : float
        Range of the lever.
    seed : int
        Of the first run; run k has seed + k, so that two searches meet the same luck.
    max_runs : int, at least 8
    level : float
        Of the interval.
    tolerance : float
        The search ends when half the interval is below this share of the range.
    batch : int
        Runs proposed at a time; what is found depends on it, not on how `map` carries them out.
    map : how a batch is carried out; see `coalsim.analysis.attempts.attempt`

    Returns
    -------
    Threshold
        A smooth response has a threshold, too, with a large `width_10_90`, and so has a majority of agents who decide on their
        own: whether it is a tipping point is for `transition`, `two_starts` and `hysteresis` to say.

    Raises
    ------
    ValueError
        When the range, the budget or another number cannot be used.

    References
    ----------
    Watson, A. B. and Pelli, D. G. (1983), Perception and Psychophysics 33(2); Kontsevich, L. L. and Tyler, C. W. (1999), Vision
    Research 39(16).
    """
    _check(low, high, seed, max_runs, level, tolerance, batch)
    posterior = Posterior.of(np.empty(0), np.empty(0, dtype=bool))
    seeds: list[int] = []
    failed: list[Failure] = []
    looks, made = _even_sequence(), 0
    wagers, looked = Wagers.none(), 0
    is_settled = False  # whether the place is known well enough, if it is one
    verdict: Verdict = "undetermined"
    reason = ""
    while made < max_runs and verdict == "undetermined":
        size = min(batch, max_runs - made)
        due = size if is_settled or _is_outside(posterior) else -(-(made + size - LOOKS_FROM) // LOOK_EVERY) - looked
        told = [_look(posterior, looked + k, looks, only_ends=is_settled) for k in range(min(max(due, 0), size))]
        proposed = [look.u for look in told] + _propose(posterior, size - len(told))
        wanted = range(seed + made, seed + made + len(proposed))
        where = [float(low + (high - low) * u) for u in proposed]
        results, lost = attempt(simulate, where, wanted, map, truth=True)
        made += len(proposed)
        failed += lost
        u, tipped = np.array(proposed), np.array([bool(result) for result in results])
        done = np.array([result is not None for result in results])
        seeds += [one for one, is_done in zip(wanted, done) if is_done]
        looked += int(done[: len(told)].sum())
        wagered = done & np.array([look.is_wager for look in told] + [False] * (size - len(told)))
        wagers = wagers.with_runs(posterior.curve(u[wagered], level)[0], tipped[wagered])
        posterior = posterior.with_runs(u[done], tipped[done])
        if made >= min(FEWEST_RUNS, max_runs):
            verdict, reason = _judge(posterior, (low, high), level, tolerance, is_last=made >= max_runs)
            is_settled = verdict == "threshold"
            is_short = made >= max_runs and wagers.outcomes.size < FEWEST_LOOKS
            if is_settled and not (wagers.won or is_short):
                verdict, reason = "undetermined", "the chance may as well be the same everywhere"
    if len(failed) > made / 2 or len(seeds) < FEWEST_RUNS // 2:
        verdict, reason = "undetermined", f"{len(failed)} of {made} runs failed, the first with {failed[0].error}"
    value = lowest = highest = width = math.nan
    if verdict == "threshold":
        lowest, value, highest = posterior.quantiles([(1 - level) / 2, 0.5, (1 + level) / 2])
        lowest, value, highest = (float(low + (high - low) * one) for one in (lowest, value, highest))
        width = (high - low) * 2 * math.log(9) * posterior.median_width()
    return Threshold(
        verdict,
        value,
        lowest,
        highest,
        level,
        float(width),
        (float(low), float(high)),
        low + (high - low) * posterior.points,
        posterior.outcomes,
        np.array(seeds, dtype=np.uint64),
        made,
        tuple(failed),
        reason,
    )


def _is_outside(posterior: Posterior) -> bool:
    """Whether the threshold seems to lie beyond one of the ends."""
    return bool(posterior.points.size) and max(posterior.beyond(1.0), 1 - posterior.beyond(0.0)) > SURE


class Look(NamedTuple):
    """A point to look at, whatever it tells of the threshold."""

    u: float
    is_wager: bool


def _look(posterior: Posterior, turn: int, looks: Iterator[float], *, only_ends: bool) -> Look:
    """By turns across the range, at the ends, where most is to be won, and at surprises."""
    if turn % 2 or only_ends:
        return Look(float(turn // (1 if only_ends else 2) % 2 == 0), is_wager=True)
    surprise = _next_surprise(posterior) if turn % 4 else None
    return Look(next(looks), is_wager=True) if surprise is None else Look(surprise, is_wager=False)


def _propose(posterior: Posterior, size: int) -> list[float]:
    """The next points: where they tell most, in a tree of what the ones before may give."""
    points: list[float] = []
    tree = [(-1.0, 0, posterior.weights)]
    for k in range(size):
        path, _, weights = heapq.heappop(tree)
        candidates = _candidates(weights, posterior)
        p = chance_of(candidates[:, None, None], posterior.centres[None, :, None], posterior.widths[None, None, :])
        best = _most_telling(weights, p, posterior.centres)
        points.append(float(candidates[best]))
        for j, part in enumerate((weights * p[best], weights * (1 - p[best]))):
            share = float(part.sum())
            heapq.heappush(tree, (path * share, 2 * k + 1 + j, part / share))
    return points


def _candidates(weights: Array, posterior: Posterior) -> Array:
    """Points between which the next is chosen: where the threshold may lie, some widths around it, and the ends."""
    steps = np.cumsum(weights.sum(axis=1))
    middle = np.interp(np.linspace(0.02, 0.98, CANDIDATES), steps, posterior.centres)
    width = float(weights.sum(axis=0) @ posterior.widths)
    around = np.interp(0.5, steps, posterior.centres) + width * np.linspace(-3, 3, CANDIDATES // 2)
    return np.unique(np.clip(np.concatenate([middle, around, [0.0, 1.0]]), 0.0, 1.0))


def _most_telling(weights: Array, p: Array, centres: Array) -> int:
    """Which candidate leaves the least expected variance of the threshold; far outside the range all places count as one."""
    where = np.clip(centres, -0.1, 1.1)
    tips = (weights * p).sum(axis=2)  # (candidates, c)
    expected = np.zeros(len(p))
    for part in (tips, weights.sum(axis=1) - tips):
        mass, mean = part.sum(axis=1), part @ where
        expected += part @ where**2 - mean**2 / np.maximum(mass, 1e-300)
    return int(np.argmin(expected))


def _next_surprise(posterior: Posterior) -> float | None:
    """A run that came out against the curve and has hardly been looked at again; None if there is none."""
    u, tipped = posterior.points, posterior.outcomes
    if not u.size:
        return None
    chance = posterior.curve(u, 0.95)[0]
    near = np.abs(u[:, None] - u[None, :]) <= NEAR
    alike = (near & (tipped[:, None] == tipped[None, :])).sum(axis=1)
    around = near.sum(axis=1)
    odd = np.where(tipped, chance < 0.25, chance > 0.75) & ((around < LOOKED_AT) | (2 * alike > around))
    return float(u[odd][np.argmin(around[odd])]) if odd.any() else None


def _judge(
    posterior: Posterior, searched: tuple[float, float], level: float, tolerance: float, *, is_last: bool
) -> tuple[Verdict, str]:
    """What can be said now; "undetermined" while the search should go on."""
    u, tipped = posterior.points, posterior.outcomes
    low, high = searched
    against = against_rising(low + (high - low) * u, tipped)
    if against is not None and against.gain > FALLS:
        return "not_monotone", against.words
    ends: tuple[tuple[Verdict, float, float, str], ...] = (
        ("never", posterior.beyond(1.0), 1.0, "upper"),
        ("always", 1 - posterior.beyond(0.0), 0.0, "lower"),
    )
    for verdict, chance, end, name in ends:
        widest = float(np.diff(np.unique(np.concatenate([[0.0, 1.0], u]))).max())
        is_looked_at = (np.abs(u - end) < 0.1).sum() >= FEWEST_AT_END and (widest <= WIDEST_GAP or is_last)
        if chance > SURE and is_looked_at and (is_last or _next_surprise(posterior) is None):
            _, least, most = posterior.curve(np.array([end]), level)
            bound = f"below {most[0]:.0%}" if verdict == "never" else f"above {least[0]:.0%}"
            gap = f"no gap between runs is wider than {widest:.0%} of the range"
            return verdict, f"at the {name} end the chance of tipping is {bound} ({level:.0%} sure), and {gap}"
    low_, high_ = posterior.quantiles([(1 - level) / 2, (1 + level) / 2])
    is_inside = low_ >= 0 and high_ <= 1 and posterior.gain > FLAT
    if is_inside and ((high_ - low_) / 2 <= tolerance or (is_last and high_ - low_ <= 0.5)):
        return "threshold", ""
    return "undetermined", f"as far as these runs tell, it lies between {low_:.0%} and {high_:.0%} of the range"


def _even_sequence() -> Iterator[float]:
    """Van der Corput's sequence."""
    n = 0
    while True:
        n += 1
        u, base, k = 0.0, 0.5, n
        while k:
            u, base, k = u + base * (k % 2), base / 2, k // 2
        yield u


def _check(low: float, high: float, seed: int, max_runs: int, level: float, tolerance: float, batch: int) -> None:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"low {low:.12g} and high {high:.12g} are no range; give low below high")
    if max_runs < FEWEST_RUNS:
        raise ValueError(f"max_runs {max_runs}: too few to say anything; give at least {FEWEST_RUNS}")
    check_level(level)
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance {tolerance:g}: give a share of the range between 0 and 1, such as 0.01")
    if batch < 1:
        raise ValueError(f"batch {batch}: give at least 1")
    check_seed(seed, max_runs)
