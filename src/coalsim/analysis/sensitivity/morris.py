"""Screening by elementary effects: which factors matter at all, from few runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coalsim.analysis.sensitivity.design import Design, looks
from coalsim.analysis.sensitivity.factors import Factors
from coalsim.analysis.sensitivity.method import Indices, Method, half_width, offer
from coalsim.analysis.sensitivity.sample import RESAMPLES, Sample

type Array = NDArray[np.float64]

LEVELS = 4
FEWEST, FIRST_LOOK = 4, 8
INNER = 0.01  # where the grid's ends lie on factors without ends, as a quantile


@offer
class Morris(Method):
    """Elementary effects: how much the output changes when one factor, or group, moves by two thirds of its range.

    Effects are per full range, in the output's unit: `mu` their mean, `mu_star` that of their sizes, `sigma` their standard
    deviation, which shows interactions and curves. A trajectory is run with one luck. Where a run failed, the two effects that
    lack it are left out, and the rest of the trajectory stays. Groups have no direction and so neither `mu` nor `sigma`.

    References
    ----------
    Morris, M. (1991), Technometrics 33(2); Campolongo, F. et al. (2007), Environmental Modelling & Software 22(10).
    """

    name = "morris"
    headline = "mu_star"
    default = 32
    takes_groups = True

    def fitting(self, factors: Factors, samples: int) -> int:
        """At least a few trajectories."""
        return max(samples, FEWEST)

    def needs(self, factors: Factors) -> str:
        """In words."""
        return f"morris needs at least {FEWEST} trajectories"

    def design(self, factors: Factors, samples: int, seed: int) -> Design:
        """Trajectories, each moving every group once."""
        from SALib.sample import morris

        points = morris.sample(factors.problem(), samples, num_levels=LEVELS, seed=np.random.default_rng(seed))
        for k, factor in enumerate(factors.each):
            if factor.is_endless:
                points[:, k] = INNER + (1 - 2 * INNER) * points[:, k]
        step = len(factors.groups) + 1
        each = np.arange(samples)
        luck, ends = np.repeat(2 * each, step), looks(samples, step, FIRST_LOOK)
        return Design(points, luck, ends, each * step, 2 * each + 1, np.arange(0))

    def indices(self, factors: Factors, sample: Sample, seed: int, level: float) -> Indices:
        """mu, mu_star, its half width by the bootstrap over trajectories, and sigma."""
        groups = factors.groups
        effects = self.effects(factors, sample)
        rng = np.random.default_rng(seed)
        rows = []
        for k, group in enumerate(groups):
            known = effects[np.isfinite(effects[:, k]), k]
            if known.size < 2:
                rows.append([np.nan] * 4)
                continue
            sizes = np.abs(known)
            drawn = sizes[rng.integers(known.size, size=(RESAMPLES, known.size))].mean(axis=1)
            is_one = len(factors.columns(group)) == 1
            mu, sigma = (known.mean(), known.std(ddof=1)) if is_one else (np.nan, np.nan)
            rows.append([mu, sizes.mean(), float(half_width(drawn, level)), sigma])
        return Indices(pd.DataFrame(rows, index=list(groups), columns=["mu", "mu_star", "mu_star_conf", "sigma"]))

    def effects(self, factors: Factors, sample: Sample) -> Array:
        """Effects (trajectories, groups) per full range, nan where a run is missing."""
        groups, step = factors.groups, len(factors.groups) + 1
        points = sample.design.points[: sample.n].reshape(-1, step, len(factors.each))
        moves, changes = np.diff(points, axis=1), np.diff(sample.mean.reshape(-1, step), axis=1)
        found = np.full((len(points), len(groups)), np.nan)
        for k, group in enumerate(groups):
            own = moves[:, :, factors.columns(group)]
            at = np.abs(own).sum(axis=2).argmax(axis=1)  # which step moves it
            trajectory = np.arange(len(points))
            moved = own[trajectory, at]
            found[:, k] = changes[trajectory, at] / (np.abs(moved).max(axis=1) * np.sign(moved[:, 0]))
        return found
