"""Runs on a Dask cluster: workers on any machines that have the same code and see the results folder."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import pickle
import secrets
import socket
import sys
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from coalsim.experiments import record
from coalsim.experiments.manifest import MANIFEST
from coalsim.experiments.receipts import Receipt
from coalsim.experiments.store import StorageError
from coalsim.experiments.task import Job, Work, run_job


class EngineError(RuntimeError):
    """Workers that cannot be used, or no longer; the message says what to do."""


class RefusedError(EngineError):
    """Workers that were refused before anything ran."""

    exit_code = 2  # bad input


class DaskCluster:
    """Workers of a `dask.distributed` scheduler; all of them must see the results folder."""

    tries = 1  # since the scheduler itself tries a run on several workers before it tells
    look_s: ClassVar[float] = 1  # between two looks at how many workers there are
    patience: ClassVar[int] = 15  # looks without any worker before it says so; a nanny needs a few to start one again

    def __init__(self, address: str, folder: Path) -> None:
        self._address, self._needed = address, needed()
        with contextlib.ExitStack() as stack:
            self._connection = stack.enter_context(connected(address))
            _check(self._connection, folder)
            self._leave = stack.pop_all().close
        from distributed.scheduler import KilledWorker

        self.deaths: tuple[type[BaseException], ...] = (KilledWorker,)
        self._threads = 0
        self._connection.begin(self._watch(self._connection.client))

    @property
    def workers(self) -> int:
        """Threads of all workers at the last look; at least 2, since some may still come."""
        return max(2, self._threads)

    def submit(self, job: Work) -> Future[Receipt]:
        """Queue it; of jobs only, since workers ask which folder they write to."""
        assert isinstance(job, Job)
        return self._connection.begin(self._receipt(self._connection.client, job))

    def revive(self) -> None:
        """The scheduler and its nannies see to that."""

    def stop(self, *, at_once: bool) -> None:
        """Take back what is queued, and leave; what a worker has begun it ends, and nobody takes it in."""
        self._leave()

    async def _receipt(self, client: Any, job: Job) -> Receipt:
        """A job's receipt; not through Dask's executor, which leaves it open for ever if the scheduler dies at a bad time."""
        from distributed.client import ClosedClientError

        order = pickle.dumps(Order(job, self._needed))
        try:
            receipt: Receipt = await client.submit(pickle.loads, order, key=f"coalsim-{secrets.token_hex(8)}")
            return receipt
        except StorageError:
            raise
        except (ModuleNotFoundError, AttributeError) as error:
            raise EngineError(
                f"a worker at {self._address} cannot import what it needs ({error}); stop it, or install that there, and give"
                " the command again"
            ) from None
        except (OSError, CancelledError, ClosedClientError):
            raise EngineError(
                f"the Dask scheduler at {self._address} is gone or was restarted; finished runs are kept, and the same command"
                " goes on with the rest when it is back"
            ) from None

    async def _watch(self, client: Any) -> None:
        """Keep count of the workers; when all are gone say so and wait, since a queue may bring new ones."""
        looks = 0
        while True:
            with contextlib.suppress(OSError):  # jobs tell when the scheduler is gone
                self._threads = (await client.scheduler.identity(n_workers=0))["total_threads"]
            looks = 0 if self._threads else looks + 1
            if looks == self.patience:
                logging.getLogger(__name__).warning(
                    f"no workers are left at {self._address}; waiting for new ones (Ctrl-C stops and keeps finished runs)"
                )
            await asyncio.sleep(self.look_s)


class Connection:
    """A Dask client in an event loop and thread of its own.

    Not the client's own blocking ways: what is left of one that could not connect can stop the next for ever, when it is
    collected as garbage while that one starts.
    """

    client: Any

    def __init__(self, address: str) -> None:
        self.address = address
        self._is_open: Future[None] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), name="Dask client", daemon=True)
        self._thread.start()
        self._is_open.result()

    def begin(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Begin something in the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        """Leave, whatever is under way."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(timeout=5)

    async def _live(self) -> None:
        from distributed import Client

        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        try:
            self.client = Client(self.address, asynchronous=True, set_as_default=False)
            await asyncio.wait_for(self.client, 2 * patience_s())  # Dask itself waits for ever for a greeting
        except Exception as error:
            self._is_open.set_exception(error)
        else:
            self._is_open.set_result(None)
            await self._end.wait()
        with contextlib.suppress(AttributeError, OSError):  # no client, or one whose scheduler is gone
            await self.client.close(timeout=2)


@contextmanager
def connected(address: str) -> Iterator[Connection]:
    """A connection to a Dask scheduler.

    Raises
    ------
    RefusedError
        When none answers there.
    """
    try:
        import distributed  # noqa: F401  before quiet(), since it sets up its loggers
    except ModuleNotFoundError:
        raise RefusedError("--cluster needs Dask: install coalsim[cluster]") from None
    with quiet():
        try:
            connection = Connection(address)
        except OSError as error:
            raise RefusedError(f"no Dask scheduler answers at {address} ({_short(error)})") from None
        except (ValueError, TypeError, RuntimeError) as error:
            raise RefusedError(
                f"{address[:60]!r} is no address of a Dask scheduler ({_short(error)}); write it like tcp://10.0.0.1:8786"
            ) from None
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def quiet() -> Iterator[None]:
    """Dask's own log would drown the progress; what matters in it becomes an EngineError."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        yield
    finally:
        for logger, level in zip(loggers, levels):
            logger.setLevel(level)


def check_cluster(address: str, folder: Path) -> None:
    """Refuse a cluster on which results would differ or be lost, before anything is written; leaves no trace.

    Raises
    ------
    RefusedError
        With what to do.
    """
    with connected(address) as connection:
        _check(connection, folder)


def _check(connection: Connection, folder: Path) -> None:
    address = connection.address
    with _witness(folder) as path:
        try:
            connection.begin(check_code(connection.client, address)).result()
            connection.begin(check_shared(connection.client, path)).result()
        except OSError as error:
            raise RefusedError(f"the Dask scheduler at {address} went away ({_short(error)})") from None


def patience_s() -> float:
    """How long to wait for a scheduler and for its first worker: as Dask does, `distributed.comm.timeouts.connect`, 30 s."""
    import dask
    from dask.utils import parse_timedelta

    return float(parse_timedelta(dask.config.get("distributed.comm.timeouts.connect")))


async def check_code(client: Any, address: str) -> None:
    """Refuse workers that lack coalsim or have other code, on which results would differ."""
    try:
        await client.wait_for_workers(1, timeout=patience_s())
    except TimeoutError:
        raise RefusedError(
            f"the scheduler at {address} has no workers; start some with `dask worker {address} --nthreads 1`"
        ) from None
    # As text, since a function goes by its name, which is no question where its module is missing.
    question = f"__import__({__name__!r}, fromlist=['needed']).needed()"
    for name, answer in (await client.run(eval, question, on_error="return")).items():
        if isinstance(answer, OSError):
            continue  # it went away meanwhile
        if isinstance(answer, Exception):
            raise RefusedError(
                f"worker {name} at {address} cannot import coalsim ({answer}); start workers in an environment that has this"
                " version of coalsim installed"
            )
        if other := _differences(answer, needed()):
            raise RefusedError(f"worker {name} at {address} has other code: {other}; results would differ")


def _differences(there: dict[str, str], here: dict[str, str]) -> str:
    return ", ".join(
        f"{key} {there.get(key)} there, {value} here" for key, value in here.items() if there.get(key) != value
    )


def needed() -> dict[str, str]:
    """What must be the same on all machines: what decides about bits, and the Python that pickles instruments."""
    return {**record.deciding(), "python": "{}.{}".format(*sys.version_info)}


async def check_shared(client: Any, path: Path) -> None:
    """Refuse workers that do not see a file as it is here, since each writes its own part beside it."""
    from distributed.comm.core import CommClosedError

    here = record.hash_of_file(path)
    for name, there in (await client.run(record.hash_of_file, path, on_error="return")).items():
        if there != here and not isinstance(there, CommClosedError):  # gone meanwhile
            raise RefusedError(
                f"worker {name} does not see {path.parent}; name an --out folder that all machines share"
            )


@contextmanager
def _witness(folder: Path) -> Iterator[Path]:
    """A file that others see if they see the folder: its manifest, else, for a moment, one in as much of its path as there is."""
    manifest = (folder / MANIFEST).absolute()
    if manifest.is_file():
        yield manifest
        return
    above = next(path for path in manifest.parents if path.is_dir())
    path = above / f".coalsim-{secrets.token_hex(8)}"
    try:
        path.write_text(path.name)
    except OSError as error:
        raise RefusedError(
            f"{folder}: nothing can be written in {above} ({error.strerror}); name another folder"
        ) from None
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


class Order(NamedTuple):
    """A job that is run by unpickling it. So no one but a worker need know coalsim: the scheduler passes it on unread."""

    job: Job
    needed: dict[str, str]

    def __reduce__(self) -> tuple[Any, ...]:
        return run_there, tuple(self)


def run_there(job: Job, needed_here: dict[str, str]) -> Receipt:
    """Run elsewhere: run a job if this worker may, since it may have come after the others were looked at."""
    where = f"a worker on {socket.gethostname()}"
    if other := _differences(needed(), needed_here):
        raise EngineError(f"{where} has other code: {other}; results would differ. Stop it and give the command again")
    if not Path(job.folder).is_dir():
        raise EngineError(f"{where} does not see {job.folder}. Stop it and give the command again")
    return run_job(job)


def _short(error: BaseException) -> str:
    """The kind and first line of an error."""
    return f"{type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else 'no message'}"
