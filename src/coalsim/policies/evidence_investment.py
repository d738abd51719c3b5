"""Evidence: money for the analysis of conditions and needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from coalsim.policies.policy import Instrument

if TYPE_CHECKING:
    from coalsim.agents.coalition import Terms
    from coalsim.agents.locality import Locality


class EvidenceInvestment(Instrument):
    """A research budget for the partnership: plans hit need and marginal gain more often (usual size: Audit Commission 2009)."""

    phase: ClassVar[str] = "services"
    is_time_limited: ClassVar[bool] = True
    scales: ClassVar[tuple[str, ...]] = ("cost",)  # what it buys, with falling returns, follows from the cost
    cost: float = Field(200_000, ge=0, le=50_000_000, description="GBP a year for each locality.")

    def act_on(self, model: Any, locality: Locality, terms: Terms, strength: float) -> None:
        """Support the evidence, and pay for it."""
        terms.evidence_support = self.cost * strength
        model.buy(locality, "evidence_investment", self.cost * strength)
