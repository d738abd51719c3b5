"""The manifest of a results folder: what was run and with which code, sealed with its own hash."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict

from pydantic import ConfigDict, TypeAdapter, ValidationError

from coalsim.atomic import write_text
from coalsim.experiments import record
from coalsim.experiments.design import Design
from coalsim.experiments.parts import DamagedError

MANIFEST = "manifest.json"
MOST_DIFFERENCES = 4
STUDIES = ("tipping", "sensitivity", "discover", "calibrate")  # commands in which runs depend on what was found before


class Shape(TypedDict, total=False):
    """What commands look for in every manifest; kinds of experiments hold more, which those that read it look at."""

    __pydantic_config__ = ConfigDict(strict=True)  # type: ignore[misc]

    kind: str
    experiment_hash: str
    scenario: dict[str, Any]
    seed: int
    replicates: int
    deciding: dict[str, str]
    runs: dict[str, int]
    state: str
    files: dict[str, str]


class Manifest(dict[str, Any]):
    """A manifest that was read. Whatever is not in it was left out by whoever made its hash anew."""

    def __missing__(self, key: str) -> Any:
        raise DamagedError(f"{MANIFEST} does not say {key!r}, so these are no results; restore it from a copy")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a results folder.

    Raises
    ------
    ValueError
        When there is none, or the folder holds a link, which could lead to files that are no results.
    DamagedError
        When it is not what was written.
    """
    path = folder / MANIFEST
    if link := _link_in(str(folder)):
        raise ValueError(
            f"{link} is a link, and what it leads to would be read or changed as if it were results; put the file itself there"
        )
    try:
        content = json.loads(path.read_bytes())
        written = content.pop("sha256")
    except FileNotFoundError:
        raise ValueError(f"{folder}: there is no {MANIFEST}, so this is not a folder of results") from None
    except (ValueError, KeyError, AttributeError, TypeError):
        raise DamagedError(f"{path} is damaged; restore it from a copy") from None
    if record.hash_of(content) != written:
        raise DamagedError(f"{path} was changed by hand: it does not match its own hash; restore it from a copy")
    try:
        TypeAdapter(Shape).validate_python(content)
    except ValidationError as error:
        key = ".".join(map(str, error.errors()[0]["loc"]))
        raise DamagedError(
            f"{path}: {key} is not of its kind, so these are no results; restore it from a copy"
        ) from None
    for name in content.get("files", {}):
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise DamagedError(f"{path} names {name[:60]!r}, which lies outside the folder; restore it from a copy")
    return Manifest(content)


def written(folder: Path, manifest: Mapping[str, Any], name: str) -> Path:
    """A file of the folder, after a look at whether it is what was written.

    Raises
    ------
    DamagedError
        When it is missing, damaged, or not in the manifest.
    """
    path = folder / name
    if not path.is_file() or manifest.get("files", {}).get(name) != record.hash_of_file(path):
        raise DamagedError(f"{path} is damaged or missing; run the command that made it again, into a new folder")
    return path


def told(manifest: Mapping[str, Any]) -> str:
    """What a folder that is no ensemble holds, in words."""
    kind = manifest["kind"]
    return "a single run" if kind == "run" else f"a study, of the command coalsim {kind}"


def _link_in(folder: str) -> str:
    """The first link in or below a folder; "" if there is none."""
    found = ""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = found or (entry.path if entry.is_symlink() else _link_in(entry.path) if entry.is_dir() else "")
    return found


def write_manifest(folder: Path, content: Mapping[str, Any]) -> None:
    """A manifest with its own hash."""
    write_text(folder / MANIFEST, json.dumps({**content, "sha256": record.hash_of(content)}, indent=1))


def same_experiment(
    folder: Path, manifest: Mapping[str, Any], described: Mapping[str, Any], design: Design, *, may_hold_more: bool
) -> Design:
    """The design to go on with, or a message with what differs."""
    if manifest["kind"] in ("run", *STUDIES):
        raise ValueError(f"{folder} holds results of another kind of command; name a new folder")
    changed = list(differences({key: manifest[key] for key in described}, described))
    if changed:
        more = f" and {len(changed) - MOST_DIFFERENCES} more" if len(changed) > MOST_DIFFERENCES else ""
        raise ValueError(
            f"{folder} holds another experiment: it differs in {', '.join(changed[:MOST_DIFFERENCES])}{more}; "
            "name a new folder"
        )
    other = list(differences(manifest["deciding"], record.deciding()))
    if other:
        raise ValueError(f"{folder} was made with other code: {', '.join(other)}; name a new folder")
    there = manifest["replicates"]
    if design.replicates < there and not may_hold_more:
        raise ValueError(f"{folder} holds {there} replicates; ask for {there} or more, or name a new folder")
    return design.grown(max(design.replicates, there))


def differences(there: Any, now: Any, path: str = "") -> Iterator[str]:
    """Where two JSON values differ, as dotted paths with both values."""
    if isinstance(there, Mapping) and isinstance(now, Mapping):
        for key in {**there, **now}:
            yield from differences(there.get(key), now.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(there, list) and isinstance(now, list) and len(there) == len(now):
        for k, (a, b) in enumerate(zip(there, now)):
            yield from differences(a, b, f"{path}.{k}")
    elif there != now:
        yield f"{path} ({_short(there)} there, {_short(now)} now)"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."
