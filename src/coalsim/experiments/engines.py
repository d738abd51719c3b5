"""Where runs are run: in this process, on local processes, or on a Dask cluster. All take jobs and give futures.

The supervising loop is the runner's; an engine only submits, says which errors mean that a worker died, and stops.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any, ClassVar, Protocol

from coalsim.experiments.cluster import DaskCluster
from coalsim.experiments.receipts import Receipt
from coalsim.experiments.task import Work
from coalsim.scenario.schema import Scenario
from coalsim.start import memory


class Engine(Protocol):
    """What the runner asks of an engine."""

    deaths: tuple[type[BaseException], ...]  # what a future raises when its worker died
    tries: int  # how often a run's worker may die, with nothing beside it, before the run is recorded as failed

    @property
    def workers(self) -> int:
        """How many jobs run at a time."""
        ...

    def submit(self, job: Work) -> Future[Receipt]:
        """Begin a job."""
        ...

    def revive(self) -> None:
        """Make ready again after a death."""
        ...

    def stop(self, *, at_once: bool) -> None:
        """End; at once, whatever still runs."""
        ...


class InProcess:
    """One run after another in this process."""

    deaths: tuple[type[BaseException], ...] = ()
    tries = 1
    workers = 1

    def submit(self, job: Work) -> Future[Receipt]:
        """Run it now."""
        future: Future[Receipt] = Future()
        try:
            future.set_result(job())
        except Exception as error:
            future.set_exception(error)
        return future

    def revive(self) -> None:
        """Nothing can have died."""

    def stop(self, *, at_once: bool) -> None:
        """Nothing goes on."""


class LocalProcesses:
    """Processes of this machine, spawned and not forked, kept warm for the next experiment (loky)."""

    idle_s: ClassVar[int] = 60
    tries = 3

    def __init__(self, workers: int) -> None:
        from loky.process_executor import BrokenProcessPool

        self.workers = workers
        self.deaths: tuple[type[BaseException], ...] = (BrokenProcessPool,)
        self._executor = self._start()

    def submit(self, job: Work) -> Future[Receipt]:
        """Queue it, in a new pool if the old one broke meanwhile."""
        with shielded():
            try:
                return self._executor.submit(job)
            except self.deaths:
                self.revive()
                return self._executor.submit(job)

    def warm_up(self) -> None:
        """Have every worker start and import what runs need, before the first job comes."""
        for _ in range(self.workers):
            self._executor.submit(os.getpid)

    def revive(self) -> None:
        """A new pool, since loky's is broken as a whole by one death."""
        self._executor = self._start()

    def stop(self, *, at_once: bool) -> None:
        """Leave idle workers to end on their own; kill busy ones when asked to, and see them dead before the folder is tidied."""
        if at_once:
            self._executor.shutdown(wait=True, kill_workers=True)

    def _start(self) -> Any:
        from loky import get_reusable_executor

        # Runs of many residents hold much memory for a while; loky takes that for a leak, replaces the worker and warns.
        warnings.filterwarnings("ignore", "A worker was restarted while some jobs", UserWarning)
        with shielded():
            return get_reusable_executor(
                max_workers=self.workers, timeout=self.idle_s, initializer=follow, initargs=(os.getpid(),)
            )


def make(workers: int | None, cluster: str | None, folder: Path, jobs: int, scenario: Scenario) -> Engine:
    """The engine asked for: a cluster, this process for one worker or one job, else local processes."""
    return DaskCluster(cluster, folder) if cluster is not None else local(workers, jobs, scenario)


def local(workers: int | None, jobs: int, scenario: Scenario | None = None) -> InProcess | LocalProcesses:
    """The engine on this machine: as many workers as asked for, else as many as there are cores and as fit into memory.

    Raises
    ------
    ScenarioError
        When runs of the scenario, side by side on the workers asked for, would not fit into memory.
    """
    from loky import cpu_count  # heeds affinity and the limits of containers and Slurm

    n = min(workers or cpu_count(), jobs)
    if scenario is not None and n > 1:
        if workers is None:
            n = min(n, memory.most_runs(scenario) or n)
        else:
            memory.check(scenario, n)
    return InProcess() if n <= 1 else LocalProcesses(n)


@contextmanager
def shielded() -> Iterator[None]:
    """Processes started meanwhile never see Ctrl-C, which would have them print a traceback before they can ignore it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # whose own start would lift the shield
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def follow(parent: int) -> None:
    """Leave Ctrl-C, which reaches every process of a terminal, to the process that started this worker, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
