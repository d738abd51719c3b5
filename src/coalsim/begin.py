"""Files to begin with: a scenario, a policy or a place, complete and valid, with what is there to be changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from coalsim.atomic import atomic
from coalsim.checking import check_file
from coalsim.loading import ScenarioFile, load_scenario
from coalsim.policies import Instrument, Policy
from coalsim.registry import nearest
from coalsim.scenario.errors import ScenarioError
from coalsim.scenario.nation import read_nation
from coalsim.scenario.place import Place
from coalsim.scenario.reading import read, validate
from coalsim.scenario.writing import dump

FOLDERS = {"scenario": ".", "policy": "policies", "place": "places"}
LIKE = {"scenario": "walsall", "policy": "growth_coalition"}
PLACE = """\
{0}, as the table of {1} has it, and with what is derived for every district.
Contains public sector information licensed under the Open Government Licence v3.0.
Contains National Statistics data (c) Crown copyright and database right.

Figures of status derived, assumption or recall_unverified are not this place's own: give what you know better, with
its source. Nothing is fitted to the place yet (`coalsim calibrate` does that): it may drift under business as usual."""


def begin(kind: str, name: str, folder: Path, like: str | None = None, place: str | None = None) -> Path:
    """Write a file of a kind, `scenario`, `policy` or `place`, into a folder of scenarios; returns where it is.

    Raises
    ------
    ScenarioError, ValueError
        When there is such a file already, no district has the name, or what it is to be like is not there or not valid.
    """
    path = folder / FOLDERS[kind] / f"{file_name(name)}.yaml"
    if path.exists():
        raise ValueError(f"{path} is there already; give another name, or change the file")
    if kind == "place":
        text = _place(name, folder)
    else:
        other = _there(folder / FOLDERS[kind], like or LIKE[kind], "--like")
        text = _policy(name, other) if kind == "policy" else _scenario(name, folder, other, path.stem, place)
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
        try:
            check_file(temporary)
        except ScenarioError as error:
            first = error.problems[0]
            raise ValueError(
                f"{path} is not written, since it would not be valid: {first.path}: {first.message}"
            ) from None
    return path


def file_name(name: str) -> str:
    """A name as file names are written: small letters, digits and underscores.

    Raises
    ------
    ValueError
        When nothing is left of it, it is too long, or it holds control characters.
    """
    stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not stem or len(name) > 80 or not name.isprintable():
        raise ValueError(f"{name[:60]!r} makes no file name; give up to 80 letters, digits and spaces")
    return stem


def _place(name: str, folder: Path) -> str:
    known: list[str] = []
    for nation in sorted((folder / "nation").glob("*.yaml")):
        for place in read_nation(nation, root=folder):
            if name.lower() == place.name.lower():
                return _comment(PLACE.format(place.name, nation.name).splitlines()) + _dump(_figures(place))
            known.append(place.name)
    near = nearest(name, known)
    hint = f"; did you mean {near!r}?" if near else ""
    raise ValueError(f"no district of a nation in {folder / 'nation'} is called {name[:60]!r}{hint}")


def _figures(place: Place) -> dict[str, Any]:
    """A place as a file holds it, derived figures to six digits."""

    def rounded(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: rounded(value) for key, value in part.items()}
        return float(f"{part:.6g}") if isinstance(part, float) else part

    figures: dict[str, Any] = rounded(place.model_dump(mode="json", exclude_defaults=True, exclude={"calibration"}))
    return figures


def _policy(name: str, other: Path) -> str:
    policy = validate(Policy, read(other))
    says = (
        f"Begun with the instruments of {other.name}. Months count from the start of a run. `coalsim list instruments` shows",
        "what else there is.",
    )
    head = {"name": name, **policy.model_dump(mode="json", exclude_defaults=True, include={"summary", "where"})}
    listed = "".join(f"  {key}:\n{''.join(_settings(one))}" for key, one in policy.instruments.items())
    return _comment(says) + _dump(head) + (f"instruments:\n{listed}" if listed else "instruments: {}\n")


def _settings(instrument: Instrument) -> Iterator[str]:
    """Lines of an instrument, each setting under what it means and its unit."""
    values = instrument.model_dump(mode="json")
    for key, field in type(instrument).model_fields.items():
        said = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        yield f"    # {field.description}" + (f" [{said['unit']}]" if said.get("unit") else "") + "\n"
        yield "".join(f"    {line}\n" for line in _dump({key: values[key]}).splitlines())


def _scenario(name: str, folder: Path, other: Path, stem: str, place: str | None) -> str:
    load_scenario(other)  # for its faults
    given = read(other).data
    if place is None and (folder / "places" / f"{stem}.yaml").is_file():
        place = stem
    content = {key: given[key] for key in ScenarioFile.model_fields if key in given and key not in ("name", "question")}
    if place is not None:
        where = {"place": f"places/{_there(folder / 'places', place, '--place').name}"}
        content = where | {key: value for key, value in content.items() if key not in ("place", "places", "nation")}
    others = [f"policies/{path.name}" for path in sorted((folder / "policies").glob("*.yaml"))]
    says = (
        "yaml-language-server: $schema=scenario.schema.json",
        f"Begun with what {other.name} says. The first option is what the others are compared with. Further ones are:",
        *(f"  - {one}" for one in others if one not in given["options"]),
    )
    return _comment(says) + _dump({"name": name, **content})


def _there(folder: Path, name: str, option: str) -> Path:
    """The file of that name in a folder."""
    names = [path.stem for path in sorted(folder.glob("*.yaml"))]
    if name not in names:
        near = nearest(name, names)
        hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(names) or 'none'}"
        raise ValueError(f"{option} {name[:60]}: there is no such file in {folder}; {hint}")
    return folder / f"{name}.yaml"


def _comment(lines: Iterable[str]) -> str:
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)


def _dump(content: dict[str, Any]) -> str:
    """As YAML, a figure with its source on one line if it fits."""
    flow = {key: None if isinstance(value, dict) else False for key, value in content.items()}
    return "".join(dump({key: value}, default_flow_style=flow[key]) for key, value in content.items())
