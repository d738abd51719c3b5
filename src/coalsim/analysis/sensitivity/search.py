"""Runs a design batch by batch, updates the indices as runs come in, and stops where they are precise enough."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from coalsim.analysis.attempts import Map, check_level, check_seed
from coalsim.analysis.sensitivity.factors import Factors, Given, is_number
from coalsim.analysis.sensitivity.finding import Output, Sensitivity, SensitivityTable
from coalsim.analysis.sensitivity.method import METHODS, Method
from coalsim.analysis.sensitivity.runs import Asked, Runs, Simulate, all_failed, names_of
from coalsim.registry import nearest

type OnUpdate = Callable[[Sensitivity], None]

TWO_STAGE = "two_stage"
MOST_RUNS, MOST_VALUES = 10_000_000, 50_000_000  # of a design; 0.4 GB, and a few times that while it is made
MATTERS = 0.1  # share of the largest mean effect from which a factor goes on to the second stage


def sensitivity(
    simulate: Simulate,
    factors: Mapping[str, Given],
    method: str = "sobol",
    samples: int | None = None,
    replicates: int = 1,
    seed: int = 0,
    outputs: Sequence[str] | str | None = None,
    *,
    groups: Mapping[str, Sequence[str]] | None = None,
    correlations: Mapping[tuple[str, str], float] | None = None,
    precision: float | None = None,
    screen: int = 32,
    level: float = 0.95,
    map: Map = map,
    on_update: OnUpdate | None = None,
) -> SensitivityTable:
    """Which uncertain factors make a stochastic simulation's outputs vary, and how much of it is luck.

    Parameters
    ----------
    simulate : called as simulate({factor: value}, seed); gives a number, several numbers, or {output: number}
    factors : {name: (low, high)}, a list of values, or a frozen distribution of scipy.stats
    method
        sobol (first order, total and pairs), sobol_total, morris, fast, rbd_fast, delta, pawn, hdmr, regional, emulator, pce,
        or two_stage: morris, then sobol_total on the factors that matter, with the others in the middle of their ranges.
    samples : int, optional
        Base points of sobol, trajectories of morris, points for each factor of fast, points of the others.
    replicates : int
        Runs at each point. With one, indices are shares of a run's variance, luck included; with more they are shares of what
        the mean over luck varies, such as the chance of tipping. Luck's own share is given either way.
    seed : int
        Of points, runs and resampling. Runs that are compared with each other share their seeds.
    outputs : names of outputs; all that simulate gives by default
    groups : {group: factors that are moved together}, for methods that can
    correlations : {(factor, factor): rank correlation}, for methods that can
    precision : float, optional
        Half width of intervals, a share, at which runs end early; of morris as a share of the largest effect.
    screen : trajectories of the first stage of two_stage
    level : of intervals
    map : how batches are run, called as map(simulate, points, seeds); see `attempts.attempt`
    on_update : called with a Sensitivity whenever there are twice as many runs

    Returns
    -------
    SensitivityTable
        A DataFrame with a row for each factor (and output), `.found` with everything else: noise share, pairs, failures, words.

    Raises
    ------
    ValueError
        When something asked for cannot be done, when every run failed, or when no output varies.
    """
    check(method, samples, replicates, seed, precision=precision, level=level, screen=screen)
    every = Factors.of(factors, groups, correlations)
    asked = Asked(replicates, seed, names_of(outputs), precision, level, map, on_update)
    if method != TWO_STAGE:
        return search(simulate, every, METHODS[method], samples, asked).table()
    refuse(method, every, samples)
    screening = search(simulate, every, METHODS["morris"], screen, asked._replace(precision=None))
    kept = screening.matter(MATTERS)
    fewer = every.only(kept)
    middle = next(every.values(np.full((1, len(every.each)), 0.5)))
    held = {name: value for name, value in middle.items() if name not in fewer.names}
    second = asked._replace(held=held)
    return search(simulate, fewer, METHODS["sobol_total"], samples, second, screening=screening).table()


def check(
    method: str,
    samples: int | None,
    replicates: int,
    seed: int,
    *,
    precision: float | None = None,
    level: float = 0.95,
    screen: int = 32,
) -> None:
    """Refuse what no analysis can be asked."""
    known = [*METHODS, TWO_STAGE]
    if method not in known:
        near = nearest(str(method), known)
        hint = f"did you mean {near!r}?" if near else f"methods: {', '.join(known)}"
        raise ValueError(f"method {str(method)[:40]!r} is unknown; {hint}")
    for name, number, least in (("samples", samples, 1), ("replicates", replicates, 1), ("screen", screen, 4)):
        if number is not None and (not is_number(number) or int(number) != number or number < least):
            raise ValueError(f"{name} {number}: give a whole number, at least {least}")
    if precision is not None and not 0 < precision < 1:
        raise ValueError(f"precision {precision:g}: give a half width between 0 and 1, such as 0.05")
    check_level(level)
    check_seed(seed, 1)


def refuse(method: str, factors: Factors, samples: int | None) -> None:
    """Refuse what the method cannot do with these factors; the second stage of two is refused with the first."""
    for name in ("morris", "sobol_total") if method == TWO_STAGE else (method,):
        one = METHODS[name]
        one.refuse(factors, one.default if samples is None or (method == TWO_STAGE and name == "morris") else samples)


def most_runs(method: str, factors: Factors, samples: int | None, replicates: int, screen: int) -> int:
    """As many runs as an analysis can take; ValueError where their design alone would fill the memory."""
    if method == TWO_STAGE:
        stages = (("morris", screen), ("sobol_total", samples))
        return sum(most_runs(name, factors, size, replicates, screen) for name, size in stages)
    one = METHODS[method]
    size, least = samples or one.default, one.fitting(factors, 1)
    points = len(one.design(factors, least, 0).points) * size // least  # designs grow in proportion
    check_size(points * replicates, len(factors.each))
    design = one.design(factors, size, 0)
    return len(design.points) * replicates + (design.again.size if replicates == 1 else 0)


def check_size(runs: int, factors: int) -> None:
    """Refuse a design that could not be held."""
    if runs > MOST_RUNS or runs * factors > MOST_VALUES:
        raise ValueError(
            f"samples: these are {runs:,} runs, each with {factors} factors; at most {MOST_RUNS:,} runs, and {MOST_VALUES:,} "
            "values of factors in all, can be handled"
        )


def search(
    simulate: Simulate,
    factors: Factors,
    method: Method,
    samples: int | None,
    asked: Asked,
    *,
    screening: Sensitivity | None = None,
) -> Sensitivity:
    """One method to its end."""
    samples = method.default if samples is None else samples
    method.refuse(factors, samples)
    design = method.design(factors, samples, asked.seed)
    check_seed(asked.seed, design.lucks * asked.replicates)
    runs = Runs(simulate, factors, design, asked)
    found = None
    for end in design.ends:
        runs.make(end)
        if not runs.names:  # none has given anything yet
            continue
        found = _found(method, runs, samples, screening)
        if asked.on_update is not None:
            asked.on_update(found)
        if asked.precision is not None and found.half_width <= asked.precision:
            break
    if found is None or len(runs.failures) == runs.made:
        raise all_failed(runs)
    if not found.varying:
        told = ", ".join(f"{one.name} is {one.constant:.6g}" for one in found.outputs if one.constant is not None)
        raise ConstantError(
            f"nothing to attribute: {told or 'no output varies beyond luck'} in every run; widen the factors or name other "
            "outputs",
            found,
        )
    return found


class ConstantError(ValueError):
    """No output varies; what the runs gave is kept in `found`."""

    def __init__(self, message: str, found: Sensitivity) -> None:
        super().__init__(message)
        self.found = found


def _found(method: Method, runs: Runs, samples: int, screening: Sensitivity | None) -> Sensitivity:
    """The indices of every output so far."""
    factors, seed, level = runs.factors, runs.asked.seed, runs.asked.level
    failed = len(runs.failures)
    each = []
    for k, name in enumerate(runs.names):
        sample = runs.sample(k)
        missing = int((~np.isfinite(sample.outputs)).sum() + (~np.isfinite(sample.again)).sum())
        known = sample.outputs[np.isfinite(sample.outputs)]
        noise = sample.noise_share(np.random.default_rng(seed), level)
        is_constant, too_few = sample.is_constant, int(sample.defined.sum()) < 8
        lost = is_constant or too_few or sample.variance <= 0
        made = None if lost else method.indices(factors, sample, seed, level)
        each.append(
            Output(
                name=name,
                table=None if made is None else made.table,
                pairs=None if made is None else made.pairs,
                noise=noise,
                fit=None if made is None else made.fit,
                undefined=missing - failed,
                constant=float(known[0]) if is_constant and known.size else None,
                mean=float(known.mean()) if known.size else math.nan,
                sd=float(known.std()) if known.size else math.nan,
                values=sample.mean,
            )
        )
    return Sensitivity(
        method=method.name,
        headline=method.headline,
        groups=factors.groups,
        outputs=tuple(each),
        runs=runs.made,
        failures=tuple(runs.failures),
        samples=samples,
        replicates=runs.asked.replicates,
        level=level,
        seed=seed,
        factors=factors,
        points=runs.design.points[: len(runs.values)],
        apart=runs.design.apart[runs.design.apart < len(runs.values)],
        screening=screening,
        is_complete=len(runs.values) == runs.design.ends[-1],
    )
