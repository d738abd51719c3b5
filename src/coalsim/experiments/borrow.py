"""Runs that another experiment has already: taken over where they are the same to the last bit, instead of run again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from coalsim.experiments import parts, record
from coalsim.experiments.design import Cell, Design
from coalsim.experiments.ensemble import Ensemble
from coalsim.experiments.receipts import Receipt, journal_parts
from coalsim.experiments.record import hash_of_file
from coalsim.experiments.store import DONE, Store
from coalsim.indicators import indicators


def borrow(store: Store, folder: Path) -> int:
    """Take from another folder the runs that this experiment lacks: those of the same scenario, option, seed and code.

    An option's runs do not depend on the other options, so that after a change to one the others need not be run again; but
    one that some places adopt depends on the first, which is in force in all others.
    Returns how many runs that were.
    """
    other = Ensemble(folder)
    if other.manifest["deciding"] != record.deciding():
        return 0
    same = dict(_same(store, other))
    rows = {
        row["run_id"]: row
        for receipt in journal_parts(folder, other.manifest["experiment_hash"])
        for row in receipt.rows
    }
    taken = 0
    for part, held in other.parts.items():
        wanted = [run_id for run_id in held if run_id in same]
        if not wanted or set(other.families[part]) != set(parts.FAMILIES):
            continue
        new = [same[run_id] for run_id in wanted]
        name = parts.part_name(new)
        tables = {
            family: pq.ParquetFile(folder / family / part, page_checksum_verification=True).read()
            for family in parts.FAMILIES
        }
        if not set(indicators) <= set(tables["indicators"].column_names):  # some have been defined since
            continue
        for family, table in tables.items():
            parts.write_table(store.folder / family / name, _renumbered(table, wanted, new))
        hashes = {family: hash_of_file(store.folder / family / name) for family in parts.FAMILIES}
        store.receive(Receipt(name, hashes, [{**rows[k], "run_id": same[k]} for k in wanted]))
        taken += len(new)
    return taken


def _same(store: Store, other: Ensemble) -> Iterator[tuple[int, int]]:
    """Number there and number here of every run that is the same, done there and missing here."""
    mine, theirs = store.design, other.design
    there = {_deciding(theirs, cell): cell for cell in theirs.cells}
    for cell in mine.cells:
        if (found := there.get(_deciding(mine, cell))) is None:
            continue
        by_seed = {theirs.run(run_id).seed: run_id for run_id in theirs.run_ids(found)}
        for run_id in mine.run_ids(cell):
            old = by_seed.get(mine.run(run_id).seed)
            if old is not None and other.status[old] == DONE and not store.status[run_id]:
                yield old, run_id


def _deciding(design: Design, cell: Cell) -> str:
    """Everything that decides what a cell's runs find, as a hash."""
    scenario = design.scenario_of(cell)
    told: dict[str, Any] = scenario.model_dump(mode="json", exclude={"options", "name", "question", "replicates"})
    option = scenario.options[cell.policy]
    in_force = [option] if option.where is None else [option, next(iter(scenario.options.values()))]
    policies = [one.model_dump(mode="json", exclude={"name", "summary"}) for one in in_force]
    return record.hash_of({"scenario": told, "policies": policies})


def _renumbered(table: pa.Table, old: list[int], new: list[int]) -> pa.Table:
    """The rows of some runs, under their new numbers."""
    kept = table.filter(pc.is_in(table["run_id"], pa.array(old, pa.int64())))
    numbers = np.array(new, dtype=np.int64)[np.searchsorted(old, kept["run_id"].to_numpy())]
    return kept.set_column(0, "run_id", pa.array(numbers))
