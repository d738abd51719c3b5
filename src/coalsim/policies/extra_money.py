"""Extra money without joining up: the same services, each in its own silo, with more to spend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from coalsim.ledger import GOVERNMENT
from coalsim.policies.policy import Instrument

if TYPE_CHECKING:
    from coalsim.agents.coalition import Terms
    from coalsim.agents.locality import Locality


class ExtraMoney(Instrument):
    """A time-limited grant to every public body in proportion to its discretionary money."""

    phase: ClassVar[str] = "services"
    is_time_limited: ClassVar[bool] = True
    scales: ClassVar[tuple[str, ...]] = ("per_head",)
    per_head: float = Field(30.0, ge=0, le=2000, description="GBP per resident of all ages and year.")

    def act_on(self, model: Any, locality: Locality, terms: Terms, strength: float) -> None:
        """Pay a twelfth of the year's grant, split as discretionary money was at the start."""
        yearly = self.per_head * strength * locality.place.residents.population.value
        free = [p.free_at_start for p in locality.partners]
        for partner, pence in zip(locality.partners, model.split(round(100 * yearly / 12), free)):
            model.pay_programme(locality, GOVERNMENT, partner.name, "extra_grant", pence)
