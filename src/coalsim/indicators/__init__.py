"""What is measured every month, one subject to a file; importing the package declares every indicator."""

from coalsim.indicators import business, labour, money, partnership, place, residents  # noqa: F401
from coalsim.indicators.indicator import Indicator, Indicators, dictionary, indicator, indicators, over_places, record
from coalsim.indicators.success import self_sustaining

__all__ = [
    "Indicator",
    "Indicators",
    "dictionary",
    "indicator",
    "indicators",
    "over_places",
    "record",
    "self_sustaining",
]

indicators.load_plugins("coalsim.indicators")
