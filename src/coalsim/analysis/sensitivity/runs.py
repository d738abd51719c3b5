"""The runs of a design as they are made: failures apart, outputs as numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coalsim.analysis.attempts import Failure, Map, attempt
from coalsim.analysis.sensitivity.design import Design
from coalsim.analysis.sensitivity.factors import Factors
from coalsim.analysis.sensitivity.sample import Sample

type Array = NDArray[np.float64]
type Simulate = Callable[[dict[str, Any], int], Any]

AT_ONCE = 1024  # runs handed out at a time


class Asked(NamedTuple):
    """How runs are made and what is made of them, the same for every stage."""

    replicates: int
    seed: int
    names: tuple[str, ...] | None
    precision: float | None
    level: float
    map: Map
    on_update: Callable[[Any], None] | None
    held: Mapping[str, Any] = {}  # values of factors that stay where they are


class AllFailedError(ValueError):
    """Every run failed."""

    exit_code = 1  # of a command: the input was good


class Runs:
    """The runs of a design as they are made."""

    def __init__(self, simulate: Simulate, factors: Factors, design: Design, asked: Asked) -> None:
        self.simulate, self.factors, self.design, self.asked = simulate, factors, design, asked
        self.names: tuple[str, ...] = ()
        self.failures: list[Failure] = []
        self.values: Array = np.empty((0, asked.replicates, 0))  # (n, replicates, outputs)
        self.again: Array = np.empty((0, 0))  # (m, outputs)
        self.made = 0

    def make(self, end: int) -> None:
        """Every run of the first `end` points that is not made yet."""
        start, r, seed = len(self.values), self.asked.replicates, self.asked.seed
        rows = np.arange(start, end)
        seeds = [seed + int(luck) * r + k for luck in self.design.luck[rows] for k in range(r)]
        given = self._attempt(np.repeat(rows, r), seeds)
        again = np.flatnonzero((self.design.again >= start) & (self.design.again < end)) if r == 1 else np.arange(0)
        other = [seed + int(luck) for luck in self.design.other_luck[again]]
        repeated = self._attempt(self.design.again[again], other)
        wide = len(self.names)
        self.values = np.concatenate([_widened(self.values, wide), _widened(given, wide).reshape(end - start, r, wide)])
        self.again = np.concatenate([_widened(self.again, wide), _widened(repeated, wide)])

    def sample(self, k: int) -> Sample:
        """The runs of one output."""
        return Sample(self.design, self.values[:, :, k], self.again[:, k])

    def _attempt(self, rows: NDArray[np.int64], seeds: list[int]) -> Array:
        """What runs give as numbers (runs, outputs); no outputs as long as every run failed."""
        found: list[Array] = [np.empty((0, len(self.names)))]
        for first in range(0, len(rows), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            moved = self.factors.values(self.design.points[rows[some]])
            points = [{**self.asked.held, **point} for point in moved]
            given, failures = attempt(self.simulate, points, seeds[some], self.asked.map)
            self.failures += failures
            self.names = self.names or self.asked.names or _given_names(given)
            found.append(_numbers(given, self.names))
        self.made += len(rows)
        return np.concatenate([_widened(one, len(self.names)) for one in found])


def _widened(values: Array, wide: int) -> Array:
    """Values (..., outputs) of runs that all failed before outputs had names, as nan of each output."""
    return values if values.shape[-1] == wide else np.full((*values.shape[:-1], wide), np.nan)


def _numbers(given: Sequence[Any], names: tuple[str, ...]) -> Array:
    """What runs gave as numbers (runs, outputs); nan where one failed or is undefined."""
    found = np.full((len(given), len(names)), np.nan)
    for k, one in enumerate(given):
        if one is not None:
            found[k] = [math.nan if value is None else float(value) for value in _in_order(one, names)]
    found[~np.isfinite(found)] = np.nan
    return found


def names_of(outputs: Sequence[str] | str | None) -> tuple[str, ...] | None:
    """Names of outputs as they were asked for."""
    if outputs is None:
        return None
    named = (outputs,) if isinstance(outputs, str) else tuple(outputs)
    if not named or len(set(named)) < len(named):
        raise ValueError(f"outputs {named}: name at least one, and none twice")
    return named


def _given_names(given: Sequence[Any]) -> tuple[str, ...]:
    """Names that the first run to give anything has."""
    for one in given:
        if isinstance(one, Mapping):
            return tuple(map(str, one))
        if one is not None:
            size = np.size(one)
            return ("output",) if size == 1 else tuple(f"output_{k + 1}" for k in range(size))
    return ()


def _in_order(given: Any, names: tuple[str, ...]) -> Sequence[Any]:
    if isinstance(given, Mapping):
        if missing := [name for name in names if name not in given]:
            raise ValueError(f"outputs: simulate gives no {missing[0]!r}; it gives {', '.join(map(str, given))}")
        return [given[name] for name in names]
    found = [given] if np.ndim(given) == 0 else list(given)
    if len(found) != len(names):
        raise ValueError(f"outputs: simulate gives {len(found)} numbers for {len(names)} names: {', '.join(names)}")
    return found


def all_failed(runs: Runs) -> AllFailedError:
    """With the first error."""
    first = runs.failures[0].error if runs.failures else "they gave nothing"
    return AllFailedError(f"all {runs.made} runs failed; the first: {first}")
