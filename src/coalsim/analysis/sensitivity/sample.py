"""What the runs of a design gave for one output: means over luck, and how much luck alone does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from coalsim.analysis.sensitivity.design import Design

type Array = NDArray[np.float64]

RESAMPLES = 200


@dataclass(frozen=True)
class Sample:
    """One output at the first n points of a design; nan where a run failed or the output is undefined.

    Variances are those of a single run where there are no replicates, and those of the mean over luck where there are; both are
    estimated without the luck that is left in means of a few replicates.
    """

    design: Design
    outputs: Array  # (n, replicates)
    again: Array  # (m,), of the rows that were run once more

    @property
    def n(self) -> int:
        """Points."""
        return len(self.outputs)

    @property
    def replicates(self) -> int:
        """Runs at each point."""
        return self.outputs.shape[1]

    @cached_property
    def mean(self) -> Array:
        """Over the runs at each point (n,); nan where one is missing, since means of fewer runs spread more."""
        return np.asarray(self.outputs.mean(axis=1))

    @cached_property
    def defined(self) -> NDArray[np.bool_]:
        """Points (n,) that have a mean."""
        return np.isfinite(self.mean)

    @property
    def is_constant(self) -> bool:
        """Whether all runs gave the same, but for the last bits."""
        known = self.outputs[np.isfinite(self.outputs)]
        return bool(known.size == 0 or np.ptp(known) <= 1e-12 * np.abs(known).max())

    @cached_property
    def _luck(self) -> tuple[Array, Array]:
        """Estimates (m,) of the variance that luck makes, one a point, and single outputs (n,)."""
        if self.replicates > 1:
            return self.outputs[self.defined].var(axis=1, ddof=1), self.outputs[self.defined].ravel()
        rows = self.design.again[: self.again.size]
        pairs = (self.outputs[rows, 0] - self.again) ** 2 / 2
        return pairs[np.isfinite(pairs)], self.outputs[self.defined, 0]

    @property
    def noise(self) -> float:
        """Variance of single runs at the same point, on average over points."""
        each, _ = self._luck
        return float(each.mean()) if each.size else float("nan")

    @property
    def variance(self) -> float:
        """What shares are of: the variance of single runs, or with replicates that of the mean over luck."""
        spread = float(self.mean[self.defined].var())
        return spread if self.replicates == 1 else spread - self.noise / self.replicates

    def noise_share(self, rng: np.random.Generator, level: float) -> tuple[float, float, float]:
        """Share of the variance of single runs that is luck, with a bootstrap interval over points."""
        each, _ = self._luck
        if each.size < 2 or self.is_constant:
            return float("nan"), float("nan"), float("nan")
        means, r = self.mean[self.defined], self.replicates

        def share(noise: Array, at: Array) -> Array:
            of_means = at.var(axis=-1)
            total = of_means if r == 1 else of_means + noise.mean(axis=-1) * (1 - 1 / r)
            return np.asarray(noise.mean(axis=-1) / np.where(total > 0, total, np.nan))

        drawn = share(
            each[rng.integers(each.size, size=(RESAMPLES, each.size))],
            means[rng.integers(means.size, size=(RESAMPLES, means.size))],
        )
        low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        return min(float(share(each, means)), 1.0), min(float(low), 1.0), min(float(high), 1.0)
