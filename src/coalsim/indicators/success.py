"""Success: whether the economy is mixed, fair and stands on its own feet."""

from typing import Any

from coalsim.agents.locality import Locality
from coalsim.indicators.business import effective_sectors
from coalsim.indicators.indicator import indicator
from coalsim.indicators.labour import employment_rate
from coalsim.indicators.money import temporary_share
from coalsim.indicators.place import severe_deprivation


def self_sustaining(model: Any, place: Locality) -> bool:
    """Whether employment, sectors, severe deprivation and independence from temporary money are all beyond the thresholds."""
    success = model.settings.success
    return (
        employment_rate(model, place) >= success.employment_rate
        and effective_sectors(model, place) >= success.effective_sectors
        and severe_deprivation(model, place) <= success.severe_deprivation
        and temporary_share(model, place) <= success.temporary_support
    )


@indicator(unit="index", subject="success", better="higher")
def sustaining(model: Any, place: Locality) -> float:
    """1 in a month in which the economy is mixed and self-sustaining by the scenario's thresholds, else 0."""
    return float(place.is_sustaining)
