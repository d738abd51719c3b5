"""Who gets which post: seekers are ranked by their draw, posts are taken evenly, commuters take what is left."""

from coalsim.kernels.compiling import compile

UNEMPLOYED, EMPLOYED = 1, 2
ROW = (1 << 30) - 1


def take_posts(n, vacancies, offset, filled):
    """Spread `n` hires evenly over open posts, lowering `vacancies` and raising `filled` by business.

    Parameters
    ----------
    n : int, hires, at most the sum of `vacancies`
    vacancies : (slots,) int32, posts open at each business, changed in place
    offset : float in (0, 1), where in the even spacing the first hire falls
    filled : (n,) int64, the business of each hire, in order

    Returns
    -------
    int, hires made: n, or every vacancy when there are fewer
    """
    open_posts = 0
    for b in range(vacancies.size):
        open_posts += vacancies[b]
    n = min(n, open_posts)
    if n == 0:
        return 0
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
    return n


def hire_residents(seekers, vacancies, offset, filled, first_slot, status, months_out, employer, residents):
    """Give open posts to seekers in the order of `seekers` (sorted: lowest draw first) until none is left.

    Returns
    -------
    int, residents hired
    """
    n = take_posts(seekers.size, vacancies, offset, filled)
    for k in range(n):
        i = seekers[k] & ROW
        status[i] = EMPLOYED
        employer[i] = first_slot + filled[k]
        months_out[i] = 0
        residents[filled[k]] += 1
    return n


def hire_commuters(wanted, vacancies, offset, filled, commuters):
    """Give up to `wanted` of the remaining posts to in-commuters; returns how many were filled."""
    n = take_posts(wanted, vacancies, offset, filled)
    for k in range(n):
        commuters[filled[k]] += 1
    return n


take_posts = compile(take_posts)
hire_residents = compile(hire_residents)
hire_commuters = compile(hire_commuters)
