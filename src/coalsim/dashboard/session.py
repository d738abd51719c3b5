"""What one open page holds: its results, its job, and how much it may still start. Nothing is shared between pages."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any, ClassVar

from coalsim.dashboard.choice import Choice
from coalsim.dashboard.film import Film
from coalsim.dashboard.orders import Compare, FilmOptions, WriteReport
from coalsim.dashboard.work import Job, workers
from coalsim.experiments.compare import Plan
from coalsim.experiments.comparison import Comparison, open_comparison
from coalsim.experiments.design import expected_seconds
from coalsim.experiments.manifest import read_manifest
from coalsim.reporting.studies import TITLES, Study
from coalsim.scenario.schema import Scenario
from coalsim.start import memory

MOST_RUNS = 2000  # that one page may start
MOST_HOURS = 4  # of one core, for the runs that it starts at once
MOST_PAGES = 30  # open at once, each with results of its own on the disk
KEPT = 2  # results of its own that it keeps: those shown, and those before them


class Session:
    """The state of one page."""

    every: ClassVar[weakref.WeakSet[Session]] = weakref.WeakSet()

    def __init__(self, scenarios: Path, results: Path) -> None:
        if len(self.every) >= MOST_PAGES:
            raise ValueError(
                f"{MOST_PAGES} pages are open, and no more may be; close one and come back in some minutes"
            )
        self.every.add(self)
        self.scenarios, self.results = scenarios, results
        self.home = Path(tempfile.mkdtemp(prefix="coalsim-page-"))
        self.asked: Choice | None = None  # what the job, or else the results, are of
        self.job: Job | None = None
        self.side_job: Job | None = None  # films, reports
        self.awaited: Job | None = None  # for which the page has stood still already
        self.started = 0  # runs
        self.message = ""  # of the last job
        self.notice = ""  # what a link or a choice could not do; stays until it is put away
        self.folder: Path | None = None
        self.is_stored = False
        self.comparison: Comparison | None = None
        self.films: dict[tuple[str, str | None], Film] = {}
        self.study: Study | None = None  # shown in place of a comparison
        self.kept: dict[Any, Any] = {}  # what views have made of these results
        self._number = 0
        self._running = [None]  # what has to be stopped when the page is gone
        weakref.finalize(self, _tidy, self.home, self._running)

    # Runs

    def allowed(self, runs: int) -> bool:
        """Whether so many more may be started."""
        return self.started + runs <= MOST_RUNS

    def start(self, choice: Choice, scenario: Scenario) -> None:
        """Compare; results are shown when they are there.

        Raises
        ------
        ValueError
            When it cannot be run, or the page has started all it may.
        """
        runs = choice.replicates * len(scenario.options)
        if not self.allowed(runs):
            raise ValueError(
                f"{runs} runs are more than the {MOST_RUNS - self.started} that this page may still start, of {MOST_RUNS} in "
                "all; open a new page, or use coalsim compare"
            )
        if (hours := runs * expected_seconds(scenario) / 3600) > MOST_HOURS:
            raise ValueError(
                f"these runs take about {hours:.0f} hours of one core, and a page may ask for {MOST_HOURS}; take fewer runs, "
                "months or residents, or use coalsim compare"
            )
        memory.check(scenario)
        plan = Plan(scenario, choice.replicates, choice.seed, is_quick=choice.sample < 1 or choice.replicates < 10)
        self.cancel()
        self._number += 1
        self.message = ""
        self.asked, self.started = choice, self.started + runs
        before = None if self.folder is None or self.is_stored else self.folder
        self.is_stored = False
        self.job = self._run(Compare(plan, self.home / f"{self._number}", before))
        self._forget_old()

    def take(self) -> bool:
        """Look after the job; whether results have come or it has ended otherwise."""
        job = self.job
        if job is None or not (job.is_over or job.poll() in ("done", "failed")):
            return False
        self.job = None
        if job.state == "done":
            try:
                self.show(job.result)
            except (ValueError, OSError, RuntimeError) as error:
                self.message = f"The results cannot be read: {error}"
        elif job.state == "failed":
            self.message = f"The run failed: {job.message}"
        return True

    def cancel(self) -> None:
        """Stop what runs."""
        for job in (self.job, self.side_job):
            if job is not None:
                job.cancel()
        self.job = self.side_job = None

    # Results

    def show(self, folder: Path, *, is_stored: bool = False) -> None:
        """Show what a folder holds.

        Raises
        ------
        ValueError, OSError
            When it does not hold a comparison that can be read.
        """
        comparison = open_comparison(folder)
        comparison.ensemble.read([output.name for output in comparison.outputs if output.is_course])
        self.comparison, self.folder, self.is_stored = comparison, folder, is_stored
        self.study, self.films, self.kept = None, {}, {}

    def stored(self) -> dict[str, str]:
        """Folders of results kept earlier, by name below the folder of results, with their kind; "damaged" where it cannot be
        told."""
        found = {}
        for manifest in sorted(self.results.glob("**/manifest.json"))[:200]:
            if "shards" in manifest.parts:
                continue
            try:
                kind = str(read_manifest(manifest.parent)["kind"])
            except (ValueError, OSError, RuntimeError):
                kind = "damaged"
            if kind in ("compare", "damaged", *TITLES):
                found[str(manifest.parent.relative_to(self.results))] = kind
        return found

    def stored_folder(self, name: str) -> Path:
        """The folder of that name; none but those listed, so that no link leads elsewhere.

        Raises
        ------
        ValueError
            When there is none.
        """
        if name not in self.stored():
            raise ValueError(f"there are no results called {name[:80]!r} below {self.results}")
        return self.results / name

    # What takes a moment

    def film(self, options: tuple[str, ...], place: str | None) -> dict[str, Film] | Job | None:
        """Films of some options, or the job that makes them; None while the page waits for something else."""
        missing = tuple(option for option in dict.fromkeys(options) if (option, place) not in self.films)
        if not missing:
            return {option: self.films[option, place] for option in options}
        assert self.folder is not None
        return self._aside(FilmOptions(self.folder, missing, place), "filming")

    def write_report(self) -> Job | None:
        """The job that writes the report."""
        assert self.folder is not None
        return self._aside(WriteReport(self.folder, self.home / "report"), "writing the report")

    def take_aside(self) -> bool:
        """Look after films and reports; whether something has come."""
        job = self.side_job
        if job is None or not (job.is_over or job.poll() in ("done", "failed")):
            return False
        self.side_job = None
        if job.state == "failed":
            self.message = f"{job.what.capitalize()} failed: {job.message}"
        elif isinstance(job.order, FilmOptions):
            self.films |= {(option, job.order.place): film for option, film in job.result.items()}
        else:
            self.kept["report"] = job.result
        return True

    def _aside(self, order: Any, what: str) -> Job | None:
        if self.job is not None or self.message:
            return None
        if self.side_job is None:
            self.side_job = self._run(order, what)
        return self.side_job

    def _run(self, order: Any, what: str = "") -> Job:
        job = Job(order, workers(), what)
        self._running[0] = job  # type: ignore[call-overload]
        job.poll()
        return job

    def _forget_old(self) -> None:
        for k in range(1, self._number - KEPT + 1):
            if self.folder != self.home / f"{k}":
                shutil.rmtree(self.home / f"{k}", ignore_errors=True)


def _tidy(home: Path, running: list[Any]) -> None:
    """What is left when a page is gone: nothing."""
    if running[0] is not None:
        running[0].cancel()
    shutil.rmtree(home, ignore_errors=True)
