"""How fast a month is: columns and kernels against the same model in numpy and in plain Mesa agents.

`uv run python benchmarks/step.py` prints a small table and asserts nothing. CPU time of this process throughout; the
models take turns, so that a busy machine slows all alike. "Agents" is the time in what residents and businesses do and
in counting them, which is written three times; the rest of a month, institutions and indicators, is the same code.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from coalsim.agents.business import Business  # noqa: E402
from coalsim.agents.resident import Resident  # noqa: E402
from coalsim.loading import load_scenario  # noqa: E402
from coalsim.model import CoalitionModel  # noqa: E402
from coalsim.scenario.schema import Scenario  # noqa: E402
from twins.arrays import ArrayTwin  # noqa: E402
from twins.plain import PlainTwin  # noqa: E402

WALSALL = ROOT / "scenarios" / "walsall.yaml"
POLICY = "growth_coalition"
RESIDENTS, ROUNDS, MONTHS = 10_000, 9, 12
AGENTS = {
    "coalition": ("engage",),
    "enterprise": ("trade", "enter"),
    "labour": ("search_and_match",),
    "observation": ("count",),
}

FRESH = """
import time
from coalsim.model import CoalitionModel
imported = time.process_time()
model = CoalitionModel({path!r}, policy={policy!r})
built = time.process_time()
model.step()
print(imported, built - imported, time.process_time() - built)
"""


def watched(function: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    """A function that adds the CPU time it takes to `spent`."""

    def timed(*arguments: Any) -> Any:
        began = time.process_time()
        result = function(*arguments)
        spent[0] += time.process_time() - began
        return result

    return timed


def watch(kind: Any) -> list[float]:
    """Have the agents' part of a model class's month timed from now on."""
    spent = [0.0]
    for phase in kind.step.__globals__["MONTH"]:
        for name in AGENTS.get(phase.__name__.rpartition(".")[2], ()):
            setattr(phase, name, watched(getattr(phase, name), spent))
    return spent


def seconds(model: Any, spent: list[float], months: int) -> tuple[float, float]:
    """CPU seconds of a step, and of the agents' part of it, mean of some months."""
    spent[0] = 0.0
    began = time.process_time()
    for _ in range(months):
        model.step()
    return (time.process_time() - began) / months, spent[0] / months


def small_town(adults: int) -> Scenario:
    """Walsall shrunk to some residents of working age, with neighbourhoods of the usual size, one for one."""
    walsall = load_scenario(WALSALL)
    place = walsall.places[0]
    share = adults / place.adults
    jobs = place.economy.jobs.value * share
    overrides = {
        "place.neighbourhoods": round(place.neighbourhoods * share),
        "place.residents.population": place.residents.population.value * share,
        "place.economy.jobs": {**dict(place.economy.jobs), "value": jobs, "low": None, "high": None},
    }
    return load_scenario(walsall, **overrides)


def compare() -> None:
    """The three models at one size, in turns."""
    kinds = {"columns": CoalitionModel, "numpy": ArrayTwin, "plain Mesa": PlainTwin}
    watches = {name: watch(kind) for name, kind in kinds.items()}
    town = small_town(RESIDENTS)
    models = {name: kind(town, policy=POLICY) for name, kind in kinds.items()}
    n = models["columns"].localities[0].n_residents
    for name, model in models.items():
        seconds(model, watches[name], 3)
    rounds: dict[str, list[tuple[float, float]]] = {name: [] for name in models}
    for _ in range(ROUNDS):
        for name, model in models.items():
            rounds[name].append(seconds(model, watches[name], MONTHS))
    print(f"{n:,} residents, median of {ROUNDS} rounds of {MONTHS} months in turns")
    print(f"{'':12}{'step, ms':>10}{'ratio':>8}{'agents, ms':>12}{'ratio':>8}{'M resident-months/s':>21}")
    for name, times in rounds.items():
        step, agents = (median(time[k] for time in times) for k in (0, 1))
        ratios = [
            median(theirs[k] / ours[k] for theirs, ours in zip(times, rounds["columns"], strict=True)) for k in (0, 1)
        ]
        speed = n / step / 1e6
        print(f"{name:12}{1000 * step:10.2f}{ratios[0]:8.1f}{1000 * agents:12.2f}{ratios[1]:8.1f}{speed:21.2f}")


def whole_place() -> None:
    """The columnar model alone, one for one."""
    model = CoalitionModel(WALSALL, policy=POLICY)
    spent = [0.0]
    seconds(model, spent, 3)
    step = median(seconds(model, spent, MONTHS)[0] for _ in range(5))
    n = model.localities[0].n_residents
    print(f"\nWalsall, {n:,} residents: {1000 * step:.2f} ms a step, {n / step / 1e6:.1f} M resident-months/s")
    of_businesses = model.tables[Business].nbytes / n
    print(f"State: {Resident.nbytes_per_row()} bytes a resident, and {of_businesses:.1f} of business slots for each")


def fresh_process() -> None:
    """What a first run costs when kernels are cached."""
    code = FRESH.format(path=str(WALSALL), policy=POLICY)
    runs = [subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True) for _ in range(4)]
    best = min(([float(part) for part in run.stdout.split()] for run in runs[1:]), key=sum)
    print("Fresh process: import {:.2f} s, build Walsall {:.2f} s, first step {:.3f} s".format(*best))
    command = Path(sys.executable).with_name("coalsim")
    if not command.exists():
        print("coalsim --help: no such command yet")
        return
    helps = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([str(command), "--help"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        helps.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    print(f"coalsim --help: {min(helps):.2f} s")


if __name__ == "__main__":
    compare()
    whole_place()
    fresh_process()
