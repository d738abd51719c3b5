"""An emulator: what a slow stochastic simulation gives on average, and how far runs spread, as smooth functions of its
parameters."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

VAGUE = 100.0  # prior variance of a linear trend, of outputs scaled to variance 1
SMALLEST_SPREAD = 1e-3  # of the middle one: what a point at which all runs agree counts as


@dataclass(frozen=True)
class Emulator:
    """One Gaussian process for each target, fitted to means over the same seeds at every point.

    A process has a linear trend with a vague prior, a Matern 5/2 kernel with a length for each parameter, and white noise for
    what desynchronised luck leaves rough. Parameters are scaled to 0 to 1, outputs to mean 0 and variance 1.

    References
    ----------
    Rasmussen, C. E. and Williams, C. K. I. (2006), Gaussian Processes for Machine Learning, chapters 2 and 5.
    """

    points: Array  # (k, d), 0 to 1
    centre: Array  # (t,)
    scale: Array  # (t,), 0 where an output is the same everywhere
    processes: tuple[Any, ...]

    @classmethod
    def fit(cls, points: Array, means: Array, *, seed: int = 0, like: Emulator | None = None) -> Emulator:
        """Fit to the means (k, t) at points (k, d) of the unit cube; with the kernels of another one, if one is given."""
        centre, scale = means.mean(axis=0), means.std(axis=0)
        scale[scale <= 1e-12 * np.abs(means).max(axis=0)] = 0.0
        processes = []
        for k, (column, size) in enumerate(zip(means.T, scale)):
            known = like.processes[k] if like is not None else None
            processes.append(_process(points, (column - centre[k]) / size, known, seed) if size else None)
        return cls(points, centre, scale, tuple(processes))

    def predict(self, points: Array) -> tuple[Array, Array]:
        """Mean (n, t) of each target at points (n, d), and the variance (n, t) of the mean: what the emulator does not know."""
        mean = np.tile(self.centre, (len(points), 1))
        variance = np.zeros_like(mean)
        for k, process in enumerate(self.processes):
            if process is None:
                continue
            expected, sd = process.predict(points, return_std=True)
            mean[:, k] += self.scale[k] * expected
            noise = process.kernel_.get_params()["k2__noise_level"]  # part of the sd that sklearn gives
            variance[:, k] = self.scale[k] ** 2 * np.maximum(sd**2 - noise, 0.0)
        return mean, variance


@dataclass(frozen=True)
class Spread:
    """Covariance of single runs: log standard deviations quadratic in the parameters, correlations the same everywhere."""

    coefficients: Array  # (terms, t)
    has_spread: NDArray[np.bool_]  # (t,)
    correlation: Array  # (t, t)

    @classmethod
    def fit(cls, points: Array, outputs: Array, near: NDArray[np.bool_]) -> Spread:
        """Fit to outputs (k, r, t) at points (k, d) of the unit cube; correlations are those at the points that are near."""
        sd = outputs.std(axis=1, ddof=1)
        has_spread = sd.max(axis=0) > 1e-12 * np.abs(outputs).max(axis=(0, 1))
        logs = np.zeros_like(sd)
        for k in np.flatnonzero(has_spread):
            positive = sd[:, k][sd[:, k] > 0]
            logs[:, k] = np.log(np.maximum(sd[:, k], SMALLEST_SPREAD * np.median(positive)))
        terms, replicates = _quadratic(points), outputs.shape[1]
        noise = 0.5 / (replicates - 1)  # variance of the log of a standard deviation
        penalty = np.diag(
            [1e-9, *[noise / 4] * (terms.shape[1] - 1)]
        )  # prior sd 2 of every coefficient but the constant
        coefficients = np.linalg.solve(terms.T @ terms + penalty, terms.T @ logs)
        return cls(coefficients, has_spread, _correlation(outputs[near], sd[near]))

    def covariance(self, points: Array) -> Array:
        """Covariance (n, t, t) of single runs at points (n, d)."""
        sd = np.where(self.has_spread, np.exp(np.clip(_quadratic(points) @ self.coefficients, -300, 300)), 0.0)
        return np.asarray(sd[:, :, None] * self.correlation * sd[:, None, :])


def _process(points: Array, values: Array, known: Any, seed: int) -> Any:
    """A fitted process; with the kernel of a known one it is only conditioned anew."""
    from sklearn.exceptions import ConvergenceWarning  # takes a second to import
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Matern, WhiteKernel

    if known is not None:
        kernel, settings = known.kernel_, dict[str, Any](optimizer=None)
    else:
        trend = ConstantKernel(VAGUE, "fixed") * DotProduct(1.0, "fixed")
        rough = ConstantKernel(1.0, (1e-4, 1e2)) * Matern(np.ones(points.shape[1]), (0.05, 50.0), nu=2.5)
        kernel, settings = trend + rough + WhiteKernel(1e-3, (1e-8, 1.0)), dict[str, Any](n_restarts_optimizer=1)
    process = GaussianProcessRegressor(kernel, alpha=1e-8, random_state=seed % 2**32, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a length at its bound: the target does not depend on it
        return process.fit(points, values)


def _quadratic(points: Array) -> Array:
    """Constant, linear and quadratic terms (n, 1 + d + d (d + 1) / 2) of points in -1 to 1."""
    centred = 2 * points - 1
    first, second = np.triu_indices(points.shape[1])
    return np.column_stack([np.ones(len(points)), centred, centred[:, first] * centred[:, second]])


def _correlation(outputs: Array, sd: Array) -> Array:
    """Correlation (t, t) between targets over replicates, pooled over points; positive definite."""
    t = outputs.shape[2]
    scaled = (outputs - outputs.mean(axis=1, keepdims=True)) / np.where(sd > 0, sd, 1.0)[:, None, :]
    flat = scaled.reshape(-1, t)
    product = flat.T @ flat
    size = np.sqrt(np.diag(product))
    size[size == 0] = 1.0
    shrink = min((t / len(flat)) ** 2 + 1e-9, 0.5)  # towards no correlation, where there are few runs
    correlation = (1 - shrink) * product / np.outer(size, size)
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation)
