"""Who and what a run starts with, told again one by one from the same draws."""

import numpy as np
import pytest

from coalsim.kernels.population import found, post, settle, stratified_sizes
from coalsim.kernels.random import draw, key, normal_word, threshold, uniform
from coalsim.kernels.streams import BUSINESS_START, RESIDENT_START

KEY, PLACE = key(6), 3
BOUNDS = np.array([0, 150, 400])


def cumulative(*shares):
    return np.array([threshold(float(one)) for one in np.cumsum(shares)])


LEVEL = np.array([cumulative(0.3, 0.2, 0.2, 0.2, 0.1), cumulative(0.1, 0.1, 0.2, 0.2, 0.4)])
ILL = np.array([[threshold(share) for share in (0.4, 0.3, 0.2, 0.1, 0.1)]] * 2)
WORK = np.array([[[cumulative(0.3, 0.2), cumulative(0.4, 0.3)]] * 5] * 2)
LOCAL, DURATION = cumulative(0.6, 0.1), np.array([cumulative(0.3, 0.3, 0.2, 0.1), cumulative(0.1, 0.1, 0.2, 0.2)])
ENGAGED = threshold(0.25)


def test_residents_are_drawn_as_their_profile_says():
    column = {name: np.full(400, 99, dtype=np.int64) for name in
              ("neighbourhood", "qualification", "status", "is_ill", "months_out", "employer", "is_engaged")}  # fmt: skip
    here = settle(BOUNDS, 40, PLACE, *KEY, *column.values(), LEVEL, ILL, WORK, LOCAL, DURATION, ENGAGED)
    works_here = [0, 0]
    for i in range(400):
        n = int(i >= 150)
        level_word, illness_word, status_word, local_word = map(int, draw(i, 0, RESIDENT_START, PLACE, *KEY))
        months_word, engaged_word, _, _ = map(int, draw(i, 1, RESIDENT_START, PLACE, *KEY))
        level = int((level_word >= LEVEL[n, :4]).sum())
        ill = int(illness_word < ILL[n, level])
        status = int((status_word >= WORK[n, level, ill]).sum())
        tier, employer, months = int(level >= 3), -1, 0
        if status == 0:
            months = 12 + int(uniform(months_word) * 108)
        elif status == 1:
            months = int((months_word >= DURATION[ill, :-1]).sum())
        else:
            employer = 0 if local_word < LOCAL[tier] else -2
            works_here[tier] += employer == 0
        expected = (40 + n, level, status, ill, months, employer, int(engaged_word < ENGAGED))
        assert tuple(int(values[i]) for values in column.values()) == expected
    assert here.tolist() == works_here
    assert min(works_here) > 5
    assert set(column["months_out"][column["status"] == 1].tolist()) == {0, 1, 2, 3}


def test_a_word_on_a_threshold_is_beyond_it():
    # One resident whose every threshold is the word drawn, or just above it
    words, more = draw(0, 0, RESIDENT_START, PLACE, *KEY), draw(0, 1, RESIDENT_START, PLACE, *KEY)
    w, m = [int(word) for word in words], [int(word) for word in more]
    for above in (0, 1):
        column = [np.full(1, 99, dtype=np.int64) for _ in range(7)]
        level = np.full((1, 5), w[0] + above)
        settle(np.array([0, 1]), 0, PLACE, *KEY, *column, level, np.full((1, 5), w[1] + above),
               np.full((1, 5, 2, 2), w[2] + above), np.full(2, w[3] + above), DURATION, m[1] + above)  # fmt: skip
        _, qualification, status, is_ill, _, employer, is_engaged = (int(values[0]) for values in column)
        assert (qualification, is_ill, is_engaged) == ((0, 1, 1) if above else (4, 0, 0))
        assert (status, employer) == ((0, -1) if above else (2, -2))
    for above in (0, 1):
        column = [np.full(1, 99, dtype=np.int64) for _ in range(7)]
        work = np.array([0, 1 << 32]) + np.zeros((1, 5, 2, 2), dtype=np.int64)
        duration = np.full((2, 4), m[0] + above)
        settle(np.array([0, 1]), 0, PLACE, *KEY, *column, LEVEL[:1], ILL[:1], work, LOCAL, duration, 0)
        assert (column[2][0], column[4][0]) == (1, 0 if above else 3)
    for above in (0, 1):
        column = [np.full(1, 99, dtype=np.int64) for _ in range(7)]
        nobody = np.zeros((1, 5, 2, 2), dtype=np.int64)
        settle(
            np.array([0, 1]), 0, PLACE, *KEY, *column, LEVEL[:1], ILL[:1], nobody, np.full(2, w[3] + above), DURATION, 0
        )
        assert (column[2][0], column[5][0]) == (2, 0 if above else -2)


def test_businesses_are_drawn_with_their_posts():
    names = ("sector", "scale", "shock", "dither", "age", "target", "productivity", "vacancies_higher",
             "vacancies_other", "is_alive", "is_engaged")  # fmt: skip
    column, occupant = {name: np.zeros(120) for name in names}, np.zeros(120, dtype=np.uint32)
    natural, ages = np.linspace(1, 9, 100), np.array([0, 12, 36, 60, 300])
    bands = cumulative(0.2, 0.3, 0.2, 0.3)
    filled = found(
        10, PLACE, *KEY, 4, natural, 0.7, *column.values(), ages, bands, 0.3, 0.15, 0.35, 41000.0, ENGAGED, occupant
    )
    everything = 0
    for k in range(100):
        b = 10 + k
        dither, age, within, opened = draw(b, 0, BUSINESS_START, PLACE, *KEY)
        shock = 0.3 * normal_word(*draw(b, 1, BUSINESS_START, PLACE, *KEY))
        skilled, engaged, _, _ = draw(b, 2, BUSINESS_START, PLACE, *KEY)
        scale = natural[k] * 0.7
        band = int((int(age) >= bands[:3]).sum())
        months = ages[band] + int(uniform(within) * (ages[band + 1] - ages[band]))
        # 1e-12 for the last place of `exp`: no target lies so near a whole number
        target = max(1, int(scale * np.exp(shock) + uniform(dither)))
        posts = min(int(target * 0.15 + uniform(opened)), target - 1)
        higher = int(posts * 0.35 + uniform(skilled))
        expected = (
            4,
            scale,
            shock,
            uniform(dither),
            months,
            target,
            41000,
            higher,
            posts - higher,
            1,
            int(int(engaged) < ENGAGED),
        )
        assert [float(values[b]) for values in column.values()] == pytest.approx(expected, rel=1e-13)
        everything += target - posts
    assert filled == everything
    assert (occupant[10:110] == 1).all()
    outside = np.r_[0:10, 110:120]
    assert not any(values[outside].any() for values in (*column.values(), occupant))
    assert (column["target"] - column["vacancies_higher"] - column["vacancies_other"] == 1).any()


def test_sizes_are_spread_evenly_over_a_pareto_distribution():
    sizes = stratified_sizes(200, 1.1, 60.0)
    tail = 1 - (np.arange(200) + 0.5) / 200
    assert sizes == pytest.approx(np.minimum(tail ** (-1 / 1.1), 60), rel=1e-13)
    assert sizes.max() == 60 > sizes[-3]


@pytest.mark.parametrize("higher_posts", [1, 4])
@pytest.mark.parametrize("n_workers", [0, 3, 7, 9])
def test_posts_go_to_residents_then_to_higher_skilled_and_other_commuters(n_workers, higher_posts):
    target, higher, other = np.array([3, 0, 4, 2]), np.array([1, 0, 0, 1]), np.array([0, 0, 1, 0])
    owner = [0, 0, 2, 2, 2, 3]
    order = np.array([4, 0, 5, 2, 1, 3])
    workers = np.array([8, 1, 4, 0, 9, 3, 6, 2, 5])[:n_workers]
    employer, residents = np.full(10, -1), np.zeros(4, dtype=np.int64)
    commuters = np.zeros(4, dtype=np.int64), np.zeros(4, dtype=np.int64)
    post(workers, order, target, higher, other, 50, employer, residents, *commuters, higher_posts)
    given = [owner[k] for k in order]
    taken = min(n_workers, 6)
    assert employer[workers].tolist() == [50 + b for b in given[:taken]] + [-2] * (n_workers - taken)
    assert (employer == -1).sum() == 10 - n_workers
    for found_in, expected in zip(
        (residents, *commuters), (given[:taken], given[taken : taken + higher_posts], given[taken + higher_posts :])
    ):
        assert found_in.tolist() == [expected.count(b) for b in range(4)]
