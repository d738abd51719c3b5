"""What a scenario will need of memory, told before anything is allocated, and refused where it would not fit."""

from __future__ import annotations

import math
import os
import re
from contextlib import suppress
from pathlib import Path

from coalsim.agents.business import Business
from coalsim.agents.resident import Resident
from coalsim.scenario.errors import Problem, ScenarioError
from coalsim.scenario.schema import Scenario
from coalsim.start.settling import n_homes, n_slots

LIMIT = "COALSIM_MEMORY"  # environment variable with the most that a run may need, such as 8GiB
MIB = 2**20
# Bytes besides the columns of residents and businesses, measured on England and Walsall (docs/performance.md): the program with
# its libraries; what hangs on a place, a neighbourhood, and a month of a place (indicators, ledger, events).
PROGRAM, PLACE, NEIGHBOURHOOD, MONTH_OF_PLACE = 230 * MIB, 150_000, 4_000, 1_700
LAYOFF = 8  # bytes a slot


def needed(scenario: Scenario) -> int:
    """Bytes that a run of a scenario will need at most, to a tenth or so."""
    homes = n_homes(scenario)
    slots = sum(n_slots(n, scenario) for n in homes)
    return (
        PROGRAM
        + sum(homes) * Resident.nbytes_per_row()
        + slots * (Business.nbytes_per_row() + LAYOFF)
        + len(homes) * (PLACE + (scenario.months + 1) * MONTH_OF_PLACE)
        + sum(place.neighbourhoods for place in scenario.places) * NEIGHBOURHOOD
    )


def check(scenario: Scenario, runs: int = 1) -> None:
    """Refuse a scenario of which so many runs at a time will not fit into memory.

    Raises
    ------
    ScenarioError
        With what it needs, what there is, and the `sample` that would fit.
    """
    limit = available()
    if limit is None or runs * needed(scenario) <= limit:
        return
    what = f"each of {runs} runs side by side needs" if runs > 1 else "a run needs"
    message = f"{scenario.name}: {what} about {size(needed(scenario))} of memory; {size(limit)} can be had"
    raise ScenarioError(Problem(f"--set sample={scenario.sample:g}", 0, 0, "", message, _cure(scenario, runs, limit)))


def most_runs(scenario: Scenario) -> int | None:
    """How many runs of a scenario fit into memory side by side, at least one; None where memory is not told."""
    limit = available()
    return None if limit is None else max(1, limit // needed(scenario))


def available() -> int | None:
    """Bytes that a run may take: as the environment says, else what the machine and its container have left; None if unknown."""
    if LIMIT in os.environ:
        return parse(os.environ[LIMIT])
    found = []
    with suppress(OSError, ValueError, IndexError):
        text = Path("/proc/meminfo").read_text()
        found.append(1024 * int(text.split("MemAvailable:")[1].split()[0]))
    with suppress(OSError, ValueError):  # a container's own limit
        group = Path("/sys/fs/cgroup")
        found.append(int((group / "memory.max").read_text()) - int((group / "memory.current").read_text()))
    return max(0, min(found)) if found else None


def parse(text: str) -> int:
    """`8GiB`, `500MiB` or a number of bytes.

    Raises
    ------
    ValueError
        With how to write it.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(KiB|MiB|GiB|TiB)?\s*", text)
    if match is None:
        raise ValueError(
            f"{LIMIT}={text[:40]!r}: write a number of bytes, or one with KiB, MiB, GiB or TiB, such as 8GiB"
        )
    power = ("", "KiB", "MiB", "GiB", "TiB").index(match[2] or "")
    return int(float(match[1]) * 1024**power)


def size(n: int) -> str:
    """Bytes as people read them."""
    return f"{n / 2**30:.1f} GiB" if n >= 2**30 else f"{n / MIB:.0f} MiB"


def _cure(scenario: Scenario, runs: int, limit: int) -> str:
    """The largest sample, to three places, that fits; what else can be done where none does."""
    least = max(20 * place.neighbourhoods / place.adults for place in scenario.places)
    low, high = math.ceil(1000 * least), int(1000 * scenario.sample)
    fits = [k for k in (low, high) if runs * needed(_sampled(scenario, k)) <= limit]
    if low > high or low not in fits:
        return "give it fewer places or months" + (", or fewer workers" if runs > 1 else "") + f", or set {LIMIT}"
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if runs * needed(_sampled(scenario, middle)) <= limit else (low, middle)
    return f"a sample of {low / 1000:g} would fit: --set sample={low / 1000:g}"


def _sampled(scenario: Scenario, thousandths: int) -> Scenario:
    return scenario.model_copy(update={"sample": thousandths / 1000})
