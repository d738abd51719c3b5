"""What a scenario file may hold, and what is said when it holds something else.

The traps are those of YAML 1.1 and 1.2 (yaml.org/spec/1.2.2, section 10.3), and the cases of the bad-input set.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from scenario_town import VALID, Town, accepted, refusal

from coalsim.scenario import parsing
from coalsim.scenario.errors import Mark, ScenarioError
from coalsim.scenario.parsing import parse_scalar
from coalsim.scenario.reading import read, resolve, validate

BASE = "title: Two towns\n"


def test_a_valid_file_is_read(tmp_path):
    town = accepted(tmp_path, VALID)
    assert town.months == 24
    assert town.councils[0].budget == 1_000_000
    assert town.councils[1].name == "no"
    assert town.rates == {2006: 0.05, 2007: 0.04}
    assert town.instruments["reward_grant"].share == 0.2


@pytest.mark.parametrize(
    "disguise", [lambda b: b"\xef\xbb\xbf" + b, lambda b: b.replace(b"\n", b"\r\n"), lambda b: b"---\n" + b + b"...\n"]
)
def test_byte_order_mark_windows_line_ends_and_document_marks_change_nothing(tmp_path, disguise):
    assert accepted(tmp_path, disguise(VALID.encode())) == accepted(tmp_path, VALID)


# Text, then what must be said (a place as line:column first).
BROKEN = {
    "a bomb of aliases": (b"x0: &x0 [a, a]\nx1: [*x0, *x0]\n", "1:5", "the anchor &x0"),
    "an anchor that holds itself": (b"title: a\nx: &m [b, *m]\n", "2:4", "the anchor &m"),
    "an alias": (b"title: *other\n", "1:8", "the alias *other"),
    "a python tag": (b'title: !!python/object/apply:os.system ["touch CANARY"]\n', "1:8", "the tag !!python"),
    "a core tag": (b"title: !!str 3\n", "1:8", "the tag !!str"),
    "a local tag": (b"title: !secret 3\n", "1:8", "the tag !secret"),
    "a plain exclamation mark": (b"title: ! 3\n", "1:8", "the tag !"),
    "a merge key": (b"title: a\n<<: {months: 3}\n", "2:1", "merge key"),
    "a key twice": (b"title: a\nmonths: 24\nseed: 1\nmonths: 6\n", "4:1", "'months' is given twice, first on line 2"),
    "a key twice inside": (b"title: a\nshares: {a: 1, 'a': 0}\n", "2:16", "shares.a: the key 'a' is given twice"),
    "a year twice": (b"title: a\nrates: {2006: 1, '2006': 0}\n", "2:18", "'2006' is given twice"),
    "a tab": (b"title: a\npopulation:\n\tresidents: 3\n", "3:1", "spaces, not tabs"),
    "two documents": (b"title: a\n---\ntitle: b\n", "2:1", "second document"),
    "5,000 brackets": (b"title: " + b"[" * 5000, "1:37", "nested too deep"),
    "too many values": (b"title: [" + b"1," * 50_001 + b"]", "1:", "too many values"),
    "a list": (b"- months: 24\n", "1:1", "must be a mapping"),
    "a text": (b"months\n", "1:1", "must be a mapping"),
    "nothing": (b"", "1:1", "the file is empty"),
    "only a remark": (b"# nothing\n", "1:1", "the file is empty"),
    "null": (b"~\n", "1:1", "the file is empty"),
    "latin-1": (
        "# ä\ntitle: Ville de Genève\n".encode("latin-1"),
        "1:3",
        "byte 0xe4 at position 2 (line 1) is not UTF-8",
    ),
    "utf-16": ("title: a\n".encode("utf-16"), "1:1", "is not UTF-8"),
    "a control character": (b"title: a\nseed: \x07\n", "2:7", "U+0007"),
    "a null byte": (b"title: a\x00\n", "1:9", "U+0000"),
    "a mapping as key": (b"title: a\n{a: 1}: b\n", "2:1", "a key must be a single word"),
    "a list as key": (b"title: a\n? [a]\n: b\n", "2:3", "a key must be a single word"),
    "no key": (b"title: a\n'': b\n", "2:1", "a key is missing"),
    "a colon in a text": (b"title: a: b\n", "1:9", "in quotes"),
    "an open bracket": (b"title: [\n", "2:1", "not valid YAML"),
    "an open quote": (b'title: "a\n', "2:1", "not valid YAML"),
    "leading zero": (b"title: a\nmonths: 030\n", "2:9", "months: 030 begins with a zero"),
    "giant integer": (
        b"title: a\nseed: " + b"9" * 5000 + b"\n",
        "2:7",
        "seed: a whole number of 5000 digits is too large",
    ),
    "19 digits": (b"title: a\nseed: 1000000000000000000\n", "2:7", "19 digits"),
    "giant hexadecimal": (b"title: a\nseed: 0x" + b"f" * 5000 + b"\n", "2:7", "too large"),
    "giant float": (b"title: a\nwage: 0." + b"9" * 5000 + b"\n", "2:7", "too long"),
}


@pytest.mark.parametrize(("text", "place", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_says_where_and_what(tmp_path, monkeypatch, text, place, words):
    monkeypatch.chdir(tmp_path)
    message = str(refusal(Path(), text))
    assert message.startswith(f"town.yaml:{place}")
    assert words in message
    assert not Path("CANARY").exists()


@pytest.mark.parametrize(
    ("text", "value"),
    {
        "no": "no", "on": "on", "yes": "yes", "Off": "Off", "y": "y", "1:30:00": "1:30:00", "12:30": "12:30",
        "2006-04": "2006-04", "2006-04-01": "2006-04-01", "1_000": "1_000", "E08000030": "E08000030", "1e": "1e",
        "0b101": "0b101", "£5": "£5", "=": "=", "nan": "nan", "inf": "inf",
        "true": True, "True": True, "FALSE": False, "null": None, "~": None, "": None,
        "0": 0, "-7": -7, "+12": 12, "0o14": 12, "0x1F": 31, "999999999999999999": 10**18 - 1,
        "1e6": 1e6, "1e-3": 1e-3, "1E+2": 100.0, ".5": 0.5, "5.": 5.0, "-0.5": -0.5, "12.25": 12.25,
    }.items(),
)  # fmt: skip
def test_scalars_are_those_of_the_core_schema_of_yaml_1_2(tmp_path, text, value):
    path = tmp_path / "a.yaml"
    path.write_text(f"key: {text}\n")
    for found in (read(path).data["key"], parse_scalar(text)):
        assert found == value
        assert type(found) is type(value)


@pytest.mark.parametrize("text", [".nan", ".inf", "-.inf", ".NaN", "+.INF", "1e999"])
def test_what_is_not_finite_is_refused_by_name(tmp_path, text):
    error = refusal(tmp_path, f"{BASE}shares: {{training: {text}}}\n")
    assert len(error.problems) == 1
    assert error.problems[0].path == "shares.training"
    assert "not a finite number" in str(error)


def test_what_is_not_finite_is_refused_even_where_anything_goes(tmp_path):
    assert "instruments.a: nan is not a finite number" in str(refusal(tmp_path, f"{BASE}instruments: {{a: .nan}}\n"))


@pytest.mark.parametrize("text", ["030", "-007", "9" * 19])
def test_a_number_on_the_command_line_obeys_the_rules_of_a_file(text):
    with pytest.raises(ScenarioError, match=r"zero|digits"):
        parse_scalar(text)


def test_quotes_on_the_command_line_make_a_text():
    assert parse_scalar('"030"') == "030"


def test_all_faults_of_the_first_pass_are_given_at_once(tmp_path):
    error = refusal(tmp_path, "title: a\nmonths: 030\nseed: 010\ntitle: b\n")
    assert [problem.line for problem in error.problems] == [2, 3, 4]


def test_a_key_that_is_a_word_of_yaml_stays_a_word(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("no: 1\ntrue: 2\nnull: 3\n0.5: 4\n2006: 5\n")
    assert list(read(path).data) == ["no", "true", "null", "0.5", 2006]


# ---- which files ----------------------------------------------------------------------------------------------


def test_a_pipe_a_folder_and_a_device_are_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    for path in (tmp_path / "pipe.yaml", tmp_path, Path("/dev/zero")):
        with pytest.raises(ScenarioError, match=r"not a plain file|folder"):
            read(path)


def test_a_large_file_is_refused(tmp_path):
    assert "larger than 1024 KiB" in str(refusal(tmp_path, "# " + "x" * 1024 * 1024))


def test_a_missing_file_names_the_nearest(tmp_path):
    (tmp_path / "walsall.yaml").write_text(BASE)
    with pytest.raises(ScenarioError, match=r"no such file[\s\S]*walsall\.yaml"):
        read(tmp_path / "walsal.yaml")


@pytest.mark.parametrize("name", ["a\x00b.yaml", "x" * 5000, "loop.yaml"])
def test_an_impossible_name_is_refused(tmp_path, name):
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    with pytest.raises(ScenarioError):
        read(tmp_path / name)
    assert "extends" in str(refusal(tmp_path, f'{BASE}extends: "{name}"\n'.replace("\x00", "\\0")))


# ---- overlays -------------------------------------------------------------------------------------------------


@pytest.fixture
def base(tmp_path):
    folder = tmp_path / "scenarios"
    (folder / "places").mkdir(parents=True)
    (folder / "base.yaml").write_text(VALID)
    return folder


def test_an_overlay_merges_mappings_replaces_lists_and_removes_by_null(base):
    (base / "over.yaml").write_text(
        "extends: base\nmonths: 12\nseed: null\npopulation: {engaged: 0.2}\n"
        "councils: []\nshares: {grants: null, rail: 0.2}\n"
    )
    town = validate(Town, read(base / "over.yaml"))
    assert (town.title, town.months, town.seed) == ("Two towns", 12, 1)
    assert (town.population.residents, town.population.engaged) == (1000, 0.2)
    assert town.councils == ()
    assert town.shares == {"training": 0.5, "transport": 0.3, "rail": 0.2}


def test_an_error_is_reported_in_the_file_that_makes_it(base):
    (base / "base.yaml").write_text(VALID.replace("residents: 1000", "residents: 0"))
    (base / "over.yaml").write_text("extends: base.yaml\npopulation:\n  engaged: 7\n")
    with pytest.raises(ScenarioError) as caught:
        validate(Town, read(base / "over.yaml"))
    own, inherited = caught.value.problems
    assert (Path(own.file).name, own.line, own.column) == ("over.yaml", 3, 12)
    assert (Path(inherited.file).name, inherited.line, inherited.column) == ("base.yaml", 6, 14)
    assert inherited.source_line == "  residents: 0"


def test_an_overlay_of_an_overlay(base):
    (base / "middle.yaml").write_text("extends: base\nmonths: 12\nseed: 7\n")
    (base / "top.yaml").write_text("extends: middle\nmonths: 6\n")
    document = read(base / "top.yaml")
    assert (document.data["months"], document.data["seed"]) == (6, 7)
    assert [Path(document.mark((key,)).file).name for key in ("months", "seed", "title")] == [
        "top.yaml", "middle.yaml", "base.yaml",
    ]  # fmt: skip


def test_a_circle_is_refused_by_name(base):
    (base / "a.yaml").write_text("extends: b\n")
    (base / "b.yaml").write_text("extends: a\n")
    with pytest.raises(ScenarioError, match=r"extends: goes round in a circle: a.yaml -> b.yaml -> a.yaml"):
        read(base / "a.yaml")


def test_a_file_cannot_extend_itself(base):
    (base / "a.yaml").write_text("extends: a.yaml\n")
    with pytest.raises(ScenarioError, match="circle"):
        read(base / "a.yaml")


@pytest.mark.parametrize(
    "target", ["../../../../../../etc/passwd", "/etc/passwd", "../secret.yaml", "link.yaml", "3", "[a]"]
)
def test_nothing_outside_the_folder_is_read(base, target):
    (base.parent / "secret.yaml").write_text("root: x: hidden\n")
    (base / "link.yaml").symlink_to(base.parent / "secret.yaml")
    (base / "a.yaml").write_text(f"title: a\nextends: {target}\n")
    with pytest.raises(ScenarioError, match=r"outside the folder|not the name of a file") as caught:
        read(base / "a.yaml")
    assert "hidden" not in str(caught.value)
    assert caught.value.problems[0].line == 2


def test_a_reference_is_found_with_and_without_its_ending(base):
    (base / "places" / "walsall.yaml").write_text("name: Walsall\n")
    (base / "town.yaml").write_text("place: places/walsall.yaml\n")
    document = read(base / "town.yaml")
    for reference in ("places/walsall.yaml", "places/walsall", "./places/../places/walsall"):
        assert resolve(document, reference, document.mark(("place",))) == base / "places" / "walsall.yaml"


def test_a_reference_is_relative_to_the_file_that_makes_it(base):
    (base / "places" / "walsall.yaml").write_text("name: Walsall\n")
    (base / "places" / "base.yaml").write_text("place: walsall\n")
    (base / "town.yaml").write_text("extends: places/base\nname: a\n")
    document = read(base / "town.yaml")
    assert resolve(document, document.data["place"], document.mark(("place",))).name == "walsall.yaml"


@pytest.mark.parametrize("reference", ["places/walsal.yaml", "walsall.yaml", "places/wallsal", "walsall"])
def test_a_reference_to_nothing_names_the_nearest_file(base, reference):
    (base / "places" / "walsall.yaml").write_text("name: Walsall\n")
    (base / "town.yaml").write_text(f"name: a\nplace: {reference}\n")
    document = read(base / "town.yaml")
    with pytest.raises(ScenarioError) as caught:
        resolve(document, reference, document.mark(("place",)))
    (problem,) = caught.value.problems
    assert (problem.line, problem.column, problem.path) == (2, 8, "place")
    assert problem.hint == f"did you mean '{Path('places/walsall.yaml')}'?"


def test_a_reference_outside_is_refused(base):
    (base.parent / "secret.yaml").write_text("a: 1\n")
    with pytest.raises(ScenarioError, match="outside the folder 'scenarios'"):
        resolve(read(base / "base.yaml"), "../secret.yaml")


def test_an_experiment_may_name_a_scenario_next_door_but_not_extend_it(base):
    (base.parent / "experiments").mkdir()
    path = base.parent / "experiments" / "a.yaml"
    path.write_text("scenario: ../scenarios/base.yaml\n")
    document = read(path)
    assert resolve(document, document.data["scenario"]).resolve() == base / "base.yaml"
    path.write_text("extends: ../scenarios/base.yaml\n")
    with pytest.raises(ScenarioError, match="outside"):
        read(path)


# ---- overrides ------------------------------------------------------------------------------------------------


def test_an_override_is_named_in_the_error_it_makes(base):
    document = read(base / "base.yaml")
    document.set("population.engaged", 1.4, "--set population.engaged=1.4")
    with pytest.raises(ScenarioError) as caught:
        validate(Town, document)
    assert str(caught.value).startswith("--set population.engaged=1.4: error: population.engaged: 1.4 is above")


def test_an_override_reaches_lists_years_and_parts_not_yet_there(base):
    document = read(base / "base.yaml")
    document.set("councils.1.budget", 5, "--set")
    document.set("rates.2006", 0.5, "--set")
    document.set("instruments.land_levy.kind", "levy", "--set")
    document.set("instruments.land_levy.rate", 0.1, "--set")
    town = validate(Town, document)
    assert (town.councils[1].budget, town.rates[2006], town.instruments["land_levy"].rate) == (5, 0.5, 0.1)


@pytest.mark.parametrize(
    "dotted", ["", ".", "a..b", "title.a", "councils.7.name", "councils.-1", "councils.x", "months.a.b"]
)
def test_an_override_that_leads_nowhere_is_refused(base, dotted):
    with pytest.raises(ScenarioError):
        read(base / "base.yaml").set(dotted, 1, f"--set {dotted}=1")


def test_a_misspelt_override_is_refused_with_the_nearest_key(base):
    document = read(base / "base.yaml")
    document.set("population.resident", 1, "--set population.resident=1")
    with pytest.raises(ScenarioError, match="did you mean 'residents'"):
        validate(Town, document)


def test_an_override_may_come_from_a_file(base):
    document = read(base / "base.yaml")
    document.set("months", 0, Mark("other.yaml", 3, 7))
    with pytest.raises(ScenarioError, match=r"^other.yaml:3:7: error: months: 0"):
        validate(Town, document)


# ---- the reader itself ----------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(yaml, "CSafeLoader"), reason="PyYAML without libyaml")
@pytest.mark.parametrize(
    "text", [VALID, VALID.replace("\n", "\r\n"), "é: {à: [1, 'ß', 🙂, \"x\"]}\nb:\n- c: |\n   d\n- ~\n-\n"]
)
def test_both_parsers_give_the_same_marks(tmp_path, monkeypatch, text):
    path = tmp_path / "a.yaml"
    path.write_bytes(text.encode())
    fast = read(path)
    monkeypatch.setattr(parsing, "_LOADER", yaml.SafeLoader)
    slow = read(path)
    assert (fast.data, fast.values, fast.keys) == (slow.data, slow.values, slow.keys)


def test_marks_are_of_the_nearest_part_around(base):
    document = read(base / "base.yaml")
    assert document.mark(("population", "residents")) == (str(base / "base.yaml"), 6, 14)
    assert document.mark(("population", "engaged"))[1:] == (5, 1)
    assert document.mark(("councils", 0, "name"))[1:] == (8, 11)
    assert document.mark(("nowhere",))[1:] == (2, 1)


def test_reading_imports_nothing_slow():
    code = "import sys, coalsim.scenario.reading, coalsim.scenario.jsonschema; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"mesa", "numba", "numpy", "pandas", "scipy", "matplotlib"} & set(modules)
