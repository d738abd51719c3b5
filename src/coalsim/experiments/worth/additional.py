"""Additionality measured: what would have happened anyway, what goes to people or comes from places elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from coalsim.analysis import Ratio, paired_ratio
from coalsim.appraisal import COMPOSITE_MULTIPLIERS, EVALUATED, READY_RECKONER, Estimate, additionality
from coalsim.appraisal.additionality import GUIDE, kept
from coalsim.experiments import places
from coalsim.experiments.worth.changes import Changes

if TYPE_CHECKING:
    from coalsim.experiments.comparison import Comparison

Array = NDArray[np.float64]

MULTIPLIER = "world.mechanisms.local_multiplier"
INSIDE = "inside the net figure"
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Additionality:
    """Jobs where an option is adopted, in the run's last year, step by step; ratios with Fieller's intervals.

    Attributes
    ----------
    gross : change in jobs since the start, as a look before and after would see it
    deadweight : the same without the option, so what would have happened anyway
    net : jobs that are additional in the places that adopt
    deadweight_share : of the gross change
    leakage : share of the additional jobs that people who live elsewhere hold
    displacement : jobs lost elsewhere for each that adopters gain; None where nothing beyond them was simulated
    multiplier : effect with the local multiplier over that without, where the comparison has that factor; else None
    residents, nation : additional jobs of the adopters' residents, and of all places, counted directly
    """

    gross: Estimate
    deadweight: Estimate
    net: Estimate
    deadweight_share: Ratio
    leakage: Ratio
    displacement: Ratio | None
    multiplier: Ratio | None
    residents: Estimate
    nation: Estimate

    @property
    def by_identity(self) -> dict[str, float]:
        """Additional jobs by the guide's identity from the measured shares, for both target areas; nan where a share is."""
        lost = 0.0 if self.displacement is None else self.displacement.value
        additional = self.gross.value - self.deadweight.value
        return {
            "adopters' residents": float(kept(additional, leakage=self.leakage.value)),
            "all places": float(kept(additional, displacement=lost)),
        }

    def reckoned(self, level: str) -> float:
        """Additional jobs by the guide's ready reckoner at "low", "medium" or "high" leakage and displacement.

        The neighbourhood multiplier is taken, and deadweight as measured.
        """
        return float(
            additionality(
                self.gross.value,
                self.deadweight.value,
                leakage=READY_RECKONER["leakage"][level],
                displacement=READY_RECKONER["displacement"][level],
                multiplier=COMPOSITE_MULTIPLIERS["neighbourhood"][level],
            )
        )

    def table(self) -> pd.DataFrame:
        """A row for each step: measured value with its interval, unit, what the guide and past evaluations say, and a note."""
        levels = ("low", "medium", "high")
        share = {
            name: " / ".join(f"{READY_RECKONER[name][level]:.0%}" for level in levels)
            for name in ("leakage", "displacement", "substitution")
        }
        past = {name: f"{sub_regional:.0%}" for name, (_, sub_regional) in EVALUATED.items()}
        times = " / ".join(f"{COMPOSITE_MULTIPLIERS['neighbourhood'][level]:.2f}" for level in levels)
        rows = [
            ("gross change in jobs since the start", *self.gross, "jobs", "", "", ""),
            ("deadweight: the same without the option", *self.deadweight, "jobs", "", "", "counterfactual on the same luck"),
            ("deadweight, share of the gross change", *_numbers(self.deadweight_share), "1", "", past["deadweight"], ""),
            ("additional jobs where it is adopted", *self.net, "jobs", "", "", ""),
            ("leakage: held by people from elsewhere", *_numbers(self.leakage), "1", share["leakage"], past["leakage"],
             "in-commuters"),
            ("displacement: lost by places that do not adopt", *_numbers(self.displacement), "1", share["displacement"],
             past["displacement"], f"{NOT_MEASURED}: nothing beyond the adopters was simulated" if self.displacement is None
             else "the other places of the run"),
            ("displacement between businesses of a place", *_numbers(None), "1", "", "",
             f"{INSIDE}: all of them are simulated, and none is supported alone"),
            ("substitution", *_numbers(None), "1", share["substitution"], "", f"{INSIDE}: hiring is not subsidised"),
            ("multiplier", *_numbers(self.multiplier), "times", times, "",
             f"{INSIDE}: to see it alone compare with {MULTIPLIER} 0 and 1" if self.multiplier is None
             else "with the local multiplier over without"),
            ("additional jobs of the adopters' residents, counted", *self.residents, "jobs", "", "", ""),
            ("the same by the identity", self.by_identity["adopters' residents"], np.nan, np.nan, "jobs", "", "", GUIDE),
            ("additional jobs of all places, counted", *self.nation, "jobs", "", "",
             "only the places simulated" if self.displacement is None else ""),
            ("the same by the identity", self.by_identity["all places"], np.nan, np.nan, "jobs", "", "", GUIDE),
            *((f"by the ready reckoner, {level}", self.reckoned(level), np.nan, np.nan, "jobs", "", "",
               "bands from memory, unverified") for level in levels),
        ]  # fmt: skip
        names = ["step", "value", "low", "high", "unit", "ready_reckoner", "past_evaluations", "note"]
        return pd.DataFrame(rows, columns=names)


def measured(change: Changes) -> Additionality:
    """How additional the jobs of an option are, in the run's last year."""
    comparison, option = change.comparison, change.option
    here = np.zeros(len(comparison.ensemble.localities), dtype=bool)
    here[change.places] = True
    masks = {side: mask & here for side, mask in places.sides(comparison, option).items()}
    adopters = masks[places.ADOPTERS]
    others = masks.get(places.OTHERS, np.zeros_like(here))
    with_it, without = (
        {name: values[change.pairs] for name, values in places.counted(comparison, one).items()}
        for one in (option, change.base)
    )
    first, first_own = (_start(comparison, one, adopters)[change.pairs] for one in (change.base, option))
    base = without["jobs"][:, adopters].sum(axis=1)
    own = with_it["jobs"][:, adopters].sum(axis=1)
    held = (with_it["jobs_held_by_residents"] - without["jobs_held_by_residents"])[:, adopters].sum(axis=1)
    lost = -(with_it["jobs"] - without["jobs"])[:, others].sum(axis=1)
    net = own - base
    return Additionality(
        gross=_mean(own - first_own),
        deadweight=_mean(base - first),
        net=_mean(net),
        deadweight_share=paired_ratio(base - first, own - first_own),
        leakage=paired_ratio(net - held, net),
        displacement=paired_ratio(lost, net) if others.any() else None,
        multiplier=_multiplier(comparison, change),
        residents=_mean(held),
        nation=_mean(net - lost),
    )


def _multiplier(comparison: Comparison, change: Changes) -> Ratio | None:
    """Additional jobs with the local multiplier over those without, where the comparison has it as a factor."""
    factors = dict(comparison.factors)
    if MULTIPLIER not in factors or not factors[MULTIPLIER]:
        return None
    for case in comparison.cases():
        other = dict(case.factors)
        if (
            case.world == comparison.world
            and other == factors | {MULTIPLIER: other[MULTIPLIER]}
            and not other[MULTIPLIER]
        ):
            jobs = [one.indicator("jobs")[:, -1] for one in (change, Changes(case, change.option))]
            return paired_ratio(*jobs) if jobs[0].shape == jobs[1].shape else None
    return None


def _start(comparison: Comparison, option: str, mask: NDArray[np.bool_]) -> Array:
    """Jobs at the start (replicates,)."""
    return np.asarray(comparison.ensemble.by_place(comparison.cell(option), "jobs")[:, mask, 0].sum(axis=1))


def _mean(values: Array) -> Estimate:
    n, mean = values.size, float(values.mean())
    half = float(stdtrit(n - 1, 0.975) * values.std(ddof=1) / np.sqrt(n))
    return Estimate(mean, mean - half, mean + half)


def _numbers(ratio: Ratio | None) -> tuple[float, float, float]:
    return (np.nan, np.nan, np.nan) if ratio is None else (ratio.value, ratio.low, ratio.high)
