"""Runs of a simulation that may fail: each is tried, one that fails is put down as failed, and the rest go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

TRUTHS = (bool, np.bool_, int, float, np.number)


class Failure(NamedTuple):
    """A run that failed: where, with which seed, and how."""

    where: Any
    seed: int
    error: str


class Guarded(NamedTuple):
    """A simulation whose errors are handed back; it goes to worker processes as the simulation itself does."""

    simulate: Callable[[Any, int], Any]

    def __call__(self, where: Any, seed: int) -> tuple[Any, str]:
        """What the run gives, or its error as text."""
        try:
            return self.simulate(where, seed), ""
        except Exception as error:  # a run may fail in any way
            text = " ".join(str(error).split())
            return None, f"{type(error).__name__}: {text or 'no message'}"[:500]


type Map = Callable[..., Iterable[Any]]


def attempt(
    simulate: Callable[[Any, int], Any],
    points: Sequence[Any],
    seeds: Sequence[int],
    map: Map = map,
    *,
    truth: bool = False,
) -> tuple[list[Any | None], list[Failure]]:
    """What each run gives (None where it failed), and the failures.

    Parameters
    ----------
    simulate : called as simulate(point, seed)
    points, seeds : of equal length, a run each
    map : how a batch is carried out, called as map(simulate, points, seeds) and giving results in that order: the built-in, or
        `concurrent.futures.Executor.map`
    truth : whether runs say if they tipped; then one that gives anything but true or false has failed
    """
    results = list(map(Guarded(simulate), points, seeds))
    if truth:
        results = [(None, error) if error else _as_truth(value) for value, error in results]
    failures = [Failure(point, seed, error) for point, seed, (_, error) in zip(points, seeds, results) if error]
    return [value for value, _ in results], failures


def _as_truth(value: Any) -> tuple[bool | None, str]:
    if isinstance(value, TRUTHS) and value in (0, 1):
        return bool(value), ""
    return None, f"ValueError: {value!r} is neither true nor false"[:500]


def check_level(level: float) -> None:
    """Refuse a level of an interval that is no share."""
    if not 0 < level < 1:
        raise ValueError(f"level {level:g}: give a share between 0 and 1, such as 0.95")


def check_seed(seed: int, runs: int) -> None:
    """Refuse a first seed from which so many runs would leave 0 to 2**64 - 1."""
    if not 0 <= seed <= 2**64 - runs:
        raise ValueError(f"seed {seed}: give a whole number from 0 to {2**64 - runs}")
