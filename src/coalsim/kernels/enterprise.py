"""A month of the businesses of one locality: own luck, target size, vacancies, layoffs, closure and entry."""

import numpy as np

from coalsim.kernels.compiling import compile
from coalsim.kernels.maths import exp, power
from coalsim.kernels.random import draw, fill, normal_word, threshold, uniform
from coalsim.kernels.streams import BUSINESS_ENGAGE, BUSINESS_ENTRY, BUSINESS_EXIT, BUSINESS_MONTH

CERTAIN = 1 << 32
MOBILE = 1 << 20  # mobile investments are numbered from here, so that one more moves no other entrant's luck
CHUNK = 1024  # slots whose words are drawn together

# What `trade` and `enter` count, for the locality.
FLOWS = ("births", "deaths", "jobs_in_closures", "commuters_left", "vacancies_opened")
BIRTHS, DEATHS, JOBS_CLOSED, COMMUTERS_LEFT, OPENED = range(5)


def exit_hazard(age, size, hazards, size_elasticity):
    """Yearly hazard of closing at an age in months and a natural size in units of the sector's smallest.

    `hazards` (4,) holds the yearly hazards before the first, third and fifth birthday and after, at size 1; larger ones
    close less often, by `size ** size_elasticity`.
    """
    band = int(age >= 12) + int(age >= 36) + int(age >= 60)
    if size <= 1.0:
        return hazards[band]
    return hazards[band] * power(size, size_elasticity)


def trade(
    place, month, k0, k1,
    sector, scale, shock, dither, age, target, residents, commuters_higher, commuters_other, is_alive, is_closing,
    vacancies_higher, vacancies_other, layoff,
    outlook, higher_share, unit_size, persistence, innovation, hazards, size_elasticity, exit_response, layoff_speed, quit_rate,
    flows,
):  # fmt: skip
    """Set each business's target, posts opened and jobs shed this month; decide who closes.

    Parameters
    ----------
    sector ... layoff : (slots,) columns of one locality, changed in place. `layoff` gets the int64 threshold at which
        each of its residents loses the job.
    outlook : (6,) float64, log change in profitable size by sector, against the start
    higher_share : (6,) float64, share of posts that ask for level 3 or above
    unit_size : (6,) float64, jobs, smallest natural size by sector
    persistence, innovation : float, of the own shock a month, and the sd of its innovation
    hazards, size_elasticity : see `exit_hazard`
    exit_response : float, log hazard of closing per unit of outlook, with the sign reversed
    layoff_speed : float, share of surplus posts shed a month
    quit_rate : float, 1/month, in-commuters who leave
    flows : (5,) int64, in the order of `FLOWS`, overwritten
    """
    flows[:] = 0
    slots = sector.size
    luck = np.empty((8, CHUNK), dtype=np.uint32)
    mood = np.empty(6)
    for s in range(6):
        mood[s] = exp(-exit_response * outlook[s])
    for b in range(slots):
        k = b % CHUNK
        if k == 0:
            n = min(CHUNK, slots - b)
            fill(b, month, BUSINESS_MONTH, place, k0, k1, luck[0, :n], luck[1, :n], luck[2, :n], luck[3, :n])
            fill(b, month, BUSINESS_EXIT, place, k0, k1, luck[4, :n], luck[5, :n], luck[6, :n], luck[7, :n])
        layoff[b] = 0
        if not is_alive[b]:
            continue
        s = sector[b]
        age[b] += 1
        shock[b] = persistence * shock[b] + innovation * normal_word(luck[0, k], luck[1, k], luck[2, k], luck[3, k])
        x0, x1, x2, x3 = luck[4, k], luck[5, k], luck[6, k], luck[7, k]
        hazard = exit_hazard(age[b], 1.0, hazards, size_elasticity) / 12.0 * mood[s]
        if np.int64(x0) < threshold(hazard):  # larger ones close no more often: only now is size worth a power
            hazard = exit_hazard(age[b], scale[b] / unit_size[s], hazards, size_elasticity) / 12.0 * mood[s]
        employed = residents[b] + commuters_higher[b] + commuters_other[b]
        if np.int64(x0) < threshold(hazard):
            is_closing[b] = True
            layoff[b] = CERTAIN
            target[b] = 0
            vacancies_higher[b] = 0
            vacancies_other[b] = 0
            flows[DEATHS] += 1
            flows[JOBS_CLOSED] += employed
            flows[COMMUTERS_LEFT] += commuters_higher[b] + commuters_other[b]
            commuters_higher[b] = 0
            commuters_other[b] = 0
            continue
        target[b] = max(1, int(scale[b] * exp(outlook[s] + shock[b]) + dither[b]))
        shed = 0.0
        if employed > target[b]:
            shed = layoff_speed * (employed - target[b]) / employed
        layoff[b] = threshold(shed)
        leaving = quit_rate + shed
        gone_higher = min(int(commuters_higher[b] * leaving + uniform(x1)), commuters_higher[b])
        gone_other = min(int(commuters_other[b] * leaving + uniform(x2)), commuters_other[b])
        commuters_higher[b] -= gone_higher
        commuters_other[b] -= gone_other
        flows[COMMUTERS_LEFT] += gone_higher + gone_other
        gap = max(target[b] - (residents[b] + commuters_higher[b] + commuters_other[b]), 0)
        vacancies_higher[b] = int(gap * higher_share[s] + uniform(x3))
        vacancies_other[b] = gap - vacancies_higher[b]
        flows[OPENED] += gap


def enter(
    place, month, k0, k1, n, mobile, mobile_size,
    sector, scale, shock, dither, age, target, productivity, residents, is_alive, is_engaged, occupant,
    vacancies_higher, vacancies_other,
    sector_cumulative, mobile_cumulative, higher_share, sector_productivity, unit_size, exponent, largest, shock_sd, flows,
):  # fmt: skip
    """Open `n` new businesses in free slots, the first `mobile` of them mobile investments.

    Draws are keyed by the order of entry in the month, mobile investments apart. Natural size is Pareto with `exponent`,
    from the sector's `unit_size` (6,) jobs up to `largest` jobs; a mobile investment has `mobile_size` jobs on average,
    uniform within half of it.

    Returns
    -------
    int, businesses that found no free slot
    """
    b = 0
    for k in range(n):
        while b < sector.size and is_alive[b]:
            b += 1
        if b == sector.size:
            return n - k
        order = 2 * (MOBILE + k if k < mobile else k - mobile)
        u0, u1, u2, u3 = draw(order, month, BUSINESS_ENTRY, place, k0, k1)
        v0, v1, v2, v3 = draw(order + 1, month, BUSINESS_ENTRY, place, k0, k1)
        cumulative = mobile_cumulative if k < mobile else sector_cumulative
        s = 0
        while s < 5 and np.int64(u0) >= cumulative[s]:
            s += 1
        if k < mobile:
            size = mobile_size * (0.5 + uniform(u1))
        else:
            size = min(unit_size[s] * power(uniform(u1), -1.0 / exponent), largest)
        sector[b] = s
        scale[b] = size
        shock[b] = shock_sd * normal_word(v0, v1, v2, v3)
        dither[b] = uniform(u2)
        age[b] = 0
        productivity[b] = sector_productivity[s]
        residents[b] = 0
        target[b] = max(1, int(size * exp(shock[b]) + dither[b]))
        vacancies_higher[b] = int(target[b] * higher_share[s] + uniform(u3))
        vacancies_other[b] = target[b] - vacancies_higher[b]
        is_alive[b] = True
        is_engaged[b] = False
        occupant[b] += 1
        flows[BIRTHS] += 1
        flows[OPENED] += target[b]
    return 0


def close(is_closing, is_alive, residents, commuters_higher, commuters_other):
    """Clear the slots of businesses that closed this month; returns the employees still there, which must be none."""
    left_behind = 0
    for b in range(is_closing.size):
        if is_closing[b]:
            left_behind += residents[b] + commuters_higher[b] + commuters_other[b]
            is_closing[b] = False
            is_alive[b] = False
    return left_behind


def engage(place, month, k0, k1, is_alive, is_engaged, reconsider, choose):
    """Businesses that reconsider this quarter engage with the coalition, or stop; thresholds as int64."""
    for b in range(is_alive.size):
        if is_alive[b]:
            u0, u1, _, _ = draw(b, month, BUSINESS_ENGAGE, place, k0, k1)
            if np.int64(u0) < reconsider:
                is_engaged[b] = np.int64(u1) < choose


def census(sector, is_alive, is_engaged, productivity, residents, commuters_higher, commuters_other,
           vacancies_higher, vacancies_other, stock, jobs, totals):  # fmt: skip
    """Businesses of one locality, counted afresh.

    Fills `stock` (6,) businesses and `jobs` (6,) filled jobs by sector, both int64, and `totals` (7,) int64: businesses
    engaged, residents employed, higher-skilled and other commuters, higher-skilled and other vacancies, vacancies of
    engaged businesses. Returns output, the sum of jobs times productivity, GBP a year.
    """
    stock[:] = 0
    jobs[:] = 0
    totals[:] = 0
    output = 0.0
    for b in range(sector.size):
        if not is_alive[b]:
            continue
        here = residents[b] + commuters_higher[b] + commuters_other[b]
        stock[sector[b]] += 1
        jobs[sector[b]] += here
        output += here * productivity[b]
        totals[1] += residents[b]
        totals[2] += commuters_higher[b]
        totals[3] += commuters_other[b]
        totals[4] += vacancies_higher[b]
        totals[5] += vacancies_other[b]
        if is_engaged[b]:
            totals[0] += 1
            totals[6] += vacancies_higher[b] + vacancies_other[b]
    return output


def jobs_at_risk(sector, scale, age, target, is_alive, unit_size, hazards, size_elasticity):
    """Posts that closures are expected to end in a month at reference hazards."""
    lost = 0.0
    for b in range(sector.size):
        if is_alive[b]:
            lost += target[b] * exit_hazard(age[b], scale[b] / unit_size[sector[b]], hazards, size_elasticity) / 12.0
    return lost


exit_hazard = compile(exit_hazard)
jobs_at_risk = compile(jobs_at_risk)
trade = compile(trade)
enter = compile(enter)
close = compile(close)
engage = compile(engage)
census = compile(census)
