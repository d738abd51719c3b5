"""Variance-based indices from search curves: the extended Fourier amplitude sensitivity test."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coalsim.analysis.sensitivity.design import Design, one_in_four
from coalsim.analysis.sensitivity.factors import Factors
from coalsim.analysis.sensitivity.method import Indices, Method, offer
from coalsim.analysis.sensitivity.sample import Sample

type Array = NDArray[np.float64]

HARMONICS = 4
CURVES = 4  # for each factor, with phases of their own: intervals come from how far they differ
MOST_MISSING = 0.2  # share of a curve's runs
FEWEST = 4 * HARMONICS**2 + 1  # points on a curve


@offer
class Fast(Method):
    """First-order and total indices from curves that move each factor at a frequency of its own.

    A curve is run with one luck, which makes no frequencies. Of one that lacks runs the waves are fitted to the others; one that
    lacks more than a fifth is left out.
    Intervals show how far curves differ and not what the few harmonics miss, some 0.01 to 0.02 of a curved function's variance.

    References
    ----------
    Saltelli, A., Tarantola, S. and Chan, K. (1999), Technometrics 41(1).
    """

    name = "fast"
    headline = "ST"
    default = 1024

    def fitting(self, factors: Factors, samples: int) -> int:
        """The next number of points that makes whole curves."""
        return CURVES * max(FEWEST, -(-samples // CURVES))

    def needs(self, factors: Factors) -> str:
        """In words."""
        return f"fast needs {CURVES} curves for each factor, of at least {FEWEST} points"

    def design(self, factors: Factors, samples: int, seed: int) -> Design:
        """Curve by curve, each of all factors in turn."""
        from SALib.sample import fast_sampler

        rng, n, d = np.random.default_rng(seed), samples // CURVES, len(factors.each)
        points = np.concatenate(
            [fast_sampler.sample(factors.problem(), n, M=HARMONICS, seed=rng) for _ in range(CURVES)]
        )
        again = one_in_four(len(points), seed)
        luck = np.repeat(2 * np.arange(CURVES * d), n)
        ends = tuple((k + 1) * n * d for k in range(1, CURVES))
        return Design(points, luck, ends, again, 2 * again + 1, np.arange(0))

    def indices(self, factors: Factors, sample: Sample, seed: int, level: float) -> Indices:
        """S1, ST, and half widths from how far curves differ."""
        from scipy.stats import t

        n = sample.design.ends[0] // (2 * len(factors.each))
        omega = (n - 1) // (2 * HARMONICS)
        curves = sample.mean.reshape(-1, len(factors.each), n)
        rows = []
        for k in range(len(factors.each)):
            usable = [y for y in curves[:, k] if np.isfinite(y).mean() >= 1 - MOST_MISSING and np.nanstd(y) > 0]
            if len(usable) < 2:
                rows.append([np.nan] * 4)
                continue
            shares = np.array([orders(y, omega) for y in usable])
            shares *= np.array([np.nanvar(y) for y in usable])[:, None] / sample.variance
            value = shares.mean(axis=0)
            half = t.ppf((1 + level) / 2, len(usable) - 1) * shares.std(axis=0, ddof=1) / len(usable) ** 0.5
            rows.append([value[0], half[0], value[1], half[1]])
        return Indices(pd.DataFrame(rows, index=list(factors.groups), columns=["S1", "S1_conf", "ST", "ST_conf"]))


def orders(y: Array, omega: int) -> tuple[float, float]:
    """Shares S1 and ST of the variance along a curve (n,), nan where a run is missing."""
    from SALib.analyze import fast

    known = np.isfinite(y)
    if known.all():
        first, total = fast.compute_orders(y, y.size, HARMONICS, omega)
        return float(first), float(total)
    low, own = np.arange(1, omega // 2 + 1), omega * np.arange(1, HARMONICS + 1)
    angles = 2 * np.pi / y.size * np.outer(np.flatnonzero(known), np.concatenate([low, own]))
    waves = np.column_stack([np.ones(known.sum()), np.cos(angles), np.sin(angles)])
    found = np.linalg.lstsq(waves, y[known], rcond=None)[0][1:].reshape(2, -1)
    power = (found**2).sum(axis=0) / 2 / y[known].var()
    return float(power[low.size :].sum()), float(1 - power[: low.size].sum())
