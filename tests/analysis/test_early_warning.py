"""Signs before a turn: series that slow down, and series that do not, at calibrated false alarm rates."""

import math

import numpy as np
import pytest

from coalsim.analysis import early_warning
from coalsim.analysis.early_warning import _rolling, _tau


def series(kind, n, seed):
    """An autoregression whose memory rises, or nulls: white, red, growing shocks, a trend."""
    rng = np.random.default_rng([seed, len(kind)])
    t = np.linspace(0, 1, n)
    memory = {
        "slowing": 0.3 + 0.67 * t,
        "white": 0 * t,
        "red": 0.7 + 0 * t,
        "shocks": 0.5 + 0 * t,
        "trend": 0.5 + 0 * t,
    }
    size = 1 + t if kind == "shocks" else np.ones(n)
    x = np.zeros(n)
    for i in range(1, n):
        x[i] = memory[kind][i] * x[i - 1] + size[i] * rng.standard_normal()
    return x + (6 * np.sin(2.2 * t) ** 2 if kind == "trend" else 0)


def alarms(kind, sets, **settings):
    found = [early_warning(series(kind, 400, seed), surrogates=200, **settings) for seed in range(sets)]
    return np.mean([[one.variance_p < 0.05, one.autocorrelation_p < 0.05, one.alarm] for one in found], axis=0)


def test_slowing_down_is_seen():
    variance, memory, both = alarms("slowing", 20)
    assert variance >= 0.6
    assert memory >= 0.85
    assert both >= 0.55


@pytest.mark.parametrize("kind", ["white", "red", "trend"])
def test_quiet_series_raise_few_alarms(kind):
    variance, memory, both = alarms(kind, 30)
    assert variance <= 0.17  # 5% nominal, 30 series
    assert memory <= 0.17
    assert both <= 0.04


def test_growing_shocks_are_not_taken_for_slowing_down():
    variance, memory, both = alarms("shocks", 20)
    assert variance > 0.6
    assert memory <= 0.15
    assert both <= 0.15
    found = early_warning(series("shocks", 400, 1))
    assert "as it does when shocks grow" in str(found)


def test_an_ensemble_shows_variance_between_runs():
    runs = np.array([series("slowing", 150, seed) for seed in range(20)])
    found = early_warning(runs)
    assert found.n == 20
    assert found.ensemble_p < 0.05
    assert found.alarm
    assert "20 series" in str(found)
    quiet = early_warning(np.array([series("red", 150, seed) for seed in range(20)]))
    assert not quiet.alarm


def test_rolling_moments_are_those_of_the_window():
    x = np.random.default_rng(1).standard_normal(60)
    variance, memory = _rolling(x, 30)
    window = x[-30:]
    assert variance[-1] == pytest.approx(window.var(ddof=1))
    assert memory[-1] == pytest.approx(np.corrcoef(window[:-1], window[1:])[0, 1])


def test_the_stable_branch_of_a_fold_has_the_memory_of_theory():
    """x' = mu + x^2 near -sqrt(-mu): variance s^2 / (2 l), memory exp(-l dt), l = 2 sqrt(-mu)."""
    mu, noise, dt, every = -0.25, 0.02, 0.01, 10
    rng = np.random.default_rng(2)
    x, seen = -math.sqrt(-mu), []
    shocks = noise * math.sqrt(dt) * rng.standard_normal(120_000)
    for k, shock in enumerate(shocks):
        x += dt * (mu + x * x) + shock
        if k % every == 0:
            seen.append(x)
    variance, memory = _rolling(np.array(seen) - np.mean(seen), len(seen))
    rate = 2 * math.sqrt(-mu)
    assert math.sqrt(variance[-1]) == pytest.approx(noise / math.sqrt(2 * rate), rel=0.06)
    assert memory[-1] == pytest.approx(math.exp(-rate * dt * every), abs=0.015)


def test_kendalls_tau_is_one_for_what_rises_throughout():
    assert _tau(np.arange(40.0)) == 1
    assert _tau(-np.arange(40.0)) == -1


@pytest.mark.slow
def test_it_meets_the_benchs_series(bench):
    case = bench("a13_early_warning")

    def detect(x):
        found = early_warning(x, surrogates=200)
        return {"var": found.variance_p < 0.05, "ac1": found.autocorrelation_p < 0.05}

    rates = case.rates(detect, sets=100)
    for name, (limit, _, mode) in case.reference().items():
        assert rates[name] >= limit - 0.02 if mode == "ge" else rates[name] <= limit + 0.04, name  # 100 sets for 200


@pytest.mark.parametrize(
    ("x", "settings", "says"),
    [
        (np.zeros(10), {}, "at least 20"),
        (np.zeros(40), {}, "does not move at all"),
        (np.full(40, math.nan), {}, "not finite"),
        (np.arange(40.0), {"window": 1.0}, "window 1"),
        (np.arange(40.0), {"surrogates": 10}, "surrogates 10"),
        (np.arange(40.0), {"level": 0}, "level 0"),
    ],
)
def test_series_that_cannot_be_judged_are_refused(x, settings, says):
    with pytest.raises(ValueError, match=says):
        early_warning(x, **settings)
