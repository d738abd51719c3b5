"""Boxes: conditions on factors that hold together, and how well they tell cases of interest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coalsim.analysis.told import Told

type Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Limit:
    """Between which values a factor lies, or which values it takes."""

    factor: str
    low: float | None = None
    high: float | None = None
    values: tuple[Any, ...] | None = None
    p_value: float = float("nan")  # quasi-p: how likely the box would hold so many cases without this limit
    stability: float = float("nan")  # share of half samples in which the factor is limited, too

    def holds(self, inputs: pd.DataFrame) -> Mask:
        """Which cases (n,) it admits."""
        column = inputs[self.factor]
        if self.values is not None:
            return np.asarray(column.isin(self.values))
        inside = np.ones(len(column), dtype=bool)
        if self.low is not None:
            inside &= np.asarray(column >= self.low)
        if self.high is not None:
            inside &= np.asarray(column <= self.high)
        return inside

    def __str__(self) -> str:
        if self.values is not None:
            return f"{self.factor} is {' or '.join(map(str, self.values))}"
        if self.low is None:
            return f"{self.factor} is at most {self.high:.3g}"
        if self.high is None:
            return f"{self.factor} is at least {self.low:.3g}"
        return f"{self.factor} lies between {self.low:.3g} and {self.high:.3g}"


@dataclass(frozen=True)
class Box(Told):
    """Conditions that hold together.

    Coverage is the share of all cases of interest that the box holds, density the share of its cases that are of interest, mass
    the share of all cases that it holds. The fresh ones were measured on halves of the cases from which it was not made.
    """

    limits: tuple[Limit, ...]
    coverage: float
    density: float
    mass: float
    n: int
    base_rate: float
    p_value: float = float("nan")  # of the test on fresh halves
    fresh_coverage: float = float("nan")
    fresh_density: float = float("nan")
    is_of_rest: bool = False  # whether it was made from what boxes before it had left; its base rate is theirs

    def holds(self, inputs: pd.DataFrame) -> Mask:
        """Which cases (n,) lie in it."""
        return inside(self.limits, inputs)

    @property
    def sentence(self) -> str:
        """The conditions, and how well they tell."""
        where = " and ".join(map(str, self.limits)) or "everywhere"
        among = "of the rest" if self.is_of_rest else "overall"
        told = (
            f"Where {where}: {self.density:.0%} of cases, against {self.base_rate:.0%} {among}; that is {self.coverage:.0%} of "
            f"all such cases in {self.mass:.0%} of the space."
        )
        if np.isfinite(self.fresh_density):
            told += f" On cases it was not made from: {self.fresh_density:.0%}, {self.fresh_coverage:.0%}."
        return told


def is_numeric(values: pd.Series[Any]) -> bool:
    """Whether a factor is numbers; all else counts as categories."""
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def as_cases(inputs: pd.DataFrame) -> pd.DataFrame:
    """Numbers as floats, since the workbench cannot peel whole numbers, and the rest as texts."""
    columns = {
        str(name): inputs[name].astype(float) if is_numeric(inputs[name]) else inputs[name].astype(str).astype(object)
        for name in inputs
    }
    return pd.DataFrame(columns, index=inputs.index)


def inside(limits: Sequence[Limit], inputs: pd.DataFrame) -> Mask:
    """Which cases (n,) every limit admits."""
    found = np.ones(len(inputs), dtype=bool)
    for one in limits:
        found &= one.holds(inputs)
    return found
