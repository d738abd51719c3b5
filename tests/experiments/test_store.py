"""A results folder: it goes on where it was, refuses what is not its own, and never reads damage as data."""

import json
import shutil
from pathlib import Path

import kept
import pytest

from coalsim.experiments import design, task
from coalsim.experiments.manifest import read_manifest, write_manifest
from coalsim.experiments.parts import FAMILIES
from coalsim.experiments.single import INDICATORS
from coalsim.experiments.store import Store

FOUR = (*kept.SMALL, "--replicates", "4")  # 12 runs in 6 parts
DONE, FAILED, BAD_INPUT = 0, 1, 2


@pytest.fixture
def out(undisturbed, copy_of):
    """A finished experiment of twelve runs."""
    return copy_of(undisturbed(*FOUR))


@pytest.fixture
def compare(call):
    """`coalsim compare` on one worker."""

    def compare(folder, *arguments, code=DONE):
        return call("compare", *(arguments or FOUR), "--workers", 1, "--out", folder, code=code)

    return compare


@pytest.fixture
def nothing_runs(monkeypatch, undisturbed):
    """Fail if anything runs from here on."""
    undisturbed(*FOUR)

    def run(*_):
        raise AssertionError("a run")

    monkeypatch.setattr(task, "run_one", run)


def rewrite(path, change):
    """Change a file's bytes."""
    path.write_bytes(change(path.read_bytes()))


def flip(where):
    """Flip a bit at a share of the file."""

    def change(content):
        k = min(int(where * len(content)), len(content) - 1)
        return content[:k] + bytes([content[k] ^ 4]) + content[k + 1 :]

    return change


def without_last_lines(n):
    """A journal as it was n lines ago."""
    return lambda content: b"".join(content.splitlines(keepends=True)[:-n])


# Going on


def test_a_finished_experiment_runs_nothing_again(out, compare, undisturbed, nothing_runs):
    before = kept.hashes(out)
    compare(out)
    after = kept.hashes(out)
    assert {**after, "manifest.json": ""} == {**before, "manifest.json": ""}  # which says when it ended
    kept.assert_same_results(out, undisturbed(*FOUR))


def test_only_what_is_missing_is_run(out, compare, undisturbed):
    rewrite(out / "journal.jsonl", without_last_lines(2))
    before = kept.journalled(out)
    compare(out)
    again = kept.journalled(out)
    assert again[: len(before)] == before
    assert again[len(before) :] == [8, 9, 10, 11]
    kept.assert_same_results(out, undisturbed(*FOUR))


def test_more_replicates_add_runs_and_change_none(out, compare, undisturbed, copy_of):
    three, four = (*kept.SMALL, "--replicates", "3"), undisturbed(*FOUR)
    shutil.rmtree(out)
    grown = copy_of(undisturbed(*three))
    compare(grown)
    assert kept.journalled(grown) == list(range(12))
    assert kept.journal(grown)[:5] == kept.journal(undisturbed(*three))
    kept.assert_same_results(grown, four)


def test_fewer_replicates_are_refused(out, compare, nothing_runs):
    before = kept.hashes(out)
    said = compare(out, *kept.SMALL, "--replicates", 3, code=BAD_INPUT).stderr
    assert said == f"error: {out} holds 4 replicates; ask for 4 or more, or name a new folder\n"
    assert kept.hashes(out) == before


def test_a_precision_takes_along_what_is_there(out, compare, nothing_runs):
    compare(out, *kept.SMALL, "--replicates", 2, "--precision", "employment_rate=1")
    assert len(kept.runs(out)) == 12


def test_whatever_a_start_leaves_can_be_gone_on_with(compare, undisturbed, copy_of):
    """Killed before its first run, at each step of the beginning."""
    two = (*kept.SMALL, "--replicates", "2")
    out = copy_of(undisturbed(*two))
    begun = {**read_manifest(out), "state": "running"}
    steps = [
        [],
        [lambda: (out / "manifest.json.12-0123abcd.tmp").write_text("{")],
        [lambda: write_manifest(out, begun)],
        [lambda: (out / "indicators").mkdir()],
        [lambda: (out / "journal.jsonl").touch()],
        [lambda: (out / "journal.jsonl").write_text('{"experiment":"0123')],
    ]
    for n in range(1, len(steps) + 1):
        shutil.rmtree(out)
        out.mkdir()
        (out / ".lock").touch()
        (out / ".owner").write_text("12 on elsewhere")
        for step in steps[:n]:
            for act in step:
                act()
        compare(out, *two)
        kept.assert_same_results(out, undisturbed(*two))


def test_an_interrupt_before_note_is_taken_of_a_part_costs_nothing(compare, undisturbed, tmp_path, monkeypatch):
    """The journal has named the part: its file must stay, and what is said must count its runs."""
    out, take = tmp_path / "out", Store._take

    def interrupted(store, receipt):
        if len(store.parts) == 2 and receipt.part not in store.parts:
            monkeypatch.setattr(Store, "_take", take)
            raise KeyboardInterrupt
        take(store, receipt)

    monkeypatch.setattr(Store, "_take", interrupted)
    said = compare(out, code=130).stderr.splitlines()[-1]
    assert said.startswith(f"stopped: {len(kept.journalled(out))} of 12 runs are kept")
    compare(out)
    kept.assert_same_results(out, undisturbed(*FOUR))


def test_what_no_journal_names_is_cleared_away(out, compare, undisturbed):
    """A worker killed while it writes; a user's own notes stay."""
    for family in FAMILIES:
        (out / family / "part-0000098-0000099-2.parquet").write_bytes(b"PAR1")
        (out / family / "part-0000098-0000099-2.parquet.77-89abcdef.tmp").write_bytes(b"PA")
    (out / "figures" / "difference.png.77-89abcdef.tmp").touch()
    (out / "runs.parquet.77-89abcdef.tmp").touch()
    (out / "figures" / "notes.tmp").write_text("mine")
    compare(out)
    assert (out / "figures" / "notes.tmp").read_text() == "mine"
    (out / "figures" / "notes.tmp").unlink()
    kept.assert_same_results(out, undisturbed(*FOUR))


def test_equal_numbers_written_otherwise_are_the_same_experiment(compare, tmp_path):
    """1 and 1.0 are equal and have different hashes."""
    shutil.copytree(Path(kept.WALSALL).parent, tmp_path / "scenarios")
    experiment = tmp_path / "experiment.yaml"
    for value in ("1", "1.0"):
        experiment.write_text(
            "kind: compare\nname: x\nscenario: scenarios/walsall.yaml\nreplicates: 2\n"
            "overrides: {sample: 0.05, months: 3}\n"
            f"factors: {{policy.pooled_fund.share: {{values: [{value}]}}}}\n"
        )
        compare(tmp_path / "out", experiment)
    assert len(kept.journalled(tmp_path / "out")) == 6


# Workers


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 3])
def test_the_number_of_workers_changes_no_byte(n, call, undisturbed, tmp_path):
    call("compare", *FOUR, "--workers", n, "--out", tmp_path / "out")
    kept.assert_same_results(tmp_path / "out", undisturbed(*FOUR))
    assert kept.parts(tmp_path / "out") == kept.parts(undisturbed(*FOUR))


# Shards


@pytest.fixture
def sharded(call, tmp_path):
    """Three thirds of the experiment, not yet joined."""
    folder = tmp_path / "joined"
    for i in (2, 3, 1):
        call("compare", *FOUR, "--workers", 1, "--out", folder, "--shard", f"{i}/3")
    return folder


def test_shards_are_joined_into_the_very_same_folder(sharded, compare, undisturbed, nothing_runs):
    assert [len(kept.journalled(sharded / "shards" / f"{i}-of-3")) for i in (1, 2, 3)] == [4, 4, 4]
    compare(sharded)
    kept.assert_same_results(sharded, undisturbed(*FOUR))
    assert kept.parts(sharded) == kept.parts(undisturbed(*FOUR))


def test_a_missing_shard_is_run_by_the_one_that_joins(sharded, compare, undisturbed):
    shutil.rmtree(sharded / "shards" / "2-of-3")
    compare(sharded)
    kept.assert_same_results(sharded, undisturbed(*FOUR))


def test_runs_of_two_divisions_are_taken_once(sharded, call, compare, undisturbed):
    call("compare", *FOUR, "--workers", 1, "--out", sharded, "--shard", "1/2")
    compare(sharded)
    assert sorted(kept.journalled(sharded)) == list(range(12))
    kept.assert_same_results(sharded, undisturbed(*FOUR))


def test_a_part_of_a_shard_that_is_held_in_part_is_not_taken(sharded, call, compare, undisturbed, monkeypatch):
    """As when a worker died and its runs were run one by one: run 0 lies alone in one folder, with run 1 in another."""
    with monkeypatch.context() as patch:
        patch.setattr(design, "PART_S", 0.01)
        call("compare", *FOUR, "--workers", 1, "--out", sharded, "--shard", "1/12")
    compare(sharded)
    assert sorted(kept.journalled(sharded)) == list(range(12))
    kept.assert_same_results(sharded, undisturbed(*FOUR))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (("--seed", 5), "seed (5 there, 0 now)"),
        (("--set", "months=5"), "scenario.months (5 there, 6 now)"),
        (("--replicates", 6), "6 replicates"),
    ],
)
def test_a_shard_of_another_experiment_is_refused(sharded, call, compare, other, said):
    shutil.rmtree(sharded / "shards" / "2-of-3")
    call("compare", *FOUR, *other, "--workers", 1, "--out", sharded, "--shard", "2/3")
    refused = compare(sharded, code=BAD_INPUT).stderr
    assert f"{sharded / 'shards' / '2-of-3'} holds" in refused
    assert said in refused


@pytest.mark.parametrize("kind", ["foreign", "other experiment"])
def test_a_shard_below_another_folder_is_refused_before_anything_runs(kind, out, call, nothing_runs):
    if kind == "foreign":
        shutil.rmtree(out)
        out.mkdir()
        (out / "thesis.docx").write_text("years of work")
    before = kept.hashes(out)
    said = call("compare", *FOUR, "--seed", 7, "--out", out, "--shard", "1/2", code=BAD_INPUT).stderr
    assert said.startswith(f"error: {out} ")
    assert ("seed (0 there, 7 now)" if kind == "other experiment" else "thesis.docx") in said
    assert kept.hashes(out) == before
    assert not (out / "shards").exists()


def test_a_damaged_shard_is_refused_and_repaired_alone(sharded, call, compare, undisturbed):
    shard = sharded / "shards" / "3-of-3"
    part = sorted((shard / "indicators").iterdir())[0]
    rewrite(part, flip(0.5))
    said = compare(sharded, code=FAILED).stderr
    assert f"`coalsim repair {shard}`" in said
    assert call("repair", shard, "--workers", 1).stdout == f"{shard}: 1 damaged parts, 2 runs repeated\n"
    assert len(list((shard / "indicators").iterdir())) == 2
    compare(sharded)
    kept.assert_same_results(sharded, undisturbed(*FOUR))


# Another's folder


@pytest.mark.parametrize(
    "kind", ["foreign", "file", "below a file", "dangling link", "run", "unreadable manifest name"]
)
def test_another_folder_is_refused_before_anything_runs(kind, tmp_path, compare, call, nothing_runs, monkeypatch):
    folder = tmp_path / "out"
    match kind:
        case "foreign":
            folder.mkdir()
            (folder / "thesis.docx").write_text("years of work")
        case "file":
            folder.write_text("years of work")
        case "below a file":
            (tmp_path / "file").write_text("years of work")
            folder = tmp_path / "file" / "out"
        case "dangling link":
            folder.symlink_to(tmp_path / "nowhere")
        case "run":
            call("run", *kept.SMALL, "--out", folder)
        case "unreadable manifest name":
            folder.mkdir()
            (folder / "manifest.json.tmp").write_text("another program's")
    before = {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")}
    said = compare(folder, code=BAD_INPUT).stderr
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert str(folder) in said
    assert {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize(
    ("other", "differing"),
    [
        (("--seed", 7), ["seed (0 there, 7 now)"]),
        (("--set", "months=7"), ["scenario.months (6 there, 7 now)"]),
        (("--set", "world.labour.matching_elasticity=0.55"), ["worlds.steady.labour.matching_elasticity"]),
        (("--policy", "single_pot_laa"), ["scenario.options.growth_coalition"]),
        (("--worlds", "steady,recession_2008"), ["worlds.recession_2008"]),
    ],
)
def test_another_experiment_is_refused_with_what_differs(out, compare, nothing_runs, other, differing):
    before = kept.hashes(out)
    said = compare(out, *FOUR, *other, code=BAD_INPUT).stderr
    assert f"{out} holds another experiment: it differs in " in said
    assert all(key in said for key in differing)
    assert said.count("\n") == 1
    assert kept.hashes(out) == before


def test_results_of_other_code_are_refused(out, compare, nothing_runs):
    manifest = read_manifest(out)
    manifest["deciding"]["model_version"] = "0"
    write_manifest(out, manifest)
    before = kept.hashes(out)
    assert "was made with other code: model_version" in compare(out, code=BAD_INPUT).stderr
    assert kept.hashes(out) == before


@pytest.mark.slow
def test_a_folder_in_use_is_left_alone(out, compare, undisturbed, processes, nothing_runs, poisoned):
    scenario = poisoned({"0": "sleep"})
    busy = out / "busy"
    process = processes.start("compare", scenario, "--replicates", 50, "--workers", 1, "--out", busy)
    process.wait_for((busy / "journal.jsonl").exists)
    said = compare(busy, scenario, "--replicates", 50, code=BAD_INPUT).stderr
    assert said.startswith(f"error: another coalsim process (pid {process.pid} on ")
    assert f"writes in {busy}" in said
    assert said.count("\n") == 1
    process.kill()
    assert process.wait() == -9


# Damage


def truncated(path):
    rewrite(path, lambda content: content[: len(content) // 2])


def emptied(path):
    rewrite(path, lambda content: b"")


DAMAGES = {
    "truncated": truncated,
    "emptied": emptied,
    "deleted": Path.unlink,
    "bit flipped at the start": lambda path: rewrite(path, flip(0)),
    "bit flipped within": lambda path: rewrite(path, flip(0.4)),
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_part_is_refused_found_and_run_again(out, compare, call, undisturbed, family, damage):
    name = sorted(path.name for path in (out / family).iterdir())[2]
    DAMAGES[damage](out / family / name)
    before = kept.hashes(out)
    said = compare(out, code=FAILED).stderr
    assert said == (
        f"error: {out / family / name} is damaged or missing; `coalsim repair {out}` runs it again and keeps the rest\n"
    )
    assert kept.hashes(out) == before
    assert f"- {family}/{name} is" in call("verify", out, "--sample", 0, code=FAILED).stdout
    assert call("repair", out, "--workers", 1).stdout == f"{out}: 1 damaged parts, 2 runs repeated\n"
    assert kept.journalled(out) == [*range(12), 4, 5]
    kept.assert_same_results(out, undisturbed(*FOUR))
    assert kept.parts(out) == kept.parts(undisturbed(*FOUR))
    assert "\nverified" in call("verify", out, "--sample", 0).stdout


def test_verify_reports_a_part_that_holds_other_runs(out, call):
    """All runs repeated, so that the exchanged ones are among them."""
    first, second, *_ = sorted((out / "indicators").iterdir())
    shutil.copyfile(second, first)
    found = call("verify", out, "--sample", 12, code=FAILED).stdout
    assert f"- indicators/{first.name} is not what was written" in found
    assert "run 0 (business_as_usual, steady, seed 0): employment_rate differs from a repetition" in found


@pytest.mark.parametrize("name", ["runs.parquet", "summary.json", "figures/difference.png"])
def test_a_repair_does_not_bless_other_damage(out, call, compare, undisturbed, name):
    rewrite(out / name, flip(0.5))
    (sorted((out / "indicators").iterdir())[0]).unlink()
    call("repair", out, "--workers", 1)
    assert f"- {name} is not what was written" in call("verify", out, "--sample", 0, code=FAILED).stdout
    compare(out)
    call("verify", out, "--sample", 0)
    kept.assert_same_results(out, undisturbed(*FOUR))


def test_repair_of_a_sound_folder_runs_nothing(out, call, undisturbed, nothing_runs):
    assert call("repair", out).stdout == f"{out}: 0 damaged parts, 0 runs repeated\n"
    kept.assert_same_results(out, undisturbed(*FOUR))


def test_verify_of_a_killed_experiment_looks_at_its_parts(out, call):
    """Since its tables may be newer or older than its manifest says."""
    write_manifest(out, {**read_manifest(out), "state": "running"})
    (out / "runs.parquet").unlink()
    (out / "indicators" / "part-0000098-0000099-2.parquet").touch()
    assert "\nverified" in call("verify", out, "--sample", 0).stdout
    part = sorted((out / "distribution").iterdir())[0]
    part.unlink()
    assert f"distribution/{part.name} is missing" in call("verify", out, "--sample", 0, code=FAILED).stdout


def test_verify_tells_of_a_part_that_was_slipped_in(out, call):
    (out / "indicators" / "part-0000098-0000099-2.parquet").touch()
    assert "part-0000098-0000099-2.parquet is not among" in call("verify", out, "--sample", 0, code=FAILED).stdout


@pytest.mark.parametrize("left", [1, 20, -2, -1])
def test_a_torn_last_line_is_cut_and_its_part_run_again(out, compare, undisturbed, left):
    lines = (out / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (out / "journal.jsonl").write_bytes(b"".join(lines[:-1]) + lines[-1][:left])
    compare(out)
    assert kept.journalled(out) == list(range(12))
    kept.assert_same_results(out, undisturbed(*FOUR))


@pytest.mark.parametrize("line", [1, 2, 4, 7])
@pytest.mark.parametrize("where", [0, 0.5, 0.99])
def test_a_damaged_line_is_refused_wherever_it_is(out, compare, call, nothing_runs, line, where):
    lines = (out / "journal.jsonl").read_bytes().splitlines(keepends=True)
    lines[line - 1] = flip(where)(lines[line - 1][:-1]) + b"\n"
    (out / "journal.jsonl").write_bytes(b"".join(lines))
    refused_and_nothing_lost(out, compare, call, f"journal.jsonl:{line}: this line is damaged")


def refused_and_nothing_lost(out, compare, call, words):
    """Assert that resuming, verifying and repairing refuse in one line with exit 1, and change nothing."""
    before = kept.hashes(out)
    arguments = ("compare", *FOUR, "--out", out), ("verify", out), ("repair", out)
    for command in arguments:
        said = call(*command, code=FAILED)
        assert said.stderr.startswith("error: ")
        assert words in said.stderr
        assert "copy" in said.stderr
        assert said.stderr.count("\n") == 1
        assert said.stdout == ""
        assert kept.hashes(out) == before


@pytest.mark.parametrize("content", [None, b"", b"\n"])
def test_a_lost_journal_costs_no_part(out, compare, call, nothing_runs, content):
    path = out / "journal.jsonl"
    path.unlink() if content is None else path.write_bytes(content)
    refused_and_nothing_lost(out, compare, call, "journal.jsonl")


def test_another_experiments_journal_is_refused(out, compare, call, undisturbed):
    other = undisturbed(*FOUR, "--seed", "9")
    shutil.copyfile(other / "journal.jsonl", out / "journal.jsonl")
    refused_and_nothing_lost(out, compare, call, "does not belong to")


def by_hand(content):
    manifest = json.loads(content)
    return json.dumps(manifest | {"replicates": 3}, indent=1).encode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (by_hand, "manifest.json was changed by hand"),
        (lambda content: content.replace(b'"months": 6', b'"months": 5'), "manifest.json was changed by hand"),
        (lambda content: content[:1000], "manifest.json is damaged"),
        (lambda content: b"", "manifest.json is damaged"),
        (lambda content: b"[]", "manifest.json is damaged"),
        (lambda content: b"null", "manifest.json is damaged"),
        (lambda content: b"\xff\xfe\x00", "manifest.json is damaged"),
    ],
)
def test_a_changed_manifest_is_refused(out, compare, call, nothing_runs, change, words):
    rewrite(out / "manifest.json", change)
    refused_and_nothing_lost(out, compare, call, words)


def test_a_deleted_manifest_is_refused(out, compare, call, nothing_runs):
    (out / "manifest.json").unlink()
    before = kept.hashes(out)
    assert "manifest.json is missing; restore it from a copy" in compare(out, code=FAILED).stderr
    for command in ("verify", "repair"):
        assert "no manifest.json" in call(command, out, code=BAD_INPUT).stderr
    assert kept.hashes(out) == before


def test_a_damaged_folder_of_one_run_is_told(call, tmp_path):
    folder = tmp_path / "run"
    call("run", *kept.SMALL, "--out", folder)
    assert "\nverified" in call("verify", folder).stdout
    sound = {name: (folder / name).read_bytes() for name in ("summary.json", INDICATORS)}
    assert (
        call("run", *kept.SMALL, "--out", folder, "--json").stdout
        == json.dumps(json.loads(sound["summary.json"])) + "\n"
    )
    for name, asks in (("summary.json", "run"), ("summary.json", "map"), (INDICATORS, "map")):
        for damage in (lambda content: content[:20], lambda content: content.replace(b"e", b"o", 1), None):
            if damage is None:
                (folder / name).unlink()
            else:
                rewrite(folder / name, damage)
            words = ("run", *kept.SMALL, "--out", folder) if asks == "run" else ("map", folder)
            said = call(*words, code=FAILED).stderr
            assert f"{name} is damaged or missing; run the command that made it again, into a new folder" in said
            (folder / name).write_bytes(sound[name])
    for name in ("summary.json", "ledger.parquet"):
        rewrite(folder / name, lambda content: content[:20])
    found = call("verify", folder, code=FAILED).stdout
    assert "- summary.json is not what was written" in found
    assert "- ledger.parquet is not what was written" in found
    assert "holds a single run" in call("repair", folder, code=BAD_INPUT).stderr
