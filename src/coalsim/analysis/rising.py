"""Posterior of a rising logistic chance: where it passes one half, and over how wide a range it rises."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]
type Bools = NDArray[np.bool_]

LAPSE = 0.005  # chance that a run comes out against the curve, whatever the lever
CENTRES, WIDTHS = 161, 33  # points of the posterior's grid
PRIOR_CENTRE = (-0.5, 1.5)  # of the range that is searched: the threshold may lie outside
PRIOR_WIDTH = (5e-4, 0.5)  # logistic scale, share of the range; even in the logarithm
WIDE = 0.5  # power of the width in its prior density: adaptive runs make a curve look steeper than it is


class Posterior(NamedTuple):
    """Posterior of place and log width of the curve on a grid as fine as it must be; all in shares of the range."""

    centres: Array  # (c,)
    widths: Array  # (w,)
    logs: Array  # (c, w), log density up to a constant
    points: Array
    outcomes: Bools

    @classmethod
    def of(cls, points: Array, outcomes: Bools) -> Posterior:
        """From all runs, on a grid narrowed to where the posterior lies: a fixed one is too coarse for a sharp rise."""
        found = cls._on(np.linspace(*PRIOR_CENTRE, CENTRES), points, outcomes)
        for _ in range(12):
            inside, step = found.weights.sum(axis=1), found.centres[1] - found.centres[0]
            near = np.flatnonzero(inside > 1e-6)
            start = max(float(found.centres[near[0]] - 3 * step), PRIOR_CENTRE[0])
            stop = min(float(found.centres[near[-1]] + 3 * step), PRIOR_CENTRE[1])
            if stop - start > 0.7 * (found.centres[-1] - found.centres[0]):
                break
            found = cls._on(np.linspace(start, stop, CENTRES), points, outcomes)
        return found

    @classmethod
    def _on(cls, centres: Array, points: Array, outcomes: Bools) -> Posterior:
        widths = np.geomspace(*PRIOR_WIDTH, WIDTHS)
        logs = np.zeros((centres.size, widths.size)) + WIDE * np.log(widths)
        for first in range(0, points.size, 64):
            logs += _log_likelihood(points[first : first + 64], outcomes[first : first + 64], centres, widths)
        return cls(centres, widths, logs, points, outcomes)

    def with_runs(self, points: Array, outcomes: Bools) -> Posterior:
        """With more runs; the grid is laid anew when it has become too coarse or too narrow."""
        logs = self.logs + (_log_likelihood(points, outcomes, self.centres, self.widths) if points.size else 0.0)
        every = np.concatenate([self.points, points]), np.concatenate([self.outcomes, outcomes])
        found = Posterior(self.centres, self.widths, logs, *every)
        inside = found.weights.sum(axis=1)
        is_coarse = np.count_nonzero(inside > 1e-3 * inside.max()) < CENTRES // 4
        is_narrow = self.centres[-1] - self.centres[0] < np.ptp(PRIOR_CENTRE) and max(inside[0], inside[-1]) > 1e-5
        return Posterior.of(*every) if is_coarse or is_narrow else found

    @property
    def weights(self) -> Array:
        """(c, w), summing to 1."""
        density = np.exp(self.logs - self.logs.max())
        return np.asarray(density / density.sum())

    def quantiles(self, shares: list[float]) -> list[float]:
        """Quantiles of the threshold."""
        steps = np.concatenate([[0.0], np.cumsum(self.weights.sum(axis=1))])
        middles = (self.centres[1:] + self.centres[:-1]) / 2
        edges = np.concatenate([[self.centres[0]], middles, [self.centres[-1]]])
        return [float(np.interp(share, steps, edges)) for share in shares]

    @property
    def gain(self) -> float:
        """Log likelihood of the best curve less that of one chance everywhere."""
        best = float((self.logs - WIDE * np.log(self.widths)).max())
        n, yes = self.outcomes.size, int(self.outcomes.sum())
        return best - sum(k * math.log(k / n) for k in (yes, n - yes) if k)

    def median_width(self) -> float:
        """Median of the logistic scale."""
        steps = np.cumsum(self.weights.sum(axis=0))
        return float(np.exp(np.interp(0.5, steps, np.log(self.widths))))

    def beyond(self, u: float) -> float:
        """Chance that the threshold lies above u."""
        return float(self.weights.sum(axis=1)[self.centres > u].sum())

    def curve(self, u: Array, level: float) -> tuple[Array, Array, Array]:
        """Chance of tipping (m,) and its interval."""
        kept = np.flatnonzero(self.weights.ravel() > 1e-7)
        weights = self.weights.ravel()[kept] / self.weights.ravel()[kept].sum()
        c, w = np.unravel_index(kept, self.logs.shape)
        chances = chance_of(u[:, None], self.centres[c], self.widths[w])  # (m, kept)
        order = np.argsort(chances, axis=1)
        steps, values = np.cumsum(weights[order], axis=1), np.take_along_axis(chances, order, axis=1)
        low, high = (
            np.array([np.interp(share, row, those) for row, those in zip(steps, values)])
            for share in ((1 - level) / 2, (1 + level) / 2)
        )
        return chances @ weights, low, high


def chance_of(u: Array, centres: Array, widths: Array) -> Array:
    """Chance of tipping at u under curves with such centres and widths; broadcast."""
    z = np.clip((u - centres) / widths, -40, 40)
    return np.asarray(LAPSE + (1 - 2 * LAPSE) / (1 + np.exp(-z)))


def _log_likelihood(points: Array, outcomes: Bools, centres: Array, widths: Array) -> Array:
    """(c, w), of all these runs together."""
    p = chance_of(points[:, None, None], centres[None, :, None], widths[None, None, :])
    return np.asarray(np.log(np.where(outcomes[:, None, None], p, 1 - p)).sum(axis=0))
