"""The labour market of a locality: how tight it is, and what that means for each kind of resident."""

from coalsim.kernels.compiling import compile
from coalsim.kernels.maths import exp, power
from coalsim.kernels.random import threshold

HIGHER_LEVEL = 3


def expected_hires(seekers, finding, local, reach, out):
    """Hires of residents a month at reference tightness: `out` (2,) for higher-skilled and other posts.

    Parameters
    ----------
    seekers : (n, 5, 2, 4) int64, unemployed by level, illness and time out of work
    finding : (n, 5, 2, 4) float64, reference chance of finding work anywhere, 1/month
    local : (2,) float64, by tier: share of it found in the locality
    reach : float, share of local finds of the higher tier that are higher-skilled posts
    """
    higher = 0.0
    other = 0.0
    for n in range(seekers.shape[0]):
        for i in range(2):
            for b in range(4):
                for level in range(5):
                    tier = 1 if level >= HIGHER_LEVEL else 0
                    found = seekers[n, level, i, b] * finding[n, level, i, b] * local[tier]
                    higher += found * reach * tier
                    other += found * (1.0 - reach * tier)
    out[0] = higher
    out[1] = other


def expected_away(seekers, finding, local):
    """Residents a month who find work outside the locality at reference chances; arguments as for `expected_hires`."""
    found = 0.0
    for n in range(seekers.shape[0]):
        for level in range(5):
            for i in range(2):
                for b in range(4):
                    tier = 1 if level >= HIGHER_LEVEL else 0
                    found += seekers[n, level, i, b] * finding[n, level, i, b] * (1.0 - local[tier])
    return found


def expected_departures(employed, local, leave, turnover, comes_employed):
    """Residents a month who leave work outside the locality of their own accord or with their home, at reference rates.

    Parameters
    ----------
    employed : (n, 5, 2) int64, by level and illness
    local : (2,) float64, by tier: share of them who work in the locality
    leave : (n, 5, 2) float64, 1/month, separation and leaving work together
    turnover : float, 1/month, homes that change hands
    comes_employed : (n,) float64, chance that a newcomer is employed
    """
    found = 0.0
    for n in range(employed.shape[0]):
        for level in range(5):
            for i in range(2):
                tier = 1 if level >= HIGHER_LEVEL else 0
                goes = turnover * (1.0 - comes_employed[n]) + (1.0 - turnover) * leave[n, level, i]
                found += employed[n, level, i] * (1.0 - local[tier]) * goes
    return found


def pulls(level, quality_change, sorting_effect, pull):
    """Fill `pull` (n, 5) with how strongly a neighbourhood draws each level: shares times exp(sorting x level x change)."""
    for n in range(quality_change.size):
        for k in range(5):
            pull[n, k] = level[n, k] * exp(sorting_effect * k * quality_change[n])


def newcomers_drawn(pull, factor, weight, out):
    """Fill `out` (5,) with newcomers by level: of `weight` (n,) homes that fall free, shares go as pull times factor (5,)."""
    out[:] = 0.0
    for n in range(weight.size):
        total = 0.0
        for k in range(5):
            total += pull[n, k] * factor[k]
        for k in range(5):
            out[k] += weight[n] * pull[n, k] * factor[k] / total


def tightness(vacancies, vacancies_reference, searching, searching_reference, elasticity):
    """Chance of a match for a searcher relative to the reference, from a Cobb-Douglas matching function.

    m = A s**a v**(1 - a), so m / s relative to the reference is ((v / v0) / (s / s0))**(1 - a); 0 without vacancies. Where
    nobody searched in the reference, as may be in a small sample, s / s0 is 1.
    `elasticity` is a, of matches to searchers (Petrongolo and Pissarides 2001).
    """
    if vacancies <= 0.0:
        return 0.0
    searchers = searching / searching_reference if searching_reference > 0.0 else 1.0
    return power(vacancies / vacancies_reference / max(searchers, 1e-9), 1.0 - elasticity)


def prospects(finding, local, reach, giving_up, higher, other, outside, find):
    """Fill `find` (n, 5, 2, 4, 4) with cumulative thresholds: higher-skilled post, other post, outside, giving up.

    `higher`, `other` and `outside` are the chances relative to the reference in the three markets; finds together never
    exceed 0.95 a month.
    """
    for n in range(finding.shape[0]):
        for level in range(5):
            t = 1 if level >= HIGHER_LEVEL else 0
            for i in range(2):
                for b in range(4):
                    chance = finding[n, level, i, b]
                    first = chance * local[t] * reach * t * higher
                    second = chance * local[t] * (1.0 - reach * t) * other
                    third = chance * (1.0 - local[t]) * outside
                    scale = min(1.0, 0.95 / max(first + second + third, 1e-12))
                    first *= scale
                    second *= scale
                    third *= scale
                    quitting = min(giving_up[i], 1.0 - first - second - third)
                    find[n, level, i, b, 0] = threshold(first)
                    find[n, level, i, b, 1] = threshold(first + second)
                    find[n, level, i, b, 2] = threshold(first + second + third)
                    find[n, level, i, b, 3] = threshold(first + second + third + quitting)


def beginning(searching, easier, begin):
    """Fill `begin` (n, 5, 2) int64 with thresholds of starting to search: `easier` times `searching`, at most 0.9."""
    for n in range(searching.shape[0]):
        for level in range(5):
            for ill in range(2):
                begin[n, level, ill] = threshold(min(searching[n, level, ill] * easier, 0.9))


def life_chances(condition_change, quality_change, falling_ill, illness_effect, learning, learning_effect,
                 ageing, moving, moving_effect, level, sorting_effect, elsewhere, factor,
                 fall_ill, learn, move, newcomer_level):  # fmt: skip
    """Thresholds of falling ill (n, 5), learning (n,), leaving home (n, 2) by tier, and newcomers' levels (n, 5), cumulative.

    Rates are the reference ones times exp(effect times the change of a condition since the start): better health lowers
    illness, better skills raise learning, better quality keeps higher-qualified residents and draws more of them.

    Parameters
    ----------
    condition_change : (n, 2) float64, of the skills and the health condition; quality_change : (n,)
    elsewhere : float, change of quality in the places that residents could move to, against which the own counts
    factor : (5,) float64, by level: what competition among places leaves of the newcomers that each would draw
    falling_ill : (n, 5), level : (n, 5), references; the rest as named, effects already times mechanism strengths
    """
    for n in range(quality_change.size):
        sicker = exp(-illness_effect * condition_change[n, 1])
        for k in range(5):
            fall_ill[n, k] = threshold(falling_ill[n, k] * sicker)
        learn[n] = threshold(learning * exp(learning_effect * condition_change[n, 0]))
        move[n, 0] = threshold(ageing + moving)
        move[n, 1] = threshold(ageing + moving * exp(-moving_effect * (quality_change[n] - elsewhere)))
        total = 0.0
        for k in range(5):
            total += level[n, k] * exp(sorting_effect * k * quality_change[n]) * factor[k]
        passed = 0.0
        for k in range(5):
            passed += level[n, k] * exp(sorting_effect * k * quality_change[n]) * factor[k]
            newcomer_level[n, k] = threshold(passed / total)


expected_hires = compile(expected_hires)
expected_away = compile(expected_away)
expected_departures = compile(expected_departures)
pulls = compile(pulls)
newcomers_drawn = compile(newcomers_drawn)
tightness = compile(tightness)
prospects = compile(prospects)
beginning = compile(beginning)
life_chances = compile(life_chances)
