"""`coalsim new`: what it writes is valid, says what there is to change, and is the same as what it was begun with."""

import json
import shutil

import pytest
from click.testing import CliRunner

import coalsim
from coalsim.begin import begin, file_name
from coalsim.checking import check_file
from coalsim.cli import cli
from coalsim.policies import Policy
from coalsim.scenario.nation import read_nation
from coalsim.scenario.place import Place
from coalsim.scenario.reading import read, validate


@pytest.fixture
def folder(tmp_path, request):
    return shutil.copytree(request.config.rootpath / "scenarios", tmp_path / "scenarios")


def test_a_place_has_the_figures_of_the_nations_table(folder):
    path = begin("place", "sandwell", folder)
    assert path == folder / "places" / "sandwell.yaml"
    found = validate(Place, read(path))
    known = next(one for one in read_nation(folder / "nation/england_2006.yaml", root=folder) if one.name == "Sandwell")
    assert found.code == known.code == "00CS"
    assert found.governance.neighbourhood_renewal
    assert found.deprivation == known.deprivation.model_copy(update={"morans_i": found.deprivation.morans_i})
    for name, fact in dict(found.residents).items():
        theirs = getattr(known.residents, name)
        assert fact.value == pytest.approx(theirs.value, rel=1e-5)
        assert (fact.source, fact.status, fact.year) == (theirs.source, theirs.status, theirs.year)
    assert found.calibration == type(found.calibration)()


def test_every_district_but_those_that_have_a_file_can_be_begun(folder):
    districts = read_nation(folder / "nation/england_2006.yaml", root=folder)[::25]
    for district in districts:
        assert check_file(begin("place", district.name, folder)) == "place"


def test_a_scenario_takes_the_place_of_its_name(folder):
    begin("place", "St. Helens", folder)
    path = begin("scenario", "St. Helens", folder)
    assert path.name == "st_helens.yaml"
    found, walsall = coalsim.load_scenario(path), coalsim.load_scenario(folder / "walsall.yaml")
    assert [place.name for place in found.places] == ["St. Helens"]
    assert (found.name, found.question) == ("St. Helens", "")
    assert (found.world, found.options, found.months) == (walsall.world, walsall.options, walsall.months)
    run = coalsim.simulate(coalsim.load_scenario(path, months=3, sample=0.05), seed=1)
    assert run.indicators.notna().all().all()


@pytest.mark.parametrize("like", ["walsall", "walsall_recession", "four_places", "england_roll_out"])
def test_a_scenario_is_what_it_was_begun_with(folder, like):
    found, same = (
        coalsim.load_scenario(begin("scenario", "Mine", folder, like)),
        coalsim.load_scenario(folder / f"{like}.yaml"),
    )
    assert found == same.model_copy(update={"name": "Mine", "question": ""})


def test_it_lists_what_other_options_there_are(folder):
    text = begin("scenario", "Mine", folder).read_text()
    for path in (folder / "policies").glob("*.yaml"):
        assert f"- policies/{path.name}\n" in text


def test_a_scenario_of_many_places_can_be_had_for_another_one(folder):
    path = begin("scenario", "Mine", folder, "four_places", "slough")
    assert [place.name for place in coalsim.load_scenario(path).places] == ["Slough"]


@pytest.mark.parametrize("like", ["business_as_usual", "growth_coalition", "growth_coalition_in_half", "extra_money"])
def test_a_policy_is_what_it_was_begun_with_and_says_what_each_setting_means(folder, like):
    path = begin("policy", "Mine: first", folder, like)
    found, same = (validate(Policy, read(one)) for one in (path, folder / "policies" / f"{like}.yaml"))
    assert found == same.model_copy(update={"name": "Mine: first"})
    text = path.read_text()
    for instrument in found.instruments.values():
        for key, field in type(instrument).model_fields.items():
            assert f"# {field.description}" in text
            assert f"    {key}:" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["place", "Sandwel"], "did you mean 'Sandwell'?"),
        (["place", "Walsall"], "is there already"),
        (["place", "Atlantis"], "no district of a nation"),
        (["scenario", "Walsall"], "is there already"),
        (["scenario", "x", "--like", "walsal"], "did you mean 'walsall'?"),
        (["scenario", "x", "--place", "sandwell"], "there is no such file in"),
        (
            ["scenario", "x", "--like", "england_2006", "--place", "slough"],
            "none of the places is a neighbourhood-renewal area",
        ),
        (
            ["scenario", "x", "--like", "england_roll_out", "--place", "slough"],
            "x.yaml is not written, since it would not be valid: ",
        ),
        (["policy", "x", "--like", "../worlds/steady"], "there is no such file in"),
        (["policy", "x", "--place", "slough"], "--place for scenarios only"),
        (["place", "Sandwell", "--like", "walsall"], "--like is for scenarios and policies"),
        (["scenario", "//"], "makes no file name"),
        (["scenario", "x" * 81], "makes no file name"),
        (["policy", "a\x1b[31m"], "makes no file name"),
    ],
)
def test_what_cannot_be_begun_is_refused_and_nothing_written(folder, words, said):
    before = sorted(folder.parent.rglob("*"))
    ended = CliRunner().invoke(cli, ["new", *words, "--folder", str(folder)])
    assert ended.exit_code == 2
    assert said in " ".join(ended.stderr.split())
    assert sorted(folder.parent.rglob("*")) == before


def test_a_name_is_never_a_path(folder):
    assert begin("scenario", "../../x/", folder) == folder / "x.yaml"


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    for kind in ("scenario", "policy", "place"):
        ended = CliRunner().invoke(cli, ["new", kind, "x", "--folder", str(tmp_path / "none")])
        assert ended.exit_code == 2
        assert "none" in ended.stderr


def test_json_says_where_the_file_is(folder):
    ended = CliRunner().invoke(cli, ["new", "policy", "Mine", "--folder", str(folder), "--json"])
    assert json.loads(ended.stdout) == {"kind": "policy", "file": str(folder / "policies" / "mine.yaml")}


def test_names_of_files():
    assert file_name("Kingston upon Hull, City of") == "kingston_upon_hull_city_of"
    assert file_name("  St. Helens 2 ") == "st_helens_2"


@pytest.mark.parametrize("name", ["1e6", "089", "yes", "null", "1:30", "0x1F", "2006-04"])
@pytest.mark.parametrize("kind", ["scenario", "policy"])
def test_a_name_that_looks_like_something_else_stays_a_name(folder, kind, name):
    assert read(begin(kind, name, folder)).data["name"] == name
