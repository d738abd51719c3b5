"""Change: what happens to places and neighbourhoods by themselves, whatever anybody's policy.

Demand for labour in and around a place rises and falls, and neighbourhoods become more or less deprived, for reasons
outside the model. A neighbourhood one national standard deviation worse than at the start sends its residents out of work,
into illness and into inactivity as often, and draws such newcomers, as one that started there would.
"""

from typing import Any

import numpy as np

from coalsim.agents.locality import Locality
from coalsim.kernels import change as kernel
from coalsim.kernels.change import wander
from coalsim.kernels.maths import exp, power
from coalsim.kernels.streams import LOCAL_DEMAND, NEIGHBOURHOOD_CHANGE
from coalsim.start.profiles import SLOPE
from coalsim.start.settling import keys

# Log multiples per national standard deviation: losing work, not searching, falling ill, a newcomer's next level.
SLOPES = np.array(
    [SLOPE["unemployment"], SLOPE["inactivity"], SLOPE["illness"], (SLOPE["level_4"] - SLOPE["unqualified"]) / 4]
)


def run(model: Any) -> None:
    """Move local demand and every neighbourhood on, and what residents may expect with them."""
    world = model.settings.world
    firms, life = world.enterprise, world.life
    # Of luck since the start: how far demand and neighbourhoods may have moved by now
    demand = variance(firms.local_demand_sd, firms.local_demand_persistence, model.month + 1)
    drift = variance(life.drift_sd, life.drift_persistence, model.month + 1)
    model.in_each(lambda model, locality: move_on(model, locality, demand, drift))


def move_on(model: Any, locality: Locality, demand: float, drift: float) -> None:
    """A locality's month of luck; `demand` and `drift` are the variances of how far it may have moved."""
    world = model.settings.world
    firms, life, response = world.enterprise, world.life, world.labour.outside_response
    when, luck = (locality.number, model.month), locality.luck
    fresh = news(firms.local_demand_sd, firms.local_demand_persistence), news(life.drift_sd, life.drift_persistence)
    wander(*when, LOCAL_DEMAND, *keys(model), luck[:1], firms.local_demand_persistence, fresh[0])
    wander(*when, NEIGHBOURHOOD_CHANGE, *keys(model), luck[1:], life.drift_persistence, fresh[1])
    since = luck - locality.luck_at_start
    locality.demand, locality.drift = float(since[0]), since[1:]
    elsewhere = 1.0 if model.has_open_borders else model.outside_work  # the nation's cycle meets other places by itself
    locality.outside_work = elsewhere * exp(response * locality.demand - response**2 * demand / 2)
    if fresh[1] > 0 or world.shocks:
        follow(locality, drift, model.job_loss)


def news(sd: float, persistence: float) -> float:
    """Standard deviation of a month's news that keeps an autoregression at the given one in the long run."""
    return float(sd * np.sqrt(1 - persistence**2))


def variance(sd: float, persistence: float, months: int) -> float:
    """Variance of how far luck, at its long-run spread throughout, has moved in so many months."""
    return float(2 * sd**2 * (1 - power(persistence, months))) if persistence > 0 else 2 * sd**2


def follow(locality: Locality, spread: float, job_loss: float) -> None:
    """Set residents' rates and newcomers to what drifts of the given variance, and job loss, make of the starting ones."""
    times = np.empty((locality.drift.size, SLOPES.size))
    kernel.multiples(locality.drift, SLOPES, spread, times)
    start, market = locality.rates_at_start, locality.market
    separating, searching = np.empty(start.separating.shape), np.empty(start.searching.shape)
    falling_ill, newcomer_level = np.empty(start.falling_ill.shape), np.empty(start.newcomer_level.shape)
    market.leave_work = np.empty((*start.leaving.shape, 2), dtype=np.int64)
    market.newcomer_status = np.empty((*start.leaving.shape, 2), dtype=np.int64)
    kernel.follow(
        times, job_loss, start.separating, start.leaving, start.searching, start.falling_ill, start.newcomer_level, start.status,
        separating, searching, falling_ill, newcomer_level, market.leave_work, market.newcomer_status,
    )  # fmt: skip
    locality.rates = start._replace(
        separating=separating, searching=searching, falling_ill=falling_ill, newcomer_level=newcomer_level
    )
