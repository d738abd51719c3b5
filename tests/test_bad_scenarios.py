"""A bad scenario is refused before anything runs, and told where and what to mend; an odd one is read right."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import coalsim
from broken.cases import PLACE, POOL, REFUSED, SAME_AS_GOOD, TOWN, change
from coalsim.cli import cli

GOOD = Path(__file__).parent / "broken" / "town"
LONGEST_MESSAGE = 4000  # characters


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The good files, to be broken, in a folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(GOOD, "scenarios")
    monkeypatch.chdir("scenarios")
    return Path.cwd()


def edit(folder, edits):
    for name, how in edits.items():
        path = folder / name
        path.write_bytes(how(path.read_bytes() if path.exists() else b""))


def everything(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def call(*arguments):
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info  # a traceback
    return result


def refusal(folder, *arguments, words=(), never=()):
    """What is said when a command refuses: exit 2, nothing written, short, with these words."""
    before = everything(folder.parent)
    result = call(*arguments)
    said = result.stderr
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in said
    assert len(said) < LONGEST_MESSAGE
    for word in words:
        assert re.search(word, said, re.IGNORECASE), f"{word!r} is not in {said!r}"
    for word in never:
        assert word not in said
    assert everything(folder.parent) == before
    return said


@pytest.fixture(scope="module")
def good():
    """Fingerprint of the good scenario."""
    return coalsim.simulate(GOOD / "town.yaml", seed=0).fingerprint


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_bad_scenario_says_what_to_mend_and_where(case, folder):
    edit(folder, case.edits)
    said = refusal(
        folder, case.command, case.scenario, *case.arguments, "--out", "out", words=case.words, never=case.never
    )
    assert said.removeprefix(f"{folder}/").startswith(case.at)


@pytest.mark.parametrize(
    "case",
    [case for case in REFUSED.values() if not case.arguments],
    ids=[name for name, case in REFUSED.items() if not case.arguments],
)
def test_checking_a_file_says_what_running_it_would(case, folder):
    edit(folder, case.edits)
    checked = call("check", case.scenario)
    assert checked.exit_code == 2
    assert checked.stdout == "0 of 1 files are valid\n"
    assert checked.stderr == call(case.command, case.scenario).stderr


def test_several_mistakes_are_told_together(folder):
    edit(
        folder,
        {
            TOWN: change(
                ("months: 6", "months: 0"), ("sample: 0.5", "sampel: 0.5"), ("start: 2006-04", "start: 2006-13")
            )
        },
    )
    said = refusal(folder, "run", "town.yaml")
    assert [line.split(": ")[2] for line in said.splitlines() if ": error: " in line] == ["start", "months", "sampel"]
    assert "3 problems found" in said


@pytest.mark.parametrize("edits", SAME_AS_GOOD.values(), ids=SAME_AS_GOOD)
def test_an_odd_way_of_writing_changes_nothing(edits, folder, good):
    edit(folder, edits)
    assert coalsim.simulate("town.yaml", seed=0).fingerprint == good


def test_a_place_called_no_keeps_its_name(folder):
    edit(folder, {PLACE: change(("name: Northby", "name: no"))})
    assert list(json.loads(call("run", "town.yaml", "--json").stdout)["localities"]) == ["no"]


def test_markup_and_formulas_in_names_stay_text(folder):
    script = "<script>alert(1)</script>"
    edit(folder, {
        TOWN: change(("name: Two options for a small town", f'name: "{script}"')),
        PLACE: change(("name: Northby", 'name: "=1+1"')),
        POOL: change(("name: Pool", f'name: "{script}"')),
    })  # fmt: skip
    run = coalsim.simulate("town.yaml")
    assert "<script>" not in run._repr_html_()
    assert "<script>" not in coalsim.compare("town.yaml", replicates=2, workers=1)._repr_html_()
    for command in ("run", "compare"):
        assert (
            call(command, "town.yaml", "--out", command, *(["--workers", 1] if command == "compare" else [])).exit_code
            == 0
        )
        assert not [
            path for path in Path(command).rglob("*") if path.suffix in (".html", ".csv")
        ]  # none is written so far


# Files that are no plain small texts


@pytest.mark.parametrize("name", [TOWN, PLACE, POOL])
def test_a_huge_file_is_refused_unread(folder, name):
    with (folder / name).open("ab") as file:
        file.write((b"# " + b"z" * 97 + b"\n") * 300_000)
    assert f"{name}: error: is larger than 1024 KiB" in refusal(folder, "run", TOWN, "--out", "out")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_is_refused_without_waiting_for_it(folder):
    os.mkfifo(folder / "places" / "pipe.yaml")
    edit(folder, {TOWN: change(("places/town.yaml", "places/pipe.yaml"))})
    assert refusal(folder, "run", TOWN, words=("no file|not a plain file",)).startswith("town.yaml:3:8")


def test_a_link_that_leads_outside_is_refused(folder):
    (folder.parent / "secret.yaml").write_text("name: secret\n")
    (folder / "places" / "link.yaml").symlink_to(folder.parent / "secret.yaml")
    edit(folder, {TOWN: change(("places/town.yaml", "places/link.yaml"))})
    assert "secret" not in refusal(folder, "run", TOWN, words=("outside the folder",))


def test_results_of_another_experiment_are_never_written_over(folder):
    assert call("run", TOWN, "--out", "out").exit_code == 0
    refusal(folder, "run", TOWN, "--seed", 999, "--out", "out", words=("--out out", "seed", "0 there, 999 now"))


def test_a_text_that_would_draw_on_the_terminal_is_shown_harmless(folder):
    edit(folder, {TOWN: change(("start: 2006-04", r'start: "\e[31m\e[2J2006"'))})
    assert "\x1b" not in refusal(folder, "run", TOWN, words=("start",))
