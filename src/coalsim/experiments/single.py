"""The results folder of a single run: indicators, ledger, events, summary and manifest, there whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coalsim.atomic import write_text
from coalsim.experiments import parts, record
from coalsim.experiments.design import Design
from coalsim.experiments.manifest import (
    MANIFEST,
    MOST_DIFFERENCES,
    differences,
    read_manifest,
    write_manifest,
    written,
)
from coalsim.model import CoalitionModel
from coalsim.results import EVENTS, Run
from coalsim.scenario.schema import Scenario

INDICATORS = "indicators/part-00000.parquet"


def described(scenario: Scenario, policy: str, seed: int) -> dict[str, Any]:
    """What determines a run, as JSON."""
    content: dict[str, Any] = {**Design(scenario, 1, seed).record(), "policy": policy}
    return content


def held(folder: Path, scenario: Scenario, policy: str, seed: int) -> dict[str, Any] | None:
    """The summary of this very run, if the folder holds it already; None for a folder that is new or empty.

    Raises
    ------
    ValueError
        When the folder holds something else, or nothing can be written there.
    """
    if (folder / MANIFEST).is_file():
        manifest = read_manifest(folder)
        if manifest["kind"] != "run":
            raise ValueError(f"--out {folder}: it holds results of another kind of command; name a new folder")
        now = {**described(scenario, policy, seed), "deciding": record.deciding()}
        if changed := list(differences({key: manifest[key] for key in now}, now)):
            raise ValueError(
                f"--out {folder}: it holds another run: it differs in {', '.join(changed[:MOST_DIFFERENCES])}; "
                "name a new folder"
            )
        summary: dict[str, Any] = json.loads(written(folder, manifest, "summary.json").read_text())
        return summary
    if os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"--out {folder}: it exists and is not an empty folder; name a new one")
    above = next((one for one in (folder, *folder.absolute().parents) if os.path.lexists(one)), Path("/"))
    try:
        with tempfile.TemporaryFile(dir=above):
            return None
    except OSError as error:
        raise ValueError(
            f"--out {folder}: nothing can be written in {above} ({error.strerror}); name another folder"
        ) from None


class Recording:
    """What a run shows, written year by year as it goes, so that a nation's ledger never lies in memory as a whole."""

    def __init__(self, here: Path) -> None:
        self.here = here
        self.written = 0  # months of indicators, with the start
        self.events = 0
        self.indicators = parts.Stream(here / INDICATORS)
        self.ledger = parts.Stream(here / "ledger.parquet")
        self.told = parts.Stream(here / "events.parquet")

    def __call__(self, model: CoalitionModel) -> None:
        """Take in the month that a model has just finished."""
        if model.month % 12 == 0 or not model.running:
            self.write(model)

    def write(self, model: CoalitionModel) -> None:
        """Everything since the last time."""
        found = model.indicators
        values = np.array(found.rows[self.written :])
        self.indicators.write(
            parts.indicator_table([0], [values], found.localities, found.names, first_month=self.written)
        )
        self.ledger.write(parts.frame_table(model.ledger.table()))
        model.ledger.forget()
        events = pd.DataFrame(model.events[self.events :], columns=EVENTS)
        self.told.write(parts.frame_table(events.astype({"month": "int64"}).astype(dict.fromkeys(EVENTS[1:], str))))
        self.written, self.events = len(found.rows), len(model.events)

    def finish(self, run: Run) -> None:
        """The summary, and the manifest with the hash of every file."""
        for stream in (self.indicators, self.ledger, self.told):
            stream.close()
        here, model = self.here, run.model
        write_text(here / "summary.json", json.dumps(run.summary(), indent=1))
        files = sorted(path for path in here.rglob("*") if path.is_file())
        write_manifest(
            here,
            {
                "kind": "run",
                **described(model.settings, model.policy_name, model.seed),
                "seeds": [model.seed],
                "files": {path.relative_to(here).as_posix(): record.hash_of_file(path) for path in files},
                "deciding": record.deciding(),
                **record.surroundings(),
                "ended": datetime.now(UTC).isoformat(timespec="seconds"),
                "state": "done",
            },
        )


@contextmanager
def recording(folder: Path) -> Iterator[Recording]:
    """A recording whose files take their place in `folder` when it is finished, and go when something fails."""
    with new_folder(folder) as here:
        (here / "indicators").mkdir()
        found = Recording(here)
        try:
            yield found
        finally:
            for stream in (found.indicators, found.ledger, found.told):
                stream.close()


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
        for path in sorted(here.iterdir(), key=lambda path: path.name == MANIFEST):
            os.replace(path, folder / path.name)
