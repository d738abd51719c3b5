"""Worker processes: jobs are done, told of, stopped, and a dead worker harms nobody."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from coalsim.dashboard.orders import Compare, FilmOptions, WriteReport
from coalsim.dashboard.work import Job, Workers
from coalsim.experiments.compare import Plan
from coalsim.experiments.comparison import open_comparison
from coalsim.experiments.store import Store


@dataclass(frozen=True)
class Add:
    """Adds two numbers."""

    a: int
    b: int

    def __call__(self, tell):
        tell(1, 2)
        return self.a + self.b


@dataclass(frozen=True)
class Wait:
    """Waits for a file."""

    file: Path

    def __call__(self, tell):
        while not self.file.exists():
            time.sleep(0.01)


class Fail:
    """Fails."""

    def __call__(self, tell):
        raise ValueError("the answer is not 42; give another")


class Break:
    """Fails in a way that nobody foresaw."""

    def __call__(self, tell):
        return 1 / 0


class Die:
    """Takes its process with it."""

    def __call__(self, tell):
        os._exit(9)


@dataclass(frozen=True)
class Sleep:
    """Sleeps until it is stopped, and says so in a file."""

    file: Path

    def __call__(self, tell):
        self.file.write_text(str(os.getpid()))
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            self.file.write_text("stopped")
            raise


@pytest.fixture(scope="module")
def workers():
    found = Workers(1)
    yield found
    found.end()


def begun(file):
    until = time.monotonic() + 60
    while not file.exists() or not file.read_text():
        assert time.monotonic() < until
        time.sleep(0.05)
    return file.read_text()


def test_a_job_is_done_and_told_of(workers):
    job = Job(Add(2, 3), workers)
    assert job.wait(60) == "done"
    assert (job.result, job.done, job.asked, job.share) == (5, 1, 2, 0.5)
    assert job.is_over


def test_the_worker_stays_for_the_next_job(workers):
    class Number:
        def __call__(self, tell):
            return os.getpid()

    first, second = Job(Number(), workers), Job(Number(), workers)
    assert first.wait(60) == second.wait(60) == "done"
    assert first.result == second.result != os.getpid()


def test_bad_input_is_said_and_a_defect_is_named(workers):
    job = Job(Fail(), workers)
    assert job.wait(60) == "failed"
    assert job.message == "the answer is not 42; give another"
    job = Job(Break(), workers)
    assert job.wait(60) == "failed"
    assert job.message.startswith("ZeroDivisionError")


def test_a_dead_worker_fails_its_job_only(workers):
    job = Job(Die(), workers)
    assert job.wait(60) == "failed"
    assert "ended" in job.message
    again = Job(Add(1, 1), workers)
    assert again.wait(60) == "done"


def test_a_job_waits_while_all_are_busy_and_is_stopped_at_once(workers, tmp_path):
    busy, next_one = Job(Sleep(tmp_path / "busy"), workers), Job(Add(1, 2), workers)
    assert busy.poll() == "running"
    assert next_one.poll() == "waiting"
    begun(tmp_path / "busy")
    began = time.monotonic()
    busy.cancel()
    assert time.monotonic() - began < 10
    assert busy.state == "cancelled"
    assert (tmp_path / "busy").read_text() == "stopped"
    assert next_one.wait(60) == "done"
    assert busy.poll() == "cancelled"


def test_a_job_that_waits_can_be_cancelled(workers, tmp_path):
    busy, next_one = Job(Sleep(tmp_path / "busy"), workers), Job(Add(1, 2), workers)
    busy.poll()
    next_one.poll()
    next_one.cancel()
    assert next_one.state == "cancelled"
    busy.cancel()
    assert Job(Add(1, 3), workers).wait(60) == "done"


def test_options_are_compared_filmed_and_reported(workers, tmp_path, small):
    folder = tmp_path / "results"
    job = Job(Compare(Plan(small, 2, 5, is_quick=True), folder), workers)
    assert job.wait(120) == "done", job.message
    assert (job.done, job.asked) == (6, 6)
    comparison = open_comparison(folder)
    assert comparison.is_quick
    assert not (folder / "figures").exists()
    films = Job(FilmOptions(folder, ("business_as_usual", "growth_coalition")), workers)
    assert films.wait(60) == "done", films.message
    for option, film in films.result.items():
        first = comparison.ensemble.design.run_ids(comparison.cell(option))[0]
        assert film.fingerprint == comparison.ensemble.fingerprints[first]
    report = Job(WriteReport(folder, tmp_path / "report"), workers)
    assert report.wait(120) == "done", report.message
    assert [path.suffix for path in (report.result[0], report.result[-1])] == [".html", ".xlsx"]


@pytest.mark.slow
def test_a_stopped_comparison_can_be_gone_on_with(workers, tmp_path, small):
    folder = tmp_path / "results"
    plan = Plan(small, 24, 5)
    job = Job(Compare(plan, folder), workers)
    until = time.monotonic() + 120
    while job.poll() != "done" and job.done == 0:
        assert time.monotonic() < until
        time.sleep(0.02)
    job.cancel()
    with Store.open(folder, plan.design(small)) as store:
        assert store.counts.done >= job.done
    assert Job(Compare(plan, folder), workers).wait(240) == "done"
    assert open_comparison(folder).ensemble.counts.done == 72


def test_a_job_that_nobody_asks_for_gives_its_worker_back(workers, tmp_path, monkeypatch):
    forgotten = Job(Wait(tmp_path / "go"), workers)
    assert forgotten.poll() == "running"
    (tmp_path / "go").touch()
    assert Job(Add(3, 4), workers).wait(60) == "done"  # though the first was never asked again
    assert forgotten.state == "done"
    monkeypatch.setattr("coalsim.dashboard.work.FORGOTTEN_S", 0.1)
    asleep = Job(Sleep(tmp_path / "asleep"), workers)
    asleep.poll()
    begun(tmp_path / "asleep")
    assert Job(Add(5, 6), workers).wait(60) == "done"
    assert asleep.state == "cancelled"
    assert (tmp_path / "asleep").read_text() == "stopped"
