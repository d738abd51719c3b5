"""Shocks: what happens to the nation from outside."""

from pydantic import Field

from coalsim.scenario.calendar import Month, MonthText
from coalsim.scenario.parameter import Strict


class Shock(Strict):
    """A national shock to demand for labour: it rises, holds and fades in straight lines."""

    name: str = Field(max_length=80)
    start: MonthText = Field(description="First month, as 2008-04.")
    rise_months: int = Field(ge=1, le=120, description="Months to its full size.")
    hold_months: int = Field(0, ge=0, le=1200, description="Months at its full size.")
    fade_months: int = Field(ge=1, le=1200, description="Months in which it fades.")
    jobs: float = Field(
        ge=-0.5, le=0.5, description="Log change in profitable size at full size in a sector of average cyclicality."
    )
    outside_work: float = Field(
        0.0, ge=-0.9, le=1.0, description="Relative change in finding work outside the locality at full size."
    )
    job_loss: float = Field(
        0.0, ge=0, le=0.05, description="Additional chance a month of losing work at full size, alike for all employed."
    )
    source: str = Field("", max_length=500)

    def size(self, month: Month) -> float:
        """Share of the shock in force in a calendar month, 0 to 1."""
        since = Month.parse(self.start).until(month)
        if since < 0:
            return 0.0
        fading = since - self.rise_months - self.hold_months
        return min((since + 1) / self.rise_months, 1.0) if fading < 0 else max(0.0, 1 - (fading + 1) / self.fade_months)
