"""Signs of slowing down before a turn: variance and memory that rise more than luck makes them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter1d

from coalsim.analysis.attempts import check_level
from coalsim.analysis.told import Told

type Array = NDArray[np.float64]

FEWEST = 20
SMOOTH = 0.1  # bandwidth of the trend that is taken out, share of the series
LOOKS = 50  # windows between which trends are measured; neighbouring windows overlap anyway


@dataclass(frozen=True)
class EarlyWarning(Told):
    """How variance and lag-1 autocorrelation rose, against series without slowing down.

    Attributes
    ----------
    variance_tau, autocorrelation_tau : float
        Kendall's tau of each with time, mean over series; 1 rises throughout.
    variance_p, autocorrelation_p : float
        Share of surrogates that rise as much.
    ensemble_tau, ensemble_p : float
        The same of the variance between several series at each time; nan of one series.
    alarm : bool
        Whether variance (within or between series) and autocorrelation both rise at `level`.
    variance, autocorrelation : (windows,), mean over series
    """

    variance_tau: float
    variance_p: float
    autocorrelation_tau: float
    autocorrelation_p: float
    ensemble_tau: float
    ensemble_p: float
    alarm: bool
    level: float
    variance: Array
    autocorrelation: Array
    n: int

    @property
    def sentence(self) -> str:
        """What was found."""
        told = f"variance tau {self.variance_tau:+.2f}, p = {self.variance_p:.2g}; memory tau {self.autocorrelation_tau:+.2f}, "
        told += f"p = {self.autocorrelation_p:.2g}"
        if math.isfinite(self.ensemble_p):
            told += f"; variance between runs tau {self.ensemble_tau:+.2f}, p = {self.ensemble_p:.2g}"
        series = f"{self.n} series"
        if self.alarm:
            return f"There was a warning: variance and memory both rose before the turn ({told}; {series})."
        a, b = min(self.variance_p, _or_one(self.ensemble_p)) < 1 - self.level, self.autocorrelation_p < 1 - self.level
        why = {
            (True, False): "variance rose without memory, as it does when shocks grow",
            (False, True): "memory rose without variance, as it does when shocks shrink",
        }.get((a, b), "neither variance nor memory rose more than luck makes them")
        return f"There was no warning: {why} ({told}; {series})."


def early_warning(
    series: ArrayLike, window: float = 0.5, *, surrogates: int = 500, seed: int = 0, level: float = 0.95
) -> EarlyWarning:
    """Look for critical slowing down in what came before a turn.

    A Gaussian trend is taken out, then variance and lag-1 autocorrelation are measured in a rolling window and their trends
    (Kendall) compared with those of autoregressions of the same memory that do not slow down, treated in the same way: windows
    overlap, so that Kendall's own p-values call half of all quiet series alarming. A warning needs both signs. Series that were
    chosen because they turned alarm more often than others, whether or not they slowed down (Boettiger and Hastings 2012).

    Parameters
    ----------
    series : (n,) up to the turn, at least 20 points; or (runs, n), an ensemble aligned at its turns
    window : share of the series
    surrogates : how many

    References
    ----------
    Dakos, V. et al. (2008), PNAS 105(38); Dakos, V. et al. (2012), PLoS ONE 7(7); Boettiger, C. and Hastings, A. (2012),
    Proceedings of the Royal Society B 279.
    """
    x = np.asarray(series, dtype=float)
    x = x[None] if x.ndim == 1 else x
    if x.ndim != 2 or x.shape[1] < FEWEST:
        raise ValueError(f"series has the shape {np.shape(series)}; give (n,) or (runs, n), n at least {FEWEST}")
    if not np.isfinite(x).all():
        raise ValueError("series holds values that are not finite numbers")
    if (np.ptp(x, axis=1) == 0).any():
        raise ValueError("a series does not move at all; leave it out")
    if not 0.1 <= window <= 0.9:
        raise ValueError(f"window {window:g}: give a share of the series from 0.1 to 0.9")
    if surrogates < 100:
        raise ValueError(f"surrogates {surrogates}: give at least 100")
    check_level(level)
    runs, n = x.shape
    width = max(5, round(window * n))
    left = _detrended(x)
    variance, memory = _rolling(left, width)
    rng = np.random.default_rng([seed, 61])
    drawn = np.array([_detrended(_like(one, surrogates, rng)) for one in left])  # (runs, surrogates, n)
    false_variance, false_memory = _rolling(drawn, width)
    taus = [_tau(found).mean(axis=0) for found in (variance, memory)]
    false = [_tau(found).mean(axis=0) for found in (false_variance, false_memory)]  # (surrogates,)
    p = [float((1 + (those >= tau).sum()) / (surrogates + 1)) for tau, those in zip(taus, false)]
    ensemble_tau = ensemble_p = math.nan
    if runs >= 4:
        ensemble_tau = float(_tau(left.var(axis=0)))
        those = _tau(drawn.var(axis=0))
        ensemble_p = float((1 + (those >= ensemble_tau).sum()) / (surrogates + 1))
    alarm = min(p[0], _or_one(ensemble_p)) < 1 - level and p[1] < 1 - level
    return EarlyWarning(
        float(taus[0]), p[0], float(taus[1]), p[1], ensemble_tau, ensemble_p, bool(alarm), level,
        variance.mean(axis=0), memory.mean(axis=0), runs,
    )  # fmt: skip


def _or_one(p: float) -> float:
    return p if math.isfinite(p) else 1.0


def _detrended(x: Array) -> Array:
    """Series (..., n) less a Gaussian trend."""
    return np.asarray(x - gaussian_filter1d(x, SMOOTH * x.shape[-1], axis=-1, mode="nearest"))


def _rolling(x: Array, width: int) -> tuple[Array, Array]:
    """Variance and lag-1 autocorrelation (..., LOOKS) in windows along series (..., n)."""
    ends = np.unique(np.linspace(width, x.shape[-1], LOOKS).round().astype(int))

    def sums(values: Array, short: int = 0) -> Array:
        steps = np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)], axis=-1)
        return np.asarray(steps[..., ends - short] - steps[..., ends - width])

    total, squares = sums(x), sums(x**2)
    variance = np.maximum(squares - total**2 / width, 1e-300) / (width - 1)
    now, later = x[..., :-1], x[..., 1:]
    pairs = width - 1
    first, second = sums(now, 1), sums(later, 1)
    both = sums(now * later, 1) - first * second / pairs
    spread = np.sqrt(
        np.maximum(sums(now**2, 1) - first**2 / pairs, 1e-300)
        * np.maximum(sums(later**2, 1) - second**2 / pairs, 1e-300)
    )
    return variance, both / spread


def _tau(x: Array) -> Array:
    """Kendall's tau with time of series (..., n), thinned to `LOOKS` points."""
    if x.shape[-1] > LOOKS:
        x = x[..., np.linspace(0, x.shape[-1] - 1, LOOKS).round().astype(int)]
    i, j = np.triu_indices(x.shape[-1], 1)
    return np.asarray(np.sign(x[..., j] - x[..., i]).mean(axis=-1))


def _like(x: Array, surrogates: int, rng: np.random.Generator) -> Array:
    """Autoregressions (surrogates, n) with the memory and spread of a detrended series (n,)."""
    from scipy.signal import lfilter

    memory = float(np.clip((x[1:] * x[:-1]).sum() / max((x[:-1] ** 2).sum(), 1e-300), -0.99, 0.99))
    news = rng.standard_normal((surrogates, x.size))
    news[:, 0] /= math.sqrt(1 - memory**2)
    return np.asarray(lfilter([1.0], [1.0, -memory], news, axis=-1) * x.std())
