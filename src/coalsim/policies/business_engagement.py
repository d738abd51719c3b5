"""Business engagement: bringing employers into the partnership."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from coalsim.policies.policy import Instrument

if TYPE_CHECKING:
    from coalsim.agents.coalition import Terms
    from coalsim.agents.locality import Locality


class BusinessEngagement(Instrument):
    """Account managers and a business forum: more businesses engage, open vacancies to local people and share what they know."""

    phase: ClassVar[str] = "services"
    is_time_limited: ClassVar[bool] = True
    scales: ClassVar[tuple[str, ...]] = ("cost", "pull")
    pull: float = Field(
        0.5, ge=0, le=5, description="Field on each business's choice to engage, at full size (assumption)."
    )
    cost: float = Field(20.0, ge=0, le=10_000, description="GBP a year for each business in the locality.")

    def act_on(self, model: Any, locality: Locality, terms: Terms, strength: float) -> None:
        """Make engaging more attractive, and pay for it."""
        terms.engagement_support = self.pull * strength
        model.buy(
            locality, "business_engagement", self.cost * strength * locality.at_start["businesses"] * locality.weight
        )
