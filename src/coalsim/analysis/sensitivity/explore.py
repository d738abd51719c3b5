"""Runs at points that fill the space of the factors evenly: what scenario discovery starts from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coalsim.analysis.attempts import Failure, Map, check_level, check_seed
from coalsim.analysis.sampling import sobol
from coalsim.analysis.sensitivity.design import scattered
from coalsim.analysis.sensitivity.factors import Factors, Given
from coalsim.analysis.sensitivity.runs import Asked, Runs, Simulate, all_failed, names_of

FIRST = 128


@dataclass(frozen=True)
class Exploration:
    """Inputs and outputs of the same points; outputs are means over luck, nan where a run failed or left one undefined."""

    inputs: pd.DataFrame
    outputs: pd.DataFrame
    noise: dict[str, tuple[float, float, float]]  # luck's share of a run's variance, with its interval
    runs: int
    failures: tuple[Failure, ...]


def explore(
    simulate: Simulate,
    factors: Mapping[str, Given],
    samples: int = 512,
    replicates: int = 1,
    seed: int = 0,
    outputs: Sequence[str] | str | None = None,
    *,
    correlations: Mapping[tuple[str, str], float] | None = None,
    level: float = 0.95,
    map: Map = map,
    on_update: Callable[[Exploration], None] | None = None,
) -> Exploration:
    """What a stochastic simulation gives at points that fill the space of its factors evenly.

    Parameters are those of `sensitivity`. `discover(found.inputs, found.outputs["x"] > 0)` asks where.

    Raises
    ------
    ValueError
        When something asked for cannot be done, or every run failed.
    """
    check_level(level)
    if samples < 1 or replicates < 1:
        raise ValueError(f"samples {samples}, replicates {replicates}: give at least 1 of each")
    every = Factors.of(factors, None, correlations)
    design = scattered(every.correlated(sobol(len(every.each), samples, seed)), FIRST, seed)
    check_seed(seed, design.lucks * replicates)
    runs = Runs(simulate, every, design, Asked(replicates, seed, names_of(outputs), None, level, map, None))
    for end in design.ends:
        runs.make(end)
        if runs.names and on_update is not None:
            on_update(_explored(runs))
    if len(runs.failures) == runs.made:
        raise all_failed(runs)
    return _explored(runs)


def _explored(runs: Runs) -> Exploration:
    samples = {name: runs.sample(k) for k, name in enumerate(runs.names)}
    seed, level = runs.asked.seed, runs.asked.level
    return Exploration(
        inputs=pd.DataFrame(list(runs.factors.values(runs.design.points[: len(runs.values)]))),
        outputs=pd.DataFrame({name: one.mean for name, one in samples.items()}),
        noise={name: one.noise_share(np.random.default_rng(seed), level) for name, one in samples.items()},
        runs=runs.made,
        failures=tuple(runs.failures),
    )
