"""What a results folder holds, and how to compare two of them."""

import hashlib
import json
from pathlib import Path

import pandas as pd

from coalsim.experiments.journal import Journal
from coalsim.experiments.manifest import read_manifest
from coalsim.experiments.parts import FAMILIES

WALSALL = str(Path(__file__).parents[2] / "scenarios" / "walsall.yaml")
SMALL = (WALSALL, "--set", "sample=0.05", "--set", "months=6")
PART_S = 0.1  # parts of two runs at this size


class Sketch:
    """A figure that is quickly drawn."""

    def savefig(self, path, **_):
        path.write_bytes(b"PNG")


def figures(_):
    """All figures of a comparison."""
    return [("difference", Sketch())]


def runs(folder):
    """The table of runs, without how long they took."""
    return pd.read_parquet(folder / "runs.parquet").drop(columns="seconds")


def rows(folder, family):
    """All rows of a family of parts, by run."""
    tables = [pd.read_parquet(path) for path in sorted((folder / family).iterdir())]
    return pd.concat(tables).sort_values("run_id", kind="stable", ignore_index=True)


def summary(folder):
    """The summary, without what the machine says."""
    return json.loads((folder / "summary.json").read_text())


def journal(folder):
    """Lines of the journal after the first, which names the experiment."""
    return list(Journal(folder).entries())[1:]


def journalled(folder):
    """Numbers of the runs that the journal names, in its order, repeated if they are."""
    return [row["run_id"] for entry in journal(folder) if "rows" in entry for row in entry["rows"]]


def state(folder):
    """How the manifest says that it ended."""
    return read_manifest(folder)["state"]


def hashes(folder):
    """sha256 of every file below, by name."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def parts(folder):
    """Hashes of the parts."""
    return {name: sha for name, sha in hashes(folder).items() if name.split("/")[0] in FAMILIES}


def assert_same_results(folder, other):
    """Assert that two folders hold the same runs with the same numbers, each run once, and nothing that does not belong."""
    pd.testing.assert_frame_equal(runs(folder), runs(other))
    for family in FAMILIES:
        pd.testing.assert_frame_equal(rows(folder, family), rows(other, family))
    assert summary(folder) == summary(other)
    assert_tidy(folder)


def assert_tidy(folder):
    """Assert that nothing is left over: no temporary file, no lock, no part that the journal does not name."""
    names = {path.name for path in folder.iterdir()}
    assert names <= {"manifest.json", "journal.jsonl", "runs.parquet", "summary.json", "figures", "shards", *FAMILIES}
    assert not list(folder.rglob("*.tmp"))
    dropped = {name for entry in journal(folder) for name in entry.get("dropped", [])}
    named = {entry["part"] for entry in journal(folder) if entry.get("part")}
    for family in FAMILIES:
        there = {path.name for path in (folder / family).iterdir()}
        assert there <= named
        assert named - there <= dropped
