"""The model once more as whole-array numpy: masks and gathers over all residents of a locality, no loop over them.

The columns are the model's own; what happens to them is told again, as somebody would who has numpy and no compiler.
Thresholds come from the same functions as those of the plain twin. Equal column by column: `tests/test_twin.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from coalsim.agents.business import Business
from coalsim.agents.resident import Resident
from coalsim.kernels.streams import (
    BUSINESS_ENGAGE,
    BUSINESS_ENTRY,
    BUSINESS_EXIT,
    BUSINESS_MONTH,
    COMMUTER,
    HIRING,
    RESIDENT_ENGAGE,
    RESIDENT_LIFE,
    RESIDENT_NEWCOMER,
)
from coalsim.names import EMPLOYED, INACTIVE, SECTORS, UNEMPLOYED
from coalsim.start.market import HIGHER, as_threshold
from twins.plain import (
    BUSINESS_FLOWS,
    CERTAIN,
    FLOWS,
    MOST_MONTHS,
    NOBODY,
    OUTSIDE,
    chances,
    engaging,
    entry,
    model_with,
    tightness,
)

Array = NDArray[Any]
LOW = np.uint64(2**32 - 1)
HALF = np.uint64(32)


# Draws and mathematics of `kernels`, on arrays


def words(agents: Array, stream: int, model: Any, place: int) -> list[Array]:
    """The four words of each agent this month, as int64: Philox4x32-10 (Salmon et al. 2011)."""
    k0, k1 = map(int, model.key)
    c0 = agents.astype(np.uint64)
    c1, c2, c3 = (np.full(c0.shape, word, dtype=np.uint64) for word in (model.month, stream, place))
    for r in range(10):
        a, b = np.uint64(0xD2511F53) * c0, np.uint64(0xCD9E8D57) * c2
        first, second = np.uint64((k0 + 0x9E3779B9 * r) % 2**32), np.uint64((k1 + 0xBB67AE85 * r) % 2**32)
        c0, c1, c2, c3 = (b >> HALF) ^ c1 ^ first, b & LOW, (a >> HALF) ^ c3 ^ second, a & LOW
    return [c.view(np.int64) for c in (c0, c1, c2, c3)]


def uniform(word: Array) -> Array:
    """Between 0 and 1."""
    return (word + 0.5) * 2.0**-32


def normal(four: list[Array]) -> Array:
    """The sum of four uniforms, standardised."""
    return ((four[0] + four[1] + four[2] + four[3] + 2.0) * 2.0**-32 - 2.0) * 1.7320508075688772


def exp(x: Array) -> Array:
    """The operations of `kernels.maths.exp` one array after the other, for moderate x."""
    n = (x * 1.4426950408889634 + 6755399441055744.0) - 6755399441055744.0
    high, low = x - n * 0.6931471805598903, n * 5.497923018708371e-14
    r = high - low
    s = r * r
    q = s * s
    a = (1 / 2 + r * (1 / 6)) + s * (1 / 24 + r * (1 / 120))
    b = (1 / 720 + r * (1 / 5040)) + s * (1 / 40320 + r * (1 / 362880))
    c = (1 / 3628800 + r * (1 / 39916800)) + s * (1 / 479001600 + r * (1 / 6227020800))
    main = 1.0 + high
    return np.ldexp(main + ((high - (main - 1.0)) + (s * (a + q * (b + q * c)) - low)), n.astype(np.int64))


def log(x: Array) -> Array:
    """The operations of `kernels.maths.log` one array after the other, for normal positive x."""
    half, k = np.frexp(x)
    m = half * 2
    is_high = m * 0.7071067811865476 > 1.0
    m = np.where(is_high, half, m)
    n = np.where(is_high, k, k - 1).astype(np.float64)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    q = w * w
    a = (2 / 3 + z * (2 / 5)) + w * (2 / 7 + z * (2 / 9))
    b = (2 / 11 + z * (2 / 13)) + w * (2 / 15 + z * (2 / 17))
    c = (2 / 19 + z * (2 / 21)) + w * (2 / 23 + z * (2 / 25))
    square = 0.5 * f * f
    main = n * 0.6931471805598903
    high = main + f
    left = f - (high - main)
    return high + (left - (square - (s * (square + z * (a + q * (b + q * c))) + n * 5.497923018708371e-14)))


def power(x: Array, a: float) -> Array:
    """x**a."""
    return exp(a * log(x))


# Residents


def live(model: Any, locality: Any, month: Any) -> dict[str, Array]:
    """Everybody's month; returns word * 2**30 + row of those who apply for local posts, by tier, lowest first."""
    table, staff = model.tables[Resident], model.tables[Business]["residents"]
    layoff = model.layoff
    level, status, months_out, employer, occupant = (
        table[name][locality.homes] for name in ("qualification", "status", "months_out", "employer", "occupant")
    )
    is_ill, is_engaged = table["is_ill"][locality.homes], table["is_engaged"][locality.homes]
    area = table["neighbourhood"][locality.homes] - locality.rows.start
    flows = {name: np.zeros(level.size, dtype=bool) for name in FLOWS}

    months_out += (status != EMPLOYED) & (months_out < MOST_MONTHS)
    work, health, moving, learning = words(np.arange(level.size), RESIDENT_LIFE, model, locality.number)
    tier = (level >= 3).astype(np.intp)
    ill = is_ill.astype(np.intp)
    moves = moving < month.move[area, tier]
    flows["moved"] = moves
    applies = np.zeros(level.size, dtype=np.int64)  # 0 for nothing, 1 for other posts, 2 for higher ones

    # Those at work
    held = np.where(employer >= 0, employer, 0)
    shed = np.where(employer >= 0, layoff[held], month.outside_loss)
    losing, leaving = np.moveaxis(month.leave_work[area, level, ill], -1, 0)
    ends = (status == EMPLOYED) & ~moves & (work < leaving + shed)
    leaves = ends & (work >= losing) & (work < leaving)
    loses = ends & ~leaves
    to_next = (
        loses & (employer >= 0) & (work >= leaving) & (work < leaving + (month.direct_moves * shed).astype(np.int64))
    )
    # Those in search, by the months they have been out so far
    band = (months_out > 6).astype(np.intp) + (months_out > 12) + (months_out > 24)
    seeks = np.flatnonzero((status == UNEMPLOYED) & ~moves)
    higher, other, outside, giving_up = month.find[area[seeks], level[seeks], ill[seeks], band[seeks]].T
    word = work[seeks]
    applies[seeks] = np.where(word < higher, 2, word < other)
    finds_outside = seeks[(word >= other) & (word < outside)]
    gives_up = seeks[(word >= outside) & (word < giving_up)]
    # Those out of the labour force
    begins = (status == INACTIVE) & ~moves & (work < month.begin[area, level, ill])

    applies[to_next] = 1 + tier[to_next]
    np.subtract.at(staff, employer[ends & (employer >= 0)], 1)
    employer[ends] = NOBODY
    months_out[ends | begins] = 0
    status[leaves] = INACTIVE
    status[loses | begins] = UNEMPLOYED
    status[finds_outside], employer[finds_outside], months_out[finds_outside] = EMPLOYED, OUTSIDE, 0
    status[gives_up] = INACTIVE

    # Health and learning
    recovers = ~moves & is_ill & (health < month.recover)
    falls_ill = ~moves & ~is_ill & (health < month.fall_ill[area, level])
    learns = ~moves & (learning < month.learn[area]) & (level < 4)
    is_ill ^= recovers | falls_ill
    level += learns

    # Newcomers in the homes of those who left
    homes = np.flatnonzero(moves)
    here = area[homes]
    level_word, illness_word, status_word, local_word = words(homes, RESIDENT_NEWCOMER, model, locality.number)
    new_level = (level_word[:, None] >= month.newcomer_level[here, :4]).sum(axis=1)
    new_ill = illness_word < month.newcomer_ill[here, new_level]
    inactive, without_work = month.newcomer_status[here, new_level, new_ill.astype(np.intp)].T
    new_status = np.where(status_word < inactive, INACTIVE, np.where(status_word < without_work, UNEMPLOYED, EMPLOYED))
    boss = employer[homes]
    has_post = boss >= 0
    keeps = (new_status == EMPLOYED) & has_post & (shed[homes] < CERTAIN)
    np.subtract.at(staff, boss[has_post & ~keeps], 1)
    new_tier = (new_level >= 3).astype(np.intp)
    looks = (new_status == EMPLOYED) & ~keeps & (boss != OUTSIDE) & (local_word < month.stay_local[new_tier])
    applies[homes] = np.where(looks, 1 + new_tier, 0)
    employer[homes] = np.where(keeps, boss, np.where((new_status == EMPLOYED) & ~looks, OUTSIDE, NOBODY))
    level[homes], is_ill[homes], months_out[homes], is_engaged[homes] = new_level, new_ill, 0, False
    status[homes] = np.where(looks, UNEMPLOYED, new_status)
    occupant[homes] += np.uint32(1)

    flows |= {"lost_work": loses, "left_work": leaves, "began_search": begins}
    flows |= {"recovered": recovers, "fell_ill": falls_ill, "learned": learns}
    flows["found_outside"][finds_outside] = True
    flows["gave_up"][gives_up] = True
    n = locality.n_homes.size
    for column, name in enumerate(FLOWS):
        locality.resident_flows[:, column] = np.bincount(area[flows[name]], minlength=n)
    in_line = {tier: np.flatnonzero(applies == k) for k, tier in ((1, "other"), (2, "higher"))}
    return {tier: np.sort((work[rows] << 30) | rows) for tier, rows in in_line.items()}


def engage(model: Any, locality: Any) -> None:
    """Each quarter: businesses and residents think again about the coalition."""
    reconsider, choose, by_area = engaging(model, locality)
    firms, people = model.tables[Business], model.tables[Resident]
    engaged = firms["is_engaged"][locality.slots]
    thinks, chooses, _, _ = words(np.arange(engaged.size), BUSINESS_ENGAGE, model, locality.number)
    again = (thinks < reconsider) & firms["is_alive"][locality.slots]
    engaged[again] = chooses[again] < choose
    engaged = people["is_engaged"][locality.homes]
    area = people["neighbourhood"][locality.homes] - locality.rows.start
    thinks, chooses, _, _ = words(np.arange(engaged.size), RESIDENT_ENGAGE, model, locality.number)
    again = thinks < reconsider
    engaged[again] = (chooses < np.array(by_area)[area])[again]


# Businesses


def flow(locality: Any, name: str, n: Any) -> None:
    """Note that something happened to businesses."""
    locality.business_flows[BUSINESS_FLOWS.index(name)] += int(n)


def trade(model: Any, locality: Any) -> None:
    """Targets, posts opened, jobs shed and closures."""
    firms, market = model.settings.world.enterprise, locality.market
    table = model.tables[Business]
    column = {name: table[name][locality.slots] for name in table}
    layoff = model.layoff[locality.slots]
    locality.business_flows[:] = 0
    layoff[:] = 0
    alive = np.flatnonzero(column["is_alive"])
    sector, scale = column["sector"][alive], column["scale"][alive]
    outlook = locality.outlook[sector]
    column["age"][alive] += 1
    age = column["age"][alive]
    luck = normal(words(alive, BUSINESS_MONTH, model, locality.number))
    innovation = firms.shock_sd * np.sqrt(1 - firms.shock_persistence**2)
    shock = firms.shock_persistence * column["shock"][alive] + innovation * luck
    column["shock"][alive] = shock
    closing, higher_leave, other_leave, higher_open = words(alive, BUSINESS_EXIT, model, locality.number)
    band = (age >= 12).astype(np.intp) + (age >= 36) + (age >= 60)
    size = np.maximum(scale / market.unit_size[sector], 1.0)
    hazard = market.hazards[band] * power(size, firms.exit_size_elasticity) / 12.0 * exp(-firms.exit_response * outlook)
    closes = closing < as_threshold(hazard)
    commuters = {tier: column[f"commuters_{tier}"][alive].astype(np.int64) for tier in ("higher", "other")}
    residents = column["residents"][alive].astype(np.int64)
    jobs = residents + commuters["higher"] + commuters["other"]
    wanted = scale * exp(outlook + shock) + column["dither"][alive]
    target = np.where(closes, 0, np.maximum(1, wanted.astype(np.int64)))
    surplus = np.maximum(jobs - target, 0)
    shed = np.where(closes, 1.0, firms.layoff_speed * surplus / np.maximum(jobs, 1))
    leaving = model.settings.world.labour.commuter_quits + shed
    for tier, word in (("higher", higher_leave), ("other", other_leave)):
        gone = np.where(closes, commuters[tier], (commuters[tier] * leaving + uniform(word)).astype(np.int64))
        gone = np.minimum(gone, commuters[tier])
        commuters[tier] -= gone
        column[f"commuters_{tier}"][alive] = commuters[tier]
        flow(locality, "commuters_left", gone.sum())
    gap = np.where(closes, 0, np.maximum(target - (residents + commuters["higher"] + commuters["other"]), 0))
    higher = np.where(closes, 0, (gap * HIGHER[sector] + uniform(higher_open)).astype(np.int64))
    column["vacancies_higher"][alive], column["vacancies_other"][alive] = higher, gap - higher
    column["target"][alive], column["is_closing"][alive], layoff[alive] = target, closes, as_threshold(shed)
    flow(locality, "vacancies_opened", gap.sum())
    flow(locality, "deaths", closes.sum())
    flow(locality, "jobs_in_closures", jobs[closes].sum())


def enter(model: Any, locality: Any, attraction: float) -> None:
    """New businesses take the first free slots."""
    plan, firms, market = entry(model, locality, attraction), model.settings.world.enterprise, locality.market
    table = model.tables[Business]
    column = {name: table[name][locality.slots] for name in table}
    order = np.arange(plan.n)
    slots = np.flatnonzero(~column["is_alive"])[: plan.n]
    mobile = order < plan.mobile
    number = 2 * np.where(mobile, 2**20 + order, order - plan.mobile)
    sector_word, size_word, dither_word, posts_word = words(number, BUSINESS_ENTRY, model, locality.number)
    luck = normal(words(number + 1, BUSINESS_ENTRY, model, locality.number))
    passed = np.where(mobile[:, None], plan.tradable_sector, plan.any_sector)
    sector = (sector_word[:, None] >= passed[:, :-1]).sum(axis=1)
    tail = firms.size_exponent - firms.exit_size_elasticity
    ordinary = np.minimum(market.entrant_size[sector] * power(uniform(size_word), -1.0 / tail), firms.largest_entrant)
    scale = np.where(mobile, firms.mobile_size * (0.5 + uniform(size_word)), ordinary)
    shock, dither = firms.shock_sd * luck, uniform(dither_word)
    target = np.maximum(1, (scale * exp(shock) + dither).astype(np.int64))
    higher = (target * HIGHER[sector] + uniform(posts_word)).astype(np.int64)
    new = {"sector": sector, "scale": scale, "shock": shock, "dither": dither, "target": target}
    new |= {"age": 0, "residents": 0, "productivity": market.sector_productivity[sector]}
    new |= {"is_alive": True, "is_engaged": False}
    new |= {"vacancies_higher": higher, "vacancies_other": target - higher}
    for name, values in new.items():
        column[name][slots] = values
    column["occupant"][slots] += np.uint32(1)
    flow(locality, "births", plan.n)
    flow(locality, "vacancies_opened", target.sum())


def take_posts(n: int, vacancies: Array, offset: float) -> Array:
    """The slot of each of up to `n` hires, spread evenly over the open posts; lowers `vacancies`."""
    passed = np.cumsum(vacancies, dtype=np.int64)
    posts = int(passed[-1])
    n = min(n, posts)
    taken = np.minimum(((np.arange(n) + offset) / n * posts).astype(np.int64), posts - 1)
    slots = np.searchsorted(passed, taken, side="right")
    vacancies -= np.bincount(slots, minlength=vacancies.size).astype(vacancies.dtype)
    return slots


def search_and_match(model: Any, locality: Any) -> None:
    """Residents live, posts are filled, and businesses that have closed are cleared away."""
    firms, people = model.tables[Business], model.tables[Resident]
    vacancies = {tier: firms[f"vacancies_{tier}"][locality.slots] for tier in ("other", "higher")}
    other, higher = tightness(model, locality, (int(vacancies["other"].sum()), int(vacancies["higher"].sum())))
    in_line = live(model, locality, chances(model, locality, other, higher))
    staff = firms["residents"][locality.slots]
    status, employer, months_out = (people[name][locality.homes] for name in ("status", "employer", "months_out"))
    for k, tier, chance in ((0, "higher", higher), (1, "other", other)):
        one = np.array([k])
        luck = uniform(words(one, HIRING, model, locality.number)[0])[0]
        slots = take_posts(in_line[tier].size, vacancies[tier], luck)
        rows = in_line[tier][: slots.size] & (2**30 - 1)
        status[rows], employer[rows], months_out[rows] = EMPLOYED, locality.slots.start + slots, 0
        staff += np.bincount(slots, minlength=staff.size).astype(staff.dtype)
        number, luck, _, _ = (uniform(word)[0] for word in words(one, COMMUTER, model, locality.number))
        from_outside = take_posts(int(locality.market.commuting[k] * chance + number), vacancies[tier], luck)
        column = firms[f"commuters_{tier}"][locality.slots]
        column += np.bincount(from_outside, minlength=column.size).astype(column.dtype)
        locality.hired[[k, 2 + k]] = slots.size, from_outside.size
    closing = firms["is_closing"][locality.slots]
    assert not staff[closing].any(), "people still work at a closed business"
    firms["is_alive"][locality.slots][closing] = False
    closing[:] = False


# Counts


def count(model: Any, locality: Any) -> None:
    """Count residents and businesses afresh."""
    people, firms = model.tables[Resident], model.tables[Business]
    level, status, months_out, employer = (
        people[name][locality.homes] for name in ("qualification", "status", "months_out", "employer")
    )
    ill, area = people["is_ill"][locality.homes], people["neighbourhood"][locality.homes] - locality.rows.start
    n = locality.n_homes.size

    def tally(out: Array, *keys: Array) -> None:
        cell = np.ravel_multi_index(keys, out.shape)
        out[:] = np.bincount(cell, minlength=out.size).reshape(out.shape)

    tally(locality.people, area, status, level, ill)
    jobless = np.flatnonzero(status == UNEMPLOYED)
    months = months_out[jobless]
    band = (months >= 6).astype(np.intp) + (months >= 12) + (months >= 24)
    tally(locality.seekers, area[jobless], level[jobless], ill[jobless], band)
    away = np.flatnonzero(employer == OUTSIDE)
    tally(locality.outside, area[away], (level[away] >= 3).astype(np.intp))
    locality.engaged[:] = np.bincount(area[people["is_engaged"][locality.homes]], minlength=n)

    alive = np.flatnonzero(firms["is_alive"][locality.slots])
    names = ("residents", "commuters_higher", "commuters_other", "vacancies_higher", "vacancies_other")
    staff, *columns = (firms[name][locality.slots][alive].astype(np.int64) for name in names)
    sector, engaged = (firms[name][locality.slots][alive] for name in ("sector", "is_engaged"))
    jobs = staff + columns[0] + columns[1]
    locality.stock[:] = np.bincount(sector, minlength=len(SECTORS))
    locality.jobs[:] = np.bincount(sector, weights=jobs, minlength=len(SECTORS))
    at_engaged = (columns[2] + columns[3])[engaged].sum()
    locality.business_totals[:] = [engaged.sum(), staff.sum(), *(column.sum() for column in columns), at_engaged]
    # Added one after the other: numpy's own sum adds in another order.
    output = np.cumsum(jobs * firms["productivity"][locality.slots][alive])
    locality.output = float(output[-1]) if alive.size else 0.0
    locality.total()


class ArrayTwin(
    model_with(
        coalition={"engage": engage},
        enterprise={"trade": trade, "enter": enter},
        labour={"search_and_match": search_and_match},
        observation={"count": count},
    )
):
    """A coalition model whose residents and businesses are moved by numpy alone."""
