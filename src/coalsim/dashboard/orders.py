"""What worker processes are asked to do, as things that can be sent to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from coalsim.dashboard.film import Film, film
from coalsim.experiments import engines
from coalsim.experiments.compare import Means, Plan, carry_out
from coalsim.experiments.comparison import open_comparison
from coalsim.experiments.store import Counts
from coalsim.reporting import Report

IDLE_S = 3600  # visitors think between two moves

type Tell = Callable[[int, int], None]  # how much is done, of how much


class Order(Protocol):
    """Something to do in a worker process; what it gives back can be sent, too."""

    def __call__(self, tell: Tell) -> Any: ...


@dataclass(frozen=True)
class Compare:
    """Compare options, results into a folder; runs that `before` holds already are taken from there."""

    plan: Plan
    folder: Path
    before: Path | None = None

    def __call__(self, tell: Tell) -> Path:
        """Run what is missing there; the folder."""

        def show(counts: Counts) -> None:
            tell(counts.done + counts.failed, counts.requested)

        carry_out(self.plan, Means(on_progress=show, draws=False, borrow=self.before), self.folder)
        return self.folder


@dataclass(frozen=True)
class FilmOptions:
    """Film the same run of several options: the first replicate of what a folder holds."""

    folder: Path
    options: tuple[str, ...]
    place: str | None = None

    def __call__(self, tell: Tell) -> dict[str, Film]:
        """A film for each option."""
        comparison = open_comparison(self.folder)
        design = comparison.ensemble.design
        found = {}
        for k, option in enumerate(self.options):
            tell(k, len(self.options))
            cell = comparison.cell(option)
            found[option] = film(design.scenario_of(cell), option, design.seed, self.place)
        return found


@dataclass(frozen=True)
class WriteReport:
    """The report of a folder and its tables, into another folder."""

    folder: Path
    target: Path

    def __call__(self, tell: Tell) -> list[Path]:
        """The files, the page first."""
        return Report.of(self.folder).write(self.target)


def get_ready() -> None:
    """Start the processes on which runs are run, so that the first runs need not wait for them."""
    engines.LocalProcesses.idle_s = IDLE_S
    engine = engines.local(None, jobs=1024)
    if isinstance(engine, engines.LocalProcesses):
        engine.warm_up()
