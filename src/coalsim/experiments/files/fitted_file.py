"""Where fitted numbers go: a file beside the place or world file that it extends, never over one written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coalsim.loading import named_file
from coalsim.scenario.reading import read, read_alone, resolve
from coalsim.scenario.schema import Scenario

FIRST_LINE = "# Written by `coalsim calibrate"
FAMILIES = {"place": "place file", "world": "world file"}  # what fitted numbers can be written to


@dataclass(frozen=True)
class Destination:
    """A file to write, and the one it extends."""

    path: Path
    base: Path
    family: str


def destination(
    paths: list[str], scenario_file: Path, scenario: Scenario, world: str | None, target: Path, *, force: bool = False
) -> Destination:
    """Where numbers of these dotted paths go.

    Raises
    ------
    ValueError
        When they do not belong into one file, or the file may not be written.
    """
    first = {path.partition(".")[0] for path in paths}
    family = next(iter(first)) if len(first) == 1 else ""
    if family not in FAMILIES:
        raise ValueError(f"{target}: {', '.join(paths)} do not all belong to a place, or all to a world")
    if family == "place" and len(scenario.places) > 1:
        names = ", ".join(place.name for place in scenario.places)
        raise ValueError(f"{target}: one place is written; the scenario has {names}")
    base = _base(family, scenario_file, scenario, world)
    if "\0" in str(target):  # of which each version of Python says something else
        raise ValueError("a name of a file holds a null character; leave it out")
    if target.suffix != ".yaml":
        raise ValueError(f"{target}: give the name of a {FAMILIES[family]} that ends in .yaml")
    if target.resolve() == base.resolve():
        if not is_written(target):
            raise ValueError(f"{target}: it is the file that the scenario uses; name another, which will extend it")
        if lost := _others(target, paths):
            raise ValueError(
                f"{target}: it holds other fitted numbers, which would be lost: {', '.join(lost)}; name another file"
            )
        content = read_alone(target).data
        if "extends" not in content:
            raise ValueError(f"{target}: it says that a calibration wrote it, and extends nothing; name another file")
        base = target.parent / str(content["extends"])
    if target.resolve().parent != base.resolve().parent:
        raise ValueError(f"{target}: a file that extends {base.name} must lie in its folder, {base.parent}")
    if target.exists() and not is_written(target) and not force:
        raise ValueError(f"{target}: it was written by hand; name another file, or give --force to write over it")
    return Destination(target, base, family)


def is_written(path: Path) -> bool:
    """Whether a file was written by a calibration."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return False
        with path.open(encoding="utf-8") as file:
            return file.readline(len(FIRST_LINE)) == FIRST_LINE
    except (OSError, ValueError):
        return False


def _base(family: str, scenario_file: Path, scenario: Scenario, world: str | None) -> Path:
    if family == "world" and world is not None:
        return named_file(scenario.folder, "worlds", world, "--world")
    document = read(scenario_file)
    where = ("world",) if family == "world" else ("place",) if "place" in document.data else ("places", 0)
    if where[0] not in document.data:
        raise ValueError(
            f"{scenario_file}: its place is of a nation's table, which is not written to; name a place file"
        )
    reference = document.data[where[0]] if len(where) == 1 else document.data["places"][0]
    return resolve(document, reference, document.mark(where))


def _others(target: Path, paths: list[str]) -> list[str]:
    """Numbers that a written file holds beside those of these paths."""
    own = [path.partition(".")[2] for path in paths]

    def leaves(node: Any, path: str) -> Iterator[str]:
        if isinstance(node, dict):
            for key, value in node.items():
                yield from leaves(value, f"{path}.{key}" if path else str(key))
        else:
            yield path

    lists = {path.split(".")[0] for path in own if any(step.isdigit() for step in path.split("."))}
    return [
        path
        for path in leaves(read_alone(target).data, "")
        if not {"extends", "name", "provenance", *lists} & set(path.split("."))
        and not any(path == one or path.startswith(f"{one}.") for one in own)
    ]
