"""Whether a system that is led up and down again jumps at different places: forward and backward sweeps, ever slower."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from coalsim.analysis.attempts import Failure, Map, attempt
from coalsim.analysis.told import Told

if TYPE_CHECKING:
    import pandas as pd

type Array = NDArray[np.float64]
type Verdict = Literal["hysteresis", "reversible", "one_way", "undetermined"]

FEWEST_STEPS = 4
POWER = 2 / 3  # how the overshoot of a fold grows with the rate
TRIFLE = 0.02  # area below this share of the box around the loop is none
NOT_BACK = 0.5  # a loop that ends further above its start than this share of its height has not come back


@dataclass(frozen=True)
class Hysteresis(Told):
    """Loops at several rates, and what remains of them at rate zero.

    Attributes
    ----------
    verdict : "hysteresis", "reversible", "one_way" (it went and did not come back) or "undetermined"
    up, down : float
        Value of the lever at which the response passes half of its height on the way up and on the way down, extrapolated to rate
        zero; nan where it does not pass. `up_interval`, `down_interval`: their intervals, nan from a single replicate.
    area : float
        Of the loop at rate zero, lever times response; positive where the response comes back late.
    p_value : float
        One-sided, of an area that large without hysteresis.
    values, responses : for each rate, fastest first: (n,) up and down again, and (replicates, n)
    """

    verdict: Verdict
    up: float
    down: float
    up_interval: tuple[float, float]
    down_interval: tuple[float, float]
    area: float
    p_value: float
    level: float
    values: tuple[Array, ...]
    responses: tuple[Array, ...]
    runs: int
    failed: tuple[Failure, ...]

    @property
    def loops(self) -> pd.DataFrame:
        """A row for each value of each sweep: rate (share of the range a step), replicate, direction, value, response."""
        import pandas as pd

        frames = []
        for values, responses in zip(self.values, self.responses):
            half = (len(values) + 1) // 2
            for k, response in enumerate(responses):
                where = np.where(np.arange(len(values)) < half, "up", "down")
                frames.append(
                    pd.DataFrame(
                        {
                            "rate": 1 / (half - 1),
                            "replicate": k,
                            "direction": where,
                            "value": values,
                            "response": response,
                        }
                    )
                )
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    @property
    def sentence(self) -> str:
        """What was found."""
        n = len(self.responses[0]) if self.responses else 0
        sweeps = f"{n} sweeps at each of {len(self.values)} rates" + (
            f", {len(self.failed)} failed" if self.failed else ""
        )
        if self.verdict == "undetermined":
            return f"Too few sweeps are left to tell whether it jumps ({sweeps})."
        p = f"p {'< 0.001' if self.p_value < 0.001 else f'= {self.p_value:.2g}'}"
        if self.verdict == "reversible":
            return f"It comes back the way it went: at rate zero the loop has no area ({p}; {sweeps})."
        if self.verdict == "one_way":
            return f"It turns at {self.up:.4g} and does not come back within the range ({p}; {sweeps})."
        return (
            f"It turns at {self.up:.4g} on the way up and back only at {self.down:.4g} on the way down ({p}; {sweeps})."
        )


def hysteresis(
    sweep: Callable[[Array, int], Sequence[float]],
    low: float,
    high: float,
    *,
    steps: int = 40,
    seed: int = 0,
    replicates: int = 1,
    rates: int = 3,
    level: float = 0.95,
    map: Map = map,
) -> Hysteresis:
    """Lead a system from low to high and back at several rates, and extrapolate what is seen to rate zero.

    A sweep at any rate overshoots: near a fold it turns late by an amount that grows with the rate to the power 2/3, and a
    response that merely lags behind encloses an area that vanishes with the rate. So the place of each turn and the area are
    regressed on rate ** (2/3), and only what remains at rate zero counts. In small noisy systems sweeps turn early, and a loop
    shrinks.

    Parameters
    ----------
    sweep : called as sweep(values, seed); a walk along the values (n,) from the state reached, a response (n,) at each
    low, high : float
        Range of the lever; the response should settle at both ends.
    steps : int
        Values each way at the fastest rate; each slower one has twice as many.
    replicates : int
        Seeds seed, seed + 1, ..., each at every rate.
    rates : int, at least 3

    Raises
    ------
    ValueError
        When range, steps or another number cannot be used.

    References
    ----------
    Jung, P., Gray, G., Roy, R. and Mandel, P. (1990), Physical Review Letters 65(15); Berglund, N. and Gentz, B. (2002),
    Nonlinearity 15(3).
    """
    _check(low, high, steps, seed, replicates, rates, level)
    ways = [np.linspace(low, high, 1 + steps * 2**k) for k in range(rates)]
    values = [np.concatenate([way, way[-2::-1]]) for way in ways]
    jobs = [(k, r) for r in range(replicates) for k in range(rates)]
    results, failed = attempt(sweep, [values[k] for k, _ in jobs], [seed + r for _, r in jobs], map)
    found: dict[int, list[Array]] = {}
    for (k, r), result in zip(jobs, results):
        response = None if result is None else np.asarray(result, dtype=float)
        if response is not None and response.shape == values[k].shape and np.isfinite(response).all():
            found.setdefault(r, []).append(response)
    whole = [responses for responses in found.values() if len(responses) == rates]
    loops = tuple(np.array([responses[k] for responses in whole]) for k in range(rates)) if whole else ()
    nothing = (math.nan, math.nan)
    if not whole:
        nan = math.nan
        return Hysteresis("undetermined", nan, nan, nothing, nothing, nan, nan, level, (), (), len(jobs), tuple(failed))
    bottom, top = loops[-1][:, 0].mean(), loops[-1][:, values[-1].size // 2].mean()
    sign = 1.0 if top >= bottom else -1.0
    pace = np.array([(1 / (way.size - 1)) ** POWER for way in ways])
    areas = np.array(
        [[sign * _area(v, r) for r in response] for v, response in zip(values, loops)]
    )  # (rates, replicates)
    area, p_value = _at_rate_zero(areas, pace)
    height = np.ptp(np.concatenate([loop.mean(axis=0) for loop in loops]))
    half = [(loop[:, 0] + loop[:, loop.shape[1] // 2]) / 2 for loop in loops]
    turns = {
        way: np.array(
            [
                [_turn(v, r, m, way) for r, m in zip(response, middles)]
                for v, response, middles in zip(values, loops, half)
            ]
        )
        for way in ("up", "down")
    }
    up, up_interval = _extrapolated(turns["up"], pace, level)
    down, down_interval = _extrapolated(turns["down"], pace, level)
    slowest = loops[-1]
    back = sign * (slowest[:, -1] - slowest[:, 0])
    is_some = bool(p_value < 1 - level and area > TRIFLE * height * (high - low))
    is_open = bool(np.mean(back > NOT_BACK * height) > 0.5)
    verdict: Verdict = "one_way" if is_some and is_open else "hysteresis" if is_some else "reversible"
    return Hysteresis(
        verdict, up, math.nan if is_open else down, up_interval, down_interval, area, p_value, level,
        tuple(values), loops, len(jobs), tuple(failed),
    )  # fmt: skip


def _area(values: Array, response: Array) -> float:
    """Of the loop: the way back less the way up."""
    half = values.size // 2 + 1
    return float(np.trapezoid(response[half - 1 :][::-1] - response[:half], values[:half]))


def _at_rate_zero(areas: Array, pace: Array) -> tuple[float, float]:
    """Area (rates, replicates) extrapolated to rate zero, and its one-sided p-value: between replicates, of one by its fit."""
    terms = np.stack([np.ones_like(pace), pace], axis=1)
    each = np.linalg.lstsq(terms, areas, rcond=None)[0][0]  # (replicates,)
    n = each.size
    if n >= 2:
        freedom, error = n - 1, float(each.std(ddof=1)) / math.sqrt(n)
    else:
        left = areas[:, 0] - terms @ np.linalg.lstsq(terms, areas[:, 0], rcond=None)[0]
        freedom = pace.size - 2
        error = math.sqrt(float(left @ left) / freedom * float(np.linalg.inv(terms.T @ terms)[0, 0]))
    mean = float(each.mean())
    if error <= 1e-12 * max(abs(mean), 1e-300):
        return mean, 0.0 if mean > 0 else 1.0
    return mean, float(stdtr(freedom, -mean / error))


def _turn(values: Array, response: Array, middle: float, way: str) -> float:
    """Where a smoothed way passes the middle; nan where it does not."""
    half = values.size // 2 + 1
    x, y = (values[:half], response[:half]) if way == "up" else (values[half - 1 :][::-1], response[half - 1 :][::-1])
    rises = y[-1] >= y[0]
    smooth = _rising(y if rises else -y)
    at = middle if rises else -middle
    if not smooth[0] <= at <= smooth[-1] or smooth[0] == smooth[-1]:
        return math.nan
    k = int(np.clip(np.searchsorted(smooth, at, side="left"), 1, smooth.size - 1))
    before, after = smooth[k - 1], smooth[k]
    share = 0.5 if after == before else (at - before) / (after - before)
    return float(x[k - 1] + share * (x[k] - x[k - 1]))


def _rising(y: Array) -> Array:
    """The nearest values that never fall (isotonic regression)."""
    from scipy.optimize import isotonic_regression

    return np.asarray(isotonic_regression(y).x)


def _extrapolated(turns: Array, pace: Array, level: float) -> tuple[float, tuple[float, float]]:
    """Turns (rates, replicates) at rate zero: mean and t interval over replicates."""
    kept = turns[:, np.isfinite(turns).all(axis=0)]
    if not kept.size:
        return math.nan, (math.nan, math.nan)
    terms = np.stack([np.ones_like(pace), pace], axis=1)
    each = np.linalg.lstsq(terms, kept, rcond=None)[0][0]
    mean = float(each.mean())
    if each.size < 2:
        return mean, (math.nan, math.nan)
    reach = float(stdtrit(each.size - 1, (1 + level) / 2) * each.std(ddof=1) / math.sqrt(each.size))
    return mean, (mean - reach, mean + reach)


def _check(low: float, high: float, steps: int, seed: int, replicates: int, rates: int, level: float) -> None:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"low {low:.12g} and high {high:.12g} are no range; give low below high")
    for name, value, least in (("steps", steps, FEWEST_STEPS), ("replicates", replicates, 1), ("rates", rates, 3)):
        if value < least:
            raise ValueError(f"{name} {value}: give at least {least}")
    if not 0 < level < 1:
        raise ValueError(f"level {level:g}: give a share between 0 and 1, such as 0.95")
    if not 0 <= seed <= 2**64 - replicates:
        raise ValueError(f"seed {seed}: give a whole number from 0 to {2**64 - replicates}")
