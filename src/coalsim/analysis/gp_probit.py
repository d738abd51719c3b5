"""A Gaussian process for the chance of a binary outcome, fitted by expectation propagation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from scipy.special import log_ndtr, ndtr, ndtri

type Array = NDArray[np.float64]

AMPLITUDE, LENGTH, SPREAD = 6.0, 0.35, 0.5  # prior medians, and standard deviation of their logarithms
LINEAR = 6.0  # standard deviation of the slopes of a linear trend over the unit cube
JITTER = 1e-6
SWEEPS, DAMPING, CLOSE = 100, 0.9, 1e-4


class Kernel(NamedTuple):
    """Squared exponential with a length for each lever, plus a constant and a linear trend."""

    amplitude: float
    lengths: tuple[float, ...]

    @classmethod
    def default(cls, d: int) -> Kernel:
        """The prior medians."""
        return cls(AMPLITUDE, (LENGTH,) * d)

    def __call__(self, a: Array, b: Array) -> Array:
        """Prior covariance (n, m) of the latent values at points of the unit cube."""
        a, b = a - 0.5, b - 0.5
        apart = cdist(a / self.lengths, b / self.lengths, "sqeuclidean")
        return np.asarray(self.amplitude**2 * np.exp(-0.5 * apart) + LINEAR**2 * (0.25 + a @ b.T))

    def diagonal(self, points: Array) -> Array:
        """Prior variance at points (n, d)."""
        return np.asarray(self.amplitude**2 + LINEAR**2 * (0.25 + ((points - 0.5) ** 2).sum(axis=1)))

    @property
    def logs(self) -> Array:
        """Logarithms of amplitude and lengths."""
        return np.log([self.amplitude, *self.lengths])

    @property
    def log_prior(self) -> float:
        """Log density of the hyper-parameters, up to a constant."""
        medians = np.log([AMPLITUDE, *[LENGTH] * len(self.lengths)])
        return float(-0.5 * (((self.logs - medians) / SPREAD) ** 2).sum())


@dataclass(frozen=True)
class GPProbit:
    """The chance of an outcome as ndtr(f(x)), f a Gaussian process; sites approximate the likelihood of each run.

    Laplace's approximation is of no use for choosing runs: where outcomes are sure it keeps the prior's variance, so that the
    search goes there. Expectation propagation does not.

    References
    ----------
    Kuss, M. and Rasmussen, C. E. (2005), JMLR 6; Nickisch, H. and Rasmussen, C. E. (2008), JMLR 9; Rasmussen, C. E. and Williams,
    C. K. I. (2006), Gaussian Processes for Machine Learning, section 3.6.
    """

    kernel: Kernel
    points: Array  # (n, d), 0 to 1
    precision: Array  # (n,) of the sites
    shift: Array  # (n,) of the sites, precision times mean
    factor: Array  # (n, n), lower Cholesky factor of 1 + s K s
    weights: Array  # (n,)
    log_evidence: float

    @classmethod
    def fit(cls, points: Array, outcomes: NDArray[np.bool_], kernel: Kernel, like: GPProbit | None = None) -> Self:
        """Expectation propagation, all sites at a time; begun from the sites of a fit to the first of the same runs."""
        n = len(points)
        sign = np.where(outcomes, 1.0, -1.0)
        covariance = kernel(points, points) + JITTER * np.eye(n)
        precision, shift = np.full(n, 0.1), 0.1 * sign
        if like is not None:
            known = min(n, len(like.precision))
            precision[:known], shift[:known] = like.precision[:known], like.shift[:known]
        for _ in range(SWEEPS):
            mean, variance, _ = _posterior(covariance, precision, shift)
            moments = _moments(mean, variance, precision, shift, sign)
            changes = [DAMPING * (new - old) for new, old in zip(moments, (precision, shift))]
            precision, shift = precision + changes[0], shift + changes[1]
            if max(np.abs(change).max() for change in changes) < CLOSE:
                break
        mean, variance, factor = _posterior(covariance, precision, shift)
        root = np.sqrt(precision)
        weights = shift - root * cho_solve((factor, True), root * (covariance @ shift))
        evidence = _evidence(mean, variance, precision, shift, sign, factor)
        return cls(kernel, points, precision, shift, factor, weights, evidence)

    @classmethod
    def learn(cls, points: Array, outcomes: NDArray[np.bool_], like: GPProbit | None = None) -> Self:
        """With the amplitude and lengths that evidence and prior make most likely."""
        start = (like.kernel if like is not None else Kernel.default(points.shape[1])).logs
        known: list[GPProbit | None] = [like]

        def lost(logs: Array) -> float:
            logs = np.clip(logs, -4, 4)
            kernel = Kernel(math.exp(logs[0]), tuple(np.exp(logs[1:])))
            fitted = cls.fit(points, outcomes, kernel, known[0])
            known[0] = fitted
            return -(fitted.log_evidence + kernel.log_prior)

        found = minimize(
            lost, start, method="Nelder-Mead", options={"maxfev": 30 + 10 * len(start), "xatol": 0.05, "fatol": 0.05}
        )
        logs = np.clip(found.x, -4, 4)
        return cls.fit(points, outcomes, Kernel(math.exp(logs[0]), tuple(np.exp(logs[1:]))), known[0])

    def latent(self, points: Array) -> tuple[Array, Array]:
        """Mean (m,) and variance of the latent value at points (m, d) of the unit cube."""
        between = self.kernel(points, self.points)
        variance = self.kernel.diagonal(points) - (self._spread(between) ** 2).sum(axis=0)
        return between @ self.weights, np.maximum(variance, 1e-12)

    def covariance(self, points: Array, others: Array) -> Array:
        """Posterior covariance (m, k) of the latent values at points (m, d) and others (k, d)."""
        known, also = (self._spread(self.kernel(some, self.points)) for some in (points, others))
        return self.kernel(points, others) - known.T @ also

    def _spread(self, between: Array) -> Array:
        """What the runs tell about points (n, m), from their prior covariance (m, n) with the runs."""
        return np.asarray(solve_triangular(self.factor, np.sqrt(self.precision)[:, None] * between.T, lower=True))

    def probability(self, points: Array) -> Array:
        """Chance of the outcome (m,), averaged over what is not known of the latent value."""
        mean, variance = self.latent(points)
        return np.asarray(ndtr(mean / np.sqrt(1 + variance)))

    def band(self, points: Array, level: float) -> tuple[Array, Array]:
        """Interval of the chance (m,) at a level."""
        mean, variance = self.latent(points)
        reach = ndtri((1 + level) / 2) * np.sqrt(variance)
        return ndtr(mean - reach), ndtr(mean + reach)


class _Sites(NamedTuple):
    precision: Array
    shift: Array


def _posterior(covariance: Array, precision: Array, shift: Array) -> tuple[Array, Array, Array]:
    """Mean and variance of the latent values at the runs, and the factor of 1 + s K s."""
    root = np.sqrt(precision)
    factor = cholesky(np.eye(len(root)) + root[:, None] * covariance * root[None, :], lower=True)
    spread = solve_triangular(factor, root[:, None] * covariance, lower=True)
    variance = np.diag(covariance) - (spread**2).sum(axis=0)
    mean = covariance @ shift - spread.T @ (spread @ shift)
    return mean, np.maximum(variance, 1e-12), factor


def _cavity(mean: Array, variance: Array, precision: Array, shift: Array) -> tuple[Array, Array]:
    """Mean and variance without the run's own site."""
    left = np.maximum(1 / variance - precision, 1e-10)
    return (mean / variance - shift) / left, 1 / left


def _moments(mean: Array, variance: Array, precision: Array, shift: Array, sign: Array) -> _Sites:
    """The sites that match the moments of the exact likelihood."""
    centre, width = _cavity(mean, variance, precision, shift)
    root = np.sqrt(1 + width)
    z = sign * centre / root
    ratio = np.exp(-0.5 * z**2 - 0.5 * math.log(2 * math.pi) - log_ndtr(z))
    matched = centre + sign * width * ratio / root
    narrowed = np.maximum(width - width**2 * ratio / (1 + width) * (z + ratio), 1e-12)
    new = np.maximum(1 / narrowed - 1 / width, 1e-10)
    return _Sites(new, matched / narrowed - centre / width)


def _evidence(mean: Array, variance: Array, precision: Array, shift: Array, sign: Array, factor: Array) -> float:
    """Log evidence; each run's exact likelihood under its cavity, and the sites' normalisation."""
    centre, width = _cavity(mean, variance, precision, shift)
    exact = log_ndtr(sign * centre / np.sqrt(1 + width)).sum()
    sites = 0.5 * np.log1p(precision * width).sum() - np.log(np.diag(factor)).sum()
    # 1/2 shift' (Sigma - (T + S)^-1) shift + 1/2 mu' T (S + T)^-1 (S mu - 2 shift), T the cavities' precision, S the sites'
    both = 1 / width + precision
    quadratic = 0.5 * (shift @ mean - (shift**2 / both).sum())
    crossed = 0.5 * (centre / width / both * (precision * centre - 2 * shift)).sum()
    return float(exact + sites + quadratic + crossed)
