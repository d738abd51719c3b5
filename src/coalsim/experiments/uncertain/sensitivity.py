"""What matters: a sensitivity analysis of the model as it is planned, carried out, and handed back with words and figures."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coalsim.analysis import Sensitivity, SensitivityTable
from coalsim.analysis.sensitivity import ConstantError, search
from coalsim.analysis.sensitivity import sensitivity as analyse
from coalsim.analysis.sensitivity.factors import Factors
from coalsim.analysis.sensitivity.method import METHODS
from coalsim.atomic import write_text
from coalsim.experiments.crew import hired
from coalsim.experiments.files.sensitivity import SensitivityFile
from coalsim.experiments.runner import OnProgress
from coalsim.experiments.shown import Shown, provenance
from coalsim.experiments.titles import in_words
from coalsim.experiments.uncertain.asking import asked
from coalsim.experiments.uncertain.carrying import Carrying, OnNews, unused
from coalsim.experiments.uncertain.question import Question
from coalsim.scenario.schema import Scenario

if TYPE_CHECKING:
    from coalsim.figures import Picture

QUICK_SCREEN = 4


@dataclass(frozen=True)
class Plan:
    """A question and by which method it is answered."""

    question: Question
    method: str
    screen: int
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    correlations: Mapping[tuple[str, str], float] = field(default_factory=dict)
    precision: float | None = None
    is_quick: bool = False

    @classmethod
    def of(
        cls,
        file: SensitivityFile,
        scenario: Scenario,
        *,
        method: str | None = None,
        samples: int | None = None,
        replicates: int | None = None,
        precision: float | None = None,
        seed: int | None = None,
        quick: bool = False,
    ) -> Plan:
        """From an experiment file and its scenario, with what the caller wants otherwise.

        Raises
        ------
        ValueError
            When the method cannot do that.
        """
        method = method or file.method
        search.check(method, samples, replicates or 1, file.seed)
        samples = samples if samples is not None else file.samples if method == file.method else None
        every = Factors.of(file.given(), file.grouped(), file.correlated())
        if quick:
            samples = METHODS["sobol_total" if method == search.TWO_STAGE else method].fitting(every, 1)
        screen = QUICK_SCREEN if quick else file.screen
        question = Question.of(file, scenario, samples=samples, replicates=replicates, seed=seed, quick=quick)
        search.check(method, samples, question.replicates, question.seed)
        search.refuse(method, every, samples)
        most = search.most_runs(method, every, samples, question.replicates, screen)
        return cls(
            question.limited(most),
            method,
            screen,
            file.grouped(),
            file.correlated(),
            precision if precision is not None else file.precision,
            quick,
        )


@dataclass(frozen=True)
class SensitivityStudy(Shown):
    """What was found: `table()`, `figures()`, `summary()`; print it for words."""

    plan: Plan
    found: Sensitivity
    fingerprint: str
    beyond: Mapping[str, int]  # of the threshold: runs above, below and within the range that was looked at

    @property
    def question(self) -> Question:
        """What was asked."""
        return self.plan.question

    def table(self) -> SensitivityTable:
        """A row for each factor, or for each output and factor."""
        return self.found.table()

    @functools.cached_property
    def is_constant(self) -> bool:
        """Whether no output varied, so that there is nothing to attribute."""
        return not self.found.varying

    def summary(self) -> dict[str, Any]:
        """What `coalsim sensitivity --json` prints."""
        from coalsim.experiments.uncertain.summary import sensitivity_summary

        return sensitivity_summary(self)

    @property
    def answer(self) -> list[str]:
        """What matters, how surely, and how much is luck."""
        return [in_words(self.found.sentence, self.question.factors)]

    def rows(self) -> tuple[list[str], list[list[Any]]]:
        """The factors that matter most to each output, with the half width of their interval."""
        from coalsim.experiments.uncertain.telling import index_rows

        return index_rows(self)

    def figures(self) -> dict[str, Picture]:
        """Every figure by name."""
        from coalsim.experiments.uncertain.pictures import sensitivity_pictures

        note = provenance(self.found.all_runs, self.question.seed)
        return sensitivity_pictures(self, note)

    def __str__(self) -> str:
        from coalsim.experiments.uncertain.telling import tell_sensitivity

        return tell_sensitivity(self)


def carry_out(
    plan: Plan,
    *,
    workers: int | None = None,
    out: Path | None = None,
    on_progress: OnProgress | None = None,
    on_news: OnNews | None = None,
) -> SensitivityStudy:
    """Run what the analysis asks for and is not kept in `out` yet; what is known so far is in its summary at any time.

    Raises
    ------
    ValueError
        When `out` holds something else, or every run failed.
    """
    q = plan.question
    with hired(q, workers, out, on_progress) as crew:
        carrying = Carrying(q, crew)

        def study(found: Sensitivity) -> SensitivityStudy:
            return SensitivityStudy(plan, found, carrying.fingerprint, carrying.beyond() if q.threshold else {})

        def update(found: Sensitivity) -> None:
            if out is not None and not found.is_complete:
                write_text(out / "summary.json", json.dumps(study(found).summary(), indent=1))
            if on_news is not None and found.varying and not found.is_complete:
                on_news(f"{found.runs:,} runs, {found.method}: widest interval ±{found.half_width:.2g}")

        try:
            found = analyse(
                unused,
                q.factors,
                plan.method,
                q.samples,
                q.replicates,
                q.seed,
                q.output_names,
                groups=plan.groups,
                correlations=plan.correlations,
                precision=plan.precision,
                screen=plan.screen,
                level=q.level,
                map=carrying.map,
                on_update=update,
            ).found
        except ConstantError as error:
            found = error.found
        finally:
            if out is not None and carrying.rows:
                carrying.write_runs(out)
        made = study(found)
    if out is not None:
        made.write(out)
    return made


def sensitivity(
    scenario: Scenario | str | Path,
    factors: Mapping[str, Any] | Sequence[str],
    *,
    outputs: Sequence[str] | None = None,
    method: str = "two_stage",
    samples: int | None = None,
    replicates: int = 1,
    policy: str | None = None,
    against: str | None = None,
    world: str | None = None,
    seed: int = 0,
    precision: float | None = None,
    workers: int | None = None,
    out: str | Path | None = None,
    on_progress: OnProgress | None = None,
    **settings: Any,
) -> SensitivityStudy:
    """Which uncertain factors make outputs of the model vary, and how much of it is luck.

    Parameters
    ----------
    scenario : Scenario or path
    factors
        Dotted paths of parameters that declare a range, such as ["world.conditions.eta", "world.mechanisms.*"], or
        {path: (low, high)}, {path: [values]} or {path: {}} for the declared range.
    outputs : as in an experiment file, such as "employment_rate@change"
    method, samples, replicates, precision : as in `coalsim.analysis.sensitivity`
    policy : which option is run; the last by default
    against : option from which outputs are differences, with the same luck
    world, seed, workers, out, on_progress : as in `coalsim.find_tipping_point`
    **settings
        Any key of an experiment file of the kind `sensitivity`, such as groups, place, threshold or tips_when; all else
        overrides the scenario, for example sample=0.1.

    Raises
    ------
    ScenarioError, ValueError
        When something asked for cannot be done; nothing has run then.
    """
    file, loaded = asked(SensitivityFile, scenario, factors, outputs, policy, against, world, seed, settings)
    plan = Plan.of(file, loaded, method=method, samples=samples, replicates=replicates, precision=precision)
    return carry_out(plan, workers=workers, out=None if out is None else Path(out), on_progress=on_progress)
