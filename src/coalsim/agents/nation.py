"""The nation: what places share when their borders are open, and what each sees of the others."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass
class Nation:
    """What one place knows of all; with closed borders nothing of it ever moves.

    Numbers count simulated residents and posts.
    """

    beyond: int = (
        0  # residents who work outside their place, less posts held by in-commuters: at the start and ever after
    )
    found_away_at_start: float = 0.0  # residents a month who found work in other places, in the starting state
    searchers: float = 1.0  # for work in other places, relative to the start
    chance: float = 1.0  # of a match there relative to the start, mean over posts
    at_risk: int = 0  # threshold of being among those who may lose work in other places this month
    elsewhere: float = 0.0  # change of place quality since the start, mean over the nation's residents
    newcomers: NDArray[np.float64] = field(
        default_factory=lambda: np.ones(5)
    )  # by level, what competition leaves of them
