"""A partner: a public body of a locality that meets demand first and pools, or not, what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesa import Agent

from coalsim.kernels.maths import logistic
from coalsim.kernels.random import draw, uniform
from coalsim.kernels.streams import PARTNER_JOIN
from coalsim.names import BODIES, COHESION, ENVIRONMENT, HEALTH, INFRASTRUCTURE, SKILLS

if TYPE_CHECKING:
    from coalsim.agents.coalition import Terms
    from coalsim.agents.locality import Locality

# Which condition a body's own money serves, and the block of a four-block agreement it belongs to.
DOMAIN_OF = {
    "schools_and_learning": SKILLS,
    "jobs_and_skills": SKILLS,
    "health": HEALTH,
    "police_and_safety": COHESION,
    "environment": ENVIRONMENT,
    "housing_and_infrastructure": INFRASTRUCTURE,
    "business_support": INFRASTRUCTURE,
    "council": COHESION,
}
BLOCK_OF = {
    "schools_and_learning": "children",
    "jobs_and_skills": "economic",
    "health": "healthier",
    "police_and_safety": "safer",
    "environment": "safer",
    "housing_and_infrastructure": "safer",
    "business_support": "economic",
    "council": "safer",
}
BLOCK_DOMAINS = {
    "children": (SKILLS,),
    "safer": (ENVIRONMENT, COHESION, INFRASTRUCTURE),
    "healthier": (HEALTH,),
    "economic": (SKILLS, INFRASTRUCTURE),
}


class Partner(Agent):
    """A public body with a budget, central targets, and a view of the coalition."""

    def __init__(self, model: Any, locality: Locality, name: str):
        super().__init__(model)
        self.name = name
        self.locality = locality
        self.settings = model.settings.world.money.bodies[name]
        self.domain = DOMAIN_OF[name]
        self.block = BLOCK_OF[name]
        self.settlement = 0  # pence a year
        self.demand_settled = 0.0  # GBP a year that the settlement was made for
        self.demand_now = 0.0  # GBP a year
        self.free_at_start = 0.0  # GBP a year left after demand at the start
        self.unmet_share = 0.0
        self.discretionary = 0  # pence this month
        self.pooled = 0  # pence this month
        self.is_member = False
        self.joined_month: int | None = None
        self.trust = 0.0

    def __repr__(self) -> str:
        return f"<{self.name} of {self.locality.name}: {'member' if self.is_member else 'not a member'}, trust {self.trust:.2f}>"

    @property
    def pooled_share(self) -> float:
        """Share of this month's discretionary money that went into the pot."""
        return self.pooled / self.discretionary if self.discretionary else 0.0

    def cost_of_failure(self) -> float:
        """Demand-led spending from the residents' and neighbourhoods' actual state, GBP a year."""
        place, costs = self.locality, self.settings
        heads = place.heads * place.n_residents
        conditions = place.mean_conditions()
        return heads * (
            costs.base
            + costs.per_low_cohesion * (1 - float(conditions[COHESION]))
            + costs.per_low_environment * (1 - float(conditions[ENVIRONMENT]))
        ) + place.weight * (
            costs.per_unemployed * place.n_unemployed
            + costs.per_ill * place.n_ill
            + costs.per_ill_inactive * place.n_ill_inactive
            + costs.per_unqualified * int(place.by_level[0])
        )

    def settle(self) -> None:
        """Fix the first settlement: enough that demand takes its usual share."""
        self.demand_settled = self.demand_now = self.cost_of_failure()
        self.settlement = round(100 * self.demand_settled / self.settings.reactive_share)
        self.free_at_start = self.settlement / 100 - self.demand_settled

    def field(self, terms: Terms, leadership: float) -> float:
        """Inclination to pool with nobody else in mind: h of Brock and Durlauf (2001)."""
        p = self.model.settings.world.partnership
        return float(
            -p.reluctance
            + p.leadership_effect * leadership
            + p.incentive_effect * terms.expected_reward
            + p.trust_effect * self.trust
            - p.mandate_effect * self.settings.mandate * (1 - terms.alignment)
            - p.transaction_effect * p.transaction_cost
        )

    def decide(self, terms: Terms, leadership: float, others: float) -> bool:
        """Whether to belong, given the mean choice m of the others, -1 to 1.

        Where belonging is compulsory it belongs; otherwise, when it reconsiders, it joins with chance
        logistic(2 beta (h + J m)) (Brock and Durlauf 2001).
        """
        if terms.is_mandatory:
            return True
        p = self.model.settings.world.partnership
        peer = p.peer * self.model.settings.world.mechanisms.peer_influence
        chance = logistic(2 * p.beta * (self.field(terms, leadership) + peer * others))
        words = draw(BODIES.index(self.name), self.model.month, PARTNER_JOIN, self.locality.number, *self.model.key)
        return bool(uniform(words[0]) < chance) if uniform(words[1]) < p.reconsidering_pool else self.is_member

    def learn(self, improvement: float) -> None:
        """Move trust towards what the body saw its own condition do over the past year, if it is in the coalition."""
        world = self.model.settings.world
        seen = max(-1.0, min(1.0, world.partnership.trust_scale * improvement)) if self.is_member else 0.0
        self.trust += world.partnership.trust_rate * world.mechanisms.trust_learning * (seen - self.trust)
