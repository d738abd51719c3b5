"""Money: what public bodies spend, on what, in the month."""

from typing import Any

from coalsim.agents.locality import Locality
from coalsim.indicators.indicator import indicator
from coalsim.ledger import COALITION, GOVERNMENT, PROVIDERS


def _paid(model: Any, place: Locality, body: str, kind: str) -> float:
    return max(0, -model.ledger.flow(place.name, body, kind)) / 100


@indicator(unit="GBP/month", subject="money")
def public_spend(model: Any, place: Locality) -> float:
    """All public spend in the locality: demand-led, siloed, from the pot, and the cost of the partnership."""
    return model.ledger.received[place.name, PROVIDERS] / 100


@indicator(unit="GBP/month", subject="money")
def demand_led_spend(model: Any, place: Locality) -> float:
    """Spend that answers to residents' states: the cost of failure."""
    return sum(_paid(model, place, p.name, "demand_led") for p in place.partners)


@indicator(unit="1", subject="money", better="lower")
def reactive_share(model: Any, place: Locality) -> float:
    """Demand-led share of public spend."""
    total = public_spend(model, place)
    return demand_led_spend(model, place) / total if total else 0.0


@indicator(unit="1", subject="money", better="lower")
def unmet_demand(model: Any, place: Locality) -> float:
    """Largest share of demand that any body could not meet."""
    return max(partner.unmet_share for partner in place.partners)


@indicator(unit="GBP/month", subject="money")
def siloed_spend(model: Any, place: Locality) -> float:
    """Discretionary money that bodies spend in their own silo."""
    return sum(_paid(model, place, p.name, "siloed") for p in place.partners)


@indicator(unit="GBP/month", subject="money")
def pot_spend(model: Any, place: Locality) -> float:
    """Money spent by the coalition's plan."""
    return _paid(model, place, COALITION, "pot_spend")


@indicator(unit="GBP/month", subject="money", better="lower")
def transaction_cost(model: Any, place: Locality) -> float:
    """Money spent on running the pooled pot."""
    return _paid(model, place, COALITION, "transaction")


@indicator(unit="GBP/month", subject="money", better="lower")
def programme_money(model: Any, place: Locality) -> float:
    """Time-limited money of the policy: grants, rewards, retained growth and what is bought for the partnership."""
    return place.time_limited / 100


@indicator(unit="1", subject="money", better="lower")
def temporary_share(model: Any, place: Locality) -> float:
    """Time-limited money as a share of public spend."""
    total = public_spend(model, place)
    return place.time_limited / 100 / total if total else 0.0


@indicator(unit="GBP/month", subject="money", better="lower")
def exchequer_cost(model: Any, place: Locality) -> float:
    """What central government pays into the locality in the month, less what comes back."""
    return -model.ledger.received[place.name, GOVERNMENT] / 100
