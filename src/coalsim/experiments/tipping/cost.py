"""What a programme costs at any point of its levers: a quadratic through what runs have cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]


@dataclass(frozen=True)
class Cost:
    """Programme money over the whole run as a quadratic in the levers, GBP; no lower than the cheapest run was."""

    names: tuple[str, ...]
    centre: Array
    scale: Array
    coefficients: Array
    least: float
    spread: float  # standard deviation of single runs around it, GBP

    @classmethod
    def fit(cls, names: Sequence[str], points: Array, costs: Array) -> Cost:
        """Least squares to costs (n,) at points (n, d)."""
        centre, scale = points.mean(axis=0), np.maximum(np.ptp(points, axis=0), 1e-300)
        terms = _terms((points - centre) / scale)
        coefficients = np.linalg.lstsq(terms, costs, rcond=None)[0]
        left = costs - terms @ coefficients
        freedom = max(1, len(costs) - terms.shape[1])
        return cls(tuple(names), centre, scale, coefficients, float(costs.min()), float(np.sqrt(left @ left / freedom)))

    def __call__(self, point: Mapping[str, float]) -> float:
        """GBP at a point."""
        where = (np.array([point[name] for name in self.names]) - self.centre) / self.scale
        return max(self.least, float(_terms(where[None])[0] @ self.coefficients))


def _terms(points: Array) -> Array:
    first, second = np.triu_indices(points.shape[1])
    return np.column_stack([np.ones(len(points)), points, points[:, first] * points[:, second]])
