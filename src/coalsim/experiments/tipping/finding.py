"""A finished study with everything that people and programs ask of it, and the function that makes one."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coalsim.experiments.files.tipping import TippingFile
from coalsim.experiments.runner import OnProgress
from coalsim.experiments.shown import Shown, provenance
from coalsim.experiments.tipping import telling
from coalsim.experiments.tipping.evidence import Definition, KnockOut, Size, Start, Study, Withdrawal
from coalsim.experiments.tipping.pictures import pictures
from coalsim.experiments.tipping.question import Question
from coalsim.experiments.tipping.study import carry_out
from coalsim.experiments.tipping.summary import summary
from coalsim.experiments.tipping.trace import Trace, trace
from coalsim.experiments.titles import path_title
from coalsim.loading import load_scenario
from coalsim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from coalsim.analysis import Boundary, Cheapest, Committor, EarlyWarning, Hysteresis, Threshold
    from coalsim.figures import Picture


@dataclass(frozen=True)
class TippingPoint(Shown):
    """What a study found: `verdict`, `threshold` and the tests, as words, table, JSON and figures."""

    study: Study
    is_quick: bool = False

    @property
    def verdict(self) -> str:
        """threshold, smooth, never, always, not_monotone or undetermined."""
        return self.study.verdict

    @property
    def threshold(self) -> Threshold | None:
        """Where the chance of tipping is one half, with its interval; None where several levers were moved."""
        return self.study.threshold

    # The tests that the verdict rests on; each says what it found in its `sentence`

    @property
    def tests(self) -> dict[str, str]:
        """What a tipping point must show beside a threshold: "yes", "no" or "cannot be told"; only tests that were made."""
        return self.study.tests

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """The threshold under each definition of success."""
        return self.study.definitions

    @property
    def boundary(self) -> Boundary | None:
        """Where in the space of several levers it tips."""
        return self.study.boundary

    @property
    def cheapest(self) -> Cheapest | None:
        """The point of several levers at which it tips for the least money."""
        return self.study.cheapest

    @property
    def hysteresis(self) -> dict[str, Hysteresis]:
        """By output: where it jumps when the lever is raised slowly and lowered slowly."""
        return self.study.hysteresis

    @property
    def starts(self) -> dict[str, Start]:
        """By output: where runs end from two starts, and in how many basins."""
        return self.study.starts

    @property
    def committor(self) -> Committor | None:
        """The chance of tipping from states along a push: the critical mass."""
        return self.study.committor

    @property
    def size(self) -> Size | None:
        """What becomes of the turn with more residents and more partners."""
        return self.study.size

    @property
    def warning(self) -> dict[str, EarlyWarning]:
        """By output: whether signs rise before it tips."""
        return self.study.warning

    @property
    def knock_outs(self) -> tuple[KnockOut, ...]:
        """What changes when a mechanism is off or at half strength."""
        return self.study.knock_outs

    @property
    def withdrawals(self) -> tuple[Withdrawal, ...]:
        """What stays when the programme is withdrawn."""
        return self.study.withdrawals

    @functools.cached_property
    def trace(self) -> Trace | None:
        """One run month by month: one that turned, else the one that came nearest."""
        turning = self.study.turning
        return None if turning is None else trace(self.study.question, *turning)

    def summary(self) -> dict[str, Any]:
        """What `coalsim tipping --json` prints."""
        return summary(self.study, self.trace, quick=self.is_quick)

    def table(self) -> pd.DataFrame:
        """A row for each definition of success: verdict, threshold and interval, and how often a place tips by itself."""
        import pandas as pd

        rows = [
            {
                "definition": one.criterion.name,
                "verdict": one.threshold.verdict,
                "threshold": one.threshold.value,
                "low": one.threshold.low,
                "high": one.threshold.high,
                "width_10_90": one.threshold.width_10_90,
                "runs": one.threshold.runs,
                "met_at_start": one.met_at_start,
                "tip_without_programme": one.by_itself / one.of if one.of else float("nan"),
            }
            for one in self.study.definitions
        ]
        return pd.DataFrame(rows)

    @property
    def answer(self) -> list[str]:
        """The verdict, what it rests on, and what each test says."""
        says = telling.verdict(self.study)
        return says + [line for test, one in self.tests.items() if (line := f"{test} {one.capitalize()}.") not in says]

    def rows(self) -> tuple[list[str], list[list[Any]]]:
        """Definitions of success and their thresholds, in the lever's unit; without any, what is withdrawn and when."""
        if not self.definitions and not self.withdrawals:
            return [], []
        rows = telling.definitions_rows if self.definitions else telling.withdrawn_rows
        header, cells = rows(self.study)
        (path, *others) = self.study.question.levers or ("",)
        unit = f"threshold: {path_title(path)}" if path and not others else "threshold"
        return [unit if name == "threshold" else name for name in header], [list(row) for row in cells]

    def figures(self) -> dict[str, Picture]:
        """Every figure by name."""
        note = provenance(self.study.runs, self.study.question.seed)
        return pictures(self.study, self.trace, note)

    def __str__(self) -> str:
        return telling.tell(self.study, self.trace, quick=self.is_quick)


def find_tipping_point(
    scenario: Scenario | str | Path,
    factor: str | Mapping[str, tuple[float, float]] = "policy.pooled_fund.share",
    low: float | None = None,
    high: float | None = None,
    *,
    policy: str | None = None,
    world: str | None = None,
    place: str | None = None,
    seed: int = 0,
    runs: int = 300,
    knock_out: bool = False,
    workers: int | None = None,
    out: str | Path | None = None,
    on_progress: OnProgress | None = None,
    **settings: Any,
) -> TippingPoint:
    """Where a place more likely than not tips as a lever is raised, and whether that is a tipping point.

    Parameters
    ----------
    scenario : Scenario or path
    factor, low, high : dotted path of a lever and its range; or several levers as {path: (low, high)}
    policy : option that the lever belongs to; the last by default
    world, place : another world; which place must tip, where there are several
    seed : of the first run; the others follow it
    runs : most runs of a search
    knock_out : whether the search is repeated with each mechanism off and at half strength
    workers : processes; all cores by default. Results do not depend on it.
    out : folder, optional
        Where runs are kept; the same call goes on with what is missing there.
    on_progress : called with (requested, done, failed)
    **settings
        Any key of an experiment file of the kind `tipping`, such as tips_when, level, sizes, hysteresis or basins; all else
        overrides the scenario as in `simulate`, for example sample=0.1.

    Returns
    -------
    TippingPoint
        `.verdict`, `.threshold`, `.table()`, `.figures()`, `.summary()`; print it for words. A threshold counts for this number
        of residents, these months and this starting state, and is a tipping point only if the size test says so.

    Raises
    ------
    ScenarioError, ValueError
        When something asked for cannot be done; nothing has run then.
    """
    keys = TippingFile.model_fields.keys() - {"name", "question", "overrides"}
    asked = {key: settings.pop(key) for key in keys & settings.keys()}
    loaded = load_scenario(scenario, world=world, policy=policy, **settings)
    if isinstance(factor, str):
        if low is None or high is None:
            raise ValueError(f"give low and high, the range in which {factor} is raised")
        factor = {factor: (low, high)}
    asked |= {"kind": "tipping", "name": loaded.name, "scenario": "given", "policy": policy, "place": place}
    asked |= {
        "levers": {path: {"low": ends[0], "high": ends[1]} for path, ends in factor.items()},
        "seed": seed,
        "runs": runs,
    }
    file = TippingFile.model_validate(asked)
    file.check(loaded)
    question = Question.of(file, loaded, knock_out=knock_out)
    folder = None if out is None else Path(out)
    found = TippingPoint(carry_out(question, workers=workers, out=folder, on_progress=on_progress))
    if folder is not None:
        found.write(folder)
    return found
