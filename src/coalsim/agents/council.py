"""The local council: a partner like the services, and the one that convenes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coalsim.agents.partner import Partner

if TYPE_CHECKING:
    from coalsim.agents.coalition import Terms
    from coalsim.agents.locality import Locality


class Council(Partner):
    """The elected body that leads the place and brings the partners together."""

    def __init__(self, model: Any, locality: Locality):
        super().__init__(model, locality, "council")
        self.leadership_at_start = locality.place.governance.leadership.value
        self.leadership = self.leadership_at_start

    def lead(self, terms: Terms) -> None:
        """Convening effort moves a quarter of the way, each quarter, towards what support allows."""
        aim = self.leadership_at_start + (1 - self.leadership_at_start) * terms.leadership_support
        self.leadership += 0.25 * (aim - self.leadership)
