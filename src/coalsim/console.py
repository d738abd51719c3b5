"""What a command says while it works and when it cannot: progress and errors, both on stderr, and exit codes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from coalsim.experiments.store import Counts

DONE, FAILED, BAD_INPUT, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3, 130


@contextmanager
def errors() -> Iterator[None]:
    """Bad input as one message and exit 2; damage, or a system that refuses, as one line and exit 1."""
    from coalsim.registry import UnknownNameError
    from coalsim.scenario.errors import ScenarioError

    try:
        yield
    except (ScenarioError, UnknownNameError) as error:
        click.echo(str(error), err=True)
        sys.exit(BAD_INPUT)
    except (ValueError, RuntimeError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(getattr(error, "exit_code", BAD_INPUT if isinstance(error, ValueError) else FAILED))
    except OSError as error:
        click.echo(f"error: {error.strerror or error}: {error.filename or ''}", err=True)
        sys.exit(FAILED)


@contextmanager
def running() -> Iterator[None]:
    """Scenarios are checked before they run, so whatever fails in a run is a defect or a lack of memory: exit 1."""
    try:
        yield
    except (ArithmeticError, MemoryError, ValueError, LookupError) as error:
        click.echo(f"error: the run failed: {type(error).__name__}: {error}", err=True)
        sys.exit(FAILED)


@contextmanager
def months(total: int, what: str) -> Iterator[Callable[[], None]]:
    """Progress of one run: a bar on a terminal, a plain line for each tenth elsewhere."""
    if sys.stderr.isatty():
        with bar("") as progress:
            task = progress.add_task(what, total=total, note="")
            yield lambda: progress.advance(task)
        return
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        if done * 10 // total > (done - 1) * 10 // total:
            click.echo(f"{what}: {done} of {total}", err=True)

    yield advance


@contextmanager
def runs(what: str) -> Iterator[Callable[[Counts], None]]:
    """Progress of an experiment with its rate, what is left and what failed.

    A bar on a terminal; elsewhere a plain line for each tenth. What a resumed experiment had already is not counted in its rate.
    """
    seen = Pace()
    if sys.stderr.isatty():
        with bar("{task.fields[note]}") as progress:
            task = progress.add_task(what, total=None, note="")

            def show(counts: Counts) -> None:
                seen.update(counts)
                ended = counts.done + counts.failed
                progress.update(task, completed=ended, total=counts.requested, note=seen.note(counts))

            yield show
        return
    said = 0

    def tell(counts: Counts) -> None:
        nonlocal said
        seen.update(counts)
        ended = counts.done + counts.failed
        tenth = 10 * ended // counts.requested
        if tenth > said or ended == counts.requested:
            said = tenth
            click.echo(f"{what}: {ended} of {counts.requested} runs, {seen.note(counts)}", err=True)

    yield tell


class Pace:
    """How fast runs come in."""

    def __init__(self) -> None:
        self.began = 0.0
        self.before: int | None = None
        self.rate = 0.0

    def update(self, counts: Counts) -> None:
        """Take note of what is done; the first call says what was there before."""
        ended, now = counts.done + counts.failed, time.monotonic()
        if self.before is None:
            self.before, self.began = ended, now
        elapsed = now - self.began
        self.rate = (ended - self.before) / elapsed if elapsed > 0 else 0.0

    def note(self, counts: Counts) -> str:
        """Rate, time left, failures."""
        parts = []
        left = counts.requested - counts.done - counts.failed
        if self.rate > 0:
            parts.append(f"{self.rate:.1f} a second" if self.rate >= 1 else f"{1 / self.rate:.1f} s each")
            if left:
                parts.append(f"about {duration(left / self.rate)} left")
        parts.append(f"{counts.failed} failed")
        return ", ".join(parts)


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def bar(last: str) -> Any:
    """A progress bar on stderr that goes when it is done."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        *([TextColumn(last)] if last else [TimeRemainingColumn()]),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)


@contextmanager
def stopping(out: Path | None, words: str = "") -> Iterator[None]:
    """Ctrl-C and SIGTERM: say what was kept and how to go on, or the given words; exit 130."""
    from coalsim.experiments.runner import terminated_like_interrupted

    try:
        with terminated_like_interrupted():
            yield
    except KeyboardInterrupt:
        click.echo(words or stopped(out), err=True)
        sys.exit(INTERRUPTED)


def stopped(out: Path | None) -> str:
    """What was kept of an experiment that was stopped."""
    from coalsim.experiments.manifest import MANIFEST, read_manifest

    if out is None:
        return "stopped: nothing was kept, since there is no --out"
    try:
        kept = read_manifest(out)["runs"] if (out / MANIFEST).is_file() else None
    except (ValueError, OSError):
        kept = None
    if not kept or "requested" not in kept:
        return "stopped: nothing was written"
    ended = kept["done"] + kept["failed"]
    return f"stopped: {ended} of {kept['requested']} runs are kept in {out}; the same command goes on with the rest"


def numbers(values: Iterable[int]) -> str:
    """Whole numbers, runs of them as first-last, cut when there are many."""
    groups: list[list[int]] = []
    for value in sorted(values):
        if groups and value == groups[-1][1] + 1:
            groups[-1][1] = value
        else:
            groups.append([value, value])
    told = [f"{first}" if first == last else f"{first}-{last}" for first, last in groups[:20]]
    return ", ".join(told) + (" and more" if len(groups) > 20 else "")
