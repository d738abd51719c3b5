"""Conditions of neighbourhoods against their formulas in numpy."""

import numpy as np
import pytest

from coalsim.kernels.conditions import (
    add_changes,
    components,
    means,
    morans_i,
    move,
    need_for,
    quality,
    response,
    spend_for,
)

# Four neighbourhoods, of which the first has two neighbours and the last none
INDPTR, NEIGHBOURS = np.array([0, 2, 3, 4, 4]), np.array([1, 2, 0, 0])
SPEED, SPILLOVER, ETA = np.array([0.01, 0.02, 0.05, 0.1, 0.2]), 0.03, 0.6
HOMES = np.array([100, 250, 50, 400])
RNG = np.random.default_rng(3)
CONDITION, SPEND = RNG.uniform(0.2, 0.8, (4, 5)), RNG.uniform(50, 400, (4, 5))
NEED, EXTRA = RNG.uniform(100, 300, (4, 5)), RNG.uniform(-0.1, 0.1, (4, 5))
PEOPLE = RNG.integers(0, 50, (4, 3, 5, 2))
BETWEEN = np.array([CONDITION[[1, 2]].mean(axis=0), CONDITION[0], CONDITION[0], CONDITION[3]])  # the neighbours' mean


def moved(spend=SPEND, extra=EXTRA, need=NEED):
    out = np.empty((4, 5))
    move(CONDITION, spend, need, extra, SPEED, SPILLOVER, ETA, INDPTR, NEIGHBOURS, out)
    return out


@pytest.mark.parametrize("eta", [0.4, 1.0, 2.5])
def test_a_response_is_a_hill_curve_and_has_an_inverse(eta):
    for x in (0.01, 0.5, 1.0, 3.0, 40.0):
        assert response(x, eta) == pytest.approx(x**eta / (1 + x**eta), rel=1e-14)
        assert spend_for(response(x, eta), eta) == pytest.approx(x, rel=1e-12)
    assert response(0.0, eta) == 0


def test_a_condition_moves_to_its_target_and_to_its_neighbours():
    x = (SPEND / NEED) ** ETA
    target = x / (1 + x) + EXTRA
    assert moved() == pytest.approx(
        CONDITION + SPEED * (target - CONDITION) + SPILLOVER * (BETWEEN - CONDITION), rel=1e-12
    )


def test_no_condition_leaves_its_range():
    assert (moved(extra=np.full((4, 5), 100.0)) == 0.99).all()
    assert (moved(extra=np.full((4, 5), -100.0)) == 0.01).all()


def test_need_is_what_holds_a_condition_still():
    spend, need = SPEND[0], np.empty((4, 5))
    need_for(CONDITION, spend, SPEED, SPILLOVER, ETA, INDPTR, NEIGHBOURS, need)
    target = CONDITION - SPILLOVER * (BETWEEN - CONDITION) / SPEED
    can_be_held = (target > 0.02) & (target < 0.98)
    assert 3 < can_be_held.sum() < 20
    still = moved(np.tile(spend, (4, 1)), np.zeros((4, 5)), need)
    assert still[can_be_held] == pytest.approx(CONDITION[can_be_held], rel=1e-12)
    cut = np.clip(target, 0.02, 0.98)
    assert need == pytest.approx(spend / (cut / (1 - cut)) ** (1 / ETA), rel=1e-11)


def test_a_condition_that_never_moves_of_its_own_has_the_need_that_its_spending_meets():
    need = np.empty((4, 5))
    need_for(CONDITION, SPEND[0], np.zeros(5), 0.0, ETA, INDPTR, NEIGHBOURS, need)
    assert need == pytest.approx(SPEND[0] / (CONDITION / (1 - CONDITION)) ** (1 / ETA), rel=1e-11)


@pytest.mark.parametrize("rho", [-2.0, -1.1e-9, 1.1e-9, 0.5, 1.0])
def test_quality_is_a_ces_mean(rho):
    weights, out = np.array([0.1, 0.15, 0.2, 0.25, 0.3]), np.empty(4)
    quality(CONDITION, weights, rho, out)
    assert out == pytest.approx(
        (weights * CONDITION**rho).sum(axis=1) ** (1 / rho), rel=1e-12 if abs(rho) > 0.1 else 1e-6
    )


@pytest.mark.parametrize("rho", [-9e-10, 0.0, 9e-10])
def test_quality_at_nought_is_the_geometric_mean(rho):
    weights, out = np.array([0.1, 0.15, 0.2, 0.25, 0.3]), np.empty(4)
    quality(CONDITION, weights, rho, out)
    assert out == pytest.approx(np.prod(CONDITION**weights, axis=1), rel=1e-14)


def test_means_are_over_residents():
    out = np.full(5, 7.0)
    means(CONDITION, HOMES, out)
    assert out == pytest.approx(np.average(CONDITION, axis=0, weights=HOMES), rel=1e-14)


def test_deprivation_hangs_on_work_illness_qualifications_and_three_conditions():
    out = np.empty((6, 4))
    components(PEOPLE, CONDITION, HOMES, out)
    inactive, unemployed = PEOPLE[:, 0], PEOPLE[:, 1]
    out_of_work = unemployed.sum(axis=(1, 2)) + inactive[:, :, 1].sum(axis=1)
    shares = [out_of_work, PEOPLE[..., 1].sum(axis=(1, 2)), PEOPLE[:, :, 0].sum(axis=(1, 2))]
    assert out[:3] == pytest.approx(np.array(shares) / HOMES, rel=1e-15)
    assert (out[3:] == -CONDITION[:, [3, 1, 4]].T).all()


def test_changes_are_weighted_and_added():
    base, now, before = RNG.normal(size=4), RNG.normal(size=(6, 4)), RNG.normal(size=(6, 4))
    weights, out = RNG.normal(size=6), np.empty(4)
    add_changes(base, now, before, weights, out)
    assert out == pytest.approx(base + weights @ (now - before), rel=1e-12)


def test_morans_i_is_its_formula():
    value = np.array([3.0, 2.5, -1.0, 0.5])
    links = np.zeros((4, 4))
    for i in range(4):
        links[i, NEIGHBOURS[INDPTR[i] : INDPTR[i + 1]]] = 1
    z = value - value.mean()
    assert morans_i(value, INDPTR, NEIGHBOURS) == pytest.approx(4 / links.sum() * (z @ links @ z) / (z @ z), rel=1e-14)


def test_morans_i_of_equals_or_of_islands_is_nought():
    assert morans_i(np.full(4, 0.5), INDPTR, NEIGHBOURS) == 0
    assert morans_i(np.array([1.0, 2.0]), np.zeros(3, dtype=np.int64), np.empty(0, dtype=np.int64)) == 0
