"""Evidence: money for the analysis of conditions and needs."""

from typing import Any, ClassVar

from pydantic import Field

from coalsim.agents.coalition import Terms
from coalsim.agents.locality import Locality
from coalsim.policies.policy import Instrument


class EvidenceInvestment(Instrument):
    """A research budget for the partnership: plans hit need and marginal gain more often (usual size: Audit Commission 2009)."""

    phase: ClassVar[str] = "services"
    is_time_limited: ClassVar[bool] = True
    cost: float = Field(200_000, ge=0, le=50_000_000, description="GBP a year for each locality.")

    def act_on(self, model: Any, locality: Locality, terms: Terms, strength: float) -> None:
        """Support the evidence, and pay for it."""
        terms.evidence_support = self.cost * strength
        model.buy(locality, "evidence_investment", self.cost * strength)
