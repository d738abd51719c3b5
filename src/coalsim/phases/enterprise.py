"""Enterprise: businesses set targets, open posts, shed jobs, close and enter."""

from math import fsum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coalsim.agents.business import Business, by_sector
from coalsim.agents.locality import Locality
from coalsim.kernels import enterprise as kernel
from coalsim.kernels.maths import exp, log, total
from coalsim.kernels.random import draw, uniform
from coalsim.kernels.streams import BUSINESS_ENTRY
from coalsim.names import HIGHER_LEVEL
from coalsim.scenario.calendar import Month
from coalsim.start.market import HIGHER, as_threshold
from coalsim.start.settling import keys

TRADABLE, MARKET, CYCLICALITY, PULL = (by_sector(name) for name in ("is_tradable", "market", "cyclicality", "pull"))
NATION = 33_000_000  # residents aged 16-64 of England (ONS 2006, rounded)
# Businesses go by the past year's shortage of labour. Last month's alone would swing them: what they open in one month they
# would shed in the next, since a per cent of jobs is half of all open posts.
REMEMBERED = 12
ALWAYS_OPEN = 0.1
LUCK = 2**31  # draws of the locality itself are numbered from here, out of reach of its businesses


def run(model: Any) -> None:
    """The month of every business."""
    attraction = attractiveness(model)
    model.in_each(look_ahead)
    model.in_each(trade)
    model.in_each(enter, attraction)


def look_ahead(model: Any, locality: Locality) -> None:
    """What a locality's businesses expect."""
    locality.shortage += (shortage(locality) - locality.shortage) / REMEMBERED
    locality.outlook[:] = outlook(model, locality)


def outlook(model: Any, locality: Locality) -> NDArray[np.float64]:
    """Log change in profitable size by sector against the start, (6,): quality, skills, demand, shortage, the cycle."""
    world, start = model.settings.world, locality.at_start
    firms, strength = world.enterprise, world.mechanisms
    quality = locality.mean(locality.quality - start["quality"])
    skills = int(locality.by_level[HIGHER_LEVEL:].sum()) / locality.n_residents - start["higher"]
    demand = log(max(locality.n_employed, 1) / max(start["employed"], 1))
    market = strength.conditions_to_business * (firms.quality_effect * quality + firms.skills_effect * skills)
    market -= firms.shortage_effect * locality.shortage
    local = strength.local_multiplier * firms.demand_elasticity * demand
    return np.asarray(MARKET * (market + (1 - TRADABLE) * local + locality.demand) + CYCLICALITY * model.cycle)


def shortage(locality: Locality) -> float:
    """Log of posts open per unemployed resident against the start; a tenth of the posts at the start counts as always open."""
    usual = float(locality.market.vacancies.sum())
    posts = (locality.n_vacancies + ALWAYS_OPEN * usual) / ((1 + ALWAYS_OPEN) * usual)
    return log(posts) - log((locality.n_unemployed + 1) / (locality.at_start["unemployed"] + 1))


def attractiveness(model: Any) -> list[float]:
    """Mobile investment each locality draws relative to the start: its own pull over the mean pull of those it competes with.

    With closed borders these are places that stand still. In a nation the others' loss is exactly what one place wins.
    """
    world, places, borders = model.settings.world, model.localities, model.settings.borders
    effect = world.enterprise.attraction * world.mechanisms.conditions_to_business
    pulls = [exp(effect * place.mean(place.quality - place.at_start["quality"])) for place in places]
    sizes = [place.market.mobile * place.weight if borders == "open" else place.place.adults for place in places]
    gains = [size * (pull - 1) for size, pull in zip(sizes, pulls)]
    if borders == "closed":
        means = [1 + gain / max(NATION, size) for gain, size in zip(gains, sizes)]
    else:
        whole = fsum(sizes) if borders == "open" else max(NATION, sum(sizes))
        means = [1 + fsum(gains) / whole] * len(places)
    return [pull / (1 + world.mechanisms.displacement * (mean - 1)) for pull, mean in zip(pulls, means)]


def trade(model: Any, locality: Locality) -> None:
    """Targets, vacancies, layoffs and closures of a locality's businesses."""
    firms, market = model.settings.world.enterprise, locality.market
    table = model.tables[Business]
    slots = {name: table[name][locality.slots] for name in table}
    innovation = firms.shock_sd * np.sqrt(1 - firms.shock_persistence**2)
    quits = 0.0 if model.has_open_borders else model.settings.world.labour.commuter_quits  # see `exchange`
    kernel.trade(
        locality.number, model.month, *keys(model),
        slots["sector"], slots["scale"], slots["shock"], slots["dither"], slots["age"], slots["target"], slots["residents"],
        slots["commuters_higher"], slots["commuters_other"], slots["is_alive"], slots["is_closing"],
        slots["vacancies_higher"], slots["vacancies_other"], model.layoff[locality.slots],
        locality.outlook, HIGHER, market.unit_size, firms.shock_persistence, innovation, market.hazards,
        firms.exit_size_elasticity, firms.exit_response, firms.layoff_speed, quits,
        locality.business_flows,
    )  # fmt: skip


def enter(model: Any, locality: Locality, attraction: float) -> None:
    """New businesses and mobile investments of the month."""
    world, market = model.settings.world, locality.market
    firms, strength = world.enterprise, world.mechanisms
    table = model.tables[Business]
    slots = {name: table[name][locality.slots] for name in table}
    mood = float(total(market.sector_shares * locality.outlook))
    luck = draw(LUCK, model.month, BUSINESS_ENTRY, locality.number, *keys(model))
    ordinary = int(market.entrants * exp(firms.entry_response * mood) + uniform(luck[0]))
    cycle = exp(firms.entry_response * model.cycle)
    mobile = int(market.mobile * attraction * cycle + uniform(luck[1]))
    change = locality.mean_conditions() - locality.at_start["mean_conditions"]
    pull = firms.sector_response * strength.conditions_to_business * (PULL * change).sum(axis=1)
    weights = market.sector_shares * np.array([exp(float(x)) for x in pull])
    turned_away = kernel.enter(
        locality.number, model.month, *keys(model), ordinary + mobile, mobile, firms.mobile_size,
        slots["sector"], slots["scale"], slots["shock"], slots["dither"], slots["age"], slots["target"], slots["productivity"],
        slots["residents"], slots["is_alive"], slots["is_engaged"], slots["occupant"],
        slots["vacancies_higher"], slots["vacancies_other"],
        cumulative(weights), cumulative(weights * TRADABLE), HIGHER, market.sector_productivity, market.entrant_size,
        firms.size_exponent - firms.exit_size_elasticity, firms.largest_entrant, firms.shock_sd, locality.business_flows,
    )  # fmt: skip
    if turned_away:
        raise OverflowError(
            f"{locality.name}: businesses have doubled in number and no slot is left in month {model.month}"
        )


def cumulative(weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Thresholds of a draw in proportion to `weights`."""
    passed = np.cumsum(weights)
    return as_threshold(passed / passed[-1])


def cycle(model: Any) -> tuple[float, float, float]:
    """The national cycle this month.

    Log change in profitable size at average cyclicality, relative chance of work outside, additional chance of job loss.
    """
    month = Month.parse(model.settings.start) + model.month
    sizes = [(shock, shock.size(month)) for shock in model.settings.world.shocks]
    jobs, outside, loss = (
        sum(getattr(s, what) * size for s, size in sizes) for what in ("jobs", "outside_work", "job_loss")
    )
    return jobs, max(0.0, 1 + outside), loss
