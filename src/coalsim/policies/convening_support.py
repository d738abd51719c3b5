"""Convening: paid support for the council's leadership of the partnership."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from coalsim.policies.policy import Instrument

if TYPE_CHECKING:
    from coalsim.agents.coalition import Terms
    from coalsim.agents.locality import Locality


class ConveningSupport(Instrument):
    """Money for a partnership team and training, which closes part of the gap between leadership and the best possible."""

    phase: ClassVar[str] = "services"
    is_time_limited: ClassVar[bool] = True
    scales: ClassVar[tuple[str, ...]] = ("cost", "gap_closed")
    cost: float = Field(150_000, ge=0, le=50_000_000, description="GBP a year for each locality.")
    gap_closed: float = Field(
        0.6, ge=0, le=1, description="Share of the gap in leadership closed at full size (assumption)."
    )

    def act_on(self, model: Any, locality: Locality, terms: Terms, strength: float) -> None:
        """Raise the leadership the council can reach, and pay for it."""
        terms.leadership_support = self.gap_closed * strength
        model.buy(locality, "convening_support", self.cost * strength)
