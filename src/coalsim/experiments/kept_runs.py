"""The runs of an adaptive experiment that are there already, and the folder they are kept in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock

from coalsim.experiments import record
from coalsim.experiments.journal import Journal
from coalsim.experiments.lock import LOCK, OWNER, lock_folder, unlock_folder
from coalsim.experiments.manifest import MANIFEST, MOST_DIFFERENCES, differences, read_manifest, write_manifest
from coalsim.experiments.parts import DamagedError
from coalsim.experiments.store import Counts, now, refuse_foreign

type Task = tuple[Any, ...]
"""Which run: nested tuples of numbers and texts, so that it is a key here and a list in JSON."""


class Question(Protocol):
    """What an adaptive experiment asks: it decides which runs there are, and carries each out."""

    @property
    def kind(self) -> str:
        """The command that asks it."""
        ...

    @property
    def runs(self) -> int:
        """Most runs."""
        ...

    def described(self) -> dict[str, Any]:
        """Everything that decides what runs give, as JSON."""
        ...

    def carry_out(self, task: Task) -> Any:
        """What a run gives, as JSON."""
        ...

    def told(self, task: Task) -> str:
        """Which run that is, in words."""
        ...


class Kept:
    """Runs that are there already, and the folder they are kept in, if one was asked for."""

    def __init__(self, folder: Path | None = None) -> None:
        self.known: dict[Task, Any] = {}
        self._folder = folder
        self._journal = Journal(folder) if folder is not None else None
        self._manifest: dict[str, Any] = {}

    @classmethod
    @contextmanager
    def open(cls, folder: Path | None, question: Question) -> Iterator[Kept]:
        """Runs kept in memory, or in a folder that is new, empty, or holds the same experiment."""
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
            if manifest["kind"] != question.kind:
                raise ValueError(
                    f"--out {self._folder}: it holds results of another kind of command; name a new folder"
                )
            if changed := list(differences({key: manifest[key] for key in here}, here)):
                raise ValueError(
                    f"--out {self._folder}: it holds another experiment of this kind: it differs in "
                    f"{', '.join(changed[:MOST_DIFFERENCES])}; name a new folder"
                )
            self._journal.cut_torn_line()
        self._manifest = {"kind": question.kind, **here, **record.surroundings(), "started": now()}
        self._write("running", Counts(question.runs, 0, 0))
        if self._journal.exists():
            for entry in self._journal.entries():
                try:
                    self.known.update((_as_task(task), value) for task, value in entry["runs"])
                except (KeyError, TypeError, ValueError):
                    raise DamagedError(f"{self._journal.path} holds no runs; restore it from a copy") from None

    def add(self, done: Mapping[Task, Any]) -> None:
        """Keep what some runs gave."""
        self.known.update(done)
        if self._journal is not None and done:
            self._journal.append({"runs": [[task, value] for task, value in done.items()]})

    def finish(self, state: str, counts: Counts) -> None:
        """Write down how it ended."""
        if self._folder is not None:
            with contextlib.suppress(OSError) if state == "stopped" else contextlib.nullcontext():
                self._write(state, counts)

    def _write(self, state: str, counts: Counts) -> None:
        assert self._folder is not None
        write_manifest(self._folder, {**self._manifest, "runs": counts._asdict(), "state": state})


def seal(folder: Path) -> None:
    """Take the hash of every file of a study that has ended into its manifest, when all is written."""
    own = (MANIFEST, LOCK, OWNER, Journal(folder).path.name)
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in own)
    hashes = {path.relative_to(folder).as_posix(): record.hash_of_file(path) for path in paths}
    write_manifest(folder, {**read_manifest(folder), "files": hashes})


def _as_task(listed: Any) -> Any:
    """A task as it was before JSON made lists of its tuples."""
    return tuple(map(_as_task, listed)) if isinstance(listed, list) else listed
