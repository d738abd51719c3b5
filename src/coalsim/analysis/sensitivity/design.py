"""Designs: at which points runs are made, with which luck, and after how many runs indices can be told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]
type Ints = NDArray[np.int64]

FIRST_LOOK = 64  # base points after which indices are told first; then whenever there are twice as many


@dataclass(frozen=True)
class Design:
    """Points of the unit cube in the order in which they are run.

    Points with the same luck are run with the same seeds, so that only what was moved sets their outputs apart. Some points are
    run once more with other luck where there are no replicates: that is how much luck alone does.
    """

    points: Array  # (n, d)
    luck: Ints  # (n,)
    ends: tuple[int, ...]  # runs after which indices can be told, the last is n
    again: Ints  # (m,) rows that are run once more
    other_luck: Ints  # (m,)
    apart: Ints  # rows drawn from the factors' distributions independently of each other; none in a design that has no such rows

    @property
    def lucks(self) -> int:
        """How many different lucks it needs."""
        return 1 + int(max(self.luck.max(), self.other_luck.max(initial=0)))


def looks(base: int, step: int, first: int = FIRST_LOOK) -> tuple[int, ...]:
    """Ends of a design whose base points take `step` runs each: after `first` base points, twice as many, and so on."""
    found = []
    while first < base:
        found.append(first * step)
        first *= 2
    return (*found, base * step)


def scattered(points: Array, first: int, seed: int) -> Design:
    """A design of points that have nothing to do with each other: each has its own luck, and one in four is run again.
    Indices are told first after `first` points."""
    n = len(points)
    again = one_in_four(n, seed)
    return Design(points, 2 * np.arange(n), looks(n, 1, first), again, 2 * again + 1, np.arange(n))


def one_in_four(n: int, seed: int) -> Ints:
    """One of every four rows, at random: every fourth point of a Sobol sequence would lie in the same part of the space."""
    fours = np.arange(0, n, 4)
    return np.asarray(np.minimum(fours + np.random.default_rng(seed).integers(4, size=fours.size), n - 1))
