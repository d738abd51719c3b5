"""What a calibration may be asked: refuses what cannot be fitted, and says how many runs it takes at least."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from coalsim.analysis.findings import Target


def fewest_points(parameters: int) -> int:
    """Points that an emulator of so many parameters begins with."""
    return 4 + 4 * parameters


def fewest_runs(parameters: int, replicates: int) -> int:
    """The smallest budget: the first points, and the fitted values on the same seeds and on new ones."""
    return (fewest_points(parameters) + 2) * replicates


def check(
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
