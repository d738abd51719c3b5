"""Where neighbourhoods lie and how deprived each is: a synthetic map with the place's real distribution and clustering."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coalsim.kernels.conditions import morans_i
from coalsim.kernels.maths import logistic, power
from coalsim.kernels.random import draw, key, normal_word
from coalsim.kernels.streams import GEOGRAPHY
from coalsim.scenario.place import Deprivation

# Standard normal quantiles of the worst national 5, 10, 20, 30 and 50%.
CUTS = (1.6449, 1.2816, 0.8416, 0.5244, 0.0)
SEVERE = CUTS[1]
WORST, BEST = 2.6, -2.6
# IMD 2004 scores over 100 are close to logistic-normal: with these their mean is 21.7 and their standard deviation 15.8, as
# computed from the 354 districts; the median is then 17.5 and the worst tenth lies above 44.5.
SCORE_AT_MEAN, SCORE_SLOPE = -1.5484, 1.0357


class Geography(NamedTuple):
    """Neighbourhoods of one place: national deprivation z-score, grid position, adjacency in compressed rows."""

    deprivation: NDArray[np.float64]
    column: NDArray[np.int64]
    row: NDArray[np.int64]
    indptr: NDArray[np.int64]
    neighbours: NDArray[np.int64]


def imd_score(z: float) -> float:
    """The IMD 2004 score of a neighbourhood with a national z-score."""
    return float(100 * logistic(SCORE_AT_MEAN + SCORE_SLOPE * z))


def deprivation_scores(n: int, facts: Deprivation) -> NDArray[np.float64]:
    """National z-scores of `n` neighbourhoods, worst first.

    The number beyond each national cut is the place's own; scores lie evenly within a band, and those of the better half
    are stretched so that the mean IMD score is the place's.
    """
    shares = (
        facts.share_worst_5,
        facts.share_worst_10,
        facts.share_worst_20,
        facts.share_worst_30,
        facts.share_worst_50,
    )
    edges = [0, *(round(share.value * n) for share in shares)]
    scores = np.empty(n)
    upper = WORST
    for first, last, lower in zip(edges[:-1], edges[1:], CUTS):
        scores[first:last] = upper - (upper - lower) * (np.arange(last - first) + 0.5) / max(last - first, 1)
        upper = lower
    better = n - edges[-1]
    place_in_band = [(k + 0.5) / better for k in range(better)] if better else []
    low, high = 0.1, 8.0
    for _ in range(50):
        bend = (low + high) / 2
        scores[edges[-1] :] = [BEST * power(position, bend) for position in place_in_band]
        mean = sum(map(imd_score, scores)) / n
        low, high = (bend, high) if mean < facts.mean_score.value else (low, bend)
    return scores


def hexagons(n: int) -> tuple[NDArray[np.int64], ...]:
    """Positions and adjacency of `n` neighbourhoods on a near-square hexagonal grid: column, row, indptr, neighbours."""
    width = 1
    while width * width < n:
        width += 1
    column, row = np.arange(n) % width, np.arange(n) // width
    indptr, neighbours = [0], []
    for i in range(n):
        c, r = int(column[i]), int(row[i])
        slant = (-1, 0) if r % 2 == 0 else (0, 1)
        around = [(c - 1, r), (c + 1, r), *((c + s, r + d) for d in (-1, 1) for s in slant)]
        neighbours += [
            j
            for x, y in sorted(around, key=lambda p: (p[1], p[0]))
            if 0 <= x < width and y >= 0 and (j := y * width + x) < n
        ]
        indptr.append(len(neighbours))
    return column, row, np.array(indptr), np.array(neighbours, dtype=np.int64)


def lay_out(n: int, facts: Deprivation, place: int) -> Geography:
    """A map of `n` neighbourhoods whose scores cluster as the place's do (Moran's I).

    A smooth random field and white noise are mixed, and the scores are placed by the rank of the mixture; of 101 mixtures
    the one closest to the place's Moran's I is taken. The map belongs to the place: it is the same for every seed.
    """
    scores = deprivation_scores(n, facts)
    column, row, indptr, neighbours = hexagons(n)
    k0, k1 = key(0)
    noise = np.array([[normal_word(*draw(i, m, GEOGRAPHY, place, k0, k1)) for i in range(n)] for m in range(2)])
    owner = np.repeat(np.arange(n), np.diff(indptr))
    smooth = noise[0]
    for _ in range(4):
        around = np.zeros(n)
        np.add.at(around, owner, smooth[neighbours])
        smooth = (smooth + around) / (1 + np.diff(indptr))
    smooth = smooth / np.sqrt(sum(float(x) ** 2 for x in smooth) / n)
    best, best_gap = scores, np.inf
    for step in range(101):
        field = step / 100 * smooth + (1 - step / 100) * noise[1]
        placed = np.empty(n)
        placed[np.argsort(-field, kind="stable")] = scores
        gap = abs(morans_i(placed, indptr, neighbours) - facts.morans_i.value)
        if gap < best_gap:
            best, best_gap = placed, gap
    return Geography(best, column, row, indptr, neighbours)
