"""The four-block agreement: pooled money is free within its block only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from coalsim.policies.policy import Instrument

if TYPE_CHECKING:
    from coalsim.agents.coalition import Terms
    from coalsim.agents.locality import Locality


class FourBlocks(Instrument):
    """Pooled money may move within children, safer, healthier or economic, not between them (Local Area Agreements 2005)."""

    phase: ClassVar[str] = "services"
    freedom: float = Field(1.0, ge=0, le=1, description="Share of pooled money freed within its block.")

    def act_on(self, model: Any, locality: Locality, terms: Terms, strength: float) -> None:
        """Free the share that has been phased in so far."""
        terms.freed_in_block = self.freedom * strength
