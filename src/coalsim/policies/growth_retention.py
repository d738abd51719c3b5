"""Growth retention: the place keeps part of the business rates that its growth brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from coalsim.ledger import COALITION, GOVERNMENT
from coalsim.policies.policy import Instrument
from coalsim.scenario.calendar import Month

if TYPE_CHECKING:
    from coalsim.agents.coalition import Terms
    from coalsim.agents.locality import Locality


class GrowthRetention(Instrument):
    """Local Authority Business Growth Incentive: yearly grant for rateable value above a target."""

    phase: ClassVar[str] = "services"
    is_time_limited: ClassVar[bool] = True
    scales: ClassVar[tuple[str, ...]] = ("multiplier",)  # `scaling` is the share kept of a grant at that price
    multiplier: float = Field(
        0.415, ge=0, le=1, description="GBP per GBP of rateable value above target (R (Slough) v SSCLG 2008)."
    )
    scaling: float = Field(0.7, ge=0, le=1, description="Share of the grant kept (70% in year 1 of the scheme).")
    target_growth: float = Field(0.0, ge=-0.1, le=0.1, description="Yearly growth of rateable value expected anyway.")

    def act_on(self, model: Any, locality: Locality, terms: Terms, strength: float) -> None:
        """Each April pay on rateable value above its path: the scenario's start, grown at the target rate."""
        is_april = (Month.parse(model.settings.start) + model.month).month == 4
        if not is_april or model.month <= self.start:
            return
        value = model.settings.world.money.rateable_value_per_job * locality.weight
        target = locality.at_start["jobs"] * (1 + self.target_growth * model.month / 12)
        pounds = strength * self.grant(value * (locality.n_jobs - target))
        model.pay_programme(locality, GOVERNMENT, COALITION, "retained_growth", round(100 * pounds))

    def grant(self, growth: float) -> float:
        """GBP for a growth of rateable value above target, GBP; nothing for a fall."""
        return max(0.0, self.multiplier * self.scaling * growth)
