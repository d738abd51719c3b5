"""Central government: settles budgets each year, reviews them every few years, pays rewards and grants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesa import Agent

if TYPE_CHECKING:
    from coalsim.agents.partner import Partner


class CentralGovernment(Agent):
    """The one that sets objectives and money."""

    def __init__(self, model: Any):
        super().__init__(model)
        self.settings = model.settings.world.money

    def settle(self, partner: Partner, is_review: bool) -> int:
        """April: what is left after demand grows with the settlement; a review takes in part of the change in demand.

        The part of a change that central government already pays as it happens (`follows_demand`) is not counted twice.
        Returns the settlement that the body would have had without a review, pence a year.
        """
        demand, reactive = partner.demand_settled, partner.settings.reactive_share
        free = partner.settlement / 100 - demand
        free *= 1 + self.settings.settlement_growth
        planned = max(0, round(100 * (demand + free)))
        if is_review:
            lasting = (partner.demand_now - demand) * self.settings.review_catch_up
            demand += lasting
            free += lasting * (1 - reactive) / reactive
        partner.demand_settled = demand
        partner.settlement = max(0, round(100 * (demand + free)))
        return planned

    def adjusts(self, partner: Partner) -> int:
        """Paid on top of the settlement this month because demand differs from what was settled, pence; may be negative."""
        return round(100 / 12 * partner.settings.follows_demand * (partner.demand_now - partner.demand_settled))
