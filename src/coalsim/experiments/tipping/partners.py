"""The partnership on its own, with more partners than a place has: is the rule by which they join a true transition?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]

QUARTERS = 240
RUNS = 200  # half of them from nobody in, half from everybody in


def endpoints(given: Sequence[Mapping[str, Any]], copies: Sequence[int], seed: int) -> dict[int, Array]:
    """Mean choice m, -1 to 1, in which partnerships of growing size end, half of them begun with nobody and half with all.

    Parameters
    ----------
    given : inclinations of a place's partners ("fields", (n,)) with "beta", "peer" and "reconsidering", from runs of the model;
        a larger partnership holds each of them several times. Their mean is taken out, so that neither choice is favoured: if
        two states last anywhere, they do so here.
    copies : how often

    Returns
    -------
    {number of partners: (RUNS,) float64}
    """
    if not given:
        return {}
    fields, first = np.mean([one["fields"] for one in given], axis=0), given[0]
    fields = fields - fields.mean()
    return {
        fields.size * n: chain(
            np.tile(fields, n), first["beta"], first["peer"], first["reconsidering"], np.random.default_rng([seed, n])
        )
        for n in copies
    }


def chain(fields: Array, beta: float, peer: float, reconsidering: float, rng: np.random.Generator) -> Array:
    """Where partnerships end in which each reconsiders with a chance and then joins with chance logistic(2 beta (h + J m)).

    As in the model a partner sees the mean choice of the others; here all who reconsider do so at once (Brock and Durlauf 2001).
    """
    n = fields.size
    choice = np.ones((RUNS, n))
    choice[: RUNS // 2] = -1.0
    for _ in range(QUARTERS):
        others = (choice.sum(axis=1, keepdims=True) - choice) / (n - 1)
        joins = rng.random((RUNS, n)) < 1 / (1 + np.exp(-2 * beta * (fields + peer * others)))
        moves = rng.random((RUNS, n)) < reconsidering
        choice = np.where(moves, np.where(joins, 1.0, -1.0), choice)
    return np.asarray(choice.mean(axis=1))
