"""Partnership: who is in, how much they pool, what they trust and know."""

from typing import Any

from coalsim.agents.locality import Locality
from coalsim.indicators.indicator import indicator


@indicator(unit="1", subject="partnership")
def partners_in(model: Any, place: Locality) -> float:
    """Share of the eight public partners that belong to the coalition."""
    return len(place.coalition.members) / len(place.partners)


@indicator(unit="1", subject="partnership")
def pooled_share(model: Any, place: Locality) -> float:
    """Share of partners' discretionary money that went into the pot this month."""
    total = sum(partner.discretionary for partner in place.partners)
    return sum(partner.pooled for partner in place.partners) / total if total else 0.0


@indicator(unit="partners", subject="partnership")
def breadth(model: Any, place: Locality) -> float:
    """Effective number of partners that pay into the pot."""
    return place.coalition.breadth


@indicator(unit="index", subject="partnership")
def trust(model: Any, place: Locality) -> float:
    """Mean trust of the partners, -1 to 1."""
    return sum(partner.trust for partner in place.partners) / len(place.partners)


@indicator(unit="index", subject="partnership")
def leadership(model: Any, place: Locality) -> float:
    """Convening effort of the council, 0 to 1."""
    return place.council.leadership


@indicator(unit="index", subject="partnership")
def evidence(model: Any, place: Locality) -> float:
    """Quality of evidence: share of the pot that goes by need and marginal gain, 0 to 1."""
    return place.coalition.evidence


@indicator(unit="1", subject="partnership")
def attainment(model: Any, place: Locality) -> float:
    """Mean share of the stretch achieved on the coalition's targets, at the last review."""
    shares = place.coalition.attainment.values()
    return sum(shares) / len(shares) if shares else 0.0


@indicator(unit="1", subject="partnership")
def businesses_engaged(model: Any, place: Locality) -> float:
    """Share of businesses engaged with the coalition."""
    return place.coalition.business_engagement


@indicator(unit="1", subject="partnership")
def residents_engaged(model: Any, place: Locality) -> float:
    """Share of residents aged 16-64 who take part in the coalition's work."""
    return place.n_engaged / place.n_residents
