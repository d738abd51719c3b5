"""Results folders: written whole under a temporary name, then renamed, so that what is there is complete."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

import coalsim
from coalsim.experiments.compare import Comparison
from coalsim.indicators import indicators
from coalsim.results import Run
from coalsim.scenario.schema import Scenario

PACKAGES = ("mesa", "numpy", "numba", "llvmlite", "pandas", "pyarrow", "pydantic", "scipy")


def write_run(folder: Path, run: Run) -> None:
    """Indicators, ledger, events and summary of one run, and a manifest with the hash of each."""
    with new_folder(folder) as here:
        table = run.indicators.reset_index()
        if "locality" not in table:
            table.insert(0, "locality", run.model.localities[0].name)
        table.insert(0, "run_id", 0)
        part(here / "indicators" / "part-00000.parquet", table)
        part(here / "ledger.parquet", run.ledger)
        part(here / "events.parquet", run.events)
        summary = run.summary()
        (here / "summary.json").write_text(json.dumps(summary, indent=1))
        manifest(here, run.model.settings, [summary["seed"]])


def write_comparison(folder: Path, comparison: Comparison) -> None:
    """A row per run, every run's indicators, the summary, the picture, and a manifest with the hash of each."""
    with new_folder(folder) as here:
        rows, frames = [], []
        outcomes = [outcome for option in comparison.outcomes.values() for outcome in option]
        places = [place.name for place in comparison.scenario.places]
        for run_id, outcome in enumerate(outcomes):
            tipped = {f"tipped_month: {name}": month for name, month in zip(places, outcome.tipped)}
            rows.append(
                {
                    "run_id": run_id,
                    "policy": outcome.policy,
                    "seed": outcome.seed,
                    "status": "done",
                    "fingerprint": outcome.fingerprint,
                    **tipped,
                }
            )
            for k, name in enumerate(places):
                frame = pd.DataFrame(outcome.values[:, k], columns=list(indicators))
                frame.insert(0, "month", range(len(frame)))
                frame.insert(0, "locality", name)
                frame.insert(0, "run_id", run_id)
                frames.append(frame)
        part(here / "runs.parquet", pd.DataFrame(rows))
        part(here / "indicators" / "part-00000.parquet", pd.concat(frames, ignore_index=True))
        (here / "summary.json").write_text(json.dumps(comparison.summary(), indent=1))
        (here / "figures").mkdir()
        comparison.plot().savefig(here / "figures" / "difference.png", dpi=150)
        manifest(here, comparison.scenario, sorted({outcome.seed for outcome in outcomes}))


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder whose content takes its place in `folder` when all is written, and goes when something fails.

    A folder that is there and empty is filled, since it may be a mount that cannot be renamed over; the manifest comes last.
    """
    is_there = folder.is_dir()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder if is_there else folder.parent) as temporary:
        here = Path(temporary) / "results"
        here.mkdir()
        yield here
        if not is_there:
            os.replace(here, folder)
            return
        for path in sorted(here.iterdir(), key=lambda path: path.name == "manifest.json"):
            os.replace(path, folder / path.name)


def part(path: Path, table: pd.DataFrame) -> None:
    """One parquet file, compressed, with page checksums."""
    path.parent.mkdir(exist_ok=True)
    table.to_parquet(path, index=False, compression="zstd", write_page_checksum=True)


def manifest(folder: Path, scenario: Scenario, seeds: list[int]) -> None:
    """What was run, with which code on which machine, and the sha256 of every file."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    content: dict[str, Any] = {
        "files": {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        "scenario": scenario.model_dump(mode="json"),
        "seeds": seeds,
        "version": coalsim.__version__,
        "model_version": coalsim.MODEL_VERSION,
        "commit": _git("rev-parse", "HEAD"),
        "dirty": bool(_git("status", "--porcelain")),
        "packages": {name: version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "state": "done",
    }
    (folder / "manifest.json").write_text(json.dumps(content, indent=1))


def _git(*arguments: str) -> str:
    """What git says of the source folder; empty outside a checkout."""
    try:
        here = Path(coalsim.__file__).parent
        return subprocess.run(
            ["git", *arguments], cwd=here, capture_output=True, text=True, timeout=10, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
