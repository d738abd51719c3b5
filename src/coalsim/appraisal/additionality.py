"""Additionality: how much of what happened would not have happened anyway, here or elsewhere."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Shares by how strong the effect is: the guide's bands, from memory, so shown as a yardstick and never in place of a measurement.
READY_RECKONER: Final[dict[str, dict[str, float]]] = {
    "leakage": {"none": 0.0, "low": 0.10, "medium": 0.25, "high": 0.50, "very high": 0.75, "total": 1.0},
    "displacement": {"none": 0.0, "low": 0.25, "medium": 0.50, "high": 0.75, "total": 1.0},
    "substitution": {"none": 0.0, "low": 0.25, "medium": 0.50, "high": 0.75, "total": 1.0},
}
COMPOSITE_MULTIPLIERS: Final[dict[str, dict[str, float]]] = {
    "neighbourhood": {"low": 1.05, "medium": 1.10, "high": 1.15},
    "regional": {"low": 1.3, "medium": 1.5, "high": 1.7},
}
# Means of evaluations of regeneration programmes, regional and sub-regional (BIS Occasional Paper 1, 2009), from memory.
EVALUATED: Final[dict[str, tuple[float, float]]] = {
    "deadweight": (0.43, 0.39),
    "displacement": (0.21, 0.38),
    "leakage": (0.12, 0.17),
}
GUIDE: Final = "English Partnerships (2008), Additionality Guide, third edition"


def additionality(
    gross: ArrayLike,
    counterfactual: ArrayLike = 0.0,
    *,
    leakage: ArrayLike = 0.0,
    displacement: ArrayLike = 0.0,
    substitution: ArrayLike = 0.0,
    multiplier: ArrayLike = 1.0,
    reference: Mapping[str, ArrayLike] | None = None,
) -> float | NDArray[np.float64]:
    """Net additional impact, GI (1 - L) (1 - Dp) (1 - S) M less the same of the reference case.

    Parameters
    ----------
    gross, counterfactual : what happens with the intervention and without it, such as jobs
    leakage : share that goes to people outside the target area or group
    displacement : share that is taken from others in the target area
    substitution : share that firms put in the place of something alike
    multiplier : further local activity for each unit
    reference : the same four, by name, of the case without the intervention where they differ there

    Returns
    -------
    float, or an array as the arguments broadcast

    Raises
    ------
    ValueError
        When a share is above 1 or no number, or a multiplier negative. Measured shares may be below 0: gains elsewhere.

    References
    ----------
    English Partnerships (2008), Additionality Guide, third edition.
    """
    own: dict[str, ArrayLike] = {
        "leakage": leakage, "displacement": displacement, "substitution": substitution, "multiplier": multiplier,
    }  # fmt: skip
    if unknown := sorted(set(reference or {}) - set(own)):
        raise ValueError(f"reference {unknown[0]!r}: give any of {', '.join(own)}")
    other = own | dict(reference or {})
    for factors in (own, other):
        for name, value in factors.items():
            _check(name, value)
    found = kept(gross, **own) - kept(counterfactual, **other)
    return float(found) if found.ndim == 0 else found


def kept(
    gross: ArrayLike,
    leakage: ArrayLike = 0.0,
    displacement: ArrayLike = 0.0,
    substitution: ArrayLike = 0.0,
    multiplier: ArrayLike = 1.0,
) -> NDArray[np.float64]:
    """What is left of a gross figure, GI (1 - L) (1 - Dp) (1 - S) M; measured shares may be above 1, a loss on balance."""
    left = [1 - np.asarray(share, dtype=np.float64) for share in (leakage, displacement, substitution)]
    return np.asarray(gross, dtype=np.float64) * left[0] * left[1] * left[2] * np.asarray(multiplier, dtype=np.float64)


def _check(name: str, value: ArrayLike) -> None:
    numbers = np.asarray(value, dtype=np.float64)
    if not np.isfinite(numbers).all() or (name == "multiplier" and (numbers < 0).any()):
        raise ValueError(f"{name} {value!r}: give a finite number{', from 0' * (name == 'multiplier')}")
    if name != "multiplier" and (numbers > 1).any():
        raise ValueError(f"{name} {value!r} is no share; give at most 1 (for 25%, write 0.25)")
