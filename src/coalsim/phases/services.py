"""Services: demand-led spending first; what is left is pooled, or spent in the service's own silo."""

from typing import Any

from coalsim.agents.locality import Locality
from coalsim.ledger import COALITION, GOVERNMENT, PROVIDERS


def run(model: Any) -> None:
    """Every body meets demand as far as its money goes, then pools or spends the rest."""
    for locality in model.localities:
        locality.spend[:] = 0.0
        for partner in locality.partners:
            meet_demand(model, locality, partner)
            pool_or_spend(model, locality, partner)


def meet_demand(model: Any, locality: Locality, partner: Any) -> None:
    """Pay the cost of failure; central government follows part of its change as it happens."""
    ledger, name = model.ledger, partner.name
    feedback = model.settings.world.mechanisms.jobs_to_demand
    partner.demand_now = partner.demand_settled + feedback * (partner.cost_of_failure() - partner.demand_settled)
    demand = round(100 / 12 * partner.demand_now)
    adjustment = model.government.adjusts(partner)
    if adjustment >= 0:
        ledger.pay(locality.name, GOVERNMENT, name, "demand_grant", adjustment)
    else:
        back = min(-adjustment, ledger.balance(locality.name, name))
        ledger.pay(locality.name, name, GOVERNMENT, "demand_grant", back)
    met = min(demand, ledger.balance(locality.name, name))
    ledger.pay(locality.name, name, PROVIDERS, "demand_led", met)
    partner.unmet_share = 1 - met / demand if demand else 0.0


def pool_or_spend(model: Any, locality: Locality, partner: Any) -> None:
    """Members put the offered share of discretionary money into the pot; the rest serves the body's own domain, flat."""
    ledger, terms = model.ledger, locality.coalition.terms
    partner.discretionary = ledger.balance(locality.name, partner.name)
    joined = partner.is_member or terms.is_mandatory
    partner.pooled = int(partner.discretionary * terms.offered_share) if joined else 0
    ledger.pay(locality.name, partner.name, COALITION, "pooled", partner.pooled)
    siloed = partner.discretionary - partner.pooled
    ledger.pay(locality.name, partner.name, PROVIDERS, "siloed", siloed)
    yearly = 12 / 100 * siloed / (locality.heads * locality.n_residents)
    locality.spend[:, partner.domain] += yearly
