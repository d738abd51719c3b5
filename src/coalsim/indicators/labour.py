"""Work: who has it, who looks for it, who commutes."""

from typing import Any

from coalsim.agents.locality import Locality
from coalsim.indicators.indicator import indicator
from coalsim.kernels.maths import power
from coalsim.names import EMPLOYED, INACTIVE, UNEMPLOYED


@indicator(unit="1", subject="labour", better="higher")
def employment_rate(model: Any, place: Locality) -> float:
    """Employed share of residents aged 16-64."""
    return float(place.by_status[EMPLOYED] / place.n_residents)


@indicator(unit="1", subject="labour", better="lower")
def unemployment_rate(model: Any, place: Locality) -> float:
    """Unemployed share of economically active residents aged 16-64 (ILO)."""
    status = place.by_status
    active = status[EMPLOYED] + status[UNEMPLOYED]
    return float(status[UNEMPLOYED] / active) if active else 0.0


@indicator(unit="1", subject="labour", better="lower")
def claimant_rate(model: Any, place: Locality) -> float:
    """Claimants as a share of residents aged 16-64: the place's rate at the start, moved with unemployment since."""
    facts = place.place.residents
    before = facts.employment_rate.value / (1 - facts.unemployment_rate.value) * facts.unemployment_rate.value
    change = place.n_unemployed / place.n_residents / before
    elasticity = model.settings.world.labour.claiming_elasticity
    return facts.claimant_rate.value * power(change, elasticity) if change > 0 else 0.0


@indicator(unit="1", subject="labour", better="lower")
def inactivity_rate(model: Any, place: Locality) -> float:
    """Economically inactive share of residents aged 16-64."""
    return float(place.by_status[INACTIVE] / place.n_residents)


@indicator(unit="1", subject="labour", better="lower")
def long_term_share(model: Any, place: Locality) -> float:
    """Share of the unemployed who have been out of work for a year or more."""
    return place.n_long_term / max(place.n_unemployed, 1)


@indicator(unit="jobs", subject="labour", better="higher")
def jobs(model: Any, place: Locality) -> float:
    """Filled workplace jobs."""
    return place.n_jobs * place.weight


@indicator(unit="posts", subject="labour")
def vacancies(model: Any, place: Locality) -> float:
    """Posts still open at the end of the month."""
    return place.n_vacancies * place.weight


@indicator(unit="1", subject="labour")
def in_commuting(model: Any, place: Locality) -> float:
    """Share of workplace jobs held by people who live elsewhere."""
    return place.n_commuters / max(place.n_jobs, 1)


@indicator(unit="1", subject="labour")
def out_commuting(model: Any, place: Locality) -> float:
    """Share of employed residents who work elsewhere."""
    return place.n_outside / max(place.n_employed, 1)


@indicator(unit="1", subject="labour", better="higher")
def higher_jobs_held(model: Any, place: Locality) -> float:
    """Share of jobs done by people with level 3 or above that residents hold."""
    here = place.n_higher_employed - place.n_higher_outside
    return here / max(here + int(place.business_totals[2]), 1)


@indicator(unit="persons/month", subject="labour")
def hires(model: Any, place: Locality) -> float:
    """Residents hired by local businesses in the month."""
    return float((place.hired[0] + place.hired[1]) * place.weight)


@indicator(unit="persons/month", subject="labour")
def separations(model: Any, place: Locality) -> float:
    """Residents who lost or left a job in the month."""
    return place.n_separated * place.weight


@indicator(unit="GBP/week", subject="labour", better="higher")
def weekly_pay(model: Any, place: Locality) -> float:
    """Median pay at the start, moved along the wage curve by local unemployment (Blanchflower and Oswald 1994)."""
    change = (place.n_unemployed + 1) / (place.at_start["unemployed"] + 1)
    return place.place.residents.weekly_pay.value * power(change, model.settings.world.labour.wage_curve)
