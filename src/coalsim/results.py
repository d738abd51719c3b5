"""A finished run: its indicators, ledger, events and model, and a summary for people and programs."""

from __future__ import annotations

import contextlib
import hashlib
import sys
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from coalsim.hypertext import frame, paragraphs
from coalsim.indicators import indicators
from coalsim.model import CoalitionModel
from coalsim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from coalsim.figures import Picture

HEADLINES = (
    "employment_rate",
    "severe_deprivation",
    "effective_sectors",
    "claimant_rate",
    "jobs",
    "place_quality",
    "pooled_share",
)

EVENTS = ["month", "locality", "kind", "text"]


@dataclass
class Run:
    """One run of one policy under one seed."""

    model: CoalitionModel
    timing: dict[str, float] = field(default_factory=dict)

    @property
    def indicators(self) -> pd.DataFrame:
        """Month by indicator; month 0 is the starting state. With several localities the index is (locality, month)."""
        return self.model.indicators.table()

    @property
    def ledger(self) -> pd.DataFrame:
        """Payments: month, locality, body, kind, pence; every month sums to zero."""
        return self.model.ledger.table()

    @property
    def events(self) -> pd.DataFrame:
        """What happened: month, locality, kind, text."""
        import pandas as pd

        return pd.DataFrame(self.model.events, columns=EVENTS)

    @property
    def fingerprint(self) -> str:
        """sha256 over the exact bytes of the indicator table, names included: equal for equal runs in any order of places."""
        found = self.model.indicators
        order = sorted(range(len(found.localities)), key=found.localities.__getitem__)
        digest = hashlib.sha256("\n".join([*found.names, *(found.localities[k] for k in order)]).encode())
        digest.update(np.ascontiguousarray(found.array()[:, order], dtype="<f8").tobytes())
        return digest.hexdigest()

    @property
    def tipped(self) -> dict[str, int | None]:
        """Month in which each locality tipped into a self-sustaining mixed economy, None where it did not."""
        return {locality.name: locality.tipped_month for locality in self.model.localities}

    def summary(self) -> dict[str, Any]:
        """Everything that `coalsim run --json` prints."""
        model, values = self.model, self.model.indicators.array()
        names = model.indicators.names
        return {
            "scenario": model.settings.name,
            "policy": model.policy_name,
            "seed": model.seed,
            "months": model.month,
            "residents": sum(locality.n_residents for locality in model.localities),
            "businesses": sum(locality.n_businesses for locality in model.localities),
            "fingerprint": self.fingerprint,
            "localities": {
                locality.name: {
                    "start": dict(zip(names, map(float, values[0, k]))),
                    "end": dict(zip(names, map(float, values[-1, k]))),
                    "self_sustaining_at_start": bool(locality.at_start["sustaining"]),
                    "tipped": locality.tipped_month is not None,
                    "tipped_month": locality.tipped_month,
                }
                for k, locality in enumerate(model.localities)
            },
            "timing": self.timing,
            "peak_memory_bytes": peak_memory(),
        }

    def table(self) -> pd.DataFrame:
        """Headline indicators at the start and the end of each locality, with units."""
        import pandas as pd

        values, names = self.model.indicators.array(), self.model.indicators.names
        rows = [
            (place, name, indicators[name].unit, values[0, k, names.index(name)], values[-1, k, names.index(name)])
            for k, place in enumerate(self.model.indicators.localities)
            for name in HEADLINES
        ]
        return pd.DataFrame(rows, columns=["locality", "indicator", "unit", "start", "end"])

    def plot(self, names: tuple[str, ...] = HEADLINES[:4]) -> Picture:
        """The course of some indicators, one panel each."""
        from coalsim.figures import courses

        model, values = self.model, self.model.indicators.array()
        wanted = {
            name: {
                place: values[:, k, model.indicators.names.index(name)]
                for k, place in enumerate(model.indicators.localities)
            }
            for name in names
        }
        title = f"{model.settings.name}: {model.policy.name}, seed {model.seed}"
        note = f"coalsim {version('coalsim')}, run {self.fingerprint[:10]}"
        return courses(wanted, start=model.settings.start, title=title, money_ends=model.money_ends, note=note)

    def __repr__(self) -> str:
        tipped = ", ".join(
            f"{name}: {'no' if month is None else f'month {month}'}" for name, month in self.tipped.items()
        )
        model = self.model
        what = f"{model.settings.name} under {model.policy.name}, seed {model.seed}, {model.month} months"
        return f"<Run of {what}; tipped: {tipped}>"

    def _repr_html_(self) -> str:
        return paragraphs(f"{repr(self)[1:-1]}.") + frame(self.table())


def simulate(
    scenario: Scenario | str | Path,
    *,
    policy: str | None = None,
    world: str | None = None,
    seed: int = 0,
    threads: int = 1,
    on_month: Any = None,
    **overrides: Any,
) -> Run:
    """Run one policy of a scenario to its end.

    Parameters are those of `CoalitionModel`, with `seed` for its `rng`; `on_month`, if given, is called with the model
    after each month.
    """
    began = time.perf_counter()
    model = CoalitionModel(scenario, policy=policy, world=world, rng=seed, threads=threads, **overrides)
    built = time.perf_counter()
    while model.running:
        model.step()
        if on_month is not None:
            on_month(model)
    stepped = time.perf_counter() - built
    residents = sum(locality.n_residents for locality in model.localities)
    timing = {
        "build_s": built - began,
        "step_s": stepped,
        "resident_steps_per_s": residents * model.month / max(stepped, 1e-9),
    }
    return Run(model, timing)


def peak_memory() -> int | None:
    """Largest memory this process has held, bytes; None where the system does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        # Linux hands the parent's peak on to a spawned child in getrusage, but not here.
        status = Path("/proc/self/status").read_text()
        return 1024 * int(status.split("VmHWM:")[1].split()[0])
    try:
        import resource  # not on Windows
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)
