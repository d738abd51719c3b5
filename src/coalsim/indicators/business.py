"""Business: how many, in which sectors, what they produce."""

from typing import Any

from coalsim.agents.locality import Locality
from coalsim.indicators.indicator import indicator
from coalsim.kernels.enterprise import BIRTHS, DEATHS
from coalsim.kernels.maths import exp, log, power
from coalsim.names import SECTORS


@indicator(unit="businesses", subject="business", better="higher")
def businesses(model: Any, place: Locality) -> float:
    """Businesses trading at the end of the month."""
    return place.n_businesses * place.weight


@indicator(unit="businesses/month", subject="business")
def births(model: Any, place: Locality) -> float:
    """Businesses opened in the month."""
    return float(place.business_flows[BIRTHS] * place.weight)


@indicator(unit="businesses/month", subject="business")
def deaths(model: Any, place: Locality) -> float:
    """Businesses closed in the month."""
    return float(place.business_flows[DEATHS] * place.weight)


@indicator(unit="sectors", subject="business", better="higher")
def effective_sectors(model: Any, place: Locality) -> float:
    """Effective number of sectors, exp of Shannon's entropy of jobs over six broad groups."""
    shares = [n / place.n_jobs for n in place.jobs.tolist() if n > 0]
    return exp(-sum(share * log(share) for share in shares)) if shares else 0.0


@indicator(unit="GBP/year", subject="business", better="higher")
def output(model: Any, place: Locality) -> float:
    """Gross value added of local businesses, prices of the base year; productivity rises with the mass of jobs."""
    mass = max(place.n_jobs, 1) / place.at_start["jobs"]
    return place.output * place.weight * power(mass, model.settings.world.enterprise.agglomeration)


@indicator(unit="GBP/head/year", subject="business", better="higher")
def output_per_head(model: Any, place: Locality) -> float:
    """Gross value added per resident of all ages."""
    return output(model, place) / (place.heads * place.n_residents)


@indicator(unit="1", subject="business")
def public_job_share(model: Any, place: Locality) -> float:
    """Share of workplace jobs in public administration, education, health and other services."""
    return float(place.jobs[SECTORS.index("public")] / max(place.n_jobs, 1))


@indicator(unit="1", subject="business")
def manufacturing_job_share(model: Any, place: Locality) -> float:
    """Share of workplace jobs in manufacturing."""
    return float(place.jobs[SECTORS.index("manufacturing")] / max(place.n_jobs, 1))
