"""Calibration: which parameter values agree with targets, how surely, and which the targets leave open.

Every point of parameter space is simulated with the same seeds (common random numbers), so that means move smoothly with the
parameters and few runs teach an emulator. Waves of history matching spend the runs where the targets do not rule the
parameters out; the posterior is then taken on the emulator.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from coalsim.analysis.emulator import Emulator, Spread

if TYPE_CHECKING:
    import pandas as pd

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


@dataclass(frozen=True, slots=True)
class Target:
    """What the mean of a simulated figure should be.

    Attributes
    ----------
    name : str
    observed : float
    tolerance : float
        Standard deviation of what model and observation may differ by, in the unit of the figure.
    """

    name: str
    observed: float
    tolerance: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the targets say of a parameter.

    Attributes
    ----------
    value : float
        The fitted value, with as many digits as it is known to.
    low, high : float
        5% and 95% of the posterior, as are `mean` and `sd` its mean and standard deviation.
    prior_low, prior_high : float
        The range it was looked for in; the prior is uniform.
    best : float
        Its value at the simulated point that agrees best.
    contraction : float
        Posterior over prior standard deviation: 1 where the targets say nothing, 0 where they say all.
    is_identified : bool
        Whether `contraction` is below 0.5.
    """

    name: str
    value: float
    low: float
    high: float
    prior_low: float
    prior_high: float
    mean: float
    sd: float
    best: float
    contraction: float
    is_identified: bool


@dataclass(frozen=True, slots=True)
class Fit:
    """A target and the simulation at the fitted values.

    Attributes
    ----------
    simulated, low, high : float
        Mean over the replicates and its 95% interval (Student's t).
    sd : float
        Between single runs.
    tolerance : float
        With the observation's own variance, where a covariance was given.
    implausibility : float
        Distance in standard deviations: tolerance and Monte Carlo error together.
    is_met : bool
        Whether that is at most 2.
    on_new_seeds : float
        The mean over as many seeds that the fit has not seen.
    """

    name: str
    observed: float
    tolerance: float
    simulated: float
    low: float
    high: float
    sd: float
    implausibility: float
    is_met: bool
    on_new_seeds: float


@dataclass(frozen=True, slots=True)
class Ridge:
    """Parameters that trade off: only a combination of them, x1 + c2 x2 + ..., is pinned down.

    Attributes
    ----------
    coefficients : parameter -> c, the first of them 1
    value, sd : float
        Posterior mean and standard deviation of the combination, in the unit of its first parameter.
    """

    coefficients: Mapping[str, float]
    value: float
    sd: float

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters."""
        return tuple(self.coefficients)

    @property
    def combination(self) -> str:
        """`h + 0.72 J`."""
        (first, _), *rest = self.coefficients.items()
        return first + "".join(f" {'-' if c < 0 else '+'} {abs(c):.3g} {name}" for name, c in rest)

    def __str__(self) -> str:
        return (
            f"{', '.join(self.names[:-1])} and {self.names[-1]} trade off: only {self.combination} = {self.value:.4g} "
            f"(standard deviation {self.sd:.2g}) is pinned down"
        )


@dataclass(frozen=True, slots=True)
class Stability:
    """How far the fit moves with the seeds.

    Attributes
    ----------
    halves : parameter -> posterior means from the first and the second half of the seeds
    moves : parameter -> the larger distance of these from the posterior mean of all, in posterior standard deviations
    target_moves : target -> mean on new seeds less mean on those of the fit, in its tolerance
    is_stable : bool
        Whether no parameter moves by more than 2 and every target that is met is met on new seeds, too.
    """

    halves: Mapping[str, tuple[float, float]]
    moves: Mapping[str, float]
    target_moves: Mapping[str, float]
    is_stable: bool


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave: points simulated until then, and the share of the parameters' ranges not ruled out by them."""

    points: int
    not_ruled_out: float


@dataclass(frozen=True, eq=False)
class Calibration:
    """What a calibration found.

    Attributes
    ----------
    parameters, targets, ridges, stability, waves : the findings
    correlations : (d, d) float
        Of the posterior.
    effective_size : float
        Independent draws that the posterior sample is worth.
    seeds, new_seeds : (r,) uint64
        Of the fit, and those on which it was looked at again.
    points : (k, d) float
        Simulated points, in order; the last is that of the fitted values.
    outputs : (k, r, t) float
        What every run gave.
    sample, weights, log_likelihood : (n, d), (n,) and (n,) float
        The posterior: points and their weights, which add up to 1.
    """

    parameters: tuple[Estimate, ...]
    targets: tuple[Fit, ...]
    ridges: tuple[Ridge, ...]
    stability: Stability
    waves: tuple[Wave, ...]
    correlations: Array
    effective_size: float
    seeds: NDArray[np.uint64]
    new_seeds: NDArray[np.uint64]
    points: Array
    outputs: Array
    on_new_seeds: Array = field(repr=False)
    sample: Array = field(repr=False)
    weights: Array = field(repr=False)
    log_likelihood: Array = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters."""
        return tuple(one.name for one in self.parameters)

    @property
    def values(self) -> dict[str, float]:
        """The fitted values."""
        return {one.name: one.value for one in self.parameters}

    @property
    def runs(self) -> int:
        """Simulation runs, those on new seeds included."""
        return (len(self.points) + 1) * self.seeds.size

    @property
    def is_met(self) -> bool:
        """Whether every target is met."""
        return all(target.is_met for target in self.targets)

    def table(self) -> pd.DataFrame:
        """A row for each parameter."""
        return _table(self.parameters, "parameter")

    def fit(self) -> pd.DataFrame:
        """A row for each target."""
        return _table(self.targets, "target")

    def profile(self, name: str, bins: int = 40) -> pd.DataFrame:
        """A parameter's posterior and its profile, over the part of its range that holds the posterior.

        Returns
        -------
        DataFrame with `value`, `density` (of the posterior, relative to the uniform prior) and `likelihood` (the largest over
        all other parameters, relative to the largest of all; nan where no point of the sample lies)
        """
        import pandas as pd

        k = self.names.index(name)
        one, values = self.parameters[k], self.sample[:, k]
        low, high = max(one.prior_low, one.mean - 4 * one.sd), min(one.prior_high, one.mean + 4 * one.sd)
        edges = np.linspace(low, high, bins + 1)
        where = np.clip(np.digitize(values, edges) - 1, -1, bins)
        density, likelihood = np.zeros(bins), np.full(bins, np.nan)
        top = self.log_likelihood.max()
        for b in range(bins):
            inside = where == b
            if inside.any():
                density[b] = self.weights[inside].sum() * (one.prior_high - one.prior_low) / (edges[1] - edges[0])
                likelihood[b] = math.exp(self.log_likelihood[inside].max() - top)
        return pd.DataFrame(
            {"value": (edges[:-1] + edges[1:]) / 2, "density": density, "likelihood": likelihood}
        )  # fmt: skip

    def __repr__(self) -> str:
        open_ = [one.name for one in self.parameters if not one.is_identified]
        unmet = [one.name for one in self.targets if not one.is_met]
        fitted = ", ".join(f"{name} = {value:.6g}" for name, value in self.values.items())
        return (
            f"<Calibration: {fitted}; not pinned down: {', '.join(open_) or 'none'}; "
            f"targets missed: {', '.join(unmet) or 'none'}; {self.runs} runs>"
        )


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
    budget = _check(parameters, targets, replicates, seed, runs, covariance, sample)
    low, width = _ranges(parameters)
    problem = _Problem(simulate, low, width, tuple(targets), tuple(parameters), covariance)
    seeds = np.arange(seed, seed + 2 * replicates, dtype=np.uint64)
    seeds, new_seeds = seeds[:replicates], seeds[replicates:]

    first = min(budget, max(fewest_points(len(parameters)), budget // 2))
    points = _sobol(len(parameters), first, seed)
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


def fewest_points(parameters: int) -> int:
    """Points that an emulator of so many parameters begins with."""
    return 4 + 4 * parameters


def fewest_runs(parameters: int, replicates: int) -> int:
    """The smallest budget: the first points, and the fitted values on the same seeds and on new ones."""
    return (fewest_points(parameters) + 2) * replicates


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
        return _log_normal(off, total)

    def share_not_ruled_out(self) -> float:
        """Share of the ranges, by an even sample."""
        return float(np.mean(self.implausibility(_sobol(self.points.shape[1], 2048, 1)) < RULED_OUT))

    def posterior(self, seed: int, size: int, temper: float = 1.0) -> tuple[Array, Array, Array]:
        """A weighted sample: points (n, d), weights (n,) and log likelihoods (n,)."""
        return _sample(self.log_likelihood, self.points.shape[1], size, seed, temper)

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
        return int(np.argmax(_log_normal(off, self.variance(self.points))))

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


def _sample(
    log_likelihood: Callable[[Array], Array], d: int, size: int, seed: int, temper: float
) -> tuple[Array, Array, Array]:
    """A weighted sample of a density on the unit cube, by population Monte Carlo: from even points to heavy-tailed proposals
    that follow the weighted sample, until its effective size grows no more."""
    points = _sobol(d, size, seed)
    log = temper * log_likelihood(points)
    target, weights = log, _weights(log)
    best = (points, weights, target, 1 / (weights**2).sum())
    for k in range(1, 9):
        soft = _softened(log)
        mean = soft @ points
        spread = 2.0 * (points - mean).T @ (soft[:, None] * (points - mean)) + 1e-12 * np.eye(d)
        points, log_proposal = _student(mean, spread, size, seed + k)
        target = temper * log_likelihood(points)
        log = target - log_proposal
        weights = _weights(log)
        effective = 1 / (weights**2).sum()
        is_enough = effective > 0.4 * size
        if effective > best[3]:
            best = (points, weights, target, effective)
        if is_enough:
            break
    points, weights, target, _ = best
    return points, weights, target / temper


def _student(mean: Array, spread: Array, size: int, seed: int) -> tuple[Array, Array]:
    """Points of a multivariate t with 5 degrees of freedom that lie in the unit cube, and their log density."""
    from scipy.stats import qmc
    from scipy.stats.distributions import chi2, norm

    d, freedom = mean.size, 5
    root = np.linalg.cholesky(spread)
    engine = qmc.Sobol(d + 1, rng=np.random.default_rng(seed))
    found: list[Array] = []
    n = 0
    while n < size:
        even = np.clip(engine.random(2 ** math.ceil(math.log2(size))), 1e-9, 1 - 1e-9)
        steps = norm.ppf(even[:, :d]) / np.sqrt(chi2.ppf(even[:, d:], freedom) / freedom)
        drawn = mean + steps @ root.T
        drawn = drawn[((drawn >= 0) & (drawn <= 1)).all(axis=1)]
        found.append(drawn)
        n += len(drawn)
    points = np.concatenate(found)[:size]
    scaled = np.linalg.solve(root, (points - mean).T)
    return points, -(freedom + d) / 2 * np.log1p((scaled**2).sum(axis=0) / freedom)


def _softened(log: Array) -> Array:
    """Weights, flattened until they are worth at least a few dozen draws."""
    enough, power = min(50.0, log.size / 4), 1.0
    while 1 / (_weights(power * log) ** 2).sum() < enough and power > 1e-6:
        power /= 2
    return _weights(power * log)


def _weights(log: Array) -> Array:
    """Weights that add up to 1 from logs."""
    weights = np.exp(log - log.max())
    return np.asarray(weights / weights.sum())


def _log_normal(off: Array, covariance: Array) -> Array:
    """Log density (n,) of differences (n, t) with covariances (n, t, t), up to a constant."""
    root = np.linalg.cholesky(covariance)
    scaled = np.linalg.solve(root, off[:, :, None])[:, :, 0]
    return np.asarray(-0.5 * (scaled**2).sum(axis=1) - np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1))


def _sobol(d: int, n: int, seed: int) -> Array:
    """The first n points (n, d) of a scrambled Sobol sequence."""
    from scipy.stats import qmc  # takes seconds to import

    return np.asarray(qmc.Sobol(d, rng=np.random.default_rng(seed)).random_base2(math.ceil(math.log2(max(n, 2))))[:n])


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


def _table(rows: Sequence[Estimate] | Sequence[Fit], index: str) -> pd.DataFrame:
    import pandas as pd

    fields = list(rows[0].__dataclass_fields__)
    columns = {name: [getattr(row, name) for row in rows] for name in fields}
    return pd.DataFrame(columns).rename(columns={"name": index}).set_index(index)


def _check(
    parameters: Mapping[str, tuple[float, float]],
    targets: Sequence[Target],
    replicates: int,
    seed: int,
    runs: int,
    covariance: ArrayLike | str | None,
    sample: int,
) -> int:
    """Refuse what cannot be calibrated; returns how many points the runs are enough for before the last look."""
    if not parameters:
        raise ValueError("parameters is empty: give at least one, name: (low, high)")
    for name, (low, high) in parameters.items():
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"parameter {name}: {low:.12g} to {high:.12g} is no range; give low below high")
    if not targets:
        raise ValueError("targets is empty: give at least one")
    if len({target.name for target in targets}) < len(targets):
        twice = next(a.name for a, b in pairwise(sorted(targets, key=lambda one: one.name)) if a.name == b.name)
        raise ValueError(f"target {twice} is given twice")
    for target in targets:
        if not math.isfinite(target.observed):
            raise ValueError(f"target {target.name}: {target.observed} is not a finite number")
        enough = target.tolerance >= 0 if covariance is not None else target.tolerance > 0
        if not (math.isfinite(target.tolerance) and enough):
            raise ValueError(
                f"target {target.name}: tolerance {target.tolerance:.12g}; give the standard deviation of what model and "
                "observation may differ by, above 0"
            )
    if replicates < 2:
        raise ValueError(f"replicates {replicates}: give at least 2, since the Monte Carlo error needs two runs")
    if not 0 <= seed <= 2**64 - 2 * replicates:
        raise ValueError(f"seed {seed}: give a whole number from 0 to {2**64 - 2 * replicates}")
    if sample < 256:
        raise ValueError(f"sample {sample}: give at least 256")
    least = fewest_runs(len(parameters), replicates)
    if runs < least:
        raise ValueError(
            f"runs {runs}: with {replicates} replicates and {len(parameters)} parameters give at least {least}"
        )
    _check_covariance(covariance, len(targets))
    return runs // replicates - 2


def _check_covariance(covariance: ArrayLike | str | None, t: int) -> None:
    if covariance is None or (isinstance(covariance, str) and covariance == "replicates"):
        return
    if isinstance(covariance, str):
        raise ValueError(f"covariance {covariance!r}: give 'replicates', or a matrix")
    matrix = np.asarray(covariance, dtype=float)
    if matrix.shape != (t, t):
        raise ValueError(f"covariance has the shape {matrix.shape}; (targets, targets) = {(t, t)} is needed")
    if not (np.isfinite(matrix).all() and np.allclose(matrix, matrix.T)):
        raise ValueError("covariance is not a symmetric matrix of finite numbers")
    if np.linalg.eigvalsh(matrix)[0] < -1e-12 * np.abs(matrix).max():
        raise ValueError("covariance has a negative eigenvalue: no set of targets can vary so")
