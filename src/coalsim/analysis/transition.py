"""Whether two states stay apart as a system grows (a transition) or blur into one (a crossover)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coalsim.analysis.attempts import check_level
from coalsim.analysis.basins import FEWEST, Basins, basins, gap_interval
from coalsim.analysis.told import Told

type Array = NDArray[np.float64]
type Verdict = Literal["transition", "crossover", "undetermined"]

FEWEST_SIZES = 3
RESAMPLES = 400
EMPTY = 0.15  # a gap between two basins that surely holds no more than this counts as empty
BLURS = 0.25  # exponent x of variance ~ N**-x from which endpoints are said to draw together; 1 for independent parts


@dataclass(frozen=True)
class Transition(Told):
    """What becomes of a system's endpoints as it grows.

    Attributes
    ----------
    verdict : "transition", "crossover" or "undetermined"
    binder : {N: cumulant}, or {N: {control: cumulant}}
        1 - <m^4> / (3 <m^2>^2): about the mean at one control value, of m itself over several.
    exponent, low, high : float
        x of variance ~ N**-x with its interval at `level`; nan over several control values.
    gaps : {N: share}
        Endpoints between two basins relative to those around their centres; 1 where there is one basin.
    critical, critical_low, critical_high : float
        Control value where the cumulants of the two largest sizes cross, with its interval; nan without a crossing.
    """

    verdict: Verdict
    binder: dict[int, Any]
    exponent: float
    low: float
    high: float
    level: float
    gaps: dict[int, float]
    critical: float
    critical_low: float
    critical_high: float

    @property
    def sentence(self) -> str:
        """What was found."""
        sizes = ", ".join(f"{n:,}" for n in self.binder)
        if math.isfinite(self.critical):
            return (
                f"A transition: Binder's cumulants of sizes {sizes} cross at {self.critical:.4g} ({self.level:.0%} interval "
                f"{self.critical_low:.4g} to {self.critical_high:.4g})."
            )
        if not self.gaps:
            words = {"crossover": "A crossover: Binder's cumulants", "undetermined": "Not sure: Binder's cumulants"}
            return f"{words.get(self.verdict, 'Binders cumulants')} of sizes {sizes} do not surely cross."
        power = f"{-self.exponent:+.2f} ({self.level:.0%} interval {-self.high:+.2f} to {-self.low:+.2f})"
        trend = f"variance goes as N to the power {power}"
        words = {
            "transition": "A transition: two states stay apart at every size",
            "crossover": "No transition: endpoints form one state, or draw together as it grows",
            "undetermined": "These sizes do not tell a transition from a crossover",
        }
        return f"{words[self.verdict]}; {trend}; sizes {sizes}."


def transition(samples_by_size: Mapping[int, Any], *, level: float = 0.95, seed: int = 0) -> Transition:
    """Tell a true transition from a mere crossover by finite-size scaling.

    At one control value (the threshold), a transition keeps two states: at the largest size endpoints lie in two basins with a
    gap between them that is surely empty (it takes some 70 endpoints to be sure), and their variance does not fall with size.
    Where parts decide on their own the variance falls as 1/N, however sharply a majority of them turns; an oscillation fills
    the gap; luck that all parts share moves one state; these are crossovers. Near a critical point, where the variance falls
    more slowly than 1/N, it cannot be told. Over several control values, curves of Binder's cumulant of different sizes cross
    at the critical value; without a transition they do not.

    Parameters
    ----------
    samples_by_size : {N: endpoints (n,)}, or {N: {control: endpoints (n,)}} with the same control values at every size; at least
        three sizes. Over several control values the order parameter must be 0 in the middle, as m from -1 to 1.

    Raises
    ------
    ValueError
        For fewer than three sizes, too few or undefined endpoints.

    References
    ----------
    Binder, K. (1981), Zeitschrift fuer Physik B 43; Challa, M. S. S., Landau, D. P. and Binder, K. (1986), Physical Review B
    34(3); Lee, J. and Kosterlitz, J. M. (1990), Physical Review Letters 65(2).
    """
    if len(samples_by_size) < FEWEST_SIZES:
        raise ValueError(f"{len(samples_by_size)} sizes: give endpoints of at least {FEWEST_SIZES}")
    check_level(level)
    sizes = sorted(samples_by_size)
    rng = np.random.default_rng([seed, 41])
    if any(isinstance(samples_by_size[n], Mapping) for n in sizes):
        return _over_controls({n: samples_by_size[n] for n in sizes}, level, rng)
    ends = {n: _checked(samples_by_size[n], n) for n in sizes}
    shapes = {n: basins(x, seed=seed) for n, x in ends.items()}
    exponent, low, high = _exponent(ends, level, rng)
    gaps = {n: shape.gap for n, shape in shapes.items()}
    verdict = _judge(shapes[sizes[-1]], ends[sizes[-1]], low, high, level)
    nan = math.nan
    binder = {n: binder_cumulant(x - x.mean()) for n, x in ends.items()}
    return Transition(verdict, binder, exponent, low, high, level, gaps, nan, nan, nan)


def _judge(shape: Basins, x: Array, low: float, high: float, level: float) -> Verdict:
    """By the largest size's endpoints and the interval of the exponent: two states, one, or not to be told."""
    is_one_luck = (
        shape.n_basins == 1 and not high >= BLURS
    )  # one state, moved by luck that its parts share; or no luck at all
    if is_one_luck or low > 1 - BLURS or (low > BLURS and high >= 1):
        return "crossover"
    if shape.n_basins == 1:
        return "undetermined"
    least, most = gap_interval(x, shape.centres, level)
    if least > EMPTY:
        return "crossover"  # a gap that is not empty: an oscillation passes through it
    return "transition" if most <= EMPTY and high < 2 * BLURS else "undetermined"


def binder_cumulant(m: ArrayLike) -> float:
    """1 - <m^4> / (3 <m^2>^2) of an order parameter (n,): 2/3 for two equal states, 0 for a Gaussian around 0."""
    m = np.asarray(m, dtype=float)
    second = float((m**2).mean())
    return float(1 - (m**4).mean() / (3 * second**2)) if second > 0 else math.nan


def _exponent(ends: Mapping[int, Array], level: float, rng: np.random.Generator) -> tuple[float, float, float]:
    """x of variance ~ N**-x, with a bootstrap interval; nan where a size has no variance."""
    logs = np.log(list(ends))

    def slope(variances: Array) -> Array:
        return np.asarray(
            -((np.log(variances).T * (logs - logs.mean())).sum(axis=-1)) / ((logs - logs.mean()) ** 2).sum()
        )

    plain = np.array([x.var(ddof=1) for x in ends.values()])
    if not (plain > 0).all():
        return math.nan, math.nan, math.nan
    drawn = np.array(
        [rng.choice(x, (RESAMPLES, x.size)).var(axis=1, ddof=1) for x in ends.values()]
    )  # (sizes, RESAMPLES)
    drawn = np.maximum(drawn, 1e-12 * plain[:, None])
    low, high = np.quantile(slope(drawn), [(1 - level) / 2, (1 + level) / 2])
    return float(slope(plain)), float(low), float(high)


def _over_controls(samples: Mapping[int, Mapping[float, Any]], level: float, rng: np.random.Generator) -> Transition:
    sizes, controls = list(samples), sorted(next(iter(samples.values())))
    for n, by_control in samples.items():
        if sorted(by_control) != controls or len(controls) < 2:
            raise ValueError(f"size {n}: give endpoints at the same control values at every size, at least two")
    ends = {n: [_checked(samples[n][c], n) for c in controls] for n in sizes}
    binder = {n: dict(zip(controls, map(binder_cumulant, ends[n]))) for n in sizes}

    def gaps(draw: bool) -> Array:
        """Cumulants of the largest size less those of the second largest, by control value."""
        curves = [
            [binder_cumulant(rng.choice(x, x.size) if draw else x) for x in ends[n]] for n in (sizes[-1], sizes[-2])
        ]
        return np.subtract(*np.array(curves))

    plain = gaps(draw=False)
    drawn = np.array([gaps(draw=True) for _ in range(RESAMPLES)])
    lows, highs = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    crossings = np.array([_crossing(np.array(controls), gap) for gap in drawn])
    below, above = np.flatnonzero(highs < 0), np.flatnonzero(lows > 0)
    critical = low = high = math.nan
    verdict: Verdict = "crossover"
    if below.size and above.size and below[0] < above[-1]:
        verdict, critical = "transition", _crossing(np.array(controls), plain)
        low, high = np.nanquantile(crossings, [(1 - level) / 2, (1 + level) / 2])
    elif below.size and not above.size:
        verdict = "undetermined"  # the larger one is less ordered throughout: the crossing may lie beyond the range
    nan = math.nan
    return Transition(verdict, binder, nan, nan, nan, level, {}, float(critical), float(low), float(high))


def _crossing(controls: Array, gap: Array) -> float:
    """Where the gap between two curves last turns from below to above zero; nan where it does not."""
    turns = np.flatnonzero((gap[:-1] < 0) & (gap[1:] >= 0))
    if not turns.size:
        return math.nan
    k = turns[-1]
    return float(controls[k] + (controls[k + 1] - controls[k]) * gap[k] / (gap[k] - gap[k + 1]))


def _checked(endpoints: ArrayLike, n: int) -> Array:
    x = np.asarray(endpoints, dtype=float)
    if x.ndim != 1 or x.size < FEWEST:
        raise ValueError(f"size {n}: endpoints have the shape {x.shape}; give at least {FEWEST} in one dimension")
    if not np.isfinite(x).all():
        raise ValueError(f"size {n}: some endpoints are not finite numbers; leave out runs that failed")
    return x
