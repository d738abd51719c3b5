"""What a visitor has chosen, as a scenario, as a link and as a scenario file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from coalsim.experiments.compare import QUICK
from coalsim.loading import keep_options, load_scenario, override
from coalsim.registry import nearest
from coalsim.scenario.errors import ScenarioError, printable
from coalsim.scenario.parsing import parse_scalar
from coalsim.scenario.reading import read_alone
from coalsim.scenario.schema import Scenario
from coalsim.scenario.writing import dump

type Value = int | float | str | bool
MOST_REPLICATES = 200
MOST_SEED = 2**32 - 1
NUMBERS = ("months", "sample", "replicates", "seed")


class Checked(NamedTuple):
    """A scenario as far as it can be made, and what is wrong by field, in words."""

    scenario: Scenario | None
    wrong: dict[str, str]


@dataclass(frozen=True)
class Choice:
    """A ready scenario by the name of its file, and what is changed in it; None leaves what the file says."""

    scenario: str = "walsall"
    world: str | None = None
    options: tuple[str, ...] = ()  # besides the counterfactual; the file's own if none
    levers: Mapping[str, Value] = field(default_factory=dict)  # dotted path: value, in their order
    months: int | None = None
    sample: float = QUICK.sample
    replicates: int = QUICK.replicates
    seed: int = 0

    def check(self, folder: Path) -> Checked:
        """The scenario, or what is wrong by the field that it is wrong in."""
        wrong: dict[str, str] = {}
        try:
            scenario = load_scenario(scenario_file(folder, self.scenario))
        except ValueError as error:
            return Checked(None, {"scenario": refused(error)})
        steps: list[tuple[str, Callable[[Scenario], Scenario]]] = []
        if self.world is not None:
            steps.append(("world", partial(_in_world, folder, self.world)))
        steps += [("options", partial(_with_policy, folder, policy)) for policy in self.options]
        if self.options:
            steps.append(
                ("options", lambda one: keep_options(one, *(name for name in self.options if name in one.options)))
            )
        changes = {"months": self.months, "sample": self.sample, "replicates": self.replicates, **self.levers}
        steps += [(path, partial(_moved, path, value)) for path, value in changes.items() if value is not None]
        for name, step in steps:
            try:
                scenario = step(scenario)
            except (ValueError, LookupError) as error:
                wrong.setdefault(name, refused(error))
        if not 2 <= self.replicates <= MOST_REPLICATES:
            wrong["replicates"] = f"{self.replicates} is not from 2 to {MOST_REPLICATES}; an interval needs two runs"
        if not 0 <= self.seed <= MOST_SEED:
            wrong["seed"] = f"{self.seed} is not from 0 to {MOST_SEED}"
        if len(scenario.options) < 2:
            wrong.setdefault("options", "choose at least one option besides the counterfactual")
        return Checked(scenario, wrong)

    def load(self, folder: Path) -> Scenario:
        """The scenario itself.

        Raises
        ------
        ValueError
            With all that is wrong and what would be right.
        """
        scenario, wrong = self.check(folder)
        if wrong or scenario is None:
            raise ValueError("; ".join(f"{name}: {what}" for name, what in wrong.items()))
        return scenario

    # As a link

    def query(self) -> dict[str, str | list[str]]:
        """Parameters of a link that brings these settings back; what is as it comes is left out."""
        plain = Choice()
        found: dict[str, str | list[str]] = {"scenario": self.scenario}
        if self.world is not None:
            found["world"] = self.world
        if self.options:
            found["options"] = ",".join(self.options)
        for name in NUMBERS:
            if getattr(self, name) != getattr(plain, name):
                found[name] = str(getattr(self, name))
        if self.levers:
            found["set"] = [f"{path}={_text(value)}" for path, value in self.levers.items()]
        return found

    @classmethod
    def of_query(cls, query: Mapping[str, Iterable[str]]) -> Choice:
        """The settings of a link: every parameter with the list of its values.

        Raises
        ------
        ValueError
            When a parameter is not one of these, or not of its kind; whether it is in its range shows when it is loaded.
        """
        given = {name: list(values) for name, values in query.items()}
        if unknown := sorted(set(given) - {"scenario", "world", "options", "set", *NUMBERS}):
            raise ValueError(f"the link has a parameter {unknown[0][:40]!r} that is not known here")
        changes: dict[str, Any] = {name: values[-1] for name, values in given.items() if name in ("scenario", "world")}
        if "options" in given:
            changes["options"] = tuple(name for name in given["options"][-1].split(",") if name)
        for name in NUMBERS:
            if name in given:
                changes[name] = number(name, given[name][-1])
        levers: dict[str, Value] = {}
        for change in given.get("set", []):
            path, equals, text = change.partition("=")
            if not path or not equals:
                raise ValueError(f"set={change[:60]}: write it as path=value, such as policy.pooled_fund.share=0.5")
            levers[path] = _value(parse_scalar(text), path)
        return cls(**changes, levers=levers)

    # As a file

    def yaml(self, folder: Path) -> str:
        """A scenario file to be put beside the others; `coalsim compare` runs it as the page did."""
        scenario = self.load(folder)
        policies = folder / "policies"
        text: dict[str, Any] = {
            "extends": f"{self.scenario}.yaml",
            "name": scenario.name,
            "question": scenario.question,
            **({"world": f"worlds/{self.world}.yaml"} if self.world is not None else {}),
            **({"months": self.months} if self.months is not None else {}),
            "options": [str((policies / f"{name}.yaml").relative_to(folder)) for name in scenario.options],
            "sample": self.sample,
            "replicates": self.replicates,
            **({"overrides": dict(self.levers)} if self.levers else {}),
        }
        head = f"# Made with the coalsim web page; first seed {self.seed}. Put it into {folder.name}/ and run:\n"
        head += f"# coalsim compare {folder.name}/THIS_FILE.yaml --seed {self.seed}\n"
        return head + dump(text)

    @classmethod
    def of_yaml(cls, file: Path, folder: Path) -> Choice:
        """The choice that a file holds which extends one of the ready scenarios.

        Raises
        ------
        ScenarioError, ValueError
            When it cannot be read, or holds what the page cannot show; `load` tells what else is wrong.
        """
        data = read_alone(file).data
        extended = data.get("extends")
        known = [f"{name}.yaml" for name in ready(folder)]
        if extended not in known:
            raise ValueError(f"extends: {str(extended)[:60]!r} is none of the scenarios here: {', '.join(known)}")
        shown = {"extends", "name", "question", "world", "months", "options", "sample", "replicates", "overrides"}
        if other := sorted(set(data) - shown):
            raise ValueError(
                f"{other[0]}: the page shows {', '.join(sorted(shown))}; run other files with coalsim compare"
            )
        options = data.get("options") or []
        levers = data.get("overrides") or {}
        if not isinstance(options, list) or not all(isinstance(one, str) for one in options):
            raise ValueError("options: give a list of policy files, the counterfactual first")
        if not isinstance(levers, dict):
            raise ValueError("overrides: give a mapping of dotted path: value")
        plain = cls()
        world = data.get("world")
        return cls(
            scenario=Path(str(extended)).stem,
            world=Path(str(world)).stem if world is not None else None,
            options=tuple(Path(one).stem for one in options[1:]),
            levers={str(path): _value(value, str(path)) for path, value in levers.items()},
            months=None if "months" not in data else number("months", str(data["months"])),
            sample=number("sample", str(data.get("sample", plain.sample))),
            replicates=number("replicates", str(data.get("replicates", plain.replicates))),
        )


def _in_world(folder: Path, world: str, scenario: Scenario) -> Scenario:
    return load_scenario(scenario, world=among(family(folder, "worlds"), world, "world"))


def _with_policy(folder: Path, policy: str, scenario: Scenario) -> Scenario:
    return load_scenario(scenario, policy=among([*scenario.options, *family(folder, "policies")], policy, "policy"))


def _moved(path: str, value: Value, scenario: Scenario) -> Scenario:
    return override(scenario, path, value, path)


def ready(folder: Path) -> list[str]:
    """Names of the scenario files that a folder holds."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def family(folder: Path, name: str) -> list[str]:
    """Names of the policies or worlds that it holds."""
    return sorted(path.stem for path in (folder / name).glob("*.yaml"))


def scenario_file(folder: Path, name: str) -> Path:
    """The file of a ready scenario.

    Raises
    ------
    ValueError
        With the names there are.
    """
    return folder / f"{among(ready(folder), name, 'scenario')}.yaml"


def among(known: Sequence[str], name: str | None, what: str) -> str:
    """A name, if it is one of those known: no link leads to a file of another folder.

    Raises
    ------
    ValueError
        With the nearest one.
    """
    if name not in known:
        near = nearest(name or "", known)
        hint = f"did you mean {near!r}?" if near else f"known: {', '.join(known)}"
        raise ValueError(f"there is no {what} called {printable(name)}; {hint}")
    return str(name)


def number(name: str, text: str) -> Any:
    """A number of a link or file; shares may have a point, all else are whole.

    Raises
    ------
    ValueError
        With what was found.
    """
    try:
        value: float = float(text) if name == "sample" else int(text)
    except ValueError:
        raise ValueError(f"{name}: {text[:40]!r} is not a {'number' if name == 'sample' else 'whole number'}") from None
    if not math.isfinite(value):
        raise ValueError(f"{name}: {text[:40]!r} is not a finite number")
    return value


def refused(error: Exception) -> str:
    """What is wrong and what would be right, without the place in a file that nobody wrote."""
    if isinstance(error, ScenarioError):
        return "; ".join(f"{one.message}{f' ({one.hint})' if one.hint else ''}" for one in error.problems)
    return str(error)


def _value(value: Any, path: str) -> Value:
    if not isinstance(value, int | float | str | bool):
        raise ValueError(f"{path}: give one value, not {value!r:.40}")
    return value


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
