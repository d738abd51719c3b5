"""References that point nowhere, and how array code reads through them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

NONE = -1
"""The row number that means "no agent". As an index it would silently read the last row: test for it first."""


def take(array: NDArray[Any], rows: ArrayLike, missing: Any) -> NDArray[Any]:
    """Values of `array` at `rows`, with `missing` where a row is negative.

    Parameters
    ----------
    array : (n, ...) of any dtype
        One value a row of the table that is referred to.
    rows : (...) integers
        Row numbers; NONE and every other negative code read nothing.
    missing : scalar
        What stands for a reference that points nowhere; it has to fit the dtype of `array`.

    Returns
    -------
    (..., ...) of the dtype of `array`, always a copy

    Raises
    ------
    IndexError
        When a row is past the end of `array`.
    """
    where = np.asarray(rows)
    if where.size == 0:
        where = where.astype(np.intp)  # an empty list arrives as floats
    found = where >= 0
    values = np.full(where.shape + array.shape[1:], missing, dtype=array.dtype)
    values[found] = array[where[found]]
    return values
