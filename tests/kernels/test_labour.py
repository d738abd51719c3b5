"""Chances in the labour market against numpy, written with whole arrays."""

import numpy as np
import pytest

from coalsim.kernels.labour import (
    beginning,
    expected_away,
    expected_departures,
    expected_hires,
    life_chances,
    newcomers_drawn,
    prospects,
    pulls,
    tightness,
)

RNG = np.random.default_rng(4)
TIER = np.array([0, 0, 0, 1, 1])  # by level
LOCAL, REACH = np.array([0.7, 0.4]), 0.6
SEEKERS, FINDING = RNG.integers(0, 40, (3, 5, 2, 4)), RNG.uniform(0.02, 0.2, (3, 5, 2, 4))
HERE = LOCAL[TIER][:, None, None]
HIGHER = (REACH * TIER)[:, None, None]
QUALITY, LEVEL = np.array([0.1, -0.05, 0.0]), RNG.dirichlet(np.ones(5), 3)
FACTOR = np.array([0.9, 1.0, 1.1, 1.2, 0.8])
STEPS = np.arange(5)


def thresholds(chance):
    """Chances from 0 to 1 as numbers of words."""
    return np.rint(np.asarray(chance) * 2.0**32)


def same(found, chance):
    """To two words of 2**32, since `exp` differs from numpy's in the last place."""
    assert abs(found - thresholds(chance)).max() <= 2


def test_hires_are_expected_by_who_seeks_and_finds_here():
    out = np.full(2, 7.0)
    expected_hires(SEEKERS, FINDING, LOCAL, REACH, out)
    found = SEEKERS * FINDING * HERE
    assert out == pytest.approx([(found * HIGHER).sum(), (found * (1 - HIGHER)).sum()], rel=1e-13)


def test_the_others_find_work_elsewhere():
    assert expected_away(SEEKERS, FINDING, LOCAL) == pytest.approx((SEEKERS * FINDING * (1 - HERE)).sum(), rel=1e-13)


def test_work_elsewhere_ends_by_leaving_it_or_by_moving_house():
    employed, leave = RNG.integers(0, 90, (3, 5, 2)), RNG.uniform(0.005, 0.05, (3, 5, 2))
    turnover, comes = 0.02, np.array([0.6, 0.7, 0.8])
    goes = turnover * (1 - comes[:, None, None]) + (1 - turnover) * leave
    truth = (employed * (1 - LOCAL[TIER][:, None]) * goes).sum()
    assert expected_departures(employed, LOCAL, leave, turnover, comes) == pytest.approx(truth, rel=1e-13)


def test_a_pull_is_exponential_in_level_and_quality():
    pull = np.empty((3, 5))
    pulls(LEVEL, QUALITY, 2.5, pull)
    assert pull == pytest.approx(LEVEL * np.exp(2.5 * STEPS * QUALITY[:, None]), rel=1e-14)


def test_newcomers_are_shared_by_pull_and_factor():
    weight, out = np.array([3.0, 5.0, 1.0]), np.full(5, 7.0)
    newcomers_drawn(LEVEL, FACTOR, weight, out)
    shares = LEVEL * FACTOR / (LEVEL * FACTOR).sum(axis=1, keepdims=True)
    assert out == pytest.approx(weight @ shares, rel=1e-13)


@pytest.mark.parametrize("elasticity", [0.3, 0.5, 0.7])
def test_tightness_is_cobb_douglas(elasticity):
    found = tightness(30.0, 20.0, 80.0, 100.0, elasticity)
    assert found == pytest.approx(((30 / 20) / (80 / 100)) ** (1 - elasticity), rel=1e-14)
    assert tightness(20.0, 20.0, 100.0, 100.0, elasticity) == 1
    assert tightness(0.0, 20.0, 100.0, 100.0, elasticity) == 0
    assert tightness(0.5, 1.0, 100.0, 100.0, elasticity) > 0
    assert tightness(20.0, 20.0, 0.0, 100.0, elasticity) == pytest.approx(1e9 ** (1 - elasticity), rel=1e-12)


def test_prospects_are_cumulative_thresholds_of_three_markets_and_of_giving_up():
    find, giving_up = np.empty((3, 5, 2, 4, 4), dtype=np.int64), np.array([0.02, 0.05])
    higher, other, outside = 1.3, 0.8, 1.1
    prospects(FINDING, LOCAL, REACH, giving_up, higher, other, outside, find)
    parts = [FINDING * HERE * HIGHER * higher, FINDING * HERE * (1 - HIGHER) * other, FINDING * (1 - HERE) * outside]
    parts.append(np.broadcast_to(giving_up[:, None], FINDING.shape))
    assert sum(parts[:3]).max() < 0.95
    same(find, np.cumsum(np.stack(parts, axis=-1), axis=-1))


def test_finds_and_giving_up_together_are_no_more_than_certain():
    find, giving_up = np.empty((3, 5, 2, 4, 4), dtype=np.int64), np.array([0.02, 0.3])
    prospects(FINDING, LOCAL, REACH, giving_up, 90.0, 100.0, 110.0, find)
    same(find[..., 2], 0.95 + np.zeros(FINDING.shape))
    same(find[:, :, 0, :, 3], 0.97 + np.zeros((3, 5, 4)))
    same(find[:, :, 1, :, 3], 1 + np.zeros((3, 5, 4)))
    parts = [FINDING * HERE * HIGHER * 90, FINDING * HERE * (1 - HIGHER) * 100, FINDING * (1 - HERE) * 110]
    same(find[..., 0], 0.95 * parts[0] / sum(parts))
    same(find[..., 1], 0.95 * (parts[0] + parts[1]) / sum(parts))


def test_without_chances_nobody_finds_anything():
    find = np.empty((3, 5, 2, 4, 4), dtype=np.int64)
    prospects(0 * FINDING, LOCAL, REACH, np.zeros(2), 1.0, 1.0, 1.0, find)
    assert (find == 0).all()


def test_beginning_to_search_is_at_most_nine_in_ten():
    searching, begin = RNG.uniform(0.1, 0.6, (3, 5, 2)), np.empty((3, 5, 2), dtype=np.int64)
    beginning(searching, 2.0, begin)
    assert (2 * searching).max() > 0.9 > (2 * searching).min()
    same(begin, np.minimum(2 * searching, 0.9))


def test_lives_follow_conditions():
    condition, falling_ill = RNG.uniform(-0.1, 0.1, (3, 2)), RNG.uniform(0.002, 0.02, (3, 5))
    fall_ill, newcomer_level = np.empty((3, 5), dtype=np.int64), np.empty((3, 5), dtype=np.int64)
    learn, move = np.empty(3, dtype=np.int64), np.empty((3, 2), dtype=np.int64)
    life_chances(
        condition, QUALITY, falling_ill, 1.5, 0.004, 2.0, 0.003, 0.012, 2.5, LEVEL, 1.7, 0.02, FACTOR,
        fall_ill, learn, move, newcomer_level,
    )  # fmt: skip
    same(fall_ill, falling_ill * np.exp(-1.5 * condition[:, 1:]))
    same(learn, 0.004 * np.exp(2.0 * condition[:, 0]))
    same(move[:, 0], np.full(3, 0.015))
    same(move[:, 1], 0.003 + 0.012 * np.exp(-2.5 * (QUALITY - 0.02)))
    drawn = LEVEL * np.exp(1.7 * STEPS * QUALITY[:, None]) * FACTOR
    same(newcomer_level, np.cumsum(drawn, axis=1) / drawn.sum(axis=1, keepdims=True))


def test_where_nobody_searched_at_the_start_only_posts_count():
    assert tightness(2.0, 2.0, 0.0, 0.0, 0.6) == 1
    assert tightness(4.0, 2.0, 3.0, 0.0, 0.6) == tightness(4.0, 2.0, 1.0, 1.0, 0.6)
