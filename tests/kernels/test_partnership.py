"""What a plan is worth, who gets shares, and who engages: against the formulas in numpy."""

import numpy as np
import pytest

from coalsim.kernels.partnership import engaging, priorities, shares
from coalsim.kernels.random import threshold

RNG = np.random.default_rng(8)
CONDITION, SPEND, NEED = RNG.uniform(0.2, 0.8, (3, 5)), RNG.uniform(50, 400, (3, 5)), RNG.uniform(100, 300, (3, 5))
HOMES, ALLOWED = np.array([100, 300, 50]), np.array([True, False, True, True, False])


def logistic(x):
    return 1 / (1 + np.exp(-x))


def test_a_priority_is_the_gain_of_a_pound_where_deprivation_weighs():
    quality, deprivation = RNG.uniform(0.3, 0.7, 3), np.array([-1.0, 0.5, 2.5])
    weights, focus = np.array([0.1, 0.15, 0.2, 0.25, 0.3]), np.array([1.0, 0.5, 2.0, 1.5, 0.8])
    rho, eta, severe, out = -0.5, 0.6, 1.3, np.empty((3, 5))
    priorities(CONDITION, SPEND, NEED, quality, deprivation, weights, focus, rho, eta, severe, out)
    x = SPEND / NEED
    gain = eta * x ** (eta - 1) / (1 + x**eta) ** 2 / NEED
    worth = weights * (quality[:, None] / CONDITION) ** (1 - rho)
    severity = 0.05 + logistic(2 * (deprivation - severe))
    assert out == pytest.approx(gain * worth * severity[:, None] * focus, rel=1e-12)


def test_where_nothing_is_spent_a_priority_is_that_of_a_millionth_of_need():
    one = np.ones((1, 5))
    nothing, millionth = np.empty((1, 5)), np.empty((1, 5))
    for spend, out in ((0 * one, nothing), (1e-6 * one, millionth)):
        priorities(one / 2, spend, one, np.ones(1), np.zeros(1), np.ones(5), np.ones(5), 0.5, 0.6, 1.0, out)
    assert (nothing == millionth).all()
    assert np.isfinite(nothing).all()


@pytest.mark.parametrize("accuracy", [0.0, 0.3, 1.0])
def test_shares_follow_priorities_as_far_as_evidence_goes(accuracy):
    priority, out = RNG.uniform(0, 1, (3, 5)), np.empty((3, 5))
    shares(priority, HOMES, ALLOWED, accuracy, out)
    allowed = np.where(ALLOWED, HOMES[:, None], 0.0)
    wanted = priority * allowed
    assert out == pytest.approx(accuracy * wanted / wanted.sum() + (1 - accuracy) * allowed / allowed.sum(), rel=1e-13)


def test_without_any_priority_shares_are_flat():
    out = np.empty((3, 5))
    shares(np.zeros((3, 5)), HOMES, ALLOWED, 0.8, out)
    allowed = np.where(ALLOWED, HOMES[:, None], 0.0)
    assert out == pytest.approx(allowed / allowed.sum(), rel=1e-13)


def test_residents_engage_by_brock_and_durlaufs_chance():
    change, engaged, homes = np.array([0.1, -0.2, 0.0]), np.array([10, 150, 25]), HOMES
    rest, effect, peer, beta, out = -0.3, 1.5, 0.4, 1.2, np.empty(3, dtype=np.int64)
    engaging(rest, effect, change, peer, engaged, homes, beta, out)
    chance = logistic(2 * beta * (rest + effect * change + peer * (2 * engaged / homes - 1)))
    assert abs(out - [threshold(one) for one in chance]).max() <= 1  # of 2**32, as exp differs in the last place
