"""Who gets which post, against lists of posts written out one by one."""

import numpy as np
import pytest

from coalsim.kernels.hiring import dismiss, hire_away, hire_commuters, hire_residents, let_commuters_go, take_posts

VACANCIES = np.array([0, 2, 0, 1, 4, 0, 3], dtype=np.int32)
WORD = 1 << 30  # a seeker is a draw times this, plus a row


def evenly(n, there, offset):
    """Positions, evenly spaced, of `n` among `there`."""
    return [min(int((k + offset) / n * there), there - 1) for k in range(n)]


def owners(vacancies):
    """The business of every open post."""
    return [b for b, n in enumerate(vacancies) for _ in range(n)]


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 9, 10, 11, 50])
@pytest.mark.parametrize("offset", [2.0**-33, 0.3, 0.5, 1 - 2.0**-33])
def test_posts_are_taken_evenly_until_none_is_left(n, offset):
    left, posts = VACANCIES.copy(), owners(VACANCIES)
    found = take_posts(n, left, offset)
    n = min(n, 10)
    assert found.tolist() == [posts[k] for k in evenly(n, 10, offset)]
    assert (left == VACANCIES - np.bincount(found, minlength=7)).all()


def test_without_posts_nobody_is_hired():
    assert take_posts(3, np.zeros(4, dtype=np.int32), 0.5).size == 0
    assert take_posts(3, np.zeros(0, dtype=np.int32), 0.5).size == 0


def people():
    """Status, months without work, employer and neighbourhood of nine residents."""
    return (
        np.full(9, 1, dtype=np.int8),
        np.arange(5, 14, dtype=np.int16),
        np.full(9, -1, dtype=np.int32),
        np.array([20, 20, 21, 21, 21, 22, 22, 23, 23]),
    )


def test_residents_are_hired_in_the_order_of_their_draws():
    status, months_out, employer, _ = people()
    residents, left = np.arange(7, dtype=np.int32), VACANCIES.copy()
    rows = [4, 0, 8]
    seekers = np.array([7 * WORD + 4, 8 * WORD, 9 * WORD + 8])
    assert hire_residents(seekers, left, 0.5, 100, status, months_out, employer, residents) == 3
    hired = [owners(VACANCIES)[k] for k in evenly(3, 10, 0.5)]
    assert len(set(hired)) == 3
    assert employer[rows].tolist() == [100 + b for b in hired]
    assert (status[rows] == 2).all()
    assert (months_out[rows] == 0).all()
    others = [1, 2, 3, 5, 6, 7]
    assert (status[others] == 1).all()
    assert (employer[others] == -1).all()
    assert (residents == np.arange(7) + np.bincount(hired, minlength=7)).all()


def test_who_comes_last_goes_without():
    status, months_out, employer, _ = people()
    seekers = np.array([WORD + 3, 2 * WORD + 5])
    one_post = np.array([0, 1], dtype=np.int32)
    assert hire_residents(seekers, one_post, 0.5, 0, status, months_out, employer, np.zeros(2, dtype=np.int32)) == 1
    assert employer.tolist() == [-1, -1, -1, 1, -1, -1, -1, -1, -1]


def test_commuters_fill_what_is_wanted():
    commuters, left = np.arange(7, dtype=np.int32), VACANCIES.copy()
    assert hire_commuters(4, left, 0.25, commuters) == 4
    hired = [owners(VACANCIES)[k] for k in evenly(4, 10, 0.25)]
    assert (commuters == np.arange(7) + np.bincount(hired, minlength=7)).all()
    assert (left == VACANCIES - np.bincount(hired, minlength=7)).all()
    assert hire_commuters(50, left, 0.25, commuters) == 6


def test_work_elsewhere_goes_to_a_stretch_of_the_line():
    status, months_out, employer, home = people()
    found = np.zeros(4, dtype=np.int64)
    hire_away(
        np.array([WORD + 8, WORD + 2, 2 * WORD + 7, 3 * WORD + 3]), 1, 3, status, months_out, employer, home, found
    )
    assert found.tolist() == [0, 1, 0, 1]
    assert np.flatnonzero(status == 2).tolist() == [2, 7]
    assert np.flatnonzero(employer == -2).tolist() == [2, 7]
    assert np.flatnonzero(months_out == 0).tolist() == [2, 7]


def test_work_elsewhere_is_taken_from_the_first():
    status, months_out, employer, home = people()
    status[:], employer[:], lost = 2, -2, np.zeros(4, dtype=np.int64)
    dismiss(np.array([WORD + 6, 2 * WORD, 3 * WORD + 1]), 2, status, months_out, employer, home, lost)
    assert lost.tolist() == [1, 0, 1, 0]
    for column, value in ((status, 1), (employer, -1), (months_out, 0)):
        assert np.flatnonzero(column == value).tolist() == [0, 6]


@pytest.mark.parametrize("n", [0, 1, 3, 11, 12])
@pytest.mark.parametrize("offset", [2.0**-33, 0.4, 1 - 2.0**-33])
def test_commuters_go_evenly_and_the_higher_skilled_of_a_business_first(n, offset):
    higher, other = np.array([0, 2, 1, 0, 3], dtype=np.int32), np.array([1, 0, 2, 0, 3], dtype=np.int32)
    posts = [(b, kind) for b in range(5) for kind, there in ((0, higher), (1, other)) for _ in range(there[b])]
    gone = [posts[k] for k in evenly(n, 12, offset)]
    left = [higher.copy(), other.copy()]
    let_commuters_go(n, offset, *left)
    for kind, before in ((0, higher), (1, other)):
        assert (before - left[kind] == [gone.count((b, kind)) for b in range(5)]).all()


def test_no_business_has_no_commuters_to_let_go():
    let_commuters_go(0, 0.5, np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32))


def test_people_are_counted_where_they_live_from_the_places_first_neighbourhood_on():
    status, employer, months_out = (
        np.full(4, 1, dtype=np.int8),
        np.full(4, -1, dtype=np.int32),
        np.ones(4, dtype=np.uint8),
    )
    home, found, lost = np.array([5, 6, 6, 7]), np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64)
    hire_away(np.array([WORD, 2 * WORD + 3]), 0, 2, status, months_out, employer, home, found)
    dismiss(np.array([WORD + 3]), 1, status, months_out, employer, home, lost)
    assert (found.tolist(), lost.tolist()) == ([1, 0, 1], [0, 0, 1])
