"""Files made to hang, crash, fill the memory or read what is none of theirs: each refused at once, saying where and why."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from spoken import LONGEST, is_valid

from broken.cases import PLACE, TOWN, change, figure
from coalsim.cli import cli
from coalsim.scenario.reading import MOST_BYTES
from test_bad_scenarios import GOOD, edit, folder  # noqa: F401  (the good files, to be broken, as a fixture)

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SLOWER = 1 if sys.gettrace() is None else 10  # where coverage looks on
SECONDS = 3 * SLOWER  # of processor time, on any machine; what is refused takes a tenth of it


def refused(*arguments: str) -> str:
    """What is said when a command refuses at once."""
    began = time.process_time()
    result = CliRunner().invoke(cli, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert result.exit_code == 2, result.output
    assert len(result.stderr) < LONGEST
    assert time.process_time() - began < SECONDS
    return result.stderr


@pytest.fixture(scope="module", autouse=True)
def imported():
    """Experiments take a while to import, which is no part of a refusal."""
    is_valid(GOOD / "experiment.yaml")


MANY = 20_000
TABLE = (SCENARIOS / "nation" / "england_2006.csv").read_text(encoding="utf-8").splitlines()
WHOLE_FILES = {
    "brackets": (b"[" * MOST_BYTES, "nested too deep"),
    "braces": (b"{" * MOST_BYTES, "a key must be"),
    "brackets in a key": (b"? " + b"[" * 1_000_000, "a key must be"),
    "dashes": (b"- " * 500_000, "nested too deep"),
    "a step deeper each line": (b"".join(b" " * k + b"a:\n" for k in range(1400)), "nested too deep"),
    "anchors": (b"".join(b"a%d: &a%d 1\n" % (k, k) for k in range(MANY)), "anchor"),
    "an alias of its own mapping": (b"name: &a {b: *a}", "anchor"),
    "a merge key": (b"a: {b: 1}\n<<: {c: 1}\n", "merge key"),
    "a key of a megabyte": (b"? " + b"x" * 1_000_000 + b"\n: 1\n", "is missing"),
    "a tag of a megabyte": (b"!" * 1_000_000, "tag"),
    "values without end": (b"a: [" + b"1," * 400_000 + b"]", "too many values"),
    "empty lines": (b"\n" * 1_000_000, "is empty"),
    "quotes": (b'"' * 1_000_000, "not valid YAML"),
    "directives": (b"%TAG !a! tag:a,2000:\n" * 40_000, "not valid YAML"),
    "NUL": (b"name: a\0b\n", r"U+0000"),
    "UTF-16": ("name: a\n".encode("utf-16"), "not UTF-8"),
    "UTF-16 without a mark": ("name: a\n".encode("utf-16-le"), "U+0000"),
    "UTF-32": ("name: a\n".encode("utf-32"), "not UTF-8"),
    "half a character": (b'name: "\xed\xa0\x80"\n', "not UTF-8"),
    "half a character, escaped": (b'name: "\\ud800"\n', "not valid YAML"),
    "unknown keys": (b"".join(b"month%d: 1\n" % k for k in range(MANY)), "at least 200 problems"),
    "the same key": (b"months: 1\n" * MANY, "at least 200 problems"),
    "the same place": (b"places: [" + b"places/town.yaml," * MANY + b"]", "20,000 are too many"),
}


@pytest.mark.parametrize(("content", "words"), WHOLE_FILES.values(), ids=WHOLE_FILES)
def test_a_whole_file_of_it_is_refused_at_once(content, words, folder):  # noqa: F811
    (folder / "town.yaml").write_bytes(content)
    assert words in refused("check", "town.yaml")


LISTS = {
    "worlds/plain.yaml": b"name: x\nshocks:\n" + b"- {}\n" * 15_000,
    "policies/pool.yaml": b"name: x\ninstruments:\n" + b"".join(b"  a%d: {}\n" % k for k in range(MANY)),
    "experiment.yaml": b"kind: compare\nname: x\nscenario: town.yaml\nworlds: [" + b"plain," * MANY + b"]",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_without_end_is_refused_at_once(name, folder):  # noqa: F811
    (folder / name).write_bytes(LISTS[name])
    assert name in refused("check", "experiment.yaml")


# Files that are none


def test_a_long_chain_of_overlays_is_refused(folder):  # noqa: F811
    for k in range(1000):
        (folder / f"c{k}.yaml").write_text(f"extends: c{k + 1}.yaml\n", encoding="utf-8")
    assert "more than 20 files extend one another" in refused("check", "c0.yaml")


@pytest.mark.parametrize("name", ["zero.yaml", "pipe.yaml", "folder.yaml", "nowhere.yaml", "loop.yaml"])
@pytest.mark.parametrize("how", ["extends", "place", "world", "nation", "--world", "--policy", "itself", "scenario"])
def test_what_is_no_plain_file_is_never_opened(name, how, folder):  # noqa: F811
    os.symlink("/dev/zero", "zero.yaml")
    os.mkfifo("pipe.yaml")
    Path("folder.yaml").mkdir()
    os.symlink("loop.yaml", "loop.yaml")
    if how == "itself":
        refused("check", name)
    elif how.startswith("--"):
        refused("run", "town.yaml", how, name)
    elif how == "scenario":
        Path("e.yaml").write_text(f"kind: compare\nname: x\nscenario: {name}\n", encoding="utf-8")
        refused("check", "e.yaml")
    else:
        lines = Path("town.yaml").read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.startswith(("place", how))]
        Path("town.yaml").write_text("\n".join([*kept, f"{how}: {name}"]), encoding="utf-8")
        refused("check", "town.yaml")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_said(folder):  # noqa: F811
    (folder / PLACE).chmod(0)
    assert "cannot be read" in refused("check", "town.yaml")


def test_a_linked_folder_does_not_lead_outside(folder):  # noqa: F811
    (folder.parent / "secrets").mkdir()
    (folder.parent / "secrets" / "place.yaml").write_text("password: hunter2\n", encoding="utf-8")
    (folder / "linked").symlink_to(folder.parent / "secrets")
    for line in ("extends: linked/place.yaml", "nation: linked/place.yaml", "world: linked/place.yaml"):
        (folder / "town.yaml").write_text(f"name: x\n{line}\n", encoding="utf-8")
        said = refused("check", "town.yaml")
        assert "outside the folder" in said
        assert "hunter2" not in said


EXPERIMENT = "name: x\nscenario: town.yaml\nfactors: {world.conditions.eta: {low: 1, high: 2}}\n"


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("sensitivity", "world: {}"),
        ("sensitivity", "policy: {}"),
        ("compare", "worlds: [{}]"),
        ("compare", "scenario: {}"),
    ],
)
def test_an_experiment_reads_nothing_outside_the_folder(kind, line, folder):  # noqa: F811
    secret = folder.parent / "secret.yaml"
    secret.write_text("password: hunter2\n", encoding="utf-8")
    text = f"kind: {kind}\n{EXPERIMENT}".replace(
        "scenario: town.yaml\n", "" if "scenario" in line else "scenario: town.yaml\n"
    )
    (folder / "experiment.yaml").write_text(text + line.format(secret), encoding="utf-8")
    said = refused("check", "experiment.yaml")
    assert "outside the folder" in said
    assert "hunter2" not in said


# Far too much of it


@pytest.mark.parametrize(
    ("kind", "lines", "words"),
    [
        ("sensitivity", "samples: 1099511627776", "largest allowed"),
        ("sensitivity", "method: sobol\nsamples: 8388608\nreplicates: 10000", "can be handled"),
        ("sensitivity", "method: morris\nsamples: 10000000\nreplicates: 10000", "can be handled"),
        ("compare", "replicates: 1000000000", "largest allowed"),
        ("compare", "replicates: 100000\noutputs: [jobs]\nmost_replicates: 1000000000", "largest allowed"),
        ("discover", "cases: {a: {output: jobs, at_least: 1}}\nsamples: 10000000\nreplicates: 10000", "can be handled"),
    ],
)
def test_more_runs_than_can_be_are_refused(kind, lines, words, folder):  # noqa: F811
    (folder / "experiment.yaml").write_text(f"kind: {kind}\n{EXPERIMENT}{lines}\n", encoding="utf-8")
    assert words in refused(kind, "experiment.yaml", "--out", "out")
    assert not Path("out").exists()


def test_a_grid_beyond_counting_is_refused(folder):  # noqa: F811
    grid = ", ".join(
        f"world.conditions.{name}: {{low: 0.6, high: 0.9, levels: 1000}}" for name in ("eta", "rho", "unmet_effect")
    )
    text = f"kind: compare\nname: x\nscenario: town.yaml\nfactors: {{{grid}}}\n"
    (folder / "experiment.yaml").write_text(text, encoding="utf-8")
    assert "the design has 4,000,000,000 runs" in refused("compare", "experiment.yaml")


def test_a_nation_without_end_is_refused(folder):  # noqa: F811
    rows = (TABLE[1].replace("00AA,City of London", f"{k:04d},N{k}") for k in range(5000))
    (folder / "nation.csv").write_text("\n".join([TABLE[0], *rows]), encoding="utf-8")
    (folder / "nation.yaml").write_text("name: x\ndistricts: nation.csv\nnumber: 400\n", encoding="utf-8")
    assert "5,000 districts; at most 400" in refused("check", "nation.yaml")
    with (folder / "nation.csv").open("a") as file:
        file.truncate(10**12)  # takes no room on the disk
    assert "larger than 1024 KiB" in refused("check", "nation.yaml")


# What the process itself has used; `getrusage` would count what its parent had before it.
MEASURED = """
import atexit, json, pathlib, re, sys, time
def used():
    peak = re.search(r"VmHWM:\\s*(\\d+) kB", pathlib.Path("/proc/self/status").read_text())
    print(json.dumps([time.process_time(), int(peak[1])]))
atexit.register(used)
from coalsim.cli import main
main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_refusal_takes_little_time_and_memory(folder):  # noqa: F811
    """What a user waits for, all told: a population of a million million, in a process of its own."""
    edit(folder, {PLACE: figure("population", "1000000000000")})
    command = [sys.executable, "-c", MEASURED, "run", str(TOWN)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert result.returncode == 2
    assert "too many residents" in result.stderr
    seconds, kibibytes = json.loads(result.stdout)
    assert seconds < 8 * SLOWER
    assert kibibytes < 600 * 1024


# Experiments that trip what reads them

FIT = "targets: [{output: jobs, value: 1, tolerance: 1}]\nparameters: {place.calibration.entry: {low: 0.5, high: 1}}\n"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("kind: compare\nfactors: {place.governance.net_budget: {low: -1.7e308, high: 1.7e308}}", "is too wide"),
        (f"kind: compare\nworlds: [{'a' * 300}.yaml]", "no world called"),
        (f"kind: compare\noutputs: [jobs@month={'9' * 1900}]", "there is no @month"),
        (f"kind: calibrate\n{FIT}writes: ../../x.yaml", "must lie in its folder"),
        (f'kind: calibrate\n{FIT}writes: "a\\0.yaml"', "null character"),
    ],
)
def test_an_odd_experiment_is_refused(lines, words, folder):  # noqa: F811
    (folder / "experiment.yaml").write_text(f"name: x\nscenario: town.yaml\n{lines}\n", encoding="utf-8")
    assert words in refused("check", "experiment.yaml")


def test_fitted_numbers_do_not_wait_for_a_pipe(folder):  # noqa: F811
    os.mkfifo(folder / "places" / "pipe.yaml")
    text = f"kind: calibrate\nname: x\nscenario: town.yaml\n{FIT}writes: places/pipe.yaml\n"
    (folder / "experiment.yaml").write_text(text, encoding="utf-8")
    assert "it was written by hand" in refused("calibrate", "experiment.yaml")


def test_fitted_numbers_that_extend_nothing_are_refused(folder):  # noqa: F811
    place = folder / PLACE
    place.write_text(f"# Written by `coalsim calibrate x`\n{place.read_text(encoding='utf-8')}", encoding="utf-8")
    text = f"kind: calibrate\nname: x\nscenario: town.yaml\n{FIT}writes: {PLACE}\n"
    (folder / "experiment.yaml").write_text(text, encoding="utf-8")
    assert "error: writes:" in refused("check", "experiment.yaml")


def test_the_table_of_a_nation_takes_no_fitted_numbers(folder):  # noqa: F811
    (folder / "nation.csv").write_text("\n".join(TABLE[:2]), encoding="utf-8")
    (folder / "nation.yaml").write_text("name: x\ndistricts: nation.csv\nnumber: 1\n", encoding="utf-8")
    edit(folder, {TOWN: change(("place: places/town.yaml", "nation: nation.yaml"))})
    text = f"kind: calibrate\nname: x\nscenario: town.yaml\n{FIT}writes: places/x.yaml\n"
    (folder / "experiment.yaml").write_text(text, encoding="utf-8")
    assert "a nation's table" in refused("check", "experiment.yaml")


# On the command line


HOSTILE = [
    "options=3", "options.pool=3", "options.pool.instruments=3", "places=3", "places.0=3", "world.shocks=3", "success=3",
    "a" * 100_000 + "=1", "." * 5000 + "=1", "policy.=1", "policy.pooled_fund.=1", "place.=1", "months=1e400", "months=.nan",
    "months=" + "9" * 5000, "months=1000000000", "replicates=1000000000", "sample=1e-300", "world.__class__=1", "_folder=/",
    "start=²006-04", "name=\x1b[31m", "name=\udcff", "\udcff=1", "x", "=1", "place.economy.sectors.public=1",
    "place.residents.population=1e300", "world.shocks.99999.jobs=1", "world.money.bodies.x=1", "policy=x", "seed=3",
]  # fmt: skip


@pytest.mark.parametrize("change", HOSTILE, ids=lambda change: ascii(change)[:40])
def test_a_hostile_change_is_refused(change, folder):  # noqa: F811
    said = refused("run", "town.yaml", "--set", change, "--out", "out")
    assert all(c.isprintable() or c == "\n" for c in said)
    assert not Path("out").exists()


def test_a_change_that_makes_no_policy_is_refused_in_a_file(folder):  # noqa: F811
    with Path("town.yaml").open("a", encoding="utf-8") as file:
        file.write("overrides: {options: {a: b}}\n")
    assert "a would be no policy" in refused("check", "town.yaml")


@pytest.mark.parametrize("seed", ["-1", "1e3", "18446744073709551616", "٣", "9" * 10_000, ""])
def test_what_is_no_seed_is_refused(seed, folder):  # noqa: F811
    assert "seed" in refused("run", "town.yaml", "--seed", seed)
