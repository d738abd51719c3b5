"""Price bases: money of one financial year in the prices of another, by the GDP deflator."""

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coalsim.registry import nearest


@cache
def deflators() -> dict[str, float]:
    """GDP deflator at market prices by financial year, such as "2006-07"; 2024-25 is 100."""
    import pandas as pd

    with (files("coalsim.appraisal") / "deflators.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, comment="#")
    return dict(zip(table["year"], table["index"]))


def rebase(values: ArrayLike, prices: str, to: str) -> float | NDArray[np.float64]:
    """Money in prices of one financial year, in those of another.

    Parameters
    ----------
    values : GBP, a number or an array of any shape
    prices, to : financial years such as "2006-07"

    Raises
    ------
    ValueError
        When the deflator of a year is not known.
    """
    known = deflators()
    for year in (prices, to):
        if year not in known:
            near = nearest(year, known)
            hint = f"did you mean {near}?" if near else f"known: {min(known)} to {max(known)}."
            raise ValueError(f"prices of {year!r}: there is no deflator; {hint} Write a financial year like 2006-07")
    found = np.asarray(values, dtype=np.float64) * (known[to] / known[prices])
    return float(found) if found.ndim == 0 else found


def financial_year(year: int, month: int) -> str:
    """The financial year, from April, in which a month lies: "2006-07"."""
    first = year if month >= 4 else year - 1
    return f"{first}-{(first + 1) % 100:02d}"
