"""A month in the lives of the residents of one locality.

Residents lie in rows by neighbourhood. Each draws four words a month, keyed by home and month: work, health, moving,
learning. Probabilities are integer thresholds (`random.threshold`), so a month is a comparison a resident.
"""

import numpy as np

from coalsim.kernels.compiling import compile
from coalsim.kernels.random import draw, fill
from coalsim.kernels.streams import RESIDENT_ENGAGE, RESIDENT_LIFE, RESIDENT_NEWCOMER

INACTIVE, UNEMPLOYED, EMPLOYED = 0, 1, 2
OUTSIDE, NONE = -2, -1
CERTAIN = 1 << 32
HIGHER_LEVEL = 3

# What `live` counts, by neighbourhood.
FLOWS = ("lost_work", "left_work", "gave_up", "began_search", "found_outside", "moved", "fell_ill", "recovered", "learned", "found_inside")
LOST, LEFT, GAVE_UP, BEGAN, FOUND_OUT, MOVED, FELL_ILL, RECOVERED, LEARNED, FOUND_IN = range(10)


def duration_band(months_out):
    """0: under 6 months out of work, 1: 6 to 11, 2: 12 to 23, 3: 24 and more."""
    return (months_out >= 6) + (months_out >= 12) + (months_out >= 24)


def live(
    bounds, place, month, k0, k1,
    qualification, status, is_ill, months_out, employer, occupant, is_engaged,
    business_residents, layoff, direct,
    find, leave_work, begin, fall_ill, recover, move, learn,
    newcomer_level, newcomer_ill, newcomer_status, stay_local,
    words, higher_seekers, other_seekers, flows,
):  # fmt: skip
    """Move every resident of a locality on by a month; hiring by local businesses is left to `hiring`.

    Parameters
    ----------
    bounds : (n + 1,) int64, first row of each neighbourhood
    place, month, k0, k1 : keys of the draws
    qualification, status, is_ill, months_out, employer, occupant, is_engaged : (rows,) columns, changed in place
    business_residents : (slots,) int32, residents employed by each business, changed in place
    layoff : (slots,) int64, threshold of losing the job there this month; 2**32 where the business closes
    direct : float, share of those laid off who apply for a local post at once
    find : (n, 5, 2, 4, 4) int64, by level, illness and time out of work: cumulative thresholds of a higher-skilled local
        post, another local post, work outside, giving up
    leave_work : (n, 5, 2, 2) int64, by level and illness: cumulative thresholds of losing work and of leaving it
    begin : (n, 5, 2) int64, by level and illness: threshold of starting to search
    fall_ill : (n, 5) int64, by level; learn : (n,) int64; recover : int64
    move : (n, 2) int64, below level 3 and from level 3
    stay_local : (2,) int64, by the same tiers: threshold of an employed newcomer without a job wanting one here
    newcomer_level : (n, 5) cumulative; newcomer_ill : (n, 5) by level; newcomer_status : (n, 5, 2, 2) by level and
        illness: inactive, inactive or unemployed
    words : (4, homes of the largest neighbourhood) uint32, scratch
    higher_seekers, other_seekers : int64 arrays, filled with word * 2**30 + row of those whom local businesses may hire
    flows : (n, 10) int64, counts in the order of `FLOWS`, overwritten

    Returns
    -------
    n_higher, n_other : entries filled in the two lists of seekers
    """
    n_higher = 0
    n_other = 0
    flows[:] = 0
    for n in range(bounds.size - 1):
        start, stop = bounds[n], bounds[n + 1]
        w0, w1, w2, w3 = words[0, : stop - start], words[1, : stop - start], words[2, : stop - start], words[3, : stop - start]
        fill(start, month, RESIDENT_LIFE, place, k0, k1, w0, w1, w2, w3)
        to_learn = learn[n]
        move_low, move_high = move[n, 0], move[n, 1]
        for i in range(start, stop):
            level = qualification[i]
            tier = 1 if level >= HIGHER_LEVEL else 0
            ill = 1 if is_ill[i] else 0
            work = status[i]
            word = np.int64(w0[i - start])
            if np.int64(w2[i - start]) < (move_high if tier else move_low):
                flows[n, MOVED] += 1
                applies = _succeed(
                    i, n, place, month, k0, k1, qualification, status, is_ill, months_out, employer, occupant,
                    is_engaged, business_residents, layoff, newcomer_level, newcomer_ill, newcomer_status, stay_local,
                )  # fmt: skip
                if applies == 2:
                    higher_seekers[n_higher] = (word << 30) | i
                    n_higher += 1
                elif applies == 1:
                    other_seekers[n_other] = (word << 30) | i
                    n_other += 1
                continue
            if work == EMPLOYED:
                losing = leave_work[n, level, ill, 0]
                leaving = leave_work[n, level, ill, 1]
                boss = employer[i]
                shed = layoff[boss] if boss >= 0 else 0
                if word < leaving + shed:
                    if boss >= 0:
                        business_residents[boss] -= 1
                    employer[i] = NONE
                    months_out[i] = 0
                    if losing <= word < leaving:
                        status[i] = INACTIVE
                        flows[n, LEFT] += 1
                    else:
                        status[i] = UNEMPLOYED
                        flows[n, LOST] += 1
                        if leaving <= word < leaving + np.int64(direct * shed):
                            if tier == 1:
                                higher_seekers[n_higher] = (word << 30) | i
                                n_higher += 1
                            else:
                                other_seekers[n_other] = (word << 30) | i
                                n_other += 1
            elif work == UNEMPLOYED:
                band = duration_band(months_out[i])
                if word < find[n, level, ill, band, 3]:
                    if word < find[n, level, ill, band, 0]:
                        higher_seekers[n_higher] = (word << 30) | i
                        n_higher += 1
                    elif word < find[n, level, ill, band, 1]:
                        other_seekers[n_other] = (word << 30) | i
                        n_other += 1
                    elif word < find[n, level, ill, band, 2]:
                        status[i] = EMPLOYED
                        employer[i] = OUTSIDE
                        flows[n, FOUND_OUT] += 1
                    else:
                        status[i] = INACTIVE
                        flows[n, GAVE_UP] += 1
                if months_out[i] < 32767:
                    months_out[i] += 1
            else:
                if word < begin[n, level, ill]:
                    status[i] = UNEMPLOYED
                    months_out[i] = 0
                    flows[n, BEGAN] += 1
                elif months_out[i] < 32767:
                    months_out[i] += 1
            if ill:
                if np.int64(w1[i - start]) < recover:
                    is_ill[i] = False
                    flows[n, RECOVERED] += 1
            elif np.int64(w1[i - start]) < fall_ill[n, level]:
                is_ill[i] = True
                flows[n, FELL_ILL] += 1
            if np.int64(w3[i - start]) < to_learn and level < 4:
                qualification[i] = level + 1
                flows[n, LEARNED] += 1
    return n_higher, n_other


def _succeed(
    i, n, place, month, k0, k1, qualification, status, is_ill, months_out, employer, occupant, is_engaged,
    business_residents, layoff, newcomer_level, newcomer_ill, newcomer_status, stay_local,
):  # fmt: skip
    """Refill home `i` with a newcomer drawn from the neighbourhood's profile.

    An employed newcomer takes over the home's local job, so that jobs do not hang on who moves; where there is none, the
    newcomer works outside or, as often as residents of that tier work here, applies for a local post this month.
    Returns 2 for applying as higher-qualified, 1 for applying otherwise, 0 for not.
    """
    u0, u1, u2, u3 = draw(i, month, RESIDENT_NEWCOMER, place, k0, k1)
    level = 0
    while level < 4 and np.int64(u0) >= newcomer_level[n, level]:
        level += 1
    ill = 1 if np.int64(u1) < newcomer_ill[n, level] else 0
    work = EMPLOYED
    if np.int64(u2) < newcomer_status[n, level, ill, 0]:
        work = INACTIVE
    elif np.int64(u2) < newcomer_status[n, level, ill, 1]:
        work = UNEMPLOYED
    boss = employer[i]
    keeps = work == EMPLOYED and boss >= 0 and layoff[boss] < CERTAIN
    if boss >= 0 and not keeps:
        business_residents[boss] -= 1
    applies = 0
    if not keeps:
        employer[i] = NONE
        if work == EMPLOYED:
            tier = 1 if level >= HIGHER_LEVEL else 0
            if boss != OUTSIDE and np.int64(u3) < stay_local[tier]:
                applies = 1 + tier
                work = UNEMPLOYED
            else:
                employer[i] = OUTSIDE
    qualification[i] = level
    is_ill[i] = ill == 1
    status[i] = work
    months_out[i] = 0
    is_engaged[i] = False
    occupant[i] += 1
    return applies


def engage(bounds, place, month, k0, k1, is_engaged, reconsider, choose, words):
    """Residents who reconsider this quarter engage with the coalition's work, or stop.

    Parameters
    ----------
    reconsider : int64, threshold of thinking again
    choose : (n,) int64, threshold of engaging, by neighbourhood
    words : (4, homes of the largest neighbourhood) uint32, scratch
    """
    for n in range(bounds.size - 1):
        start, stop = bounds[n], bounds[n + 1]
        w0, w1, w2, w3 = words[0, : stop - start], words[1, : stop - start], words[2, : stop - start], words[3, : stop - start]
        fill(start, month, RESIDENT_ENGAGE, place, k0, k1, w0, w1, w2, w3)
        for i in range(start, stop):
            if np.int64(w0[i - start]) < reconsider:
                is_engaged[i] = np.int64(w1[i - start]) < choose[n]


def count(bounds, qualification, status, is_ill, months_out, employer, is_engaged, people, seekers, engaged, outside):
    """Residents by neighbourhood, counted afresh.

    Returns nothing; fills `people` (n, 3, 5, 2) by status, level and illness, `seekers` (n, 5, 2, 4) the unemployed by
    level, illness and time out of work, `engaged` (n,), and `outside` (n, 2), employed outside, by tier; all int64.
    """
    people[:] = 0
    seekers[:] = 0
    engaged[:] = 0
    outside[:] = 0
    for n in range(bounds.size - 1):
        here = people[n]
        for i in range(bounds[n], bounds[n + 1]):
            level = qualification[i]
            ill = 1 if is_ill[i] else 0
            work = status[i]
            here[work, level, ill] += 1
            engaged[n] += is_engaged[i]
            if work == UNEMPLOYED:
                seekers[n, level, ill, duration_band(months_out[i])] += 1
            elif employer[i] == OUTSIDE:
                outside[n, 1 if level >= HIGHER_LEVEL else 0] += 1


duration_band = compile(duration_band)
_succeed = compile(_succeed)
live = compile(live)
engage = compile(engage)
count = compile(count)
