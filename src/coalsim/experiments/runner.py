"""Runs many simulations on local processes and hands back what each found, in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coalsim.results import simulate
from coalsim.scenario.schema import Scenario

LARGEST_SEED = 2**64 - 1


class Task(NamedTuple):
    """One run: which policy, which seed."""

    policy: str
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What a run found: indicators (months + 1, localities, indicators), month of tipping by locality, fingerprint."""

    policy: str
    seed: int
    values: NDArray[np.float64]
    tipped: tuple[int | None, ...]
    sustaining_at_start: tuple[bool, ...]
    money_ends: int
    fingerprint: str


def run_task(scenario: Scenario, task: Task) -> Outcome:
    """Run one task in this process."""
    run = simulate(scenario, policy=task.policy, seed=task.seed)
    places = run.model.localities
    return Outcome(
        policy=task.policy,
        seed=task.seed,
        values=run.model.indicators.array(),
        tipped=tuple(place.tipped_month for place in places),
        sustaining_at_start=tuple(bool(place.at_start["sustaining"]) for place in places),
        money_ends=run.model.policy.money_ends,
        fingerprint=run.fingerprint,
    )


def run_all(
    scenario: Scenario,
    tasks: list[Task],
    *,
    workers: int | None = None,
    on_done: Callable[[Outcome], None] | None = None,
) -> list[Outcome]:
    """Run every task, on `workers` processes (default: all cores), and return outcomes in the order of the tasks.

    Outcomes do not depend on the number of workers. Compiled kernels are made ready once before workers start.
    """
    workers = min(workers or os.cpu_count() or 1, len(tasks))
    first, rest = tasks[0], tasks[1:]
    outcomes = {first: run_task(scenario, first)}  # also warms the compile cache
    if on_done:
        on_done(outcomes[first])
    for outcome in _in_turn(scenario, rest) if workers == 1 else _side_by_side(scenario, rest, workers):
        outcomes[Task(outcome.policy, outcome.seed)] = outcome
        if on_done:
            on_done(outcome)
    return [outcomes[task] for task in tasks]


def _in_turn(scenario: Scenario, tasks: list[Task]) -> Iterator[Outcome]:
    return (run_task(scenario, task) for task in tasks)


def _side_by_side(scenario: Scenario, tasks: list[Task], workers: int) -> Iterator[Outcome]:
    from loky import get_reusable_executor

    executor = get_reusable_executor(max_workers=workers, timeout=60)
    waiting: set[Future[Any]] = set()
    queue = iter(tasks)
    try:
        for task in queue:
            waiting.add(executor.submit(run_task, scenario, task))
            if len(waiting) < 2 * workers:
                continue
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    except BaseException:
        executor.shutdown(wait=False, kill_workers=True)
        raise


def check_seeds(seed: int, replicates: int) -> None:
    """Refuse seeds outside 0 to 2**64 - 1 before anything runs."""
    largest = LARGEST_SEED - replicates + 1
    if not 0 <= seed <= largest:
        raise ValueError(f"seed {seed}: give a whole number from 0 to {largest}")
