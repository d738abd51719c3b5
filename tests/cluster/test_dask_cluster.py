"""Experiments on a Dask cluster: real schedulers and workers on loopback, killed and replaced as they are in practice."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from concurrent.futures import Future
from pathlib import Path

import misbehaving
import pytest
from click.testing import CliRunner
from loopback import Loopback, environment, kill_group, until

import coalsim
from coalsim.cli import cli
from coalsim.experiments import design
from coalsim.experiments.cluster import DaskCluster, EngineError, RefusedError, check_cluster, needed, run_there
from coalsim.experiments.comparison import Comparison
from coalsim.experiments.journal import Journal
from coalsim.experiments.manifest import read_manifest
from coalsim.experiments.receipts import Receipt
from coalsim.experiments.runner import supervise
from coalsim.experiments.task import Job
from coalsim.policies.policy import Policy, instruments

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
WALSALL = str(ROOT / "scenarios" / "walsall.yaml")
ASKED = ("compare", WALSALL, "--set", "sample=0.05", "--set", "months=6", "--replicates", "24")
DONE, FAILED, BAD_INPUT, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3, 130
WITHOUT_COALSIM = "import sys; sys.modules['coalsim'] = None"
WITH_OTHER_CODE = "from coalsim.experiments import record; record.model_sources = lambda: 'other'"
WITHOUT_THE_FOLDER = """
from coalsim.experiments import record
def blind(path):
    raise FileNotFoundError(2, "No such file or directory", str(path))
record.hash_of_file.__code__ = blind.__code__
"""


@pytest.fixture(scope="module", autouse=True)
def surroundings():
    """Instruments that misbehave, for a time; and no figures, which take a second or two to draw."""
    for name, kind in misbehaving.ALL.items():
        instruments.register(name, kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Comparison, "figures", lambda self: iter(()))
        yield
    for name in misbehaving.ALL:
        del instruments._members[name]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler that gives a job up at the first death, and two workers of one thread, each with a nanny."""
    with Loopback(tmp_path_factory.mktemp("cluster"), allowed_failures=0) as running:
        running.worker()
        running.worker()
        running.wait_for(2)
        yield running


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """A scheduler that cannot import coalsim, its workers yet to come."""
    with Loopback(tmp_path_factory.mktemp("scheduler"), prelude=WITHOUT_COALSIM) as running:
        yield running


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """The same experiment in this process."""
    folder = tmp_path_factory.mktemp("local") / "results"
    call("--workers", 1, "--out", folder)
    return folder


@pytest.fixture
def run_by_run(monkeypatch):
    """A part for each run, so that few runs make many jobs."""
    monkeypatch.setattr(design, "MOST_IN_PART", 1)


@pytest.fixture
def impatient(monkeypatch):
    """Dask's own patience, shortened, in this process and those it starts."""
    import dask

    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        yield


def call(*options, code=DONE):
    """The command in this process; it must end with the code, and never with a traceback."""
    ended = CliRunner().invoke(cli, [str(option) for option in (*ASKED, *options)])
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exc_info
    assert ended.exit_code == code, ended.output
    return ended


def start(*options):
    """The command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "coalsim.cli", *map(str, (*ASKED, *options))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )


def small(replicates=8, **instruments):
    """Walsall in small, unchanged and with one option of these instruments."""
    scenario = coalsim.load_scenario(WALSALL, sample=0.05, months=6, replicates=replicates)
    options = {
        "business_as_usual": scenario.options["business_as_usual"],
        "misbehaving": Policy(name="Misbehaving", instruments=instruments),
    }
    return scenario.model_copy(update={"options": options})


def parts(folder):
    """Name and sha256 of every part, as the manifest has them."""
    files = read_manifest(folder)["files"]
    return {name: sha for name, sha in files.items() if "/part-" in name}


def journalled(folder):
    """How often each run stands in the journal, and the rows of those that failed."""
    rows = [row for entry in Journal(folder).entries() for row in entry.get("rows", ())]
    return Counter(row["run_id"] for row in rows), {row["run_id"]: row for row in rows if row["status"] == "failed"}


def counts_in(stderr):
    """How many runs are done in each line of progress; there must be no other line."""
    lines = stderr.splitlines()
    assert all(line.startswith("3 options x 24 replicates: ") for line in lines), stderr
    return [int(line.split(": ")[1].split(" of 72 runs, ")[0]) for line in lines]


def runs_done(process, at_least):
    """Read progress until so many runs are done."""
    for line in process.stderr:
        if counts_in(line)[0] >= at_least:
            return
    raise AssertionError(process.communicate())


# The same results


def test_a_cluster_gives_the_same_bits_as_local_workers_and_says_nothing_else(cluster, local, tmp_path):
    process = start("--cluster", cluster.address, "--json", "--out", tmp_path / "cluster")
    stdout, stderr = process.communicate(timeout=100)
    assert process.returncode == DONE, stderr
    two = call("--workers", 2, "--json", "--out", tmp_path / "two")
    assert parts(tmp_path / "cluster") == parts(tmp_path / "two") == parts(local)
    assert json.loads(stdout)["fingerprint"] == json.loads(two.stdout)["fingerprint"]
    assert counts_in(stderr) == counts_in(two.stderr)
    assert stdout.count("\n") == 1


# Workers that come and go


def test_workers_may_join_late_and_go_and_the_last_one_too(scheduler, tmp_path, run_by_run, monkeypatch, caplog):
    monkeypatch.setattr(DaskCluster, "look_s", 0.05)
    prints = tmp_path / "footprints"
    prints.mkdir()
    scenario = small(12, dawdles={"seconds": 0.05, "footprints": str(prints)})
    workers = [scheduler.worker("--no-nanny")]

    def change(counts):
        if counts.done == 1:
            workers.append(scheduler.worker("--no-nanny", "--nthreads", "2"))
            scheduler.wait_for(2)
            scheduler.everywhere(needed)  # so that it has imported coalsim
        elif len(list(prints.iterdir())) == len(workers) == 2:
            for worker in workers:
                kill_group(worker)
            until(lambda: caplog.messages, "a message")
            workers.append(scheduler.worker("--no-nanny"))

    found = coalsim.compare(scenario, cluster=scheduler.address, out=tmp_path / "results", on_progress=change)
    kill_group(workers.pop())
    assert len(list(prints.iterdir())) == 3  # processes that worked
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith(f"no workers are left at {scheduler.address}; waiting for new ones")
    assert journalled(tmp_path / "results") == (dict.fromkeys(range(24), 1), {})
    assert found.summary()["fingerprint"] == coalsim.compare(scenario, workers=1).summary()["fingerprint"]


class Growing:
    """An engine whose workers come one by one: another for each job that ends."""

    deaths, tries = (), 1

    def __init__(self):
        self.workers = 2
        self.begun, self.most = deque(), 0
        threading.Thread(target=self._work, daemon=True).start()

    def submit(self, job):
        self.begun.append(Future())
        self.most = max(self.most, len(self.begun))
        return self.begun[-1]

    def _work(self):
        while True:
            time.sleep(0.005)
            if self.begun:
                self.workers += 1
                self.begun.popleft().set_result(Receipt("", {}, []))


def test_all_workers_that_join_late_are_kept_busy():
    engine, received = Growing(), []
    jobs = iter([Job(b"", (k,), "", ()) for k in range(60)])
    supervise(engine, jobs, received.append)
    assert len(received) == 60
    assert engine.most > 20


def test_a_killed_worker_with_a_nanny_costs_no_run_and_repeats_none(cluster, tmp_path, run_by_run):
    cluster.wait_for(2)
    scenario = small(6, dawdles={"seconds": 0.05})
    pids = cluster.pids()

    def kill(counts):
        if counts.done >= 4 and len(pids) == 2:
            os.kill(pids.pop(), signal.SIGKILL)

    found = coalsim.compare(scenario, cluster=cluster.address, out=tmp_path / "killed", on_progress=kill)
    assert len(pids) == 1
    assert journalled(tmp_path / "killed") == (dict.fromkeys(range(12), 1), {})
    assert found.summary()["fingerprint"] == coalsim.compare(scenario, workers=1).summary()["fingerprint"]


def test_a_run_that_kills_its_worker_is_recorded_and_its_neighbours_are_done(cluster, tmp_path, run_by_run):
    found = coalsim.compare(
        small(3, kills_its_worker={"in_seed": 1}), cluster=cluster.address, out=tmp_path / "results"
    )
    often, failed = journalled(tmp_path / "results")
    assert often == dict.fromkeys(range(6), 1)
    assert failed.keys() == {3}  # replicate 1, second option
    assert "its worker died" in failed[3]["error"]
    assert found.summary()["runs"] == {"requested": 6, "done": 5, "failed": 1}


def test_a_run_that_raises_is_recorded_and_the_rest_go_on(cluster, tmp_path, run_by_run):
    found = coalsim.compare(small(3, raises={"in_seed": 1}), cluster=cluster.address, out=tmp_path / "results")
    often, failed = journalled(tmp_path / "results")
    assert often == dict.fromkeys(range(6), 1)
    assert {run_id: row["error"] for run_id, row in failed.items()} == {3: "ZeroDivisionError: on purpose"}
    assert found.summary()["runs"] == {"requested": 6, "done": 5, "failed": 1}


def test_a_worker_that_joins_late_and_does_not_fit_ends_the_experiment(scheduler, tmp_path, run_by_run):
    fit = scheduler.worker("--no-nanny")
    for prelude, words in ((WITHOUT_COALSIM, "cannot import what it needs"), (WITH_OTHER_CODE, "has other code")):
        joined = []

        def join(counts, joined=joined, prelude=prelude):
            if counts.done and not joined:
                joined.append(scheduler.worker("--no-nanny", prelude=prelude))
                scheduler.wait_for(2)

        folder = tmp_path / words.replace(" ", "_")
        with pytest.raises(EngineError, match=words):
            coalsim.compare(small(40, dawdles={}), cluster=scheduler.address, out=folder, on_progress=join)
        kill_group(joined[0])
        assert journalled(folder)[0]
    kill_group(fit)


# Stopping and going on


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_client_keeps_what_is_finished_and_local_workers_go_on(number, cluster, local, tmp_path):
    process = start("--cluster", cluster.address, "--out", tmp_path / "stopped")
    runs_done(process, 18)
    process.send_signal(number)
    began = time.monotonic()
    stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout) == (INTERRUPTED, ""), stderr
    assert time.monotonic() - began < 10
    *progress, last = stderr.splitlines()
    counts_in("\n".join(progress))
    assert last.endswith(f"of 72 runs are kept in {tmp_path / 'stopped'}; the same command goes on with the rest")
    kept = journalled(tmp_path / "stopped")[0]
    assert 18 <= len(kept) < 72
    call("--workers", 1, "--out", tmp_path / "stopped")
    assert journalled(tmp_path / "stopped") == (dict.fromkeys(range(72), 1), {})
    assert parts(tmp_path / "stopped") == parts(local)


def test_a_scheduler_that_dies_is_told_and_the_same_command_goes_on_when_it_is_back(local, tmp_path):
    with Loopback(tmp_path) as running:
        running.worker("--no-nanny")
        process = start("--cluster", running.address, "--out", tmp_path / "results")
        runs_done(process, 18)
        kill_group(running.scheduler)
        stdout, stderr = process.communicate(timeout=60)
        assert (process.returncode, stdout) == (FAILED, "")
        *progress, last = stderr.splitlines()
        counts_in("\n".join(progress))
        assert last.startswith(
            f"error: the Dask scheduler at {running.address} is gone or was restarted; finished runs are"
        )
        kept = journalled(tmp_path / "results")[0]
        assert 18 <= len(kept) < 72
        port = running.port
    with Loopback(tmp_path, port=port) as running:
        running.worker("--no-nanny")
        call("--cluster", running.address, "--out", tmp_path / "results")
    assert journalled(tmp_path / "results") == (dict.fromkeys(range(72), 1), {})
    assert parts(tmp_path / "results") == parts(local)


# Refusals: exit 2, what to do, and nothing left


def refused(address, tmp_path):
    """What the command says; a look at the cluster says the same and leaves nothing."""
    with pytest.raises(RefusedError) as raised:
        check_cluster(address, tmp_path / "new" / "results")
    assert list(tmp_path.rglob("new")) == list(tmp_path.rglob(".coalsim*")) == []
    said = call("--cluster", address, "--out", tmp_path / "new" / "results", code=BAD_INPUT)
    assert said.stdout == ""
    assert said.stderr.count("\n") == 1
    assert said.stderr.startswith(f"error: {raised.value}"[:40])
    return said.stderr


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("tcp://127.0.0.1:1", "no Dask scheduler answers at tcp://127.0.0.1:1"),
        ("tcp://no-such-host.invalid:8786", "no Dask scheduler answers at tcp://no-such-host.invalid:8786"),
        ("127.0.0.1", "write it like tcp://10.0.0.1:8786"),
        ("http://127.0.0.1:8786", "write it like tcp://10.0.0.1:8786"),
        ("tcp://", "write it like tcp://10.0.0.1:8786"),
        ("", "write it like tcp://10.0.0.1:8786"),
    ],
)
def test_an_address_without_a_scheduler_is_refused(address, words, tmp_path, impatient):
    assert words in refused(address, tmp_path)


def test_something_else_that_listens_is_refused(tmp_path, impatient):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"tcp://127.0.0.1:{deaf.getsockname()[1]}"
        assert f"no Dask scheduler answers at {address}" in refused(address, tmp_path)


def test_the_address_of_a_worker_is_refused(cluster, tmp_path, impatient):
    address = next(iter(cluster.everywhere(os.getpid)))
    assert "Dask scheduler" in refused(address, tmp_path)


def test_a_scheduler_without_workers_is_refused(scheduler, tmp_path, impatient):
    said = refused(scheduler.address, tmp_path)
    assert f"has no workers; start some with `dask worker {scheduler.address}" in said


@pytest.mark.parametrize(
    ("prelude", "words"),
    [
        (WITHOUT_COALSIM, "cannot import coalsim"),
        (WITH_OTHER_CODE, "has other code: model_sources other there"),
        (WITHOUT_THE_FOLDER, "name an --out folder that all machines share"),
    ],
    ids=["without coalsim", "with other code", "without the folder"],
)
def test_a_worker_that_does_not_fit_is_refused(prelude, words, scheduler, tmp_path):
    worker = scheduler.worker("--no-nanny", prelude=prelude)
    try:
        said = refused(scheduler.address, tmp_path)
    finally:
        kill_group(worker)
    assert words in said
    assert "worker tcp://127.0.0.1:" in said


def test_a_refused_command_leaves_nothing_behind(tmp_path, impatient):
    refused("tcp://127.0.0.1:1", tmp_path)
    assert not (tmp_path / "new" / "results").exists()


def test_a_worker_looks_at_its_code_and_folder_before_each_job(tmp_path):
    job = Job(b"", (0,), str(tmp_path / "nowhere"), ())
    with pytest.raises(EngineError, match=r"has other code: python .* there") as raised:
        run_there(job, {**needed(), "python": "3.0"})
    assert "results would differ" in str(raised.value)
    with pytest.raises(EngineError, match=r"does not see .*nowhere"):
        run_there(job, needed())
