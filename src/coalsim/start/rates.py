"""Monthly rates of residents, derived so that the starting state is stationary under constant conditions.

The observed starting shares and a few measured rates (job finding, moving, recovery) fix the others: separation and search
hold the shares of unemployed and inactive residents, falling ill holds the ill, newcomers make up for learning.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coalsim.kernels.balance import hold_all
from coalsim.kernels.maths import power
from coalsim.scenario.place import Place
from coalsim.scenario.world import World
from coalsim.start.profiles import Profile

Array = NDArray[np.float64]

BANDS = 4  # months out of work: under 6, 6-11, 12-23, 24 and more
BAND_MONTHS = (6, 6, 12)
LONGEST = 120  # months out of work that are told apart at the start
LEAST_SEPARATION = 0.0005


class Rates(NamedTuple):
    """Reference rates a month by neighbourhood (n), level (5) and illness (2), and the state they hold."""

    status: Array  # (n, 5, 2, 3) inactive, unemployed, employed shares of each cell
    finding: Array  # (n, 5, 2, 4) job finding by time out of work
    giving_up: Array  # (2,)
    separating: Array  # (n, 5, 2) losing a job, besides closures and layoffs
    leaving: Array  # (n, 5, 2) employed to inactive
    searching: Array  # (n, 5, 2) inactive to unemployed
    falling_ill: Array  # (n, 5)
    moving: float
    learning: float
    newcomer_level: Array  # (n, 5)
    duration: Array  # (2, LONGEST) by illness, cumulative shares of months out of work


def band_weights(long_term: float) -> Array:
    """Job finding by time out of work relative to the newly unemployed: 1 falling evenly to `long_term` at 24 months."""
    return 1 - (1 - long_term) * np.arange(BANDS) / (BANDS - 1)


def derive(place: Place, world: World, profile: Profile, already_lost: float) -> Rates:
    """Rates that hold the profile of a place where it is.

    `already_lost` is the share of employed residents who become unemployed in a month because businesses close; other
    separation makes up the rest. Layoffs at businesses that shrink come on top, and `calibration.separation` allows for them.
    """
    labour, life, facts = world.labour, world.life, place.residents
    giving_up = labour.giving_up * np.array([1.0, labour.ill_leaving])
    leaving = labour.leaving_work * np.array([1.0, labour.ill_leaving])

    # Job finding: mean `job_finding` over the place's unemployed; neighbourhoods and levels with higher odds find less.
    jobless = profile.level * profile.unemployed
    odds = profile.unemployed / (1 - profile.inactive - profile.unemployed)
    mean_odds = float(jobless.sum() / (profile.level * (1 - profile.inactive - profile.unemployed)).sum())
    better = np.array(
        [[power(float(x) / mean_odds, -labour.unemployment_gap_from_finding) for x in row] for row in odds]
    )
    relative = better[:, :, None] * np.array([1.0, labour.ill_finding])
    weights = band_weights(labour.long_term_finding)
    sick = np.stack([1 - profile.ill, profile.ill], axis=-1)
    low, high = 0.0, 1.0
    for _ in range(50):
        base = (low + high) / 2
        mean = (_mean_finding(base * relative, weights, giving_up) * jobless[:, :, None] * sick).sum() / jobless.sum()
        low, high = (base, high) if mean < facts.job_finding.value else (low, base)
    found = _mean_finding(base * relative, weights, giving_up)

    falling_ill = life.recovery_rate * profile.ill / (1 - profile.ill)
    n = profile.level.shape[0]
    separating, searching, status = np.empty((n, 5)), np.empty((n, 5)), np.empty((n, 5, 2, 3))
    hold_all(
        profile.inactive, profile.unemployed, falling_ill, life.recovery_rate, found, giving_up, leaving, labour.ill_return,
        separating, searching, status,
    )  # fmt: skip
    separating = np.maximum(separating * place.calibration.separation - already_lost, LEAST_SEPARATION)

    moving = facts.moving_out.value / 12
    learning = life.learning_rate / 12
    risen = profile.level[:, :-1] * learning
    gain = np.zeros_like(profile.level)
    gain[:, 1:] += risen
    gain[:, :-1] -= risen
    newcomer = np.maximum(profile.level - gain / (moving + life.ageing), 0.0)
    newcomer /= newcomer.sum(axis=1, keepdims=True)

    cells = (n, 5, 2)
    return Rates(
        status=status,
        finding=base * relative[..., None] * weights,
        giving_up=giving_up,
        separating=np.broadcast_to(separating[:, :, None], cells),
        leaving=np.broadcast_to(leaving, cells),
        searching=searching[:, :, None] * np.array([1.0, labour.ill_return]),
        falling_ill=falling_ill,
        moving=moving,
        learning=learning,
        newcomer_level=newcomer,
        duration=_durations(base * np.array([1.0, labour.ill_finding]), weights, giving_up),
    )


def _mean_finding(first: Array, weights: Array, giving_up: Array) -> Array:
    """Mean job finding (n, 5, 2) over the durations that it leaves, when the newly unemployed find with `first`."""
    survivors, stock, found = np.ones(first.shape), np.zeros(first.shape), np.zeros(first.shape)
    for band, weight in enumerate(weights):
        hazard = np.minimum(first * weight, 1.0)
        stay = np.clip(1 - hazard - giving_up, 0.0, 1 - 1e-9)
        passed = np.ones(first.shape)
        spent = np.zeros(first.shape)
        if band == len(BAND_MONTHS):
            spent = 1 / (1 - stay)
        else:
            for _ in range(BAND_MONTHS[band]):
                spent += passed
                passed = passed * stay
        stock += survivors * spent
        found += survivors * spent * hazard
        survivors = survivors * passed
    return found / stock


def _durations(first: Array, weights: Array, giving_up: Array) -> Array:
    """Cumulative shares of months out of work (2, LONGEST) of the unemployed, by illness."""
    alive, length = np.ones(2), np.zeros((2, LONGEST))
    for month in range(LONGEST):
        band = (month >= 6) + (month >= 12) + (month >= 24)
        length[:, month] = alive
        alive = alive * np.clip(1 - first * weights[band] - giving_up, 0.0, 1.0)
    passed = np.cumsum(length, axis=1)
    return passed / passed[:, -1:]
