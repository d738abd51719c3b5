"""Receipts: what a finished part leaves in the journal, as workers write it and as it is read back, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from coalsim.experiments.journal import Journal
from coalsim.experiments.manifest import MANIFEST
from coalsim.experiments.parts import FAMILIES, PART, DamagedError

MOST_RUNS = 100_000_000  # more than anybody has run, and few enough that a forged number takes no memory


class Receipt(NamedTuple):
    """What a worker hands back for a part: its file name ("" if none), the hash of each file, and a row for each run."""

    part: str
    hashes: dict[str, str]
    rows: list[dict[str, Any]]


def journal_parts(folder: Path, experiment_hash: str) -> Iterator[Receipt]:
    """Every part that the journal of a folder names, the oldest first.

    Raises
    ------
    DamagedError
        When the journal is damaged, made up or another experiment's.
    """
    path = Journal(folder).path
    if not Journal(folder).exists():
        raise DamagedError(f"{path} is missing; restore it from a copy")
    entries = Journal(folder).entries()
    if next(entries, {}).get("experiment") != experiment_hash:
        raise DamagedError(f"{path} does not belong to {folder / MANIFEST}; restore both from a copy")
    kept: list[Receipt] = []
    for number, entry in enumerate(entries, 2):
        try:
            if "dropped" in entry:
                gone = set(entry["dropped"])
                kept = [one for one in kept if one.part not in gone]
            else:
                _WRITTEN.validate_python(entry)
                kept.append(Receipt(**entry))
                if not entry["hashes"] and any(row["status"] == "done" for row in entry["rows"]):
                    raise TypeError("runs that are done lie in a part")
        except (ValidationError, TypeError):
            name = str(entry.get("part"))[:60]
            raise DamagedError(f"{path}:{number} names {name!r}, which is no part; restore it from a copy") from None
    yield from kept


class _Failed(TypedDict):
    run_id: Annotated[int, Field(ge=0, lt=MOST_RUNS)]
    status: Literal["failed"]
    seconds: float | None
    error: str


class _Done(TypedDict):
    run_id: Annotated[int, Field(ge=0, lt=MOST_RUNS)]
    status: Literal["done"]
    seconds: float | None
    fingerprint: str
    tipped: list[int | None]
    met_at_start: list[bool]


class _Written(TypedDict):
    __pydantic_config__ = ConfigDict(strict=True, extra="forbid")  # type: ignore[misc]

    part: Annotated[str, Field(pattern=f"^({PART.pattern})?$")]
    hashes: dict[Annotated[str, Field(pattern=f"^({'|'.join(FAMILIES)})$")], str]
    rows: list[Annotated[_Failed | _Done, Field(discriminator="status")]]


_WRITTEN = TypeAdapter(_Written)
