"""Whatever goes wrong while a file is written: the same command goes on, and ends as if nothing had been."""

import contextlib
import errno
import functools
import os
import re
import shutil
from pathlib import Path

import kept
import pyarrow.parquet as pq
import pytest

from coalsim.experiments import task
from coalsim.experiments.comparison import Comparison

TWO = (*kept.SMALL, "--replicates", "2")  # 6 runs in 3 parts
FOUR = (*kept.SMALL, "--replicates", "4")  # 12 runs in 6 parts


SAID = {
    "error": r"error: .*Input/output error.*",
    "full": r"error: (disk full after \d of 6 runs; free about \d MB and run the same command again: \S+"
    r"|\S+: nothing can be written there \(No space left on device\); name another folder)",
}


class Crash(BaseException):
    """The process is no more."""


class Faults:
    """File operations below a folder that count, and from the k-th on go wrong.

    `crash`: nothing more is done, as after kill -9; what is written in the middle is torn. `power`: what was not flushed by
    then is lost, too. `error`: one operation fails. `full`: from then on nothing can be written.
    """

    def __init__(self, folder, kind, k):
        self.folder, self.kind, self.k = folder, kind, k
        self.count = 0

    def __enter__(self):
        before = [path.stat() for path in self.folder.rglob("*")]
        self.flushed = {status.st_ino: status.st_size for status in before}
        self._patch = pytest.MonkeyPatch()
        real_open, real_fsync = Path.open, os.fsync

        def open_(path, mode="r", *args, **kwargs):
            if mode in ("r", "rb") or not self._is_below(path):
                return real_open(path, mode, *args, **kwargs)
            self._happen(is_write=True)
            return _File(real_open(path, mode, *args, **kwargs), self) if mode == "ab" else real_open(path, mode, *args)

        def fsync(handle):
            self._happen(is_write=True)
            real_fsync(handle)
            status = os.fstat(handle)
            self.flushed[status.st_ino] = status.st_size

        self._patch.setattr(Path, "open", open_)
        self._patch.setattr(os, "fsync", fsync)
        self._wrap(os, "replace", is_write=True)
        self._wrap(os, "truncate")
        self._wrap(Path, "unlink")
        self._wrap(Path, "mkdir", is_write=True)
        self._wrap(shutil, "copyfile", is_write=True, where=1, half=True)
        self._wrap(pq, "write_table", is_write=True, where=1, half=True)
        self._wrap(kept.Sketch, "savefig", is_write=True, where=1, half=True)
        return self

    def __exit__(self, *_):
        self._patch.undo()
        if self.kind == "power" and self.is_over:
            for path in self.folder.rglob("*"):
                if path.is_file() and path.stat().st_size > self.flushed.get(path.stat().st_ino, 0):
                    os.truncate(path, self.flushed.get(path.stat().st_ino, 0))

    @property
    def is_over(self):
        """Whether anything went wrong."""
        return self.count > self.k

    def _is_below(self, path):
        return self.folder in (Path(path), *Path(path).parents) and Path(path).name not in (".lock", ".owner")

    def _wrap(self, home, name, *, is_write=False, where=0, half=False):
        real = getattr(home, name)

        @functools.wraps(real)
        def wrapped(*args, **kwargs):
            if self._is_below(args[where]):
                try:
                    self._happen(is_write)
                except BaseException:
                    if half and self.count == self.k + 1:
                        args[where].write_bytes(b"PAR1 torn")
                    raise
            return real(*args, **kwargs)

        self._patch.setattr(home, name, wrapped)

    def _happen(self, is_write=False):
        self.count += 1
        if self.kind in ("crash", "power") and self.count > self.k:
            raise Crash
        if self.kind == "error" and self.count == self.k + 1:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if self.kind == "full" and self.count > self.k and is_write:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class _File:
    """A file opened to append, whose writes may be torn."""

    def __init__(self, file, faults):
        self._file, self._faults = file, faults

    def write(self, content):
        try:
            self._faults._happen(is_write=True)
        except BaseException:
            if self._faults.count == self._faults.k + 1:
                self._file.write(content[: len(content) // 2])
            raise
        return self._file.write(content)

    def __getattr__(self, name):
        return getattr(self._file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()


@pytest.fixture
def remembered(monkeypatch):
    """Runs that are run once and then known, and little to be told of them, so that a hundred faults take seconds."""
    known = {}
    real = task.run_one

    def run_one(design, run_id, job):
        if run_id not in known:
            known[run_id] = real(design, run_id, job)
        return known[run_id]

    monkeypatch.setattr(task, "run_one", run_one)
    monkeypatch.setattr(Comparison, "summary", lambda self: {"fingerprint": self.fingerprint})
    monkeypatch.setattr(Comparison, "__str__", lambda self: "")


def begin(call, folder):
    """A fresh experiment."""
    return lambda code: call("compare", *TWO, "--workers", 1, "--out", folder, code=code)


def join(call, folder):
    """Two shards to be joined."""
    prepared = folder.parent / "prepared"
    if not prepared.exists():
        for i in (1, 2):
            call("compare", *TWO, "--workers", 1, "--out", prepared, "--shard", f"{i}/2")
    shutil.copytree(prepared / "shards", folder / "shards")
    return lambda code: call("compare", *TWO, "--workers", 1, "--out", folder, code=code)


def mend(call, folder):
    """A damaged part to be made again."""
    if not folder.parent.joinpath("whole").exists():
        call("compare", *TWO, "--workers", 1, "--out", folder.parent / "whole")
    shutil.copytree(folder.parent / "whole", folder)
    sorted((folder / "indicators").iterdir())[1].write_bytes(b"PAR1")
    return lambda code: call("repair", folder, "--workers", 1, code=code)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "first"), [("crash", 0), ("power", 1), ("error", 2), ("full", 3)])
@pytest.mark.parametrize("start", [begin, join, mend])
def test_after_a_fault_at_a_file_operation_the_same_command_ends_as_if_undisturbed(
    start, kind, first, call, tmp_path, remembered
):
    """At every fourth operation, each kind of fault at others; all of them were tried once."""
    reference, folder = tmp_path / "reference", tmp_path / "out"
    call("compare", *TWO, "--workers", 1, "--out", reference)
    k, is_over = first, True
    while is_over:
        command = start(call, folder)
        with Faults(folder, kind, k) as faults, contextlib.suppress(Crash):
            found = command(None)
            if found.exit_code:
                assert re.fullmatch(SAID[kind], found.stderr.splitlines()[-1])
        is_over = faults.is_over
        command(0)
        kept.assert_tidy(folder)
        assert beside_the_record(folder) == beside_the_record(reference)
        assert sorted(set(kept.journalled(folder))) == list(range(6))
        shutil.rmtree(folder)
        k += 4
    assert k > 30


def beside_the_record(folder):
    """Hashes of what was found; manifest and journal say how it came about."""
    return {
        name: sha
        for name, sha in kept.hashes(folder).items()
        if name not in ("manifest.json", "journal.jsonl") and not name.startswith("shards/")
    }


# Real disks


@pytest.mark.parametrize("size", ["24k", "60k", "100k", "180k", "260k", "310k"])
def test_a_full_disk_is_told_and_costs_nothing(disk, call, undisturbed, size):
    """Full while it begins, while parts are written, and while tables are."""
    place, remount = disk
    remount(f"size={size}")
    out = place / "out"
    command = ("compare", *FOUR, "--workers", 1, "--out", out)
    filler = place / "filler"
    for is_full in (False, True):  # the same again when there is no room for a single byte
        if is_full:
            with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
                while file.write(bytes(4096)):
                    pass
        said = call(*command, code=1).stderr.splitlines()[-1]
        found = re.fullmatch(
            rf"error: disk full after (\d+) of 12 runs; free about (\d) MB and run the same command again: {out}", said
        )
        ended = kept.journalled(out) if (out / "journal.jsonl").exists() else []
        assert int(found[1]) == len(ended)
    filler.unlink()
    remount(f"size={int(found[2]) * 1000 + int(size[:-1])}k")  # as much as it asked for
    call(*command)
    assert kept.journalled(out)[: len(ended)] == ended
    kept.assert_same_results(out, undisturbed(*FOUR))


@pytest.mark.slow
def test_a_disk_that_is_full_for_workers_is_told_the_same(disk, processes, undisturbed):
    place, remount = disk
    remount("size=180k")
    command = ("compare", *FOUR, "--workers", 2, "--out", place / "out")
    failed = processes.call(*command, code=1)
    said = r"error: disk full after \d+ of 12 runs; free about \d MB and run the same command again: \S+"
    assert re.fullmatch(said, failed.said.splitlines()[-1])
    remount("size=10m")
    processes.call(*command)
    kept.assert_same_results(place / "out", undisturbed(*FOUR))


@pytest.mark.parametrize("kind", ["new", "begun"])
def test_a_folder_that_cannot_be_written_is_refused_before_anything_runs(kind, disk, call, undisturbed, monkeypatch):
    place, remount = disk
    out = place / "out"
    if kind == "begun":
        shutil.copytree(undisturbed(*FOUR), out)
    before = kept.hashes(place)
    monkeypatch.delattr(task, "run_one")
    remount("ro")
    said = call("compare", *FOUR, "--workers", 1, "--out", out, code=2).stderr
    assert said == f"error: {out}: nothing can be written there (Read-only file system); name another folder\n"
    assert kept.hashes(place) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_refused_before_anything_runs(call, copy_of, undisturbed, monkeypatch):
    out = copy_of(undisturbed(*FOUR))
    monkeypatch.delattr(task, "run_one")
    out.chmod(0o500)
    try:
        said = call("compare", *FOUR, "--workers", 1, "--out", out, code=2).stderr
        assert re.fullmatch(rf"error: {out}: .*\(Permission denied\); name another folder\n", said)
    finally:
        out.chmod(0o700)
