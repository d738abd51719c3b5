"""Where a stochastic outcome becomes more likely than not in the space of several levers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.special import ndtri

from coalsim.analysis.attempts import Failure, Map, attempt, check_level, check_seed
from coalsim.analysis.contour import contour, even
from coalsim.analysis.gp_probit import GPProbit, Kernel
from coalsim.analysis.told import Told
from coalsim.analysis.wagers import Wagers

if TYPE_CHECKING:
    import pandas as pd

type Array = NDArray[np.float64]
type Verdict = Literal["boundary", "never", "always", "undetermined"]

FEWEST_LEVERS, MOST_LEVERS = 2, 4
LOOKED_AT = 1024  # points of the space between which the next runs are chosen
STRADDLE = 1.96
LEARN_AT = 1.5  # amplitude and lengths are learnt again after so many times as many runs
SITE = 1.6  # variance that a run near the boundary leaves, as an observation of the latent value: 1 / (2 / pi)
WAGER_EVERY = 4  # such a run is made on what is thought to be known: whether the chance varies at all
FILLED = 16  # runs for each lever and one more, before "never" or "always" is said
NEVER_SHARE = 0.02  # of the space that may still hold a boundary when none was found and the runs are used up


@dataclass(frozen=True)
class Cheapest:
    """The point of least cost at which the chance of tipping is as high as was asked for, with that chance and its band."""

    point: dict[str, float]
    cost: float
    probability: float
    low: float
    high: float


@dataclass(frozen=True)
class Boundary(Told):
    """The chance of tipping over the space of the levers, and the boundary at which it is one half.

    Attributes
    ----------
    verdict : "boundary", "never", "always" or "undetermined"
    names : of the levers
    ranges : name -> (low, high)
    points : (n, d), outcomes, seeds : (n,)
        The runs that did not fail.
    runs : int
        All runs, those that failed included.
    uncertainty : float
        Typical half width of the boundary's place at `level`, share of the ranges; nan without a boundary.
    """

    verdict: Verdict
    names: tuple[str, ...]
    ranges: dict[str, tuple[float, float]]
    points: Array
    outcomes: NDArray[np.bool_]
    seeds: NDArray[np.uint64]
    runs: int
    failed: tuple[Failure, ...]
    level: float
    uncertainty: float
    process: GPProbit | None

    def probability(self, points: Any) -> Array:
        """Chance of tipping (m,) at points: (m, d) in the order of the names, a mapping name -> values, or a DataFrame."""
        inside = self._scaled(points)
        if self.process is None:
            return np.full(len(inside), np.nan)
        return self.process.probability(inside)

    def band(self, points: Any, level: float | None = None) -> tuple[Array, Array]:
        """Interval of that chance."""
        inside = self._scaled(points)
        if self.process is None:
            return np.zeros(len(inside)), np.ones(len(inside))
        return self.process.band(inside, self.level if level is None else level)

    def contour(self, level: float = 0.5) -> pd.DataFrame:
        """Points at which the chance is `level`, a column a lever: in order along the line of two levers, else scattered.

        None without a boundary.
        """
        import pandas as pd

        if self.process is None or self.verdict != "boundary":
            return pd.DataFrame(columns=list(self.names), dtype=float)
        return pd.DataFrame(self._real(contour(self.process, len(self.names), level)), columns=list(self.names))

    def share(self, level: float = 0.5) -> tuple[float, float, float]:
        """Share of the space in which the chance is at least `level`, and its interval."""
        space = even(len(self.names), 4096)
        if self.process is None:
            return math.nan, 0.0, 1.0
        low, high = self.process.band(space, self.level)
        middle = self.process.probability(space)
        return tuple(float((one >= level).mean()) for one in (middle, low, high))  # type: ignore[return-value]

    def cheapest(
        self, cost: Callable[[dict[str, float]], float] | Mapping[str, float], level: float = 0.5, *, sure: bool = False
    ) -> Cheapest | None:
        """The point of least cost at which the chance is at least `level`; None if there is none.

        `cost` is a function of a point, or the cost of a unit of each lever. With `sure` the lower end of the chance's interval,
        too, is at least `level`.
        """
        if self.process is None:
            return None
        process = self.process

        def chance(points: Array) -> Array:
            return process.band(points, self.level)[0] if sure else process.probability(points)

        price: Callable[[dict[str, float]], float]
        if isinstance(cost, Mapping):
            units = dict(cost)
            if absent := [name for name in self.names if name not in units]:
                raise ValueError(f"cost lacks {', '.join(absent)}; give the cost of a unit of each lever")

            def price(point: dict[str, float]) -> float:
                return sum(units[name] * value for name, value in point.items())
        else:
            price = cost
        d = len(self.names)
        space, reach = even(d, 4096), 1.0
        best: tuple[float, Array] | None = None
        for _ in range(4):
            enough = space[chance(space) >= level]
            costs = [price(self._named(point)) for point in enough]
            if costs and (best is None or min(costs) < best[0]):
                k = int(np.argmin(costs))
                best = costs[k], enough[k]
            if best is None:
                break
            reach /= 6
            space = np.clip(best[1] + reach * (even(d, 1024) - 0.5), 0, 1)
        if best is None:
            return None
        low, high = process.band(best[1][None], self.level)
        middle = float(process.probability(best[1][None])[0])
        return Cheapest(self._named(best[1]), float(best[0]), middle, float(low[0]), float(high[0]))

    def table(self) -> pd.DataFrame:
        """A row for each run: levers, seed, whether it tipped."""
        import pandas as pd

        return pd.DataFrame(self.points, columns=list(self.names)).assign(seed=self.seeds, tipped=self.outcomes)

    @property
    def sentence(self) -> str:
        """What was found."""
        runs = f"{int(self.outcomes.sum())} of {len(self.outcomes)} runs tipped"
        runs += f", {len(self.failed)} failed" if self.failed else ""
        share, low, high = self.share()
        sure = f"{self.level:.0%} sure of"
        words = {
            "boundary": f"More likely than not it tips in {share:.0%} of the space ({self.level:.0%} interval {low:.0%} to "
            f"{high:.0%}); the boundary is known to {self.uncertainty:.1%} of the ranges",
            "never": f"Nowhere in the space does it tip more likely than not, {sure} {1 - high:.0%} of it if the chance is "
            f"smooth; {self._gap}",
            "always": f"Everywhere in the space it tips more likely than not, {sure} {low:.0%} of it if the chance is "
            f"smooth; {self._gap}",
            "undetermined": "These runs do not tell where the boundary is, or whether there is one",
        }
        return f"{words[self.verdict]} ({runs})."

    @property
    def _gap(self) -> str:
        """How far from all runs a point of the space may lie: a region smaller than that goes unseen."""
        inside = self._scaled(self.points)
        widest = float(cdist(even(len(self.names), LOOKED_AT), inside).min(axis=1).max()) if len(inside) else math.inf
        return f"no point is farther than {widest:.0%} of the ranges from a run"

    def _scaled(self, points: Any) -> Array:
        if isinstance(points, Mapping) or hasattr(points, "columns"):
            if absent := [name for name in self.names if name not in points]:
                raise ValueError(f"points lack {', '.join(absent)}; give a column for each of {', '.join(self.names)}")
            points = np.column_stack([np.atleast_1d(np.asarray(points[name], dtype=float)) for name in self.names])
        points = np.atleast_2d(np.asarray(points, dtype=float))
        if points.shape[1] != len(self.names):
            raise ValueError(f"points have {points.shape[1]} columns; give one for each of {', '.join(self.names)}")
        low, high = (np.array([self.ranges[name][k] for name in self.names]) for k in (0, 1))
        return (points - low) / (high - low)

    def _real(self, inside: Array) -> Array:
        low, high = (np.array([self.ranges[name][k] for name in self.names]) for k in (0, 1))
        return low + (high - low) * inside

    def _named(self, inside: Array) -> dict[str, float]:
        return dict(zip(self.names, map(float, self._real(inside[None])[0])))


def fewest_runs(levers: int) -> int:
    """The smallest budget of a search in so many levers: the runs that it begins with."""
    return 4 * (levers + 1)


def find_boundary(
    simulate: Callable[[dict[str, float], int], bool],
    ranges: Mapping[str, tuple[float, float]],
    *,
    seed: int = 0,
    max_runs: int = 1000,
    level: float = 0.95,
    tolerance: float = 0.02,
    batch: int = 4,
    map: Map = map,
) -> Boundary:
    """The boundary in the space of two to four levers at which a run tips with a chance of one half.

    The chance is a smooth function of the levers (a Gaussian process through a probit); it may rise and fall again. The first
    runs fill the space evenly, the others are made where the boundary may be and is known least (straddle), in batches. Every
    fourth run is a wager, made on either side of the supposed boundary far from other runs: a boundary is said only where
    predictions of the wagers beat one chance everywhere (`coalsim.analysis.wagers`), which takes at least some ten of them.

    Parameters
    ----------
    simulate : called as simulate({name: value}, seed); whether that run tipped
    ranges : name -> (low, high), two to four levers
    seed : int
        Of the first run; run k has seed + k.
    max_runs : int
        At least `fewest_runs(levers)`.
    level : float
        Of intervals.
    tolerance : float
        The search ends when half the interval of the boundary's place is typically below this share of the ranges.
    batch : int
        Runs proposed at a time; what is found depends on it, not on how `map` carries them out.
    map : how a batch is carried out; see `coalsim.analysis.attempts.attempt`

    Raises
    ------
    ValueError
        When ranges, budget or another number cannot be used.

    References
    ----------
    Bryan, B. et al. (2005), Active learning for identifying function threshold boundaries, NIPS 18; Lyu, X., Binois, M. and
    Ludkovski, M. (2021), Technometrics 63(3).
    """
    names = tuple(ranges)
    _check(ranges, seed, max_runs, level, tolerance, batch)
    d = len(names)
    low, high = (np.array([float(ranges[name][k]) for name in names]) for k in (0, 1))
    wagers = Wagers.none()
    space = even(d, LOOKED_AT)
    points, outcomes, seeds = np.empty((0, d)), np.empty(0, dtype=bool), np.empty(0, dtype=np.uint64)
    failed: list[Failure] = []
    made, learn_at, filled = 0, fewest_runs(d), FILLED * (d + 1)
    is_settled = False  # whether the boundary is known well enough, if it is one
    process: GPProbit | None = None
    verdict: Verdict = "undetermined"
    uncertainty = math.nan
    while made < max_runs and verdict == "undetermined":
        size = min(batch, max_runs - made)
        is_wager, predicted = np.zeros(size, dtype=bool), np.empty(size)
        if made < fewest_runs(d) or process is None:
            proposed = even(d, fewest_runs(d) + max_runs)[made : made + size]
        else:
            proposed = space[_straddle(process, space, size)]
            wagered, chance = wagers.outcomes.size, process.probability(space)
            if (chance > 0.5).any() and (chance < 0.5).any():
                due = size if is_settled else (made + size - fewest_runs(d)) // WAGER_EVERY - wagered
                is_wager = np.arange(size) < due
                proposed[is_wager] = _on_either_side(space, chance, points, wagered, int(is_wager.sum()))
                predicted = process.probability(proposed)
        wanted = np.arange(seed + made, seed + made + size, dtype=np.uint64)
        where = [dict(zip(names, one)) for one in (low + (high - low) * proposed).tolist()]
        results, lost = attempt(simulate, where, [int(one) for one in wanted], map, truth=True)
        failed += lost
        made += size
        done = np.array([result is not None for result in results])
        tipped = np.array([bool(result) for result in results])
        points = np.concatenate([points, proposed[done]])
        outcomes = np.concatenate([outcomes, tipped[done]])
        seeds = np.concatenate([seeds, wanted[done]])
        wagers = wagers.with_runs(predicted[done & is_wager], tipped[done & is_wager])
        if made < fewest_runs(d) or len(points) < d + 1:
            continue
        if len(points) >= learn_at and outcomes.any() and not outcomes.all():
            process = GPProbit.learn(points, outcomes, process)
            learn_at = math.ceil(LEARN_AT * len(points))
        else:
            kernel = process.kernel if process is not None else Kernel.default(d)
            process = GPProbit.fit(points, outcomes, kernel, process)
        verdict, uncertainty = _judge(process, space, level, tolerance, is_last=made >= max_runs)
        is_settled = verdict == "boundary"
        is_sparse = verdict in ("never", "always") and len(points) < filled and made < max_runs
        if is_sparse or (is_settled and not wagers.won):
            verdict = "undetermined"
    if len(failed) > made / 2:
        verdict = "undetermined"
    return Boundary(
        verdict,
        names,
        {name: (float(ranges[name][0]), float(ranges[name][1])) for name in names},
        low + (high - low) * points,
        outcomes,
        seeds,
        made,
        tuple(failed),
        level,
        uncertainty if verdict == "boundary" else math.nan,
        process,
    )


def _straddle(process: GPProbit, space: Array, size: int) -> list[int]:
    """Where the boundary may be and is known least; each point of a batch as if those before it had been run."""
    mean, variance = process.latent(space)
    chosen: list[int] = []
    known: list[Array] = []  # what each of them takes off the covariance, as the outer product with itself
    for _ in range(size):
        k = int(np.argmax(STRADDLE * np.sqrt(np.maximum(variance, 0)) - np.abs(mean)))
        column = process.covariance(space, space[k : k + 1])[:, 0] - sum((one * one[k] for one in known), np.zeros(1))
        known.append(column / math.sqrt(max(column[k], 0.0) + SITE))
        variance = variance - known[-1] ** 2
        chosen.append(k)
    return chosen


def _on_either_side(space: Array, chance: Array, points: Array, turn: int, size: int) -> Array:
    """Points (size, d) to wager on: by turns where it tips and where not, of the surer half the one farthest from all runs."""
    apart = cdist(space, points).min(axis=1)
    chosen = np.empty((size, space.shape[1]))
    for k in range(size):
        sureness = (chance - 0.5) * (-1) ** (turn + k)
        sure = np.flatnonzero(sureness >= np.median(sureness[sureness > 0]))
        chosen[k] = space[sure[np.argmax(apart[sure])]]
        apart = np.minimum(apart, cdist(space, chosen[k : k + 1])[:, 0])
    return chosen


def _judge(process: GPProbit, space: Array, level: float, tolerance: float, *, is_last: bool) -> tuple[Verdict, float]:
    """What can be said now; "undetermined" while the search should go on."""
    low, high = process.band(space, level)
    spared = NEVER_SHARE if is_last else 0.0
    if (high > 0.5).mean() <= spared:
        return "never", math.nan
    if (low < 0.5).mean() <= spared:
        return "always", math.nan
    chance = process.probability(space)
    if not ((low > 0.5).any() and (high < 0.5).any() and (chance > 0.5).any() and (chance < 0.5).any()):
        return "undetermined", math.nan
    uncertainty = _uncertainty(process, space.shape[1], level)
    found = uncertainty <= tolerance or (is_last and uncertainty <= 0.25)
    return ("boundary" if found else "undetermined"), uncertainty


def _uncertainty(process: GPProbit, d: int, level: float) -> float:
    """Half width of the interval of the boundary's place along the steepest way across it, 75th percentile over the boundary."""
    line = contour(process, d, 0.5, fineness=0.4)
    if not len(line):
        return math.inf
    step = 0.01
    slope = np.zeros(len(line))
    for k in range(d):
        up, down = np.minimum(line + step * np.eye(d)[k], 1), np.maximum(line - step * np.eye(d)[k], 0)
        slope += ((process.latent(up)[0] - process.latent(down)[0]) / (up - down)[:, k]) ** 2
    sd = np.sqrt(process.latent(line)[1])
    return float(np.quantile(ndtri((1 + level) / 2) * sd / np.sqrt(np.maximum(slope, 1e-12)), 0.75))


def _check(
    ranges: Mapping[str, tuple[float, float]], seed: int, max_runs: int, level: float, tolerance: float, batch: int
) -> None:
    if not FEWEST_LEVERS <= len(ranges) <= MOST_LEVERS:
        raise ValueError(f"{len(ranges)} levers; give two to four, and use find_threshold for one")
    for name, ends in ranges.items():
        try:
            low, high = map(float, ends)
        except (TypeError, ValueError):
            low = high = math.nan
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"{name}: {ends} is no range; give (low, high), low below high")
    least = fewest_runs(len(ranges))
    if max_runs < least:
        raise ValueError(f"max_runs {max_runs}: too few for {len(ranges)} levers; give at least {least}")
    check_level(level)
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance {tolerance:g}: give a share of the ranges between 0 and 1, such as 0.02")
    if batch < 1:
        raise ValueError(f"batch {batch}: give at least 1")
    check_seed(seed, max_runs)
