"""The area grant: time-limited money for deprived areas, spent by the partnership's plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from coalsim.ledger import COALITION, GOVERNMENT
from coalsim.policies.policy import Instrument

if TYPE_CHECKING:
    from coalsim.agents.coalition import Terms
    from coalsim.agents.locality import Locality


class AreaGrant(Instrument):
    """Neighbourhood Renewal Fund and its like: about GBP 27 a head and year in 88 areas from 2001 to 2008."""

    phase: ClassVar[str] = "services"
    is_time_limited: ClassVar[bool] = True
    scales: ClassVar[tuple[str, ...]] = ("per_head",)
    per_head: float = Field(27.0, ge=0, le=2000, description="GBP per resident of all ages and year.")
    renewal_areas_only: bool = Field(True, description="Whether only neighbourhood-renewal areas receive it.")

    def act_on(self, model: Any, locality: Locality, terms: Terms, strength: float) -> None:
        """Pay a twelfth of the year's grant into the pot."""
        if locality.place.governance.neighbourhood_renewal or not self.renewal_areas_only:
            yearly = self.per_head * strength * locality.place.residents.population.value
            model.pay_programme(locality, GOVERNMENT, COALITION, "area_grant", round(100 * yearly / 12))
