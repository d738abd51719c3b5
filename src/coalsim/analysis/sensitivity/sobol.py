"""Variance-based indices by Saltelli's design: first order, total and second order."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coalsim.analysis.sampling import sobol
from coalsim.analysis.sensitivity.design import Design, looks
from coalsim.analysis.sensitivity.factors import Factors
from coalsim.analysis.sensitivity.method import Indices, Method, half_width, offer
from coalsim.analysis.sensitivity.sample import RESAMPLES, Sample

type Array = NDArray[np.float64]

FEWEST = 8
PAIRED = (64, 128, 256, 512)  # points after which columns must go together well
WAVES: tuple[Callable[[Array], Array], ...] = (
    lambda u: u,
    lambda u: (2 * u - 1) ** 2,
    lambda u: np.sin(2 * np.pi * u),
    lambda u: np.cos(2 * np.pi * u),
)


class Saltelli(Method):
    """What both variants share: base points A and B, and points that take one group of factors from the other.

    Points that are compared meet the same luck: A and those made from A one, B and those made from B another. With independent
    luck in each run an inert factor would seem to matter as much as luck does. Where runs failed, an index leaves out the base
    points that it lacks a run of, and no more.

    References
    ----------
    Saltelli, A. et al. (2010), Computer Physics Communications 181(2), for the first-order and total estimators; Saltelli, A.
    (2002), Computer Physics Communications 145(2), for the second order. Estimators are SALib's; each is used both ways round,
    from A to B and from B to A, where the design has both.
    """

    headline = "ST"
    default = 1024
    takes_groups = True
    takes_categories = True
    has_pairs: ClassVar[bool]

    def fitting(self, factors: Factors, samples: int) -> int:
        """The next power of two."""
        return max(FEWEST, 1 << (samples - 1).bit_length())

    def needs(self, factors: Factors) -> str:
        """In words."""
        return f"{self.name} needs a power of two, at least {FEWEST}, since its points are even only then"

    def step(self, factors: Factors) -> int:
        """Runs for each base point."""
        return (2 if self.has_pairs else 1) * len(factors.groups) + 2

    def design(self, factors: Factors, samples: int, seed: int) -> Design:
        """Rows of a base point: A, A with each group from B, B with each group from A, B."""
        a, b = base_points(len(factors.each), samples, seed)
        rows = [a]
        for own, other in ((a, b), (b, a))[: 2 if self.has_pairs else 1]:
            for group in factors.groups:
                crossed = own.copy()
                crossed[:, factors.columns(group)] = other[:, factors.columns(group)]
                rows.append(crossed)
        rows.append(b)
        step, k = len(rows), len(factors.groups)
        base = np.arange(samples)
        luck = np.repeat(2 * base, step)
        luck[np.tile(np.arange(step) > k, samples)] += 1
        points = np.stack(rows, axis=1).reshape(samples * step, -1)
        apart = np.sort(np.concatenate([base * step, base * step + step - 1]))
        return Design(points, luck, looks(samples, step), base * step, 2 * base + 1, apart)

    def indices(self, factors: Factors, sample: Sample, seed: int, level: float) -> Indices:
        """S1, ST and their half widths; S2 where the design has pairs."""
        groups, step = factors.groups, self.step(factors)
        k, r = len(groups), sample.replicates
        centre = sample.mean[sample.defined].mean()
        y = (sample.outputs - centre).reshape(-1, step, r)
        a, b, ab = y[:, 0], y[:, -1], y[:, 1 : k + 1]
        ba = y[:, k + 1 : 2 * k + 1] if self.has_pairs else None
        rng = np.random.default_rng(seed)
        spread = sample.mean[sample.defined].var()
        without_luck = spread / sample.variance if sample.variance > 0 else np.nan
        rows = []
        for i in range(k):
            pairs = [(a, ab[:, i], b)] + ([(b, ba[:, i], a)] if ba is not None else [])
            first, first_half = resampled(_first, pairs, rng, level)
            total, total_half = resampled(_total, pairs, rng, level)
            rows.append(np.array([first, first_half, total, total_half]) * without_luck)
        table = pd.DataFrame(rows, index=list(groups), columns=["S1", "S1_conf", "ST", "ST_conf"])
        if ba is None:
            return Indices(table)
        second = {}
        for i, j in combinations(range(k), 2):
            runs = [(a, ab[:, i], ab[:, j], ba[:, i], b)]
            second[groups[i], groups[j]] = np.array(resampled(_second, runs, rng, level)) * without_luck
        index = pd.MultiIndex.from_tuples(list(second), names=["factor", "with"]) if second else None
        return Indices(table, pd.DataFrame(list(second.values()), index=index, columns=["S2", "S2_conf"]))


def base_points(d: int, samples: int, seed: int) -> tuple[Array, Array]:
    """Two sets of even points (samples, d) that go together well, factor by factor.

    Both are columns of one scrambled Sobol sequence. As a sequence of 2 d columns has them, some pairs of columns fill their
    square badly as long as there are few points: with 22 factors and 64 base points a total index was off by 0.7 in the usual
    order, whatever the scramble. So each factor's column of A gets that column of B with which it goes along least, over
    straight lines, bends and waves; longer sequences begin with the same points.
    """
    from scipy.optimize import linear_sum_assignment

    even = sobol(2 * d, max(samples, PAIRED[-1]), seed)
    a, b = even[:, :d], even[:, d:]
    worst = np.zeros((d, d))
    for n in PAIRED:
        for wave in WAVES:
            x, y = (wave(points[:n]) for points in (a, b))
            x, y = ((v - v.mean(axis=0)) / v.std(axis=0) for v in (x, y))
            worst = np.maximum(worst, np.abs(x.T @ y) / n * np.sqrt(n / PAIRED[0]))
    _, partner = linear_sum_assignment(worst**4)
    return a[:samples], b[:samples, partner]


@offer
class Sobol(Saltelli):
    """First-order, total and second-order indices from N (2 d + 2) runs."""

    name = "sobol"
    has_pairs = True


@offer
class SobolTotal(Saltelli):
    """First-order and total indices only, from N (d + 2) runs."""

    name = "sobol_total"
    has_pairs = False


def resampled(estimator, variants, rng, level):  # type: ignore[no-untyped-def]
    """An estimate, averaged over variants of the same runs, and its half width by the bootstrap over base points."""
    known = np.isfinite(np.stack([runs for variant in variants for runs in variant])).all(axis=(0, 2))
    kept = [[runs[known] for runs in variant] for variant in variants]
    n = int(known.sum())
    if n < 4:
        return np.nan, np.nan
    drawn = rng.integers(n, size=(n, RESAMPLES))
    everything = np.arange(n)[:, None]
    value, spread = (
        np.mean([estimator(*(runs[rows] for runs in variant)) for variant in kept], axis=0)
        for rows in (everything, drawn)
    )
    return float(value[0]), float(half_width(spread, level))


def _first(a: Array, ab: Array, b: Array) -> Array:
    """Of runs (n, resamples, replicates)."""
    from SALib.analyze import sobol as estimators

    return np.asarray(estimators.first_order(a.mean(axis=-1), ab.mean(axis=-1), b.mean(axis=-1)))


def _total(a: Array, ab: Array, b: Array) -> Array:
    """The same, less what luck adds to squared differences of means over a few replicates."""
    from SALib.analyze import sobol as estimators

    found = estimators.total_order(a.mean(axis=-1), ab.mean(axis=-1), b.mean(axis=-1))
    r = a.shape[-1]
    if r > 1:
        luck = (a - ab).var(axis=-1, ddof=1).mean(axis=0) / (2 * r)
        found = found - luck / np.concatenate([a, b]).mean(axis=-1).var(axis=0)
    return np.asarray(found)


def _second(a: Array, ab_i: Array, ab_j: Array, ba_i: Array, b: Array) -> Array:
    from SALib.analyze import sobol as estimators

    return np.asarray(estimators.second_order(*(runs.mean(axis=-1) for runs in (a, ab_i, ab_j, ba_i, b))))
