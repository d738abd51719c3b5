"""Scenario files become scenarios: names resolved, files extended, values overridden, nothing taken on trust."""

import shutil
from pathlib import Path

import mesa
import pytest

import coalsim
from coalsim import ScenarioError, load_scenario
from coalsim.checking import check_file
from coalsim.experiments.design import worlds_by_name
from coalsim.experiments.files import load_experiment
from coalsim.loading import keep_options, load_policy

ROOT = Path(__file__).parents[1]
SHIPPED = sorted(path for folder in ("scenarios", "experiments") for path in (ROOT / folder).rglob("*.yaml"))


@pytest.fixture(scope="module")
def walsall():
    return load_scenario(ROOT / "scenarios" / "walsall.yaml")


@pytest.fixture
def folder(tmp_path):
    """A copy of the scenario folder, to write in."""
    return shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")


@pytest.mark.parametrize("world", ["steady", "recession_2008"])
def test_what_a_calibration_overrides_holds_in_its_world(folder, world):
    shutil.copytree(ROOT / "experiments", folder.parent / "experiments")
    path = folder.parent / "experiments" / "calibrate_slough.yaml"
    text = path.read_text().replace("world: steady", f"world: {world}")
    path.write_text(text.replace("overrides: {months: 120}", "overrides: {months: 24, world.life.drift_sd: 0.0}"))
    _, scenario = load_experiment(path)
    assert (scenario.months, scenario.world.life.drift_sd) == (24, 0.0)
    assert scenario.world.shocks == load_scenario(folder / "slough.yaml", world=world).world.shocks


# What is shipped


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_shipped_file_is_valid(path):
    kinds = {
        "places": "place",
        "nation": "nation",
        "worlds": "world",
        "policies": "policy",
        "experiments": "experiment",
    }
    assert check_file(path) == kinds.get(path.parent.name, "scenario")


@pytest.mark.parametrize(
    "path", [path for path in SHIPPED if path.parent.name == "scenarios"], ids=lambda path: path.stem
)
def test_every_shipped_scenario_starts_with_business_as_usual(path):
    scenario = load_scenario(path)
    assert next(iter(scenario.options)) == "business_as_usual"
    assert not next(iter(scenario.options.values())).instruments
    assert scenario.question.endswith("?")


def test_a_scenario_is_what_its_files_say(walsall):
    assert [place.name for place in walsall.places] == ["Walsall"]
    assert walsall.world.name == "steady"
    assert list(walsall.options) == ["business_as_usual", "single_pot_laa", "growth_coalition"]
    assert (walsall.months, walsall.start, walsall.sample) == (240, "2006-04", 1.0)
    assert walsall.places[0].adults == round(259_454 * 0.62)


# Extending


def test_a_file_that_extends_another_gives_only_the_differences(walsall):
    recession = load_scenario(ROOT / "scenarios" / "walsall_recession.yaml")
    assert recession.places == walsall.places
    assert recession.options == walsall.options
    assert recession.world.name != walsall.world.name
    assert recession.name != walsall.name


def test_an_extended_policy_keeps_changes_and_drops_instruments(walsall):
    single, coalition = (walsall.options[name].instruments for name in ("single_pot_laa", "growth_coalition"))
    blocks = load_policy(ROOT / "scenarios" / "policies" / "four_block_laa.yaml").instruments
    assert "four_blocks" in blocks
    assert "four_blocks" not in single  # removed by null
    assert (single["pooled_fund"].share, coalition["pooled_fund"].share) == (0.25, 0.4)
    assert coalition["pooled_fund"].ramp == single["pooled_fund"].ramp == blocks["pooled_fund"].ramp == 12


def test_a_world_names_only_what_it_changes(folder):
    (folder / "worlds" / "tight.yaml").write_text(
        "extends: steady.yaml\nname: tight\nmoney: {bodies: {health: {reactive_share: 0.97}}}\n"
    )
    tight = load_scenario(folder / "walsall.yaml", world="tight").world
    steady = load_scenario(folder / "walsall.yaml").world
    assert tight.money.bodies["health"].reactive_share == 0.97
    assert tight.money.bodies["health"].per_ill == steady.money.bodies["health"].per_ill
    assert tight.money.bodies["council"] == steady.money.bodies["council"]
    assert tight.labour == steady.labour


def test_a_world_says_how_its_fitted_numbers_were_fitted(folder):
    path = folder / "worlds" / "fitted.yaml"
    text = "extends: recession_2008.yaml\nname: fitted\nlabour: {giving_up: 0.02}\nprovenance:\n"
    path.write_text(f"{text}  labour.giving_up: to claimants of 2006\n  shocks.0.jobs: to those of 2009\n")
    world = load_scenario(folder / "walsall.yaml", world="fitted").world
    assert world.provenance["labour.giving_up"] == "to claimants of 2006"
    for wrong in ("labour.giving", "labour", "shocks.7.jobs", "name"):
        path.write_text(f"{text}  {wrong}: nowhere\n")
        with pytest.raises(ScenarioError, match=f"provenance.{wrong}: leads to no number of this world"):
            load_scenario(folder / "walsall.yaml", world="fitted")


def test_a_place_is_short_for_a_list_of_one(folder):
    scenario = folder / "walsall.yaml"
    scenario.write_text(scenario.read_text().replace("place: places/walsall.yaml", "places: [places/walsall.yaml]"))
    assert [place.name for place in load_scenario(scenario).places] == ["Walsall"]


# Overriding


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        ("months", 60, lambda s: s.months),
        ("sample", 0.5, lambda s: s.sample),
        ("name", "another", lambda s: s.name),
        ("budget_neutral", True, lambda s: s.budget_neutral),
        ("success.employment_rate", 0.7, lambda s: s.success.employment_rate),
        ("success.months_running", 12, lambda s: s.success.months_running),
        ("world.mechanisms.peer_influence", 0, lambda s: s.world.mechanisms.peer_influence),
        ("world.labour.direct_moves", 0.7, lambda s: s.world.labour.direct_moves),
        ("world.money.bodies.health.reactive_share", 0.97, lambda s: s.world.money.bodies["health"].reactive_share),
        ("policy.pooled_fund.share", 0.1, lambda s: s.options["growth_coalition"].instruments["pooled_fund"].share),
        ("policy.pooled_fund.share", 0.1, lambda s: s.options["single_pot_laa"].instruments["pooled_fund"].share),
        ("policy.reward_grant.end", 36, lambda s: s.options["single_pot_laa"].instruments["reward_grant"].end),
        ("place.governance.leadership", 0.4, lambda s: s.places[0].governance.leadership.value),
        ("place.residents.population.value", 250_000, lambda s: s.places[0].residents.population.value),
        ("place.calibration.entry", 1.1, lambda s: s.places[0].calibration.entry),
        ("place.neighbourhoods", 100, lambda s: s.places[0].neighbourhoods),
    ],
)
def test_any_value_can_be_overridden_by_its_dotted_path(walsall, path, value, found):
    assert found(walsall) != value
    assert found(load_scenario(walsall, **{path: value})) == value


def test_what_was_changed_in_one_world_is_changed_in_any_other(walsall):
    changed = load_scenario(walsall, **{"world.labour.direct_moves": 0.7, "world.life.drift_sd": 0.0, "months": 7})
    for name in ("recession_2008", "no_feedback"):
        world = load_scenario(changed, world=name).world
        assert (world.labour.direct_moves, world.life.drift_sd) == (0.7, 0.0)
        assert (
            world
            == load_scenario(
                walsall, world=name, **{"world.labour.direct_moves": 0.7, "world.life.drift_sd": 0.0}
            ).world
        )
    assert {w.life.drift_sd for w in worlds_by_name(changed, ["steady", "no_feedback"]).values()} == {0.0}
    with pytest.raises(ScenarioError, match="there is no item '0'"):
        load_scenario(load_scenario(walsall, world="recession_2008", **{"world.shocks.0.jobs": -0.1}), world="steady")


def test_items_of_lists_are_counted_from_0(walsall):
    recession = load_scenario(walsall, world="recession_2008")
    changed = load_scenario(recession, **{"world.shocks.0.jobs": -0.2})
    assert changed.world.shocks[0].jobs == -0.2
    assert changed.world.shocks[0].outside_work == recession.world.shocks[0].outside_work
    assert recession.world.shocks[0].jobs != -0.2
    assert changed.world.shocks[1:] == recession.world.shocks[1:]


def test_an_override_leaves_everything_else_as_it_was(walsall):
    changed = load_scenario(walsall, **{"world.labour.direct_moves": 0.7, "policy.pooled_fund.share": 0.1})
    before, after = walsall.model_dump(), changed.model_dump()
    before["world"]["labour"]["direct_moves"] = 0.7
    for name in ("single_pot_laa", "growth_coalition"):
        before["options"][name]["instruments"]["pooled_fund"]["share"] = 0.1
    assert after == before


def test_the_original_is_not_touched(walsall):
    before = walsall.model_dump_json()
    changed = load_scenario(walsall, world="recession_2008", policy="extra_money", months=2, **{
        "policy.extra_money.per_head": 5, "place.governance.leadership": 0.4, "world.conditions.eta": 2,
    })  # fmt: skip
    keep_options(changed, "extra_money")
    coalsim.CoalitionModel(changed, sample=0.03, rng=1).step()
    assert walsall.model_dump_json() == before
    assert changed.options["extra_money"].instruments["extra_money"].per_head == 5
    assert load_scenario(walsall) is walsall


def test_an_instrument_is_changed_in_every_option_that_has_it_and_no_other(walsall):
    scenario = load_scenario(walsall, policy="voluntary_lsp", **{"policy.single_pot.freedom": 0.5})
    freedom = {
        name: option.instruments["single_pot"].freedom
        for name, option in scenario.options.items()
        if "single_pot" in option.instruments
    }
    assert freedom == {"single_pot_laa": 0.5, "growth_coalition": 0.5}


def test_every_place_of_several_is_changed(four_places):
    changed = load_scenario(four_places, **{"place.calibration.entry": 1.3})
    assert [place.calibration.entry for place in changed.places] == [1.3] * 4


def test_overrides_written_in_the_file_come_before_those_of_the_caller(folder):
    scenario = folder / "walsall.yaml"
    text = scenario.read_text().replace("overrides: {}", "overrides: {months: 12, policy.pooled_fund.share: 0.3}")
    scenario.write_text(text)
    assert load_scenario(scenario).months == 12
    assert load_scenario(scenario, months=6).months == 6
    assert load_scenario(scenario).options["growth_coalition"].instruments["pooled_fund"].share == 0.3


# Worlds and policies by name


def test_a_world_and_a_policy_are_found_by_name(walsall):
    scenario = load_scenario(walsall, world="no_feedback", policy="extra_money")
    assert scenario.world.name == "no feedback"
    assert list(scenario.options) == [*walsall.options, "extra_money"]
    assert load_scenario(scenario, policy="voluntary_lsp").options.keys() == {*scenario.options, "voluntary_lsp"}
    assert load_scenario(walsall, policy="growth_coalition").options == walsall.options


def test_a_world_may_be_given_as_a_file(walsall):
    path = ROOT / "scenarios" / "worlds" / "recession_2008.yaml"
    assert load_scenario(walsall, world=str(path)).world == load_scenario(walsall, world="recession_2008").world


def test_one_option_is_compared_with_the_counterfactual_alone(walsall):
    assert list(keep_options(walsall, "growth_coalition").options) == ["business_as_usual", "growth_coalition"]
    assert list(keep_options(walsall, "business_as_usual").options) == ["business_as_usual"]


# What is said when a name is wrong


@pytest.mark.parametrize(
    ("change", "words"),
    {
        "a field": ({"monts": 3}, "did you mean 'months'?"),
        "a field of the world": ({"world.labour.direct_move": 0.7}, "did you mean 'direct_moves'?"),
        "a part of the world": ({"world.labor.direct_moves": 0.7}, "did you mean 'labour'?"),
        "a mechanism": ({"world.mechanisms.peer_infuence": 0}, "did you mean 'peer_influence'?"),
        "a body": ({"world.money.bodies.helth.base": 0}, "did you mean 'health'?"),
        "a figure of a place": ({"place.residents.populaton": 1}, "did you mean 'population'?"),
        "a sector": ({"place.economy.sectors.transprt": 1}, "did you mean 'transport'?"),
        "an instrument": ({"policy.pool_fund.share": 0.1}, "did you mean 'pooled_fund'?"),
        "an instrument that no option has": ({"policy.extra_money.per_head": 1}, "in the options: business_engagement"),
        "a setting of an instrument": ({"policy.pooled_fund.shar": 0.1}, "did you mean 'share'?"),
        "no setting at all": ({"policy.pooled_fund": 0.1}, "name a setting of the instrument"),
        "a part of a figure": ({"place.residents.population.valeu": 1}, "valeu: a figure has no such part"),
        "an item of an empty list": ({"world.shocks.0.jobs": -0.1}, "there is no item '0'; the list is empty"),
        "a name for an item": ({"world.shocks.first.jobs": -0.1}, "there is no item 'first'"),
        "something below a number": ({"months.x": 1}, "nothing lies below this value"),
        "a value of the wrong kind": ({"months": "many"}, "'many' is text, not a whole number"),
        "a value beyond its bound": ({"policy.pooled_fund.share": 40}, "for 40% write 0.4"),
        "a value that is not a number": ({"world.labour.direct_moves": float("nan")}, "not a finite number"),
        "a world": ({"world": "recesion_2008"}, "did you mean 'recession_2008'?"),
        "a policy": ({"policy": "growth_colation"}, "did you mean 'growth_coalition'?"),
        "a policy that is nothing like one": ({"policy": "xyzzy"}, "known: business_as_usual, extra_money"),
    }.values(),
)  # fmt: skip
def test_a_name_that_is_nearly_right_is_guessed(walsall, change, words):
    with pytest.raises(ScenarioError) as caught:
        load_scenario(walsall, **change)
    assert words in str(caught.value)
    ((path, value),) = change.items()
    assert str(caught.value).startswith(f"--{path}" if path in ("world", "policy") else f"--set {path}={value}")


POLICY = "policies/single_pot_laa"
FILES = {
    "a missing place": ("places/walsall.yaml", "places/walsal.yaml", "did you mean 'places/walsall.yaml'?"),
    "a missing world": ("worlds/steady.yaml", "worlds/stedy.yaml", "did you mean 'worlds/steady.yaml'?"),
    "a missing policy": (POLICY, "policies/single_pot", "did you mean 'policies/single_pot_laa.yaml'?"),
    "two options alike": (POLICY, "policies/growth_coalition", "growth_coalition is listed twice"),
    "place and places": ("start:", "places: [places/slough.yaml]\nstart:", "give place or places, not both"),
    "a place that is a mapping": ("place: places/walsall.yaml", "place: {name: Walsall}", "give the name of a file"),
    "options that are no list": ("options:", "options: all\nother:", "give a list of policy files"),
    "overrides that are no mapping": ("overrides: {}", "overrides: [months]", "give a mapping of dotted path"),
    "an override of nothing": ("overrides: {}", "overrides: {monts: 3}", "did you mean 'months'?"),
}


@pytest.mark.parametrize(("old", "new", "words"), FILES.values(), ids=FILES)
def test_a_file_that_names_the_wrong_thing_is_explained(folder, old, new, words):
    path = folder / "walsall.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{path}:")


def test_a_missing_scenario_is_guessed(folder):
    with pytest.raises(
        ScenarioError, match=r"walsal\.yaml: error: there is no such file\n.*did you mean 'walsall.yaml'"
    ):
        load_scenario(folder / "walsal.yaml")


@pytest.mark.parametrize(
    ("text", "where", "words"),
    {
        "an instrument": ("  poled_fund: {}", "3:3", "did you mean 'pooled_fund'?"),
        "a setting": ("  pooled_fund: {shre: 0.2}", "3:17", "did you mean 'share'?"),
        "a bound": ("  single_pot: {}\n  pooled_fund: {share: 20}", "4:24", "for 20% write 0.2"),
        "dates": ("  single_pot: {start: 5, end: 5}", "3:31", "end: 5 is not after start, 5"),
        "dates of the second": (
            "  pooled_fund: {}\n  single_pot:\n    start: 5\n    end: 3",
            "6:10",
            "would never act",
        ),
        "a number for settings": ("  pooled_fund: 0.3", "3:16", "0.3 is not a mapping of settings"),
        "a number for a name": ("  5: {}", "3:6", "5 is not the name of an instrument"),
        "a list": ("  [pooled_fund]", "3:3", "a list is not a mapping"),
    }.values(),
)
def test_a_wrong_policy_is_explained_where_it_stands(folder, text, where, words):
    path = folder / "policies" / "mine.yaml"
    path.write_text(f"name: mine\ninstruments:\n{text}\n")
    with pytest.raises(ScenarioError) as caught:
        load_policy(path)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{path}:{where}: error: instruments")


# Experiments


def test_an_experiment_overrides_its_scenario(folder):
    (folder.parent / "experiments").mkdir()
    path = folder.parent / "experiments" / "mine.yaml"
    path.write_text(
        "kind: compare\nname: Mine\nscenario: ../scenarios/walsall.yaml\nreplicates: 3\noutputs: [jobs]\n"
        "overrides: {months: 6, policy.pooled_fund.share: 0.3}\n"
    )
    experiment, scenario = load_experiment(path)
    assert (experiment.replicates, experiment.outputs, experiment.seed) == (3, ["jobs"], 0)
    assert scenario.months == 6
    assert scenario.options["growth_coalition"].instruments["pooled_fund"].share == 0.3


@pytest.mark.parametrize(
    ("line", "where", "words"),
    [
        ("outputs: [job]", "4:11", "did you mean 'jobs'?"),
        ("outputs: []", "4:10", "at least 1"),
        ("replicates: 1", "4:13", "below the smallest allowed, 2"),
        ("overrides: {monts: 5}", "4:20", "did you mean 'months'?"),
        ("kid: compare", "4:1", "did you mean 'kind'?"),
        ("worlds: [steady, steady]", "4:18", "steady is named twice"),
        ("factors: {months: {values: [6, 12]}}", "4:11", "all runs of a comparison last as long"),
        ("factors: {sample: {values: [0.1, 0.2, 0.1]}}", "4:28", "a value is listed twice"),
        ("outputs: [jobs, jobs@month=999]", "4:17", "the run has 240 months"),
        ("precision: {jobs@month=999: 1}", "4:29", "the run has 240 months"),
        ("precision: {jobs: 1}\nreplicates: 20\nmost_replicates: 10", "6:18", "fewer than the 20 replicates"),
        ("budget_neutral: growth_coaliton", "4:17", "did you mean 'growth_coalition'?"),
        ("budget_neutral: -3", "4:17", "give a positive amount in GBP"),
    ],
)
def test_a_wrong_experiment_is_explained_where_it_stands(folder, line, where, words):
    path = folder / "mine.yaml"
    path.write_text(f"kind: compare\nname: Mine\nscenario: walsall.yaml\n{line}\n")
    with pytest.raises(ScenarioError) as caught:
        load_experiment(path)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{path}:{where}")


def test_batch_run_takes_a_scenario_in_a_list_and_says_so():
    scenario = load_scenario(ROOT / "scenarios" / "slough.yaml", sample=0.05, months=1)
    (row,) = mesa.batch_run(coalsim.CoalitionModel, {"scenario": [scenario]}, max_steps=1, display_progress=False)
    assert row["employment_rate"] > 0.5
    with pytest.raises(TypeError, match=r"found \('name', 'Slough.*write \[scenario\]"):
        mesa.batch_run(coalsim.CoalitionModel, {"scenario": scenario}, max_steps=1, display_progress=False)
