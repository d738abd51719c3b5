"""A results folder while it is written: what is there is whole, what was done stays done, one process at a time.

manifest.json                what was run, with which code, and the hash of every file
journal.jsonl                a line for each finished part, with the row of each of its runs
indicators/part-*.parquet    run_id, locality, month, a column for each indicator
distribution/part-*.parquet  run_id, locality, and the last year's outcomes by group of residents and neighbourhoods
accounts/part-*.parquet      run_id, locality, and yearly sums of money by body and of residents' months by their state
runs.parquet                 a row for each run, written at the end
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from filelock import FileLock

from coalsim.atomic import TEMPORARY, atomic
from coalsim.experiments import record
from coalsim.experiments.design import Design
from coalsim.experiments.journal import Journal
from coalsim.experiments.lock import LOCK, OWNER, lock_folder, unlock_folder
from coalsim.experiments.manifest import MANIFEST, Manifest, read_manifest, same_experiment, write_manifest
from coalsim.experiments.parts import FAMILIES, DamagedError
from coalsim.experiments.receipts import Receipt, journal_parts
from coalsim.indicators import indicators

SHARDS = "shards"
MISSING, DONE, FAILED = 0, 1, 2
FULL = (errno.ENOSPC, errno.EDQUOT)
DERIVED = (
    "report.html",
    "report.pdf",
    "tables",
)  # what `coalsim report` makes again at any time; no part of the record
BESIDE_PARTS = 2_000_000  # bytes of tables and figures, and to spare


class StorageError(OSError):
    """Results cannot be written; what was written before stays."""


class Counts(NamedTuple):
    """Runs asked for, done and failed."""

    requested: int
    done: int
    failed: int


class Store:
    """The folder of one experiment, locked while it is open."""

    def __init__(self, folder: Path, design: Design, lock: FileLock, manifest: dict[str, Any]) -> None:
        self.folder, self.design = folder, design
        self.journal = Journal(folder)
        self.parts: dict[str, dict[str, str]] = {}
        self.status = bytearray(len(design))
        self.failures: dict[int, str] = {}
        self.dropped = 0
        self._lock, self._manifest, self._retries = lock, manifest, False

    @classmethod
    def open(
        cls,
        folder: Path,
        design: Design,
        *,
        extra: Mapping[str, Any] | None = None,
        retry_failed: bool = False,
        may_hold_more: bool = False,
        drop_damaged: bool = False,
    ) -> Self:
        """Begin an experiment in a folder, or go on with it.

        Parameters
        ----------
        folder : a new or empty folder, or one that holds the same experiment
        extra : what else the manifest should say
        retry_failed : whether runs that failed count as missing
        may_hold_more : whether more replicates that are there already are taken along
        drop_damaged : whether damaged parts count as missing

        Raises
        ------
        ValueError
            When the folder is not this experiment's, cannot be written, or is in use; nothing in it is touched.
        DamagedError
            When what it holds is not what was written.
        StorageError
            When the disk is full.
        """
        is_new = refuse_foreign(folder)
        if folder.parent.name == SHARDS:
            _refuse_other_home(folder.parent.parent, design)
        lock = lock_folder(folder)
        try:
            described = design.record()
            is_begun = (folder / MANIFEST).exists()
            if is_begun:
                manifest = read_manifest(folder)
                design = same_experiment(folder, manifest, described, design, may_hold_more=may_hold_more)
            else:
                manifest = Manifest(started=now(), experiment_hash=record.hash_of(described))
            store = cls(folder, design, lock, manifest)
            manifest |= {
                "kind": manifest.get("kind", "experiment"),
                **described,
                "deciding": record.deciding(),
                **record.surroundings(),
                **(extra or {}),
            }
            with store._telling_of_a_full_disk():
                if not is_begun:  # first of all, so that whatever a crash leaves can be gone on with
                    store._write_manifest("running")
                store._recover(drop_damaged)
                if retry_failed:
                    store._retry_failed()
                store._write_manifest("running")
            return store
        except BaseException:
            unlock_folder(folder, lock, is_new)
            raise

    def _recover(self, drop_damaged: bool) -> None:
        """Take up what the journal names, after a look at each file, and clear away what it does not."""
        folders = [self.folder / family for family in FAMILIES]
        for folder in folders:
            folder.mkdir(exist_ok=True)
        self.journal.cut_torn_line()
        # Nothing runs before the journal has its first line, so one that is missing beside parts was lost.
        if self.journal.is_empty() and not any(any(folder.glob("part-*")) for folder in folders):
            self.journal.append({"experiment": self._manifest["experiment_hash"]})
        self._take_up()
        if drop_damaged:
            self._drop_damaged()
        check_parts(self.folder, self.parts)
        self._sweep()

    def _take_up(self) -> None:
        """Read from the journal what is there."""
        self.parts, self.failures, self.status = {}, {}, bytearray(len(self.design))
        for receipt in journal_parts(self.folder, self._manifest["experiment_hash"]):
            self._take(receipt)

    def _sweep(self) -> None:
        """Clear away what crashes and killed workers leave: parts that the journal does not name, and temporary files."""
        for family in FAMILIES:
            for path in (self.folder / family).iterdir():
                if path.name not in self.parts:
                    path.unlink(missing_ok=True)  # a worker that lost its main process may be at it as well
        for path in self._beside_parts().values():
            if TEMPORARY.fullmatch(path.name):
                path.unlink(missing_ok=True)

    def _retry_failed(self) -> None:
        """Let failed runs count as missing."""
        self._retries = True
        for run_id in self.failures:
            self.status[run_id] = MISSING
        self.failures.clear()

    def _drop_damaged(self) -> None:
        """Take damaged parts out of the journal, so that their runs are missing."""
        bad = {name.partition("/")[2] for name in damaged_parts(self.folder, self.parts)}
        if not bad:
            return
        self.journal.append({"dropped": sorted(bad)})
        self.dropped = len(bad)
        self._take_up()

    def receive(self, receipt: Receipt) -> None:
        """Promise a part: from here on its runs are done, whatever happens."""
        self.journal.append(receipt._asdict())
        self._take(receipt)

    def _take(self, receipt: Receipt) -> None:
        if receipt.part:
            self.parts[receipt.part] = receipt.hashes
        for row in receipt.rows:
            run_id = row["run_id"]
            if run_id >= len(self.status):
                self.status.extend(bytes(run_id + 1 - len(self.status)))
            self.failures.pop(run_id, None)
            self.status[run_id] = DONE if row["status"] == "done" else FAILED
            if row["status"] != "done":
                self.failures[run_id] = row["error"]

    def adopt(self, folder: Path) -> int:
        """Take in the parts of a shard of the same experiment; returns how many runs that added.

        Raises
        ------
        ValueError, DamagedError
            When the shard is of another experiment or damaged.
        """
        manifest = read_manifest(folder)
        same_experiment(folder, manifest, self.design.record(), self.design, may_hold_more=False)
        added = 0
        for receipt in journal_parts(folder, manifest["experiment_hash"]):
            if any(row["run_id"] >= len(self.status) for row in receipt.rows):
                raise DamagedError(f"{folder}: {receipt.part} holds runs that are not asked for; remove the folder")
            rows = [row for row in receipt.rows if row["status"] == "done" or not self._retries]
            if not rows or any(self.status[row["run_id"]] for row in rows):
                continue  # what is left of a part that is held in part runs again
            check_parts(folder, {receipt.part: receipt.hashes} if receipt.part else {})
            for family in receipt.hashes:
                with atomic(self.folder / family / receipt.part) as temporary:
                    shutil.copyfile(folder / family / receipt.part, temporary)
            self.receive(receipt._replace(rows=rows))
            added += len(rows)
        return added

    def shards(self) -> list[Path]:
        """Folders of shards that lie in this one."""
        return sorted(path for path in (self.folder / SHARDS).glob("*-of-*") if (path / MANIFEST).is_file())

    @property
    def counts(self) -> Counts:
        """Runs asked for, done and failed."""
        found = Counter(self.status)
        return Counts(len(self.design), found[DONE], found[FAILED])

    def grow(self, design: Design) -> None:
        """Go on with more replicates."""
        self.design = design
        self.status.extend(bytes(len(design) - len(self.status)))
        self._write_manifest("running")

    def finish(self, state: str, *, is_repair: bool = False) -> None:
        """Write down how it ended, with the hash of every file.

        A repair writes parts only: other files keep the hash they had, so that damage to them is not taken for what was written.
        """
        self._take_up()  # an interrupt may have come between the journal's line and taking note of it
        self._sweep()
        known = self._manifest.get("files", {}) if is_repair else {}
        written = (*FAMILIES, self.journal.path.name)
        files = {name: sha for name, sha in known.items() if name.split("/")[0] not in written}
        files |= part_files(self.parts)
        for name, path in self._beside_parts().items():
            if name not in files and name not in (MANIFEST, LOCK, OWNER):
                files[name] = record.hash_of_file(path)
        self._manifest |= {"files": dict(sorted(files.items())), "ended": now()}
        self._write_manifest(state)

    def _beside_parts(self) -> dict[str, Path]:
        """Files of this folder by name, without parts, shards and reports."""
        found = {path.relative_to(self.folder).as_posix(): path for path in sorted(self.folder.rglob("*"))}
        return {
            name: path
            for name, path in found.items()
            if name.split("/")[0] not in (*FAMILIES, SHARDS, *DERIVED) and path.is_file()
        }

    def _write_manifest(self, state: str) -> None:
        self._manifest |= {
            "replicates": self.design.replicates,
            "seeds": [self.design.seed + k for k in range(self.design.replicates)],
            "runs": self.counts._asdict(),
            "state": state,
        }
        write_manifest(self.folder, self._manifest)

    def close(self) -> None:
        """Let other processes in."""
        unlock_folder(self.folder, self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.close()
        if isinstance(error, OSError) and error.errno in FULL:
            raise self._full_disk(error) from None

    @contextlib.contextmanager
    def _telling_of_a_full_disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in FULL:
                raise self._full_disk(error) from None
            raise

    def _full_disk(self, error: OSError) -> StorageError:
        """How far it came, and about how much the rest takes."""
        requested, done, failed = self.counts
        paths = [self.folder / name for name in part_files(self.parts)]
        held = sum(path.stat().st_size for path in paths if path.is_file())
        scenario = self.design.scenario
        a_run = held / done if done else 8 * (scenario.months + 1) * len(scenario.places) * len(indicators) + 10_000
        megabytes = math.ceil((1.1 * a_run * (requested - done - failed) + BESIDE_PARTS) / 1e6)
        text = f"disk full after {done + failed} of {requested} runs; free about {megabytes} MB and run the same command again"
        return StorageError(error.errno, text, str(self.folder))


def part_files(parts: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Hash of each file, as family/name, of parts that are given with a hash for each family."""
    return {f"{family}/{part}": sha for part, hashes in parts.items() for family, sha in hashes.items()}


def check_parts(folder: Path, parts: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse to go on when a file is not what was written.

    Raises
    ------
    DamagedError
        With the files and how to have them made again.
    """
    bad = damaged_parts(folder, parts)
    if bad:
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        raise DamagedError(
            f"{folder / bad[0]} is damaged or missing{more}; `coalsim repair {folder}` runs it again and keeps the rest"
        )


def damaged_parts(folder: Path, parts: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Files, as family/name, that are missing or do not match their hash."""
    return [
        name
        for name, sha in part_files(parts).items()
        if not (folder / name).is_file() or record.hash_of_file(folder / name) != sha
    ]


def temporary_folder() -> Path:
    """A folder for results that nobody asked to keep."""
    return Path(tempfile.mkdtemp(prefix="coalsim-"))


def refuse_foreign(folder: Path) -> bool:
    """Whether the folder is yet to be made; one that holds anything but results is left alone."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise ValueError(f"{folder}: it exists and is not a folder; name a new one")
    if not folder.is_dir():
        return True
    try:
        names = {path.name for path in folder.iterdir() if not TEMPORARY.fullmatch(path.name)} - {LOCK, OWNER, SHARDS}
    except OSError as error:
        raise ValueError(f"{folder}: it cannot be read ({error.strerror}); name another folder") from None
    if MANIFEST not in names and Journal(folder).path.name in names:
        raise DamagedError(f"{folder}: {MANIFEST} is missing; restore it from a copy")
    if names and MANIFEST not in names:
        raise ValueError(f"{folder} exists and holds something else ({min(names)}); name a new folder")
    return False


def _refuse_other_home(home: Path, design: Design) -> None:
    """Refuse to begin a shard below a folder that could never take it in."""
    if not refuse_foreign(home) and (home / MANIFEST).exists():
        same_experiment(home, read_manifest(home), design.record(), design, may_hold_more=True)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
