"""Place: conditions of neighbourhoods, their quality, deprivation and segregation."""

from typing import Any

import numpy as np

from coalsim.agents.locality import SEVERE, Locality
from coalsim.indicators.indicator import indicator
from coalsim.names import COHESION, ENVIRONMENT, HEALTH, INFRASTRUCTURE, SKILLS, UNEMPLOYED


@indicator(unit="index", subject="place", better="higher")
def condition_skills(model: Any, place: Locality) -> float:
    """Condition of education and skills, 0 to 1, mean over residents."""
    return float(place.mean_conditions()[SKILLS])


@indicator(unit="index", subject="place", better="higher")
def condition_environment(model: Any, place: Locality) -> float:
    """Condition of the environment, 0 to 1, mean over residents."""
    return float(place.mean_conditions()[ENVIRONMENT])


@indicator(unit="index", subject="place", better="higher")
def condition_health(model: Any, place: Locality) -> float:
    """Condition of health services and prevention, 0 to 1, mean over residents."""
    return float(place.mean_conditions()[HEALTH])


@indicator(unit="index", subject="place", better="higher")
def condition_cohesion(model: Any, place: Locality) -> float:
    """Condition of community cohesion and safety, 0 to 1, mean over residents."""
    return float(place.mean_conditions()[COHESION])


@indicator(unit="index", subject="place", better="higher")
def condition_infrastructure(model: Any, place: Locality) -> float:
    """Condition of housing and infrastructure, 0 to 1, mean over residents."""
    return float(place.mean_conditions()[INFRASTRUCTURE])


@indicator(unit="index", subject="place", better="higher")
def place_quality(model: Any, place: Locality) -> float:
    """CES mean of the five conditions, mean over residents."""
    return place.mean(place.quality)


@indicator(unit="1", subject="place", better="lower")
def severe_deprivation(model: Any, place: Locality) -> float:
    """Share of residents in neighbourhoods as deprived as the worst national tenth at the start."""
    return place.mean((place.deprivation > SEVERE).astype(np.float64))


@indicator(unit="z-score", subject="place", better="lower")
def mean_deprivation(model: Any, place: Locality) -> float:
    """Deprivation of neighbourhoods, national standard deviations from the median, mean over residents."""
    return place.mean(place.deprivation)


@indicator(unit="1", subject="place", better="lower")
def segregation(model: Any, place: Locality) -> float:
    """Index of dissimilarity of the unemployed between neighbourhoods (Duncan and Duncan 1955)."""
    jobless = place.people[:, UNEMPLOYED].sum(axis=(1, 2))
    others = place.n_homes - jobless
    a, b = int(jobless.sum()), int(others.sum())
    return float(np.abs(jobless / a - others / b).sum() / 2) if a and b else 0.0
