"""Figures, one kind to a file; each takes arrays and words and returns a matplotlib figure."""

from coalsim.figures.basins import Ends, Restarts, basins
from coalsim.figures.calibration import calibration
from coalsim.figures.courses import courses
from coalsim.figures.differences import differences
from coalsim.figures.dose_response import Dose, dose_response
from coalsim.figures.fan import fan
from coalsim.figures.groups import groups
from coalsim.figures.hysteresis_loop import Loop, hysteresis_loop
from coalsim.figures.knock_out import Knocked, knock_out
from coalsim.figures.lights import lights
from coalsim.figures.pairs import pairs
from coalsim.figures.phase_diagram import phase_diagram
from coalsim.figures.regret import regret
from coalsim.figures.style import Picture
from coalsim.figures.turning import turning
from coalsim.figures.validation import against, hindcast, patterns

__all__ = [
    "Dose",
    "Ends",
    "Knocked",
    "Loop",
    "Picture",
    "Restarts",
    "against",
    "basins",
    "calibration",
    "courses",
    "differences",
    "dose_response",
    "fan",
    "groups",
    "hindcast",
    "hysteresis_loop",
    "knock_out",
    "lights",
    "pairs",
    "patterns",
    "phase_diagram",
    "regret",
    "turning",
]
