"""What England costs, one for one: time, memory, threads, and how near the resident kernels come to the machine's limits.

`uv run python benchmarks/nation.py` takes some ten minutes and 1.5 GiB and prints; it asserts nothing. `--quick` runs the same
on a sample of residents and fewer months. Everything that is compared is measured in one run, since machines differ and are
shared: the triad of STREAM (McCalpin 1995) and the random number generator alone say what two threads can be worth here.
"""

import json
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numba
import numpy as np

import coalsim
from coalsim.agents.business import Business
from coalsim.agents.resident import Resident
from coalsim.kernels import residents
from coalsim.kernels.random import fill
from coalsim.phases import labour
from coalsim.scenario.nation import read_nation
from coalsim.start import memory, settling

ROOT = Path(__file__).resolve().parents[1]
ENGLAND = ROOT / "scenarios" / "england_2006.yaml"
POLICY = "growth_coalition_in_half"
# Bytes of a resident that a month must read or write at least: in `live` status, level, illness, employer and time out of work,
# which is written again; in `count` the first five once more and whether engaged.
LIVE_BYTES, COUNT_BYTES = 11, 10

ONE_RUN = """
import json, sys, time, coalsim
from coalsim.model import CoalitionModel
from coalsim.results import peak_memory
path, policy, sample, threads, months = sys.argv[1], sys.argv[2], *map(float, sys.argv[3:])
scenario = coalsim.load_scenario(path, sample=sample)
began = time.perf_counter()
model = CoalitionModel(scenario, policy=policy, threads=int(threads))
built = time.perf_counter()
model.step()
warm = time.perf_counter()
for _ in range(int(months) - 1):
    model.step()
print(json.dumps({
    "build": built - began, "month": (time.perf_counter() - warm) / (months - 1), "all": time.perf_counter() - began,
    "peak": peak_memory(), "residents": sum(place.n_residents for place in model.localities),
}))
"""


@numba.njit(nogil=True, cache=True)
def triad(a: Any, b: Any, c: Any) -> None:
    """The triad of STREAM."""
    for i in range(a.size):
        a[i] = b[i] + 3.0 * c[i]


@numba.njit(nogil=True)
def draws(words: Any, rounds: int) -> None:
    """The generator alone."""
    for k in range(rounds):
        fill(0, 1, 1, k, 5, 6, words[0], words[1], words[2], words[3])


def seconds(work: Callable[[int], None], threads: int, rounds: int = 3) -> float:
    """Best wall time of a piece of work done by every thread at once."""
    work(0)
    best = np.inf
    for _ in range(rounds):
        team = [threading.Thread(target=work, args=(k,)) for k in range(threads)]
        began = time.perf_counter()
        for one in team:
            one.start()
        for one in team:
            one.join()
        best = min(best, time.perf_counter() - began)
    return best


def machine() -> float:
    """What the machine can do at best; returns the triad's bandwidth of one thread, bytes a second."""
    versions = f"Python {platform.python_version()}, numba {numba.__version__}, numpy {np.__version__}"
    print(f"{processor()}, {os.cpu_count()} cores; {versions}")
    arrays = [np.ones(16_000_000) for _ in range(6)]
    words = [np.empty((4, 1024), dtype=np.uint32) for _ in range(2)]
    one, two = (seconds(lambda k: triad(*arrays[3 * k : 3 * k + 3]), n) for n in (1, 2))
    bandwidth = 24 * arrays[0].size / one
    print(f"triad: {bandwidth / 1e9:.1f} GB/s on one thread, {2 * one / two:.2f} times that on two")
    one, two = (seconds(lambda k: draws(words[k], 8000), n) for n in (1, 2))
    rate = 8000 * 1024 / one / 1e6
    print(
        f"Philox alone, four words a resident: {rate:.0f} million residents/s on one thread, {2 * one / two:.2f} times on two"
    )
    return bandwidth


def processor() -> str:
    """The name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def kernels(bandwidth: float, sample: float) -> None:
    """The resident kernels in a model: residents a second and share of the triad's bandwidth."""
    spent = {"live": 0.0, "count": 0.0}

    def watched(name: str) -> Callable[..., Any]:
        kernel = getattr(residents, name)

        def timed(*arguments: Any) -> Any:
            began = time.perf_counter()
            found = kernel(*arguments)
            spent[name] += time.perf_counter() - began
            return found

        return timed

    model = coalsim.CoalitionModel(ENGLAND, policy=POLICY, sample=sample)
    model.step()
    before = {name: getattr(residents, name) for name in spent}
    labour.residents.live, settling.residents.count = watched("live"), watched("count")
    for _ in range(6):
        model.step()
    labour.residents.live, settling.residents.count = before["live"], before["count"]
    n = 6 * sum(place.n_residents for place in model.localities)
    for name, bytes_ in (("live", LIVE_BYTES), ("count", COUNT_BYTES)):
        rate = n / spent[name]
        share = f"{bytes_} bytes each: {bytes_ * rate / 1e9:.2f} GB/s, {bytes_ * rate / bandwidth:.0%} of the triad"
        print(f"{name}: {rate / 1e6:.0f} million residents/s on one thread, {share}")
    both = n / (spent["live"] + spent["count"])
    print(
        f"both: {both / 1e6:.0f} million residents/s, {(LIVE_BYTES + COUNT_BYTES) * both / bandwidth:.0%} of the triad"
    )


def run(sample: float, threads: int, months: int) -> dict[str, float]:
    """One fresh process that runs England for some months."""
    arguments = [str(ENGLAND), POLICY, str(sample), str(threads), str(months)]
    done = subprocess.run([sys.executable, "-c", ONE_RUN, *arguments], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def england(sample: float, months: int, rounds: int) -> None:
    """Time and memory of the whole, and what a second thread is worth, in turns."""
    runs = {threads: [] for threads in (1, 2)}
    for _ in range(rounds):
        for threads in runs:
            runs[threads].append(run(sample, threads, months))
    scenario = coalsim.load_scenario(ENGLAND, sample=sample)
    n = runs[1][0]["residents"]
    print(f"\nEngland, {n:,.0f} residents in {len(scenario.places)} places, {months} months, {rounds} rounds in turns")
    print(
        f"{'threads':>8}{'build, s':>10}{'a month, s':>12}{'240 months, s':>15}{'peak, MiB':>11}{'bytes a resident':>18}"
    )
    for threads, found in runs.items():
        build, month, peak = (median(one[key] for one in found) for key in ("build", "month", "peak"))
        print(f"{threads:8}{build:10.1f}{month:12.3f}{build + 240 * month:15.0f}{peak / 2**20:11.0f}{peak / n:18.1f}")
    ratios = [one["month"] / two["month"] for one, two in zip(runs[1], runs[2], strict=True)]
    print(f"two threads against one, a month: {median(ratios):.2f} times ({min(ratios):.2f} to {max(ratios):.2f})")
    slots = sum(settling.n_slots(k, scenario) for k in settling.n_homes(scenario))
    state = Resident.nbytes_per_row() + slots * (Business.nbytes_per_row() + memory.LAYOFF) / n
    foretold = f"the guard foretold {memory.needed(scenario) / 2**20:.0f} MiB for {scenario.months} months"
    print(f"state: {state:.1f} bytes a resident with businesses; {foretold}")


def growth(quick: bool) -> None:
    """How the cost of a month, of a run and of an experiment grows: residents, places, months, replicates."""
    places = read_nation(ROOT / "scenarios" / "nation" / "england_2006.yaml", root=ROOT / "scenarios")
    walsall = coalsim.load_scenario(ROOT / "scenarios" / "walsall.yaml")

    def month(scenario: Any, months: int = 12) -> tuple[int, float]:
        model = coalsim.CoalitionModel(scenario, policy=list(scenario.options)[-1])
        model.step()
        began = time.perf_counter()
        for _ in range(months):
            model.step()
        return sum(p.n_residents for p in model.localities), (time.perf_counter() - began) / months

    print("\ngrowth; an exponent of 1 is in proportion")
    factors = (0.02, 0.2, 1) if quick else (0.02, 0.07, 0.2, 0.7, 2, 7)
    table("residents of one place, s a month", [month(grown(walsall, factor)) for factor in factors])
    counts = (3, 30) if quick else (3, 10, 30, 100, 354)
    several = [coalsim.load_scenario(walsall, places=places[:k], sample=0.03, borders="open") for k in counts]
    table("places, s a month", [(k, month(scenario)[1]) for k, scenario in zip(counts, several)])
    small = coalsim.load_scenario(walsall, sample=0.03)
    lengths = (12, 120) if quick else (12, 60, 240, 1200)
    table("months, s a run", [(k, clock(lambda k=k: coalsim.simulate(small, seed=1, months=k))) for k in lengths])
    two = coalsim.load_scenario(small, months=24, options=dict(list(small.options.items())[:2]))
    numbers = (2, 8) if quick else (2, 8, 40, 200)
    times = [(k, clock(lambda k=k: coalsim.compare(two, replicates=k, workers=1))) for k in numbers]
    table("replicates, s an experiment of two options, one worker", times)


def grown(scenario: Any, factor: float) -> Any:
    """A scenario with so many times as many residents, neighbourhoods of the usual size."""
    place = scenario.places[0]
    jobs = {**dict(place.economy.jobs), "value": place.economy.jobs.value * factor, "low": None, "high": None}
    changes = {
        "place.neighbourhoods": round(place.neighbourhoods * factor),
        "place.residents.population": place.residents.population.value * factor,
        "place.economy.jobs": jobs,
    }
    return coalsim.load_scenario(scenario, **changes)


def clock(work: Callable[[], Any]) -> float:
    """Wall time, seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def table(title: str, rows: list[tuple[int, float]]) -> None:
    """Cost by size, and the exponent with which it grows over the larger half."""
    (n0, t0), (n1, t1) = rows[len(rows) // 2 - (len(rows) == 2)], rows[-1]
    exponent = np.log(t1 / t0) / np.log(n1 / n0)
    print(f"{title}: " + ", ".join(f"{n:,} {t:.4g}" for n, t in rows) + f"; exponent {exponent:.2f}")


if __name__ == "__main__":
    quick = "--quick" in sys.argv[1:]
    limit = machine()
    kernels(limit, 0.05 if quick else 1.0)
    england(0.05 if quick else 1.0, 6 if quick else 24, 1 if quick else 5)
    growth(quick)
    if "--full" in sys.argv[1:]:
        found = run(1.0, 2, 240)
        print(f"\nEngland in full, 240 months on two threads: {found['all']:.0f} s, {found['peak'] / 2**20:.0f} MiB")
