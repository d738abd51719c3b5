"""What many runs cost beyond their runs: the runner's overhead, two workers against one, flat memory, reading it all back.

`uv run python benchmarks/ensembles.py` prints small tables and asserts nothing; it takes about five minutes on a quiet
machine, with `--quick` about half a minute. Ways of running the same runs take turns, so that a busy machine slows all
alike, and each ratio is of one turn: median (least to most). What two processes can gain at that moment is measured beside
it. On Linux the time that a process was ready and had no core, since others used it, is also taken off: "free" is what a
machine of one's own would show.
"""

import argparse
import hashlib
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any, NamedTuple

import duckdb
import psutil

from coalsim import atomic
from coalsim.experiments import parts, task
from coalsim.experiments.design import Design
from coalsim.experiments.engines import LocalProcesses
from coalsim.experiments.ensemble import Ensemble
from coalsim.experiments.journal import Journal
from coalsim.experiments.runner import run_missing
from coalsim.experiments.store import Counts, Store
from coalsim.indicators import indicators
from coalsim.indicators.accounts import Accounts
from coalsim.indicators.distribution import GROUPINGS, Distribution
from coalsim.loading import load_scenario
from coalsim.results import Run, peak_memory, simulate
from coalsim.scenario.schema import Scenario

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
INDICATOR, LEVELS = "employment_rate", (0.05, 0.25, 0.5, 0.75, 0.95)
BUSY = 4_000_000  # additions, about a fifth of a second


class Size(NamedTuple):
    """A scenario whose runs take about so long, the options and replicates run in a round, and the rounds."""

    name: str
    scenario: str
    sample: float
    months: int
    options: int
    replicates: int
    rounds: int

    def design(self) -> Design:
        """Its runs."""
        return few_options(
            load_scenario(self.path, sample=self.sample, months=self.months), self.options, self.replicates
        )

    @property
    def path(self) -> Path:
        """Where the scenario is."""
        return SCENARIOS / f"{self.scenario}.yaml"


# Runs in a round are whole parts, an even number of them, so that two workers can share them.
SIZES = (
    Size("50 ms", "slough", 0.05, 24, 2, 28, 4),
    Size("200 ms", "slough", 0.2, 120, 2, 10, 3),
    Size("1 s", "walsall", 1.0, 240, 2, 3, 3),
)
QUICK = (Size("50 ms", "slough", 0.05, 24, 2, 14, 2),)


class Spent(NamedTuple):
    """Seconds: by the clock, by the clock without waiting for a core, and of CPU time."""

    wall: float
    free: float
    cpu: float


# 1 and 2: the runner against bare runs, two workers against one


def few_options(scenario: Scenario, n: int, replicates: int) -> Design:
    """The last n options of a scenario as a design."""
    options = dict(list(scenario.options.items())[-n:])
    return Design(scenario.model_copy(update={"options": options}), replicates)


def bare(packed: bytes, run_ids: Sequence[int]) -> None:
    """Runs and nothing else."""
    design = task.unpack(packed)
    for run_id in run_ids:
        run = design.run(run_id)
        simulate(design.scenario_of(run.cell), policy=run.cell.policy, seed=run.seed)


def busy(times: int) -> int:
    """Nothing but additions."""
    return sum(k for _ in range(times) for k in range(BUSY))


def spent_by(act: Callable[[], object], workers: Sequence[int] = ()) -> Spent:
    """Time that something takes in this process, or in workers with this process watching; CPU time of all."""
    working = workers or (os.getpid(),)
    began, used, waited = time.perf_counter(), cpu(), waiting(working)
    act()
    wall = time.perf_counter() - began
    return Spent(wall, wall - (waiting(working) - waited), cpu() - used)


def cpu() -> float:
    """CPU seconds of this process and of its children so far."""
    children = (child.cpu_times() for child in psutil.Process().children())
    return time.process_time() + sum(times.user + times.system for times in children)


def waiting(processes: Sequence[int]) -> float:
    """Seconds in which these were ready to run and had no core, mean of their first threads; 0 where none tells."""
    paths = [Path(f"/proc/{process}/schedstat") for process in processes]
    return sum(int(path.read_text().split()[1]) / 1e9 for path in paths if path.exists()) / len(paths)


def worker_ids() -> list[int]:
    """The two processes that the runner uses, too."""
    return list(LocalProcesses(2)._executor._processes)


def in_workers(function: Callable[..., object], calls: Sequence[tuple[Any, ...]]) -> None:
    """Calls side by side in the two processes that the runner uses, too."""
    pool = LocalProcesses(2)._executor
    for future in [pool.submit(function, *arguments) for arguments in calls]:
        future.result()


def through_runner(design: Design, workers: int) -> Spent:
    """The runs as an experiment in a new folder; only `run_missing` is timed."""
    with new_folder() as folder, Store.open(folder, design) as store:
        return spent_by(
            lambda: run_missing(store, workers=workers, on_progress=lambda counts: None),
            worker_ids() if workers > 1 else (),
        )


@contextmanager
def new_folder() -> Iterator[Path]:
    """A temporary folder, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="coalsim-benchmark-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def turns(size: Size) -> dict[str, list[Spent]]:
    """Seconds of each way of running the same runs, round by round, there and back again."""
    design = size.design()
    packed, some = task.pack(design), [tuple(ids) for ids in design.parts(bytes(len(design)))]
    ways: dict[str, Callable[[], Spent]] = {
        "bare": lambda: spent_by(lambda: bare(packed, range(len(design)))),
        "runner": lambda: through_runner(design, 1),
        "runner in two": lambda: through_runner(design, 2),
        "bare in two": lambda: spent_by(lambda: in_workers(bare, [(packed, ids) for ids in some]), worker_ids()),
        "busy": lambda: spent_by(lambda: busy(2)),
        "busy in two": lambda: spent_by(lambda: in_workers(busy, [(1,), (1,)]), worker_ids()),
    }
    bare(packed, some[0])
    in_workers(bare, [(packed, ids[:4]) for ids in (some[0], some[-1]) for _ in range(2)])
    found: dict[str, list[Spent]] = {name: [] for name in ways}
    for k in range(size.rounds):
        for name in list(ways)[:: 1 if k % 2 == 0 else -1]:
            found[name].append(ways[name]())
    return found


def spread(values: Sequence[float], text: str) -> str:
    """Median (least to most)."""
    return f"{text} ({text} to {text})".format(median(values), min(values), max(values))


def compare_ways(sizes: Sequence[Size]) -> None:
    """Overhead and speed-up for runs of several lengths."""
    first = time.perf_counter()
    in_workers(bare, [(task.pack(sizes[0].design()), (k,)) for k in range(4)])
    print(
        f"Two new workers are ready, first runs included, after {time.perf_counter() - first:.1f} s; timed warm below"
    )
    found = {size: turns(size) for size in sizes}
    print("\n1. The runner against bare runs in as many processes, in per cent of these (target: below 5)")
    print(f"{'a run':8}{'runs':>4}{'a part':>7}{'bare, ms':>9}{'free':>6}{'CPU':>6}  {'':13}{'wall':25}{'free':23}CPU")
    for size, ways in found.items():
        design = size.design()
        mine = "{:9.1f}{:6.1f}{:6.1f}".format(
            *(1000 * median(spent[k] for spent in ways["bare"]) / len(design) for k in range(3))
        )
        head = f"{size.name:8}{len(design):4}{design.part_size:7}{mine}  "
        for name, after in (("one worker", ""), ("two workers", " in two")):
            pairs = list(zip(ways[f"runner{after}"], ways[f"bare{after}"], strict=True))
            more = [spread([100 * (a[k] / b[k] - 1) for a, b in pairs], "{:+.1f}") for k in range(3)]
            print(f"{head}{name:13}{more[0]:25}{more[1]:23}{more[2]}")
            head = " " * len(head)
    print("\n2. Two workers against one, ratio of times (target: at least 1.9 of 2)")
    heads = (
        "runner, wall",
        "free",
        "bare runs, wall",
        "free",
        "busy loop, wall",
        "free",
        "CPU of bare runs in two to one",
    )
    print(f"{'a run':8}" + "".join(f"{head:21}" for head in heads))
    for size, ways in found.items():
        ratios = [
            spread([a[k] / b[k] for a, b in zip(ways[one], ways[f"{one} in two"], strict=True)], "{:.2f}")
            for one in ("runner", "bare", "busy")
            for k in (0, 1)
        ]
        ratios.append(spread([b.cpu / a.cpu for a, b in zip(ways["bare"], ways["bare in two"], strict=True)], "{:.2f}"))
        print(f"{size.name:8}" + "".join(f"{some:21}" for some in ratios).rstrip())
    for size in sizes:
        account(size)


def account(size: Size) -> None:
    """Where the runner's time goes: its pieces timed one by one, in per cent of the runs themselves."""
    spent: dict[str, list[float]] = {}

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        mine = spent.setdefault(name, [0.0, 0.0])

        def call(*arguments: Any, **named: Any) -> Any:
            began, used = time.perf_counter(), time.process_time()
            try:
                return function(*arguments, **named)
            finally:
                mine[0] += time.perf_counter() - began
                mine[1] += time.process_time() - used

        return call

    monthly = task.monthly
    pieces: list[tuple[Any, str, str]] = [
        (task, "simulate", "simulate"),
        (Distribution, "record", "groups recorded"),
        (Accounts, "record", "accounts recorded"),
        (parts, "indicator_table", "table of indicators"),
        (parts, "distribution_table", "table of groups"),
        (parts, "accounts_table", "table of accounts"),
        (parts, "write_table", "three files written"),
        (atomic, "flush_folder", "of it, flushing the folder"),
        (task, "hash_of_file", "their hashes"),
        (Journal, "append", "journal"),
    ]
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in pieces]
    fingerprint = Run.fingerprint
    for owner, name, what in pieces:
        setattr(owner, name, timed(what, getattr(owner, name)))
    task.monthly = lambda *arguments: timed("every month", monthly(*arguments))
    Run.fingerprint = property(timed("fingerprint", fingerprint.fget))
    try:
        all_of_it = through_runner(size.design(), 1)
    finally:
        for owner, name, function in before:
            setattr(owner, name, function)
        task.monthly, Run.fingerprint = monthly, fingerprint
    total = (all_of_it.wall, all_of_it.cpu)
    simulated = [spent["simulate"][k] - spent["every month"][k] for k in (0, 1)]
    recorded = ("groups recorded", "accounts recorded")
    inside = (*recorded, "of it, flushing the folder", "every month", "simulate")
    rest = [
        total[k] - spent["simulate"][k] - sum(some[k] for name, some in spent.items() if name not in inside)
        for k in (0, 1)
    ]
    watch = [spent["every month"][k] - sum(spent[name][k] for name in recorded) for k in (0, 1)]
    print(f"\nWhere it goes, runs of {size.name}, in per cent of the runs: wall, CPU")
    del spent["simulate"], spent["every month"]
    for name, some in {"looking each month": watch, **spent, "all else": rest}.items():
        print(f"  {name:28}" + "".join(f"{100 * some[k] / simulated[k]:7.2f}" for k in (0, 1)))
    print(f"  {'together':28}" + "".join(f"{100 * (total[k] / simulated[k] - 1):7.2f}" for k in (0, 1)))


# 3 and 4: ten thousand runs written and read


class Filled(NamedTuple):
    """What writing and reading an experiment took: MB, and seconds."""

    start: float
    marks: list[tuple[float, float, float]]  # peak, wall and CPU time so far, when so many runs were done
    finish: float
    resume: float
    readings: dict[str, list[float]]
    groups: float
    at_end: float


def made_up(n: int) -> list[tuple[Any, Any, Any]]:
    """Indicators, groups and accounts of a few real runs, which stand for all."""
    design = few_options(load_scenario(SCENARIOS / "walsall.yaml", sample=0.2, months=240), 2, n)
    found = []
    for run_id in range(n):
        run, distribution, accounts = design.run(run_id), Distribution(), Accounts()
        watch = task.monthly(240, distribution, accounts, task.Job(b"", (), "", ()), 0.0)
        done = simulate(design.scenario_of(run.cell), policy=run.cell.policy, seed=run.seed, on_month=watch)
        found.append((done.model.indicators.array(), distribution, accounts))
    return found


def in_new_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function finds in a process of its own, whose peak of memory is its own, too."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def peak_mb() -> float:
    """Largest memory this process has held, MB."""
    return (peak_memory() or 0) / 1e6


def write_and_read(
    folder: Path, runs: int, in_part: int, stand_ins: Sequence[tuple[Any, Any, Any]], marks: Sequence[int]
) -> Filled:
    """Write an experiment through the runner, made-up runs for real ones, and read it."""

    def run_one(design: Design, run_id: int, job: task.Job) -> tuple[dict[str, Any], Any]:
        values, groups, accounts = stand_ins[run_id % len(stand_ins)]
        row = {
            "run_id": run_id,
            "status": "done",
            "fingerprint": hashlib.sha256(str(run_id).encode()).hexdigest(),
            "tipped": [None],
            "met_at_start": [False],
            "seconds": 1.234,
        }
        run = SimpleNamespace(model=SimpleNamespace(indicators=SimpleNamespace(array=values.copy)))
        return row, (run, groups, accounts)

    task.run_one = run_one  # this process does nothing else
    design = few_options(load_scenario(SCENARIOS / "walsall.yaml", months=240), 2, runs // 2)
    design.__dict__["part_size"] = in_part
    left, found = list(marks), []

    def progress(counts: Counts) -> None:
        if left and counts.done >= left[0]:
            left.pop(0)
            found.append((peak_mb(), time.perf_counter() - began, time.process_time() - used))

    with Store.open(folder, design) as store:
        start, began, used = peak_mb(), time.perf_counter(), time.process_time()
        run_missing(store, workers=1, on_progress=progress)
        finish = spent_by(lambda: store.finish("done")).wall
    resume = spent_by(lambda: Store.open(folder, design).close()).wall
    duckdb.sql("set enable_progress_bar = false")
    readings: dict[str, list[float]] = {"DuckDB": [], "Ensemble opened": [], "Ensemble.read": []}
    for _ in range(3):
        readings["DuckDB"].append(spent_by(lambda: fan_chart(folder)).wall)
        readings["Ensemble opened"].append(spent_by(lambda: Ensemble(folder)).wall)
        readings["Ensemble.read"].append(spent_by(partial(Ensemble(folder).read, [INDICATOR])).wall)
    groups = spent_by(lambda: Ensemble(folder).distribution([one.name for one in GROUPINGS])).wall
    return Filled(start, found, finish, resume, readings, groups, peak_mb())


def fan_chart(folder: Path) -> list[tuple[Any, ...]]:
    """Quantiles of an indicator over all runs, month by month."""
    return duckdb.sql(
        f"select month, quantile_cont({INDICATOR}, {list(LEVELS)}) from '{folder}/indicators/*.parquet'"
        " group by month order by month"
    ).fetchall()


def many(marks: Sequence[int], cases: Sequence[int]) -> None:
    """Write as many runs as the last mark says in parts of several sizes, and read them."""
    stand_ins = made_up(max(cases))
    runs, sizes = marks[-1], {}
    with new_folder() as home:
        found: dict[int, Filled] = {}
        for in_part in cases:
            folder = home / str(in_part)
            found[in_part] = in_new_process(write_and_read, folder, runs, in_part, stand_ins, marks)
            files = [path for path in folder.rglob("*") if path.is_file()]
            sizes[in_part] = [
                sum(path.stat().st_size for path in files if name in path.parts) / runs
                for name in (*parts.FAMILIES, "journal.jsonl")
            ]
            shutil.rmtree(folder)
    print(
        f"\n3. {runs:,} runs of 240 months and {len(indicators)} indicators, made up, through one worker in this process"
    )
    print("Peak memory, MB (target: flat), after so many runs; file bytes a run; wall and CPU time a run, ms")
    print(f"{'a part':8}{'0':>6}" + "".join(f"{mark:8,}" for mark in marks), end="")
    print(f"{'indicators':>13}{'groups':>8}{'accounts':>10}{'journal':>9}{'wall':>8}{'CPU':>7}{'wall at last':>14}")
    for in_part, one in found.items():
        print(f"{in_part:<8}{one.start:6.0f}" + "".join(f"{peak:8.0f}" for peak, *_ in one.marks), end="")
        wall, used = (1000 * one.marks[-1][k] / runs for k in (1, 2))
        last = 1000 * (one.marks[-1][1] - one.marks[-2][1]) / (runs - marks[-2])
        print("{:13,.0f}{:8,.0f}{:10,.0f}{:9,.0f}".format(*sizes[in_part]) + f"{wall:8.2f}{used:7.2f}{last:14.2f}")
    print(f"\n4. Reading one indicator of {runs:,} runs, s (target: below 1), and other reading")
    print(f"{'a part':8}{'files':>7}  {'DuckDB, by month':22}{'Ensemble opened':22}{'Ensemble.read':22}", end="")
    print("all groups, peak MB  to finish  to resume")
    for in_part, one in found.items():
        times = "".join(f"{spread(some, '{:.2f}'):22}" for some in one.readings.values())
        print(f"{in_part:<8}{-(-runs // in_part):7,}  {times}{one.groups:10.2f}{one.at_end:9.0f}", end="")
        print(f"{one.finish:11.2f}{one.resume:11.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="runs of 50 ms only, and 300 made up instead of 10,000")
    is_quick = parser.parse_args().quick
    compare_ways(QUICK if is_quick else SIZES)
    if is_quick:
        many((100, 200, 300), (10, 1))
    else:
        many((1000, 2000, 5000, 10_000), (20, 8))  # so many runs lie 8 to a part however long each takes
