"""What experiment files of every kind say: the scenario, the seed, what is changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

from pydantic import Field

from coalsim.experiments.outputs import Output
from coalsim.loading import load_scenario, override
from coalsim.registry import nearest
from coalsim.scenario.document import Document
from coalsim.scenario.errors import Misfit, Problem, ScenarioError, printable
from coalsim.scenario.parameter import PRINTABLE, Strict
from coalsim.scenario.reading import resolve
from coalsim.scenario.schema import Scenario

type Where = tuple[str | int, ...]


class Experiment(Strict):
    """A scenario and what is done with it; each kind adds what it needs, and the key `kind`."""

    command: ClassVar[str]  # of coalsim, that runs it

    name: str = Field(min_length=1, max_length=120, pattern=PRINTABLE)
    question: str = Field("", max_length=1000, pattern=PRINTABLE)
    scenario: str = Field(description="Scenario file.")
    seed: int = Field(0, ge=0, lt=2**64, description="Seed of the first replicate.")
    overrides: dict[str, float | int | str | bool] = Field(default_factory=dict, description="Dotted path: value.")

    def prepare(self, document: Document) -> Scenario:
        """The scenario that the file means, changed and named as it says.

        Raises
        ------
        ScenarioError
            When the scenario, or something that the file asks of it, is wrong.
        """
        scenario = load_scenario(resolve(document, self.scenario, document.mark(("scenario",))))
        for dotted, value in self.overrides.items():
            scenario = override(scenario, dotted, value, document.mark(("overrides", dotted)))
        named = scenario.model_copy(update={"name": self.name, "question": self.question or scenario.question})
        named._folder = scenario._folder
        return named


def parse_output(text: str, *at: str | int) -> Output:
    """An output; Misfit at the place of the one that does not parse."""
    try:
        return Output.parse(text)
    except ValueError as error:
        raise Misfit(getattr(error, "message", str(error)), *at, hint=getattr(error, "hint", "")) from None


def placed[T](document: Document, where: Where, make: Callable[[], T]) -> T:
    """What `make` makes; what it finds wrong is said of a part of the document."""
    try:
        return make()
    except ScenarioError as error:
        if any(problem.line for problem in error.problems):  # of another file, which is named
            raise
        raise ScenarioError(
            document.problem(where, problem.message, problem.hint) for problem in error.problems
        ) from None


def added(document: Document, scenario: Scenario, kind: str, name: str | None, *where: str | int) -> Scenario:
    """The scenario with a world or a policy that the document names, if it names one; `where`: by default at the key `kind`."""
    if name is None:
        return scenario
    check_inside(document, scenario, where or (kind,), name)
    return placed(document, where or (kind,), lambda: load_scenario(scenario, **{kind: name}))


def check_inside(document: Document, scenario: Scenario, where: Where, name: str) -> None:
    """Refuse a world or policy that is named by a file outside the scenario's folder: the command line may, a file may not."""
    if os.path.isfile(name) and not Path(name).resolve().is_relative_to(scenario.folder or Path.cwd()):
        message = f"{printable(name)} lies outside the folder of the scenario and is not read"
        raise refusal(document, where, message, "give the name of one in that folder")


def refusal(document: Document, where: Where, message: str, hint: str = "", *, key: bool = False) -> ScenarioError:
    """What is wrong with a part of the document."""
    problem: Problem = document.problem(where, message, hint, key=key)
    return ScenarioError(problem)


class Refused(Protocol):
    """Makes the error that says what is wrong with a part of what was asked."""

    def __call__(self, where: Where, message: str, hint: str = "") -> ValueError: ...


def refusing(document: Document | None) -> Refused:
    """Errors of parts of the document, or, where experiments are asked in Python and there is none, plain ones."""

    def refused(where: Where, message: str, hint: str = "") -> ValueError:
        if document is not None:
            return refusal(document, where, message, hint)
        return ValueError(f"{', '.join(map(str, where))}: {message}" + (f"; {hint}" if hint else ""))

    return refused


def fit(scenario: Scenario, document: Document | None, where: Where, path: str, value: Any) -> None:
    """Refuse a value of a dotted path that does not fit the scenario, at a part of the document if there is one."""
    override(scenario, path, value, f"{path}: {value}" if document is None else document.mark(where))


def check_months(outputs: Iterable[tuple[Where, str]], scenario: Scenario, refused: Refused) -> None:
    """Refuse outputs, given with where they are named, of months that the scenario has not."""
    for where, text in outputs:
        try:
            Output.parse(text).check(scenario.months)
        except ValueError as error:
            raise refused(where, str(error)) from None


def check_place(place: str | None, scenario: Scenario, refused: Refused) -> None:
    """Refuse a place that the scenario has not."""
    names = [one.name for one in scenario.places]
    if place is not None and place not in names:
        near = nearest(place, names)
        hint = f"did you mean {near!r}?" if near else f"places: {', '.join(names)}"
        raise refused(("place",), f"the scenario has no place {place[:60]!r}", hint)


def check_instrument(
    path: str, policies: Sequence[str | None], scenario: Scenario, where: Where, refused: Refused
) -> None:
    """Refuse a dotted path of an instrument that other options have and none of these."""
    first, *rest = path.split(".")
    having = [name for name, option in scenario.options.items() if rest and rest[0] in option.instruments]
    if first == "policy" and having and not set(policies) & set(having):
        raise refused(where, f"{policies[0]} has no {rest[0]}", f"options that have it: {', '.join(having)}")
