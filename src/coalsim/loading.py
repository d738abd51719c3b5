"""Scenario files into scenarios: places, worlds and policies joined, then overridden."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

import coalsim.policies  # noqa: F401  (makes the instruments known)
from coalsim.policies.policy import Policy
from coalsim.registry import nearest
from coalsim.scenario.document import Document
from coalsim.scenario.errors import Mark, Misfit, Problem, ScenarioError, UnknownPathError
from coalsim.scenario.nation import read_nation
from coalsim.scenario.parameter import PRINTABLE, Fact, Strict
from coalsim.scenario.place import MOST_PLACES, Place
from coalsim.scenario.reading import read, resolve, validate
from coalsim.scenario.schema import BORDERS, Borders, Scenario, Success
from coalsim.scenario.world import World


class ScenarioFile(Strict):
    """A scenario file as it is written: places, world and policies by the names of their files."""

    name: str = Field(min_length=1, max_length=120, pattern=PRINTABLE)
    question: str = Field("", max_length=1000, pattern=PRINTABLE, description="What the scenario is to answer.")
    place: str | None = Field(None, description="Place file, such as places/walsall.yaml.")
    places: list[str] | None = Field(None, description="Place files, in place of `place`.")
    nation: str | None = Field(
        None, description="Nation file, in place of `place`: all its districts, such as nation/england_2006.yaml."
    )
    world: str = Field(description="World file, such as worlds/steady.yaml.")
    start: str = Field(pattern=r"^\d{4}-\d{2}$", description="First month, as 2006-04.")
    months: int = Field(ge=1, le=1200, description="Length of a run.")
    options: list[str] = Field(min_length=1, description="Policy files; the first is the counterfactual.")
    sample: float = Field(1.0, gt=0, le=1, description="Share of residents aged 16-64 simulated.")
    replicates: int = Field(20, ge=1, le=100_000, description="Runs per option.")
    budget_neutral: bool = Field(
        False, description="Whether programme money is taken from the partners' own settlements."
    )
    borders: Borders = Field("investment", description=BORDERS)
    success: Success = Success()
    overrides: dict[str, Any] = Field(default_factory=dict, description="Dotted path: value.")


def load_scenario(
    scenario: Scenario | str | Path, /, *, world: str | None = None, policy: str | None = None, **overrides: Any
) -> Scenario:
    """Read a scenario file, or take a scenario, and apply overrides.

    Parameters
    ----------
    scenario : path or Scenario
    world : str, optional
        Name or file of another world.
    policy : str, optional
        A policy that must be among the options; one that is not is looked for in the scenario folder's `policies`.
    **overrides
        Field or dotted path and value, for example `months=60` or `**{"policy.pooled_fund.share": 0.3}`.

    Raises
    ------
    ScenarioError
        When a file or value is wrong; it names file, line and column and says what would be right.
    TypeError
        When the scenario is neither, such as a part of one.
    """
    if not isinstance(scenario, Scenario | str | Path):
        raise TypeError(
            f"scenario: give a Scenario or the path of a file; found {scenario!r:.60}; where something takes a list of values, "
            "as Mesa's batch_run does, write [scenario]"
        )
    loaded = scenario if isinstance(scenario, Scenario) else _read_scenario(Path(scenario))
    folder = loaded.folder
    if world is not None:
        loaded = _changed(loaded, {"world": named_world(loaded, world)}, f"--world {world}")
    if policy is not None and policy not in loaded.options:
        document = read(named_file(folder, "policies", policy, "--policy"), root=folder)
        added = validate(Policy, document)
        _check_where(loaded, added, f"--policy {policy}")
        loaded = _changed(loaded, {"options": {**loaded.options, policy: added}}, f"--policy {policy}")
    for path, value in overrides.items():
        loaded = override(loaded, path, value)
    return loaded


def named_world(scenario: Scenario, name: str) -> World:
    """A world by name, from the folder of the scenario, or by file, changed as the scenario's own world was.

    Raises
    ------
    ScenarioError
        With the nearest name, or with what is wrong in the file.
    """
    world = validate(World, read(named_file(scenario.folder, "worlds", name, "--world"), root=scenario.folder))
    for path, value in scenario._of_world.items():
        world = _replace(world, path.split(".")[1:], value, f"{path}={value} in world {name}")
    return world


def check_overrides(scenario: Scenario, policy: str, overrides: Mapping[str, Any]) -> None:
    """Refuse to run one policy with a change to an instrument that it does not have.

    Raises
    ------
    ScenarioError
        With the options that have the instrument.
    """
    for path, value in overrides.items():
        first, *rest = path.split(".")
        if first == "policy" and rest and rest[0] not in _changeable(scenario.options[policy]):
            having = [name for name, option in scenario.options.items() if rest[0] in _changeable(option)]
            hint = f"options that have it: {', '.join(having)}"
            raise _error(f"--set {path}={value}", f"{policy} has no {rest[0]}", hint)


def keep_options(scenario: Scenario, *policies: str) -> Scenario:
    """The scenario with the counterfactual and the options named, in that order, and no other."""
    first = next(iter(scenario.options))
    return _changed(
        scenario,
        {"options": {name: scenario.options[name] for name in dict.fromkeys((first, *policies))}},
        f"--policy {','.join(policies)}",
    )


def load_policy(path: str | Path) -> Policy:
    """Read one policy file."""
    return validate(Policy, read(Path(path)))


def override(scenario: Scenario, path: str, value: Any, origin: str | Mark | None = None) -> Scenario:
    """A scenario with one value changed.

    `policy.INSTRUMENT.FIELD` changes the instrument in every option that has it; `place.X` every place; a figure of a place
    is named without `.value`. Other paths start at the scenario: `months`, `world.labour.direct_moves`, and with the number of an
    item, from 0, `world.shocks.0.jobs`.
    """
    origin = origin or f"--set {path}={value}"
    steps = path.split(".")
    if steps[0] == "policy":
        having = [name for name, option in scenario.options.items() if steps[1:2] and steps[1] in _changeable(option)]
        if having and len(steps) < 3:
            raise _nowhere(origin, f"{path}: name a setting of the instrument", f"such as {path}.start")
        if not having:
            known = sorted({name for option in scenario.options.values() for name in _changeable(option)})
            near = nearest(steps[1], known) if len(steps) > 1 else None
            hint = f"did you mean {near!r}?" if near else f"instruments in the options: {', '.join(known) or 'none'}"
            raise _nowhere(origin, f"{path}: no option has this instrument", hint)
        options = dict(scenario.options)
        for name in having:
            inside = steps[1:] if steps[1] == "where" else ["instruments", *steps[1:]]
            options[name] = _replace(options[name], inside, value, origin)
            _check_where(scenario, options[name], origin)
        return _changed(scenario, {"options": options}, origin)
    if steps[0] == "place" and len(steps) > 1:
        places = [_replace(place, steps[1:], value, origin) for place in scenario.places]
        return _changed(scenario, {"places": places}, origin)
    changed = _keep(scenario, _replace(scenario, steps, value, origin))
    if steps[0] == "options":
        for name, option in changed.options.items():
            if not isinstance(option, Policy):
                raise _error(origin, f"{path}: {name} would be no policy", "write policy.INSTRUMENT.SETTING")
            _check_where(changed, option, origin)
    if steps[0] == "world" and len(steps) > 1:
        changed._of_world = {**changed._of_world, path: value}
    return changed


def _changeable(policy: Policy) -> list[str]:
    """What of a policy can be changed by `policy.NAME.SETTING`: its instruments, and where it is adopted if it says so."""
    return [*policy.instruments, *(["where"] if policy.where is not None else [])]


def _check_where(scenario: Scenario, policy: Policy, where: str | Mark) -> None:
    """Refuse a policy for places that are not there."""
    if policy.where is not None:
        try:
            policy.where.adopters(scenario.places)
        except Misfit as error:
            at = ".".join(map(str, ("where", *error.at)))
            raise _error(where, f"{policy.name}, {at}: {error.message}", error.hint) from None


def _read_scenario(path: Path) -> Scenario:
    document = read(path)
    data = document.data
    _take(document, "place", "places")
    if "nation" in data:
        _take_nation(document)
    places = data.get("places")
    if isinstance(places, list):
        if len(places) > MOST_PLACES:  # before any is read
            raise _error(document.mark(("places",)), f"places: {len(places):,} are too many; at most {MOST_PLACES}")
        data["places"] = [
            item if isinstance(item, Place) else _part(document, Place, item, ("places", k))
            for k, item in enumerate(places)
        ]
    if "world" in data:
        data["world"] = _part(document, World, data["world"], ("world",))
    listed = data.get("options")
    if isinstance(listed, list):
        options: dict[str, Policy] = {}
        for k, item in enumerate(listed):
            where = ("options", k)
            policy = _part(document, Policy, item, where)
            name = Path(item).stem if isinstance(item, str) else policy.name
            if name in options:
                raise _error(document.mark(where), f"options: {name} is listed twice")
            options[name] = policy
        data["options"] = options
    elif "options" in data:
        raise _error(document.mark(("options",)), "options: give a list of policy files, the counterfactual first")
    overrides = data.pop("overrides", None) or {}
    if not isinstance(overrides, Mapping):
        raise _error(document.mark(("overrides",)), "overrides: give a mapping of dotted path: value")
    scenario = validate(Scenario, document)
    scenario._folder = document.root
    for k, policy in enumerate(scenario.options.values()):
        _check_where(scenario, policy, document.mark(("options", k)))
    for dotted, value in overrides.items():
        scenario = override(scenario, str(dotted), value, document.mark(("overrides", dotted)))
    return scenario


def _take(document: Document, single: str, several: str) -> None:
    """`place: x` is short for `places: [x]`."""
    data = document.data
    if single in data:
        if several in data:
            raise _error(document.mark((single,), key=True), f"give {single} or {several}, not both")
        mark = document.mark((single,))
        data[several] = [data.pop(single)]
        document.values[several, 0] = document.values[(several,)] = mark


def _take_nation(document: Document) -> None:
    """`nation: x` stands for all its places."""
    data, mark = document.data, document.mark(("nation",))
    if "places" in data:
        raise _error(document.mark(("nation",), key=True), "give nation, place or places, and only one of them")
    file = data.pop("nation")
    if not isinstance(file, str):
        raise _error(mark, f"nation: give the name of a file, such as nation/england_2006.yaml; found {file!r:.60}")
    data["places"] = read_nation(resolve(document, file, mark), root=document.root)
    document.values[("places",)] = mark


def _part[M: BaseModel](document: Document, kind: type[M], item: Any, where: tuple[str | int, ...]) -> M:
    """A place, world or policy: the name of a file."""
    if not isinstance(item, str):
        raise _error(
            document.mark(where),
            f"{where[0]}: give the name of a file, such as {where[0]}/NAME.yaml; found {item!r:.60}",
        )
    return validate(kind, read(resolve(document, item, document.mark(where)), root=document.root))


def named_file(folder: Path | None, family: str, name: str, flag: str) -> Path:
    """The file of a world or policy given by name or path on the command line."""
    base = folder or Path("scenarios")
    known = {path.stem: path for path in sorted((base / family).glob("*.yaml"))}
    if name in known:
        return known[name]
    if name.endswith((".yaml", ".yml")) and os.path.isfile(name):  # not Path.is_file, which fails on a long name
        return Path(name)
    near = nearest(name, known)
    hint = f"did you mean {near!r}?" if near else f"known: {', '.join(known) or 'none'}"
    raise _error(f"{flag} {name}", f"there is no {family[:-1].replace('ie', 'y')} called {name[:60]!r}", hint)


def _replace(node: Any, steps: list[str], value: Any, origin: str | Mark) -> Any:
    """A copy of `node` with one value inside it changed, validated level by level."""
    first, rest = steps[0], steps[1:]
    if isinstance(node, list):
        is_there = first.isascii() and first.isdigit() and len(first) < 6 and int(first) < len(node)
        if not is_there or not rest:
            message = f"there is no item {first[:60]!r}" if not is_there else "give a value inside the item"
            length = f"the list has {len(node)}, counted from 0" if node else "the list is empty"
            raise _nowhere(origin, f"{'.'.join(steps)}: {message}; {length}")
        k = int(first)
        return [*node[:k], _replace(node[k], rest, value, origin), *node[k + 1 :]]
    if not isinstance(node, BaseModel | dict):
        raise _nowhere(origin, f"{'.'.join(steps)}: nothing lies below this value")
    fields = dict(node)
    if isinstance(node, Fact) and first not in fields:
        raise _nowhere(origin, f"{first}: a figure has no such part")
    if first not in fields:
        near = nearest(first, fields)
        hint = f"did you mean {near!r}?" if near else f"known: {', '.join(map(str, fields))}"
        raise _nowhere(origin, f"{'.'.join(steps)}: there is nothing called {first[:60]!r} here", hint)
    old = fields[first]
    if rest:
        new = _replace(old, rest, value, origin)
    elif isinstance(old, Fact) and not isinstance(value, Mapping):
        new = _replace(old, ["value"], value, origin)
    else:
        new = value
    fields[first] = new
    if isinstance(node, dict):
        return fields
    mark = origin if isinstance(origin, Mark) else Mark(origin)
    document = Document(path=Path(mark.file), root=Path(), data=fields, values={(): mark})
    return validate(type(node), document)


def _changed(scenario: Scenario, parts: dict[str, Any], origin: str | Mark) -> Scenario:
    mark = origin if isinstance(origin, Mark) else Mark(origin)
    document = Document(path=Path(mark.file), root=Path(), data={**dict(scenario), **parts}, values={(): mark})
    return _keep(scenario, validate(Scenario, document))


def _keep(old: Scenario, new: Scenario) -> Scenario:
    new._folder, new._of_world = old._folder, old._of_world
    return new


def _error(where: str | Mark, message: str, hint: str = "") -> ScenarioError:
    mark = where if isinstance(where, Mark) else Mark(where)
    return ScenarioError(Problem(mark.file, mark.line, mark.column, "", message, hint))


def _nowhere(where: str | Mark, message: str, hint: str = "") -> UnknownPathError:
    return UnknownPathError(_error(where, message, hint).problems)
