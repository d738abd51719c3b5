"""Runs a design batch by batch, updates the indices as runs come in, and stops where they are precise enough."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coalsim.analysis.attempts import Failure, Map, attempt, check_level, check_seed
from coalsim.analysis.sensitivity.design import Design
from coalsim.analysis.sensitivity.factors import Factors, Given, is_number
from coalsim.analysis.sensitivity.finding import Output, Sensitivity, SensitivityTable
from coalsim.analysis.sensitivity.method import METHODS, Method
from coalsim.analysis.sensitivity.sample import Sample
from coalsim.registry import nearest

type Array = NDArray[np.float64]
type Simulate = Callable[[dict[str, Any], int], Any]
type OnUpdate = Callable[[Sensitivity], None]

TWO_STAGE = "two_stage"
MATTERS = 0.1  # share of the largest mean effect from which a factor goes on to the second stage
AT_ONCE = 1024  # runs handed out at a time


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
    asked = Asked(replicates, seed, _names(outputs), precision, level, map, on_update)
    if method != TWO_STAGE:
        return search(simulate, every, METHODS[method], samples, asked).table()
    refuse(method, every, samples)
    screening = search(simulate, every, METHODS["morris"], screen, asked._replace(precision=None))
    kept = screening.matter(MATTERS)
    fewer = every.only(kept)
    middle = next(every.values(np.full((1, len(every.each)), 0.5)))
    held = {name: value for name, value in middle.items() if name not in fewer.names}

    def around(point: dict[str, Any], seed: int) -> Any:
        return simulate({**held, **point}, seed)

    return search(around, fewer, METHODS["sobol_total"], samples, asked, screening=screening).table()


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
    """As many runs as an analysis can take."""
    if method == TWO_STAGE:
        stages = (("morris", screen), ("sobol_total", samples))
        return sum(most_runs(name, factors, size, replicates, screen) for name, size in stages)
    one = METHODS[method]
    design = one.design(factors, samples or one.default, 0)
    return len(design.points) * replicates + (design.again.size if replicates == 1 else 0)


class Asked(NamedTuple):
    """What is the same for every stage."""

    replicates: int
    seed: int
    names: tuple[str, ...] | None
    precision: float | None
    level: float
    map: Map
    on_update: OnUpdate | None


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
    runs = _Runs(simulate, factors, design, asked)
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
    if found is None:
        raise ValueError(_all_failed(runs))
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


class _Runs:
    """The runs of a design as they are made."""

    def __init__(self, simulate: Simulate, factors: Factors, design: Design, asked: Asked) -> None:
        self.simulate, self.factors, self.design, self.asked = simulate, factors, design, asked
        self.names: tuple[str, ...] = ()
        self.failures: list[Failure] = []
        self.values: Array = np.empty((0, asked.replicates, 0))  # (n, replicates, outputs)
        self.again: Array = np.empty((0, 0))  # (m, outputs)
        self.made = 0

    def make(self, end: int) -> None:
        """Every run of the first `end` points that is not made yet."""
        start, r, seed = len(self.values), self.asked.replicates, self.asked.seed
        rows = np.arange(start, end)
        seeds = [seed + int(luck) * r + k for luck in self.design.luck[rows] for k in range(r)]
        given = self._attempt(np.repeat(rows, r), seeds)
        again = np.flatnonzero((self.design.again >= start) & (self.design.again < end)) if r == 1 else np.arange(0)
        other = [seed + int(luck) for luck in self.design.other_luck[again]]
        repeated = self._attempt(self.design.again[again], other)
        wide = len(self.names)
        self.values = np.concatenate([_widened(self.values, wide), _widened(given, wide).reshape(end - start, r, wide)])
        self.again = np.concatenate([_widened(self.again, wide), _widened(repeated, wide)])

    def sample(self, k: int) -> Sample:
        """The runs of one output."""
        return Sample(self.design, self.values[:, :, k], self.again[:, k])

    def _attempt(self, rows: NDArray[np.int64], seeds: list[int]) -> Array:
        """What runs give as numbers (runs, outputs); no outputs as long as every run failed."""
        found: list[Array] = [np.empty((0, len(self.names)))]
        for first in range(0, len(rows), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            points = list(self.factors.values(self.design.points[rows[some]]))
            given, failures = attempt(self.simulate, points, seeds[some], self.asked.map)
            self.failures += failures
            self.names = self.names or self.asked.names or _given_names(given)
            found.append(_numbers(given, self.names))
        self.made += len(rows)
        return np.concatenate([_widened(one, len(self.names)) for one in found])


def _widened(values: Array, wide: int) -> Array:
    """Values (..., outputs) of runs that all failed before outputs had names, as nan of each output."""
    return values if values.shape[-1] == wide else np.full((*values.shape[:-1], wide), np.nan)


def _numbers(given: Sequence[Any], names: tuple[str, ...]) -> Array:
    """What runs gave as numbers (runs, outputs); nan where one failed or is undefined."""
    found = np.full((len(given), len(names)), np.nan)
    for k, one in enumerate(given):
        if one is not None:
            found[k] = [math.nan if value is None else float(value) for value in _in_order(one, names)]
    found[~np.isfinite(found)] = np.nan
    return found


def _found(method: Method, runs: _Runs, samples: int, screening: Sensitivity | None) -> Sensitivity:
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
        screening=screening,
        is_complete=len(runs.values) == runs.design.ends[-1],
    )


def _names(outputs: Sequence[str] | str | None) -> tuple[str, ...] | None:
    """Names of outputs as they were asked for."""
    if outputs is None:
        return None
    named = (outputs,) if isinstance(outputs, str) else tuple(outputs)
    if not named or len(set(named)) < len(named):
        raise ValueError(f"outputs {named}: name at least one, and none twice")
    return named


def _given_names(given: Sequence[Any]) -> tuple[str, ...]:
    """Names that the first run to give anything has."""
    for one in given:
        if isinstance(one, Mapping):
            return tuple(map(str, one))
        if one is not None:
            size = np.size(one)
            return ("output",) if size == 1 else tuple(f"output_{k + 1}" for k in range(size))
    return ()


def _in_order(given: Any, names: tuple[str, ...]) -> Sequence[Any]:
    if isinstance(given, Mapping):
        if missing := [name for name in names if name not in given]:
            raise ValueError(f"outputs: simulate gives no {missing[0]!r}; it gives {', '.join(map(str, given))}")
        return [given[name] for name in names]
    found = [given] if np.ndim(given) == 0 else list(given)
    if len(found) != len(names):
        raise ValueError(f"outputs: simulate gives {len(found)} numbers for {len(names)} names: {', '.join(names)}")
    return found


def _all_failed(runs: _Runs) -> str:
    first = runs.failures[0].error if runs.failures else "they gave nothing"
    return f"all {runs.made} runs failed; the first: {first}"
