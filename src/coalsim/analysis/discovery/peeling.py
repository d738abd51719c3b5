"""A box of cases of interest: peeled by the patient rule induction method or grown limit by limit, cleared of limits that do
not tell, and sharpened."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coalsim.analysis.discovery.box import Limit, Mask, inside

MASS, PEEL = 0.05, 0.05  # least share of cases in a box, and the share that each step peels off
SIGNIFICANT = 0.01  # of quasi-p-values
ROUNDS = 5  # in which the ends of a box are sharpened


def best_box(inputs: pd.DataFrame, interest: Mask) -> tuple[tuple[Limit, ...], pd.DataFrame]:
    """The better of the box that is peeled and the one that is grown, and the peeling trajectory.

    Peeling sees limits together that tell nothing alone. With few cases and many factors it takes off whatever chance has left
    empty, and nothing of that tells; and it cannot leave one end of a factor to another box. Growing can.
    """
    peeled, trajectory = peel(inputs, interest)
    return max((peeled, grow(inputs, interest)), key=lambda limits: score(inside(limits, inputs), interest)), trajectory


def score(box: Mask, interest: Mask) -> float:
    """Harmonic mean of coverage and density."""
    return 2 * float(interest[box].sum()) / max(int(box.sum()) + int(interest.sum()), 1)


def grow(inputs: pd.DataFrame, interest: Mask) -> tuple[Limit, ...]:
    """A box to which the limit that betters it most is added as long as it tells."""
    limits: tuple[Limit, ...] = ()
    while True:
        before = inside(limits, inputs)
        now = score(before, interest)
        wider = []
        for one in _more(limits, inputs, interest):
            box = (*(kept for kept in limits if kept.factor != one.factor), one)
            wider.append((score(inside(box, inputs), interest), box))
        better, box = max(wider, key=lambda pair: pair[0], default=(now, limits))
        if better <= now or _as_many(inside(box, inputs), before, interest) >= SIGNIFICANT:
            return _sharpened(limits, inputs, interest)
        limits = box


def _more(limits: tuple[Limit, ...], inputs: pd.DataFrame, interest: Mask) -> Iterator[Limit]:
    """The best limit that each end of each factor could have in a box."""
    box, total = inside(limits, inputs), int(interest.sum())
    known = {one.factor: one for one in limits}
    for name in map(str, inputs):
        column, has = inputs[name][box], known.get(name, Limit(name))
        if column.nunique() < 2:
            continue
        if column.dtype == object:
            rates = pd.Series(interest[box], index=column).groupby(level=0).mean().sort_values(ascending=False)
            kinds = [tuple(sorted(rates.index[:k], key=str)) for k in range(1, len(rates))]
            yield from (Limit(name, values=kind) for kind in kinds)
            continue
        if has.low is None:
            yield replace(has, low=_best_end(column.to_numpy(), interest[box], total, is_low=True))
        if has.high is None:
            yield replace(has, high=_best_end(column.to_numpy(), interest[box], total, is_low=False))


def peel(inputs: pd.DataFrame, interest: Mask) -> tuple[tuple[Limit, ...], pd.DataFrame]:
    """The best box of one peeling trajectory, without limits that do not tell, and the trajectory."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ema_workbench.analysis import prim

        logging.getLogger("EMA").setLevel(logging.ERROR)
        table = inputs.reset_index(drop=True)
        box = prim.Prim(table, interest.astype(int), peel_alpha=PEEL, mass_min=MASS).find_box()
    steps = box.peeling_trajectory
    both = steps["coverage"] + steps["density"]
    means = np.where(both > 0, 2 * steps["coverage"] * steps["density"] / both.where(both > 0, 1), 0)
    ends = box.box_lims[int(np.argmax(means))]
    kept = _sharpened(_telling(_as_limits(ends, table), table, interest), table, interest)
    trajectory = steps.rename(columns={"res_dim": "limited"})[["coverage", "density", "mass", "limited"]]
    return kept, trajectory.reset_index(drop=True)


def _as_limits(ends: pd.DataFrame, inputs: pd.DataFrame) -> list[Limit]:
    """A box of the workbench as limits, one for each end."""
    found = []
    for name in inputs:
        column = inputs[name]
        low, high = ends[name]
        if column.dtype == object:
            values = tuple(sorted(low, key=str))
            if len(values) < column.nunique():
                found.append(Limit(str(name), values=values))
            continue
        if low > column.min():
            found.append(Limit(str(name), low=float(low)))
        if high < column.max():
            found.append(Limit(str(name), high=float(high)))
    return found


def _telling(limits: list[Limit], inputs: pd.DataFrame, interest: Mask) -> tuple[Limit, ...]:
    """Limits without those that do not tell, the least telling dropped first; both ends of a factor joined."""
    while limits:
        p = [quasi_p(limits, k, inputs, interest) for k in range(len(limits))]
        worst = int(np.argmax(p))
        if p[worst] < SIGNIFICANT:
            break
        del limits[worst]
    joined: dict[str, Limit] = {}
    for one in limits:
        before = joined.get(one.factor)
        joined[one.factor] = one if before is None else Limit(one.factor, before.low, one.high)
    return tuple(joined.values())


def _sharpened(limits: tuple[Limit, ...], inputs: pd.DataFrame, interest: Mask) -> tuple[Limit, ...]:
    """Each end in turn where coverage and density are best, half-way between two cases, until none moves: peeling takes off a
    twentieth at a time and stops anywhere within it."""
    for _ in range(ROUNDS):
        before = limits
        for k, one in enumerate(limits):
            others = inside([*limits[:k], *limits[k + 1 :]], inputs)
            total = int(interest.sum())
            if one.low is not None:
                free = others & replace(one, low=None).holds(inputs)
                best = _best_end(inputs[one.factor][free].to_numpy(), interest[free], total, is_low=True)
                one = replace(one, low=best)
            if one.high is not None:
                free = others & replace(one, high=None).holds(inputs)
                best = _best_end(inputs[one.factor][free].to_numpy(), interest[free], total, is_low=False)
                one = replace(one, high=best)
            limits = (*limits[:k], one, *limits[k + 1 :])
        if limits == before:
            break
    return limits


def _best_end(values: NDArray[np.float64], interest: Mask, total: int, *, is_low: bool) -> float:
    """The cut through values (n,) beyond which the harmonic mean of coverage and density is best."""
    order = np.argsort(-values if is_low else values, kind="stable")
    sorted_values = values[order]
    means = interest[order].cumsum() / (np.arange(1, len(order) + 1) + total)
    means[:-1][sorted_values[1:] == sorted_values[:-1]] = -1.0  # a cut lies between two values
    last = int(means.argmax())
    beyond = sorted_values[min(last + 1, len(order) - 1)]
    return float((sorted_values[last] + beyond) / 2)


def quasi_p(limits: Sequence[Limit], k: int, inputs: pd.DataFrame, interest: Mask) -> float:
    """How likely so many cases of interest lie in the box if this limit told nothing."""
    without = inside([one for i, one in enumerate(limits) if i != k], inputs)
    return _as_many(inside(limits, inputs), without, interest)


def _as_many(box: Mask, wider: Mask, interest: Mask) -> float:
    """How likely a box holds as many cases of interest as it does if they are as frequent in it as in a wider one."""
    from scipy.stats import binom

    return float(binom.sf(interest[box].sum() - 1, box.sum(), interest[wider].mean()))
