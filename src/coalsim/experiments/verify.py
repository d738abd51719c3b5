"""Checks results against their record: every file against its hash, and a sample of runs against a repetition."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from coalsim.experiments import parts, record
from coalsim.experiments.design import Design
from coalsim.experiments.ensemble import Ensemble
from coalsim.experiments.journal import Journal
from coalsim.experiments.manifest import MANIFEST, STUDIES, read_manifest, told
from coalsim.experiments.parts import DamagedError
from coalsim.experiments.receipts import journal_parts
from coalsim.experiments.runner import OnProgress, Shard, run_missing
from coalsim.experiments.store import DONE, SHARDS, Store, part_files
from coalsim.indicators import indicators
from coalsim.indicators.accounts import COLUMNS, Accounts
from coalsim.results import simulate

SAMPLE = 5
COMPLETE = ("done", "finished with failed runs")


@dataclass
class Verification:
    """What was checked and what was found wrong."""

    folder: str
    files: int = 0
    runs: int = 0
    rerun: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {**asdict(self), "verified": self.is_good}

    def __str__(self) -> str:
        lines = [
            f"{self.folder}: {self.files} files checked against their hashes, {len(self.rerun)} of {self.runs} runs repeated "
            f"and compared to the last bit{': ' + ', '.join(map(str, self.rerun)) if self.rerun else ''}"
        ]
        lines += [f"- {problem}" for problem in self.problems] + self.notes
        return "\n".join([*lines, "verified" if self.is_good else f"{len(self.problems)} problems found"])


def verify(
    folder: str | Path, *, sample: int = SAMPLE, seed: int = 0, on_done: Callable[[int], None] | None = None
) -> Verification:
    """Check every file of a results folder, then repeat a random sample of its runs and compare them to the last bit.

    Parameters
    ----------
    sample : runs repeated, at most; of failed runs none
    seed : of the sample
    on_done : called with the number of each run repeated

    Raises
    ------
    ValueError, DamagedError
        When the folder holds no results or its manifest is not what was written.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    found = Verification(str(folder))
    check_files(folder, manifest, found)
    for name, value in record.deciding().items():
        there = manifest["deciding"].get(name)
        if there != value:
            found.notes.append(f"made with {name} {there}, repeated with {value}: equal results are not promised")
    if manifest["kind"] == "run":
        verify_single(folder, manifest, found)
        return found
    if manifest["kind"] in STUDIES:
        verify_study(folder, manifest, found)
        return found
    ensemble = Ensemble(folder)
    counts = ensemble.counts
    if manifest["state"] not in COMPLETE:
        found.notes.append(f"the experiment is not complete: {manifest['state']}, {counts.done} runs done")
    elif counts._asdict() != manifest["runs"] or (manifest["state"] == "done") != (counts.done == counts.requested):
        found.problems.append(
            f"{MANIFEST} says {manifest['state']}, and {counts.done} of {counts.requested} runs are done"
        )
    if counts.failed:
        found.notes.append(f"{counts.failed} runs failed; the command that made it runs them again with --retry-failed")
    done = np.flatnonzero(ensemble.status == DONE)
    found.runs = int(done.size)
    chosen = np.sort(np.random.default_rng(seed).choice(done, min(sample, done.size), replace=False))
    for run_id in map(int, chosen):
        check_run(ensemble, run_id, found)
        if on_done:
            on_done(run_id)
    return found


def check_files(folder: Path, manifest: dict[str, Any], found: Verification) -> None:
    """Every file against its hash in the manifest, or in the journal for parts, and every part there against the journal.

    While an experiment runs, or after it was killed, only its parts are settled.
    """
    files = dict(manifest.get("files", {})) if manifest["state"] != "running" else {}
    if manifest["kind"] not in ("run", *STUDIES):
        files = {name: sha for name, sha in files.items() if name.split("/")[0] not in parts.FAMILIES}
        for receipt in journal_parts(folder, manifest["experiment_hash"]):
            files |= part_files({receipt.part: receipt.hashes})
    for name, sha in files.items():
        path = folder / name
        if not path.is_file():
            found.problems.append(f"{name} is missing")
        elif record.hash_of_file(path) != sha:
            found.problems.append(f"{name} is not what was written")
    found.files = len(files)
    for family in parts.FAMILIES if manifest["state"] in COMPLETE else ():
        for path in sorted((folder / family).glob("*")):
            if f"{family}/{path.name}" not in files:
                found.problems.append(f"{family}/{path.name} is not among what was written")


def check_run(ensemble: Ensemble, run_id: int, found: Verification) -> None:
    """Repeat a run and compare it with the journal's fingerprint and with the numbers in its part."""
    design = ensemble.design
    run = design.run(run_id)
    where = f"run {run_id} ({run.cell.policy}, {run.cell.world}, seed {run.seed})"
    accounts = Accounts()
    again = simulate(design.scenario_of(run.cell), policy=run.cell.policy, seed=run.seed, on_month=accounts.record)
    found.rerun.append(run_id)
    if again.fingerprint != ensemble.fingerprints[run_id]:
        found.problems.append(f"{where}: a repetition has another fingerprint")
    part = next(name for name, run_ids in ensemble.parts.items() if run_id in run_ids)
    try:
        stored = parts.read_columns(ensemble.folder / "indicators" / part, ["run_id", *indicators])
    except (OSError, ValueError) as error:
        found.problems.append(f"{where}: indicators/{part} cannot be read: {error}")
        return
    there = stored.filter(np.equal(stored["run_id"].to_numpy(), run_id)) if "run_id" in stored.column_names else stored
    values = np.moveaxis(again.model.indicators.array(), 1, 0).reshape(-1, len(indicators))
    for k, name in enumerate(indicators):
        if name not in there.column_names or not np.array_equal(there[name].to_numpy(), values[:, k], equal_nan=True):
            found.problems.append(f"{where}: {name} differs from a repetition")
    check_accounts(ensemble, part, run_id, accounts, where, found)


def check_accounts(
    ensemble: Ensemble, part: str, run_id: int, again: Accounts, where: str, found: Verification
) -> None:
    """Compare a repetition's accounts with those in the part; results from before there were accounts have none."""
    if "accounts" not in ensemble.families[part]:
        return
    try:
        stored = pq.read_table(ensemble.folder / "accounts" / part, filters=[("run_id", "==", run_id)]).to_pandas()
        there = list(stored[list(COLUMNS)].itertuples(index=False, name=None))
    except (OSError, ValueError, LookupError) as error:
        found.problems.append(f"{where}: accounts/{part} cannot be read: {error}")
        return
    if there != again.rows():
        found.problems.append(f"{where}: accounts differ from a repetition")


def verify_study(folder: Path, manifest: dict[str, Any], found: Verification) -> None:
    """Look whether a study was finished, and at every line of its journal; its runs are not repeated."""
    if not Journal(folder).exists():
        raise DamagedError(f"{Journal(folder).path} is missing; restore it from a copy")
    found.runs = sum(len(runs) for entry in Journal(folder).entries() if isinstance(runs := entry.get("runs"), list))
    again = "the command that made it, with the same --out, goes over it again"
    if manifest["state"] != "done" or "files" not in manifest:
        found.notes.append(f"the study is not finished; {again}")
    found.notes.append(f"runs of a study are not repeated here; {again}")


def verify_single(folder: Path, manifest: dict[str, Any], found: Verification) -> None:
    """Repeat the one run of `coalsim run --out`."""
    design = Design.from_record(manifest, 1)
    policy = manifest["policy"]
    if policy not in design.scenario.options:  # never a file that somebody else names
        raise DamagedError(
            f"{folder / MANIFEST}: policy {str(policy)[:60]!r} is none of its options; restore it from a copy"
        )
    again = simulate(design.scenario, policy=policy, seed=design.seed)
    found.runs, found.rerun = 1, [0]
    try:
        written = json.loads((folder / "summary.json").read_text())["fingerprint"]
    except (OSError, ValueError, LookupError, TypeError):
        return  # its hash has told already
    if again.fingerprint != written:
        found.problems.append(f"run 0 ({policy}, seed {design.seed}): a repetition has another fingerprint")


class Repaired(NamedTuple):
    """Damaged parts that were set aside, how many runs were run, and the numbers of those that failed."""

    parts: int
    runs: int
    failed: list[int]


def repair(
    folder: str | Path,
    *,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> Repaired:
    """Set damaged parts aside and run what they held again, with what is missing otherwise.

    Raises
    ------
    ValueError, DamagedError
        When the folder holds no experiment, or more than parts is damaged.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if manifest["kind"] in ("run", *STUDIES):
        raise ValueError(f"{folder} holds {told(manifest)}; run it again into a new folder")
    design = Design.from_record(manifest, manifest["replicates"])
    place = folder.resolve()
    shard = Shard.parse(place.name.replace("-of-", "/")) if place.parent.name == SHARDS else None
    with Store.open(folder, design, drop_damaged=True) as store:
        before, known = store.counts, set(store.failures)
        try:
            run_missing(store, workers=workers, shard=shard, on_progress=on_progress)
        except KeyboardInterrupt:
            store.finish("stopped", is_repair=True)
            raise
        done, some_failed = COMPLETE
        was_complete = manifest["state"] in COMPLETE
        store.finish((some_failed if store.failures else done) if was_complete else "repaired", is_repair=True)
        return Repaired(store.dropped, sum(store.counts[1:]) - sum(before[1:]), sorted(set(store.failures) - known))
