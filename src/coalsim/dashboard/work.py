"""Work away from the page: worker processes that stay warm, one job at a time each, and jobs that can be watched and stopped."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import threading
import time
from contextlib import suppress
from functools import cache
from multiprocessing.connection import Connection
from typing import Any, Literal

import cloudpickle

type State = Literal["waiting", "running", "done", "failed", "cancelled"]

GRACE_S = 5.0  # until a worker that was asked to end is killed
LISTEN_S = 0.5
FORGOTTEN_S = 180.0  # without anybody asking: browsers wake pages in the background once a minute


class Worker:
    """A process that does one order after another."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, os.getpid()), name="coalsim worker")
        self.process.start()
        theirs.close()

    @property
    def is_alive(self) -> bool:
        """Whether it can still work."""
        return self.process.is_alive()

    def end(self) -> None:
        """Stop it at once, and what it has started."""
        self.process.terminate()
        self.process.join(GRACE_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.pipe.close()


class Workers:
    """At most so many workers, started when needed and kept warm."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._idle: list[Worker] = []
        self._lent: list[Worker] = []
        self._lock = threading.Lock()
        atexit.register(self.end)  # or the process would wait for its workers for ever

    def lend(self) -> Worker | None:
        """A worker, or None while all are busy."""
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.is_alive:
                    break
                worker.end()
            else:
                if len(self._lent) >= self.most:
                    return None
                worker = Worker()
            self._lent.append(worker)
            return worker

    def take_back(self, worker: Worker) -> None:
        """Keep it for the next job, if it lives."""
        with self._lock:
            self._lent.remove(worker)
            if worker.is_alive and not worker.pipe.closed:
                self._idle.append(worker)

    def warm_up(self) -> None:
        """Have one worker ready before it is needed."""
        worker = self.lend()
        if worker is not None:
            self.take_back(worker)

    def end(self) -> None:
        """End them all, whatever they do."""
        with self._lock:
            for worker in [*self._idle, *self._lent]:
                worker.end()
            self._idle = []


@cache
def workers() -> Workers:
    """The worker processes of this server; each runs on all cores, and one page at a time has it."""
    return Workers(max(1, (os.cpu_count() or 1) // 2))


class Job:
    """One order on its way: ask `poll` now and then, or it is taken for forgotten and stopped."""

    def __init__(self, order: Any, workers: Workers, what: str = "") -> None:
        self.order, self.what = order, what
        self.state: State = "waiting"
        self.done, self.asked = 0, 0
        self.result: Any = None
        self.message = ""
        self._workers = workers
        self._worker: Worker | None = None
        self._watcher: threading.Thread | None = None
        self._looked = time.monotonic()
        self._lock = threading.Lock()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("done", "failed", "cancelled")

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        return self.done / self.asked if self.asked else 0.0

    def poll(self) -> State:
        """Begin if a worker is free; how it stands."""
        self._looked = time.monotonic()
        if self.state == "waiting":
            packed = cloudpickle.dumps(self.order)
            while (worker := self._workers.lend()) is not None:
                try:
                    worker.pipe.send_bytes(packed)
                except OSError:  # it has died while it was idle
                    worker.end()
                    self._workers.take_back(worker)
                    continue
                self._worker, self.state = worker, "running"
                self._watcher = threading.Thread(target=self._watch, args=(worker,), daemon=True)
                self._watcher.start()
                break
        return self.state

    def wait(self, seconds: float) -> State:
        """Poll until it is over, or so long."""
        until = time.monotonic() + seconds
        while self.poll() not in ("done", "failed", "cancelled") and time.monotonic() < until:
            time.sleep(0.02)
        return self.state

    def cancel(self) -> None:
        """Stop it; what it has written stays."""
        with self._lock:
            if self.is_over:
                return
            self.state = "cancelled"
        if self._worker is not None and self._watcher is not None:
            self._worker.process.terminate()
            self._watcher.join(2 * GRACE_S)

    def _watch(self, worker: Worker) -> None:
        """Take in what comes from the worker, and give it back when it is done, whether or not anybody asks."""
        while self.state == "running":
            try:
                if worker.pipe.poll(LISTEN_S):
                    self._hear(*worker.pipe.recv())
                elif time.monotonic() - self._looked > FORGOTTEN_S:
                    self._over("cancelled")
            except (EOFError, OSError):
                self._over("failed", "the process that ran it ended; perhaps memory ran out")
                worker.end()
        if self.state == "cancelled":
            worker.end()
        self._workers.take_back(worker)

    def _hear(self, kind: str, *said: Any) -> None:
        if kind == "progress":
            self.done, self.asked = said
        elif kind == "done":
            self.result = said[0]
            self._over("done")
        else:
            self._over("failed", said[0])

    def _over(self, state: State, message: str = "") -> None:
        with self._lock:
            if not self.is_over:
                self.message, self.state = message, state


def serve(pipe: Connection, parent: int) -> None:
    """What a worker process does: take an order, do it, tell how it went, until the other end is gone."""
    with suppress(KeyboardInterrupt, EOFError, OSError):
        signal.signal(signal.SIGTERM, _end)
        from coalsim.experiments.engines import follow

        follow(parent)
        from coalsim.dashboard.orders import get_ready

        get_ready()
        while True:
            order = cloudpickle.loads(pipe.recv_bytes())
            try:
                answer = ("done", order(lambda done, asked: pipe.send(("progress", done, asked))))
            except Exception as error:
                answer = ("failed", _said(error))
            pipe.send(answer)


def _end(*_: Any) -> None:
    raise KeyboardInterrupt


def _said(error: Exception) -> str:
    """An error for a visitor: what the program says of bad input, else its kind, too."""
    from coalsim.dashboard.choice import refused

    return refused(error) if isinstance(error, ValueError | OSError) else f"{type(error).__name__}: {error}"
