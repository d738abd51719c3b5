"""Stationary shares against numpy's linear algebra; rates that hold shares, by what they hold."""

import numpy as np
import pytest

from coalsim.kernels.balance import hold, hold_all, stationary, with_mean

FINDING, GIVING_UP, LEAVING = np.array([0.12, 0.05]), np.array([0.02, 0.06]), np.array([0.004, 0.011])
ILL, WELL, RETURN = 0.01, 0.03, 0.4  # falling ill, recovering, search with illness relative to without


def rest(chance):
    """The distribution that a chain leaves as it is, by solving x (P - 1) = 0 and sum x = 1."""
    n = len(chance)
    p = np.array(chance)
    np.fill_diagonal(p, 0)
    equations = np.vstack([(p - np.diag(p.sum(axis=1))).T, np.ones(n)])
    return np.linalg.lstsq(equations, np.r_[np.zeros(n), 1.0], rcond=None)[0]


def chain(separating, searching):
    """The six states as told: inactive, unemployed, employed, each without and with illness."""
    p = np.zeros((6, 6))
    for status in (0, 2, 4):
        p[status, status + 1], p[status + 1, status] = ILL, WELL
    for ill in (0, 1):
        inactive, unemployed, employed = ill, 2 + ill, 4 + ill
        p[inactive, unemployed] = searching * (RETURN if ill else 1)
        p[unemployed, employed], p[unemployed, inactive] = FINDING[ill], GIVING_UP[ill]
        p[employed, unemployed], p[employed, inactive] = separating, LEAVING[ill]
    return p


def held(inactive, unemployed):
    """Rates of separation and search that `hold` finds, and the shares it fills."""
    separating, searching, share = np.empty(1), np.empty(1), np.empty(6)
    hold(inactive, unemployed, ILL, WELL, FINDING, GIVING_UP, LEAVING, RETURN, separating, searching, share)
    return separating[0], searching[0], share


@pytest.mark.parametrize("n", [2, 3, 6])
def test_a_chain_rests_where_linear_algebra_says(n):
    chance = np.random.default_rng(n).uniform(0.01, 0.15, (n, n))
    before, share = chance.copy(), np.empty(n)
    stationary(chance, share)
    assert share == pytest.approx(rest(chance), rel=1e-12)
    assert (chance == before).all()


@pytest.mark.parametrize(("inactive", "unemployed"), [(0.2, 0.05), (0.35, 0.12), (0.25, 0.07)])
def test_rates_hold_the_shares_and_fill_where_the_chain_rests(inactive, unemployed):
    separating, searching, share = held(inactive, unemployed)
    assert [share[:2].sum(), share[2:4].sum()] == pytest.approx([inactive, unemployed], rel=1e-9)
    assert share == pytest.approx(rest(chain(separating, searching)), rel=1e-9)
    assert 1e-5 < separating < 0.2
    assert 1e-5 < searching < 0.6


def test_what_no_rate_can_hold_is_met_at_the_bounds():
    # So few inactive would need more search than 0.6 a month; so many unemployed more separation than 0.2.
    assert held(0.005, 0.05)[1] == 0.6
    assert held(0.2, 0.7)[0] == 0.2
    assert held(0.2, 1e-6)[0] == 1e-5
    assert held(0.9999, 5e-5)[1] == 1e-5


def test_every_cell_is_held_on_its_own():
    rng = np.random.default_rng(5)
    inactive, unemployed = rng.uniform(0.15, 0.3, (2, 5)), rng.uniform(0.02, 0.1, (2, 5))
    falling_ill, finding = rng.uniform(0.005, 0.02, (2, 5)), rng.uniform(0.05, 0.2, (2, 5, 2))
    separating, searching, status = np.empty((2, 5)), np.empty((2, 5)), np.empty((2, 5, 2, 3))
    hold_all(
        inactive, unemployed, falling_ill, WELL, finding, GIVING_UP, LEAVING, RETURN, separating, searching, status
    )
    for cell in np.ndindex(2, 5):
        lose, search, share = np.empty(1), np.empty(1), np.empty(6)
        hold(
            inactive[cell], unemployed[cell], falling_ill[cell], WELL, finding[cell], GIVING_UP, LEAVING, RETURN,
            lose, search, share,
        )  # fmt: skip
        assert (separating[cell], searching[cell]) == (lose[0], search[0])
        for ill in (0, 1):
            assert status[cell][ill] == pytest.approx(share[ill::2] / share[ill::2].sum(), rel=1e-12)


@pytest.mark.parametrize("mean", [0.001, 0.08, 0.5, 0.97])
def test_rates_have_the_mean_and_the_differences_they_are_given(mean):
    log_odds, rates = np.array([-1.5, 0.0, 0.3, 2.0]), np.empty(4)
    with_mean(log_odds, mean, rates)
    assert rates.mean() == pytest.approx(mean, rel=1e-12)
    assert np.diff(np.log(rates / (1 - rates))) == pytest.approx(np.diff(log_odds), rel=1e-9)
