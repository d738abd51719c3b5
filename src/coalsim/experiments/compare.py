"""Compares the options of a scenario with its first, replicate by replicate on the same luck."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from coalsim.experiments.runner import Outcome, Task, check_seeds, run_all
from coalsim.experiments.statistics import Effect, paired_effect, share_interval
from coalsim.experiments.telling import conclusion, tell
from coalsim.indicators import indicators, over_places
from coalsim.loading import load_scenario
from coalsim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

HEADLINES = ("employment_rate", "severe_deprivation", "effective_sectors")
LAST = 12  # months averaged at the end of a run


@dataclass(frozen=True)
class Comparison:
    """Paired differences of each option from the counterfactual.

    Values are means over the last 12 months, of all localities together (amounts added up, rates averaged over residents);
    the pooled share is the mean while the policy's money lasts.
    """

    scenario: Scenario
    replicates: int
    outcomes: dict[str, list[Outcome]]
    outputs: tuple[str, ...] = HEADLINES

    @property
    def counterfactual(self) -> str:
        """The first option."""
        return next(iter(self.outcomes))

    @property
    def fingerprint(self) -> str:
        """sha256 over the fingerprints of all runs."""
        return hashlib.sha256(
            "".join(o.fingerprint for option in self.outcomes.values() for o in option).encode()
        ).hexdigest()

    def values(self, option: str, name: str, until: int | None = None) -> NDArray[np.float64]:
        """One value for each replicate (n,): the indicator's mean over the year up to a month, the last by default."""
        end = self.scenario.months if until is None else min(until, self.scenario.months)
        return self.courses(option, name)[:, max(1, end - LAST + 1) : end + 1].mean(axis=1)

    def programme_ends(self, option: str) -> int:
        """Month in which the option's last instrument ends; 0 if it has none that ends."""
        return max(
            (instrument.end or 0 for instrument in self.scenario.options[option].instruments.values()), default=0
        )

    def in_place(self, name: str) -> Comparison:
        """The same for one of several places."""
        k = [place.name for place in self.scenario.places].index(name)
        scenario = self.scenario.model_copy(update={"places": [self.scenario.places[k]]})
        outcomes = {
            option: [
                replace(
                    o,
                    values=o.values[:, k : k + 1],
                    tipped=o.tipped[k : k + 1],
                    sustaining_at_start=o.sustaining_at_start[k : k + 1],
                )
                for o in of_option
            ]
            for option, of_option in self.outcomes.items()
        }
        return replace(self, scenario=scenario, outcomes=outcomes)

    def effect(self, option: str, name: str) -> Effect:
        """Paired difference of an indicator from the counterfactual."""
        return paired_effect(
            self.values(self.counterfactual, name), self.values(option, name), indicators[name].better or "higher"
        )

    def pooled_share(self, option: str) -> float:
        """Mean pooled share while the policy's money lasts (all months when it has no end)."""
        courses = []
        for outcome in self.outcomes[option]:
            course = self._course(outcome, "pooled_share")[1:]
            courses.append(course[: outcome.money_ends or course.size].mean())
        return float(np.mean(courses))

    def cost(self, option: str) -> float:
        """Mean programme money of a run over all localities, GBP, not discounted."""
        name = "programme_money"
        k = list(indicators).index(name)
        return float(np.mean([outcome.values[:, :, k].sum() for outcome in self.outcomes[option]]))

    @property
    def runs_that_can_tip(self) -> int:
        """Runs and places of an option that do not meet the thresholds at the start already."""
        return sum(not met for outcome in self.outcomes[self.counterfactual] for met in outcome.sustaining_at_start)

    def p_tipped(self, option: str) -> tuple[float, float, float]:
        """Share that tipped of the runs and places that could, with its 95% interval (Wilson); nan where none could."""
        tipped = [
            month is not None
            for outcome in self.outcomes[option]
            for month, met in zip(outcome.tipped, outcome.sustaining_at_start)
            if not met
        ]
        if not tipped:
            return (np.nan, np.nan, np.nan)
        return (sum(tipped) / len(tipped), *share_interval(sum(tipped), len(tipped)))

    def table(self) -> pd.DataFrame:
        """A row per option and output: counterfactual or option mean, paired effect, 95% interval, chance of being better."""
        import pandas as pd

        rows = []
        for option in self.outcomes:
            for name in self.outputs:
                mean, what = float(self.values(option, name).mean()), indicators[name]
                if option == self.counterfactual:
                    rows.append((option, name, what.unit, mean, np.nan, np.nan, np.nan, np.nan))
                else:
                    rows.append((option, name, what.unit, mean, *self.effect(option, name)))
            share, low, high = self.p_tipped(option)
            rows.append((option, "pooled_share", "1", self.pooled_share(option), np.nan, np.nan, np.nan, np.nan))
            rows.append((option, "tipped", "share of runs", share, np.nan, low, high, np.nan))
            rows.append((option, "programme_money", "GBP", self.cost(option), np.nan, np.nan, np.nan, np.nan))
        columns = ["option", "indicator", "unit", "mean", "effect", "low", "high", "p_better"]
        return pd.DataFrame(rows, columns=columns)

    def summary(self) -> dict[str, Any]:
        """Everything that `coalsim compare --json` prints; appraisal is not part of this version and stays null."""
        options = {}
        for option in self.outcomes:
            effects: dict[str, Any] = {name: self.effect(option, name)._asdict() for name in self.outputs}
            share, low, high = (None if np.isnan(part) else part for part in self.p_tipped(option))
            options[option] = effects | {
                "p_tipped": share,
                "p_tipped_low": low,
                "p_tipped_high": high,
                "pooled_share": self.pooled_share(option),
                "cost": self.cost(option),
                "npv": None,
                "bcr": None,
                "regret": None,
            }
        return {
            "scenario": self.scenario.name,
            "counterfactual": self.counterfactual,
            "replicates": self.replicates,
            "months": self.scenario.months,
            "options": options,
            "fingerprint": self.fingerprint,
            "conclusion": self.conclusion(),
        }

    def conclusion(self) -> str:
        """What the comparison means, and what it does not, in plain words."""
        return conclusion(self)

    def __str__(self) -> str:
        return tell(self)

    def plot(self) -> Figure:
        """Paired differences over time, by output."""
        from coalsim.figures import differences

        options, counterfactual = list(self.outcomes)[1:], self.counterfactual
        wanted = {
            name: {option: self.courses(option, name) - self.courses(counterfactual, name) for option in options}
            for name in self.outputs
        }
        title = f"{self.scenario.name}: difference from {self.scenario.options[counterfactual].name.lower()}\n"
        title += f"{self.replicates} paired replicates; line mean, band 5th to 95th percentile"
        labels = [self.scenario.options[option].name for option in options]
        ends = max(self.scenario.options[option].money_ends for option in options)
        return differences(wanted, start=self.scenario.start, title=title, labels=labels, money_ends=ends)

    def courses(self, option: str, name: str) -> NDArray[np.float64]:
        """Course of an indicator by replicate (n, months + 1), over all localities together."""
        return np.array([self._course(outcome, name) for outcome in self.outcomes[option]])

    def _course(self, outcome: Outcome, name: str) -> NDArray[np.float64]:
        residents = [place.adults for place in self.scenario.places]
        values = outcome.values[:, :, list(indicators).index(name)]
        return np.array([over_places(month, name, residents) for month in values])

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(self.outcomes)}: {self.replicates} replicates>"

    def _repr_html_(self) -> str:
        table = self.table().to_html(index=False, float_format=lambda x: f"{x:,.4g}", na_rep="")
        return f"<p>{html.escape(self.scenario.name)}</p>{table}<pre>{html.escape(self.conclusion())}</pre>"


def compare(
    scenario: Scenario | str | Path,
    *,
    replicates: int | None = None,
    seed: int = 0,
    workers: int | None = None,
    world: str | None = None,
    outputs: tuple[str, ...] = HEADLINES,
    on_done: Callable[[Outcome], None] | None = None,
    **overrides: Any,
) -> Comparison:
    """Run every option of a scenario with the same seeds and compare each with the first.

    Parameters
    ----------
    scenario : Scenario or path
    replicates : int, optional
        Runs per option, at least 2; the scenario's own number by default.
    seed : int
        Seed of the first replicate; the others follow it.
    workers : int, optional
        Processes; all cores by default. Results do not depend on it.
    outputs : names of indicators
    on_done : called with each outcome as it comes
    **overrides : as in `simulate`

    Raises
    ------
    ScenarioError, ValueError
        When the scenario, the number of replicates or the seed is wrong.
    """
    loaded = load_scenario(scenario, world=world, **overrides)
    n = loaded.replicates if replicates is None else replicates
    check_comparison(loaded, n, seed, outputs)
    tasks = [Task(option, seed + k) for k in range(n) for option in loaded.options]
    outcomes = run_all(loaded, tasks, workers=workers, on_done=on_done)
    by_option = {option: [o for o in outcomes if o.policy == option] for option in loaded.options}
    return Comparison(loaded, n, by_option, tuple(outputs))


def check_comparison(scenario: Scenario, replicates: int, seed: int, outputs: tuple[str, ...]) -> None:
    """Refuse what cannot be compared, before anything runs.

    Raises
    ------
    ValueError
        With what would be right.
    """
    if replicates < 2:
        raise ValueError(f"replicates {replicates}: give at least 2, since an interval needs two runs")
    if len(scenario.options) < 2:
        raise ValueError(f"{scenario.name}: only one option; list at least two, the counterfactual first")
    check_seeds(seed, replicates)
    for name in outputs:
        indicators.get(name)
