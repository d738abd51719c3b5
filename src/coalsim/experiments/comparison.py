"""A comparison: what each option does against the counterfactual, pair by pair, read from an ensemble."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import coalsim
from coalsim import analysis, hypertext
from coalsim.analysis import Paired, Robustness
from coalsim.experiments import places
from coalsim.experiments.design import Cell, Value
from coalsim.experiments.distribution import effects_by_group, mean_of
from coalsim.experiments.ensemble import Ensemble
from coalsim.experiments.manifest import read_manifest
from coalsim.experiments.outputs import Output, last_year
from coalsim.experiments.places import Reach
from coalsim.experiments.store import DONE
from coalsim.registry import nearest
from coalsim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from coalsim.experiments.worth.worth import Worth
    from coalsim.figures import Picture

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Paired differences of each option from the counterfactual, in one world and at one combination of factors.

    Outputs are over all localities together (amounts added up, rates averaged over residents); a plain indicator is its mean
    over the last 12 months. `cases()` gives the other worlds and factors, `in_place(name)` one of several places.
    """

    ensemble: Ensemble
    outputs: tuple[Output, ...]
    world: str
    factors: tuple[tuple[str, Value], ...] = ()
    interval: str = "t"
    scaled: Mapping[str, float] = field(default_factory=dict)
    precision: Mapping[str, float] = field(default_factory=dict)
    place: str | None = None

    # What was run

    @property
    def scenario(self) -> Scenario:
        """The scenario as it is in this world, with these factors."""
        return self.ensemble.design.scenario_of(self.cell(self.counterfactual))

    @property
    def options(self) -> tuple[str, ...]:
        """Options by name, the counterfactual first."""
        return self.ensemble.design.policies

    @property
    def counterfactual(self) -> str:
        """The first option."""
        return self.options[0]

    @property
    def replicates(self) -> int:
        """Replicates asked for."""
        return self.ensemble.design.replicates

    @property
    def is_quick(self) -> bool:
        """Whether it was run to show that it works, not what is true."""
        return bool(self.ensemble.manifest.get("quick"))

    @property
    def fingerprint(self) -> str:
        """sha256 over the fingerprints of all runs."""
        return self.ensemble.fingerprint

    @property
    def provenance(self) -> str:
        """Which code and which results a table or figure comes from."""
        return f"coalsim {coalsim.__version__}, results {self.ensemble.name}"

    @property
    def failures(self) -> dict[int, str]:
        """Runs that failed, by number, with the error."""
        return dict(sorted(self.ensemble.errors.items()))

    def cell(self, option: str) -> Cell:
        """Where an option's runs lie in the design.

        Raises
        ------
        ValueError
            With the nearest name.
        """
        if option not in self.options:
            near = nearest(option, self.options)
            hint = f"did you mean {near!r}?" if near else f"options: {', '.join(self.options)}"
            raise ValueError(f"there is no option called {option[:60]!r}; {hint}")
        return Cell(self.world, self.factors, option)

    def cases(self) -> list[Comparison]:
        """One comparison for each world and combination of factors."""
        found = dict.fromkeys((cell.world, cell.factors) for cell in self.ensemble.design.cells)
        return [replace(self, world=world, factors=factors) for world, factors in found]

    @property
    def case(self) -> str:
        """World and factors in words."""
        parts = [self.world] if len(self.ensemble.design.worlds) > 1 or not self.factors else []
        return ", ".join([*parts, *(f"{path} = {value}" for path, value in self.factors)])

    def in_place(self, name: str) -> Comparison:
        """The same for one of several places."""
        self.ensemble.localities.index(name)
        return replace(self, place=name)

    # Values by replicate

    def courses(self, option: str, name: str) -> Array:
        """Course of an indicator by replicate (replicates, months + 1); nan in runs that failed."""
        return self.ensemble.courses(self.cell(option), name, self.place)

    def values(self, option: str, output: Output | str, until: int | None = None) -> Array:
        """An output by replicate (replicates,); with `until`, the mean over the year up to that month instead."""
        what = output if isinstance(output, Output) else Output.parse(output)
        if until is not None:
            return last_year(self.courses(option, what.name), min(until, self.scenario.months))
        return self.ensemble.outputs(self.cell(option), what, self.place)

    def done(self, option: str) -> NDArray[np.bool_]:
        """Which replicates of an option are done (replicates,)."""
        return np.asarray(self.ensemble.status[list(self.ensemble.design.run_ids(self.cell(option)))] == DONE)

    def mean(self, option: str, output: Output | str, until: int | None = None) -> float:
        """Mean of an output over the replicates that have one, of those that are compared."""
        return mean_of(self.values(option, output, until)[self.compared])

    @property
    def compared(self) -> NDArray[np.bool_]:
        """Replicates that are done under every option (replicates,); all if these are fewer than two."""
        complete = self._all_done
        return complete if complete.sum() >= 2 else np.ones_like(complete)

    def pairs(self, option: str, output: Output | str) -> tuple[Array, Array]:
        """Counterfactual and option in the replicates that have both, of those that are compared."""
        first, second = self.values(self.counterfactual, output), self.values(option, output)
        both = np.isfinite(first) & np.isfinite(second) & self.compared
        return first[both], second[both]

    # What they show

    def effect(self, option: str, output: Output | str) -> Paired:
        """Paired difference of an output from the counterfactual; nan with fewer than two pairs."""
        what = output if isinstance(output, Output) else Output.parse(output)
        known: dict[Any, Paired] = self.__dict__.setdefault("_effects", {})
        if (option, what) not in known:
            first, second = self.pairs(option, what)
            if first.size < 2:
                nan = np.nan
                known[option, what] = Paired(nan, nan, nan, nan, nan, first.size, nan, nan, 0.95)
            else:
                known[option, what] = analysis.compare_paired(first, second, what.better, interval=self.interval)
        return known[option, what]

    def programme_ends(self, option: str) -> int:
        """Month in which the option's last instrument ends; 0 if it has none that ends."""
        instruments = self.scenario.options[option].instruments.values()
        return max((instrument.end or 0 for instrument in instruments), default=0)

    def pooled_share(self, option: str) -> float:
        """Mean pooled share while the programme lasts (all months when it has no end)."""
        courses = self.courses(option, "pooled_share")[:, 1:]
        return mean_of(courses[:, : self.programme_ends(option) or courses.shape[1]].mean(axis=1))

    def cost(self, option: str) -> float:
        """Mean programme money of a run over all localities, GBP, not discounted."""
        return mean_of(self.courses(option, "programme_money").sum(axis=1))

    def total(self, option: str, name: str) -> Array:
        """An amount of money a month, such as `transaction_cost`, added up over the run, by replicate, GBP."""
        return self.courses(option, name)[:, 1:].sum(axis=1)

    @property
    def runs_that_can_tip(self) -> int:
        """Runs and places of the counterfactual that do not meet the thresholds at the start already."""
        return int(self._able(self.counterfactual).sum())

    def p_tipped(self, option: str) -> tuple[float, float, float]:
        """Share that tipped of the runs and places that could, with its 95% interval (Wilson); nan if it cannot be judged."""
        able = self._able(option)
        if not able.any() or not self.can_judge_tipping(option):
            return (np.nan, np.nan, np.nan)
        tipped, n = int((~np.isnan(self._of_place(self.ensemble.tipped_month, option)) & able).sum()), int(able.sum())
        return (tipped / n, *analysis.share_interval(tipped, n))

    def can_judge_tipping(self, option: str) -> bool:
        """Whether the run is long enough for the economy to stand alone after the programme's money has ended."""
        success = self.scenario.success
        needed = max(success.months_running, self.scenario.options[option].money_ends + success.months_after)
        return self.scenario.months >= needed

    def _able(self, option: str) -> NDArray[np.bool_]:
        return np.asarray(~self._of_place(self.ensemble.met_at_start, option) & self.done(option)[:, None])

    def _of_place(self, by_run: NDArray[Any], option: str) -> NDArray[Any]:
        rows = by_run[list(self.ensemble.design.run_ids(self.cell(option)))]
        return rows if self.place is None else rows[:, [self.ensemble.localities.index(self.place)]]

    @property
    def deciding(self) -> Output | None:
        """The output by which options are ranked: the first that says which way is better."""
        return next((output for output in self.outputs if output.better), None)

    @cached_property
    def robustness(self) -> Robustness | None:
        """Regret of every option in the deciding output over all worlds and factors; None where it cannot be said."""
        if self.deciding is None:
            return None
        by_case = {}
        for case in self.cases():
            values = np.array([case.values(option, self.deciding) for option in self.options])
            values = values[:, np.isfinite(values).all(axis=0)]
            if values.shape[1] < 2:
                return None
            by_case[case.case] = values
        return analysis.robustness(by_case, self.deciding.better)

    def runs_for(self, precision: Mapping[str, float] | None = None) -> int:
        """Replicates in all after which every option's interval is about as narrow as wanted.

        Parameters
        ----------
        precision : half width of the 95% interval by output, in the output's unit; what was asked for by default
        """
        precision = self.precision if precision is None else precision
        wanted = [
            case.effect(option, name).runs_for(half_width)
            for case in self.cases()
            for option in self.options[1:]
            for name, half_width in precision.items()
            if np.isfinite(case.effect(option, name).sd)
        ]
        return max(wanted, default=2)

    def is_precise(self, precision: Mapping[str, float] | None = None) -> bool:
        """Whether every interval is as narrow as wanted, or as was asked for."""
        precision = self.precision if precision is None else precision
        return all(
            case.effect(option, name).half_width <= half_width
            for case in self.cases()
            for option in self.options[1:]
            for name, half_width in precision.items()
        )

    # Tables

    def table(self) -> pd.DataFrame:
        """A row per world, factors, option and output: mean, paired effect, 95% interval, chance of being better."""
        import pandas as pd

        return pd.concat([case._table() for case in self.cases()], ignore_index=True)

    def _table(self) -> pd.DataFrame:
        import pandas as pd

        rows: list[tuple[Any, ...]] = []
        nan = np.nan
        for option in self.options:
            for output in self.outputs:
                row = (option, output.text, output.unit, self.mean(option, output))
                if option == self.counterfactual:
                    rows.append((*row, nan, nan, nan, nan, nan, nan))
                else:
                    e = self.effect(option, output)
                    rows.append((*row, e.effect, e.low, e.high, e.p_better, e.n, e.detectable))
            share, low, high = self.p_tipped(option)
            rows.append((option, "pooled_share", "1", self.pooled_share(option), *[nan] * 6))
            rows.append((option, "tipped", "share of runs", share, nan, low, high, *[nan] * 3))
            rows.append((option, "programme_money", "GBP", self.cost(option), *[nan] * 6))
        names = ["option", "indicator", "unit", "mean", "effect", "low", "high", "p_better", "pairs", "detectable"]
        frame = pd.DataFrame(rows, columns=names)
        for path, value in reversed(self.factors):
            frame.insert(0, path, value)
        if len(self.ensemble.design.worlds) > 1:
            frame.insert(0, "world", self.world)
        return frame

    def distribution(self, grouping: str | None = None) -> pd.DataFrame:
        """Who gains: each option's effect on groups of residents and of neighbourhoods, means over the last year.

        A row per locality, grouping, group, outcome and option. `grouping` keeps one of them; single neighbourhoods are
        given only when asked for, as "neighbourhood".
        """
        known: dict[str | None, pd.DataFrame] = self.__dict__.setdefault("_groups", {})
        if grouping not in known:
            known[grouping] = effects_by_group(self, grouping)
        return known[grouping].copy()

    def place_effects(self) -> pd.DataFrame:
        """A row for each place, option and output: whether it adopts, level, effect with its interval, chance of being better."""
        return places.table(self)

    def reach(self, option: str) -> Reach:
        """What an option does where it is adopted, elsewhere and in all places, with displacement and leakage."""
        self.cell(option)
        return places.reach(self, option)

    def worth(self, option: str) -> Worth:
        """Whether an option is worth its money, who pays and who gains, and how much of it is additional."""
        from coalsim.experiments.worth.worth import Worth

        known: dict[str, Worth] = self.__dict__.setdefault("_worths", {})
        if option not in known:
            self.cell(option)
            known[option] = Worth(self, option)
        return known[option]

    @property
    def can_appraise(self) -> bool:
        """Whether the results hold what an appraisal needs, and enough of it."""
        return self.ensemble.has_accounts and bool(self._all_done.sum() >= 2)

    @property
    def _all_done(self) -> NDArray[np.bool_]:
        return np.all([self.done(option) for option in self.options], axis=0)

    def runs(self) -> pd.DataFrame:
        """A row for each run."""
        return self.ensemble.runs(self.outputs)

    def summary(self) -> dict[str, Any]:
        """Everything that `coalsim compare --json` prints."""
        from coalsim.experiments.summary import summary

        return summary(self)

    def conclusion(self) -> str:
        """What the comparison means, and what it does not, in plain words."""
        from coalsim.experiments.telling import conclusion

        return conclusion(self)

    def __str__(self) -> str:
        from coalsim.experiments.telling import tell

        return tell(self)

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(self.options)}: {self.replicates} replicates, results {self.ensemble.name}>"

    def _repr_html_(self) -> str:
        from coalsim.experiments import telling

        says = [f"{self.scenario.name}: {self.replicates} pairs of runs", *telling.answers(self)]
        says += telling.failures(self)
        table = hypertext.table(*telling.effects_rows(self))
        return hypertext.paragraphs(*says) + table + hypertext.folded("What it means", self.conclusion())

    # Figures

    def plot(self) -> Picture:
        """Paired differences over time, by output."""
        from coalsim.experiments import pictures

        return pictures.differences(self)

    def plot_fan(self) -> Picture:
        """Fan charts: median, half and nine tenths of the replicates over time, by output and option."""
        from coalsim.experiments import pictures

        return pictures.fan(self)

    def plot_pairs(self) -> Picture:
        """Every pair's difference as a dot, with the mean and its interval."""
        from coalsim.experiments import pictures

        return pictures.pairs(self)

    def plot_lights(self) -> Picture:
        """A matrix of options and outputs that tells better from worse by symbol and word as well as colour."""
        from coalsim.experiments import pictures

        return pictures.lights(self)

    def plot_regret(self) -> Picture:
        """Regret of each option in each world."""
        from coalsim.experiments import pictures

        return pictures.regret(self)

    def plot_groups(self, outcome: str = "employment_rate") -> Picture:
        """Who gains: effects on an outcome by group of residents and neighbourhoods."""
        from coalsim.experiments import pictures

        return pictures.groups(self, outcome)

    def plot_map(self, output: str | None = None, boundaries: str | None = None) -> Picture:
        """A map of the places: each option's effect on an output, by tiles or by the shapes of a file (GeoJSON, TopoJSON)."""
        from coalsim.experiments import pictures

        return pictures.place_map(self, None if output is None else Output.parse(output), boundaries)

    def plot_spread(self) -> Picture:
        """How each option's effects are spread over the places."""
        from coalsim.experiments import pictures

        return pictures.place_spread(self)

    def plot_ranking(self) -> Picture:
        """The places in which each option does most and least."""
        from coalsim.experiments import pictures

        return pictures.place_ranking(self)

    def plot_flows(self, *options: str) -> Picture:
        """Who puts how much into what in a year of the programme; all options where none is named."""
        from coalsim.experiments import pictures

        return pictures.flows(self, options)

    def plot_standing(self) -> Picture:
        """The four things that make an economy mixed and self-sustaining, each with its threshold."""
        from coalsim.experiments import pictures

        return pictures.standing(self)

    def figures(self) -> Iterator[tuple[str, Picture]]:
        """Every figure with its name."""
        yield "difference", self.plot()
        yield "fan", self.plot_fan()
        yield "pairs", self.plot_pairs()
        yield "lights", self.plot_lights()
        if self.robustness is not None and len(self.cases()) > 1:
            yield "regret", self.plot_regret()
        if not self.distribution().empty:
            yield "groups", self.plot_groups()
        if places.is_nation(self) and self.deciding is not None and self.deciding.is_course and not self.deciding.when:
            yield "map", self.plot_map()
            yield "spread", self.plot_spread()
            yield "ranking", self.plot_ranking()


def open_comparison(folder: str | Path, outputs: Sequence[str] = ()) -> Comparison:
    """The comparison that a folder of `coalsim compare` holds.

    Parameters
    ----------
    outputs : other outputs than those that were asked for when it was run

    Raises
    ------
    ValueError
        When the folder holds something else, in words that say what would do.
    """
    folder = Path(folder)
    kind = read_manifest(folder)["kind"]
    if kind != "compare":
        why = "a single run has no counterfactual" if kind == "run" else f"it holds results of {kind}"
        raise ValueError(f"{folder}: {why}; give a folder that `coalsim compare SCENARIO --out FOLDER` wrote")
    ensemble = Ensemble(folder)
    if not ensemble.counts.done:
        raise ValueError(f"{folder}: none of its {len(ensemble.design)} runs is done yet; look when some are")
    manifest, cell = ensemble.manifest, ensemble.design.cells[0]
    parsed = tuple(Output.parse(text) for text in outputs or manifest["outputs"])
    scaled = (manifest.get("budget_neutral") or {}).get("scaled") or {}
    return Comparison(ensemble, parsed, cell.world, cell.factors, manifest["interval"], scaled)
