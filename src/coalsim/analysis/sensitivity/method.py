"""What every method of sensitivity analysis is: which factors it takes, where it runs, and which indices it makes of that."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from statistics import NormalDist
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coalsim.analysis.sampling import sobol
from coalsim.analysis.sensitivity.design import FIRST_LOOK, Design, scattered
from coalsim.analysis.sensitivity.factors import Factors
from coalsim.analysis.sensitivity.sample import Sample

type Array = NDArray[np.float64]
type Predict = Callable[[Array], Array]
type Fit = Callable[[Array, Array], Predict]

FOLDS = 5  # of cross-validation
HALVES = 40  # half samples from which intervals are estimated


class Indices(NamedTuple):
    """What a method makes of one output."""

    table: pd.DataFrame  # a row for each group of factors
    pairs: pd.DataFrame | None = None  # a row for each pair of groups: S2 and S2_conf
    fit: float | None = None  # of an emulator: share of the variance it foretells where it was not fitted


class Method(ABC):
    """A method of sensitivity analysis.

    Columns that end in `_conf` are half widths of intervals.
    """

    name: ClassVar[str]
    headline: ClassVar[str]  # the column by which factors are ranked
    default: ClassVar[int]  # samples
    takes_groups: ClassVar[bool] = False
    takes_categories: ClassVar[bool] = False
    takes_correlations: ClassVar[bool] = False

    def refuse(self, factors: Factors, samples: int) -> None:
        """Refuse factors that it cannot take and sizes it cannot use.

        Raises
        ------
        ValueError
            With the next size that it can use, or methods that take such factors.
        """
        fitting = self.fitting(factors, max(samples, 1))
        if fitting != samples:
            raise ValueError(f"samples {samples}: {self.needs(factors)}; the next that fits is {fitting}")
        named = [one.name for one in factors.each if one.is_categorical]
        for is_asked, takes, what in (
            (factors.has_groups, "takes_groups", "does not take groups of factors"),
            (bool(named), "takes_categories", f"needs factors with an order, which {', '.join(named)} has not"),
            (factors.correlation is not None, "takes_correlations", "takes factors that are independent"),
        ):
            if is_asked and not getattr(self, takes):
                others = ", ".join(name for name, one in METHODS.items() if getattr(one, takes))
                raise ValueError(f"method {self.name} {what}; methods that can: {others}")

    @abstractmethod
    def fitting(self, factors: Factors, samples: int) -> int:
        """The same size if it can be used, else the next that can."""

    @abstractmethod
    def needs(self, factors: Factors) -> str:
        """Which sizes can be used, in words."""

    @abstractmethod
    def design(self, factors: Factors, samples: int, seed: int) -> Design:
        """Where it runs."""

    @abstractmethod
    def indices(self, factors: Factors, sample: Sample, seed: int, level: float) -> Indices:
        """What it makes of one output."""


class GivenData(Method):
    """A method that takes points anywhere: an even, scrambled Sobol sequence, with failed runs left out."""

    takes_correlations: ClassVar[bool] = True
    fewest: ClassVar[int] = 64

    def fitting(self, factors: Factors, samples: int) -> int:
        """At least so many."""
        return max(samples, self.least(factors))

    def least(self, factors: Factors) -> int:
        """Fewest points."""
        return self.fewest

    def needs(self, factors: Factors) -> str:
        """In words."""
        return f"{self.name} needs at least {self.least(factors)} points"

    def design(self, factors: Factors, samples: int, seed: int) -> Design:
        """Even points, correlated as the factors are."""
        points = factors.correlated(sobol(len(factors.each), samples, seed))
        return scattered(points, max(2 * FIRST_LOOK, self.least(factors)), seed)


METHODS: dict[str, Method] = {}


def offer[M: type[Method]](kind: M) -> M:
    """Put a method into the list of those that can be asked for by name."""
    METHODS[kind.name] = kind()
    return kind


def half_width(estimates: Array, level: float) -> Array:
    """Half width of an interval from resampled estimates (resamples, ...)."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    return np.asarray(z * estimates.std(axis=0, ddof=1))


def from_halves(estimate: Callable[[Array, Array], Array], x: Array, y: Array, seed: int, level: float) -> Array:
    """Half widths of an estimate's intervals, from random halves of the points.

    An estimate from half the points, drawn without replacement, is off that from all of them by as much as that is off the truth
    (delete-half jackknife). Drawing with replacement would put the same run twice into a bin or a neighbourhood, which these
    methods take for signal.

    References
    ----------
    Shao, J. and Wu, C. F. J. (1989), A general theory for jackknife variance estimation, Annals of Statistics 17(3).
    """
    rng = np.random.default_rng(seed)
    halves = [rng.permutation(len(y))[: len(y) // 2] for _ in range(HALVES)]
    return half_width(np.array([estimate(x[rows], y[rows]) for rows in halves]), level)


def foretold(fit: Fit, x: Array, y: Array, seed: int) -> float:
    """Share of the variance of outputs that fits foretell in folds that they were not fitted to; below 0 they are worse than
    the mean."""
    order = np.random.default_rng(seed).permutation(y.size)
    errors = np.empty(y.size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for k in range(FOLDS):
            out = order[k::FOLDS]
            kept = np.setdiff1d(order, out)
            errors[out] = y[out] - fit(x[kept], y[kept])(x[out])
    return float(1 - (errors**2).mean() / y.var())
