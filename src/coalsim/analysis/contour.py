"""Where a chance that a Gaussian process gives passes a level: a line over two levers, points of a surface over more."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from coalsim.analysis.gp_probit import GPProbit

type Array = NDArray[np.float64]

LINE = 101  # points along each lever where a line is drawn
LINES = 256  # along each of more levers, through a surface


def contour(process: GPProbit, d: int, level: float, fineness: float = 1.0) -> Array:
    """Points (n, d) of the unit cube at which the chance is `level`; over two levers in order along the line."""
    return (
        _line(process, level, round(fineness * LINE))
        if d == 2
        else _surface(process, d, level, round(fineness * LINES))
    )


def _line(process: GPProbit, level: float, n: int) -> Array:
    from contourpy import contour_generator

    along = np.linspace(0, 1, n)
    grid = np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)
    lines = contour_generator(along, along, process.probability(grid).reshape(n, n)).lines(level)
    return np.concatenate([np.asarray(one) for one in lines]) if len(lines) else np.empty((0, 2))


def _surface(process: GPProbit, d: int, level: float, lines: int) -> Array:
    """Where lines along each lever pass through the surface."""
    along = np.linspace(0, 1, 33)
    found = []
    for k in range(d):
        start = even(d, lines)
        grid = np.repeat(start[:, None, :], along.size, axis=1)
        grid[:, :, k] = along
        over = process.probability(grid.reshape(-1, d)).reshape(lines, along.size) - level
        row, step = np.nonzero(np.signbit(over[:, :-1]) != np.signbit(over[:, 1:]))
        before, after = over[row, step], over[row, step + 1]
        points = grid[row, step]
        points[:, k] += (along[1] - along[0]) * before / (before - after)
        found.append(points)
    return np.concatenate(found)


def even(d: int, n: int) -> Array:
    """Points that fill the unit cube evenly (Sobol's sequence, scrambled always alike)."""
    from scipy.stats import qmc

    sampler = qmc.Sobol(d, rng=np.random.default_rng(d))
    return np.asarray(sampler.random_base2(max(1, math.ceil(math.log2(n))))[:n])
