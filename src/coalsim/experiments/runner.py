"""Runs what a design still lacks: one supervising loop over futures, whatever the engine, that loses no run."""

from __future__ import annotations

import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from types import FrameType
from typing import NamedTuple

from coalsim.experiments import engines
from coalsim.experiments.engines import Engine
from coalsim.experiments.receipts import Receipt
from coalsim.experiments.store import Counts, Store
from coalsim.experiments.task import Job, Work, pack
from coalsim.indicators import indicators

type OnProgress = Callable[[Counts], None]


class RunFailedError(RuntimeError):
    """A run that failed, without which nothing can be concluded."""


class Shard(NamedTuple):
    """The i-th of n shares of an experiment's parts, counted from 1."""

    i: int
    n: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """`2/8` as a shard.

        Raises
        ------
        ValueError
            With how to write it.
        """
        first, slash, last = text.partition("/")
        if not (slash and first.isascii() and first.isdigit() and last.isascii() and last.isdigit()):
            raise ValueError(f"shard {text[:40]!r}: write it as i/n, for example 1/8")
        shard = cls(int(first), int(last))
        if not 1 <= shard.i <= shard.n:
            raise ValueError(f"shard {text[:40]}: the first number counts from 1 to the second")
        return shard

    def __str__(self) -> str:
        return f"{self.i}-of-{self.n}"


def run_missing(
    store: Store,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    time_limit: float | None = None,
    shard: Shard | None = None,
    on_progress: OnProgress | None = None,
) -> None:
    """Run every run of the store's design that it does not hold yet.

    Parameters
    ----------
    workers : processes on this machine; all cores by default
    cluster : address of a Dask scheduler, in place of `workers`
    time_limit : seconds after which a run is recorded as failed
    shard : only this share of the parts
    on_progress : called with the counts after each part

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C or SIGTERM; finished parts are kept.
    StorageError, EngineError
        When nothing can go on; finished parts are kept.
    """
    design = store.design
    wanted = [ids for ids in design.parts(store.status) if shard is None or _belongs(shard, ids[0] // design.part_size)]
    if on_progress:
        on_progress(store.counts)
    if not wanted:
        return
    packed, known = pack(design), tuple(indicators)
    jobs = (Job(packed, tuple(ids), str(store.folder.absolute()), known, time_limit) for ids in wanted)

    def receive(receipt: Receipt) -> None:
        store.receive(receipt)
        if on_progress:
            on_progress(store.counts)

    with terminated_like_interrupted():
        engine = engines.make(workers, cluster, store.folder, len(wanted), design.scenario)
        try:
            supervise(engine, jobs, receive)
        except BaseException:
            engine.stop(at_once=True)
            raise
        engine.stop(at_once=False)


def supervise(engine: Engine, jobs: Iterator[Work], receive: Callable[[Receipt], None]) -> None:
    """Keep an engine busy until every job has its receipt.

    When a worker dies, whatever was in flight is suspect. Suspects are run one at a time with nothing beside them, first the
    job as a whole and, if its worker dies again, run by run, so that a death tells which run it was; after
    `engine.tries` of these the run is recorded as failed and the rest go on.
    """
    waiting: dict[Future[Receipt], Work] = {}
    suspects: deque[Work] = deque()
    deaths: Counter[int] = Counter()
    alone: Future[Receipt] | None = None
    while True:
        at_most = 1 if engine.workers == 1 else 2 * engine.workers  # workers may come and go
        while not suspects and alone is None and len(waiting) < at_most and (job := next(jobs, None)):
            waiting[engine.submit(job)] = job
        if suspects and not waiting:
            job = suspects.popleft()
            alone = engine.submit(job)
            waiting[alone] = job
        if not waiting:
            return
        has_died = False
        for future in wait(waiting, return_when=FIRST_COMPLETED).done:
            job = waiting.pop(future)
            try:
                receive(future.result())
            except engine.deaths as error:
                has_died = True
                if future is not alone:
                    suspects.append(job)
                    continue
                if len(job.run_ids) == 1:
                    deaths[job.run_ids[0]] += 1
                    if deaths[job.run_ids[0]] >= engine.tries:
                        receive(_failed(job.run_ids[0], engine.tries, error))
                        continue
                suspects.extend(job._replace(run_ids=(run_id,)) for run_id in job.run_ids)
        if has_died:
            engine.revive()
        alone = None


def _failed(run_id: int, tries: int, error: BaseException) -> Receipt:
    often = f"{tries} times in a row" if tries > 1 else "again and again"  # the scheduler has counted
    how = " (out of memory is the usual reason)" if "SIGKILL" in str(error) else ""
    text = f"its worker died {often}{how}"
    return Receipt("", {}, [{"run_id": run_id, "status": "failed", "error": text, "seconds": None}])


def _belongs(shard: Shard, part: int) -> bool:
    return part % shard.n == shard.i - 1


@contextmanager
def terminated_like_interrupted() -> Iterator[None]:
    """SIGTERM, which Slurm and container engines send before they kill, stops like Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
