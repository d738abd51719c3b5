"""What kind of file a file is, whether it is valid, and what a folder of scenario files holds."""

from inspect import isfunction
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from coalsim.loading import ScenarioFile, load_scenario
from coalsim.policies import Policy, instruments
from coalsim.scenario.jsonschema import Described
from coalsim.scenario.nation import NationFile, read_nation
from coalsim.scenario.place import Place
from coalsim.scenario.reading import read, validate
from coalsim.scenario.world import World

KINDS: dict[str, type[BaseModel]] = {
    "scenario": ScenarioFile,
    "place": Place,
    "nation": NationFile,
    "world": World,
    "policy": Policy,
}


def models() -> dict[str, Described]:
    """What describes each kind of file; importing that of experiments takes a while, since they name indicators."""
    from coalsim.experiments import files

    return {**KINDS, "experiment": files.KINDS}


def check_file(path: Path) -> str:
    """Validate a file and all it refers to; returns its kind.

    Raises
    ------
    ScenarioError
        With every problem found.
    """
    document = read(path)
    kind = kind_of(path, document.data)
    if kind == "experiment":
        from coalsim.experiments.files import load_experiment

        load_experiment(path)
    elif kind == "scenario":
        load_scenario(path)
    elif kind == "nation":
        read_nation(path, root=path.parent.parent if path.parent.name == "nation" else None)
    else:
        validate(KINDS[kind], document)
    return kind


def kind_of(path: Path, data: dict[Any, Any]) -> str:
    """Told by its folder, else by its keys."""
    folders = {
        "places": "place",
        "nation": "nation",
        "worlds": "world",
        "policies": "policy",
        "experiments": "experiment",
    }
    if path.parent.name in folders:
        return folders[path.parent.name]
    if "kind" in data:
        return "experiment"
    for kind, key in (
        ("policy", "instruments"),
        ("place", "neighbourhoods"),
        ("nation", "districts"),
        ("world", "mechanisms"),
    ):
        if key in data:
            return kind
    return "scenario"


def catalogue(family: str, folder: Path) -> list[dict[str, str]]:
    """The members of a family with what they are, as rows of text."""
    if family == "instruments":
        return [
            {"instrument": name, "phase": kind.phase, "what": _first(kind.__doc__)}
            for name, kind in instruments.items()
        ]
    if family == "indicators":
        from coalsim.indicators import indicators

        return [{"indicator": i.name, "unit": i.unit, "better": i.better, "what": i.doc} for i in indicators.values()]
    if family == "methods":
        from coalsim import analysis

        methods = [(name, getattr(analysis, name)) for name in analysis.__all__]
        return [{"method": name, "what": _first(one.__doc__)} for name, one in methods if isfunction(one)]
    if not (folder / family).is_dir():
        raise ValueError(f"there is no folder {folder / family}; name the folder of scenario files with --folder")
    rows = []
    for path in sorted((folder / family).glob("*.yaml")):
        data = read(path).data
        if family == "places":
            place = validate(Place, read(path))
            people = f"{place.residents.population.value:,.0f} residents"
            what = f"{people}, {place.neighbourhoods} neighbourhoods, ONS code {place.code}"
        else:
            what = " ".join(str(data.get("summary", "")).split())
        rows.append({"name": path.stem, "title": str(data.get("name", "")), "what": what})
    return rows


def _first(doc: str | None) -> str:
    return (doc or "").strip().splitlines()[0]
