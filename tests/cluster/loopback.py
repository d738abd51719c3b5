"""A Dask scheduler and workers on loopback for tests: processes of their own, killed whatever happens."""

import atexit
import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from coalsim.experiments.cluster import connected

HERE = Path(__file__).parent
PATIENCE_S = 60


class Loopback:
    """A scheduler at a free port of 127.0.0.1, and the workers that were started for it.

    Parameters
    ----------
    folder : for logs and the workers' own files
    prelude : Python that the scheduler runs before it begins
    allowed_failures : worker deaths after which the scheduler gives a job up, less one
    port : of the scheduler; any free one by default
    """

    def __init__(self, folder: Path, *, prelude: str = "", allowed_failures: int = 3, port: int = 0):
        self.folder = folder
        self.processes = []
        contact = folder / f"scheduler-{time.monotonic_ns()}.json"
        asked = (
            "--host",
            "127.0.0.1",
            "--port",
            port,
            "--no-dashboard",
            "--scheduler-file",
            contact,
            "--idle-timeout",
            "600",
        )
        settings = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(allowed_failures)}
        self.scheduler = self._start("scheduler", prelude, asked, settings)
        self.address = json.loads(read_when_there(contact))["address"]
        self.port = int(self.address.rpartition(":")[2])

    def worker(self, *options, prelude: str = ""):
        """Start one more; with a nanny it is two processes."""
        where = self.folder / f"worker-{len(self.processes)}"
        common = ("--no-dashboard", "--local-directory", where, "--host", "127.0.0.1", "--death-timeout", "60")
        if not any(str(option).startswith("--nthreads") for option in options):
            common += ("--nthreads", "1")
        return self._start("worker", prelude, (self.address, *common, *options), {})

    def wait_for(self, n: int):
        """Until so many workers are there."""
        self._ask(lambda client: client.wait_for_workers(n, timeout=PATIENCE_S))

    def everywhere(self, function):
        """What a function gives on each worker, by address."""
        return self._ask(lambda client: client.run(function))

    def pids(self):
        """Process ids of the workers, not of their nannies."""
        return sorted(self.everywhere(os.getpid).values())

    def _ask(self, question):
        async def ask(client):
            return await question(client)

        with connected(self.address) as connection:
            return connection.begin(ask(connection.client)).result()

    def _start(self, what, prelude, arguments, settings):
        code = f"{prelude}\nfrom distributed.cli.dask_{what} import main\nmain()"
        log = (self.folder / f"{what}-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment(settings),
            start_new_session=True,  # so that a nanny's worker is killed with it
        )
        log.close()
        self.processes.append(process)
        return process

    def stop(self):
        """Kill every process that is left."""
        for process in self.processes:
            kill_group(process)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def kill_group(process):
    """Kill -9 a process and those that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def environment(settings=()):
    """What processes of a test see: this folder on the path, so that they can import `misbehaving`.

    Where Python may not write bytecode, each would compile every module at its start: they keep it in a folder of their own.
    """
    path = os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH"))))
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if len(inherited) < len(os.environ):
        inherited["PYTHONPYCACHEPREFIX"] = bytecode()
    return {**inherited, "PYTHONPATH": path, **dict(settings)}


@functools.cache
def bytecode():
    """A folder for bytecode that goes when the tests have ended."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def read_when_there(path: Path):
    """The text of a file that another process is about to write."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if path.is_file() and (text := path.read_text()).rstrip().endswith("}"):
            return text
        time.sleep(0.05)
    raise TimeoutError(path)


def until(condition, what: str):
    """Wait until a condition holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.05)
