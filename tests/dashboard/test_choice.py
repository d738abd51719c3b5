"""What a visitor has chosen: as a scenario, a link and a file, and what is said of what cannot be."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalsim.dashboard.choice import MOST_REPLICATES, Choice, family, ready, scenario_file
from coalsim.loading import load_scenario

SCENARIOS = Path(__file__).parents[2] / "scenarios"
EVERYTHING = Choice(
    scenario="walsall",
    world="recession_2008",
    options=("growth_coalition", "extra_money"),
    levers={
        "policy.pooled_fund.share": 0.7,
        "policy.performance_management.focus": "outputs",
        "policy.pooled_fund.mandatory": True,
        "policy.performance_management.cycle": 12,
        "world.life.engaged_share": 0.15,
    },
    months=60,
    sample=0.2,
    replicates=5,
    seed=7,
)


def listed(query):
    return {name: value if isinstance(value, list) else [value] for name, value in query.items()}


def test_a_choice_is_the_scenario_it_says():
    scenario = EVERYTHING.load(SCENARIOS)
    assert list(scenario.options) == ["business_as_usual", "growth_coalition", "extra_money"]
    pooled = scenario.options["growth_coalition"].instruments["pooled_fund"]
    assert (pooled.share, pooled.mandatory) == (0.7, True)
    assert scenario.options["growth_coalition"].instruments["performance_management"].focus == "outputs"
    assert scenario.world.name == "recession of 2008"
    assert scenario.world.life.engaged_share == 0.15
    assert (scenario.months, scenario.sample, scenario.replicates) == (60, 0.2, 5)


def test_without_changes_it_is_the_file():
    found = Choice(sample=1.0, replicates=8).load(SCENARIOS)
    assert found == load_scenario(SCENARIOS / "walsall.yaml")


def test_a_link_brings_everything_back():
    query = EVERYTHING.query()
    assert query["set"][0] == "policy.pooled_fund.share=0.7"
    assert Choice.of_query(listed(query)) == EVERYTHING


def test_a_link_leaves_out_what_is_as_it_comes():
    assert Choice().query() == {"scenario": "walsall"}


def test_a_file_brings_everything_but_the_seed_back_and_runs_alone(tmp_path):
    file = tmp_path / "kept.yaml"
    file.write_text(EVERYTHING.yaml(SCENARIOS))
    again = Choice.of_yaml(file, SCENARIOS)
    assert vars(again) | {"seed": 7} == vars(EVERYTHING)
    assert "--seed 7" in file.read_text()
    copied = tmp_path / "copy"
    copied.mkdir()
    for source in SCENARIOS.rglob("*.yaml"):
        if "nation" not in source.parts:
            target = copied / source.relative_to(SCENARIOS)
            target.parent.mkdir(exist_ok=True)
            target.write_text(source.read_text())
    (copied / "mine.yaml").write_text(file.read_text())
    assert load_scenario(copied / "mine.yaml").model_dump() == EVERYTHING.load(SCENARIOS).model_dump()


def test_what_is_wrong_is_said_field_by_field():
    wrong = (
        Choice(
            options=("growth_coalition",),
            levers={
                "policy.pooled_fund.share": 1.7,
                "policy.pooled_found.share": 0.1,
                "world.life.engaged_share": "much",
            },
            sample=0.001,
            months=0,
            replicates=1,
            seed=-1,
        )
        .check(SCENARIOS)
        .wrong
    )
    assert set(wrong) == {
        "policy.pooled_fund.share", "policy.pooled_found.share", "world.life.engaged_share", "sample", "months", "replicates",
        "seed",
    }  # fmt: skip
    assert "above the largest allowed, 1" in wrong["policy.pooled_fund.share"]
    assert "pooled_fund" in wrong["policy.pooled_found.share"]
    assert "0.022" in wrong["sample"]
    assert str(MOST_REPLICATES) in wrong["replicates"]


def test_a_wrong_lever_leaves_the_others_in_force():
    checked = Choice(
        options=("growth_coalition",), levers={"policy.pooled_fund.share": 2, "policy.target_alignment.share": 0.1}
    ).check(SCENARIOS)
    assert list(checked.wrong) == ["policy.pooled_fund.share"]
    assert checked.scenario.options["growth_coalition"].instruments["target_alignment"].share == 0.1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"scenario": ["../../etc/passwd"]}, "there is no scenario called '../../etc/passwd'"),
        ({"scenario": ["walsal"]}, "did you mean 'walsall'"),
        ({"world": ["../policies/extra_money"]}, "there is no world called"),
        ({"options": ["growth_coalitio"]}, "did you mean 'growth_coalition'"),
        ({"options": ["/etc/passwd.yaml"]}, "there is no policy called"),
    ],
)
def test_names_that_are_not_there_are_refused(query, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        Choice.of_query(query).load(SCENARIOS)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"months": ["many"]}, "months: 'many' is not a whole number"),
        ({"sample": ["nan"]}, "sample: 'nan' is not a finite number"),
        ({"sample": ["x"]}, "sample: 'x' is not a number"),
        ({"set": ["share"]}, "write it as path=value"),
        ({"set": ["=1"]}, "write it as path=value"),
        ({"colour": ["red"]}, "'colour'"),
        ({"set": ["policy.pooled_fund.share="]}, "give one value"),
    ],
)
def test_links_that_say_nothing_known_are_refused(query, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        Choice.of_query(query)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\n", "extends: 'None' is none of the scenarios here"),
        ("extends: ../../secret.yaml\n", "is none of the scenarios here"),
        ("extends: walsall.yaml\nplace: places/slough.yaml\n", "place: the page shows"),
        ("extends: walsall.yaml\noptions: 3\n", "options: give a list"),
        ("extends: walsall.yaml\noverrides: [1]\n", "overrides: give a mapping"),
        ("extends: walsall.yaml\nmonths: soon\n", "months: 'soon'"),
        ("a: &a [*a]\n", "the anchor &a is not allowed"),
        ("extends: walsall.yaml\nextends: slough.yaml\n", "twice"),
    ],
)
def test_files_that_the_page_cannot_show_are_refused(tmp_path, text, said):
    file = tmp_path / "given.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=re.escape(said)):
        Choice.of_yaml(file, SCENARIOS)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    file = tmp_path / "given.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="UTF-8"):
        Choice.of_yaml(file, SCENARIOS)


def test_what_lies_in_a_folder(tmp_path):
    assert "walsall" in ready(SCENARIOS)
    assert {"steady", "recession_2008", "no_feedback"} <= set(family(SCENARIOS, "worlds"))
    assert scenario_file(SCENARIOS, "slough") == SCENARIOS / "slough.yaml"
    assert ready(tmp_path) == []


words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)


@given(
    st.dictionaries(
        st.sampled_from(["scenario", "world", "options", "set", "months", "sample", "seed", "x"]),
        st.lists(words, min_size=1, max_size=2),
    )
)
def test_no_link_does_anything_but_be_read_or_refused(query):
    try:
        choice = Choice.of_query(query)
    except ValueError:
        return
    checked = choice.check(SCENARIOS)
    assert checked.wrong or checked.scenario is not None


@given(
    st.builds(
        Choice,
        world=st.sampled_from([None, "steady", "no_feedback"]),
        options=st.lists(st.sampled_from(["growth_coalition", "extra_money"]), unique=True).map(tuple),
        levers=st.dictionaries(
            st.sampled_from(["policy.pooled_fund.share", "world.life.engaged_share", "success.employment_rate"]),
            st.floats(0, 1) | st.booleans() | st.integers(0, 5),
        ),
        months=st.none() | st.integers(1, 1200),
        sample=st.floats(0.001, 1),
        replicates=st.integers(2, 200),
        seed=st.integers(0, 2**32 - 1),
    )
)
def test_every_choice_survives_its_link(choice):
    again = Choice.of_query(listed(choice.query()))
    assert again == choice
    assert [type(value) for value in again.levers.values()] == [type(value) for value in choice.levers.values()]
