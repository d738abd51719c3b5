"""A crew: runs the tasks of an adaptive experiment on workers, keeps what they give, and hands it back in order."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import cloudpickle

from coalsim.experiments import engines
from coalsim.experiments.kept_runs import Kept, Question, Task
from coalsim.experiments.receipts import Receipt
from coalsim.experiments.runner import OnProgress, supervise, terminated_like_interrupted
from coalsim.experiments.store import Counts
from coalsim.experiments.task import describe

JOBS_A_WORKER = 4  # in each wave, so that workers end at about the same time


class Failed(NamedTuple):
    """A run that failed."""

    task: Task
    error: str


class TasksJob(NamedTuple):
    """Some tasks of a question, which travels as bytes, so that a worker unpacks it once."""

    question: bytes
    tasks: dict[int, Task]
    run_ids: tuple[int, ...]

    def __call__(self) -> Receipt:
        """Carry them out; one that fails is put down as failed."""
        question = unpack(self.question)
        rows = []
        for run_id in self.run_ids:
            row: dict[str, Any] = {"run_id": run_id, "status": "failed"}
            try:
                row |= {"value": question.carry_out(self.tasks[run_id]), "status": "done"}
            except Exception as error:  # a run may fail in any way
                row |= {"error": describe(error)}
            rows.append(row)
        return Receipt("", {}, rows)


@functools.lru_cache(maxsize=4)
def unpack(packed: bytes) -> Question:
    """The question of such bytes."""
    question: Question = cloudpickle.loads(packed)
    return question


class Crew:
    """Carries out tasks that are not kept yet, on processes that stay for the whole experiment."""

    def __init__(
        self,
        question: Question,
        kept: Kept,
        workers: int | None,
        on_progress: OnProgress | None = None,
        on_failure: Callable[[Failed], None] = lambda failed: None,
    ) -> None:
        self.question, self.kept = question, kept
        self._on_progress, self._on_failure = on_progress, on_failure
        self._packed = cloudpickle.dumps(question)
        self._engine = engines.local(workers, question.runs)
        self._met: set[Task] = set()
        self._failed: dict[Task, Failed] = {}

    @property
    def counts(self) -> Counts:
        """Most runs, those that are done, and those that failed."""
        done = len(self._met) - len(self._failed)
        return Counts(max(self.question.runs, len(self._met)), done, len(self._failed))

    @property
    def failed(self) -> tuple[Failed, ...]:
        """Every run that failed."""
        return tuple(self._failed.values())

    def __call__(self, tasks: Sequence[Task]) -> list[Any]:
        """What each task gives, as JSON, or that it `Failed`."""
        known = self.kept.known
        self._met.update(task for task in tasks if task in known)
        self._tell()
        lacking = [task for task in tasks if task not in known and task not in self._failed]
        missing = dict(enumerate(dict.fromkeys(lacking)))
        ids = list(missing)
        size = max(1, -(-len(ids) // (JOBS_A_WORKER * self._engine.workers)))

        def jobs() -> Iterator[TasksJob]:
            for first in range(0, len(ids), size):
                some = tuple(ids[first : first + size])
                yield TasksJob(self._packed, {k: missing[k] for k in some}, some)

        def receive(receipt: Receipt) -> None:
            done = {missing[row["run_id"]]: row["value"] for row in receipt.rows if row["status"] == "done"}
            self.kept.add(done)
            lost = [Failed(missing[row["run_id"]], row["error"]) for row in receipt.rows if row["status"] != "done"]
            self._failed |= {one.task: one for one in lost}
            self._met.update(done, (one.task for one in lost))
            self._tell()
            for one in lost:
                self._on_failure(one)

        supervise(self._engine, jobs(), receive)
        return [known[task] if task in known else self._failed[task] for task in tasks]

    def stop(self, *, at_once: bool) -> None:
        """Let the workers go."""
        self._engine.stop(at_once=at_once)

    def _tell(self) -> None:
        if self._on_progress:
            self._on_progress(self.counts)


@contextmanager
def hired(
    question: Question,
    workers: int | None,
    out: Path | None,
    on_progress: OnProgress | None,
    on_failure: Callable[[Failed], None] = lambda failed: None,
) -> Iterator[Crew]:
    """A crew for one experiment; what it has run is kept in `out`, if that is given, however it ends.

    Raises
    ------
    ValueError
        When `out` holds something else.
    """
    with Kept.open(out, question) as kept, terminated_like_interrupted():
        crew = Crew(question, kept, workers, on_progress, on_failure)
        try:
            yield crew
        except BaseException:
            crew.stop(at_once=True)
            kept.finish("stopped", crew.counts)
            raise
        crew.stop(at_once=False)
        counts = Counts(crew.counts.done + crew.counts.failed, crew.counts.done, crew.counts.failed)
        if on_progress:  # fewer runs may have been enough
            on_progress(counts)
        kept.finish("done", counts)
