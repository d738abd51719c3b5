"""What a calibration finds: fitted values, targets, ridges and stability, each with how sure it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from coalsim.hypertext import frame, paragraphs

if TYPE_CHECKING:
    import pandas as pd

    from coalsim.figures import Picture

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Target:
    """What the mean of a simulated figure should be.

    Attributes
    ----------
    name : str
    observed : float
    tolerance : float
        Standard deviation of what model and observation may differ by, in the unit of the figure.
    """

    name: str
    observed: float
    tolerance: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the targets say of a parameter.

    Attributes
    ----------
    value : float
        The fitted value, with as many digits as it is known to.
    low, high : float
        5% and 95% of the posterior, as are `mean` and `sd` its mean and standard deviation.
    prior_low, prior_high : float
        The range it was looked for in; the prior is uniform.
    best : float
        Its value at the simulated point that agrees best.
    contraction : float
        Posterior over prior standard deviation: 1 where the targets say nothing, 0 where they say all.
    is_identified : bool
        Whether `contraction` is below 0.5.
    """

    name: str
    value: float
    low: float
    high: float
    prior_low: float
    prior_high: float
    mean: float
    sd: float
    best: float
    contraction: float
    is_identified: bool


@dataclass(frozen=True, slots=True)
class Fit:
    """A target and the simulation at the fitted values.

    Attributes
    ----------
    simulated, low, high : float
        Mean over the replicates and its 95% interval (Student's t).
    sd : float
        Between single runs.
    tolerance : float
        With the observation's own variance, where a covariance was given.
    implausibility : float
        Distance in standard deviations: tolerance and Monte Carlo error together.
    is_met : bool
        Whether that is at most 2.
    on_new_seeds : float
        The mean over as many seeds that the fit has not seen.
    """

    name: str
    observed: float
    tolerance: float
    simulated: float
    low: float
    high: float
    sd: float
    implausibility: float
    is_met: bool
    on_new_seeds: float

    @property
    def in_tolerances(self) -> tuple[float, float, float, float]:
        """Mean, its interval and the mean on new seeds, less the observed."""
        mean, low, high, again = (
            (one - self.observed) / self.tolerance for one in (self.simulated, self.low, self.high, self.on_new_seeds)
        )
        return mean, low, high, again


@dataclass(frozen=True, slots=True)
class Ridge:
    """Parameters that trade off: only a combination of them, x1 + c2 x2 + ..., is pinned down.

    Attributes
    ----------
    coefficients : parameter -> c, the first of them 1
    value, sd : float
        Posterior mean and standard deviation of the combination, in the unit of its first parameter.
    """

    coefficients: Mapping[str, float]
    value: float
    sd: float

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters."""
        return tuple(self.coefficients)

    @property
    def combination(self) -> str:
        """`h + 0.72 J`."""
        (first, _), *rest = self.coefficients.items()
        return first + "".join(f" {'-' if c < 0 else '+'} {abs(c):.3g} {name}" for name, c in rest)

    def __str__(self) -> str:
        return (
            f"{', '.join(self.names[:-1])} and {self.names[-1]} trade off: only {self.combination} = {self.value:.4g} "
            f"(standard deviation {self.sd:.2g}) is pinned down"
        )


@dataclass(frozen=True, slots=True)
class Stability:
    """How far the fit moves with the seeds.

    Attributes
    ----------
    halves : parameter -> posterior means from the first and the second half of the seeds
    moves : parameter -> the larger distance of these from the posterior mean of all, in posterior standard deviations
    target_moves : target -> mean on new seeds less mean on those of the fit, in its tolerance
    is_stable : bool
        Whether no parameter moves by more than 2 and every target that is met is met on new seeds, too.
    """

    halves: Mapping[str, tuple[float, float]]
    moves: Mapping[str, float]
    target_moves: Mapping[str, float]
    is_stable: bool


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave: points simulated until then, and the share of the parameters' ranges not ruled out by them."""

    points: int
    not_ruled_out: float


@dataclass(frozen=True, eq=False)
class Calibration:
    """What a calibration found.

    Attributes
    ----------
    parameters, targets, ridges, stability, waves : the findings
    correlations : (d, d) float
        Of the posterior.
    effective_size : float
        Independent draws that the posterior sample is worth.
    seeds, new_seeds : (r,) uint64
        Of the fit, and those on which it was looked at again.
    points : (k, d) float
        Simulated points, in order; the last is that of the fitted values.
    outputs : (k, r, t) float
        What every run gave.
    sample, weights, log_likelihood : (n, d), (n,) and (n,) float
        The posterior: points and their weights, which add up to 1.
    """

    parameters: tuple[Estimate, ...]
    targets: tuple[Fit, ...]
    ridges: tuple[Ridge, ...]
    stability: Stability
    waves: tuple[Wave, ...]
    correlations: Array
    effective_size: float
    seeds: NDArray[np.uint64]
    new_seeds: NDArray[np.uint64]
    points: Array
    outputs: Array
    on_new_seeds: Array = field(repr=False)
    sample: Array = field(repr=False)
    weights: Array = field(repr=False)
    log_likelihood: Array = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters."""
        return tuple(one.name for one in self.parameters)

    @property
    def values(self) -> dict[str, float]:
        """The fitted values."""
        return {one.name: one.value for one in self.parameters}

    @property
    def runs(self) -> int:
        """Simulation runs, those on new seeds included."""
        return (len(self.points) + 1) * self.seeds.size

    @property
    def is_met(self) -> bool:
        """Whether every target is met."""
        return all(target.is_met for target in self.targets)

    def table(self) -> pd.DataFrame:
        """A row for each parameter."""
        return _table(self.parameters, "parameter")

    def fit(self) -> pd.DataFrame:
        """A row for each target."""
        return _table(self.targets, "target")

    def profile(self, name: str, bins: int = 40) -> pd.DataFrame:
        """A parameter's posterior and its profile, over the part of its range that holds the posterior.

        Returns
        -------
        DataFrame with `value`, `density` (of the posterior, relative to the uniform prior) and `likelihood` (the largest over
        all other parameters, relative to the largest of all; nan where no point of the sample lies)
        """
        import pandas as pd

        k = self.names.index(name)
        one, values = self.parameters[k], self.sample[:, k]
        low, high = max(one.prior_low, one.mean - 4 * one.sd), min(one.prior_high, one.mean + 4 * one.sd)
        edges = np.linspace(low, high, bins + 1)
        where = np.clip(np.digitize(values, edges) - 1, -1, bins)
        density, likelihood = np.zeros(bins), np.full(bins, np.nan)
        top = self.log_likelihood.max()
        for b in range(bins):
            inside = where == b
            if inside.any():
                density[b] = self.weights[inside].sum() * (one.prior_high - one.prior_low) / (edges[1] - edges[0])
                likelihood[b] = math.exp(self.log_likelihood[inside].max() - top)
        return pd.DataFrame(
            {"value": (edges[:-1] + edges[1:]) / 2, "density": density, "likelihood": likelihood}
        )  # fmt: skip

    def plot(self, title: str = "Calibration", note: str = "") -> Picture:
        """Parameters with the ranges they were looked for in, and targets in tolerances."""
        from coalsim import figures

        return figures.calibration(
            {one.name: self.profile(one.name) for one in self.parameters},
            ranges={one.name: (one.prior_low, one.prior_high) for one in self.parameters},
            fitted={one.name: (one.value, one.low, one.high) for one in self.parameters},
            targets={one.name: one.in_tolerances for one in self.targets},
            title=title,
            note=note,
        )

    def _repr_html_(self) -> str:
        fitted = self.table()[["value", "low", "high", "prior_low", "prior_high", "is_identified"]].reset_index()
        targets = self.fit()[["observed", "simulated", "low", "high", "tolerance", "is_met"]].reset_index()
        return (
            paragraphs(f"{repr(self)[1:-1]}.", *(f"{ridge}." for ridge in self.ridges))
            + frame(fitted, {"value": "in the parameter's unit", "low": "5%", "high": "95%"})
            + frame(targets, {"observed": "in the target's unit", "low": "2.5%", "high": "97.5%"})
        )

    def __repr__(self) -> str:
        open_ = [one.name for one in self.parameters if not one.is_identified]
        unmet = [one.name for one in self.targets if not one.is_met]
        fitted = ", ".join(f"{name} = {value:.6g}" for name, value in self.values.items())
        return (
            f"<Calibration: {fitted}; not pinned down: {', '.join(open_) or 'none'}; "
            f"targets missed: {', '.join(unmet) or 'none'}; {self.runs} runs>"
        )


def _table(rows: Sequence[Estimate] | Sequence[Fit], index: str) -> pd.DataFrame:
    import pandas as pd

    fields = list(rows[0].__dataclass_fields__)
    columns = {name: [getattr(row, name) for row in rows] for name in fields}
    return pd.DataFrame(columns).rename(columns={"name": index}).set_index(index)
