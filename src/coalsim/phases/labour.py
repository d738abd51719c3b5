"""Labour: residents lose, find and give up work, learn, fall ill, recover and move; posts are filled; closures are cleared."""

from typing import Any

import numpy as np

from coalsim.agents.business import Business
from coalsim.agents.locality import Locality
from coalsim.agents.resident import Resident
from coalsim.kernels import enterprise, hiring, labour, residents
from coalsim.kernels.maths import power
from coalsim.kernels.random import draw, uniform
from coalsim.kernels.streams import COMMUTER, HIRING
from coalsim.names import HEALTH, SKILLS
from coalsim.start.market import REACH, as_threshold
from coalsim.start.settling import keys


def run(model: Any) -> None:
    """The labour market of every locality; localities share nothing, so they may run side by side."""
    model.in_each(search_and_match)


def search_and_match(model: Any, locality: Locality) -> None:
    """One locality's month of lives and hires."""
    higher, other = tightness(model, locality)
    seekers = live(model, locality, higher, other)
    hire(model, locality, seekers, (higher, other))
    clear(model, locality)


def tightness(model: Any, locality: Locality) -> tuple[float, float]:
    """Chance of a match relative to the start for higher-skilled and other posts, from posts open and people searching."""
    settings, market = model.settings.world.labour, locality.market
    table = model.tables[Business]
    searching = np.empty(2)
    labour.expected_hires(locality.seekers, locality.rates.finding, market.local, REACH, searching)
    chances = []
    for k, name in enumerate(("vacancies_higher", "vacancies_other")):
        posts = float(table[name][locality.slots].sum(dtype=np.int64))
        reference = float(market.searching[k] + market.commuting[k])
        now = float(searching[k] + market.commuting[k])
        chances.append(
            labour.tightness(posts, float(market.vacancies[k]), now, reference, settings.matching_elasticity)
        )
    return chances[0], chances[1]


def live(model: Any, locality: Locality, higher: float, other: float) -> tuple[Any, Any]:
    """Residents' month; returns the seekers whom local businesses may hire, lowest draw first."""
    world, market, rates, start = model.settings.world, locality.market, locality.rates, locality.at_start
    strength = world.mechanisms
    n = locality.n_homes.size
    total = int(locality.business_totals[4:6].sum())
    brokered = int(locality.business_totals[6]) / total if total else 0.0
    brokerage = 1 + world.labour.brokerage_effect * strength.brokerage * brokered
    find = np.empty((n, 5, 2, 4, 4), dtype=np.int64)
    labour.prospects(
        rates.finding,
        market.local,
        REACH,
        rates.giving_up,
        higher * brokerage,
        other * brokerage,
        locality.outside_work,
        find,
    )
    easier = power(max((higher + other) / 2, 1e-6), world.labour.encouragement)
    begin = as_threshold(np.minimum(rates.searching * easier, 0.9))
    change = locality.condition[:, [SKILLS, HEALTH]] - start["condition"][:, [SKILLS, HEALTH]]
    better = locality.quality - start["quality"]
    effect = strength.conditions_to_residents
    fall_ill, learn, move = (
        np.empty((n, 5), dtype=np.int64),
        np.empty(n, dtype=np.int64),
        np.empty((n, 2), dtype=np.int64),
    )
    newcomer_level = np.empty((n, 5), dtype=np.int64)
    life = world.life
    labour.life_chances(
        change, better, rates.falling_ill, life.illness_effect * effect, rates.learning, life.learning_effect * effect,
        life.ageing, rates.moving, life.moving_effect * effect, rates.newcomer_level, life.sorting_effect * effect,
        fall_ill, learn, move, newcomer_level,
    )  # fmt: skip
    table, firms = model.tables[Resident], model.tables[Business]
    rows = {name: table[name][locality.homes] for name in table}
    lists = model.seekers[:, locality.homes]
    largest = int(locality.n_homes.max())
    n_higher, n_other = residents.live(
        locality.bounds, locality.number, model.month, *keys(model),
        rows["qualification"], rows["status"], rows["is_ill"], rows["months_out"], rows["employer"], rows["occupant"],
        rows["is_engaged"], firms["residents"], model.layoff, market.outside_loss, world.labour.direct_moves,
        find, market.leave_work, begin, fall_ill, int(as_threshold(life.recovery_rate)), move, learn,
        newcomer_level, market.newcomer_ill, market.newcomer_status, as_threshold(market.local),
        np.empty((4, largest), dtype=np.uint32), np.empty(largest, dtype=np.int64), lists[0], lists[1], locality.resident_flows,
    )  # fmt: skip
    return np.sort(lists[0][:n_higher], kind="stable"), np.sort(lists[1][:n_other], kind="stable")


def hire(model: Any, locality: Locality, seekers: tuple[Any, Any], chances: tuple[float, float]) -> None:
    """Fill posts: residents in the order of their draws, then in-commuters as far as posts are left."""
    table, people, market = model.tables[Business], model.tables[Resident], locality.market
    rows = {name: people[name][locality.homes] for name in ("status", "months_out", "employer")}
    residents_of = table["residents"][locality.slots]
    locality.hired[:] = 0
    for k, kind in enumerate(("higher", "other")):
        posts, commuters = table[f"vacancies_{kind}"][locality.slots], table[f"commuters_{kind}"][locality.slots]
        luck = draw(k, model.month, HIRING, locality.number, *keys(model))
        filled = np.empty(max(int(posts.sum(dtype=np.int64)), 1), dtype=np.int64)
        locality.hired[k] = hiring.hire_residents(
            seekers[k], posts, uniform(luck[0]), filled, locality.slots.start,
            rows["status"], rows["months_out"], rows["employer"], residents_of,
        )  # fmt: skip
        wanted = market.commuting[k] * chances[k]
        luck = draw(k, model.month, COMMUTER, locality.number, *keys(model))
        locality.hired[2 + k] = hiring.hire_commuters(
            int(wanted + uniform(luck[0])), posts, uniform(luck[1]), filled, commuters
        )


def clear(model: Any, locality: Locality) -> None:
    """Free the slots of businesses that closed; everybody must have left them."""
    table = model.tables[Business]
    names = ("is_closing", "is_alive", "residents", "commuters_higher", "commuters_other")
    left = enterprise.close(*(table[name][locality.slots] for name in names))
    if left:
        raise ArithmeticError(f"{locality.name}: {left} people still work at closed businesses in month {model.month}")
