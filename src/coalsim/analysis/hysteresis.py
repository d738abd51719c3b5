"""Whether a system that is led up and down again jumps at different places: forward and backward sweeps, ever slower."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri, stdtr, stdtrit

from coalsim.analysis.attempts import Failure, Map, attempt, check_level, check_seed
from coalsim.analysis.told import Told

if TYPE_CHECKING:
    import pandas as pd

type Array = NDArray[np.float64]
type Verdict = Literal["hysteresis", "reversible", "one_way", "undetermined"]

FEWEST_STEPS = 4
FOLD = np.linspace(0.55, 0.8, 6)  # powers of the rate by which a jump is late: 2/3 at a fold, 3/5 where two folds meet
LAG = np.linspace(2 / 3, 1, 5)  # and by which a smooth response is: 1
TRIFLE = 0.02  # a loop of less than this share of the box around it is none
LITTLE = 0.2  # a loop that is surely smaller than this share of the box is called none
HALF = 0.5  # share of the height that a way climbs if it turns, and by which a loop stays open if it does not come back
STEEP = 0.1  # of the range: the stretch over which the response turns most
SHARPENS = 0.4  # exponent of the rate from which on the width of a turn shrinks as that of a jump does
BLUR = 0.05  # least error of a place, in steps
MOST = 3  # steps that a turn may be late at the fastest rate

NOTHING = (math.nan, math.nan)
UNSEEN = (math.nan, math.nan, NOTHING, NOTHING, False)  # turns of a response without any


@dataclass(frozen=True)
class Hysteresis(Told):
    """Loops at several rates, and what remains of them at rate zero.

    Attributes
    ----------
    verdict : "hysteresis", "reversible", "one_way" (it turned and did not turn back) or "undetermined"
    up, down : float
        Value of the lever where the response turns on the way up and on the way down, at rate zero; nan where it does not, and
        where a reversible response changes smoothly or nothing could be told.
    up_interval, down_interval : (low, high)
        At `level`, from the blur of the steps, the doubt about the power of the rate and the scatter of replicates. Without noise
        they hold the place about 8 times in 10, since the power law is itself approximate.
    jumps : bool
        Whether the turns grow sharper with slower sweeps, as jumps do and steep smooth changes do not.
    area, area_interval : float
        Of the loop at rate zero, lever times response; positive where the response comes back late.
    p_value : float
        One-sided, of an area that large without hysteresis, from lag and noise alone.
    values, responses : for each rate, fastest first: (n,) up and down again, and (replicates, n)
    runs : int
        Sweeps, of which `failed` failed.
    """

    verdict: Verdict
    up: float
    down: float
    up_interval: tuple[float, float]
    down_interval: tuple[float, float]
    jumps: bool
    area: float
    area_interval: tuple[float, float]
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
        sweeps = f"{n} sweep{'s' * (n != 1)} at each of {len(self.values)} rates"
        sweeps += f", {len(self.failed)} failed" if self.failed else ""
        if not self.responses:
            return f"Too few sweeps are left to tell whether it jumps ({self.runs} sweeps, {len(self.failed)} failed)."
        turns = "jumps" if self.jumps else "turns"
        more = ""
        if self.verdict == "undetermined":
            is_loop = self.p_value < (1 - self.level) / 2
            says = "There is a loop without a clear turn" if is_loop else "A loop cannot be told from lag and noise"
            more = " Slower or more sweeps may tell."
        elif self.verdict == "reversible":
            how = f"with a jump at {self.up:.4g}" if math.isfinite(self.up) else "without a jump"
            says = f"It comes back the way it went, {how}"
        elif self.verdict == "hysteresis":
            says = f"It {turns} at {self.up:.4g} on the way up and back at {self.down:.4g} on the way down"
        elif math.isfinite(self.up):
            says = f"It {turns} at {self.up:.4g} on the way up and does not come back within the range"
        else:
            says = f"It {turns} at {self.down:.4g} on the way down and does not come back to where it began"
        ways = (("up", self.up_interval), ("down", self.down_interval))
        rests = [f"{way} {low:.4g} to {high:.4g}" for way, (low, high) in ways if math.isfinite(low)]
        low, high = self.area_interval
        rests += [f"area of the loop at rate zero {self.area:.3g}, {low:.3g} to {high:.3g}"]
        p = "< 0.001" if self.p_value < 0.001 else f"= {self.p_value:.2g}"
        return f"{says} ({self.level:.0%} intervals: {', '.join(rests)}, p {p}; {sweeps}).{more}"


def hysteresis(
    sweep: Callable[[Array, int], Sequence[float]],
    low: float,
    high: float,
    steps: int = 40,
    seed: int = 0,
    *,
    replicates: int = 1,
    rates: int = 3,
    level: float = 0.95,
    map: Map = map,
) -> Hysteresis:
    """Lead a system from low to high and back at several rates, and extrapolate what is seen to rate zero.

    A sweep at any rate overshoots: near a fold it turns late by an amount that grows with the rate to the power 2/3, and a
    response that merely lags behind encloses an area that grows with the rate itself. So the place of each turn and the area are
    regressed on powers of the rate, and only what remains at rate zero counts; a delay smaller than what the steps blur may be
    none. In small noisy systems sweeps turn early, and the loop shrinks as they get slower: what is found then holds for sweeps
    about that slow.

    The p-value is that of a t-test: of the areas at rate zero between replicates or, from one, of the regression over rates,
    which has few degrees of freedom: where there is noise give at least four replicates. The verdict is "hysteresis" or "one_way"
    where the area's two-sided interval at `level` lies above zero, the area is more than a trifle of its box and the response
    turns; "reversible" where the interval reaches zero and ends low; otherwise "undetermined".

    Parameters
    ----------
    sweep : called as sweep(values, seed); a walk along the values (n,) from the state reached, a response (n,) at each
        The lever is held at each value for the same time at every rate.
    low, high : float
        Range of the lever; the response should settle at both ends.
    steps : int
        Steps each way at the fastest rate; each slower one has twice as many.
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
    values = tuple(np.concatenate([way, way[-2::-1]]) for way in ways)
    jobs = [(k, seed + r) for r in range(replicates) for k in range(rates)]
    results, failed = attempt(sweep, [values[k] for k, _ in jobs], [luck for _, luck in jobs], map)
    found: dict[int, list[Array]] = {}
    for (k, luck), result in zip(jobs, results):
        if result is None:
            continue
        response = np.asarray(result, dtype=float)
        if response.shape == values[k].shape and np.isfinite(response).all():
            found.setdefault(luck, []).append(response)
        else:
            wrong = f"ValueError: responses {response.shape} for values {values[k].shape}, or not finite"
            failed.append(Failure(values[k], luck, wrong))
    whole = [responses for responses in found.values() if len(responses) == rates]
    if 2 * len(whole) < replicates:
        return Hysteresis(
            "undetermined", *UNSEEN, math.nan, NOTHING, math.nan, level, values, (), len(jobs), tuple(failed)
        )
    loops = tuple(np.array([responses[k] for responses in whole]) for k in range(rates))
    return _judged(values, loops, level, len(jobs), tuple(failed))


def _judged(
    values: tuple[Array, ...], loops: tuple[Array, ...], level: float, runs: int, failed: tuple[Failure, ...]
) -> Hysteresis:
    """What the loops show."""
    slowest, middle = loops[-1], values[-1].size // 2
    height = float(np.ptp(np.concatenate([loop.mean(axis=0) for loop in loops])))
    box = height * float(np.ptp(values[-1]))
    if height <= 1e-12 * max(np.abs(loop).max() for loop in loops):
        return Hysteresis("reversible", *UNSEEN, 0.0, (0.0, 0.0), 1.0, level, values, loops, runs, failed)
    gap, climb = slowest[:, -1] - slowest[:, 0], slowest[:, middle] - slowest[:, 0]
    sign = math.copysign(1.0, max(climb.mean(), gap.mean(), key=abs))
    rate = np.array([1.0 / (v.size - 1) for v in values])
    rises = bool(climb.mean() >= 0), bool(gap.mean() >= climb.mean())  # each way
    turns = [
        [[_turn(*way, up, height) for way, up in zip(_ways(v, r), rises)] for r in loop]
        for v, loop in zip(values, loops)
    ]
    seen = np.array(turns)  # (rates, replicates, ways, (place, blur, width))
    areas = np.array([[sign * _area(v, r) for r in loop] for v, loop in zip(values, loops)])
    blur = height * np.sqrt((np.nan_to_num(seen[..., 1]) ** 2).sum(axis=-1))
    is_jump = _sharpens(seen[..., 2], rate)
    powers = FOLD if is_jump else LAG
    step = float(values[0][1] - values[0][0])
    area = _at_rate_zero(areas, np.maximum(blur, BLUR * height * step), rate, 2 * MOST * height * step, powers)[0]
    p_value, least, most = _tested(areas, rate, powers, level)
    interval = (min(least, area), max(most, area))
    (up, up_interval), (down, down_interval) = (
        _extrapolated(seen[:, :, way, 0], seen[:, :, way, 1], rate, (step, -step)[way], powers, level) for way in (0, 1)
    )
    turned = math.isfinite(up) + math.isfinite(down)
    is_open = np.mean(np.abs(gap) > HALF * height) > 0.5
    verdict: Verdict = "undetermined"
    if area > TRIFLE * box and p_value < (1 - level) / 2:
        if turned == 2 and not is_open:
            verdict = "hysteresis"
        elif turned and is_open:
            verdict = "one_way"
    elif interval[1] < LITTLE * box and area > -LITTLE * box:
        verdict = "reversible"
    if verdict == "undetermined" or (verdict == "reversible" and not is_jump):
        up, down, up_interval, down_interval = math.nan, math.nan, NOTHING, NOTHING
    return Hysteresis(
        verdict, up, down, up_interval, down_interval, is_jump, area, interval, p_value, level, values, loops, runs, failed
    )  # fmt: skip


def _ways(values: Array, response: Array) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """The way up, and the way down as it went."""
    middle = values.size // 2
    return (values[: middle + 1], response[: middle + 1]), (values[middle:], response[middle:])


def _area(values: Array, response: Array) -> float:
    """Of the loop: the way back less the way up."""
    (up, y_up), (_, y_down) = _ways(values, response)
    return float(np.trapezoid(y_down[::-1] - y_up, up))


def _turn(x: Array, y: Array, rises: bool, height: float) -> tuple[float, float, float]:
    """Where a way turns most steeply, how far the steps blur that, and how wide the turn is; nan where there is none.

    Smoothed by isotonic regression. The lever is held at x[k] while the response goes from y[k - 1] to y[k]: a turn spread over
    many steps is half a step later than interpolation tells, one within a single step is anywhere in it.
    """
    from scipy.optimize import isotonic_regression

    step = x[1] - x[0]
    smooth = np.asarray(isotonic_regression(y if rises else -y).x)
    if smooth[-1] - smooth[0] <= HALF * height:
        return math.nan, math.nan, math.nan
    m = max(1, round(STEEP * (x.size - 1)))
    climbs = smooth[m:] - smooth[:-m]
    most = np.flatnonzero(climbs >= climbs.max() * (1 - 1e-9))
    start = int(most[most.size // 2])
    before, after = smooth[start], smooth[start + m]
    first, half, last = (_passes(smooth, before + share * (after - before)) for share in (0.25, 0.5, 0.75))
    k = math.ceil(half)
    sharp = (smooth[k] - smooth[k - 1]) / (after - before)
    place = x[0] + step * (half + (1 - sharp) / 2)
    return float(place), float(abs(step) * max(sharp**2 / 2, BLUR)), float(abs(step) * (last - first))


def _passes(smooth: Array, at: float) -> float:
    """Index, with its fraction, at which values that never fall pass one."""
    k = int(np.clip(np.searchsorted(smooth, at, side="left"), 1, smooth.size - 1))
    return k - 1 + float((at - smooth[k - 1]) / (smooth[k] - smooth[k - 1]))


def _at_rate_zero(seen: Array, blur: Array, rate: Array, most: float, powers: Array) -> tuple[float, float]:
    """What was seen (rates, replicates) at rate zero, and its standard error.

    Seen is b, or b + a rate**q with a from 0 to `most` at the fastest rate; b is averaged over both and over q by how well each
    fits, the errors being the blur of the steps, taken as uniform, and the scatter of replicates.
    """
    n = seen.shape[1]
    variance = np.maximum((blur**2).mean(axis=1) / 3, 1e-300)
    if n > 1:
        variance = (variance + seen.var(axis=1, ddof=1).mean()) / n
    mean, weight = seen.mean(axis=1), 1 / variance
    b = float(weight @ mean / weight.sum())
    fits = [(-0.5 * float((mean - b) ** 2 @ weight), b, 1 / float(weight.sum()))]  # log evidence, b, its variance
    for q in powers:
        terms = np.stack([np.ones_like(rate), (rate / rate[0]) ** q], axis=1)
        covariance = np.linalg.inv(terms.T * weight @ terms)
        b, a = covariance @ (terms.T * weight @ mean)
        left, spread = mean - terms @ (b, a), math.sqrt(covariance[1, 1])
        z = a / spread
        inside = float(log_ndtr(z))  # log chance that a is positive; its mean then is a + spread * over
        over = math.exp(-0.5 * z * z - inside) / math.sqrt(2 * math.pi) if z > -30 else -z - 1 / z
        log = -0.5 * float(left**2 @ weight) + inside + math.log(math.sqrt(2 * math.pi) * spread / most / powers.size)
        slope = covariance[0, 1] / covariance[1, 1]
        kept = covariance[0, 0] - slope * covariance[0, 1] * over * (over + z)
        fits.append((log, b + slope * spread * over, kept))
    logs, places, variances = np.array(fits).T
    share = np.exp(logs - logs.max())
    share /= share.sum()
    middle = float(share @ places)
    return middle, math.sqrt(float(share @ (variances + (places - middle) ** 2)))


def _tested(areas: Array, rate: Array, powers: Array, level: float) -> tuple[float, float, float]:
    """One-sided p-value and interval of the area (rates, replicates) at rate zero: the widest of the lowest and highest power.

    Between replicates, or of a single one (and of several that are all alike) by how well the regression over rates fits.
    """
    tests = []
    for q in (powers[0], powers[-1]):
        terms = np.stack([np.ones_like(rate), (rate / rate[0]) ** q], axis=1)
        inverse = np.linalg.inv(terms.T @ terms)
        fits = inverse @ terms.T @ areas  # (2, replicates)
        each, n = fits[0], areas.shape[1]
        if n > 1 and each.std() > 1e-9 * np.abs(areas).max():
            error, freedom = float(each.std(ddof=1)) / math.sqrt(n), n - 1
        else:
            left, freedom = (areas - terms @ fits)[:, 0], rate.size - 2
            error = math.sqrt(float(left @ left) / freedom * inverse[0, 0])
        mean, reach = float(each.mean()), error * float(stdtrit(freedom, (1 + level) / 2))
        is_exact = error <= 1e-12 * abs(mean)
        p_value = float(mean <= 0) if is_exact else float(stdtr(freedom, -mean / error))
        tests.append((p_value, mean - reach, mean + reach))
    p_values, lows, highs = zip(*tests)
    return max(p_values), min(lows), max(highs)


def _extrapolated(
    places: Array, blur: Array, rate: Array, step: float, powers: Array, level: float
) -> tuple[float, tuple[float, float]]:
    """Turns (rates, replicates) at rate zero with their interval; nan where too few turn. Rates too fast to turn are left out."""
    found = np.isfinite(places)
    first = next((k for k in range(rate.size - 1) if 2 * found[k:].all(axis=0).sum() > found.shape[1]), None)
    if first is None:
        return math.nan, NOTHING
    kept = found[first:].all(axis=0)
    sign = math.copysign(1.0, step)
    place, error = _at_rate_zero(
        sign * places[first:, kept], blur[first:, kept], rate[first:], MOST * abs(step) / 2**first, powers
    )
    place, freedom = sign * place, (rate.size - first) * (int(kept.sum()) - 1)
    reach = error * float(stdtrit(freedom, (1 + level) / 2) if freedom else ndtri((1 + level) / 2))
    return place, (place - reach, place + reach)


def _sharpens(widths: Array, rate: Array) -> bool:
    """Whether turns (rates, replicates, ways) get narrower with slower sweeps about as much as the rate, as a jump does."""
    kept = np.isfinite(widths).all(axis=0)
    if 2 * kept.sum(axis=0).max() <= len(kept):  # most replicates do not turn either way
        return False
    first, last = np.median(widths[0][kept]), np.median(widths[-1][kept])
    return bool(last < first * (rate[-1] / rate[0]) ** SHARPENS)


def _check(low: float, high: float, steps: int, seed: int, replicates: int, rates: int, level: float) -> None:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"low {low:.12g} and high {high:.12g} are no range; give low below high")
    for name, value, least in (("steps", steps, FEWEST_STEPS), ("replicates", replicates, 1), ("rates", rates, 3)):
        if value < least:
            raise ValueError(f"{name} {value}: give at least {least}")
    check_level(level)
    check_seed(seed, replicates)
