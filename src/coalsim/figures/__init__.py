"""Figures, one kind to a file; each takes arrays and words and returns a matplotlib figure."""

from coalsim.figures.basins import Ends, Restarts, basins
from coalsim.figures.boxes import Face, Side, boxes
from coalsim.figures.calibration import calibration
from coalsim.figures.conditional_means import Shape, conditional_means
from coalsim.figures.courses import courses
from coalsim.figures.differences import differences
from coalsim.figures.dose_response import Dose, dose_response
from coalsim.figures.fan import fan
from coalsim.figures.flows import Flows, flows
from coalsim.figures.groups import groups
from coalsim.figures.hysteresis_loop import Loop, hysteresis_loop
from coalsim.figures.indices import Bars, indices
from coalsim.figures.interactions import interactions
from coalsim.figures.knock_out import Knocked, knock_out
from coalsim.figures.lights import lights
from coalsim.figures.membership import Membership, membership
from coalsim.figures.morris import Effects, morris
from coalsim.figures.pairs import pairs
from coalsim.figures.phase_diagram import phase_diagram
from coalsim.figures.picture import Picture
from coalsim.figures.ranking import ranking
from coalsim.figures.regret import regret
from coalsim.figures.spread import spread
from coalsim.figures.tile_map import Mapped, read_boundaries, tile_map
from coalsim.figures.tornado import tornado
from coalsim.figures.turning import turning
from coalsim.figures.validation import against, hindcast, patterns

__all__ = [
    "Bars",
    "Dose",
    "Effects",
    "Ends",
    "Face",
    "Flows",
    "Knocked",
    "Loop",
    "Mapped",
    "Membership",
    "Picture",
    "Restarts",
    "Shape",
    "Side",
    "against",
    "basins",
    "boxes",
    "calibration",
    "conditional_means",
    "courses",
    "differences",
    "dose_response",
    "fan",
    "flows",
    "groups",
    "hindcast",
    "hysteresis_loop",
    "indices",
    "interactions",
    "knock_out",
    "lights",
    "membership",
    "morris",
    "pairs",
    "patterns",
    "phase_diagram",
    "ranking",
    "read_boundaries",
    "regret",
    "spread",
    "tile_map",
    "tornado",
    "turning",
]
