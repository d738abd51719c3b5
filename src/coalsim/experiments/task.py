"""What a worker does: run a few runs, write one part of the results, hand back a receipt."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import cloudpickle
import numpy as np

from coalsim.experiments import parts
from coalsim.experiments.design import Design
from coalsim.experiments.outputs import LAST
from coalsim.experiments.receipts import Receipt
from coalsim.experiments.record import hash_of_file
from coalsim.experiments.store import StorageError
from coalsim.indicators import indicators
from coalsim.indicators.accounts import Accounts
from coalsim.indicators.distribution import Distribution
from coalsim.results import Run, simulate
from coalsim.scenario.errors import clean

MOST_OF_AN_ERROR = 500


class TimeLimitError(RuntimeError):
    """A run took longer than it was allowed."""


class Work(Protocol):
    """What engines run: some runs by their numbers; called on a worker, it hands back a receipt."""

    @property
    def run_ids(self) -> tuple[int, ...]:
        """The runs; `_replace` gives the same work for others."""
        ...

    def _replace(self, *, run_ids: tuple[int, ...]) -> Any: ...

    def __call__(self) -> Receipt: ...


class Job(NamedTuple):
    """Some runs of a design, and where their part goes.

    The design travels as bytes, so that a worker unpacks it once.
    """

    design: bytes
    run_ids: tuple[int, ...]
    folder: str
    indicators: tuple[str, ...]
    time_limit: float | None = None

    def __call__(self) -> Receipt:
        """Run it, see `run_job`."""
        return run_job(self)


def pack(design: Design) -> bytes:
    """A design as bytes; instruments defined in a notebook go along by value."""
    return cloudpickle.dumps(design)


@functools.lru_cache(maxsize=4)
def unpack(packed: bytes) -> Design:
    """The design of such bytes."""
    design: Design = cloudpickle.loads(packed)
    return design


def run_job(job: Job) -> Receipt:
    """Run every run of a job; one that fails is put down as failed and the rest go on.

    Raises
    ------
    StorageError
        When the part cannot be written.
    """
    design = unpack(job.design)
    missing = set(job.indicators) - set(indicators)
    if missing:
        raise ImportError(
            f"workers do not know the indicator {min(missing)!r}, which was defined in this session only; "
            "put it into a module that both import, or give workers=1"
        )
    rows, values, gains, accounts, done = [], [], [], [], []
    for run_id in job.run_ids:
        row, finished = run_one(design, run_id, job)
        rows.append(row)
        if finished is not None:
            run, distribution, account = finished
            done.append(run_id)
            values.append(run.model.indicators.array())
            gains.append(distribution)
            accounts.append(account)
    if not done:
        return Receipt("", {}, rows)
    name, folder = parts.part_name(done), Path(job.folder)
    places = [place.name for place in design.scenario.places]
    try:
        parts.write_table(folder / "indicators" / name, parts.indicator_table(done, values, places, tuple(indicators)))
        parts.write_table(folder / "distribution" / name, parts.distribution_table(done, gains))
        parts.write_table(folder / "accounts" / name, parts.accounts_table(done, accounts))
        return Receipt(name, {family: hash_of_file(folder / family / name) for family in parts.FAMILIES}, rows)
    except OSError as error:
        raise StorageError(error.errno, error.strerror or str(error), str(folder)) from None


def run_one(design: Design, run_id: int, job: Job) -> tuple[dict[str, Any], tuple[Run, Distribution, Accounts] | None]:
    """One run: its row, and the run with its distribution and accounts if it did not fail."""
    where = design.run(run_id)
    row: dict[str, Any] = {"run_id": run_id, "status": "failed"}
    began = time.perf_counter()
    try:
        scenario = design.scenario_of(where.cell)
        distribution, accounts = Distribution(), Accounts()
        watch = monthly(scenario.months, distribution, accounts, job, began)
        run = simulate(scenario, policy=where.cell.policy, seed=where.seed, on_month=watch)
        check_defined(run)
    except (Exception, SystemExit) as error:  # a run may fail in any way, and no way of failing may take others along
        seconds = round(time.perf_counter() - began, 3)
        return {**row, "error": describe(error), "seconds": seconds}, None
    places = run.model.localities
    row |= {
        "status": "done",
        "fingerprint": run.fingerprint,
        "tipped": [place.tipped_month for place in places],
        "met_at_start": [bool(place.at_start["sustaining"]) for place in places],
        "seconds": round(time.perf_counter() - began, 3),
    }
    return row, (run, distribution, accounts)


def check_defined(run: Run) -> None:
    """Refuse a run with an undefined indicator, which would drop out of means without a word.

    Raises
    ------
    ArithmeticError
        With the first one.
    """
    found, values = run.model.indicators, run.model.indicators.array()
    for month, place, k in np.argwhere(~np.isfinite(values)):
        value = values[month, place, k]
        raise ArithmeticError(f"{found.names[k]} of {found.localities[place]} is {value} in month {month}")


def monthly(
    months: int, distribution: Distribution, accounts: Accounts, job: Job, began: float
) -> Callable[[Any], None]:
    """What is done after each month: the accounts, the last year's distribution, and a look at the time limit."""

    def watch(model: Any) -> None:
        accounts.record(model)
        if model.month > months - LAST:
            distribution.record(model)
        if job.time_limit is not None and time.perf_counter() - began > job.time_limit:
            raise TimeLimitError(
                f"longer than the time limit of {job.time_limit:g} s, in month {model.month} of {months}"
            )

    return watch


def describe(error: BaseException) -> str:
    """An error as one line."""
    text = clean(" ".join(str(error).split()))
    kind = "" if isinstance(error, TimeLimitError) else f"{type(error).__name__}: "
    return f"{kind}{text or 'no message'}"[:MOST_OF_AN_ERROR]
