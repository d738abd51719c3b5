"""What the residents of each neighbourhood are like at the start: shares that add up to the place's figures."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coalsim.kernels.balance import with_mean
from coalsim.kernels.random import draw, key, normal_word
from coalsim.kernels.streams import CONDITIONS_START
from coalsim.names import DOMAINS
from coalsim.scenario.place import Place

Array = NDArray[np.float64]

# Slope of each rate's log odds on the national deprivation score, and correlation of the rest with it (derived: employment
# deprivation of 4 to 32% over Walsall's neighbourhoods; domain correlations of 0.86 for health and 0.78 for education).
SLOPE = {"unemployment": 0.60, "inactivity": 0.30, "illness": 0.45, "unqualified": 0.55, "level_4": -0.55}
LOADING = {"unemployment": 1.0, "inactivity": 1.0, "illness": 0.90, "unqualified": 0.85, "level_4": 0.85}

# Conditions at the start: 0.5 at the national mean, one national standard deviation is 0.13; correlation with deprivation
# by domain in the order of DOMAINS (employment deprivation with education 0.78, health 0.86, crime 0.54; the rest from memory).
CONDITION_MEAN, CONDITION_SD = 0.5, 0.13
CONDITION_LOADING = (0.78, 0.45, 0.86, 0.54, 0.30)
CONDITION_LOW, CONDITION_HIGH = 0.08, 0.92

# Levels 1, 2 and 3 among those between none and level 4 (assumption), and how often each level has a limiting illness, is
# inactive and is unemployed, relative to the neighbourhood's mean (Annual Population Survey patterns, from memory). How
# illness goes with work follows from the rates of leaving and finding it, see `rates`.
MIDDLE_LEVELS = (0.30, 0.37, 0.33)
ILL_BY_LEVEL = np.array([2.0, 1.2, 1.0, 0.8, 0.6])
INACTIVE_BY_LEVEL = np.array([1.6, 1.1, 0.95, 0.85, 0.7])
UNEMPLOYED_BY_LEVEL = np.array([1.7, 1.3, 1.0, 0.8, 0.5])
MOST = 0.90


class Profile(NamedTuple):
    """By neighbourhood: shares of levels (n, 5); ill, inactive and unemployed shares of each (n, 5); conditions (n, 5)."""

    level: Array
    ill: Array
    inactive: Array
    unemployed: Array
    condition: Array


def draw_profile(place: Place, deprivation: Array) -> Profile:
    """The profile of every neighbourhood of a place, given its deprivation z-scores (n,)."""
    n = deprivation.size
    k0, k1 = key(0)
    words = [[draw(i, m, CONDITIONS_START, place.number, k0, k1) for i in range(n)] for m in range(len(DOMAINS) + 5)]
    noise = np.array([[normal_word(*w) for w in row] for row in words])
    condition = np.empty((n, len(DOMAINS)))
    for d, loading in enumerate(CONDITION_LOADING):
        z = loading * deprivation + np.sqrt(1 - loading**2) * noise[d]
        condition[:, d] = np.clip(CONDITION_MEAN - CONDITION_SD * z, CONDITION_LOW, CONDITION_HIGH)

    facts = place.residents
    active = facts.employment_rate.value / (1 - facts.unemployment_rate.value)
    means = {
        "unemployment": active * facts.unemployment_rate.value,
        "inactivity": 1 - active,
        "illness": facts.limiting_illness.value,
        "unqualified": facts.no_qualifications.value,
        "level_4": facts.level_4.value,
    }
    rates = {}
    for m, (name, mean) in enumerate(means.items()):
        z = LOADING[name] * deprivation + np.sqrt(1 - LOADING[name] ** 2) * noise[len(DOMAINS) + m]
        rates[name] = _with_mean(SLOPE[name] * z, mean)

    middle = np.maximum(1 - rates["unqualified"] - rates["level_4"], 0.02)
    level = np.stack([rates["unqualified"], *(share * middle for share in MIDDLE_LEVELS), rates["level_4"]], axis=1)
    level /= level.sum(axis=1, keepdims=True)
    ill = _relative(rates["illness"], np.broadcast_to(ILL_BY_LEVEL, (n, 5)), level)
    inactive = _relative(rates["inactivity"], np.broadcast_to(INACTIVE_BY_LEVEL, (n, 5)), level)
    unemployed = _relative(
        rates["unemployment"], UNEMPLOYED_BY_LEVEL * (1 - inactive), level, most=MOST * (1 - inactive)
    )
    return Profile(level, ill, inactive, unemployed, condition)


def _with_mean(log_odds: Array, mean: float) -> Array:
    """Rates with the given differences in log odds whose plain mean is `mean`."""
    rates = np.empty(log_odds.size)
    with_mean(log_odds, mean, rates)
    return rates


def _relative(mean: Array, relative: Array, weight: Array, most: Array | float = MOST) -> Array:
    """Rates by cell in the given proportions whose weighted mean over a neighbourhood's cells is `mean` (n,)."""
    cells = tuple(range(1, weight.ndim))
    expand = (slice(None), *(None for _ in cells))
    scale = mean / (relative * weight).sum(axis=cells)
    for _ in range(60):
        rate = np.minimum(relative * scale[expand], most)
        scale = scale * mean / (rate * weight).sum(axis=cells)
    return np.minimum(relative * scale[expand], most)
