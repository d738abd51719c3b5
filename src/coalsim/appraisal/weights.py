"""Distributional weights: a pound is worth more to those who have fewer."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

ELASTICITY: Final = 1.3  # of the marginal utility of income: HM Treasury, Green Book (2022), A3


def distributional_weight(
    income: ArrayLike, median: float, elasticity: float = ELASTICITY
) -> float | NDArray[np.float64]:
    """Weight of a pound that goes to people of an income, (median / income)**elasticity; 1 at the median.

    Parameters
    ----------
    income : GBP a year, equivalised, a number or an array
    median : GBP a year
    elasticity : float, from 0; 0 gives everybody the same weight

    Raises
    ------
    ValueError
        When an income is not positive.
    """
    incomes = np.asarray(income, dtype=np.float64)
    if not (np.isfinite(incomes) & (incomes > 0)).all() or not (np.isfinite(median) and median > 0):
        raise ValueError(f"incomes {income!r} and median {median!r}: give positive numbers of pounds a year")
    if not (np.isfinite(elasticity) and elasticity >= 0):
        raise ValueError(f"elasticity {elasticity}: give a number from 0")
    found = (median / incomes) ** elasticity
    return float(found) if found.ndim == 0 else found
