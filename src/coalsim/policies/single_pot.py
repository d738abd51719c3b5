"""The single pot: freedom from ring-fences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from coalsim.policies.policy import Instrument

if TYPE_CHECKING:
    from coalsim.agents.coalition import Terms
    from coalsim.agents.locality import Locality


class SinglePot(Instrument):
    """Pooled money may be spent on anything the plan says, whoever paid it in (Telford and Wrekin's pilot of 2005)."""

    phase: ClassVar[str] = "services"
    freedom: float = Field(1.0, ge=0, le=1, description="Share of pooled money freed from all ring-fences.")

    def act_on(self, model: Any, locality: Locality, terms: Terms, strength: float) -> None:
        """Free the share that has been phased in so far."""
        terms.freed = self.freedom * strength
