"""Reference values of the labour and business market: what later months are compared with."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from coalsim.agents.business import by_sector
from coalsim.scenario.world import Enterprise

Array = NDArray[np.float64]
Thresholds = NDArray[np.int64]

HIGHER = by_sector("higher_share")
REACH = 0.7  # share of a higher-qualified resident's local finds that are higher-skilled posts (assumption)
OLDEST = 360  # months, edge of the last age band at the start


@dataclass
class Market:
    """Reference levels at the start, and tables that do not change."""

    local: Array  # (2,) by tier, share of employed residents who work in the locality
    unit_size: Array  # (6,) jobs, smallest natural size by sector
    hazards: Array  # (4,) exit hazards by age at size 1, 1/year
    entrants: float  # businesses a month
    mobile: float  # mobile investments a month
    sector_shares: Array  # (6,) of businesses
    sector_productivity: Array  # (6,) GBP a job
    entrant_size: Array = field(default_factory=lambda: np.ones(6))  # (6,) jobs, smallest size of entrants by sector
    outside_loss: int = 0  # threshold of losing a job outside to closures and layoffs there, each month
    searching: Array = field(default_factory=lambda: np.zeros(2))  # expected hires of residents a month by market
    commuting: Array = field(default_factory=lambda: np.zeros(2))  # expected hires of commuters a month by market
    vacancies: Array = field(default_factory=lambda: np.ones(2))  # posts open by market
    leave_work: Thresholds = field(default_factory=lambda: np.zeros((1, 5, 2, 2), dtype=np.int64))
    stay_local: Thresholds = field(default_factory=lambda: np.zeros(2, dtype=np.int64))  # `local` as thresholds
    newcomer_ill: Thresholds = field(default_factory=lambda: np.zeros((1, 5), dtype=np.int64))
    newcomer_status: Thresholds = field(default_factory=lambda: np.zeros((1, 5, 2, 2), dtype=np.int64))


def as_threshold(probability: Array | float) -> Thresholds:
    """Integer thresholds on 32-bit words with these probabilities; see `kernels.random.threshold`."""
    return np.floor(np.clip(probability, 0.0, 1.0) * 2.0**32 + 0.5).astype(np.int64)


def exit_hazards(settings: Enterprise) -> tuple[Array, Array]:
    """Exit hazards by age band at size 1, 1/year, and the shares of the stock by age band.

    The first three make entrants survive as stated; the last balances exits with entry at the starting stock. Natural
    sizes are Pareto: with exponent a in the stock and a - g among entrants, g the size elasticity of exit, sizes stay as
    they are.
    """
    a, g = settings.size_exponent, settings.exit_size_elasticity
    stock_mean = a / (a - g)  # mean of size**g over the stock
    entrant_mean = (a - g) / (a - 2 * g)  # and over entrants
    young = np.array([settings.exit_first_year, settings.exit_years_1_to_3, settings.exit_years_3_to_5])
    years = np.array([1.0, 2.0, 2.0])
    alive, exits = 1.0, 0.0
    shares: list[float] = []
    for hazard, length in zip(young, years):
        left = alive
        for _ in range(int(length * 12)):
            left *= 1 - hazard / 12
        years_alive = (alive - left) / hazard if hazard > 0 else alive * length
        shares.append(settings.entry_rate * years_alive)
        exits += settings.entry_rate * (alive - left)
        alive = left
    old = max(1 - sum(shares), 0.05)
    last = (settings.entry_rate - exits) / old
    bands = np.array([*shares, old])
    # Hazards are means over businesses of an age; at size 1 they are higher. Sizes of the young are entrants' sizes.
    means = np.array([entrant_mean, entrant_mean, entrant_mean, stock_mean])
    return np.array([*young, last]) / means, bands / bands.sum()
