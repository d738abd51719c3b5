"""Settles a locality: residents into homes, businesses into slots, workers into posts, conditions into balance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from coalsim.agents.business import SECTOR, Business, by_sector
from coalsim.agents.coalition import WEIGHTS
from coalsim.agents.locality import Locality
from coalsim.agents.resident import Resident
from coalsim.kernels import enterprise, labour, population, residents
from coalsim.kernels.conditions import need_for, quality
from coalsim.kernels.random import fill
from coalsim.kernels.streams import HIRING
from coalsim.names import DOMAINS, HIGHER_LEVEL, SECTORS
from coalsim.scenario.schema import Scenario
from coalsim.start.geography import lay_out
from coalsim.start.luck import BEFORE, starting_luck
from coalsim.start.market import HIGHER, OLDEST, REACH, Market, as_threshold, exit_hazards
from coalsim.start.profiles import draw_profile
from coalsim.start.rates import Rates, derive

Array = NDArray[np.float64]
MOST_LOCAL = 0.97


def n_homes(scenario: Scenario) -> list[int]:
    """Simulated residents of each place."""
    return [max(1, round(place.adults * scenario.sample)) for place in scenario.places]


def n_slots(homes: int, scenario: Scenario) -> int:
    """Slots for businesses: twice the starting stock and a few."""
    return 2 * round(homes * scenario.world.enterprise.businesses_per_1000_adults / 1000) + 64


def settle(model: Any, locality: Locality) -> None:
    """Draw the starting state of a locality and derive the rates that hold it there."""
    world, place = model.settings.world, locality.place
    locality.geography = lay_out(place.neighbourhoods, place.deprivation, place.number)
    locality.profile = draw_profile(place, locality.geography.deprivation)
    locality.luck[:] = starting_luck(place, world, locality.geography.deprivation, keys(model))
    locality.luck_at_start[:] = locality.luck
    locality.market = _market(locality, model)
    _open_businesses(model, locality)
    closing = closure_rate(locality, model)
    _balance_entry(model, locality, closing)
    # Jobs outside are lost to closures as often as jobs here, those who move on to another at once aside.
    lost = (1 - world.labour.direct_moves) * closing
    locality.market.outside_loss = int(as_threshold(lost))
    locality.rates = locality.rates_at_start = derive(place, world, locality.profile, lost)
    _fill_posts(model, locality, _draw_residents(model, locality))


def _market(locality: Locality, model: Any) -> Market:
    world, place = model.settings.world, locality.place
    sectors = np.array([share.value for share in place.economy.sectors.values()])
    jobs = place.economy.jobs.value / locality.weight
    higher_jobs = float((sectors * HIGHER).sum()) * jobs
    local_higher = (1 - place.economy.in_commuting_higher.value) * higher_jobs
    local_all = (1 - place.economy.in_commuting.value) * jobs
    profile = locality.profile
    employed = profile.level * (1 - profile.inactive - profile.unemployed) * locality.n_homes[:, None]
    by_tier = np.array([employed[:, :HIGHER_LEVEL].sum(), employed[:, HIGHER_LEVEL:].sum()])
    # Higher-qualified residents also hold other posts; the split follows what each tier finds (`REACH`).
    higher = min(local_higher / REACH, MOST_LOCAL * by_tier[1], local_all)
    local = np.clip(np.array([local_all - higher, higher]) / by_tier, 0.01, MOST_LOCAL)

    firms = world.enterprise
    hazards, _ = exit_hazards(firms)
    stock = round(locality.n_residents * firms.businesses_per_1000_adults / 1000)
    # Public workplaces are larger: they are a third as many for their jobs (assumption).
    shares = sectors * np.where(by_sector("market") > 0, 1.0, 1 / 3)
    shares /= shares.sum()
    counts = np.maximum(1, np.floor(shares * stock + 0.5)).astype(np.int64)
    unit = np.empty(len(SECTORS))
    natural = []
    wanted = sectors * jobs * (1 + world.labour.vacancy_rate)
    for s, n in enumerate(counts):
        sizes = population.stratified_sizes(int(n), firms.size_exponent, firms.largest)
        natural.append(sizes)
        low, high = 1e-3, 1e4
        for _ in range(60):  # the unit at which sizes, at least one job each, add up to the sector's jobs
            unit[s] = (low + high) / 2
            low, high = (low, unit[s]) if float(np.maximum(sizes * unit[s], 1.0).sum()) > wanted[s] else (unit[s], high)
    locality.at_start["natural_sizes"] = natural
    relative = by_sector("productivity")
    entering = firms.entry_rate / 12 * int(counts.sum())
    size_of_entrants = _mean_entrant(firms, unit, shares)
    return Market(
        local=local,
        unit_size=unit,
        hazards=hazards,
        entrants=entering * (1 - firms.mobile_share),
        mobile=entering * firms.mobile_share * size_of_entrants / firms.mobile_size,
        sector_shares=counts / counts.sum(),
        sector_productivity=place.economy.gva_per_job.value * relative / float((sectors * relative).sum()),
    )


def _mean_entrant(firms: Any, unit: Array, shares: Array) -> float:
    """Mean natural size of an ordinary entrant, jobs, when the smallest of each sector has `unit` jobs."""
    sizes = population.stratified_sizes(2000, firms.size_exponent - firms.exit_size_elasticity, np.inf)
    return float(
        sum(share * np.minimum(sizes * u, firms.largest_entrant).sum() / sizes.size for share, u in zip(shares, unit))
    )


def _balance_entry(model: Any, locality: Locality, closing: float) -> None:
    """Scale the sizes of entrants so that they open as many posts in a month as closures end."""
    firms, market = model.settings.world.enterprise, locality.market
    posts = int(model.tables[Business]["target"][locality.slots].sum(dtype=np.int64))
    wanted = closing * posts * locality.place.calibration.entry
    low, high = 0.0, 100.0
    for _ in range(60):
        scale = (low + high) / 2
        opened = (
            market.entrants * _mean_entrant(firms, market.unit_size * scale, market.sector_shares)
            + market.mobile * scale * firms.mobile_size
        )
        low, high = (scale, high) if opened < wanted else (low, scale)
    market.entrant_size = market.unit_size * scale
    market.mobile *= scale


def _draw_residents(model: Any, locality: Locality) -> NDArray[np.int64]:
    world, profile, rates = model.settings.world, locality.profile, locality.rates
    table = model.tables[Resident]
    rows = {name: table[name][locality.homes] for name in table}
    cumulative = np.cumsum(profile.level, axis=1)
    cumulative[:, -1] = 1.0
    status = np.cumsum(rates.status[..., :2], axis=-1)
    newcomers = np.cumsum(rates.newcomer_level, axis=1)
    newcomers[:, -1] = 1.0
    market = locality.market
    market.stay_local = as_threshold(market.local)
    market.newcomer_ill = as_threshold(profile.ill)
    market.newcomer_status = as_threshold(status)
    market.leave_work = leaving_work(rates)
    population.settle(
        locality.bounds, locality.rows.start, locality.number, *keys(model),
        rows["neighbourhood"], rows["qualification"], rows["status"], rows["is_ill"], rows["months_out"],
        rows["employer"], rows["is_engaged"],
        as_threshold(cumulative), market.newcomer_ill, market.newcomer_status, market.stay_local,
        as_threshold(rates.duration), int(as_threshold(world.life.engaged_share)),
    )  # fmt: skip
    rows["occupant"][:] = 1
    return np.flatnonzero(rows["employer"] == 0)


def leaving_work(rates: Rates) -> NDArray[np.int64]:
    """Cumulative thresholds of losing work and of leaving it, (n, 5, 2, 2)."""
    return as_threshold(np.cumsum(np.stack([rates.separating, rates.leaving], axis=-1), axis=-1))


def _open_businesses(model: Any, locality: Locality) -> None:
    world, market = model.settings.world, locality.market
    firms = world.enterprise
    table = model.tables[Business]
    slots = {name: table[name][locality.slots] for name in table}
    _, age_shares = exit_hazards(firms)
    first = 0
    engaged = int(as_threshold(world.partnership.business_engaged_share))
    for s, natural in enumerate(locality.at_start["natural_sizes"]):
        if first + natural.size > slots["sector"].size:
            raise MemoryError(f"{locality.name}: more businesses than slots at the start")
        population.found(
            first, locality.number, *keys(model), s, natural, market.unit_size[s],
            slots["sector"], slots["scale"], slots["shock"], slots["dither"], slots["age"], slots["target"],
            slots["productivity"], slots["vacancies_higher"], slots["vacancies_other"], slots["is_alive"], slots["is_engaged"],
            np.array([0, 12, 36, 60, OLDEST]), as_threshold(np.cumsum(age_shares)), firms.shock_sd,
            world.labour.vacancy_rate / (1 + world.labour.vacancy_rate), list(SECTOR.values())[s].higher_share,
            market.sector_productivity[s], engaged, slots["occupant"],
        )  # fmt: skip
        first += natural.size


def _fill_posts(model: Any, locality: Locality, workers: NDArray[np.int64]) -> None:
    table, people = model.tables[Business], model.tables[Resident]
    slots = {name: table[name][locality.slots] for name in table}
    posts = int((slots["target"] - slots["vacancies_higher"] - slots["vacancies_other"]).sum())
    words = np.empty((4, posts), dtype=np.uint32)
    fill(0, BEFORE, HIRING, locality.number, *keys(model), *words)
    order = np.argsort(words[0], kind="stable")
    economy = locality.place.economy
    commuters = max(0, posts - workers.size)
    share = economy.in_commuting_higher.value / economy.in_commuting.value
    sectors = np.array([fact.value for fact in economy.sectors.values()])
    higher = round(commuters * min(1.0, share * float((sectors * HIGHER).sum())))
    population.post(
        workers, order, slots["target"], slots["vacancies_higher"], slots["vacancies_other"], locality.slots.start,
        people["employer"][locality.homes], slots["residents"], slots["commuters_higher"], slots["commuters_other"], higher,
    )  # fmt: skip


def count(model: Any, locality: Locality) -> None:
    """Count residents and businesses of a locality afresh."""
    table, firms = model.tables[Resident], model.tables[Business]
    rows = {name: table[name][locality.homes] for name in table}
    slots = {name: firms[name][locality.slots] for name in firms}
    residents.count(
        locality.bounds, rows["qualification"], rows["status"], rows["is_ill"], rows["months_out"], rows["employer"],
        rows["is_engaged"], locality.people, locality.seekers, locality.engaged, locality.outside,
    )  # fmt: skip
    locality.output = enterprise.census(
        slots["sector"], slots["is_alive"], slots["is_engaged"], slots["productivity"], slots["residents"],
        slots["commuters_higher"], slots["commuters_other"], slots["vacancies_higher"], slots["vacancies_other"],
        locality.stock, locality.jobs, locality.business_totals,
    )  # fmt: skip
    locality.total()


def balance(model: Any, locality: Locality) -> None:
    """Fix what later months are compared with: conditions and need, quality, budgets, and the market's references."""
    world, place = model.settings.world, locality
    c = world.conditions
    place.condition[:] = place.profile.condition
    count(model, place)
    for partner in place.partners:
        partner.settle()
    free = np.zeros(len(DOMAINS))
    for partner in place.partners:
        free[partner.domain] += partner.free_at_start
    spend = free / (place.heads * place.n_residents)  # GBP a head and year
    speed = np.array([getattr(c, f"speed_{domain}") for domain in DOMAINS])
    spillover = c.spillover * world.mechanisms.neighbourhood_spillover
    need_for(
        place.condition, spend, speed, spillover, c.eta, place.geography.indptr, place.geography.neighbours, place.need
    )
    place.spend[:] = spend
    quality(place.condition, WEIGHTS, c.rho, place.quality)
    market, totals = place.market, place.business_totals
    labour.expected_hires(place.seekers, place.rates.finding, market.local, REACH, market.searching)
    closing = closure_rate(place, model)
    market.commuting = totals[2:4] * (world.labour.commuter_quits + closing)
    market.vacancies = np.maximum(totals[4:6], 1).astype(np.float64)
    place.at_start |= {
        "components": place.components(),
        "mean_conditions": place.mean_conditions(),
        "quality": place.quality.copy(),
        "condition": place.condition.copy(),
        "spend": place.spend.copy(),
        "employed": place.n_employed,
        "unemployed": place.n_unemployed,
        "higher": int(place.by_level[HIGHER_LEVEL:].sum()) / place.n_residents,
        "jobs": place.n_jobs,
        "businesses": place.n_businesses,
        "output": place.output,
        "engaged": float(world.life.engaged_share),
    }
    place.score_deprivation()


def closure_rate(locality: Locality, model: Any) -> float:
    """Share of posts that closures end in a month at reference hazards."""
    table, market = model.tables[Business], locality.market
    names = ("sector", "scale", "age", "target", "is_alive")
    elasticity = model.settings.world.enterprise.exit_size_elasticity
    sector, scale, age, target, is_alive = (table[name][locality.slots] for name in names)
    lost = enterprise.jobs_at_risk(sector, scale, age, target, is_alive, market.unit_size, market.hazards, elasticity)
    return float(lost / max(int(target.sum()), 1))


def keys(model: Any) -> tuple[int, int]:
    """The two key words of the run's random numbers."""
    return model.key
