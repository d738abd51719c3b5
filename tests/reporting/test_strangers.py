"""Results that a stranger made: nothing in them runs, and they lead to no file outside of them."""

import os
import pickle
import shutil
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from coalsim.cli import cli
from coalsim.experiments import parts
from coalsim.experiments.design import Design
from coalsim.experiments.journal import NAME as JOURNAL
from coalsim.experiments.journal import Journal
from coalsim.experiments.manifest import read_manifest, write_manifest
from coalsim.experiments.store import Store
from coalsim.reporting.studies import Study

pytestmark = pytest.mark.slow


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.fixture
def results(little, tmp_path):
    return shutil.copytree(little, tmp_path / "results")


def call(*arguments):
    found = CliRunner().invoke(cli, list(map(str, arguments)))
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exc_info
    return found


seen: list[tuple[str, tuple]] | None = None


def watch(event, arguments):
    """What Python does, while somebody asks."""
    if seen is not None and event in (
        "pickle.find_class",
        "os.system",
        "os.exec",
        "import",
        "open",
        "subprocess.Popen",
    ):
        seen.append((event, arguments))


@pytest.fixture(scope="module")
def watched():
    sys.addaudithook(watch)  # for good; it looks only while `seen` is a list

    def run(*arguments):
        global seen
        seen = []
        try:
            return call(*arguments), seen
        finally:
            seen = None

    return run


def test_nothing_that_was_planted_is_unpickled_imported_or_run(results, tmp_path, monkeypatch, watched):
    mark = tmp_path / "mark"
    evil = pickle.dumps(Evil(mark))
    planted = ["evil.pkl", "snapshot.pickle", "indicators/evil.pkl", "design.cloudpickle", "numpy.pkl"]
    modules = ["evil.py", "coalsim_plugin.py", "sitecustomize.py", "usercustomize.py", "__init__.py", "conftest.py"]
    for name in planted:
        (results / name).write_bytes(evil)
    for name in modules:
        (results / name).write_text(f"open({str(mark)!r}, 'w')")
    manifest = read_manifest(results)
    manifest |= {
        "module": "evil",
        "class": "evil:Evil",
        "__reduce__": ["os.system", f"touch {mark}"],
        "plugins": ["evil"],
    }
    manifest["scenario"]["name"] = "!!python/object/apply:os.system ['true'] {{ ''.__class__ }}"
    write_manifest(results, manifest)
    monkeypatch.chdir(results)
    for arguments, code in (
        (["report", results, "--no-tables"], 0),
        (["verify", results], 1),
        (["repair", results], 0),
    ):
        found, events = watched(*arguments)
        assert events
        assert found.exit_code == code, found.output  # files that do not belong are told
        assert not [one for one in events if one[0] in ("os.system", "os.exec")]
        imported = [str(one[1][1]) for one in events if one[0] == "import"]
        assert not [path for path in imported if path.startswith(str(results))]
        # Compiled kernels are unpickled, from a private folder; nothing of that kind names what was planted.
        assert not [
            one for one in events if one[0] == "pickle.find_class" and one[1][0] in ("os", "posix", "nt", "evil")
        ]
    assert not mark.exists()
    page = (results / "report.html").read_text()
    assert "{{ &#39;&#39;.__class__ }}" in page  # a template is only text, too


def test_a_pickle_inside_a_parquet_file_is_not_opened(tmp_path):
    mark, path = tmp_path / "mark", tmp_path / "in" / "indicators" / "part.parquet"
    path.parent.mkdir(parents=True)
    evil = pickle.dumps(Evil(mark))
    hidden = {"ARROW:extension:name": "arrow.py_extension_type", "ARROW:extension:metadata": evil}
    table = pa.table({"run_id": [1], "x": [1.0]}).replace_schema_metadata({"pandas": evil, "PANDAS_ATTRS": evil})
    pq.write_table(table.cast(pa.schema([table.schema.field(0).with_metadata(hidden), table.schema.field(1)])), path)
    assert parts.read_columns(path, ["run_id", "x"]).to_pandas().shape == (1, 2)
    assert not mark.exists()


LINKS = [
    "figures/x.png",
    "findings.txt",
    "indicators",
    "indicators/x.parquet",
    "accounts/deep",
    "shards",
    "journal.jsonl",
]


@pytest.mark.parametrize("name", LINKS)
def test_a_link_in_results_is_refused_and_nothing_behind_it_is_touched(name, results, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("the secret")
    link = results / name
    if link.is_dir():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside if "." not in link.name else outside / "secret")
    for command in (["report"], ["repair"], ["verify"], ["map"]):
        found = call(*command, results)
        assert found.exit_code == 2
        assert found.stderr.startswith(f"error: {link} is a link")
    with pytest.raises(ValueError, match="is a link"):
        Study.of(results)
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_text() == "the secret"
    assert not (results / "report.html").exists()


@pytest.mark.parametrize("part", ["../../outside.parquet", "/etc/passwd", "part-0000000-0000003-4.parquet/../../x", 7])
def test_a_journal_that_names_files_elsewhere_is_refused(part, results):
    entries = list(Journal(results).entries())
    (results / JOURNAL).unlink()
    for entry in entries:
        Journal(results).append({**entry, **({"part": part} if "part" in entry else {})})
    for command in ("report", "repair", "verify"):
        found = call(command, results)
        assert found.exit_code == 1
        assert "which is no part" in found.stderr


def test_a_family_elsewhere_is_refused(results):
    entries = list(Journal(results).entries())
    (results / JOURNAL).unlink()
    for entry in entries:
        Journal(results).append({**entry, **({"hashes": {"..": "0"}} if "hashes" in entry else {})})
    assert "which is no part" in call("verify", results).stderr


ROW = {"run_id": 0, "status": "failed", "seconds": 1.0, "error": "no"}
DONE = {"run_id": 0, "status": "done", "seconds": 1.0, "fingerprint": "f", "tipped": [None], "met_at_start": [False]}


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {"part": "", "hashes": {}},
        {"part": "", "hashes": {}, "rows": [1]},
        {"part": "", "hashes": {}, "rows": [{}]},
        {"part": "", "hashes": {}, "rows": [{**ROW, "run_id": -1}]},
        {"part": "", "hashes": {}, "rows": [{**ROW, "run_id": 10**12}]},
        {"part": "", "hashes": {}, "rows": [{**ROW, "run_id": 99}]},
        {"part": "", "hashes": {}, "rows": [{**ROW, "status": "done"}]},
        {"part": "", "hashes": {}, "rows": [DONE]},
        {"part": "", "hashes": {}, "rows": [{**DONE, "tipped": [None] * 9}]},
        {"part": "", "hashes": {}, "rows": [{**DONE, "tipped": ["soon"]}]},
        {"part": "", "hashes": {}, "rows": [], "more": 1},
        {"part": 7, "hashes": {}, "rows": []},
        {"part": "", "hashes": [], "rows": []},
        {"dropped": 3},
    ],
    ids=str,
)
@pytest.mark.parametrize("command", ["verify", "report"])
def test_a_line_of_the_journal_that_was_made_up_is_refused(results, command, forged):
    Journal(results).append(forged)
    found = call(command, results)
    assert found.exit_code == 1
    assert "restore" in found.stderr


LOOKED_FOR = ("kind", "experiment_hash", "scenario", "worlds", "factors", "seed", "replicates", "deciding", "state")


@pytest.mark.parametrize("command", ["verify", "repair"])
def test_a_manifest_that_was_made_anew_without_what_is_looked_for_is_refused(results, command):
    manifest = read_manifest(results)
    for key in LOOKED_FOR:
        for forged in ({k: value for k, value in manifest.items() if k != key}, {**manifest, key: None}):
            write_manifest(results, forged)
            ended = call(command, results)
            assert ended.exit_code in (1, 2), key
            assert key in ended.stderr


@pytest.mark.parametrize("name", ["/etc/passwd", "../../secret", "figures/../../secret"])
@pytest.mark.parametrize("command", ["verify", "repair", "report"])
def test_a_manifest_that_names_files_elsewhere_is_refused(results, command, name):
    manifest = read_manifest(results)
    write_manifest(results, {**manifest, "files": {**manifest["files"], name: "0" * 64}})
    found = call(command, results)
    assert found.exit_code == 1
    assert f"names {name!r}, which lies outside the folder" in found.stderr


def test_a_run_of_a_policy_that_is_a_file_is_refused_unread(tmp_path):
    secret = tmp_path / "secret.yaml"
    secret.write_text("password: hunter2\n")
    scenario = Path(__file__).parents[2] / "scenarios" / "walsall.yaml"
    folder = tmp_path / "run"
    assert call("run", scenario, "--set", "months=1", "--set", "sample=0.03", "--out", folder).exit_code == 0
    write_manifest(folder, {**read_manifest(folder), "policy": str(secret)})
    found = call("verify", folder)
    assert found.exit_code == 1
    assert "is none of its options" in found.stderr
    assert "hunter2" not in found.output


def test_a_shard_with_runs_that_are_not_asked_for_is_refused(results, tmp_path):
    manifest = read_manifest(results)
    shard = results / "shards" / "1-of-2"
    shutil.copytree(results, tmp_path / "copy")
    shard.parent.mkdir()
    shutil.move(tmp_path / "copy", shard)
    Journal(shard).append({"part": "", "hashes": {}, "rows": [{**ROW, "run_id": 99}]})
    design = Design.from_record(manifest, manifest["replicates"])
    with (
        Store.open(results, design) as store,
        pytest.raises(parts.DamagedError, match="runs that are not asked for"),
    ):
        store.adopt(shard)


def test_factors_that_are_none_are_refused(results):
    write_manifest(results, {**read_manifest(results), "factors": {"months": [[1]]}})
    found = call("verify", results)
    assert found.exit_code in (1, 2)
    assert "recorded there are none" in found.stderr
