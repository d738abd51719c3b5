"""Whether a chance varies at all: predictions made before runs, against one chance everywhere."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]

ODDS = 20.0  # gained against one chance everywhere before a difference is believed
CAREFUL = 0.02  # no prediction is taken for surer than this from 0 or 1


class Wagers(NamedTuple):
    """Runs made to find out whether the chance varies, each with its chance as predicted before it was made.

    The odds by which the predictions beat the best single chance exceed `ODDS` at any time in at most one of `ODDS` searches
    where the chance is the same everywhere, whatever decides which runs are made and when to stop: they are at most a
    nonnegative martingale that begins at 1. That is why runs chosen after earlier ones need no correction, as a likelihood ratio
    of fitted curves would.

    References
    ----------
    Ville, J. (1939), Etude critique de la notion de collectif; Ramdas, A. et al. (2023), Statistical Science 38(4).
    """

    predicted: Array  # (n,)
    outcomes: NDArray[np.bool_]  # (n,)

    @classmethod
    def none(cls) -> Wagers:
        """Before any run."""
        return cls(np.empty(0), np.empty(0, dtype=bool))

    def with_runs(self, predicted: Array, outcomes: NDArray[np.bool_]) -> Wagers:
        """With more runs."""
        return Wagers(np.concatenate([self.predicted, predicted]), np.concatenate([self.outcomes, outcomes]))

    @property
    def log_odds(self) -> float:
        """Of the predictions against the single chance that fits best afterwards."""
        p = np.clip(self.predicted, CAREFUL, 1 - CAREFUL)
        n, yes = self.outcomes.size, int(self.outcomes.sum())
        single = sum(k * math.log(k / n) for k in (yes, n - yes) if k)
        return float(np.log(np.where(self.outcomes, p, 1 - p)).sum()) - single

    @property
    def won(self) -> bool:
        """Whether the chance surely varies."""
        return self.log_odds > math.log(ODDS)
