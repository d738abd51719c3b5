"""Labour: residents lose, find and give up work, learn, fall ill, recover and move; posts are filled; closures are cleared."""

from typing import Any

import numpy as np

from coalsim.agents.business import Business
from coalsim.agents.locality import Locality
from coalsim.agents.resident import Resident
from coalsim.kernels import enterprise, hiring, labour, residents
from coalsim.kernels.maths import power
from coalsim.kernels.random import draw, threshold, uniform
from coalsim.kernels.streams import HIRING
from coalsim.names import HEALTH, SKILLS
from coalsim.phases import exchange
from coalsim.phases.exchange import Seekers, commuter_luck, commuters_wanted, posts_and_commuters
from coalsim.start.market import REACH
from coalsim.start.settling import keys


def run(model: Any) -> None:
    """The labour market of every locality; they share nothing, so they may run side by side, unless borders are open."""
    if not model.has_open_borders:
        model.in_each(search_and_match)
        return
    exchange.look_around(model)
    chances = model.in_each(tightness)
    exchange.expect(model, chances)
    seekers = model.in_each(search, chances)
    exchange.commute(model, seekers, chances)
    model.in_each(clear)


def search_and_match(model: Any, locality: Locality) -> None:
    """One locality's month of lives and hires, when there is always work outside and always somebody there for a post."""
    chances = tightness(model, locality)
    search(model, locality, chances)
    for k, (posts, commuters) in enumerate(posts_and_commuters(model, locality)):
        wanted, offset = commuters_wanted(model, locality, k, chances[k]), commuter_luck(model, locality, k)[1]
        locality.hired[2 + k] = hiring.hire_commuters(wanted, posts, offset, commuters)
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
        now = float(searching[k] + market.commuting[k] * model.nation.searchers)
        chances.append(
            labour.tightness(posts, float(market.vacancies[k]), now, reference, settings.matching_elasticity)
        )
    return chances[0], chances[1]


def search(model: Any, locality: Locality, chances: tuple[float, float]) -> Seekers:
    """Residents live, and those in line for local posts are hired."""
    seekers = live(model, locality, *chances)
    hire(model, locality, seekers)
    return seekers


def live(model: Any, locality: Locality, higher: float, other: float) -> Seekers:
    """Residents' month; returns those who apply for work, lowest draw first."""
    world, market, rates, start = model.settings.world, locality.market, locality.rates, locality.at_start
    strength, nation = world.mechanisms, model.nation
    n = locality.n_homes.size
    vacant = locality.n_vacancies
    brokered = int(locality.business_totals[6]) / vacant if vacant else 0.0
    brokerage = 1 + world.labour.brokerage_effect * strength.brokerage * brokered
    find = np.empty((n, 5, 2, 4, 4), dtype=np.int64)
    labour.prospects(
        rates.finding,
        market.local,
        REACH,
        rates.giving_up,
        higher * brokerage,
        other * brokerage,
        locality.outside_work * nation.chance * (exchange.SPARE if model.has_open_borders else 1.0),
        find,
    )
    easier = power(max((higher + other) / 2, 1e-6), world.labour.encouragement)
    begin = np.empty(rates.searching.shape, dtype=np.int64)
    labour.beginning(rates.searching, easier, begin)
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
        nation.elsewhere, nation.newcomers, fall_ill, learn, move, newcomer_level,
    )  # fmt: skip
    table, firms = model.tables[Resident], model.tables[Business]
    rows = {name: table[name][locality.homes] for name in table}
    largest = int(locality.n_homes.max())
    lists, filled = np.empty((4, locality.n_residents), dtype=np.int64), np.empty(6, dtype=np.int64)
    residents.live(
        locality.bounds, locality.number, model.month, *keys(model),
        rows["qualification"], rows["status"], rows["is_ill"], rows["months_out"], rows["employer"], rows["occupant"],
        rows["is_engaged"], locality.slots.start, firms["residents"][locality.slots], model.layoff[locality.slots],
        nation.at_risk if model.has_open_borders else market.outside_loss, world.labour.direct_moves,
        find, market.leave_work, begin, fall_ill, threshold(life.recovery_rate), move, learn,
        newcomer_level, market.newcomer_ill, market.newcomer_status, market.stay_local, model.has_open_borders,
        np.empty((4, largest), dtype=np.uint32), np.empty(largest, dtype=np.int64), lists, filled, locality.resident_flows,
    )  # fmt: skip
    higher_line, other_line, away, at_risk = (np.sort(line[:k], kind="stable") for line, k in zip(lists, filled))
    return Seekers(higher_line, other_line, away, at_risk, *map(int, filled[4:]))


def hire(model: Any, locality: Locality, seekers: Seekers) -> None:
    """Fill posts with residents in the order of their draws."""
    people = model.tables[Resident]
    rows = {name: people[name][locality.homes] for name in ("status", "months_out", "employer")}
    residents_of = model.tables[Business]["residents"][locality.slots]
    locality.hired[:] = 0
    for k, (posts, _) in enumerate(posts_and_commuters(model, locality)):
        luck = draw(k, model.month, HIRING, locality.number, *keys(model))
        locality.hired[k] = hiring.hire_residents(
            seekers[k], posts, uniform(luck[0]), locality.slots.start,
            rows["status"], rows["months_out"], rows["employer"], residents_of,
        )  # fmt: skip


def clear(model: Any, locality: Locality) -> None:
    """Free the slots of businesses that closed; everybody must have left them."""
    table = model.tables[Business]
    names = ("is_closing", "is_alive", "residents", "commuters_higher", "commuters_other")
    left = enterprise.close(*(table[name][locality.slots] for name in names))
    if left:
        raise ArithmeticError(f"{locality.name}: {left} people still work at closed businesses in month {model.month}")
