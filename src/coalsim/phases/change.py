"""Change: what happens to places and neighbourhoods by themselves, whatever anybody's policy.

Demand for labour in and around a place rises and falls, and neighbourhoods become more or less deprived, for reasons
outside the model. A neighbourhood one national standard deviation worse than at the start sends its residents out of work,
into illness and into inactivity as often, and draws such newcomers, as one that started there would.
"""

from typing import Any

import numpy as np

from coalsim.agents.locality import Locality
from coalsim.kernels.change import multiples, wander
from coalsim.kernels.maths import exp, power
from coalsim.kernels.streams import LOCAL_DEMAND, NEIGHBOURHOOD_CHANGE
from coalsim.start.market import as_threshold
from coalsim.start.profiles import SLOPE
from coalsim.start.settling import keys, leaving_work

# Log multiples per national standard deviation: losing work, not searching, falling ill, a newcomer's next level.
SLOPES = np.array(
    [SLOPE["unemployment"], SLOPE["inactivity"], SLOPE["illness"], (SLOPE["level_4"] - SLOPE["unqualified"]) / 4]
)


def run(model: Any) -> None:
    """Move local demand and every neighbourhood on, and what residents may expect with them."""
    world = model.settings.world
    firms, life = world.enterprise, world.life
    demand = news(firms.local_demand_sd, firms.local_demand_persistence)
    drift = news(life.drift_sd, life.drift_persistence)
    elsewhere = 1.0 if model.has_open_borders else model.outside_work  # the nation's cycle meets other places by itself
    for locality in model.localities:
        when = locality.number, model.month
        luck = locality.luck
        wander(*when, LOCAL_DEMAND, *keys(model), luck[:1], firms.local_demand_persistence, demand)
        wander(*when, NEIGHBOURHOOD_CHANGE, *keys(model), luck[1:], life.drift_persistence, drift)
        since = luck - locality.luck_at_start
        locality.demand, locality.drift = float(since[0]), since[1:]
        response = world.labour.outside_response
        spread = response**2 * variance(firms.local_demand_sd, firms.local_demand_persistence, model.month + 1)
        locality.outside_work = elsewhere * exp(response * locality.demand - spread / 2)
        if drift > 0 or world.shocks:
            follow(locality, variance(life.drift_sd, life.drift_persistence, model.month + 1), model.job_loss)


def news(sd: float, persistence: float) -> float:
    """Standard deviation of a month's news that keeps an autoregression at the given one in the long run."""
    return float(sd * np.sqrt(1 - persistence**2))


def variance(sd: float, persistence: float, months: int) -> float:
    """Variance of how far luck, at its long-run spread throughout, has moved in so many months."""
    return float(2 * sd**2 * (1 - power(persistence, months))) if persistence > 0 else 2 * sd**2


def follow(locality: Locality, spread: float, job_loss: float) -> None:
    """Set residents' rates and newcomers to what drifts of the given variance, and job loss, make of the starting ones."""
    times = np.empty((locality.drift.size, SLOPES.size))
    multiples(locality.drift, SLOPES, spread, times)
    losing, resting, sickening, rising = (times[:, k] for k in range(SLOPES.size))
    start, market = locality.rates_at_start, locality.market
    locality.rates = start._replace(
        separating=np.minimum(start.separating * losing[:, None, None] + job_loss, 0.5),
        searching=start.searching / resting[:, None, None],
        falling_ill=start.falling_ill * sickening[:, None],
        newcomer_level=start.newcomer_level
        * np.cumprod(np.stack([np.ones_like(rising), *4 * [rising]], axis=1), axis=1),
        status=start.status * np.stack([resting, losing, np.ones_like(losing)], axis=1)[:, None, None, :],
    )
    market.leave_work = leaving_work(locality.rates)
    status = np.cumsum(locality.rates.status, axis=-1)
    market.newcomer_status = as_threshold(status[..., :2] / status[..., 2:])
