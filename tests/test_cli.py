"""The command line: one JSON object or a page on stdout, the rest on stderr, and exit codes that mean something."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import coalsim
from coalsim import console
from coalsim.checking import models
from coalsim.cli import cli, main
from coalsim.experiments import design
from coalsim.experiments.store import Counts
from coalsim.results import HEADLINES

ROOT = Path(__file__).parents[1]
WALSALL = str(ROOT / "scenarios" / "walsall.yaml")
SMALL = ("--set", "sample=0.05", "--set", "months=6")
DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def call(*arguments, code=DONE):
    """What a command prints; it must end with the code, and never with a traceback."""
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert result.exit_code == code, result.output
    return result


def only_json(text):
    """The one JSON object that a text is, without the NaN and Infinity that JSON does not know."""

    def refuse(constant):
        raise ValueError(constant)

    assert text.count("\n") == 1
    found = json.loads(text, parse_constant=refuse)
    assert isinstance(found, dict)
    return found


def files_in(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """`coalsim run --json --out`: what it printed, and the folder it wrote."""
    folder = tmp_path_factory.mktemp("run") / "results"
    return call("run", WALSALL, *SMALL, "--seed", 7, "--json", "--out", folder), folder


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """`coalsim compare --json --out` on two workers."""
    folder = tmp_path_factory.mktemp("compare") / "results"
    return call("compare", WALSALL, *SMALL, "--replicates", 2, "--workers", 2, "--json", "--out", folder), folder


# run


def test_run_prints_one_json_object_with_what_was_promised(written):
    found = only_json(written[0].stdout)
    assert found.keys() >= {
        "scenario", "policy", "seed", "months", "residents", "businesses", "fingerprint", "localities", "timing",
        "peak_memory_bytes",
    }  # fmt: skip
    assert (found["scenario"], found["policy"], found["seed"], found["months"]) == (
        "Walsall, 2006",
        "growth_coalition",
        7,
        6,
    )
    place = found["localities"]["Walsall"]
    assert place.keys() >= {"start", "end", "tipped", "tipped_month"}
    assert place["start"].keys() == place["end"].keys() == set(coalsim.results.indicators)
    assert found["timing"].keys() >= {"build_s", "step_s", "resident_steps_per_s"}
    assert found["residents"] == round(160_861 * 0.05)


def test_the_command_line_and_python_give_the_same_run(written, small):
    run = coalsim.simulate(small, policy="growth_coalition", seed=7, months=6)
    assert only_json(written[0].stdout)["fingerprint"] == run.fingerprint


def test_run_prints_a_page_for_people():
    shown = call("run", WALSALL, *SMALL, "--policy", "business_as_usual").stdout
    assert "Business as usual, 6 months from 2006-04, seed 0" in shown
    assert all(name.replace("_", " ") in shown for name in HEADLINES)
    assert "Walsall: did not tip" in shown
    assert "months: " not in shown  # no progress


def test_progress_goes_to_stderr_a_line_for_each_tenth(written):
    lines = written[0].stderr.splitlines()
    assert lines[-1] == "growth_coalition, months: 6 of 6"
    assert len(lines) <= 10


def test_threads_change_nothing():
    places = ROOT / "scenarios" / "four_places.yaml"
    found = [
        only_json(call("run", places, *SMALL[2:], "--set", "sample=0.1", "--threads", threads, "--json").stdout)
        for threads in (1, 2)
    ]
    assert found[0]["fingerprint"] == found[1]["fingerprint"]
    assert found[0]["localities"] == found[1]["localities"]


def test_a_world_a_policy_and_single_values_can_be_named():
    asked = ("run", WALSALL, *SMALL, "--world", "no_feedback", "--policy", "extra_money", "--json")
    found = only_json(call(*asked, "--set", "policy.extra_money.per_head=12", "--set", "name=Mine").stdout)
    assert (found["scenario"], found["policy"]) == ("Mine", "extra_money")
    money = found["localities"]["Walsall"]["end"]["programme_money"]
    assert money == pytest.approx(12 * 259_454 / 12, abs=0.01)


@pytest.mark.parametrize("seed", ["0", str(2**64 - 1)])
def test_every_seed_of_64_bits_is_taken(seed):
    assert only_json(call("run", WALSALL, *SMALL, "--seed", seed, "--json").stdout)["seed"] == int(seed)


@pytest.mark.parametrize("command", ["run", "compare"])
@pytest.mark.parametrize("seed", ["18446744073709551616", "-1", "1.5", "1e3", "٣", "0x10", "", "9" * 5000])
def test_any_other_seed_is_refused(command, seed):
    said = call(command, WALSALL, *SMALL, "--seed", seed, "--json", code=BAD_INPUT)
    assert "18446744073709551615" in said.stderr
    assert len(said.stderr) < 1000
    assert said.stdout == ""


def test_the_last_seeds_leave_room_for_every_replicate():
    most = 2**64 - 2
    assert only_json(
        call("compare", WALSALL, *SMALL, "--replicates", 2, "--workers", 1, "--seed", most, "--json").stdout
    )
    said = call("compare", WALSALL, *SMALL, "--replicates", 2, "--seed", most + 1, code=BAD_INPUT).stderr
    assert f"from 0 to {most}" in said


# --out


def test_a_results_folder_is_whole_and_its_hashes_true(written, compared):
    for result, folder in (written, compared):
        files = files_in(folder)
        manifest = json.loads(files.pop("manifest.json"))
        assert manifest["files"] == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        assert manifest["state"] == "done"
        assert manifest["model_version"] == coalsim.MODEL_VERSION
        assert manifest["scenario"]["months"] == 6
        kept, printed = json.loads(files["summary.json"]), only_json(result.stdout)
        assert {**kept, "peak_memory_bytes": 0} == {**printed, "peak_memory_bytes": 0}  # writing takes some, too
        assert [path.name for path in folder.parent.iterdir()] == ["results"]  # nothing left beside it


def test_a_run_folder_holds_what_the_run_found(written, small):
    _, folder = written
    run = coalsim.simulate(small, policy="growth_coalition", seed=7, months=6)
    table = pd.read_parquet(folder / "indicators" / "part-00000.parquet")
    assert table.columns.tolist()[:3] == ["run_id", "locality", "month"]
    assert table.drop(columns=["run_id", "locality"]).set_index("month").equals(run.indicators)
    assert pd.read_parquet(folder / "ledger.parquet").equals(run.ledger)
    assert pd.read_parquet(folder / "events.parquet")["text"].tolist() == run.events["text"].tolist()
    assert json.loads((folder / "manifest.json").read_text())["seeds"] == [7]


def test_a_comparison_folder_holds_every_run(compared):
    _, folder = compared
    runs = pd.read_parquet(folder / "runs.parquet")
    assert runs.groupby("policy")["seed"].apply(list).to_dict() == {
        "business_as_usual": [0, 1], "single_pot_laa": [0, 1], "growth_coalition": [0, 1],
    }  # fmt: skip
    assert set(runs["status"]) == {"done"}
    (part,) = (folder / "indicators").iterdir()
    table = pd.read_parquet(part)
    assert table.groupby("run_id").size().tolist() == [7] * 6
    assert {path.name for path in (folder / "figures").iterdir()} == {
        "difference.png", "fan.png", "pairs.png", "lights.png", "groups.png",
    }  # fmt: skip
    for path in (folder / "figures").iterdir():
        assert b"results " + only_json(compared[0].stdout)["results"].encode() in path.read_bytes()


def test_an_empty_folder_may_be_written_into(tmp_path):
    call("run", WALSALL, *SMALL, "--out", tmp_path)
    assert (tmp_path / "manifest.json").is_file()
    call("run", WALSALL, *SMALL, "--out", tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b" / "manifest.json").is_file()


@pytest.mark.parametrize("command", ["run", "compare"])
@pytest.mark.parametrize("kind", ["used folder", "file", "below a file", "dangling link"])
def test_a_place_that_cannot_be_written_is_refused_before_anything_runs(command, kind, tmp_path):
    used = tmp_path / "out"
    if kind == "used folder":
        used.mkdir()
        (used / "mine.txt").write_text("mine")
    elif kind == "dangling link":
        used.symlink_to(tmp_path / "nowhere")
    else:
        used.write_text("mine")
    out = used / "deeper" if kind == "below a file" else used
    said = call(command, WALSALL, *SMALL, "--json", "--out", out, code=BAD_INPUT)
    assert str(out) in said.stderr
    assert " of " not in said.stderr.replace(str(out), "")  # no month was run
    assert said.stdout == ""
    assert set(files_in(tmp_path).values()) <= {b"mine"}


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may write anywhere")
def test_a_folder_without_permission_is_refused_before_anything_runs(tmp_path):
    tmp_path.chmod(0o500)
    said = call("run", WALSALL, *SMALL, "--out", tmp_path / "out", code=BAD_INPUT)
    assert "nothing can be written" in said.stderr


# compare


def test_compare_prints_one_json_object_with_what_was_promised(compared):
    found = only_json(compared[0].stdout)
    assert found.keys() >= {"counterfactual", "replicates", "options", "fingerprint"}
    assert (found["counterfactual"], found["replicates"]) == ("business_as_usual", 2)
    assert list(found["options"]) == ["business_as_usual", "single_pot_laa", "growth_coalition"]
    for option in found["options"].values():
        assert option.keys() >= {"employment_rate", "p_tipped", "cost", "npv", "bcr", "regret"}
        assert option["employment_rate"].keys() >= {"effect", "low", "high", "p_better"}
        assert (
            option["employment_rate"]["low"] <= option["employment_rate"]["effect"] <= option["employment_rate"]["high"]
        )
    assert found["options"]["business_as_usual"]["employment_rate"]["effect"] == 0


def test_workers_change_nothing(compared):
    found = call("compare", WALSALL, *SMALL, "--replicates", 2, "--workers", 1, "--json")
    assert only_json(found.stdout) == only_json(compared[0].stdout)


@pytest.mark.slow
def test_parts_are_the_same_whoever_writes_them(compared, tmp_path, monkeypatch):
    """Each of several parts has the same bytes from this process and from others."""
    monkeypatch.setattr(design, "PART_S", 0.1)
    hashes = []
    for workers in (1, 2):
        out = tmp_path / str(workers)
        call("compare", WALSALL, *SMALL, "--replicates", 3, "--workers", workers, "--out", out)
        files = json.loads((out / "manifest.json").read_text())["files"]
        hashes.append({name: sha for name, sha in files.items() if name.endswith(".png") or "/part" in name})
    assert hashes[0] == hashes[1]
    assert sum(name.startswith("indicators") for name in hashes[0]) > 1


def test_one_option_alone_is_compared_with_the_counterfactual():
    asked = ("compare", WALSALL, *SMALL, "--replicates", 2, "--workers", 1, "--policy", "extra_money")
    found = only_json(call(*asked, "--json").stdout)
    assert list(found["options"]) == ["business_as_usual", "extra_money"]
    assert found["options"]["extra_money"]["cost"] == pytest.approx(6 * 7.5 * 259_454 / 12, abs=1)
    shown = call(*asked).stdout
    assert "Extra money, not joined up" in shown
    assert "95% interval" in shown
    assert "the run is too short to judge tipping" in shown


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("--replicates", 0), "replicates"),
        (("--replicates", 1), "replicates"),
        (("--set", "replicates=1"), "replicates 1: give at least 2"),
        (("--workers", 0), "workers"),
        (("--policy", "business_as_usual"), "only one option"),
        (("--policy", "growth_colation"), "did you mean 'growth_coalition'?"),
        (("--world", "recesion_2008"), "did you mean 'recession_2008'?"),
        (("--set", "monts=3"), "did you mean 'months'?"),
        (("--set", "months"), "write it as PATH=VALUE"),
        (("--set", "=3"), "write it as PATH=VALUE"),
        (("--set", "months=030"), "begins with a zero"),
        (("--set", "world=no_feedback"), "write --world no_feedback"),
        (("--set", "policy=extra_money"), "write --policy extra_money"),
        (("--set", "seed=1"), "write --seed 1"),
        (("--set", "scenario=1"), "nothing called 'scenario'"),
        (("--colour",), "--colour"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_runs(wrong, words, tmp_path):
    said = call("compare", WALSALL, *SMALL, "--out", tmp_path / "out", "--json", *wrong, code=BAD_INPUT)
    assert words in said.stderr
    assert said.stdout == ""
    assert not (tmp_path / "out").exists()


def test_an_experiment_is_compared_as_it_says(tmp_path):
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "mine.yaml").write_text(
        "kind: compare\nname: Mine\nscenario: ../scenarios/walsall.yaml\nreplicates: 2\nseed: 3\noutputs: [jobs]\n"
        "overrides: {months: 3, sample: 0.05}\n"
    )
    found = only_json(call("compare", tmp_path / "experiments" / "mine.yaml", "--workers", 1, "--json").stdout)
    assert (found["replicates"], found["months"]) == (2, 3)
    assert "jobs" in found["options"]["growth_coalition"]
    same = (
        "compare",
        WALSALL,
        "--set",
        "months=3",
        "--set",
        "sample=0.05",
        "--replicates",
        2,
        "--seed",
        3,
        "--workers",
        1,
    )
    assert only_json(call(*same, "--json").stdout)["fingerprint"] == found["fingerprint"]


# check, schema, list


def test_check_counts_valid_files_and_explains_the_others(tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: a\ninstruments: {poled_fund: {}}\n")
    said = call("check", WALSALL, bad, code=BAD_INPUT)
    assert said.stdout == "1 of 2 files are valid\n"
    assert f"{bad}:2:15: error" in said.stderr
    assert "did you mean 'pooled_fund'?" in said.stderr
    found = only_json(call("check", WALSALL, bad, "--json", code=BAD_INPUT).stdout)
    assert found["bad"] == 1
    assert found["files"][WALSALL] == {"kind": "scenario", "ok": True}
    assert found["files"][str(bad)]["ok"] is False


def test_check_passes_over_everything_shipped():
    files = sorted([*ROOT.glob("scenarios/**/*.yaml"), *ROOT.glob("experiments/*.yaml")])
    assert call("check", *files).stdout == f"{len(files)} of {len(files)} files are valid\n"


def test_check_finds_missing_files_and_folders(tmp_path):
    assert "no such file" in call("check", tmp_path / "none.yaml", code=BAD_INPUT).stderr
    assert "is a folder" in call("check", tmp_path, code=BAD_INPUT).stderr
    assert "Missing argument" in call("check", code=BAD_INPUT).stderr


def test_schema_writes_what_editors_need(tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    yaml = pytest.importorskip("yaml")
    said = call("schema", tmp_path / "schemas").stdout.split()
    assert {Path(path).name for path in said} == {f"{name}.schema.json" for name in models()}
    schemas = {name: json.loads((tmp_path / "schemas" / f"{name}.schema.json").read_text()) for name in models()}
    kinds = {
        "places": "place",
        "nation": "nation",
        "worlds": "world",
        "policies": "policy",
        "experiments": "experiment",
    }
    for path in [*ROOT.glob("scenarios/**/*.yaml"), *ROOT.glob("experiments/*.yaml")]:
        schema = schemas[kinds.get(path.parent.name, "scenario")]
        document = json.loads(json.dumps(yaml.safe_load(path.read_text())))
        assert jsonschema.Draft202012Validator(schema).is_valid(document), path


@pytest.mark.parametrize(
    ("family", "member"),
    [
        ("places", "walsall"),
        ("policies", "growth_coalition"),
        ("worlds", "recession_2008"),
        ("instruments", "reward_grant"),
        ("indicators", "employment_rate"),
        ("methods", "find_threshold"),
    ],
)
def test_list_names_every_member_and_says_what_it_is(family, member):
    rows = only_json(call("list", family, "--folder", ROOT / "scenarios", "--json").stdout)[family]
    assert all(all(isinstance(cell, str) for cell in row.values()) for row in rows)
    (row,) = (row for row in rows if next(iter(row.values())) == member)
    assert len(row["what"]) > 10
    shown = call("list", family, "--folder", ROOT / "scenarios").stdout
    assert len(shown.splitlines()) == len(rows) + 1
    assert member in shown


def test_list_says_when_there_is_nothing(tmp_path):
    assert "there is no folder" in call("list", "places", "--folder", tmp_path, code=BAD_INPUT).stderr
    (tmp_path / "places").mkdir()
    assert call("list", "places", "--folder", tmp_path).stdout.startswith("no places in")
    assert only_json(call("list", "places", "--folder", tmp_path, "--json").stdout) == {"places": []}
    assert "colours" in call("list", "colours", code=BAD_INPUT).stderr


# Help, exit codes, start-up


@pytest.mark.parametrize("command", [None, *cli.commands])
def test_every_command_explains_itself_with_an_example(command):
    shown = call(*([command] if command else []), "--help").stdout
    assert "coalsim " + (command or "run") in shown
    assert "Usage:" in shown
    assert call(*([command] if command else []), "-h").stdout == shown


def test_the_version_is_the_packages():
    assert coalsim.__version__ in call("--version").stdout


@pytest.mark.parametrize(
    "error", [ArithmeticError("money"), OverflowError("no slot left"), MemoryError("no room"), ValueError("overdraft")]
)
def test_a_defect_ends_with_1_and_one_line(error, monkeypatch, tmp_path):
    def broken(*_, **__):
        raise error

    monkeypatch.setattr("coalsim.results.simulate", broken)
    said = call("run", WALSALL, *SMALL, "--json", "--out", tmp_path / "out", code=FAILED)
    assert said.stderr == f"error: the run failed: {type(error).__name__}: {error}\n"
    assert said.stdout == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("arguments", "code"), [(["--version"], DONE), (["rum"], BAD_INPUT), (["run"], BAD_INPUT)])
def test_the_entry_point_ends_with_the_code(arguments, code, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["coalsim", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == code
    assert "Traceback" not in capsys.readouterr().err


def python(*arguments, **options):
    """A fresh interpreter, away from what this one has imported."""
    return subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, **options
    )


def test_help_needs_none_of_the_heavy_libraries():
    look = """
import sys
from coalsim.cli import main
sys.argv = ["coalsim", "--help"]
try:
    main()
except SystemExit as end:
    heavy = {"mesa", "pandas", "scipy", "numba", "numpy", "matplotlib"}
    print(end.code, sorted(heavy & set(sys.modules)))
"""
    shown, _ = python("-c", look).communicate(timeout=60)
    assert shown.splitlines()[-1] == "0 []"


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a child there")
def test_ctrl_c_leaves_130_one_line_and_nothing_behind(tmp_path):
    asked = ("run", WALSALL, "--set", "months=1200", "--set", "sample=0.5", "--json", "--out", str(tmp_path / "out"))
    # A background job starts its children with SIGINT ignored; a person's terminal does not.
    process = python("-m", "coalsim.cli", *asked, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    assert process.stderr.readline().startswith("growth_coalition, months: 120 of")
    process.send_signal(signal.SIGINT)
    shown, said = process.communicate(timeout=10)
    assert process.returncode == INTERRUPTED
    assert shown == ""
    lines = [line for line in said.splitlines() if line and "months:" not in line]  # a terminal shows ^C before
    assert lines == ["stopped: nothing was written"]
    assert not list(tmp_path.iterdir())


def test_a_terminal_gets_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(console.sys.stderr, "isatty", lambda: True, raising=False)
    with console.months(3, "months") as advance:
        for _ in range(3):
            advance()
    with console.runs("runs") as show:
        for done in range(4):
            show(Counts(3, done, 0))
    assert "3 of 3" not in capsys.readouterr().err  # the plain lines are for other places


def test_progress_of_runs_tells_rate_time_left_and_failures(capsys, monkeypatch):
    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr(console.time, "monotonic", lambda: next(clock))
    with console.runs("runs") as show:
        for done in (10, 15, 20, 30):
            show(Counts(31, done - 1, 1))
        show(Counts(31, 30, 1))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "runs: 10 of 31 runs, 1 failed"  # there before
    assert lines[1] == "runs: 15 of 31 runs, 2.5 a second, about 6 s left, 1 failed"
    assert lines[-1].startswith("runs: 31 of 31 runs, ")
    assert "left" not in lines[-1]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("--worlds", "steady,recesion_2008"), "did you mean 'recession_2008'?"),
        (("--worlds", "steady,steady"), "named twice"),
        (("--worlds", "steady", "--world", "steady"), "not both"),
        (("--precision", "employment_rate"), "OUTPUT=WIDTH"),
        (("--precision", "employment_rate=x"), "OUTPUT=WIDTH"),
        (("--precision", "employment_rate=-1"), "give a positive number"),
        (("--precision", "employmnt_rate=0.1"), "did you mean 'employment_rate'?"),
        (("--precision", "jobs=1", "--replicates", 8, "--most-replicates", 4), "fewer than the 8"),
        (("--budget-neutral", "growth"), "no such option"),
        (("--budget-neutral", "0"), "positive amount"),
        (("--shard", "1"), "i/n"),
        (("--shard", "3/2"), "counts from 1"),
        (("--cluster", "tcp://127.0.0.1:1", "--shard", "1/2"), "without --cluster"),
        (("--time-limit", 0), "time-limit"),
        (("--interval", "normal"), "interval"),
    ],
)
def test_wrong_ways_to_compare_are_refused_before_anything_runs(wrong, words, tmp_path):
    said = call(
        "compare", WALSALL, *SMALL, "--replicates", 2, "--out", tmp_path / "out", "--json", *wrong, code=BAD_INPUT
    )
    assert words in said.stderr
    assert said.stdout == ""
    assert not (tmp_path / "out").exists()


def test_a_shard_or_cluster_needs_a_folder():
    assert "--out" in call("compare", WALSALL, *SMALL, "--shard", "1/2", code=BAD_INPUT).stderr
    assert "--out" in call("compare", WALSALL, *SMALL, "--cluster", "tcp://127.0.0.1:1", code=BAD_INPUT).stderr


def test_a_run_that_is_there_is_not_run_again(written):
    first, folder = written
    again = call("run", WALSALL, *SMALL, "--seed", 7, "--json", "--out", folder)
    assert only_json(again.stdout)["fingerprint"] == only_json(first.stdout)["fingerprint"]
    assert again.stderr == ""
    said = call("run", WALSALL, *SMALL, "--seed", 8, "--out", folder, code=BAD_INPUT).stderr
    assert "seed (7 there, 8 now)" in said
    assert "another kind" in call("compare", WALSALL, *SMALL, "--replicates", 2, "--out", folder, code=BAD_INPUT).stderr


def test_verify_repeats_runs_and_finds_what_was_changed(written, compared, tmp_path):
    for _, folder in (written, compared):
        found = only_json(call("verify", folder, "--sample", 2, "--json").stdout)
        assert found["verified"]
        assert found["rerun"]
        copy = tmp_path / folder.parent.name
        shutil.copytree(folder, copy)
        (copy / "summary.json").write_text((copy / "summary.json").read_text().replace("0.6", "0.7", 1))
        said = call("verify", copy, "--sample", 0, code=FAILED).stdout
        assert "summary.json is not what was written" in said
    assert "no manifest.json" in call("verify", tmp_path, code=BAD_INPUT).stderr


def test_an_experiment_may_vary_worlds_and_factors(tmp_path):
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    (tmp_path / "mine.yaml").write_text(
        "kind: compare\nname: Mine\nscenario: scenarios/walsall.yaml\nreplicates: 2\noutputs: [jobs@max, tipped]\n"
        "worlds: [steady, no_feedback]\nfactors:\n  policy.pooled_fund.share: {low: 0.1, high: 0.3, levels: 3}\n"
        "overrides: {months: 2, sample: 0.05}\n"
    )
    found = only_json(call("compare", tmp_path / "mine.yaml", "--workers", 1, "--json").stdout)
    cases = [(case["world"], case["factors"]["policy.pooled_fund.share"]) for case in found["cases"]]
    assert cases == [(world, share) for world in ("steady", "no_feedback") for share in (0.1, 0.2, 0.3)]
    assert found["runs"] == {"requested": 36, "done": 36, "failed": 0}
    said = call("compare", tmp_path / "mine.yaml", "--set", "policy.pooled_fund.share=0.2", "--workers", 1).stdout
    assert "policy.pooled_fund.share = 0.1" in said


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("factors: {policy.pooled_fund.shar: {values: [0.1]}}", "did you mean 'share'"),
        ("factors: {policy.pooled_fund.share: {values: [0.1, 2]}}", "above the largest allowed"),
        ("factors: {policy.pooled_fund.share: {low: 0.3, high: 0.1}}", "not below high"),
        ("factors: {policy.pooled_fund.share: {low: 0.3}}", "give both"),
        ("factors: {policy.pooled_fund.share: {}}", "give either values, or low and high"),
        ("precision: {employment_rat: 0.1}", "did you mean 'employment_rate'"),
        ("precision: {employment_rate: 0}", "not positive"),
        ("outputs: [jobs@mx]", "did you mean jobs@max"),
        ("interval: normal", "'normal' is not one of"),
    ],
)
def test_a_wrong_experiment_says_what_to_mend_and_where(line, words, tmp_path):
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    (tmp_path / "mine.yaml").write_text(f"kind: compare\nname: Mine\nscenario: scenarios/walsall.yaml\n{line}\n")
    said = call("check", tmp_path / "mine.yaml", code=BAD_INPUT).stderr
    assert words in said
    assert "mine.yaml:4:" in said


def test_a_change_to_an_instrument_that_the_policy_lacks_is_refused():
    asked = ("run", WALSALL, *SMALL, "--policy", "business_as_usual", "--set", "policy.pooled_fund.share=0.3")
    said = call(*asked, code=BAD_INPUT).stderr
    assert "business_as_usual has no pooled_fund" in said
    assert "growth_coalition" in said


def test_an_empty_folder_that_is_there_is_filled(tmp_path):
    call("run", WALSALL, *SMALL, "--json", "--out", tmp_path)
    assert {"manifest.json", "summary.json", "indicators"} <= {path.name for path in tmp_path.iterdir()}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
