"""Places of a nation side by side: what an option does where it is adopted, in the other places, and in the whole nation.

What happens in the others, against the same nation without the policy and with the same luck, is displacement; what of the
adopters' jobs goes to people from elsewhere is leakage; the nation's sum is the net effect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from coalsim import hypertext
from coalsim.analysis import Paired, Ratio, compare_paired, paired_ratio, share_interval
from coalsim.analysis.told import Told
from coalsim.experiments.outputs import Output, last_year
from coalsim.indicators import over_places

if TYPE_CHECKING:
    import pandas as pd

    from coalsim.experiments.comparison import Comparison
    from coalsim.figures import Picture

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

MANY = 8  # places; more are told as a nation and not one by one
ADOPTERS, OTHERS, NATION = "adopters", "others", "nation"
# What is counted on each side, persons or jobs: from courses of indicators by place (replicates, places, months) and adults.
COUNTS = {
    "jobs": "filled workplace jobs",
    "residents_in_work": "residents aged 16-64 in work",
    "jobs_held_by_residents": "jobs held by people who live in the place",
}
UNITS = {"jobs": "jobs", "residents_in_work": "persons", "jobs_held_by_residents": "jobs"}


@dataclass(frozen=True)
class Side:
    """What an option does on one side, in the run's last year."""

    name: str
    places: int
    counts: dict[str, Paired]  # by name in COUNTS
    outputs: dict[str, Paired]  # by output of the comparison that is a plain indicator; rates averaged over residents
    tipped: tuple[float, float, float]  # share of places that could, all replicates together, with its interval
    tipped_without: tuple[float, float, float]  # the same under the counterfactual


@dataclass(frozen=True)
class Reach(Told):
    """How far an option reaches: its sides, and what is displaced and leaks."""

    option: str
    sides: dict[str, Side]
    displacement: Ratio | None  # jobs lost elsewhere over jobs won by adopters; None where all adopt
    leakage: Ratio  # of the adopters' additional jobs, the share that people from elsewhere hold
    comparison: Comparison = field(repr=False)

    @property
    def sentence(self) -> str:
        """Jobs where it is adopted, and what of them is displaced and leaks."""
        from coalsim.experiments import nation_telling

        won = nation_telling.interval(self.sides[ADOPTERS].counts["jobs"])
        name = self.comparison.scenario.options[self.option].name
        return " ".join([f"{name}, jobs where it is adopted: {won}.", *nation_telling.said(self)])

    def table(self) -> pd.DataFrame:
        """A row for each side and quantity, last year of the run: difference with its interval; then displacement and leakage.

        Shares of places that tip are levels, under the option and, as `tipped_without`, under the counterfactual.
        """
        import pandas as pd

        rows: list[tuple[Any, ...]] = []
        for name, side in self.sides.items():
            for what, one in (side.counts | side.outputs).items():
                unit = UNITS.get(what) or Output.parse(what).unit
                rows.append((name, side.places, what, unit, one.effect, one.low, one.high))
            for what, share in (("tipped", side.tipped), ("tipped_without", side.tipped_without)):
                rows.append((name, side.places, what, "share of places", *share))
        for what, ratio in (("displacement", self.displacement), ("leakage", self.leakage)):
            if ratio is not None:
                where = self.sides[ADOPTERS].places
                rows.append((ADOPTERS, where, what, "share of their jobs", ratio.value, ratio.low, ratio.high))
        return pd.DataFrame(rows, columns=["side", "places", "quantity", "unit", "value", "low", "high"])

    def plot(self) -> Picture:
        """Persons and jobs on each side, with their intervals."""
        from coalsim.experiments import gains

        return gains.reach(self)

    def _repr_html_(self) -> str:
        return hypertext.paragraphs(self.sentence) + hypertext.frame(self.table())


def is_nation(comparison: Comparison) -> bool:
    """Whether there are so many places that they are told as a nation."""
    return comparison.place is None and len(comparison.scenario.places) > MANY


def sides(comparison: Comparison, option: str) -> dict[str, Mask]:
    """Which places (places,) adopt an option, which do not, and all; without a side that has none."""
    places = comparison.scenario.places
    where = comparison.scenario.options[option].where
    adopting = np.zeros(len(places), dtype=bool)
    adopting[slice(None) if where is None else where.adopters(places)] = True
    found = {ADOPTERS: adopting, OTHERS: ~adopting, NATION: np.ones_like(adopting)}
    return {name: mask for name, mask in found.items() if mask.any()}


def by_place(comparison: Comparison, option: str, name: str) -> Array:
    """An indicator's mean over the run's last year (replicates, places)."""
    courses = comparison.ensemble.by_place(comparison.cell(option), name)
    return last_year(courses, comparison.scenario.months)


def counted(comparison: Comparison, option: str) -> dict[str, Array]:
    """Persons and jobs of `COUNTS` over the run's last year, each (replicates, places)."""
    jobs = by_place(comparison, option, "jobs")
    adults = np.array(comparison.ensemble.residents, dtype=np.float64)
    return {
        "jobs": jobs,
        "residents_in_work": adults * by_place(comparison, option, "employment_rate"),
        "jobs_held_by_residents": jobs * (1 - by_place(comparison, option, "in_commuting")),
    }


def reach(comparison: Comparison, option: str) -> Reach:
    """What an option does on every side."""
    without, with_it = counted(comparison, comparison.counterfactual), counted(comparison, option)
    keep = comparison.compared
    masks = sides(comparison, option)
    changed = {
        name: {side: (with_it[name] - without[name])[keep][:, mask].sum(axis=1) for side, mask in masks.items()}
        for name in COUNTS
    }
    found = {}
    for side, mask in masks.items():
        counts = {name: effect(0 * changed[name][side], changed[name][side], "higher") for name in COUNTS}
        outputs = {}
        for output in comparison.outputs:
            if output.is_course and not output.when:
                first, second = (
                    over_side(comparison, one, output, mask)[keep] for one in (comparison.counterfactual, option)
                )
                outputs[output.text] = effect(first, second, output.better)
        tips = [tipped(comparison, one, mask) for one in (option, comparison.counterfactual)]
        found[side] = Side(side, int(mask.sum()), counts, outputs, tips[0], tips[1])
    jobs, held = changed["jobs"], changed["jobs_held_by_residents"]
    lost = paired_ratio(-jobs[OTHERS], jobs[ADOPTERS]) if OTHERS in masks else None
    leaked = paired_ratio(jobs[ADOPTERS] - held[ADOPTERS], jobs[ADOPTERS])
    return Reach(option, found, lost, leaked, comparison)


def over_side(comparison: Comparison, option: str, output: Output, mask: Mask) -> Array:
    """An indicator over the places of a side together, mean of the run's last year (replicates,)."""
    values = by_place(comparison, option, output.name)[:, mask]
    adults = [n for n, here in zip(comparison.ensemble.residents, mask) if here]
    return np.asarray(over_places(values.T, output.name, adults))


def effect(first: Array, second: Array, better: str) -> Paired:
    """Paired difference over the replicates that have both; nan with fewer than two."""
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < 2:
        nan = np.nan
        return Paired(nan, nan, nan, nan, nan, int(both.sum()), nan, nan, 0.95)
    return compare_paired(first[both], second[both], better)


def tipped(comparison: Comparison, option: str, mask: Mask) -> tuple[float, float, float]:
    """Share of a side's places that tip, of those that can, with its interval (Wilson); nan where none can or it is too soon."""
    ensemble = comparison.ensemble
    rows = list(ensemble.design.run_ids(comparison.cell(option)))
    able = (~ensemble.met_at_start[rows] & comparison.done(option)[:, None])[:, mask]
    if not able.any() or not comparison.can_judge_tipping(option):
        return (np.nan, np.nan, np.nan)
    n = int(able.sum())
    number = int((~np.isnan(ensemble.tipped_month[rows][:, mask]) & able).sum())
    return (number / n, *share_interval(number, n))


def table(comparison: Comparison) -> pd.DataFrame:
    """A row for each place, option and output: level under both, effect with its interval, in the run's last year.

    `adopts` says whether the option is adopted there. Intervals are Student's, 95%, of each place on its own: with many
    places one in twenty misses the truth by chance.
    """
    import pandas as pd

    keep, frames = comparison.compared, []
    places, n = comparison.scenario.places, int(comparison.compared.sum())
    for option in comparison.options[1:]:
        adopts = sides(comparison, option)[ADOPTERS]
        for output in comparison.outputs:
            if not output.is_course or output.when:
                continue
            first, second = (
                by_place(comparison, one, output.name)[keep] for one in (comparison.counterfactual, option)
            )
            change = second - first
            mean, error = (
                change.mean(axis=0),
                change.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.full(len(places), np.nan),
            )
            half = stdtrit(n - 1, 0.975) * error if n > 1 else error
            upward = np.where(
                error > 0, stdtr(max(n - 1, 1), mean / np.where(error > 0, error, 1)), (1 + np.sign(mean)) / 2
            )
            frames.append(
                pd.DataFrame(
                    {
                        "place": [place.name for place in places],
                        "code": [place.code for place in places],
                        "residents": comparison.ensemble.residents,
                        "option": option,
                        "adopts": adopts,
                        "indicator": output.text,
                        "unit": output.unit,
                        "without": first.mean(axis=0),
                        "with": second.mean(axis=0),
                        "effect": mean,
                        "low": mean - half,
                        "high": mean + half,
                        "p_better": 1 - upward if output.better == "lower" else upward,
                    }
                )
            )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def by_option(comparison: Comparison) -> Callable[[Any], tuple[int, bool]]:
    """Order of groups of places: option by option, adopters first."""
    return lambda group: (comparison.options.index(group[0][0]), not group[0][1])


def summary(comparison: Comparison) -> dict[str, Any] | None:
    """What `--json` says of a nation; None for a few places."""
    from coalsim.experiments.summary import effect as as_json
    from coalsim.experiments.summary import number

    if not is_nation(comparison):
        return None

    def ratio(one: Ratio | None) -> dict[str, Any] | None:
        return None if one is None else {name: number(getattr(one, name)) for name in ("value", "low", "high")}

    told = {}
    for option in comparison.options[1:]:
        found = reach(comparison, option)
        told[option] = {
            "displacement": ratio(found.displacement),
            "leakage": ratio(found.leakage),
            "sides": {
                name: {
                    "places": side.places,
                    **{what: as_json(one) for what, one in (side.counts | side.outputs).items()},
                    "tipped": dict(zip(("share", "low", "high"), map(number, side.tipped))),
                    "tipped_without": dict(zip(("share", "low", "high"), map(number, side.tipped_without))),
                }
                for name, side in found.sides.items()
            },
        }
    return told
