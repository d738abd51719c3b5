"""Whoever is killed or stopped, and whenever: no run is lost, none is run into the results twice, nobody is left behind."""

import contextlib
import random
import re
import signal
import time

import kept
import psutil
import pytest

from coalsim.experiments.engines import LocalProcesses

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signals")]

ASKED = (kept.WALSALL, "--set", "sample=0.05", "--set", "months=12", "--replicates", "30")  # 90 runs in 45 parts
FEWER = (*ASKED[:-1], "12")  # 36 runs in 18 parts
DONE, SOME_FAILED, INTERRUPTED = 0, 3, 130


def family(process):
    """The process and all below it."""
    with_it = psutil.Process(process.pid)
    return [with_it, *with_it.children(recursive=True)]


def workers(process):
    """Its workers."""
    found = []
    for child in family(process):
        with contextlib.suppress(psutil.Error):  # ended meanwhile
            found += [child] if "loky.backend.popen_loky_posix" in child.cmdline() else []
    return found


def assert_all_end(members, timeout=20):
    """Assert that none of them lives on; what ended and waits to be asked does not count."""
    deadline = time.monotonic() + timeout
    while alive := [one for one in members if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.1)


def lines(folder):
    """How many lines the journal has."""
    journal = folder / "journal.jsonl"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


@pytest.mark.parametrize(
    ("n_workers", "kills", "least"),
    [(2, 8, 4), (1, 10, 11), pytest.param(2, 20, 11, marks=pytest.mark.nightly)],
)
def test_kills_lose_no_run_and_repeat_none(n_workers, kills, least, processes, undisturbed, tmp_path):
    """Of the main process, while it begins, while its workers start and while they run; they must end on their own."""
    out, rng, members = tmp_path / "out", random.Random(20), []
    command = ("compare", *ASKED, "--workers", n_workers, "--out", out)
    promised = []
    for k in range(kills):
        process = processes.start(*command)
        if n_workers == 1 or k % 4 == 3:
            more = lines(out) + rng.randrange(1, 4)
            process.wait_for(lambda more=more: lines(out) >= more)
            time.sleep(rng.uniform(0, 0.1))
        else:  # workers need a second or two to start
            time.sleep(rng.uniform(0, 1 if k % 4 == 1 else 0.2))
        members += family(process)[1:]
        process.kill()
        assert process.wait() == -signal.SIGKILL
        before, promised = promised, kept.journalled(out) if lines(out) else []
        assert promised[: len(before)] == before
    assert least <= len(promised) < 90
    processes.call(*command)
    kept.assert_same_results(out, undisturbed(*ASKED))
    assert sorted(kept.journalled(out)) == list(range(90))
    assert kept.parts(out) == kept.parts(undisturbed(*ASKED))
    assert_all_end(members)
    assert processes.call("verify", out).shown.endswith("verified\n")


def test_killed_workers_are_replaced_and_nothing_is_lost(processes, undisturbed, tmp_path):
    out = tmp_path / "out"
    process = processes.start("compare", *FEWER, "--workers", 2, "--out", out)
    for enough in (3, 7):
        process.wait_for(lambda enough=enough: lines(out) >= enough and workers(process))
        workers(process)[0].kill()
    assert process.wait(120) == DONE, process.said
    assert "Traceback" not in process.said
    kept.assert_same_results(out, undisturbed(*FEWER))
    assert sorted(kept.journalled(out)) == list(range(36))
    assert kept.parts(out) == kept.parts(undisturbed(*FEWER))


def test_a_run_that_kills_its_worker_is_recorded_as_failed_and_its_neighbours_are_done(processes, poisoned, tmp_path):
    """One that only raises, too."""
    scenario, out = poisoned({"1": "raise", "3": "kill"}), tmp_path / "out"
    process = processes.call("compare", scenario, "--replicates", 6, "--workers", 2, "--out", out, code=SOME_FAILED)
    assert process.said.endswith("finished with 2 failed runs: 3, 7\n")
    runs = kept.runs(out)
    assert runs["status"].tolist() == ["done"] * 3 + ["failed"] + ["done"] * 3 + ["failed"] + ["done"] * 4
    assert runs["error"][3].startswith("KeyError: 'poison")
    assert (
        runs["error"][7] == f"its worker died {LocalProcesses.tries} times in a row (out of memory is the usual reason)"
    )
    assert sorted(kept.journalled(out)) == list(range(12))
    kept.assert_tidy(out)


def begun(out, process):
    """Before anything runs."""
    return lines(out) >= 1


def workers_start(out, process):
    """While workers are there and not yet ready."""
    return len(workers(process)) == 2


def some_done(out, process):
    """In the middle."""
    return lines(out) >= 4


@pytest.mark.parametrize(
    ("number", "whom", "moment", "n_workers"),
    [
        (signal.SIGINT, "group", begun, 2),
        (signal.SIGINT, "group", workers_start, 2),
        (signal.SIGINT, "group", some_done, 2),
        (signal.SIGINT, "group", some_done, 1),
        (signal.SIGTERM, "main process", workers_start, 2),
        (signal.SIGTERM, "main process", some_done, 1),
        (signal.SIGTERM, "group", some_done, 2),
    ],
)
def test_a_stopped_experiment_says_what_is_kept_and_leaves_nobody_behind(
    number, whom, moment, n_workers, processes, undisturbed, tmp_path
):
    """A terminal sends Ctrl-C to every process of the group."""
    out = tmp_path / "out"
    command = ("compare", *FEWER, "--workers", n_workers, "--out", out)
    process = processes.start(*command)
    process.wait_for(lambda: moment(out, process))
    members = family(process)
    process.signal(number, to_group=whom == "group")
    assert process.wait() == INTERRUPTED, process.said
    said = [line for line in process.said.splitlines() if line and " left, " not in line]  # a terminal shows ^C before
    assert len(said) == 1
    found = re.fullmatch(
        rf"stopped: (\d+) of 36 runs are kept in {out}; the same command goes on with the rest", said[0]
    )
    assert int(found[1]) == len(kept.journalled(out)) < 36
    assert_all_end(members)
    kept.assert_tidy(out)
    assert kept.state(out) == "stopped" or moment is begun
    processes.call("verify", out, "--sample", 0)
    if moment is some_done and number == signal.SIGINT:
        processes.call(*command, timeout=120)
        kept.assert_same_results(out, undisturbed(*FEWER))
        assert sorted(kept.journalled(out)) == list(range(36))
