"""Comparisons: worlds, factors, places and groups apart, equal costs, stated precision, and what is said of it all."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import coalsim
from coalsim.analysis import compare_paired

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def compared():
    """Walsall, which can tip, and Slough, which meets the thresholds at the start."""
    scenario = coalsim.load_scenario(ROOT / "scenarios" / "four_places.yaml", sample=0.1, months=6)
    scenario = scenario.model_copy(update={"places": [scenario.places[0], scenario.places[2]]})
    return coalsim.compare(scenario, replicates=2, workers=1)


def test_each_place_can_be_looked_at_alone(compared):
    parts = [compared.in_place(place.name) for place in compared.scenario.places]
    jobs = [part.values("growth_coalition", "jobs") for part in parts]
    assert compared.values("growth_coalition", "jobs") == pytest.approx(sum(jobs))
    rates = [part.values("growth_coalition", "employment_rate") for part in parts]
    adults = [place.adults for place in compared.scenario.places]
    assert compared.values("growth_coalition", "employment_rate") == pytest.approx(
        np.average(rates, axis=0, weights=adults)
    )


def test_places_that_meet_the_thresholds_at_the_start_are_left_out_of_tipping(compared):
    walsall, slough = (compared.in_place(place.name) for place in compared.scenario.places)
    assert (walsall.runs_that_can_tip, slough.runs_that_can_tip, compared.runs_that_can_tip) == (2, 0, 2)
    assert np.isnan(slough.p_tipped("growth_coalition")).all()
    assert "not applicable" in str(slough)
    assert "SLOUGH" in str(compared)


def test_a_comparison_says_when_runs_are_too_short_to_judge(compared):
    assert "too short to judge tipping" in compared.conclusion()


@pytest.fixture(scope="module")
def worlds():
    """Walsall in two worlds."""
    scenario = coalsim.load_scenario(ROOT / "scenarios" / "walsall.yaml", sample=0.05, months=24)
    outputs = (
        "employment_rate",
        "severe_deprivation@end",
        "jobs@max",
        "tipped",
        "months_to_tip",
        "claimant_rate@month=3",
    )
    return coalsim.compare(scenario, replicates=3, workers=1, worlds=["steady", "no_feedback"], outputs=outputs)


def test_outputs_are_what_their_names_say(worlds):
    jobs, rate = worlds.courses("growth_coalition", "jobs"), worlds.courses("growth_coalition", "claimant_rate")
    assert worlds.values("growth_coalition", "jobs@max").tolist() == jobs.max(axis=1).tolist()
    assert worlds.values("growth_coalition", "jobs@min").tolist() == jobs.min(axis=1).tolist()
    assert worlds.values("growth_coalition", "jobs@mean").tolist() == jobs[:, 1:].mean(axis=1).tolist()
    assert worlds.values("growth_coalition", "jobs@end").tolist() == jobs[:, -1].tolist()
    last = jobs[:, -12:].mean(axis=1)
    assert worlds.values("growth_coalition", "jobs").tolist() == last.tolist()
    assert worlds.values("growth_coalition", "jobs@change").tolist() == (last - jobs[:, 0]).tolist()
    assert worlds.values("growth_coalition", "jobs@growth") == pytest.approx((last - jobs[:, 0]) / jobs[:, 0], rel=1e-9)
    assert worlds.values("growth_coalition", "claimant_rate@month=3").tolist() == rate[:, 3].tolist()
    assert worlds.values("growth_coalition", "tipped").tolist() == [0, 0, 0]
    assert np.isnan(worlds.values("growth_coalition", "months_to_tip")).all()


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("jobz", "did you mean 'jobs'"),
        ("jobs@ends", "did you mean jobs@end"),
        ("jobs@month=x", "write one of jobs@end"),
        ("jobs@month=99", "the run has 24 months"),
        ("tipped@end", "stands alone"),
    ],
)
def test_an_output_that_means_nothing_is_refused(output, words, small):
    with pytest.raises(ValueError, match=words):
        coalsim.compare(small, replicates=2, months=24, outputs=[output])


def test_an_effect_is_that_of_the_pairs(worlds):
    base, option = (worlds.courses(name, "employment_rate")[:, -12:].mean(axis=1) for name in worlds.options[::2])
    assert worlds.effect("growth_coalition", "employment_rate") == compare_paired(base, option)


def test_a_world_without_feedback_has_no_effect_on_work(worlds):
    steady, null = worlds.cases()
    assert (steady.world, null.world) == ("steady", "no_feedback")
    for option in worlds.options:
        for name in ("employment_rate", "jobs@max", "claimant_rate@month=3"):
            effect = null.effect(option, name)
            assert (effect.effect, effect.low, effect.high) == (0, 0, 0)
    assert steady.effect("growth_coalition", "employment_rate").effect != 0
    assert "none at all" in str(worlds)


def test_regret_is_the_loss_against_the_best_option_of_each_world(worlds):
    robust = worlds.robustness
    means = np.array([[case.mean(option, "employment_rate") for option in worlds.options] for case in worlds.cases()])
    assert robust.regret == pytest.approx(means.max(axis=1, keepdims=True) - means)
    assert robust.largest == pytest.approx(robust.regret.max(axis=0))
    assert robust.regret[1].tolist() == [0, 0, 0]  # nothing matters without feedback
    told = worlds.summary()
    assert [told["options"][option]["regret"] for option in worlds.options] == pytest.approx(list(robust.largest))
    assert told["robustness"]["options"]["growth_coalition"]["regret"].keys() == {"steady", "no_feedback"}
    assert "REGRET in employment rate (points)" in str(worlds)


def test_a_summary_is_json_without_nan(worlds):
    text = json.dumps(worlds.summary(), allow_nan=False)
    assert json.loads(text)["options"]["growth_coalition"]["months_to_tip"]["effect"] is None


def test_every_run_has_a_row(worlds):
    runs = worlds.runs()
    assert runs["run_id"].tolist() == list(range(18))
    assert runs.groupby(["world", "policy"], sort=False)["seed"].apply(list).tolist() == [[0, 1, 2]] * 6
    assert runs["status"].eq("done").all()
    assert runs["fingerprint"].nunique() == 18  # replicates differ
    one = runs[(runs["policy"] == "growth_coalition") & (runs["world"] == "steady")]
    assert one["jobs@max"].tolist() == worlds.values("growth_coalition", "jobs@max").tolist()


def test_all_residents_gain_what_the_place_gains(worlds):
    table = worlds.distribution()
    everyone = table[(table["grouping"] == "all") & (table["option"] == "growth_coalition")].set_index("indicator")
    effect = worlds.effect("growth_coalition", "employment_rate")
    assert everyone.loc["employment_rate", "effect"] == pytest.approx(effect.effect, abs=1e-12)
    assert everyone.loc["employment_rate", "low"] == pytest.approx(effect.low, abs=1e-12)
    assert set(table["grouping"]) == {"all", "deprivation at the start", "qualification", "health"}
    assert len(worlds.distribution("neighbourhood")["group"].unique()) == 169
    with pytest.raises(ValueError, match="give one of all"):
        worlds.distribution("colour")


def test_who_gains_is_told_for_each_group(worlds):
    told = worlds.summary()["cases"][0]["who_gains"]
    table = worlds.distribution().set_index(["grouping", "group", "indicator", "option"])
    group = told["Walsall"]["deprivation at the start"]["most deprived fifth"]["growth_coalition"]
    row = table.loc[("deprivation at the start", "most deprived fifth", "employment_rate", "growth_coalition")]
    assert group == {name: row[name] for name in ("mean", "effect", "low", "high", "p_better")}
    shown = str(worlds)
    assert shown.count("who gains: employment rate") == 2  # in each world
    # Nothing has a sign that rounds to nothing.
    effect, low, high = (
        f"{100 * row[end]:+.2f}".replace("+0.00", "0.00").replace("-0.00", "0.00") for end in ("effect", "low", "high")
    )
    assert f"{effect} ({low} to {high})" in shown


def test_every_figure_carries_the_name_of_its_results(worlds):
    drawn = dict(worlds.figures())
    assert drawn.keys() == {"difference", "fan", "pairs", "lights", "regret", "groups"}
    for figure in drawn.values():
        assert f"results {worlds.ensemble.name}" in figure.texts[-1].get_text().replace("\n", " ")


def test_the_name_of_results_hangs_on_what_was_run_and_found(worlds, small):
    again = coalsim.compare(small, replicates=2, workers=1, months=2)
    assert again.ensemble.name != worlds.ensemble.name
    assert coalsim.compare(small, replicates=2, workers=1, months=2).ensemble.name == again.ensemble.name
    assert coalsim.compare(small, replicates=2, workers=1, months=2, seed=1).ensemble.name != again.ensemble.name


def test_factors_are_crossed_and_share_their_luck(small):
    factors = {"policy.pooled_fund.share": [0.1, 0.3], "world.partnership.reluctance": [0.5, 1.0]}
    compared = coalsim.compare(small, replicates=2, workers=1, months=6, factors=factors)
    assert [dict(case.factors) for case in compared.cases()] == [
        {"policy.pooled_fund.share": share, "world.partnership.reluctance": reluctance}
        for share in (0.1, 0.3)
        for reluctance in (0.5, 1.0)
    ]
    # business as usual has no pooled fund, so its runs are the same for every share
    fingerprints = compared.runs().query("policy == 'business_as_usual'").groupby("seed")["fingerprint"]
    assert fingerprints.nunique().tolist() == [2, 2] or fingerprints.nunique().tolist() == [1, 1]
    table = compared.table()
    assert len(table) == 4 * 3 * 6
    pooled = table[(table["indicator"] == "pooled_share") & (table["option"] == "growth_coalition")]
    by_share = pooled.groupby("policy.pooled_fund.share")["mean"].mean()
    assert by_share[0.3] > by_share[0.1]
    assert "policy.pooled_fund.share = 0.3" in str(compared)


@pytest.mark.parametrize(
    ("factors", "words"),
    [
        ({"policy.pooled_fund.shore": [0.1]}, "did you mean 'share'"),
        ({"policy.pooled_fund.share": [0.1, 1.4]}, "above the largest allowed, 1"),
        ({"policy.pooled_fund.share": []}, "at least one value"),
        ({"policy.pooled_fund.share": [0.1, 0.1]}, "listed twice"),
    ],
)
def test_a_factor_that_does_not_fit_is_refused_before_anything_runs(factors, words, small):
    with pytest.raises(ValueError, match=words):
        coalsim.compare(small, replicates=2, factors=factors)


def test_replicates_are_added_until_the_precision_is_reached(small, tmp_path):
    few = coalsim.compare(small, replicates=4, workers=1, months=12)
    width = 0.7 * max(few.effect(option, "employment_rate").half_width for option in few.options[1:])
    asked = {"replicates": 4, "workers": 1, "months": 12, "precision": {"employment_rate": width}}
    enough = coalsim.compare(small, **asked, out=tmp_path / "out")
    assert enough.replicates > 4
    assert enough.is_precise({"employment_rate": width})
    assert all(enough.effect(option, "employment_rate").half_width <= width for option in enough.options)
    assert len(enough.runs()) == 3 * enough.replicates
    again = coalsim.compare(small, **asked, out=tmp_path / "out")
    assert (again.replicates, again.fingerprint) == (enough.replicates, enough.fingerprint)


def test_a_precision_out_of_reach_stops_at_the_most_replicates(small):
    found = coalsim.compare(small, replicates=2, workers=1, months=24, precision={"jobs": 1e-9}, most_replicates=5)
    assert found.replicates == 5
    assert not found.is_precise({"jobs": 1e-9})
    assert found.runs_for({"jobs": 1e-9}) > 5
    assert "was not reached" in str(found)


def test_budget_neutral_options_cost_the_same(small):
    asked = {"replicates": 3, "workers": 1, "months": 48}
    before = coalsim.compare(small, **asked)
    found = coalsim.compare(small, **asked, budget_neutral="single_pot_laa")
    cost = before.cost("single_pot_laa")
    assert before.cost("growth_coalition") != pytest.approx(cost, rel=0.05)
    assert found.scaled.keys() == {"single_pot_laa", "growth_coalition"}
    assert found.scaled["single_pot_laa"] == 1
    for option in found.scaled:
        assert found.cost(option) == pytest.approx(cost, rel=0.05)
    assert found.cost("business_as_usual") == 0
    assert "Budget-neutral: money scaled to the same cost" in str(found)
    assert found.summary()["scaled"] == found.scaled


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("growth_colation", "did you mean 'growth_coalition'"),
        ("business_as_usual", "costs nothing"),
        ("-5", "positive amount"),
        ("1e9", "growth_coalition|single_pot_laa cannot be made to cost so much"),
    ],
)
def test_a_budget_that_cannot_be_met_is_refused(target, words, small):
    with pytest.raises(ValueError, match=words):
        coalsim.compare(small, replicates=2, workers=1, months=12, budget_neutral=target)


def test_a_bootstrap_interval_can_be_asked_for(small):
    found = coalsim.compare(small, replicates=3, workers=1, months=3, interval="bootstrap")
    base, option = found.pairs("growth_coalition", "employment_rate")
    assert found.effect("growth_coalition", "employment_rate") == compare_paired(base, option, interval="bootstrap")
    with pytest.raises(ValueError, match="give t or bootstrap"):
        coalsim.compare(small, replicates=2, interval="normal")


SCRIPT = """
import coalsim
from coalsim.experiments import design
from coalsim.policies import Instrument
from pydantic import Field

class NightSchool(Instrument):
    "An instrument of somebody's notebook."
    phase = "services"
    places: int = Field(10, ge=0, description="Places.")

    def act_on(self, model, locality, terms, strength):
        terms.offered_share = 0.5 * strength

scenario = coalsim.load_scenario("scenarios/walsall.yaml", sample=0.05, months=3)
night = coalsim.Policy(name="Night school", instruments={"night_school": {"places": 20}})
scenario = scenario.model_copy(update={"options": {**scenario.options, "night_school": night}})
design.PART_S = 0.01  # several parts, so that workers are used
one, two = (coalsim.compare(scenario, replicates=2, workers=workers).fingerprint for workers in (1, 2))
assert one == two

from coalsim.indicators import indicator

@indicator(unit="1", subject="labour")
def answer(model, place) -> float:
    "The answer."
    return 42.0

try:
    coalsim.compare(scenario, replicates=3, workers=2)
except Exception as error:
    print(error)
print("ended")
"""


def test_a_script_without_a_guard_may_bring_its_own_instruments(tmp_path):
    script = tmp_path / "notebook.py"
    script.write_text(SCRIPT)
    ended = subprocess.run([sys.executable, script], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ended.stdout.endswith("ended\n"), ended.stderr
    assert ended.stdout.count("ended") == 1  # workers did not run the script again
    assert "'answer', which was defined in this session only; put it into a module" in ended.stdout
