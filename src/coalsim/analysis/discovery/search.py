"""Scenario discovery: under which conditions cases of interest occur, as boxes that people can read, and whether that is more
than chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from coalsim.analysis.discovery.box import Box, Limit, Mask, as_cases, inside
from coalsim.analysis.discovery.peeling import SIGNIFICANT, best_box, quasi_p
from coalsim.analysis.discovery.tree import rules
from coalsim.analysis.told import Told

FEWEST_CASES, FEWEST_OF_INTEREST = 40, 8
SPLITS = 8  # into two halves, each of which tests what the other finds


@dataclass(frozen=True)
class Discovery(Told):
    """Boxes by the patient rule induction method, and the rules of a classification tree beside them.

    `verdict` is "boxes", "no pattern" (nothing that holds on fresh halves), "never", "always" or "too few".
    """

    verdict: str
    boxes: tuple[Box, ...]
    rules: tuple[Box, ...]  # of the tree: leaves in which cases of interest are the rule
    n: int
    of_interest: int
    trajectory: pd.DataFrame  # of the first box: coverage, density, mass, limited factors at each step of peeling
    what: str = "such cases"

    @property
    def base_rate(self) -> float:
        """Share of all cases that are of interest."""
        return self.of_interest / self.n if self.n else float("nan")

    def table(self) -> pd.DataFrame:
        """A row for each limit of each box."""
        columns = ["box", "factor", "low", "high", "values", "quasi_p", "stability", "coverage", "density", "mass"]
        rows = [
            [
                k,
                one.factor,
                one.low,
                one.high,
                one.values,
                one.p_value,
                one.stability,
                box.coverage,
                box.density,
                box.mass,
            ]
            for k, box in enumerate(self.boxes, 1)
            for one in box.limits
        ]
        return pd.DataFrame(rows, columns=columns)

    @property
    def sentence(self) -> str:
        """What was found, in plain words."""
        counted = f"{self.of_interest:,} of {self.n:,} cases"
        match self.verdict:
            case "never":
                return f"None of {self.n:,} cases is of interest ({self.what}): there is nothing to discover."
            case "always":
                return f"All of {self.n:,} cases are of interest ({self.what}): there is nothing to discover."
            case "too few":
                return (
                    f"{counted} are of interest ({self.what}): too few to say where; at least {FEWEST_OF_INTEREST} of each "
                    f"kind and {FEWEST_CASES} in all are needed."
                )
            case "no pattern":
                return f"{counted} are of interest ({self.what}), and no box tells them apart on cases it was not made from."
        return " ".join([f"{counted} are of interest ({self.what}).", *(box.sentence for box in self.boxes)])


def discover(
    inputs: pd.DataFrame | Mapping[str, ArrayLike],
    successes: ArrayLike,
    *,
    most_boxes: int = 3,
    seed: int = 0,
    what: str = "such cases",
) -> Discovery:
    """Under which conditions cases of interest occur: boxes with coverage, density, quasi-p-values and stability, in words, too.

    A box is the better, by the harmonic mean of coverage and density, of the best on a peeling trajectory and of one that is
    grown limit by limit. Limits that do not tell at a quasi-p of 0.01 are dropped, first the one that tells least, and each end
    is moved to where that mean is best. A box is kept only if boxes made from random halves of the cases hold on the other
    halves: there is a box in pure chance, too.

    Parameters
    ----------
    inputs : a row for each case, a column for each factor: numbers, or anything else as categories
    successes : (n,) true or false: which cases are of interest
    most_boxes : how many boxes are looked for, each among what the ones before have left
    seed : of the halves
    what : what cases of interest are, for the sentences

    Raises
    ------
    ValueError
        When the two do not fit each other, or hold what is no number, true or false.

    References
    ----------
    Friedman, J. and Fisher, N. (1999), Statistics and Computing 9(2); Bryant, B. and Lempert, R. (2010), Technological
    Forecasting and Social Change 77(1), for scenario discovery and quasi-p-values; Meinshausen, N., Meier, L. and Bühlmann, P.
    (2009), Journal of the American Statistical Association 104(488), for twice the median of p-values over splits.
    """
    table, interest = _checked(inputs, successes)
    n, hits = len(interest), int(interest.sum())
    nothing = pd.DataFrame(columns=["coverage", "density", "mass", "limited"])

    def found(verdict: str, boxes: Sequence[Box] = (), trajectory: pd.DataFrame = nothing) -> Discovery:
        leaves = rules(table, interest, seed) if boxes else ()
        return Discovery(verdict, tuple(boxes), leaves, n, hits, trajectory, what)

    if hits in (0, n) and n:
        return found("always" if hits else "never")
    if n < FEWEST_CASES or min(hits, n - hits) < FEWEST_OF_INTEREST:
        return found("too few")
    boxes: list[Box] = []
    left = np.ones(n, dtype=bool)
    first = nothing
    while len(boxes) < most_boxes and interest[left].sum() >= FEWEST_OF_INTEREST:
        limits, trajectory = best_box(table[left], interest[left])
        if not limits or len(np.unique(interest[left])) < 2:
            break
        tested = _fresh(table[left], interest[left], seed + len(boxes))
        if not tested.p_value < SIGNIFICANT:
            break
        with_p = [
            replace(one, p_value=quasi_p(limits, k, table[left], interest[left]), stability=tested.limited[one.factor])
            for k, one in enumerate(limits)
        ]
        new = inside(limits, table) & left
        rate = float(interest[left].mean())
        boxes.append(
            Box(
                tuple(with_p),
                coverage=float(interest[new].sum() / hits),
                density=float(interest[new].mean()),
                mass=float(new.mean()),
                n=int(new.sum()),
                base_rate=rate,
                p_value=tested.p_value,
                fresh_coverage=tested.coverage * float(interest[left].sum() / hits),
                fresh_density=tested.density,
                is_of_rest=bool(boxes),
            )
        )
        first = trajectory if len(boxes) == 1 else first
        left &= ~new
    return found("boxes", boxes, first) if boxes else found("no pattern")


@dataclass(frozen=True)
class _Tested:
    """Boxes from halves, measured on the other halves."""

    p_value: float
    coverage: float
    density: float
    limited: Mapping[str, float]  # factor: share of halves in which it is limited


def _fresh(inputs: pd.DataFrame, interest: Mask, seed: int) -> _Tested:
    """Make boxes from random halves and measure them on the others."""
    from scipy.stats import binom

    rng = np.random.default_rng(seed)
    p, coverage, density, limited = [], [], [], []
    for _ in range(SPLITS):
        order = rng.permutation(len(interest))
        halves = order[: len(order) // 2], order[len(order) // 2 :]
        for own, other in (halves, halves[::-1]):
            limits: tuple[Limit, ...] = ()
            if 0 < interest[own].sum() < own.size:
                limits, _ = best_box(inputs.iloc[own], interest[own])
            limited.append({one.factor for one in limits})
            held = inside(limits, inputs.iloc[other])
            hits, rate = int(interest[other][held].sum()), float(interest[other].mean())
            p.append(float(binom.sf(hits - 1, held.sum(), rate)) if limits else 1.0)
            coverage.append(hits / max(int(interest[other].sum()), 1))
            density.append(hits / held.sum() if held.any() else 0.0)
    shares = {str(name): sum(name in one for one in limited) / len(limited) for name in inputs}
    return _Tested(min(2 * float(np.median(p)), 1.0), float(np.mean(coverage)), float(np.mean(density)), shares)


def _checked(inputs: pd.DataFrame | Mapping[str, ArrayLike], successes: ArrayLike) -> tuple[pd.DataFrame, Mask]:
    """Inputs as cases and successes as truths, if they fit each other."""
    table = pd.DataFrame(inputs).reset_index(drop=True)
    given = np.asarray(successes)
    if given.ndim != 1 or len(given) != len(table):
        raise ValueError(
            f"successes: {given.shape} do not fit {len(table)} rows of inputs; give one true or false a row"
        )
    if not len(table.columns) or not len(table):
        raise ValueError("inputs: give at least one factor and one case")
    if not np.isin(given, (0, 1)).all():
        bad = given[~np.isin(given, (0, 1))][0]
        raise ValueError(f"successes: {bad!r} is neither true nor false; compare an output with a value first")
    for name in table:
        if table[name].isna().any():
            raise ValueError(f"inputs, {name}: row {int(table[name].isna().argmax())} has no value")
    cases = as_cases(table)
    if not np.isfinite(cases.select_dtypes(float).to_numpy()).all():
        raise ValueError("inputs: a value is infinite; give finite numbers")
    return cases, given.astype(bool)
