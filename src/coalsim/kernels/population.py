"""The residents and businesses that a run starts with, drawn from the profiles of their place."""

import numpy as np

from coalsim.kernels.compiling import compile
from coalsim.kernels.maths import exp, power
from coalsim.kernels.random import draw, normal_word, uniform
from coalsim.kernels.streams import BUSINESS_START, RESIDENT_START

INACTIVE, UNEMPLOYED, EMPLOYED = 0, 1, 2
OUTSIDE, NONE = -2, -1
HIGHER_LEVEL = 3


def settle(
    bounds, first_neighbourhood, place, k0, k1,
    neighbourhood, qualification, status, is_ill, months_out, employer, is_engaged,
    level, ill, work, local, duration, engaged,
):  # fmt: skip
    """Draw every resident of a locality: level, illness, status, time out of work, and where the employed work.

    Parameters
    ----------
    level : (n, 5) int64, cumulative thresholds; ill : (n, 5); work : (n, 5, 2, 2), inactive, inactive or unemployed
    local : (2,) int64, by tier: threshold of working in the locality when employed
    duration : (2, m) int64, by illness: cumulative thresholds of months out of work of the unemployed
    engaged : int64, threshold of being engaged at the start

    Returns
    -------
    (2,) int64, residents who work in the locality by tier; their `employer` is 0 until `post` gives them one
    """
    here = np.zeros(2, dtype=np.int64)
    for n in range(bounds.size - 1):
        for i in range(bounds[n], bounds[n + 1]):
            u0, u1, u2, u3 = draw(i, 0, RESIDENT_START, place, k0, k1)
            v0, v1, _, _ = draw(i, 1, RESIDENT_START, place, k0, k1)
            q = 0
            while q < 4 and np.int64(u0) >= level[n, q]:
                q += 1
            tier = 1 if q >= HIGHER_LEVEL else 0
            sick = 1 if np.int64(u1) < ill[n, q] else 0
            neighbourhood[i] = first_neighbourhood + n
            qualification[i] = q
            is_ill[i] = sick == 1
            is_engaged[i] = np.int64(v1) < engaged
            employer[i] = NONE
            months_out[i] = 0
            if np.int64(u2) < work[n, q, sick, 0]:
                status[i] = INACTIVE
                months_out[i] = 12 + int(uniform(v0) * 108)
            elif np.int64(u2) < work[n, q, sick, 1]:
                status[i] = UNEMPLOYED
                m = 0
                while m < duration.shape[1] - 1 and np.int64(v0) >= duration[sick, m]:
                    m += 1
                months_out[i] = m
            else:
                status[i] = EMPLOYED
                if np.int64(u3) < local[tier]:
                    employer[i] = 0
                    here[tier] += 1
                else:
                    employer[i] = OUTSIDE
    return here


def found(
    first, place, k0, k1, sector_number, natural, unit,
    sector, scale, shock, dither, age, target, productivity, vacancies_higher, vacancies_other, is_alive, is_engaged,
    ages, age_cumulative, shock_sd, vacancy_share, higher_share, sector_productivity, engaged, occupant,
):  # fmt: skip
    """Open the businesses of one sector in slots `first`, `first` + 1, ... and give each its posts.

    Parameters
    ----------
    natural : (m,) float64, natural sizes in units of `unit` jobs
    ages : (5,) int64, edges of age bands in months; age_cumulative : (4,) int64, thresholds of the bands
    vacancy_share : float, share of wanted posts that start open
    engaged : int64, threshold of being engaged

    Returns
    -------
    int, posts to be filled: wanted posts less open ones
    """
    filled = 0
    for k in range(natural.size):
        b = first + k
        u0, u1, u2, u3 = draw(b, 0, BUSINESS_START, place, k0, k1)
        v0, v1, v2, v3 = draw(b, 1, BUSINESS_START, place, k0, k1)
        x0, x1, _, _ = draw(b, 2, BUSINESS_START, place, k0, k1)
        sector[b] = sector_number
        scale[b] = natural[k] * unit
        shock[b] = shock_sd * normal_word(v0, v1, v2, v3)
        dither[b] = uniform(u0)
        band = 0
        while band < 3 and np.int64(u1) >= age_cumulative[band]:
            band += 1
        age[b] = ages[band] + int(uniform(u2) * (ages[band + 1] - ages[band]))
        target[b] = max(1, int(scale[b] * exp(shock[b]) + dither[b]))
        open_posts = min(int(target[b] * vacancy_share + uniform(u3)), target[b] - 1)
        vacancies_higher[b] = int(open_posts * higher_share + uniform(x0))
        vacancies_other[b] = open_posts - vacancies_higher[b]
        productivity[b] = sector_productivity
        is_alive[b] = True
        is_engaged[b] = np.int64(x1) < engaged
        occupant[b] = 1
        filled += target[b] - open_posts
    return filled


def stratified_sizes(n, exponent, largest):
    """`n` sizes spread evenly over a Pareto distribution from 1 to `largest` with the given tail exponent."""
    sizes = np.empty(n)
    for k in range(n):
        tail = 1.0 - (k + 0.5) / n
        sizes[k] = min(power(tail, -1.0 / exponent), largest)
    return sizes


def post(workers, order, target, vacancies_higher, vacancies_other, first_slot, employer,
         residents, commuters_higher, commuters_other, commuting_higher):  # fmt: skip
    """Fill every filled post: residents who work here first, in shuffled order, then in-commuters.

    Parameters
    ----------
    workers : (w,) int64, rows of residents who work in the locality
    order : (p,) int64, a shuffle of the p filled posts, numbered through the slots
    commuting_higher : int, how many of the commuters' posts are higher-skilled
    """
    posts = order.size
    owner = np.empty(posts, dtype=np.int64)
    p = 0
    for b in range(target.size):
        for _ in range(target[b] - vacancies_higher[b] - vacancies_other[b]):
            owner[p] = b
            p += 1
    taken = min(workers.size, posts)
    for k in range(taken):
        b = owner[order[k]]
        employer[workers[k]] = first_slot + b
        residents[b] += 1
    for k in range(taken, posts):
        b = owner[order[k]]
        if k - taken < commuting_higher:
            commuters_higher[b] += 1
        else:
            commuters_other[b] += 1
    for k in range(taken, workers.size):
        employer[workers[k]] = OUTSIDE


settle = compile(settle)
found = compile(found)
stratified_sizes = compile(stratified_sizes)
post = compile(post)
