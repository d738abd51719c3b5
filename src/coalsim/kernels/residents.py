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
LARGEST = (1 << 32) - 1
HIGHER_LEVEL = 3
NO_POST, OTHER_POST, HIGHER_POST, POST_AWAY, POST_AWAY_AT_ONCE, POST_AT_RISK = range(6)

# What `live` counts, by neighbourhood.
FLOWS = (
    "lost_work",
    "left_work",
    "gave_up",
    "began_search",
    "found_outside",
    "moved",
    "fell_ill",
    "recovered",
    "learned",
)
LOST, LEFT, GAVE_UP, BEGAN, FOUND_OUT, MOVED, FELL_ILL, RECOVERED, LEARNED = range(9)

# What `live` fills: the lists of those who apply for a higher-skilled post here, another here, work elsewhere, or may lose
# that; in the second list's order by what is applied for. Then the newcomers among them, and who left work elsewhere.
HIGHER_HERE, OTHER_HERE, AWAY, AT_RISK, NEWCOMERS, LEFT_OUTSIDE = range(6)
LINE = (-1, OTHER_HERE, HIGHER_HERE, AWAY, AWAY, AT_RISK)


def duration_band(months_out):
    """0: under 6 months out of work, 1: 6 to 11, 2: 12 to 23, 3: 24 and more."""
    return int(months_out >= 6) + int(months_out >= 12) + int(months_out >= 24)


def live(
    bounds, place, month, k0, k1,
    qualification, status, is_ill, months_out, employer, occupant, is_engaged,
    first_slot, business_residents, layoff, outside_loss, direct,
    find, leave_work, begin, fall_ill, recover, move, learn,
    newcomer_level, newcomer_ill, newcomer_status, stay_local, is_open,
    words, chosen, lists, filled, flows,
):  # fmt: skip
    """Move every resident of a locality on by a month; hiring by local businesses is left to `hiring`.

    Neighbourhood by neighbourhood in four stages: time passes for those without work, words are drawn, residents to whom
    anything may happen are picked by the largest threshold of their kind, and those few live through their events.

    Parameters
    ----------
    bounds : (n + 1,) int64, first row of each neighbourhood
    place, month, k0, k1 : keys of the draws
    qualification, status, is_ill, months_out, employer, occupant, is_engaged : (rows,) columns, changed in place
    first_slot : int, row of the locality's first business, to which `employer` refers
    business_residents : (slots,) int32, residents employed by each business of the locality, changed in place
    layoff : (slots,) int64, threshold of losing the job there this month; 2**32 where the business closes
    outside_loss : int64, threshold of losing a job outside the locality to closures and layoffs there; with open borders
        of being at risk of it
    direct : float, share of those laid off here who apply for a local post at once
    find : (n, 5, 2, 4, 4) int64, by level, illness and time out of work: cumulative thresholds of a higher-skilled local
        post, another local post, work outside, giving up
    leave_work : (n, 5, 2, 2) int64, by level and illness: cumulative thresholds of losing work and of leaving it
    begin : (n, 5, 2) int64, by level and illness: threshold of starting to search
    fall_ill : (n, 5) int64, by level; learn : (n,) int64; recover : int64
    move : (n, 2) int64, below level 3 and from level 3
    stay_local : (2,) int64, by the same tiers: threshold of an employed newcomer without a job wanting one here
    newcomer_level : (n, 5) cumulative; newcomer_ill : (n, 5) by level; newcomer_status : (n, 5, 2, 2) by level and
        illness: inactive, inactive or unemployed
    is_open : bool, whether work outside is work in other places of the nation, which `hiring` gives and takes; otherwise it is
        found and lost at once
    words : (4, homes of the largest neighbourhood) uint32, scratch; chosen : as many int64, scratch
    lists : (4, homes) int64, filled with word * 2**30 + row of those whom local businesses may hire for higher-skilled and for
        other posts, of those who would take work elsewhere (word 0: newcomers who bring such work), and of those who may lose it
    filled : (6,) int64, overwritten: entries filled in each list, newcomers in the third, residents who left work elsewhere
    flows : (n, 9) int64, counts in the order of `FLOWS`, overwritten
    """
    flows[:] = 0
    filled[:] = 0
    most = np.zeros(30, dtype=np.int64)
    maybe = np.empty(chosen.size, dtype=np.bool_)
    cell = np.empty(chosen.size, dtype=np.uint8)
    shed = np.empty(layoff.size + 2, dtype=np.int64)
    shed[0], shed[1], shed[2:] = outside_loss, 0, layoff
    for n in range(bounds.size - 1):
        start, stop = bounds[n], bounds[n + 1]
        size = stop - start
        w0, w1, w2, w3 = words[0, :size], words[1, :size], words[2, :size], words[3, :size]
        _pass_time(status[start:stop], months_out[start:stop])
        fill(start, month, RESIDENT_LIFE, place, k0, k1, w0, w1, w2, w3)
        _largest(begin[n], find[n], leave_work[n], most)
        picked = _pick(
            qualification[start:stop], status[start:stop], is_ill[start:stop], employer[start:stop], shed, first_slot,
            w0, w1, w2, w3, most, max(recover, fall_ill[n].max()), move[n].max(), learn[n], maybe, cell, chosen,
        )  # fmt: skip
        for j in range(picked):
            k = chosen[j]
            i = start + k
            word = np.int64(w0[k])
            level = qualification[i]
            tier = 1 if level >= HIGHER_LEVEL else 0
            if np.int64(w2[k]) < move[n, tier]:
                flows[n, MOVED] += 1
                was_outside = employer[i] == OUTSIDE
                applies = _succeed(
                    i, n, place, month, k0, k1, qualification, status, is_ill, months_out, employer, occupant,
                    is_engaged, first_slot, business_residents, layoff, newcomer_level, newcomer_ill, newcomer_status,
                    stay_local, is_open,
                )  # fmt: skip
                filled[LEFT_OUTSIDE] += was_outside and employer[i] != OUTSIDE
            else:
                ill = 1 if is_ill[i] else 0
                was_outside = employer[i] == OUTSIDE
                applies = _work(
                    i, n, word, level, tier, ill, status, months_out, employer, first_slot, business_residents, layoff,
                    outside_loss, direct, find, leave_work, begin, is_open, flows,
                )  # fmt: skip
                filled[LEFT_OUTSIDE] += was_outside and employer[i] != OUTSIDE
                if ill:
                    if np.int64(w1[k]) < recover:
                        is_ill[i] = False
                        flows[n, RECOVERED] += 1
                elif np.int64(w1[k]) < fall_ill[n, level]:
                    is_ill[i] = True
                    flows[n, FELL_ILL] += 1
                if np.int64(w3[k]) < learn[n] and level < 4:
                    qualification[i] = level + 1
                    flows[n, LEARNED] += 1
            if applies != NO_POST:
                if applies == POST_AWAY_AT_ONCE:
                    word = np.int64(0)
                    filled[NEWCOMERS] += 1
                line = LINE[applies]
                lists[line, filled[line]] = (word << 30) | i
                filled[line] += 1


def _pass_time(status, months_out):
    """A month more without work for all who have none, up to the largest int16."""
    for i in range(status.size):
        without = (status[i] != EMPLOYED) & (months_out[i] < 32767)
        months_out[i] += np.int16(without)


def _largest(begin, find, leave_work, most):
    """Fill `most` (30,) with the largest threshold that any work event has, by cell: status, level and illness."""
    for level in range(5):
        for ill in range(2):
            cell = 2 * level + ill
            most[cell] = begin[level, ill]
            most[10 + cell] = max(
                find[level, ill, 0, 3], find[level, ill, 1, 3], find[level, ill, 2, 3], find[level, ill, 3, 3]
            )
            most[20 + cell] = leave_work[level, ill, 1]


def _pick(
    qualification,
    status,
    is_ill,
    employer,
    shed,
    first_slot,
    w0,
    w1,
    w2,
    w3,
    most,
    sick,
    likely,
    learn,
    maybe,
    cell,
    chosen,
):
    """Positions of residents to whom something may happen this month, in order, into `chosen`; returns how many.

    `sick` and `likely` are the largest thresholds of any change of health and of moving; `maybe` and `cell` are scratch.
    `shed` holds the threshold of losing work outside, none, and that of each business from `first_slot` on.
    The first loop has no branches and no look-ups, so it runs many residents at a time.
    """
    sick, likely, learn = np.uint32(min(sick, LARGEST)), np.uint32(min(likely, LARGEST)), np.uint32(min(learn, LARGEST))
    _label(qualification, status, is_ill, cell)
    for k in range(status.size):
        maybe[k] = (w1[k] < sick) | (w2[k] < likely) | (w3[k] < learn)
    for k in range(status.size):
        boss = employer[k]
        losing = shed[np.uintp(boss + 2 - first_slot * (boss >= 0))]
        maybe[k] |= np.int64(w0[k]) < most[np.uintp(cell[k])] + losing
    picked = 0
    for k in range(status.size):
        chosen[picked] = k
        picked += maybe[k]
    return picked


def _work(i, n, word, level, tier, ill, status, months_out, employer, first_slot, business_residents, layoff,
          outside_loss, direct, find, leave_work, begin, is_open, flows):  # fmt: skip
    """The month at work or in search of it; returns which post the resident applies for or may lose, if any."""
    work = status[i]
    if work == EMPLOYED:
        losing, leaving = leave_work[n, level, ill, 0], leave_work[n, level, ill, 1]
        boss = employer[i]
        shed = layoff[boss - first_slot] if boss >= 0 else outside_loss
        if word >= leaving + shed:
            return NO_POST
        if is_open and boss == OUTSIDE and word >= leaving:
            return POST_AT_RISK
        if boss >= 0:
            business_residents[boss - first_slot] -= 1
        employer[i] = NONE
        months_out[i] = 0
        if losing <= word < leaving:
            status[i] = INACTIVE
            flows[n, LEFT] += 1
            return NO_POST
        status[i] = UNEMPLOYED
        flows[n, LOST] += 1
        if boss >= 0 and leaving <= word < leaving + np.int64(direct * shed):
            return OTHER_POST + tier
        return NO_POST
    if work == INACTIVE:
        if word < begin[n, level, ill]:
            status[i] = UNEMPLOYED
            months_out[i] = 0
            flows[n, BEGAN] += 1
        return NO_POST
    band = duration_band(months_out[i] - 1)  # this month is the first after that many
    if word < find[n, level, ill, band, 0]:
        return HIGHER_POST
    if word < find[n, level, ill, band, 1]:
        return OTHER_POST
    if word < find[n, level, ill, band, 2]:
        if is_open:
            return POST_AWAY
        status[i] = EMPLOYED
        employer[i] = OUTSIDE
        months_out[i] = 0
        flows[n, FOUND_OUT] += 1
    elif word < find[n, level, ill, band, 3]:
        status[i] = INACTIVE
        flows[n, GAVE_UP] += 1
    return NO_POST


def _succeed(
    i, n, place, month, k0, k1, qualification, status, is_ill, months_out, employer, occupant, is_engaged,
    first_slot, business_residents, layoff, newcomer_level, newcomer_ill, newcomer_status, stay_local, is_open,
):  # fmt: skip
    """Refill home `i` with a newcomer drawn from the neighbourhood's profile.

    An employed newcomer takes over the home's local job, so that jobs do not hang on who moves; where there is none, the
    newcomer works outside if the home's last resident did; else, as often as residents of that tier work here, the newcomer
    applies for a local post this month, and otherwise works outside, with open borders as soon as there is a post elsewhere.
    Returns the kind of post applied for.
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
    keeps = work == EMPLOYED and boss >= 0 and layoff[boss - first_slot] < CERTAIN
    if boss >= 0 and not keeps:
        business_residents[boss - first_slot] -= 1
    applies = NO_POST
    if not keeps:
        employer[i] = NONE
        if work == EMPLOYED:
            tier = 1 if level >= HIGHER_LEVEL else 0
            if boss != OUTSIDE and np.int64(u3) < stay_local[tier]:
                applies = OTHER_POST + tier
                work = UNEMPLOYED
            elif boss != OUTSIDE and is_open:
                applies = POST_AWAY_AT_ONCE
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
        w0, w1, w2, w3 = (
            words[0, : stop - start],
            words[1, : stop - start],
            words[2, : stop - start],
            words[3, : stop - start],
        )
        fill(start, month, RESIDENT_ENGAGE, place, k0, k1, w0, w1, w2, w3)
        for k in range(stop - start):
            again = np.int64(w0[k]) < reconsider
            is_engaged[start + k] = (again & (np.int64(w1[k]) < choose[n])) | (is_engaged[start + k] & ~again)


def count(bounds, qualification, status, is_ill, months_out, employer, is_engaged, people, seekers, engaged, outside):
    """Residents by neighbourhood, counted afresh.

    Returns nothing; fills `people` (n, 3, 5, 2) by status, level and illness, `seekers` (n, 5, 2, 4) the unemployed by
    level, illness and time out of work, `engaged` (n,), and `outside` (n, 2), employed outside, by tier; all int64.
    """
    people[:] = 0
    seekers[:] = 0
    largest = 0
    for n in range(bounds.size - 1):
        largest = max(largest, bounds[n + 1] - bounds[n])
    cell = np.empty(largest, dtype=np.uint8)
    tally = np.empty((4, 30), dtype=np.int64)  # four side by side: adding to one cell twice running has to wait
    for n in range(bounds.size - 1):
        start, stop = bounds[n], bounds[n + 1]
        size = stop - start
        engaged[n] = _count_true(is_engaged[start:stop])
        outside[n, 0], outside[n, 1] = _count_outside(employer[start:stop], qualification[start:stop])
        _label(qualification[start:stop], status[start:stop], is_ill[start:stop], cell)
        tally[:] = 0
        for k in range(0, size - size % 4, 4):
            tally[0, np.uintp(cell[k])] += 1
            tally[1, np.uintp(cell[k + 1])] += 1
            tally[2, np.uintp(cell[k + 2])] += 1
            tally[3, np.uintp(cell[k + 3])] += 1
        for k in range(size - size % 4, size):
            tally[0, np.uintp(cell[k])] += 1
        for c in range(30):
            people[n, c // 10, c % 10 // 2, c % 2] = tally[0, c] + tally[1, c] + tally[2, c] + tally[3, c]
        for i in range(start, stop):
            if status[i] == UNEMPLOYED:
                seekers[n, qualification[i], 1 if is_ill[i] else 0, duration_band(months_out[i])] += 1


def _label(qualification, status, is_ill, cell):
    """Number the cell of each resident: status times ten, level times two, illness."""
    for k in range(status.size):
        cell[k] = 10 * status[k] + 2 * qualification[k] + is_ill[k]


# What `sum_up` adds up for a locality: residents by status and by level; then, in this order, those ill, ill and inactive,
# unemployed for a year or more, engaged, and at work outside; those who lost or left work and those who moved in this month; and
# from level 3 those employed and those at work outside.
TOTALS = (
    "ill",
    "ill_inactive",
    "long_term",
    "engaged",
    "outside",
    "separated",
    "newcomers",
    "higher_employed",
    "higher_outside",
)
LEVELS_FROM, TOTALS_FROM = 3, 8


def sum_up(people, seekers, engaged, outside, flows, totals):
    """Fill `totals` (17,) int64 from counts by neighbourhood, as `count` and `live` give them."""
    totals[:] = 0
    for n in range(people.shape[0]):
        for status in range(3):
            for level in range(5):
                for ill in range(2):
                    here = people[n, status, level, ill]
                    totals[status] += here
                    totals[LEVELS_FROM + level] += here
                    totals[TOTALS_FROM] += here * ill
                    totals[TOTALS_FROM + 1] += here * ill * (status == INACTIVE)
                    totals[TOTALS_FROM + 7] += here * (status == EMPLOYED) * (level >= HIGHER_LEVEL)
        for level in range(5):
            for ill in range(2):
                totals[TOTALS_FROM + 2] += seekers[n, level, ill, 2] + seekers[n, level, ill, 3]
        totals[TOTALS_FROM + 3] += engaged[n]
        totals[TOTALS_FROM + 4] += outside[n, 0] + outside[n, 1]
        totals[TOTALS_FROM + 5] += flows[n, LOST] + flows[n, LEFT]
        totals[TOTALS_FROM + 6] += flows[n, MOVED]
        totals[TOTALS_FROM + 8] += outside[n, 1]


def _count_true(flags):
    """How many of `flags` are set."""
    total = 0
    for i in range(flags.size):
        total += flags[i]
    return total


def _count_outside(employer, qualification):
    """Residents who work outside, below level 3 and from level 3."""
    low = 0
    high = 0
    for i in range(employer.size):
        away = employer[i] == OUTSIDE
        high += away & (qualification[i] >= HIGHER_LEVEL)
        low += away & (qualification[i] < HIGHER_LEVEL)
    return low, high


duration_band = compile(duration_band)
_succeed = compile(_succeed)
_pass_time = compile(_pass_time)
_largest = compile(_largest)
_label = compile(_label)
_pick = compile(_pick)
_work = compile(_work)
_count_true = compile(_count_true)
_count_outside = compile(_count_outside)
live = compile(live)
engage = compile(engage)
count = compile(count)
sum_up = compile(sum_up)
