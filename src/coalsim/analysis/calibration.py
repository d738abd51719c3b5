"""Calibration: which parameter values agree with targets, how surely, and which the targets leave open.

Every point of parameter space is simulated with the same seeds (common random numbers), so that means move smoothly with the
parameters and few runs teach an emulator. Waves of history matching spend the runs where the targets do not rule the
parameters out; the posterior is then taken on the emulator.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from coalsim.analysis.asked import check, fewest_points
from coalsim.analysis.emulator import Emulator, Spread
from coalsim.analysis.findings import Calibration, Estimate, Fit, Ridge, Stability, Target, Wave
from coalsim.analysis.sampling import log_normal, sobol, weighted_sample

Array = NDArray[np.float64]
type Simulate = Callable[[Array, NDArray[np.uint64]], ArrayLike]

IDENTIFIED = 0.5  # posterior sd over prior sd, below which the targets pin a parameter down
RULED_OUT = 3.0  # implausibility, in standard deviations (Pukelsheim 1994)
MET = 2.0  # implausibility up to which a target counts as met
STABLE = 2.0  # posterior sds that a fitted value may move with other seeds
LOADING = 0.3  # part of a direction from which a parameter is named
WAVES = 4
SAMPLE = 4096
FAR = 10.0  # standard deviations from a target
KNOWN = 0.05  # share of the variance due to the emulator, below which more runs teach nothing


def calibrate(
    simulate: Simulate,
    parameters: Mapping[str, tuple[float, float]],
    targets: Sequence[Target],
    *,
    replicates: int = 8,
    seed: int = 0,
    runs: int = 400,
    covariance: ArrayLike | Literal["replicates"] | None = None,
    sample: int = SAMPLE,
) -> Calibration:
    """Fit parameters to targets, averaged over seeds on common random numbers.

    A first half of the points fills the ranges evenly; up to four waves add points where no target is further than three
    standard deviations off (tolerance, Monte Carlo error and what the emulator does not know), and fewer when the emulator
    hardly matters any more. Prior distributions are uniform over the ranges.

    Parameters
    ----------
    simulate : callable
        Of points (k, d) float64, in the order of `parameters`, and seeds (r,) uint64: outputs (k, r, t), in the order of
        `targets`. It may run them in any order and in parallel.
    parameters : name -> (low, high)
    targets : Target
    replicates : int, at least 2
        Seeds at every point: `seed`, `seed + 1` and so on.
    runs : int
        Most runs. The last two times `replicates` of them look at the fitted values, on the same seeds and on new ones.
    covariance : (t, t) float or "replicates", optional
        Of the observations, beside the tolerances: needed when targets are moments of one series, which err together.
        "replicates": that of single simulated runs at each point, which suits targets taken from one realisation
        (a synthetic likelihood, Wood 2010).
    sample : int
        Size of the posterior sample.

    Raises
    ------
    ValueError
        With what to give instead; also when `simulate` gives something that is not finite or of another shape.

    References
    ----------
    Craig, P. S., Goldstein, M., Seheult, A. H. and Smith, J. A. (1997), in Case Studies in Bayesian Statistics 3.
    Vernon, I., Goldstein, M. and Bower, R. G. (2010), Bayesian Analysis 5(4). Pukelsheim, F. (1994), The American
    Statistician 48(2). Wood, S. N. (2010), Nature 466. Cappe, O. et al. (2004), Journal of Computational and Graphical
    Statistics 13(4).
    """
    budget = check(parameters, targets, replicates, seed, runs, covariance, sample)
    low, width = _ranges(parameters)
    problem = _Problem(simulate, low, width, tuple(targets), tuple(parameters), covariance)
    seeds = np.arange(seed, seed + 2 * replicates, dtype=np.uint64)
    seeds, new_seeds = seeds[:replicates], seeds[replicates:]

    first = min(budget, max(fewest_points(len(parameters)), budget // 2))
    points = sobol(len(parameters), first, seed)
    outputs = problem.run(points, seeds)
    belief = _Belief.of(problem, points, outputs, seed)
    waves = [Wave(len(points), belief.share_not_ruled_out())]
    while len(points) < budget:
        more = min(budget - len(points), max(len(parameters) + 1, -(-(budget - first) // WAVES)))
        chosen = belief.next_points(more, seed + len(waves), sample)
        points = np.concatenate([points, chosen])
        outputs = np.concatenate([outputs, problem.run(chosen, seeds)])
        belief = _Belief.of(problem, points, outputs, seed)
        waves.append(Wave(len(points), belief.share_not_ruled_out()))
        if len(waves) > 2 and belief.emulator_share(seed, sample // 4) < KNOWN:
            break

    drawn, weights, log_likelihood = belief.posterior(seed, sample)
    mean = weights @ drawn
    covariance_01 = np.atleast_2d((drawn - mean).T @ (weights[:, None] * (drawn - mean)))
    sd = np.sqrt(np.diag(covariance_01))
    given_others = 1 / np.sqrt(np.diag(np.linalg.inv(covariance_01 + 1e-12 * np.eye(len(mean)))))
    fitted = (_rounded(low + width * mean, width * given_others, low, low + width) - low) / width
    at_mean = problem.run(fitted[None], seeds)
    best = belief.best_point()
    if belief.misfit(at_mean)[0] > belief.misfit(outputs[best][None])[0] + 2 * RULED_OUT:  # a bent ridge: off it
        fitted, at_mean = points[best], outputs[best][None]
    points, outputs = np.concatenate([points, fitted[None]]), np.concatenate([outputs, at_mean])
    fresh = problem.run(fitted[None], new_seeds)[0]

    agrees = points[int(np.argmin(belief.misfit(outputs)))]
    estimates = tuple(
        _estimate(name, low[k], width[k], fitted[k], drawn[:, k], weights, agrees[k])
        for k, name in enumerate(parameters)
    )
    fits = tuple(belief.fits(outputs[-1], fresh, fitted))
    return Calibration(
        estimates,
        fits,
        tuple(_ridges(estimates, covariance_01 * 12, mean, low, width)),
        _stability(belief, estimates, fits, fresh, fitted, seed, sample),
        tuple(waves),
        covariance_01 / np.outer(sd, sd),
        float(1 / (weights**2).sum()),
        seeds,
        new_seeds,
        low + width * points,
        outputs,
        fresh,
        low + width * drawn,
        weights,
        log_likelihood,
    )


def drawn_in(off: Array, reach: Array) -> Array:
    """Differences (k, t) from the targets, those beyond a reach (t,) on a logarithmic scale.

    How far a point far off is, matters no more; and a jump, as where a place tips, would make a Gaussian process rough all over.
    """
    return np.asarray(reach * np.arcsinh(off / reach))


@dataclass(frozen=True)
class _Problem:
    """The simulation on the unit cube, and what is known of the targets."""

    simulate: Simulate
    low: Array
    width: Array
    targets: tuple[Target, ...]
    names: tuple[str, ...]
    covariance: ArrayLike | Literal["replicates"] | None

    @property
    def observed(self) -> Array:
        """(t,)."""
        return np.array([target.observed for target in self.targets], dtype=float)

    @property
    def discrepancy(self) -> Array:
        """Covariance (t, t) of what model and observation may differ by, that of single runs aside."""
        tolerances = np.diag([float(target.tolerance) ** 2 for target in self.targets])
        if self.covariance is None or isinstance(self.covariance, str):
            return tolerances
        return tolerances + np.asarray(self.covariance, dtype=float)

    def run(self, points: Array, seeds: NDArray[np.uint64]) -> Array:
        """Outputs (k, r, t) at points (k, d) of the unit cube."""
        actual = self.low + self.width * points
        outputs = np.asarray(self.simulate(actual, seeds), dtype=float)
        wanted = (len(points), seeds.size, len(self.targets))
        if outputs.shape != wanted:
            raise ValueError(f"simulate gave the shape {outputs.shape}; (points, seeds, targets) = {wanted} is needed")
        for k, r, t in np.argwhere(~np.isfinite(outputs)):
            where = ", ".join(f"{name} = {value:.6g}" for name, value in zip(self.names, actual[k]))
            raise ValueError(
                f"simulate gave {outputs[k, r, t]} for {self.targets[t].name} at {where}, seed {seeds[r]}; "
                "mend it, or narrow the ranges"
            )
        return outputs


@dataclass(frozen=True)
class _Belief:
    """What the points simulated so far say about all others."""

    problem: _Problem
    points: Array
    outputs: Array
    emulator: Emulator
    spread: Spread
    reach: Array  # (t,) distance from each target beyond which outputs are drawn in
    replicates: int  # over which the means that the emulator knows were taken

    @classmethod
    def of(cls, problem: _Problem, points: Array, outputs: Array, seed: int) -> _Belief:
        """From outputs (k, r, t) at points (k, d)."""
        means = outputs.mean(axis=1)
        distance = (means - problem.observed) ** 2 / np.maximum(
            means.var(axis=0), np.diag(problem.discrepancy) + 1e-300
        )
        near = np.zeros(len(points), dtype=bool)
        near[np.argsort(distance.max(axis=1), kind="stable")[: max(5, len(points) // 4)]] = True
        spread = Spread.fit(points, outputs, near)
        blank = Emulator.fit(points, np.zeros_like(means))
        found = cls(problem, points, outputs, blank, spread, np.ones(means.shape[1]), outputs.shape[1])
        best = found.best_point()
        sd = np.sqrt(np.diag(found.variance(points[best][None])[0]))
        reach = np.maximum(FAR * sd, 3 * np.abs(means[best] - problem.observed))
        emulator = Emulator.fit(points, drawn_in(means - problem.observed, reach), seed=seed)
        return replace(found, emulator=emulator, reach=reach)

    def variance(self, points: Array) -> Array:
        """Covariance (n, t, t) of observation less mean over replicates, the emulator's aside."""
        single = self.spread.covariance(points)
        share = 1 / self.replicates + (self.problem.covariance == "replicates" if self._is_word else 0)
        return np.asarray(self.problem.discrepancy + share * single)

    @property
    def _is_word(self) -> bool:
        return isinstance(self.problem.covariance, str)

    def distances(self, points: Array) -> tuple[Array, Array, Array]:
        """Differences (n, t) from the targets, drawn in, their covariance (n, t, t), and the emulator's variance (n, t)."""
        off, unknown = self.emulator.predict(points)
        total = self.variance(points)
        t = np.arange(total.shape[1])
        total[:, t, t] += unknown
        return off, total, unknown

    def implausibility(self, points: Array) -> Array:
        """Of each point (n,): that of its worst target."""
        off, total, _ = self.distances(points)
        return np.asarray((np.abs(off) / np.sqrt(np.diagonal(total, axis1=1, axis2=2))).max(axis=1))

    def log_likelihood(self, points: Array) -> Array:
        """Of each point (n,), up to a constant."""
        off, total, _ = self.distances(points)
        return log_normal(off, total)

    def share_not_ruled_out(self) -> float:
        """Share of the ranges, by an even sample."""
        return float(np.mean(self.implausibility(sobol(self.points.shape[1], 2048, 1)) < RULED_OUT))

    def posterior(self, seed: int, size: int, temper: float = 1.0) -> tuple[Array, Array, Array]:
        """A weighted sample: points (n, d), weights (n,) and log likelihoods (n,)."""
        return weighted_sample(self.log_likelihood, self.points.shape[1], size, seed, temper)

    def emulator_share(self, seed: int, size: int) -> float:
        """Share of the variance that is due to the emulator, of the worst combination of targets, over the posterior."""
        drawn, weights, _ = self.posterior(seed, size)
        _, total, unknown = self.distances(drawn)
        part = np.linalg.solve(np.linalg.cholesky(total), np.sqrt(unknown)[:, :, None] * np.eye(unknown.shape[1]))
        return float(weights @ np.linalg.svd(part, compute_uv=False)[:, 0] ** 2)

    def next_points(self, n: int, seed: int, size: int) -> Array:
        """Points that are not ruled out, far from each other and from those simulated."""
        drawn, weights, _ = self.posterior(seed, size, temper=0.25)  # twice as wide as the posterior
        chosen = np.random.default_rng(seed).choice(len(drawn), min(2000, size), p=weights)
        candidates = np.unique(drawn[chosen], axis=0)
        plausible = candidates[self.implausibility(candidates) < RULED_OUT]
        candidates = plausible if len(plausible) >= 2 * n else candidates
        scale = np.maximum(candidates.std(axis=0), 1e-12)
        nearest = np.min(
            [(((candidates - point) / scale) ** 2).sum(axis=1) for point in self.points], axis=0
        )  # squared
        found = []
        for _ in range(n):
            k = int(np.argmax(nearest))
            found.append(candidates[k])
            nearest = np.minimum(nearest, (((candidates - candidates[k]) / scale) ** 2).sum(axis=1))
        return np.array(found)

    def misfit(self, outputs: Array) -> Array:
        """Squared distance (k,) of simulated means from the targets, in the covariance at the point that agrees best."""
        total = self.variance(self.points[self.best_point()][None])
        off = outputs.mean(axis=1) - self.problem.observed
        return np.asarray(np.einsum("kt,kt->k", off, np.linalg.solve(total[0], off.T).T))

    def best_point(self) -> int:
        """The simulated point that agrees best."""
        off = self.outputs.mean(axis=1) - self.problem.observed
        return int(np.argmax(log_normal(off, self.variance(self.points))))

    def fits(self, outputs: Array, fresh: Array, point: Array) -> list[Fit]:
        """Targets against outputs (r, t) at a point (d,)."""
        r, found = len(outputs), []
        allowed = np.diag(self.variance(point[None])[0] - self.spread.covariance(point[None])[0] / r)
        for k, target in enumerate(self.problem.targets):
            mean, sd = float(outputs[:, k].mean()), float(outputs[:, k].std(ddof=1))
            error, tolerance = sd / math.sqrt(r), math.sqrt(max(float(allowed[k]), 0.0))
            implausibility = abs(mean - target.observed) / math.hypot(error, tolerance)
            half = float(stdtrit(r - 1, 0.975)) * error
            found.append(
                Fit(
                    target.name,
                    target.observed,
                    tolerance,
                    mean,
                    mean - half,
                    mean + half,
                    sd,
                    implausibility,
                    implausibility <= MET,
                    float(fresh[:, k].mean()),
                )
            )
        return found

    def half(self, which: slice, seed: int) -> _Belief:
        """The belief from some of the seeds only."""
        outputs = self.outputs[:, which]
        off = drawn_in(outputs.mean(axis=1) - self.problem.observed, self.reach)
        emulator = Emulator.fit(self.points, off, seed=seed, like=self.emulator)
        return replace(self, outputs=outputs, emulator=emulator, replicates=outputs.shape[1])


def _rounded(values: Array, sd: Array, low: Array, high: Array) -> Array:
    """Values with digits down to a tenth of their standard deviations (given the others), within their ranges."""
    found = []
    for value, error in zip(values, sd):
        digits = math.ceil(-math.log10(max(error, 1e-12 * max(abs(value), 1e-300)) / 10))
        found.append(round(float(value), digits))
    return np.clip(found, low, high)


def _estimate(
    name: str, low: float, width: float, fitted: float, drawn: Array, weights: Array, best: float
) -> Estimate:
    mean = float(weights @ drawn)
    sd = math.sqrt(float(weights @ (drawn - mean) ** 2))
    order = np.argsort(drawn, kind="stable")
    below = np.cumsum(weights[order]) - weights[order] / 2
    inner, outer = (low + width * float(np.interp(p, below, drawn[order])) for p in (0.05, 0.95))
    contraction = sd * math.sqrt(12)
    return Estimate(
        name,
        float(f"{low + width * fitted:.12g}"),
        inner,
        outer,
        float(low),
        float(low + width),
        low + width * mean,
        width * sd,
        float(low + width * best),
        contraction,
        contraction < IDENTIFIED,
    )


def _ridges(estimates: Sequence[Estimate], standardised: Array, mean: Array, low: Array, width: Array) -> list[Ridge]:
    """Directions that are pinned down although a parameter in them is not; from the covariance (d, d) in prior sds."""
    sizes, directions = np.linalg.eigh(standardised)
    found = []
    for size, direction in zip(sizes, directions.T):
        named = [int(k) for k in np.flatnonzero(np.abs(direction) > LOADING)]
        is_open = [not estimates[k].is_identified for k in named]
        if math.sqrt(max(size, 0.0)) >= IDENTIFIED or len(named) < 2 or not any(is_open):
            continue
        raw = direction / width  # per unit of the parameter; a prior sd is width / sqrt(12)
        coefficients = {estimates[k].name: float(raw[k] / raw[named[0]]) for k in named}
        value = sum(raw[k] / raw[named[0]] * (low[k] + width[k] * mean[k]) for k in named)
        part = np.zeros(len(direction))
        part[named] = direction[named]
        sd = math.sqrt(max(float(part @ standardised @ part), 0.0) / 12) / abs(float(raw[named[0]]))
        found.append(Ridge(coefficients, float(value), sd))
    return found


def _stability(
    belief: _Belief,
    estimates: Sequence[Estimate],
    fits: Sequence[Fit],
    fresh: Array,
    fitted: Array,
    seed: int,
    size: int,
) -> Stability:
    """Both halves of the seeds on their own, and the targets on new seeds."""
    low, width = belief.problem.low, belief.problem.width
    middle = belief.replicates // 2
    means = []
    for which in (slice(0, middle), slice(middle, None)):
        drawn, weights, _ = belief.half(which, seed).posterior(seed, size)
        means.append(low + width * (weights @ drawn))
    halves = {one.name: (float(means[0][k]), float(means[1][k])) for k, one in enumerate(estimates)}
    moves = {one.name: max(abs(half - one.mean) for half in halves[one.name]) / one.sd for one in estimates}
    again = belief.fits(fresh, fresh, fitted)
    target_moves = {
        one.name: (one.on_new_seeds - one.simulated) / one.tolerance if one.tolerance else 0.0 for one in fits
    }
    still_met = all(new.is_met for one, new in zip(fits, again) if one.is_met)
    return Stability(halves, moves, target_moves, still_met and all(move <= STABLE for move in moves.values()))


def _ranges(parameters: Mapping[str, tuple[float, float]]) -> tuple[Array, Array]:
    """Lower ends and widths (d,)."""
    ends = np.array(list(parameters.values()), dtype=float)
    return ends[:, 0], ends[:, 1] - ends[:, 0]
