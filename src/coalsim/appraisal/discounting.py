"""Social time preference: what a pound of a later year is worth now, in real terms.

Rates are those of HM Treasury's Green Book (2022): 3.5% a year, falling in steps after 30 years, and 1.5% for effects on health.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

# Rate of each band and the last year it holds for. For health the Green Book's later steps were not found in a source, so its
# rate stays, which values health after year 30 too low rather than too high.
RATES: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "standard": ((0.035, 30), (0.03, 75), (0.025, 125), (0.02, 200), (0.015, 300), (0.01, np.inf)),
    "health": ((0.015, np.inf),),
}


def discount_factor(year: ArrayLike, kind: str = "standard") -> float | Array:
    """Present value of a pound of `year`, of the same prices.

    Parameters
    ----------
    year : number or array of any shape, from 0
        Years after the one to which values are brought back, which is year 0 with factor 1.
    kind : "standard" or "health"

    Returns
    -------
    float, or float64 array of the same shape

    Raises
    ------
    ValueError
        When a year is negative or no number, or there is no such kind.

    References
    ----------
    HM Treasury (2022), The Green Book, annex 6.
    """
    if kind not in RATES:
        raise ValueError(f"discounting {kind!r}: give one of {', '.join(RATES)}")
    years = np.asarray(year, dtype=np.float64)
    if not (np.isfinite(years) & (years >= 0)).all():
        bad = years[~(np.isfinite(years) & (years >= 0))].flat[0]
        raise ValueError(f"year {bad:g}: give years from 0, counted from the year that values are brought back to")
    log_factor, since = np.zeros_like(years), 0.0
    for rate, until in RATES[kind]:
        log_factor -= np.log1p(rate) * np.clip(years - since, 0, until - since)
        since = until
    factors = np.exp(log_factor)
    return float(factors) if factors.ndim == 0 else factors


def present_value(flows: ArrayLike, first_year: int = 0, kind: str = "standard") -> float | Array:
    """Flows by year brought back to year 0, in real terms.

    Parameters
    ----------
    flows : (years,) or (..., years) float
        The first is that of `first_year`.
    first_year : int, from 0
    kind : "standard" or "health"

    Returns
    -------
    float, or float64 array (...,)

    Raises
    ------
    ValueError
        When flows are not finite numbers by year.
    """
    values = np.asarray(flows, dtype=np.float64)
    if values.ndim == 0:
        raise ValueError(f"flows {flows!r}: give a row of numbers, one for each year")
    if not np.isfinite(values).all():
        raise ValueError("flows: every year needs a finite number; write 0 where nothing is paid")
    found = values @ np.asarray(discount_factor(first_year + np.arange(values.shape[-1]), kind))
    return float(found) if np.ndim(found) == 0 else found
