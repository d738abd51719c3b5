"""Unit values: what one more or one less of something is worth, each with its range, price base, source and standing."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from coalsim.appraisal.prices import rebase

if TYPE_CHECKING:
    import pandas as pd

STATUSES = ("verified", "derived", "recall_unverified", "assumption")


@dataclass(frozen=True, slots=True)
class UnitValue:
    """A value with its range.

    Attributes
    ----------
    name : str
    value, low, high : float
        Best figure and the ends of what is plausible; draws are triangular between them.
    unit : str
    prices : str
        Financial year of the prices of money, "" for what is no money.
    status : "verified", "derived", "recall_unverified" or "assumption"
    source, note : str
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    prices: str
    status: str
    source: str
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a range that does not hold the value, and a standing that is none."""
        if not (np.isfinite([self.low, self.high]).all() and self.low <= self.value <= self.high):
            raise ValueError(f"{self.name}: {self.value} does not lie between {self.low} and {self.high}")
        if self.value == 0 and self.low < self.high:
            raise ValueError(
                f"{self.name}: a best figure of 0 with a range cannot be scaled; give the figure that is likeliest"
            )
        if self.status not in STATUSES:
            raise ValueError(f"{self.name}: status {self.status!r} is not one of {', '.join(STATUSES)}")

    def at(self, prices: str) -> "UnitValue":
        """The same in prices of another year; as it is where it is no money."""
        if not self.prices or self.prices == prices:
            return self
        value, low, high = (float(rebase(one, self.prices, prices)) for one in (self.value, self.low, self.high))
        return UnitValue(self.name, value, low, high, self.unit, prices, self.status, self.source, self.note)

    def draws(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Random values (n,) from the triangular distribution over the range."""
        if self.low == self.high:
            return np.full(n, self.value)
        return rng.triangular(self.low, self.value, self.high, n)


def unit_values() -> dict[str, UnitValue]:
    """Every unit value of `unit_values.csv` by name."""
    return {
        row["name"]: UnitValue(**{str(key): value for key, value in row.items()})
        for row in unit_value_table().to_dict("records")
    }


@cache
def unit_value_table() -> "pd.DataFrame":
    """The table of unit values as it is kept: name, value, low, high, unit, prices, status, source, note."""
    import pandas as pd

    with (files("coalsim.appraisal") / "unit_values.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False, dtype={"prices": str, "note": str})
