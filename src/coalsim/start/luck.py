"""The luck that a place and its neighbourhoods have had before the start.

What is observed at the start is part lasting, part luck that will fade: the further from the nation's mean, the more of it
is likely to be luck. Luck is drawn from its long-run distribution given the observed state (normal, linear regression), so
that the nation as a whole stays as spread out as it is while single places and neighbourhoods move.
"""

import numpy as np
from numpy.typing import NDArray

from coalsim.kernels.maths import log
from coalsim.kernels.random import draw, normal_word
from coalsim.kernels.streams import LOCAL_DEMAND, NEIGHBOURHOOD_CHANGE
from coalsim.scenario.place import Place
from coalsim.scenario.world import World

BEFORE = 2**32 - 1  # the month of what was drawn before month 0

# How luck that lasts shows in what is observed, measured in the model (`tests/start/test_luck.py`): deprivation per drift,
# which is 0.39 after three years, 0.6 after six and 0.8 after fifteen, taken in between as drifts last about four years; log
# unemployment rate per log jobs of local demand, in the long run.
DEPRIVATION_PER_DRIFT = 0.5
UNEMPLOYMENT_PER_DEMAND = -3.0
# Districts of England 2004-06: geometric mean of unemployment rates, standard deviation of their logarithms (computed, ONS).
TYPICAL_UNEMPLOYMENT, SPREAD = 0.044, 0.33


def starting_luck(
    place: Place, world: World, deprivation: NDArray[np.float64], keys: tuple[int, int]
) -> NDArray[np.float64]:
    """Luck at the start: of local demand, then of each neighbourhood (n,), given deprivation z-scores (n,); (1 + n,)."""
    worse = log(place.residents.unemployment_rate.value / TYPICAL_UNEMPLOYMENT) / SPREAD
    demand_sd, drift_sd = world.enterprise.local_demand_sd, world.life.drift_sd
    demand = _given(
        worse, demand_sd, UNEMPLOYMENT_PER_DEMAND / SPREAD, *draw(0, BEFORE, LOCAL_DEMAND, place.number, *keys)
    )
    drift = [
        _given(z, drift_sd, DEPRIVATION_PER_DRIFT, *draw(i, BEFORE, NEIGHBOURHOOD_CHANGE, place.number, *keys))
        for i, z in enumerate(map(float, deprivation))
    ]
    return np.array([demand, *drift])


def _given(seen: float, sd: float, shows: float, *words: int) -> float:
    """Luck with standard deviation `sd` of which what is `seen`, of unit variance, shows `shows` times as much."""
    share = min((shows * sd) ** 2, 1.0)  # of the variance of what is seen that is luck
    return share / shows * seen + sd * float(np.sqrt(1 - share)) * normal_word(*words)
