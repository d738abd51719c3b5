"""Residents: qualifications, health, moving."""

from typing import Any

from coalsim.agents.locality import Locality
from coalsim.indicators.indicator import indicator
from coalsim.names import HIGHER_LEVEL


@indicator(unit="1", subject="residents", better="lower")
def no_qualifications(model: Any, place: Locality) -> float:
    """Share of residents aged 16-64 with no qualification."""
    return float(place.by_level[0] / place.n_residents)


@indicator(unit="1", subject="residents", better="higher")
def level_3_or_above(model: Any, place: Locality) -> float:
    """Share of residents aged 16-64 qualified to NVQ level 3 or above."""
    return float(place.by_level[HIGHER_LEVEL:].sum() / place.n_residents)


@indicator(unit="1", subject="residents", better="higher")
def level_4(model: Any, place: Locality) -> float:
    """Share of residents aged 16-64 qualified to NVQ level 4 or above."""
    return float(place.by_level[4] / place.n_residents)


@indicator(unit="1", subject="residents", better="lower")
def limiting_illness(model: Any, place: Locality) -> float:
    """Share of residents aged 16-64 with a limiting long-term illness."""
    return place.n_ill / place.n_residents


@indicator(unit="persons/month", subject="residents")
def newcomers(model: Any, place: Locality) -> float:
    """Residents of working age who moved in or came of age in the month."""
    return place.n_newcomers * place.weight
