"""The pooled fund: what share of their discretionary money members put into one pot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from coalsim.policies.policy import Instrument

if TYPE_CHECKING:
    from coalsim.agents.coalition import Terms
    from coalsim.agents.locality import Locality


class PooledFund(Instrument):
    """Members of the coalition pool a share of what demand leaves them; joining can be made compulsory."""

    phase: ClassVar[str] = "services"
    share: float = Field(0.25, ge=0, le=1, description="Share of a member's discretionary money, 0 to 1.")
    mandatory: bool = Field(False, description="Whether every partner must belong.")

    def act_on(self, model: Any, locality: Locality, terms: Terms, strength: float) -> None:
        """Offer the share that has been phased in so far."""
        terms.offered_share = self.share * strength
        terms.is_mandatory = self.mandatory
