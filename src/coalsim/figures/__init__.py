"""Figures, one kind to a file; each takes arrays and words and returns a matplotlib figure."""

from coalsim.figures.calibration import calibration
from coalsim.figures.courses import courses
from coalsim.figures.differences import differences
from coalsim.figures.fan import fan
from coalsim.figures.groups import groups
from coalsim.figures.lights import lights
from coalsim.figures.pairs import pairs
from coalsim.figures.regret import regret
from coalsim.figures.style import Picture
from coalsim.figures.validation import against, hindcast, patterns

__all__ = [
    "Picture",
    "against",
    "calibration",
    "courses",
    "differences",
    "fan",
    "groups",
    "hindcast",
    "lights",
    "pairs",
    "patterns",
    "regret",
]
