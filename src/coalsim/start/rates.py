"""Monthly rates of residents, derived so that the starting state is stationary under constant conditions.

The observed starting shares and a few measured rates (job finding, moving, recovery) fix the others by balancing every flow:
separation from u = s / (s + f), starting to search from giving up, falling ill from recovery, newcomers from learning.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coalsim.kernels.maths import power
from coalsim.names import EMPLOYED, HIGHER_LEVEL, INACTIVE, UNEMPLOYED
from coalsim.scenario.place import Place
from coalsim.scenario.world import World
from coalsim.start.profiles import Profile

Array = NDArray[np.float64]

BANDS = 4  # months out of work: under 6, 6-11, 12-23, 24 and more
BAND_MONTHS = (6, 6, 12)
LONGEST = 120  # months out of work that are told apart at the start
LEAST_SEPARATION, MOST_SEPARATION = 0.0005, 0.08


class Rates(NamedTuple):
    """Reference rates a month by neighbourhood (n), tier (2: below level 3, level 3 and above) and illness (2)."""

    finding: Array  # (n, 2, 2, 4) job finding by time out of work
    giving_up: Array  # (2, 2)
    separating: Array  # (n, 2, 2) losing a job, besides closures and layoffs
    leaving: Array  # (n, 2, 2) employed to inactive
    searching: Array  # (n, 2, 2) inactive to unemployed
    falling_ill: Array  # (n,)
    moving: float
    learning: float
    newcomer_level: Array  # (n, 5)
    duration: Array  # (2, 2, LONGEST) cumulative shares of months out of work


def band_weights(long_term: float) -> Array:
    """Job finding by time out of work relative to the newly unemployed: 1 falling evenly to `long_term` at 24 months."""
    return 1 - (1 - long_term) * np.arange(BANDS) / (BANDS - 1)


def derive(place: Place, world: World, profile: Profile) -> Rates:
    """Rates that hold the profile of a place where it is."""
    labour, life, facts = world.labour, world.life, place.residents
    cells = profile.cells  # (n, status, level, ill)
    tiers = np.stack([cells[:, :, :HIGHER_LEVEL].sum(axis=2), cells[:, :, HIGHER_LEVEL:].sum(axis=2)], axis=2)
    inactive, jobless, employed = tiers[:, INACTIVE], tiers[:, UNEMPLOYED], tiers[:, EMPLOYED]  # (n, tier, ill)

    # Hazards with illness relative to the mean over the group, so that the mean stays what was measured.
    ill_leaving, ill_return = np.array([1.0, labour.ill_leaving]), np.array([1.0, labour.ill_return])
    ill_finding = np.array([1.0, labour.ill_finding])
    leaving = np.broadcast_to(labour.leaving_work * ill_leaving, employed.shape).copy()
    giving_up = labour.giving_up * np.broadcast_to(ill_leaving, (2, 2))

    # Job finding: mean `job_finding` over the place's unemployed; neighbourhoods and tiers with higher odds find less.
    odds = jobless.sum(axis=2) / employed.sum(axis=2)
    mean_odds = jobless.sum() / employed.sum()
    place_factor = np.array([[power(x / mean_odds, -labour.unemployment_gap_from_finding) for x in row] for row in odds])
    relative = place_factor[:, :, None] * ill_finding
    weights = band_weights(labour.long_term_finding)
    low, high = 0.0, 1.0
    for _ in range(50):
        base = (low + high) / 2
        mean, _, _ = _mean_finding(base, relative, weights, giving_up, jobless)
        low, high = (base, high) if mean < facts.job_finding.value else (low, base)
    _, by_cell, duration = _mean_finding(base, relative, weights, giving_up, jobless)
    finding = base * relative[..., None] * weights

    # Employed: inflow from job finding = outflow to unemployment and inactivity.
    found = (by_cell * jobless).sum(axis=2)
    left = (leaving * employed).sum(axis=2)
    separation = np.clip((found - left) / employed.sum(axis=2), LEAST_SEPARATION, MOST_SEPARATION)
    separation *= place.calibration.separation
    separating = np.broadcast_to(separation[:, :, None], employed.shape).copy()

    # Inactive: leaving work and giving up = starting to search.
    into = left + (giving_up * jobless).sum(axis=2)
    searching = (into / np.maximum((ill_return * inactive).sum(axis=2), 1e-9))[:, :, None] * ill_return
    searching = np.minimum(searching, 0.5)

    ill = cells.sum(axis=(1, 2))[:, 1]
    falling_ill = life.recovery_rate * ill / (1 - ill)

    moving = facts.moving_out.value / 12 + life.ageing
    learning = life.learning_rate / 12
    risen = profile.level[:, :-1] * learning
    gain = np.zeros_like(profile.level)
    gain[:, 1:] += risen
    gain[:, :-1] -= risen
    newcomer = np.maximum(profile.level - gain / moving, 0.0)
    newcomer /= newcomer.sum(axis=1, keepdims=True)
    return Rates(finding, giving_up, separating, leaving, searching, falling_ill, moving, learning, newcomer, duration)


def _mean_finding(base: float, relative: Array, weights: Array, giving_up: Array, jobless: Array) -> tuple[float, Array, Array]:
    """Mean job finding of the unemployed when the newly unemployed find with `base * relative`.

    Also the mean by cell (n, 2, 2), over the durations that such finding leaves, and the durations of a mean
    neighbourhood (2, 2, LONGEST), cumulative.
    """
    survivors = np.ones(relative.shape)
    stock = np.zeros(relative.shape)
    found = np.zeros(relative.shape)
    for band, weight in enumerate(weights):
        hazard = np.minimum(base * relative * weight, 1.0)
        stay = np.clip(1 - hazard - giving_up, 0.0, 1.0)
        months = BAND_MONTHS[band] if band < len(BAND_MONTHS) else None
        passed = np.ones(relative.shape)
        spent = np.zeros(relative.shape)
        if months is None:
            spent = 1 / np.maximum(1 - stay, 1e-9)
        else:
            for _ in range(months):
                spent += passed
                passed = passed * stay
        stock += survivors * spent
        found += survivors * spent * hazard
        survivors = survivors * passed
    by_cell = found / stock
    mean = float((by_cell * jobless).sum() / jobless.sum())

    typical = (relative * jobless).sum(axis=0) / jobless.sum(axis=0)
    alive, length = np.ones((2, 2)), np.zeros((2, 2, LONGEST))
    for month in range(LONGEST):
        band = (month >= 6) + (month >= 12) + (month >= 24)
        length[:, :, month] = alive
        alive = alive * np.clip(1 - base * typical * weights[band] - giving_up, 0.0, 1.0)
    duration = np.cumsum(length, axis=2)
    return mean, by_cell, duration / duration[:, :, -1:]
