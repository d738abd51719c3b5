"""Figures, one kind to a file; each takes arrays and words and returns a matplotlib figure."""

from coalsim.figures.courses import courses
from coalsim.figures.differences import differences
from coalsim.figures.fan import fan
from coalsim.figures.groups import groups
from coalsim.figures.lights import lights
from coalsim.figures.pairs import pairs
from coalsim.figures.regret import regret
from coalsim.figures.style import Picture

__all__ = ["Picture", "courses", "differences", "fan", "groups", "lights", "pairs", "regret"]
