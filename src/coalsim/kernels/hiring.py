"""Who gets which post: seekers are ranked by their draw, posts are taken evenly, commuters take what is left."""

import numpy as np

from coalsim.kernels.compiling import compile

UNEMPLOYED, EMPLOYED = 1, 2
OUTSIDE, NONE = -2, -1
ROW = (1 << 30) - 1


def take_posts(n, vacancies, offset):
    """Spread `n` hires evenly over open posts, lowering `vacancies`.

    Parameters
    ----------
    n : int, hires wanted
    vacancies : (slots,) int32, posts open at each business, changed in place
    offset : float in (0, 1), where in the even spacing the first hire falls

    Returns
    -------
    (hires,) int64, the business of each hire, in order: n of them, or as many as there are vacancies
    """
    open_posts = 0
    for b in range(vacancies.size):
        open_posts += vacancies[b]
    n = min(n, open_posts)
    filled = np.empty(n, dtype=np.int64)
    if n == 0:
        return filled
    b = 0
    passed = 0
    here = vacancies[0]
    for k in range(n):
        post = min(int((k + offset) / n * open_posts), open_posts - 1)
        while post >= passed + here:
            passed += here
            b += 1
            here = vacancies[b]
        filled[k] = b
    for k in range(n):
        vacancies[filled[k]] -= 1
    return filled


def hire_residents(seekers, vacancies, offset, first_slot, status, months_out, employer, residents):
    """Give open posts to seekers in the order of `seekers` (sorted: lowest draw first) until none is left.

    Returns
    -------
    int, residents hired
    """
    filled = take_posts(seekers.size, vacancies, offset)
    for k in range(filled.size):
        i = seekers[k] & ROW
        status[i] = EMPLOYED
        employer[i] = first_slot + filled[k]
        months_out[i] = 0
        residents[filled[k]] += 1
    return filled.size


def hire_commuters(wanted, vacancies, offset, commuters):
    """Give up to `wanted` of the remaining posts to in-commuters; returns how many were filled."""
    filled = take_posts(wanted, vacancies, offset)
    for k in range(filled.size):
        commuters[filled[k]] += 1
    return filled.size


def hire_away(seekers, first, last, status, months_out, employer, neighbourhood, found):
    """Give work elsewhere to `seekers` from the `first` to the one before the `last`.

    `neighbourhood` (rows,) and `found` (n,) int64 serve to count them where they live.
    """
    for k in range(first, last):
        i = seekers[k] & ROW
        status[i] = EMPLOYED
        employer[i] = OUTSIDE
        months_out[i] = 0
        found[neighbourhood[i] - neighbourhood[0]] += 1


def dismiss(at_risk, n, status, months_out, employer, neighbourhood, lost):
    """Take the work elsewhere from the first `n` of `at_risk`, and count them where they live."""
    for k in range(n):
        i = at_risk[k] & ROW
        status[i] = UNEMPLOYED
        employer[i] = NONE
        months_out[i] = 0
        lost[neighbourhood[i] - neighbourhood[0]] += 1


def let_commuters_go(n, offset, higher, other):
    """Take `n` commuters from the businesses, spread evenly over all of them, higher-skilled ones of a business first.

    Parameters
    ----------
    n : int, at most the sum of `higher` and `other`
    offset : float in (0, 1), where in the even spacing the first falls
    higher, other : (slots,) int32, commuters of each business, changed in place
    """
    there = 0
    for b in range(higher.size):
        there += higher[b] + other[b]
    b = 0
    passed = 0
    skilled, here = 0, 0
    if n > 0:
        skilled, here = higher[0], higher[0] + other[0]
    for k in range(n):
        who = min(int((k + offset) / n * there), there - 1)
        while who >= passed + here:
            passed += here
            b += 1
            skilled, here = higher[b], higher[b] + other[b]
        if who - passed < skilled:
            higher[b] -= 1
        else:
            other[b] -= 1


take_posts = compile(take_posts)
hire_residents = compile(hire_residents)
hire_commuters = compile(hire_commuters)
hire_away = compile(hire_away)
dismiss = compile(dismiss)
let_commuters_go = compile(let_commuters_go)
