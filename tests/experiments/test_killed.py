"""Whoever is killed or stopped, and whenever: no run is lost, none is run into the results twice, nobody is left behind."""

import random
import re
import signal
import time

import kept
import psutil
import pytest

from coalsim.experiments.runner import DEATHS

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signals")]

ASKED = (kept.WALSALL, "--set", "sample=0.05", "--set", "months=12", "--replicates", "40")  # 120 runs in 60 parts
DONE, SOME_FAILED, INTERRUPTED = 0, 3, 130


def family(process):
    """The process and all below it."""
    with_it = psutil.Process(process.pid)
    return [with_it, *with_it.children(recursive=True)]


def workers(process):
    """Its workers."""
    return [child for child in family(process) if "loky" in " ".join(child.cmdline()) and "popen" in str(child.cmdline())]


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


def test_twenty_kills_lose_no_run_and_repeat_none(processes, undisturbed, tmp_path):
    """Of the main process; its workers must end on their own."""
    out, rng, members = tmp_path / "out", random.Random(20), []
    command = ("compare", *ASKED, "--workers", 2, "--out", out)
    promised = []
    for k in range(20):
        process = processes.start(*command)
        if k % 5 < 3:
            more = lines(out) + rng.randrange(1, 4)
            process.wait_for(lambda more=more: lines(out) >= more)
            time.sleep(rng.uniform(0, 0.1))
        else:
            time.sleep(rng.uniform(0, 1.5))
        members += family(process)[1:]
        process.kill()
        assert process.wait() == -signal.SIGKILL
        before, promised = promised, kept.journalled(out) if lines(out) else []
        assert promised[: len(before)] == before
    assert 12 < len(promised) < 120
    processes.call(*command)
    kept.assert_same_results(out, undisturbed(*ASKED))
    assert sorted(kept.journalled(out)) == list(range(120))
    assert kept.parts(out) == kept.parts(undisturbed(*ASKED))
    assert_all_end(members)
    assert processes.call("verify", out).shown.endswith("verified\n")


def test_killed_workers_are_replaced_and_nothing_is_lost(processes, undisturbed, tmp_path):
    out = tmp_path / "out"
    process = processes.start("compare", *ASKED, "--workers", 2, "--out", out)
    for enough in (5, 15):
        process.wait_for(lambda enough=enough: lines(out) >= enough and workers(process))
        workers(process)[0].kill()
    assert process.wait(120) == DONE, process.said
    assert "Traceback" not in process.said
    kept.assert_same_results(out, undisturbed(*ASKED))
    assert sorted(kept.journalled(out)) == list(range(120))
    assert kept.parts(out) == kept.parts(undisturbed(*ASKED))


def test_a_run_that_kills_its_worker_is_recorded_as_failed_and_its_neighbours_are_done(processes, poisoned, tmp_path):
    scenario, out = poisoned("kill", [3]), tmp_path / "out"
    process = processes.call("compare", scenario, "--replicates", 8, "--workers", 2, "--out", out, code=SOME_FAILED)
    assert process.said.endswith("finished with 1 failed runs: 7\n")
    runs = kept.runs(out)
    assert runs["status"].tolist() == ["done"] * 7 + ["failed"] + ["done"] * 8
    assert runs["error"][7] == f"its worker died {DEATHS} times in a row (out of memory is the usual reason)"
    assert sorted(kept.journalled(out)) == list(range(16))
    kept.assert_tidy(out)


def test_a_run_that_raises_in_a_worker_is_recorded_as_failed(processes, poisoned, tmp_path):
    scenario, out = poisoned("raise", [2]), tmp_path / "out"
    process = processes.call("compare", scenario, "--replicates", 4, "--workers", 2, "--out", out, code=SOME_FAILED)
    assert process.said.endswith("finished with 1 failed runs: 5\n")
    assert kept.runs(out)["error"][5].startswith("KeyError: 'poison")


MOMENTS = {"at the start": 0, "when the workers start": 1, "in the middle": 4}


@pytest.mark.parametrize(
    ("number", "whom", "moment", "n_workers"),
    [
        (signal.SIGINT, "the group", "at the start", 2),
        (signal.SIGINT, "the group", "when the workers start", 2),
        (signal.SIGINT, "the group", "in the middle", 2),
        (signal.SIGINT, "the group", "in the middle", 1),
        (signal.SIGTERM, "the main process", "when the workers start", 2),
        (signal.SIGTERM, "the main process", "in the middle", 2),
        (signal.SIGTERM, "the group", "in the middle", 2),
        (signal.SIGTERM, "the main process", "in the middle", 1),
    ],
)
def test_a_stopped_experiment_says_what_is_kept_and_leaves_nobody_behind(
    number, whom, moment, n_workers, processes, undisturbed, tmp_path
):
    """A terminal sends Ctrl-C to every process of the group."""
    out = tmp_path / "out"
    command = ("compare", *ASKED, "--workers", n_workers, "--out", out)
    process = processes.start(*command)
    process.wait_for(lambda: lines(out) >= MOMENTS[moment])
    members = family(process)
    if whom == "the group":
        process.signal_group(number)
    else:
        psutil.Process(process.pid).send_signal(number)
    assert process.wait() == INTERRUPTED, process.said
    if moment == "at the start":
        assert process.said.startswith("stopped: ")
        return
    said = [line for line in process.said.splitlines() if " left, " not in line]
    found = re.fullmatch(rf"stopped: (\d+) of 120 runs are kept in {out}; the same command goes on with the rest", said[0])
    assert int(found[1]) == len(kept.journalled(out)) < 120
    assert said[1:] == []
    assert_all_end(members)
    kept.assert_tidy(out)
    assert kept.state(out) == "stopped"
    processes.call("verify", out, "--sample", 0)
    if moment == "in the middle":
        processes.call(*command, timeout=120)
        kept.assert_same_results(out, undisturbed(*ASKED))
        assert sorted(kept.journalled(out)) == list(range(120))
