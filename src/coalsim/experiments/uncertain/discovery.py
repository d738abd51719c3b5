"""Under which conditions something happens: runs over the space of uncertain factors, and boxes of the cases of interest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coalsim import analysis
from coalsim.analysis import Discovery, Exploration
from coalsim.analysis.discovery.box import Mask
from coalsim.analysis.sensitivity.design import one_in_four
from coalsim.experiments.crew import hired
from coalsim.experiments.files.discover import Case, DiscoverFile
from coalsim.experiments.runner import OnProgress
from coalsim.experiments.shown import Shown, provenance
from coalsim.experiments.titles import in_words
from coalsim.experiments.uncertain.asking import asked
from coalsim.experiments.uncertain.carrying import Carrying, OnNews, unused
from coalsim.experiments.uncertain.question import Question
from coalsim.experiments.uncertain.telling import box_rows, tell_discovery, title_of, unit_of
from coalsim.scenario.schema import Scenario

if TYPE_CHECKING:
    from coalsim.figures import Picture

SAMPLES, QUICK_SAMPLES = 512, 48


@dataclass(frozen=True)
class Plan:
    """A question and the cases that are of interest."""

    question: Question
    cases: Mapping[str, Case]
    boxes: int
    is_quick: bool = False

    @classmethod
    def of(
        cls,
        file: DiscoverFile,
        scenario: Scenario,
        *,
        samples: int | None = None,
        replicates: int | None = None,
        seed: int | None = None,
        quick: bool = False,
    ) -> Plan:
        """From an experiment file and its scenario, with what the caller wants otherwise."""
        size = QUICK_SAMPLES if quick else samples or file.samples or SAMPLES
        question = Question.of(file, scenario, samples=size, replicates=replicates, seed=seed, quick=quick)
        again = one_in_four(size, 0).size if question.replicates == 1 else 0
        return cls(question.limited(size * question.replicates + again), file.cases, file.boxes, quick)


@dataclass(frozen=True)
class DiscoveryStudy(Shown):
    """What was found: `cases` by name, `table()`, `figures()`, `summary()`; print it for words."""

    plan: Plan
    explored: Exploration
    cases: Mapping[str, Discovery]
    fingerprint: str
    beyond: Mapping[str, int]

    @property
    def question(self) -> Question:
        """What was asked."""
        return self.plan.question

    @property
    def is_quick(self) -> bool:
        """Whether it is only a quick look."""
        return self.plan.is_quick

    def of_interest(self, name: str) -> tuple[Mask, Mask]:
        """Points (n,) at which a case's output is known, and of those (known,) the ones that are of interest."""
        return which(self.plan.cases[name], self.explored.outputs)

    def condition(self, name: str) -> str:
        """What a case is, in numbers."""
        case, q = self.plan.cases[name], self.question
        scale, _, unit = unit_of(case.output, q)
        ends = [
            f"{word} {scale * end:.4g} {unit}"
            for word, end in (("at least", case.at_least), ("at most", case.at_most))
            if end is not None
        ]
        return f"{title_of(case.output, q)} {' and '.join(ends)}"

    def table(self) -> pd.DataFrame:
        """A row for each limit of each box of each case."""
        tables = {name: one.table() for name, one in self.cases.items()}
        return pd.concat(tables, names=["case", "row"]).reset_index("row", drop=True)

    def summary(self) -> dict[str, Any]:
        """What `coalsim discover --json` prints."""
        from coalsim.experiments.uncertain.summary import discovery_summary

        return discovery_summary(self)

    @property
    def answer(self) -> list[str]:
        """Under which conditions each case happens."""
        return [f"Where {name}: {in_words(one.sentence, self.question.factors)}" for name, one in self.cases.items()]

    def rows(self) -> tuple[list[str], list[list[Any]]]:
        """The limits of each box."""
        return box_rows(self)

    def figures(self) -> dict[str, Picture]:
        """A figure for each case that has boxes."""
        from coalsim.experiments.uncertain.pictures import discovery_pictures

        return discovery_pictures(self, provenance(self.explored.runs, self.question.seed))

    def __str__(self) -> str:
        return tell_discovery(self)


def carry_out(
    plan: Plan,
    *,
    workers: int | None = None,
    out: Path | None = None,
    on_progress: OnProgress | None = None,
    on_news: OnNews | None = None,
) -> DiscoveryStudy:
    """Run what is not kept in `out` yet, and look for boxes.

    Raises
    ------
    ValueError
        When `out` holds something else, or every run failed.
    """
    q = plan.question
    assert q.samples is not None
    with hired(q, workers, out, on_progress) as crew:
        carrying = Carrying(q, crew)
        try:
            explored = analysis.explore(
                unused,
                q.factors,
                q.samples,
                q.replicates,
                q.seed,
                q.output_names,
                level=q.level,
                map=carrying.map,
            )
        finally:
            if out is not None and carrying.rows:
                carrying.write_runs(out)
        if on_news is not None:
            on_news(f"{explored.runs:,} runs; looking for boxes")
        cases = {}
        for name, case in plan.cases.items():
            known, hits = which(case, explored.outputs)
            cases[name] = analysis.discover(explored.inputs[known], hits, most_boxes=plan.boxes, seed=q.seed, what=name)
        beyond = carrying.beyond() if q.threshold else {}
        made = DiscoveryStudy(plan, explored, cases, carrying.fingerprint, beyond)
    if out is not None:
        made.write(out)
    return made


def which(case: Case, outputs: pd.DataFrame) -> tuple[Mask, Mask]:
    """Points (n,) at which its output is known, and of those (known,) the ones within its bounds."""
    values = outputs[case.output].to_numpy()
    known = np.isfinite(values)
    low = -np.inf if case.at_least is None else case.at_least
    high = np.inf if case.at_most is None else case.at_most
    return known, (values[known] >= low) & (values[known] <= high)


def discover(
    scenario: Scenario | str | Path,
    factors: Mapping[str, Any] | Sequence[str],
    cases: Mapping[str, Mapping[str, Any]],
    *,
    samples: int = SAMPLES,
    replicates: int = 1,
    policy: str | None = None,
    against: str | None = None,
    world: str | None = None,
    seed: int = 0,
    workers: int | None = None,
    out: str | Path | None = None,
    on_progress: OnProgress | None = None,
    **settings: Any,
) -> DiscoveryStudy:
    """Under which conditions something happens, as boxes in the space of uncertain factors.

    Parameters
    ----------
    scenario, factors, policy, against, world, seed, workers, out, on_progress, settings : as in `coalsim.sensitivity`
    cases
        What is of interest: {words: {"output": output, "at_least": value, "at_most": value}}, for example
        {"employment falls": {"output": "employment_rate@change", "at_most": 0}}.
    samples, replicates : points, and runs at each

    Raises
    ------
    ScenarioError, ValueError
        When something asked for cannot be done; nothing has run then.
    """
    settings |= {
        "cases": {name: dict(one) for name, one in cases.items()},
        "samples": samples,
        "replicates": replicates,
    }
    file, loaded = asked(DiscoverFile, scenario, factors, None, policy, against, world, seed, settings)
    plan = Plan.of(file, loaded)
    return carry_out(plan, workers=workers, out=None if out is None else Path(out), on_progress=on_progress)
