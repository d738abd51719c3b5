"""Performance management: how often the partnership reviews itself, and by what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from coalsim.policies.policy import Instrument

if TYPE_CHECKING:
    from coalsim.agents.coalition import Terms
    from coalsim.agents.locality import Locality


class PerformanceManagement(Instrument):
    """Regular reviews; those that look at outcomes steer the plan towards targets behind schedule."""

    phase: ClassVar[str] = "services"
    is_time_limited: ClassVar[bool] = True
    scales: ClassVar[tuple[str, ...]] = ("cost",)  # reviews are bought whole: their rhythm and focus stay as they are
    cycle: int = Field(6, ge=1, le=36, description="Months between reviews.")
    focus: Literal["outcomes", "outputs"] = Field("outcomes", description="What a review looks at.")
    cost: float = Field(75_000, ge=0, le=50_000_000, description="GBP a year for each locality.")

    def act_on(self, model: Any, locality: Locality, terms: Terms, strength: float) -> None:
        """Set the cycle and the focus, and pay for it."""
        terms.review_months = self.cycle
        terms.is_outcome_focused = self.focus == "outcomes"
        model.buy(locality, "performance_management", self.cost * strength)
