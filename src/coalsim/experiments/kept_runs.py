"""The runs of a calibration that are there already, and the folder they are kept in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from coalsim.experiments import record
from coalsim.experiments.journal import Journal
from coalsim.experiments.lock import lock_folder, unlock_folder
from coalsim.experiments.manifest import MANIFEST, MOST_DIFFERENCES, differences, read_manifest, write_manifest
from coalsim.experiments.store import Counts, now, refuse_foreign

if TYPE_CHECKING:
    from coalsim.experiments.calibrate import Question

KIND = "calibrate"

type Point = tuple[float, ...]


class Kept:
    """Runs that are there already, and the folder they are kept in, if one was asked for."""

    def __init__(self, folder: Path | None = None) -> None:
        self.known: dict[tuple[Point, int], list[float]] = {}
        self._folder = folder
        self._journal = Journal(folder) if folder is not None else None
        self._manifest: dict[str, Any] = {}

    @classmethod
    @contextmanager
    def open(cls, folder: Path | None, question: Question) -> Iterator[Kept]:
        """Runs kept in memory, or in a folder that is new, empty, or holds the same calibration."""
        if folder is None:
            yield cls()
            return
        is_new = refuse_foreign(folder)
        lock: FileLock = lock_folder(folder)
        try:
            kept = cls(folder)
            kept._begin(question)
        except BaseException:
            unlock_folder(folder, lock, is_new)
            raise
        try:
            yield kept
        finally:
            unlock_folder(folder, lock)

    def _begin(self, question: Question) -> None:
        assert self._folder is not None
        assert self._journal is not None
        described = question.described()
        here = {**described, "deciding": record.deciding()}
        if (self._folder / MANIFEST).is_file():
            manifest = read_manifest(self._folder)
            if manifest["kind"] != KIND:
                raise ValueError(
                    f"--out {self._folder}: it holds results of another kind of command; name a new folder"
                )
            if changed := list(differences({key: manifest[key] for key in here}, here)):
                raise ValueError(
                    f"--out {self._folder}: it holds another calibration: it differs in "
                    f"{', '.join(changed[:MOST_DIFFERENCES])}; name a new folder"
                )
            self._journal.cut_torn_line()
        self._manifest = {"kind": KIND, **here, **record.surroundings(), "started": now()}
        self._write("running", Counts(question.runs, 0, 0))
        if self._journal.exists():
            for entry in self._journal.entries():
                for point, seed, values in entry["runs"]:
                    self.known[tuple(point), seed] = values

    def add(self, done: Mapping[tuple[Point, int], list[float]]) -> None:
        """Keep some runs."""
        self.known.update(done)
        if self._journal is not None and done:
            self._journal.append({"runs": [[list(point), seed, values] for (point, seed), values in done.items()]})

    def finish(self, state: str, counts: Counts) -> None:
        """Write down how it ended."""
        if self._folder is not None:
            with contextlib.suppress(OSError) if state == "stopped" else contextlib.nullcontext():
                self._write(state, counts)

    def _write(self, state: str, counts: Counts) -> None:
        assert self._folder is not None
        write_manifest(self._folder, {**self._manifest, "runs": counts._asdict(), "state": state})
