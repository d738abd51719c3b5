"""Samples of the unit cube: even ones, and weighted ones that follow a density by population Monte Carlo."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def weighted_sample(
    log_likelihood: Callable[[Array], Array], d: int, size: int, seed: int, temper: float
) -> tuple[Array, Array, Array]:
    """A weighted sample of a density on the unit cube, by population Monte Carlo: from even points to heavy-tailed proposals
    that follow the weighted sample, until its effective size grows no more."""
    points = sobol(d, size, seed)
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


def log_normal(off: Array, covariance: Array) -> Array:
    """Log density (n,) of differences (n, t) with covariances (n, t, t), up to a constant."""
    root = np.linalg.cholesky(covariance)
    scaled = np.linalg.solve(root, off[:, :, None])[:, :, 0]
    return np.asarray(-0.5 * (scaled**2).sum(axis=1) - np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1))


def sobol(d: int, n: int, seed: int) -> Array:
    """The first n points (n, d) of a scrambled Sobol sequence."""
    from scipy.stats import qmc  # takes seconds to import

    return np.asarray(qmc.Sobol(d, rng=np.random.default_rng(seed)).random_base2(math.ceil(math.log2(max(n, 2))))[:n])
