"""Wandering is an autoregression with the spread and memory it is told; multiples of it have mean 1."""

import numba
import numpy as np
import pytest

from coalsim.kernels.change import follow, multiples, wander
from coalsim.kernels.random import draw, key, normal_word

N = 4_000 if numba.config.DISABLE_JIT else 100_000
PLACE, STREAM = 7, 16


def sd_of_news(sd, persistence):
    return sd * np.sqrt(1 - persistence**2)


def standard(n=N, seed=1):
    """Standard normal states whose mean and variance are exactly 0 and 1."""
    state = np.random.default_rng(seed).standard_normal(n)
    return (state - state.mean()) / state.std()


def walked(state, months, persistence, sd, seed=1):
    """A copy of the states after so many months."""
    state = state.copy()
    for month in range(months):
        wander(PLACE, month, STREAM, *key(seed), state, persistence, sd_of_news(sd, persistence))
    return state


def test_a_step_is_persistence_times_the_state_plus_a_keyed_normal_draw():
    state = np.array([1.0, -2.0, 0.5])
    wander(PLACE, 5, STREAM, *key(9), state, 0.9, 0.3)
    news = [normal_word(*draw(i, 5, STREAM, PLACE, *key(9))) for i in range(3)]
    assert state == pytest.approx(0.9 * np.array([1.0, -2.0, 0.5]) + 0.3 * np.array(news), abs=1e-15)


def test_without_news_a_state_fades():
    state = np.array([1.0, -1.0])
    for month in range(12):
        wander(PLACE, month, STREAM, *key(1), state, 0.9, 0.0)
    assert state == pytest.approx([0.9**12, -(0.9**12)])


def test_without_memory_a_state_is_news():
    one, other = standard(seed=1), standard(seed=2)
    wander(PLACE, 1, STREAM, *key(1), one, 0.0, 0.4)
    wander(PLACE, 1, STREAM, *key(1), other, 0.0, 0.4)
    assert (one == other).all()
    assert one.std() == pytest.approx(0.4, rel=5 / np.sqrt(2 * N))


@pytest.mark.parametrize(("persistence", "sd"), [(0.5, 1.0), (0.9, 0.3), (0.99, 0.75)])
def test_mean_and_long_run_variance_are_kept(persistence, sd):
    state = walked(sd * standard(), 10, persistence, sd)
    assert state.mean() == pytest.approx(0, abs=5 * sd / np.sqrt(N))
    assert state.std() == pytest.approx(sd, rel=5 / np.sqrt(2 * N))  # five standard errors


def test_the_long_run_variance_is_reached_from_anywhere():
    state = walked(np.full(N, 3.0), 40, 0.7, 0.5)
    assert state.mean() == pytest.approx(0, abs=5 * 0.5 / np.sqrt(N))
    assert state.std() == pytest.approx(0.5, rel=5 / np.sqrt(2 * N))


@pytest.mark.parametrize("months", [1, 2, 6])
def test_autocorrelation_is_persistence_to_the_power_of_the_lag(months):
    before = 0.5 * standard()
    found = np.corrcoef(before, walked(before, months, 0.9, 0.5))[0, 1]
    assert found == pytest.approx(0.9**months, abs=5 * (1 - 0.9 ** (2 * months)) / np.sqrt(N))


def test_news_has_the_moments_of_the_models_normal_draws():
    state = np.zeros(N)
    wander(PLACE, 0, STREAM, *key(1), state, 0.9, 1.0)
    assert (state**3).mean() == pytest.approx(0, abs=5 * np.sqrt(15 / N))
    assert (state**4).mean() == pytest.approx(2.7, abs=5 * np.sqrt(96 / N))  # a sum of four uniforms: 3 - 6 / 20


def news(place=PLACE, month=3, stream=STREAM, seed=1):
    state = np.zeros(N)
    wander(place, month, stream, *key(seed), state, 0.9, 1.0)
    return state


@pytest.mark.parametrize("other", [{"place": 8}, {"month": 4}, {"stream": 15}, {"seed": 2}])
def test_news_of_another_place_month_stream_or_seed_is_independent(other):
    assert (news() == news()).all()
    assert abs(np.corrcoef(news(), news(**other))[0, 1]) < 5 / np.sqrt(N)


def test_the_news_of_a_state_does_not_depend_on_how_many_there_are():
    few = np.zeros(3)
    wander(PLACE, 3, STREAM, *key(1), few, 0.9, 1.0)
    assert (few == news()[:3]).all()


def test_multiples_have_mean_one():
    slopes, sd = np.array([0.6, -0.3, 0.45, -0.275]), 0.5
    times = np.empty((N, slopes.size))
    multiples(sd * standard(), slopes, sd**2, times)
    errors = np.sqrt(np.expm1((slopes * sd) ** 2) / N)  # of the mean of a lognormal variable of mean 1
    assert (abs(times.mean(axis=0) - 1) < 5 * errors).all()
    assert times.std(axis=0) == pytest.approx(np.sqrt(np.expm1((slopes * sd) ** 2)), rel=0.1)


def test_a_multiple_is_the_exponential_over_its_mean():
    state, slopes = np.array([-1.0, 0.0, 2.0]), np.array([0.6, -0.3])
    times = np.empty((3, 2))
    multiples(state, slopes, 0.25, times)
    assert times == pytest.approx(np.exp(state[:, None] * slopes - slopes**2 * 0.25 / 2), rel=1e-14)


def test_no_slope_or_no_luck_leaves_all_as_it_was():
    times = np.empty((3, 2))
    multiples(np.array([-1.0, 0.0, 2.0]), np.zeros(2), 0.25, times)
    assert (times == 1).all()
    multiples(np.zeros(3), np.array([0.6, -0.3]), 0.0, times)
    assert (times == 1).all()


def test_rates_follow_what_they_are_multiplied_by():
    draws = np.random.default_rng(5)
    times = np.array([[1.2, 0.8, 1.5, 0.9], [1.0, 1.0, 1.0, 1.0], [90.0, 1.1, 0.5, 1.2]])
    separating, leaving, searching = draws.uniform(0.01, 0.05, (3, 3, 5, 2))
    falling_ill, newcomer_level = draws.uniform(0.01, 0.05, (3, 5)), draws.dirichlet(np.ones(5), 3)
    status = draws.dirichlet([2, 1, 6], (3, 5, 2))
    now = [np.empty((3, 5, 2)), np.empty((3, 5, 2)), np.empty((3, 5)), np.empty((3, 5))]
    leave_work, newcomer = np.empty((3, 5, 2, 2), dtype=np.int64), np.empty((3, 5, 2, 2), dtype=np.int64)
    follow(
        times, 0.003, separating, leaving, searching, falling_ill, newcomer_level, status, *now, leave_work, newcomer
    )
    losing, resting, sickening, rising = (times[:, k, None, None] for k in range(4))
    lost = np.minimum(separating * losing + 0.003, 0.5)  # nobody loses work more often than every second month
    assert (lost[2] == 0.5).any()
    assert now[0] == pytest.approx(lost, rel=1e-14)
    assert now[1] == pytest.approx(searching / resting, rel=1e-14)
    assert now[2] == pytest.approx(falling_ill * sickening[..., 0], rel=1e-14)
    assert now[3] == pytest.approx(newcomer_level * rising[..., 0] ** np.arange(5), rel=1e-14)
    inactive, unemployed, employed = status[..., 0] * resting, status[..., 1] * losing, status[..., 2]
    shares = np.cumsum([inactive, unemployed], axis=0) / (inactive + unemployed + employed)
    for filled, chances in ((leave_work, (lost, lost + leaving)), (newcomer, shares)):
        for k, chance in enumerate(chances):
            assert np.abs(filled[..., k] - chance * 2.0**32).max() <= 1
