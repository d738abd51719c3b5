"""What an experiment found, read from its folder a few columns at a time."""

from __future__ import annotations

import hashlib
import shutil
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from coalsim import hypertext
from coalsim.experiments import parts
from coalsim.experiments.design import Cell, Design
from coalsim.experiments.manifest import STUDIES, read_manifest, told
from coalsim.experiments.outputs import Output
from coalsim.experiments.parts import DamagedError
from coalsim.experiments.receipts import Receipt, journal_parts
from coalsim.experiments.store import DONE, FAILED, MISSING, Counts
from coalsim.indicators import over_places
from coalsim.indicators.distribution import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
STATUS = {MISSING: "missing", DONE: "done", FAILED: "failed"}


class Ensemble:
    """The runs of an experiment.

    Columns are read when asked for and kept; run by run, what a journal's row holds is kept in arrays.
    """

    def __init__(self, folder: str | Path, *, is_temporary: bool = False) -> None:
        folder = self.folder = Path(folder)
        self.manifest = read_manifest(folder)
        if self.manifest["kind"] in ("run", *STUDIES):
            raise ValueError(f"{folder} holds {told(self.manifest)}, not a comparison")
        self.design = Design.from_record(self.manifest, self.manifest["replicates"])
        self.localities = [place.name for place in self.design.scenario.places]
        self.residents = [place.adults for place in self.design.scenario.places]
        n, places = len(self.design), len(self.localities)
        self.status = np.zeros(n, dtype=np.uint8)
        self.tipped_month: Array = np.full((n, places), np.nan)
        self.met_at_start = np.zeros((n, places), dtype=bool)
        self.seconds: Array = np.full(n, np.nan)
        self.fingerprints = [""] * n
        self.errors: dict[int, str] = {}
        self.parts: dict[str, list[int]] = {}
        self.families: dict[str, tuple[str, ...]] = {}  # which folders hold a part
        for receipt in journal_parts(folder, self.manifest["experiment_hash"]):
            if any(row["run_id"] >= n or len(row.get("tipped", ())) not in (0, places) for row in receipt.rows):
                raise DamagedError(
                    f"{folder}: its journal holds other runs than its manifest; restore both from a copy"
                )
            self._take(receipt)
        self._columns: dict[str, Array] = {}
        if is_temporary:
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def _take(self, receipt: Receipt) -> None:
        for row in receipt.rows:
            k = row["run_id"]
            self.seconds[k] = np.nan if row["seconds"] is None else row["seconds"]
            self.status[k] = DONE if row["status"] == "done" else FAILED
            if row["status"] == "done":
                self.errors.pop(k, None)
                self.fingerprints[k] = row["fingerprint"]
                self.tipped_month[k] = [np.nan if month is None else month for month in row["tipped"]]
                self.met_at_start[k] = row["met_at_start"]
            else:
                self.errors[k] = row["error"]
        if receipt.part:
            self.parts[receipt.part] = [row["run_id"] for row in receipt.rows if row["status"] == "done"]
            self.families[receipt.part] = tuple(receipt.hashes)

    @property
    def counts(self) -> Counts:
        """Runs asked for, done and failed."""
        return Counts(len(self.design), int((self.status == DONE).sum()), int((self.status == FAILED).sum()))

    def table(self) -> pd.DataFrame:
        """A row for each cell of the design: its runs, those done and failed, and in how many of them a place tipped."""
        import pandas as pd

        rows = []
        for cell in self.design.cells:
            runs = list(self.design.run_ids(cell))
            status, tipped = self.status[runs], np.isfinite(self.tipped_month[runs]).any(axis=1)
            counts = (len(runs), int((status == DONE).sum()), int((status == FAILED).sum()), int(tipped.sum()))
            rows.append((cell.world, *(value for _, value in cell.factors), cell.policy, *counts))
        return pd.DataFrame(rows, columns=["world", *self.design.factors, "policy", "runs", "done", "failed", "tipped"])

    def __repr__(self) -> str:
        counts, what = self.counts, self.design.scenario.name
        return (
            f"<Ensemble of {what}: {counts.done} of {counts.requested} runs done, {counts.failed} failed, {self.name}>"
        )

    def _repr_html_(self) -> str:
        scenario = self.design.scenario
        where = f"{len(self.localities)} places" if len(self.localities) > 1 else self.localities[0]
        what = f"{where}, {scenario.months} months from {scenario.start}, results {self.name}."
        return hypertext.paragraphs(f"{repr(self)[1:-1]}.", what) + hypertext.frame(self.table())

    @property
    def fingerprint(self) -> str:
        """sha256 over the fingerprints of all runs, in their order."""
        return hashlib.sha256("\n".join(self.fingerprints).encode()).hexdigest()

    @property
    def name(self) -> str:
        """Ten digits that name these results: a hash of what was run and of everything it found."""
        return hashlib.sha256(f"{self.manifest['experiment_hash']} {self.fingerprint}".encode()).hexdigest()[:10]

    def read(self, names: Sequence[str]) -> None:
        """Read indicators of every run in one pass, those not read yet.

        Raises
        ------
        OSError
            When a part is damaged.
        """
        wanted = [name for name in dict.fromkeys(names) if name not in self._columns]
        if not wanted:
            return
        months, places = self.design.scenario.months + 1, len(self.localities)
        found = {name: np.full((len(self.design), places, months), np.nan) for name in wanted}
        for part, run_ids in self.parts.items():
            table = parts.read_columns(self.folder / "indicators" / part, wanted)
            for name in wanted:
                found[name][run_ids] = table[name].to_numpy().reshape(len(run_ids), places, months)
        self._columns |= found

    def courses(self, cell: Cell, name: str, place: str | None = None) -> Array:
        """An indicator by replicate and month (replicates, months + 1), nan where a run is missing or failed.

        Of one place, or of all together: amounts added up, rates averaged over residents.
        """
        values = self.by_place(cell, name)
        if place is not None:
            return values[:, self.localities.index(place)]
        return over_places(np.moveaxis(values, 1, 0), name, self.residents)

    def by_place(self, cell: Cell, name: str) -> Array:
        """An indicator by replicate, place and month (replicates, places, months + 1)."""
        self.read([name])
        return self._columns[name][list(self.design.run_ids(cell))]

    def outputs(self, cell: Cell, output: Output, place: str | None = None) -> Array:
        """An output by replicate (replicates,)."""
        if output.is_course:
            return output.of(self.courses(cell, output.name, place))
        rows = list(self.design.run_ids(cell))
        which = slice(None) if place is None else [self.localities.index(place)]
        month = self.tipped_month[rows][:, which]
        tipped = ~np.isnan(month)
        if output.name == "tipped":
            share = tipped.mean(axis=1)
            share[self.status[rows] != DONE] = np.nan
            return np.asarray(share)
        return np.array([row[ok].mean() if ok.any() else np.nan for row, ok in zip(month, tipped)])

    def distribution(self, groupings: Sequence[str]) -> pd.DataFrame:
        """The last year's outcomes by group of residents and neighbourhoods, all runs that are done.

        Raises
        ------
        OSError
            When a part is damaged.
        """
        import pandas as pd

        found = [parts.read_groups(self.folder / "distribution" / part, groupings) for part in self.parts]
        if not found:
            return pd.DataFrame(columns=["run_id", *COLUMNS])
        return pa.concat_tables(found).to_pandas().sort_values("run_id", kind="stable", ignore_index=True)

    @property
    def has_accounts(self) -> bool:
        """Whether every part has its yearly accounts; parts of earlier versions have none."""
        return all("accounts" in families for families in self.families.values())

    def accounts(self, unit: str, *, by_place: bool = False) -> pd.DataFrame:
        """Yearly sums of every run that is done: run_id, year, body, kind, amount, and locality where `by_place`.

        Raises
        ------
        ValueError
            When the results are of a version that kept none.
        OSError
            When a part is damaged.
        """
        import pandas as pd

        if not self.has_accounts:
            raise ValueError(
                f"{self.folder} has no accounts: these results were made before there were any; run the same command into a "
                "new folder"
            )
        keys = ["run_id", *(["locality"] if by_place else []), "year", "body", "kind"]
        found = [parts.read_accounts(self.folder / "accounts" / part, unit) for part in self.parts]
        if not found:
            return pd.DataFrame(columns=[*keys, "amount"])
        summed = [table.group_by(keys, use_threads=False).aggregate([("amount", "sum")]) for table in found]
        return pa.concat_tables(summed).to_pandas().rename(columns={"amount_sum": "amount"})

    def runs(self, outputs: Sequence[Output] = ()) -> pd.DataFrame:
        """A row for each run: where it lies in the design, how it ended, and its outputs over all places together."""
        import pandas as pd

        design = self.design
        where = [design.run(k) for k in range(len(design))]
        columns: dict[str, Any] = {
            "run_id": np.arange(len(design)),
            "world": [run.cell.world for run in where],
            "policy": [run.cell.policy for run in where],
            "replicate": [run.replicate for run in where],
            "seed": np.array([run.seed for run in where], dtype=np.uint64),
        }
        for k, path in enumerate(design.factors):
            columns[path] = [run.cell.factors[k][1] for run in where]
        for output in outputs:
            column = np.full(len(design), np.nan)
            for cell in design.cells:
                column[list(design.run_ids(cell))] = self.outputs(cell, output)
            columns[output.text] = column
        for k, name in enumerate(self.localities):
            columns[f"tipped_month: {name}"] = self.tipped_month[:, k]
        columns |= {
            "status": [STATUS[int(code)] for code in self.status],
            "error": [self.errors.get(k) for k in range(len(design))],
            "fingerprint": self.fingerprints,
            "seconds": self.seconds,
        }
        return pd.DataFrame(columns)

    def identical(self) -> list[tuple[int, int]]:
        """Pairs of replicates of a cell that are the same to the last bit, which independent runs never are."""
        found = []
        for cell in self.design.cells:
            seen: dict[str, int] = {}
            for run_id in self.design.run_ids(cell):
                fingerprint = self.fingerprints[run_id]
                if fingerprint and fingerprint in seen:
                    found.append((seen[fingerprint], run_id))
                seen[fingerprint] = run_id
        return found
