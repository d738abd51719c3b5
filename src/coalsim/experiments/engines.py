"""Where runs are run: in this process, on local processes, or on a Dask cluster. All take jobs and give futures.

The supervising loop is the runner's; an engine only submits, says which errors mean that a worker died, and stops.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
import types
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, ClassVar, Protocol

from coalsim.experiments import record
from coalsim.experiments.store import Receipt
from coalsim.experiments.task import Job, run_job


class EngineError(RuntimeError):
    """Workers that cannot be used; the message says what to do."""


class Engine(Protocol):
    """What the runner asks of an engine."""

    deaths: tuple[type[BaseException], ...]  # what a future raises when its worker died

    @property
    def workers(self) -> int:
        """How many jobs run at a time."""
        ...

    def submit(self, job: Job) -> Future[Receipt]:
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
    workers = 1

    def submit(self, job: Job) -> Future[Receipt]:
        """Run it now."""
        future: Future[Receipt] = Future()
        try:
            future.set_result(run_job(job))
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

    def __init__(self, workers: int) -> None:
        from loky.process_executor import BrokenProcessPool

        self.workers = workers
        self.deaths: tuple[type[BaseException], ...] = (BrokenProcessPool,)
        self._executor = self._start()

    def submit(self, job: Job) -> Future[Receipt]:
        """Queue it, in a new pool if the old one broke meanwhile."""
        job = job._replace(parent=os.getpid())
        try:
            return self._executor.submit(run_job, job)
        except self.deaths:
            self.revive()
            return self._executor.submit(run_job, job)

    def revive(self) -> None:
        """A new pool, since loky's is broken as a whole by one death."""
        self._executor = self._start()

    def stop(self, *, at_once: bool) -> None:
        """Leave idle workers to end on their own; kill busy ones when asked to."""
        if at_once:
            self._executor.shutdown(wait=False, kill_workers=True)

    def _start(self) -> Any:
        from loky import get_reusable_executor

        return get_reusable_executor(max_workers=self.workers, timeout=self.idle_s, initializer=ignore_interrupts)


class DaskCluster:
    """Workers of a `dask.distributed` scheduler; all of them must see the results folder."""

    def __init__(self, address: str, folder: Path, patience_s: float = 30) -> None:
        try:
            from distributed import Client
            from distributed.comm.core import CommClosedError
            from distributed.scheduler import KilledWorker
        except ImportError:
            raise EngineError("--cluster needs Dask: install coalsim[cluster]") from None
        self.deaths: tuple[type[BaseException], ...] = (KilledWorker,)
        try:
            self._client = Client(address, timeout=patience_s, set_as_default=False)
        except (OSError, ValueError, TimeoutError, CommClosedError) as error:
            raise EngineError(f"no Dask scheduler answers at {address} ({_short(error)})") from None
        try:
            check_importable(self._client, address)
            check_shared(self._client, folder)
        except BaseException:
            self._client.close()
            raise
        self._executor = self._client.get_executor(pure=False)

    @property
    def workers(self) -> int:
        """Threads of all workers that are there now; at least 1, since some may still come."""
        return max(1, sum(self._client.nthreads().values()))

    def submit(self, job: Job) -> Future[Receipt]:
        """Queue it."""
        future: Future[Receipt] = self._executor.submit(run_job, job)
        return future

    def revive(self) -> None:
        """The scheduler and its nannies see to that."""

    def stop(self, *, at_once: bool) -> None:
        """Take back what is queued, and leave."""
        with contextlib.suppress(Exception):
            self._executor.shutdown(wait=not at_once)
            self._client.close(timeout=2)


def check_importable(client: Any, address: str) -> None:
    """Refuse a scheduler or workers that lack coalsim or have other code, on which results would differ."""
    deciding = record.deciding()
    asked: Callable[[], dict[str, str] | str] = _by_value(what_is_there)
    answers = {"the scheduler": client.run_on_scheduler(asked)}
    deadline = time.monotonic() + 30
    while not client.scheduler_info(n_workers=-1)["workers"]:
        if time.monotonic() > deadline:
            raise EngineError(f"the scheduler at {address} has no workers; start some with `dask worker {address}`")
        time.sleep(0.1)
    answers |= {f"worker {name}": answer for name, answer in client.run(asked).items()}
    for who, answer in answers.items():
        if isinstance(answer, str):
            raise EngineError(
                f"{who} at {address} cannot import coalsim ({answer}); start it in an environment that has coalsim"
                " installed, scheduler and workers alike"
            )
        differing = [
            f"{key} {answer.get(key)} there, {value} here"
            for key, value in deciding.items()
            if answer.get(key) != value
        ]
        if differing:
            raise EngineError(f"{who} at {address} has other code: {', '.join(differing)}; results would differ")


def what_is_there() -> dict[str, str] | str:
    """Run elsewhere: what decides about bits there, or why coalsim is missing."""
    try:
        from coalsim.experiments import record
    except ImportError as error:
        return str(error)
    return record.deciding()


def check_shared(client: Any, folder: Path) -> None:
    """Refuse workers that do not see the results folder, since each writes its own part there."""
    from coalsim.experiments.store import MANIFEST

    path = str((folder / MANIFEST).absolute())
    for who, is_seen in client.run(os.path.isfile, path).items():
        if not is_seen:
            raise EngineError(f"worker {who} does not see {path}; name an --out folder that all machines share")


def make(workers: int | None, cluster: str | None, folder: Path, jobs: int) -> Engine:
    """The engine asked for: a cluster, this process for one worker or one job, else local processes."""
    if cluster is not None:
        return DaskCluster(cluster, folder)
    from loky import cpu_count  # heeds affinity and the limits of containers and Slurm

    n = min(workers or cpu_count(), jobs)
    return InProcess() if n <= 1 else LocalProcesses(n)


def ignore_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal; workers leave it to the one that started them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _short(error: BaseException) -> str:
    """The kind and first line of an error."""
    return f"{type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else 'no message'}"


def _by_value(function: Callable[[], Any]) -> Callable[[], Any]:
    """The function such that it is pickled whole and not as a name to import, for where coalsim is missing."""
    copy = types.FunctionType(function.__code__, {"__builtins__": __builtins__}, function.__name__)
    copy.__module__ = "__main__"
    return copy
