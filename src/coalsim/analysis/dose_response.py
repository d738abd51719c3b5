"""The chance of an outcome as a function of a dose, from given runs: a penalised logistic curve with an honest interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.special import chdtri

from coalsim.analysis.attempts import check_level
from coalsim.analysis.told import Told

type Array = NDArray[np.float64]

STEEPEST, FLATTEST = 2e4, 1e-3  # slopes that are looked at, per range of the doses
FEWEST = 4


@dataclass(frozen=True)
class DoseResponse(Told):
    """A logistic curve through runs, by Jeffreys-penalised likelihood.

    Attributes
    ----------
    status : "ok", "none" where no run tipped, "all" where all did
    value, low, high : float
        Dose at which the chance is one half, and its profile interval at `level`, infinite where the runs do not bound it; nan
        unless the status is "ok".
    slope : float
        Of the log odds, per unit of dose; negative where a higher dose tips less.
    width_10_90 : float
        Doses between a chance of 10 and of 90%.
    n : int
        Runs.
    centre, intercept, covariance : the curve's log odds are intercept + slope (x - centre); covariance (2, 2) of both
    """

    status: Literal["ok", "none", "all"]
    value: float
    low: float
    high: float
    level: float
    slope: float
    width_10_90: float
    n: int
    centre: float
    intercept: float
    covariance: Array

    def probability(self, x: ArrayLike) -> tuple[Array, Array, Array]:
        """Chance at doses (m,) with a pointwise interval at `level` (delta method on the log odds)."""
        x = np.asarray(x, dtype=float)
        if self.status != "ok":
            most = 1 - (1 - self.level) ** (1 / self.n)  # exact one-sided bound for none of n
            ends = (0.0, 0.0, most) if self.status == "none" else (1.0, 1 - most, 1.0)
            return tuple(np.full(x.shape, end) for end in ends)  # type: ignore[return-value]
        terms = np.stack([np.ones_like(x), x - self.centre])
        middle = self.intercept + self.slope * terms[1]
        spread = np.sqrt(np.einsum("i...,ij,j...->...", terms, self.covariance, terms))
        reach = math.sqrt(chdtri(1, 1 - self.level)) * spread
        low, mid, high = (1 / (1 + np.exp(-np.clip(z, -700, 700))) for z in (middle - reach, middle, middle + reach))
        return mid, low, high

    @property
    def sentence(self) -> str:
        """What was found."""
        if self.status != "ok":
            who = "None" if self.status == "none" else "All"
            return f"{who} of {self.n} runs tipped: there is no threshold among these doses."
        return (
            f"Half of the runs tip at {self.value:.4g} ({self.level:.0%} interval {self.low:.4g} to {self.high:.4g}); from 10 to "
            f"90% over {self.width_10_90:.2g} ({self.n} runs)."
        )


def dose_response(x: ArrayLike, y: ArrayLike, *, level: float = 0.95) -> DoseResponse:
    """Fit the chance of y = 1 at doses x.

    The likelihood is penalised by Jeffreys' prior, so that there is a finite curve when low doses never and high doses always
    tip; the interval of the dose of one half is that of the penalised profile. Runs are taken as independent and their doses as
    chosen beforehand: after an adaptive search this interval is too narrow.

    Parameters
    ----------
    x, y : (n,) doses, and 0 or 1
    level : of the interval

    Raises
    ------
    ValueError
        For arrays that do not fit, doses that are not finite or all the same, outcomes other than 0 and 1, an impossible level.

    References
    ----------
    Firth, D. (1993), Biometrika 80(1); Heinze, G. and Schemper, M. (2002), Statistics in Medicine 21(16).
    """
    doses, tipped = _checked(x, y, level)
    if not tipped.any() or tipped.all():
        nan = math.nan
        status: Literal["none", "all"] = "all" if tipped.any() else "none"
        return DoseResponse(status, nan, nan, nan, level, nan, nan, tipped.size, nan, nan, np.full((2, 2), nan))
    centre, scale = float(doses.max() + doses.min()) / 2, float(np.ptp(doses))
    curve = _Curve((doses - centre) / scale, tipped)
    place, slope, best = curve.fit()
    low, high = (curve.end(place, slope, best - chdtri(1, 1 - level) / 2, side) for side in (-1, 1))
    unit = np.diag([1.0, 1 / scale])
    covariance = unit @ np.linalg.pinv(curve.information(place, slope)) @ unit
    width = 2 * math.log(9) * scale / abs(slope)
    value, low, high = (centre + scale * one for one in (place, low, high))
    return DoseResponse(
        "ok", value, low, high, level, slope / scale, width, tipped.size, centre, -slope * place, covariance
    )


class _Curve(NamedTuple):
    """Penalised likelihood of a logistic curve over doses scaled to -1/2 to 1/2."""

    u: Array
    y: NDArray[np.bool_]

    def information(self, place: float, slope: float) -> Array:
        """Fisher information (2, 2) of intercept and slope."""
        w = 1 / (2 + 2 * np.cosh(np.clip(slope * (self.u - place), -350, 350)))
        a, b, c = w.sum(), (w * self.u).sum(), (w * self.u**2).sum()
        return np.array([[a, b], [b, c]])

    def log(self, place: float, slope: float) -> float:
        """Penalised log likelihood."""
        z = slope * (self.u - place)
        (a, b), (_, c) = self.information(place, slope)
        inside = a * c - b * b
        plain = -np.logaddexp(0, np.where(self.y, -z, z)).sum()
        return float(plain + 0.5 * math.log(inside)) if inside > 0 else -1e12

    def steepness(self, place: float, sign: float) -> tuple[float, float]:
        """Best slope of a sign for a place, and its log."""
        found = minimize_scalar(
            lambda log: -self.log(place, sign * math.exp(log)),
            bounds=(math.log(FLATTEST), math.log(STEEPEST)),
            method="bounded",
            options={"xatol": 1e-5},
        )
        return sign * math.exp(found.x), -float(found.fun)

    def fit(self) -> tuple[float, float, float]:
        """Place, slope and log of the best curve, rising or falling."""
        best = (0.0, 1.0, -math.inf)
        for sign in (1.0, -1.0):
            tried = [(self.steepness(place, sign), place) for place in np.linspace(-0.6, 0.6, 25)]
            (slope, _), place = max(tried, key=lambda one: one[0][1])
            found = minimize(
                lambda p, sign=sign: -self.log(p[0], sign * math.exp(np.clip(p[1], -8, 10))),
                [place, math.log(abs(slope))],
                method="Nelder-Mead",
                options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 2000},
            )
            if -found.fun > best[2]:
                best = (float(found.x[0]), sign * math.exp(float(found.x[1])), -float(found.fun))
        return best

    def end(self, place: float, slope: float, lowest: float, side: int) -> float:
        """Where the profile falls to `lowest` on a side of the best place; infinite where it never does."""
        sign = math.copysign(1.0, slope)

        def above(where: float) -> float:
            return self.steepness(where, sign)[1] - lowest

        inner, reach = place, 0.01
        while above(outer := place + side * reach) > 0:
            inner, reach = outer, 2 * reach
            if reach > 1e3:
                return side * math.inf
        return float(brentq(above, inner, outer, xtol=1e-8))


class Against(NamedTuple):
    """How strongly runs speak against a chance that rises with the dose, and where it falls."""

    gain: float
    words: str


def against_rising(x: Array, y: NDArray[np.bool_]) -> Against | None:
    """Whether the chance falls, or rises and falls again, through one half within the doses.

    Three stretches of doses, each with a chance of its own, the middle one above one half and the last below it, against the
    best of all chances that never fall: the gain in log likelihood. None where no stretches give one.
    """
    doses, where = np.unique(x, return_inverse=True)
    yes, size = np.bincount(where, weights=y), np.bincount(where).astype(float)
    steps, counts = np.concatenate([[0.0], np.cumsum(yes)]), np.concatenate([[0.0], np.cumsum(size)])
    i, j = np.triu_indices(doses.size, 1)  # the middle stretch holds doses i to j - 1, and the last begins at j
    ends = ((0, i), (i, j), (j, doses.size))
    tips, runs = zip(*((steps[stop] - steps[start], counts[stop] - counts[start]) for start, stop in ends))
    shares = [a / np.maximum(b, 1) for a, b in zip(tips, runs)]
    fits = (shares[1] > 0.5) & (shares[2] < 0.5)
    if not fits.any():
        return None
    logs = np.sum([_log(a, b) for a, b in zip(tips, runs)], axis=0)
    best = int(np.argmax(np.where(fits, logs, -np.inf)))
    falls = f"below it{' again' if i[best] else ''} from {doses[j[best]]:.4g} on"
    words = f"the chance is above one half {f'from {doses[i[best]]:.4g} on' if i[best] else 'first'} and {falls}"
    return Against(float(logs[best]) - _isotonic(yes, size), words)


def _log(yes: Array, size: Array) -> Array:
    """Log likelihood of runs at their own share."""
    p = np.clip(yes / np.maximum(size, 1), 1e-12, 1 - 1e-12)
    return np.asarray(yes * np.log(p) + (size - yes) * np.log(1 - p))


def _isotonic(yes: Array, size: Array) -> float:
    """Log likelihood of the best chances that never fall with the dose (pool adjacent violators)."""
    blocks: list[tuple[float, float]] = []
    for a, b in zip(yes, size):
        while blocks and blocks[-1][0] / blocks[-1][1] >= a / b:
            before = blocks.pop()
            a, b = a + before[0], b + before[1]
        blocks.append((a, b))
    pooled = np.array(blocks)
    return float(_log(pooled[:, 0], pooled[:, 1]).sum())


def _checked(x: ArrayLike, y: ArrayLike, level: float) -> tuple[Array, NDArray[np.bool_]]:
    doses, outcomes = np.asarray(x, dtype=float), np.asarray(y)
    if doses.ndim != 1 or doses.shape != outcomes.shape:
        raise ValueError(f"x has the shape {doses.shape} and y {outcomes.shape}; give two arrays (n,) of equal length")
    if doses.size < FEWEST:
        raise ValueError(f"{doses.size} runs are too few; give at least {FEWEST}")
    if not np.isfinite(doses).all():
        raise ValueError("x holds doses that are not finite numbers")
    if not np.isin(outcomes, (0, 1)).all():
        raise ValueError("y holds other values than 0 and 1")
    if np.ptp(doses) == 0:
        raise ValueError(f"all doses are {doses[0]:.6g}; give at least two")
    check_level(level)
    return doses, outcomes.astype(bool)
