"""Alignment: central targets that no longer pull partners away from the local plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from coalsim.policies.policy import Instrument

if TYPE_CHECKING:
    from coalsim.agents.coalition import Terms
    from coalsim.agents.locality import Locality


class TargetAlignment(Instrument):
    """Departments accept the local plan's targets for a share of their own: mandate tension falls by that share."""

    phase: ClassVar[str] = "services"
    share: float = Field(0.7, ge=0, le=1, description="Share of central targets aligned.")

    def act_on(self, model: Any, locality: Locality, terms: Terms, strength: float) -> None:
        """Align the share that has been phased in so far."""
        terms.alignment = self.share * strength
