"""Whatever goes wrong while a report is read or written: no half file, nothing left over, a message, and the exit code."""

import contextlib
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import coalsim
from coalsim.cli import cli
from coalsim.experiments import task
from coalsim.experiments.journal import NAME as JOURNAL
from coalsim.experiments.manifest import read_manifest, write_manifest
from coalsim.loading import keep_options
from coalsim.reporting import Report

pytestmark = pytest.mark.slow
SCENARIO = Path(__file__).parents[2] / "scenarios" / "walsall.yaml"


@pytest.fixture
def results(little, tmp_path):
    return shutil.copytree(little, tmp_path / "results")


@pytest.fixture(scope="module")
def made(little):
    """The report, worked out once, so that only writing it takes time."""
    found = Report.of(little)
    assert found.sections
    return found


@pytest.fixture
def quick(made, monkeypatch):
    """`coalsim report` with that report."""
    monkeypatch.setattr(Report, "of", lambda *_: made)


def call(*arguments, code):
    found = CliRunner().invoke(cli, ["report", *map(str, arguments)])
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exc_info
    assert found.exit_code == code, found.output
    return found.stderr


def written(folder):
    """Every file of a report by name, with its bytes; nothing besides."""
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert not [name for name in found if name.endswith(".tmp")]
    return found


@pytest.fixture(scope="module")
def reference(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    made.write(folder)
    return written(folder)


def assert_whole(folder, reference):
    """Every file that is there is as it would be without the fault; Excel files by size, since they hold the time."""
    for name, content in written(folder).items():
        assert content == reference[name] or (name.endswith(".xlsx") and content[-22:-18] == b"PK\5\6")


@pytest.mark.parametrize("kind", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_fault_at_any_write_leaves_whole_files_only(kind, quick, reference, tmp_path, monkeypatch):
    """At the first, third, ... flush: each file is flushed once and its folder once."""
    real, told = os.fsync, set()
    for k in range(0, 2 * len(reference), 7):
        folder, count = tmp_path / str(k), iter(range(10_000))

        def fsync(handle, k=k, count=count):
            if next(count) >= k:
                raise OSError(kind, os.strerror(kind))
            real(handle)

        monkeypatch.setattr(os, "fsync", fsync)
        said = call(tmp_path, "--page", folder / "report.html", code=1)
        told.add(re.sub(r"\d+ MB", "N MB", said).replace(str(tmp_path), "OUT"))
        assert_whole(folder, reference)
    full = "error: disk full; free about N MB and run the same command again: OUT\n"
    assert told == {full} if kind != errno.EIO else len(told) == 1


def test_a_full_disk_is_told_and_the_same_command_ends_it(disk, quick, reference):
    place, remount = disk
    need = sum(map(len, reference.values()))
    for size in (16, need // 3000, need // 1500, need // 1050):
        remount(f"size={size}k")
        said = call(place, code=1)
        assert re.fullmatch(rf"error: disk full; free about \d+ MB and run the same command again: {place}\n", said)
        assert_whole(place, reference)
    remount("size=20m")
    call(place, code=0)
    assert written(place).keys() == reference.keys()


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_worked_out(disk, little, monkeypatch):
    place, remount = disk
    remount("size=20m")
    shutil.copytree(little, place / "results")
    remount("ro")
    monkeypatch.setattr(Report, "sections", property(lambda _: pytest.fail("worked out")))
    said = call(place / "results", code=2)
    assert "nothing can be written there (Read-only file system)" in said
    assert "--page" in said


@pytest.mark.parametrize("does", ["half", "fails", "nothing"])
def test_a_browser_that_does_not_print_leaves_no_file(does, quick, tmp_path, monkeypatch):
    lines = {
        "half": 'printf "%%PDF-1.4" > "$target"',
        "fails": 'printf "%%PDF %%%%EOF" > "$target"; exit 3',
        "nothing": ":",
    }
    stub = tmp_path / "browser"
    stub.write_text(
        '#!/bin/sh\nfor one; do case "$one" in --print-to-pdf=*) target="${one#*=}";; esac; done\n' + lines[does]
    )
    stub.chmod(0o700)
    monkeypatch.setenv("COALSIM_BROWSER", str(stub))
    assert "did not print" in call(tmp_path / "out", "--pdf", code=1)
    assert written(tmp_path / "out").keys() == {"report.html"}


# Interrupted


def interrupted(arguments, ready, number=signal.SIGINT, **environment):
    """`coalsim report` as a shell starts it, and a signal when something is there; what it says and how long that took."""
    process = subprocess.Popen(
        [sys.executable, "-m", "coalsim.cli", "report", *map(str, arguments)], start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **environment},
    )  # fmt: skip
    until = time.monotonic() + 120
    while not ready():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.005)
    began = time.monotonic()
    os.killpg(process.pid, number)
    said = process.communicate(timeout=60)[1]
    took = time.monotonic() - began
    until = time.monotonic() + 10
    while left := subprocess.run(["pgrep", "-s", str(process.pid)], capture_output=True, check=False).stdout:
        assert time.monotonic() < until, left  # who was killed may take a moment to go
        time.sleep(0.1)
    assert (process.returncode, said) == (130, "stopped: the report is not finished; the same command writes it\n")
    return took


def test_ctrl_c_among_the_tables_leaves_nothing_half_written(results, tmp_path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    before = {path.name for path in results.iterdir()}
    took = interrupted([results], (results / "tables").exists, TMPDIR=str(temporary))
    assert took < 10  # a second on an idle machine
    assert not list(temporary.iterdir())
    assert not list(results.rglob("*.tmp"))
    assert {path.name for path in results.iterdir()} - before <= {"report.html", "tables"}


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.nightly)])
def test_ctrl_c_while_a_browser_prints_ends_it_too(results, tmp_path, number):
    temporary, stub = tmp_path / "tmp", tmp_path / "browser"
    temporary.mkdir()
    stub.write_text(f"#!/bin/sh\necho > {tmp_path}/prints\nexec sleep 600\n")
    stub.chmod(0o700)
    here = {"TMPDIR": str(temporary), "COALSIM_BROWSER": str(stub)}
    interrupted([results, "--pdf", "--no-tables"], (tmp_path / "prints").exists, number, **here)
    assert not list(temporary.iterdir())
    assert not list(results.rglob("*.tmp"))
    assert not (results / "report.pdf").exists()


# Side by side


def test_two_reports_into_one_folder_at_once_are_each_whole(made, reference, tmp_path):
    failures = []

    def write():
        try:
            for _ in range(2):
                made.write(tmp_path)
        except Exception as error:
            failures.append(error)

    both = [threading.Thread(target=write) for _ in range(2)]
    for one in both:
        one.start()
    while any(one.is_alive() for one in both):  # whoever looks meanwhile sees whole files
        with contextlib.suppress(FileNotFoundError):
            assert (tmp_path / "report.html").read_bytes() == reference["report.html"]
    assert not failures
    assert written(tmp_path).keys() == reference.keys()
    assert_whole(tmp_path, reference)


@pytest.mark.parametrize("ended", [0, pytest.param(1, marks=pytest.mark.nightly), 4])
def test_results_that_are_being_written_are_reported_as_far_as_they_are(ended, six, tmp_path):
    """As a running comparison leaves its folder after so many runs, the next line of its journal torn."""
    folder = shutil.copytree(six, tmp_path / "results")
    journal = (folder / JOURNAL).read_bytes().splitlines(keepends=True)
    (folder / JOURNAL).write_bytes(b"".join(journal[: ended + 1]) + journal[ended + 1][:40])
    manifest = {**read_manifest(folder), "state": "running"}
    write_manifest(folder, {name: value for name, value in manifest.items() if name != "files"})
    for name in ("summary.json", "runs.parquet"):
        (folder / name).unlink()
    said = call(folder, "--no-tables", code=0 if ended else 2)
    if ended:
        assert f"Not finished: {6 - ended} of 6 runs are missing" in (folder / "report.html").read_text()
    else:
        assert said == f"error: {folder}: none of its 6 runs is done yet; look when some are\n"
        assert not (folder / "report.html").exists()


@pytest.fixture(scope="module")
def six(tmp_path_factory):
    """Three pairs of runs, each run a part of its own."""
    folder = tmp_path_factory.mktemp("six") / "results"
    scenario = keep_options(coalsim.load_scenario(SCENARIO, sample=0.022, months=24), "growth_coalition")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("coalsim.experiments.design.PART_S", 0.001)
        coalsim.compare(scenario, replicates=3, workers=1, out=folder)
    assert len((folder / JOURNAL).read_bytes().splitlines()) == 7
    return folder


def test_failed_runs_are_told_in_the_report(tmp_path, monkeypatch):
    real = task.run_one

    def fail(design, run_id, job):
        if run_id == 1:
            return {"run_id": 1, "status": "failed", "error": "ValueError: <b>poison</b>", "seconds": None}, None
        return real(design, run_id, job)

    monkeypatch.setattr(task, "run_one", fail)
    scenario = keep_options(coalsim.load_scenario(SCENARIO, sample=0.022, months=24), "growth_coalition")
    coalsim.compare(scenario, replicates=3, workers=1, out=tmp_path / "results")
    call(tmp_path / "results", "--no-tables", code=0)
    page = (tmp_path / "results" / "report.html").read_text()
    assert "<b>poison" not in page
    text = re.sub(r"<[^>]*>", " ", page)
    assert "5 done, 1 failed, of 6" in text


# Damaged


@pytest.mark.parametrize("family", ["indicators", "distribution", "accounts"])
@pytest.mark.parametrize("damage", ["truncated", "altered", "gone"])
def test_a_damaged_part_is_told_with_its_cure(family, damage, results):
    part = next((results / family).iterdir())
    if damage == "gone":
        part.unlink()
    elif damage == "truncated":
        part.write_bytes(part.read_bytes()[:-100])
    else:
        content = bytearray(part.read_bytes())
        for at in range(4, len(content) // 2, 64):
            content[at] ^= 1
        part.write_bytes(content)
    said = call(results, "--no-tables", code=1)
    assert said.startswith(f"error: {part}")
    assert f"coalsim repair {results}" in said
    assert not (results / "report.html").exists()


def test_results_that_go_while_they_are_read_are_told(results, monkeypatch):
    real = pq.ParquetFile.read

    def read(self, *arguments, **options):
        found = real(self, *arguments, **options)
        shutil.rmtree(results, ignore_errors=True)
        return found

    monkeypatch.setattr(pq.ParquetFile, "read", read)
    said = call(results, "--no-tables", "--page", results.parent / "page.html", code=1)
    assert str(results) in said
    assert not (results.parent / "page.html").exists()
