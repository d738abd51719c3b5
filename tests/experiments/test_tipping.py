"""`coalsim tipping`: what counts as tipped, every test on small runs, files that are refused, and folders that resume."""

import json
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import coalsim
from coalsim.analysis import transition
from coalsim.experiments.files import TippingFile, load
from coalsim.experiments.tipping import question as asking
from coalsim.experiments.tipping.cost import Cost
from coalsim.experiments.tipping.criterion import Criterion, Limit, of_scenario, rivals
from coalsim.experiments.tipping.evidence import Size, Start, Study
from coalsim.experiments.tipping.finding import TippingPoint
from coalsim.experiments.tipping.partners import chain
from coalsim.experiments.tipping.question import Question
from coalsim.experiments.tipping.study import carry_out, moments
from coalsim.policies.policy import NEVER
from coalsim.scenario.schema import Success

ROOT = Path(__file__).parents[2]
PARTNERSHIP = ROOT / "experiments" / "tipping_partnership.yaml"
LIMIT = Limit("employment_rate", 0.7, True)


@pytest.fixture
def tiny(folder):
    """An experiment that takes seconds: when does the partnership form?"""

    def write(stem="tiny", /, **differences):
        content = {
            "extends": "tipping_partnership.yaml",
            "runs": 16,
            "knock_out": False,
            "sizes": [0.03, 0.035, 0.04],
            "size_replicates": 8,
            "hysteresis": {"steps": 4, "months": 3, "replicates": 2},
            "basins": {"push_months": 12, "months": 24, "replicates": 4, "states": 2, "restarts": 2},
            "overrides": {"months": 36, "sample": 0.03},
            **differences,
        }
        path = folder / f"{stem}.yaml"
        path.write_text(json.dumps(content))
        return path

    return write


def question(path, **settings):
    """The question of a file."""
    return Question.of(*load(path, TippingFile), **settings)


def course(*holds):
    """Employment (months + 1, 1) that is beyond the limit in some months."""
    return np.where(holds, 0.8, 0.6)[:, None].astype(float)


def tipped(holds, running=3, after=None, money_ends=0):
    """The month in which a run tipped."""
    criterion = Criterion("test", "Test", (LIMIT,), running, after)
    return criterion.tipped_month(course(*holds), ("employment_rate",), money_ends)


# What counts as tipped


def test_a_run_tips_once_the_limits_have_held_long_enough_up_to_the_end():
    assert tipped([0, 0, 1, 1, 1]) == 4  # holds in months 2, 3 and 4
    assert tipped([0, 0, 1, 1, 1, 1]) == 4
    assert tipped([0, 1, 1, 1, 0]) is None  # not in the end
    assert tipped([0, 0, 0, 1, 1]) is None  # not long enough
    assert tipped([0, 1, 1, 0, 1, 1, 1]) == 6  # counted from its last return


def test_a_run_tips_only_so_long_after_the_money_has_ended():
    assert tipped([0, *[1] * 9], after=2, money_ends=6) == 8
    assert tipped([0, *[1] * 9], after=4, money_ends=6) is None
    assert tipped([0, *[1] * 9], after=0, money_ends=NEVER) is None
    assert tipped([0, *[1] * 9], after=None, money_ends=NEVER) == 3


def test_a_place_that_meets_the_limits_at_the_start_cannot_tip():
    assert tipped([1] * 10) is None


def test_limits_may_count_from_the_places_own_start():
    values = np.array([0.60, 0.63, 0.61])
    assert Limit("employment_rate", 0.02, True, "plus").holds(values).tolist() == [False, True, False]
    assert Limit("severe_deprivation", 0.75, False, "times").holds(np.array([0.2, 0.15, 0.16])).tolist() == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(("employment", "deprivation", "seeds"), [(0.675, 0.26, range(6)), (0.68, 0.5, range(6))])
def test_the_scenarios_criterion_is_the_rule_by_which_the_model_notes_it(employment, deprivation, seeds):
    scenario = coalsim.load_scenario(
        ROOT / "scenarios" / "walsall.yaml",
        sample=0.03,
        months=72,
        **{
            "success.employment_rate": employment,
            "success.severe_deprivation": deprivation,
            "success.months_running": 6,
            "success.months_after": 6,
            "policy.pooled_fund.end": 12,
        },
    )
    scenario = scenario.model_copy(update={"options": {name: one.ending(24) for name, one in scenario.options.items()}})
    criterion = of_scenario(scenario.success)
    found = []
    for seed in seeds:
        run = coalsim.simulate(scenario, policy="growth_coalition", seed=seed)
        values, names = run.model.indicators.array()[:, 0], run.model.indicators.names
        assert criterion.tipped_month(values, names, run.model.policy.money_ends) == run.tipped["Walsall"]
        assert criterion.holds(values, names).tolist() == (values[:, names.index("sustaining")] == 1).tolist()
        found.append(run.tipped["Walsall"])
    assert any(month is not None for month in found)


def test_rivals_are_stricter_looser_or_about_one_thing():
    success = Success()
    known = {one.name: one for one in rivals(success)}
    strict, own, loose = (
        {limit.indicator: limit.value for limit in one.limits}
        for one in (known["stricter"], of_scenario(success), known["looser"])
    )
    for name in ("employment_rate", "effective_sectors"):
        assert strict[name] > own[name] > loose[name]
    for name in ("severe_deprivation", "temporary_share"):
        assert strict[name] < own[name] < loose[name]
    assert [limit.indicator for limit in known["employment"].limits] == ["employment_rate"]
    assert [limit.indicator for limit in known["deprivation"].limits] == ["severe_deprivation"]
    assert "2 points above its start" in str(known["own_start"])


# The partnership on its own


def settled(h, peer, start, n=4000):
    """Mean choice of many partners without any difference between them, from nobody or everybody in."""
    ends = chain(np.full(n, h), 1.0, peer, 0.25, np.random.default_rng(1))
    return float(ends[: len(ends) // 2].mean() if start == "low" else ends[len(ends) // 2 :].mean())


@pytest.mark.slow
def test_partners_who_follow_each_other_stay_out_up_to_the_known_field():
    # H_s = 0.207546 at K = 1.5, the spinodal of Brock and Durlauf (2001): below it two states last, above it one.
    assert settled(0.19, 1.5, "low") < -0.4 < 0.9 < settled(0.19, 1.5, "high")
    assert settled(0.23, 1.5, "low") == pytest.approx(settled(0.23, 1.5, "high"), abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("h", [0.05, pytest.param(0.0, marks=pytest.mark.nightly)])
def test_partners_below_the_critical_strength_have_one_state(h):
    assert settled(h, 0.9, "low") == pytest.approx(settled(h, 0.9, "high"), abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(("peer", "verdict"), [(1.5, "transition"), (0.0, "crossover")])
def test_the_size_test_tells_partners_who_follow_each_other_from_those_who_do_not(peer, verdict):
    ends = {n: chain(np.zeros(n), 1.0, peer, 0.25, np.random.default_rng(n)) for n in (8, 16, 32, 64, 128)}
    assert transition(ends).verdict == verdict


# Runs


def test_a_sweep_that_stays_where_it_is_is_the_plain_run(tiny):
    q = question(tiny())
    swept = q.make_sweep([0.05, 0.05], 6, 3)
    scenario = q.at((*q.point(0.05), ("months", 12)))
    option = scenario.options[q.policy].ending(None)
    run = coalsim.simulate(
        scenario.model_copy(update={"options": {**scenario.options, q.policy: option}}), policy=q.policy, seed=3
    )
    for name, values in swept.items():
        plain = run.indicators[name].to_numpy()
        assert values == pytest.approx([plain[1:7].mean(), plain[7:13].mean()], rel=1e-12)


def test_states_saved_on_the_way_are_those_of_one_push(tiny):
    q = question(tiny())
    straight, stepwise = asking.state(q, 5, 8), None
    asking._states.cache_clear()
    for month in (2, 8):
        stepwise = asking.state(q, 5, month)
    assert stepwise.fingerprint == straight.fingerprint


def test_restarts_with_fresh_luck_differ_and_with_the_same_luck_do_not(tiny):
    q = question(tiny())
    assert q.make_restart(1, 12, 7, 24) == q.make_restart(1, 12, 7, 24)
    starts = [q.make_restart(1, 12, seed, 24)["from"] for seed in (7, 8)]
    assert starts[0] == starts[1]


def test_a_programme_is_withdrawn_with_all_its_instruments(small):
    policy = small.options["growth_coalition"]
    assert {one.end for one in policy.ending(36).instruments.values()} == {36}
    assert {one.end for one in policy.ending(None).instruments.values()} == {None}
    assert policy.ending(None).money_ends == NEVER


def test_effects_are_looked_at_when_withdrawn_later_and_in_the_end():
    assert moments(36, 240) == {"withdrawn": 36, "later": 72, "end": 240}
    assert moments(36, 60)["later"] == 60
    assert moments(None, 240) == {"end": 240}


def test_the_cost_surface_is_the_quadratic_that_costs_lie_on():
    points = np.random.default_rng(3).random((40, 2))
    costs = 5e6 + 2e6 * points[:, 0] + 3e6 * points[:, 0] * points[:, 1]
    cost = Cost.fit(("a", "b"), points, costs)
    assert cost({"a": 0.5, "b": 0.5}) == pytest.approx(5e6 + 1e6 + 0.75e6)
    assert cost.spread == pytest.approx(0, abs=1)
    assert cost({"a": 0.0, "b": 0.0}) == pytest.approx(max(5e6, costs.min()))


# The verdict


class Found:
    """Stands for what an analysis found."""

    def __init__(self, verdict, n_basins=2, gap=0.0):
        self.verdict, self.n_basins, self.gap = verdict, n_basins, gap


def ends(verdict, n_basins=2, gap=0.0):
    """Ends from two starts that looked like this."""
    return {"a": Start(None, None, Found("", n_basins, gap), Found(verdict))}


def sized(partners, residents="crossover"):
    """A size test that found these."""
    return Size({}, {}, {"employment_rate": Found(residents)}, Found(partners))


def verdict_of(decisive=("a", "employment_rate", "partners_in"), **made):
    """The verdict of a study that found these."""
    return Study(question=SimpleNamespace(decisive=decisive), **made).verdict


def test_a_threshold_is_a_tipping_point_only_with_memory_and_a_transition():
    one = Found("threshold")
    assert verdict_of(threshold=one, size=sized("transition"), hysteresis={"a": Found("hysteresis")}) == "threshold"
    assert verdict_of(threshold=one, size=sized("crossover"), hysteresis={"a": Found("hysteresis")}) == "smooth"
    assert verdict_of(threshold=one, size=sized("transition"), hysteresis={"a": Found("reversible")}) == "smooth"
    assert verdict_of(threshold=one, size=sized("transition"), starts=ends("bistable")) == "threshold"
    assert verdict_of(threshold=one, size=sized("transition"), starts=ends("slow")) == "threshold"  # runs switch
    assert verdict_of(threshold=one, size=sized("transition"), starts=ends("one state", 1)) == "smooth"
    assert verdict_of(threshold=one, size=sized("transition"), starts=ends("slow", 2, 0.5)) == "undetermined"
    assert verdict_of(threshold=one, size=sized("transition"), starts=ends("bistable", 1)) == "undetermined"
    assert verdict_of(threshold=one, size=sized("undetermined")) == "undetermined"
    assert verdict_of(threshold=one, size=sized("crossover")) == "smooth"


def test_only_outputs_that_success_is_about_decide():
    one, memory = Found("threshold"), {"b": Found("hysteresis"), "employment_rate": Found("reversible")}
    place = {"decisive": ("employment_rate",), "threshold": one}
    assert verdict_of(**place, size=sized("transition")) == "smooth"  # of the partnership, not of the place
    assert verdict_of(**place, size=sized("crossover", "transition"), hysteresis=memory) == "smooth"
    assert verdict_of(**place, size=sized("crossover", "transition")) == "threshold"


def test_success_is_about_its_own_indicators(tiny):
    assert question(tiny()).decisive == ("partners_in",)


@pytest.mark.parametrize("verdict", ["never", "always", "not_monotone", "undetermined"])
def test_where_there_is_no_threshold_tests_do_not_make_one(verdict):
    assert verdict_of(threshold=Found(verdict), size=sized("transition"), starts=ends("bistable")) == verdict


# The command


def test_the_json_has_what_others_read(tiny, call):
    found = json.loads(call("tipping", tiny(), "--json", "--workers", 1).stdout)
    assert {"verdict", "threshold", "hysteresis", "basins", "runs"} <= set(found)
    assert {"value", "low", "high", "level"} <= set(found["threshold"])
    quoted = {"population", "horizon_months", "window_months", "starting_state", "size_test"}
    assert quoted <= set(found["threshold"])  # a threshold is never quoted without them
    assert found["threshold"]["size_test"] in ("transition", "crossover")
    assert found["verdict"] in {"threshold", "smooth", "never", "always", "not_monotone", "undetermined"}
    assert set(found["hysteresis"]) == {"partners_in", "pooled_share", "employment_rate"}
    assert found["population"] == round(0.03 * found["population_in_life"])
    assert found["months"] == 36
    assert found["window"] == 24
    assert found["failed_runs"] == []
    assert found["trace"]["lines"]


@pytest.mark.slow
def test_everything_is_kept_and_the_same_command_runs_nothing_again(tiny, call, tmp_path, monkeypatch):
    out = tmp_path / "out"
    first = call("tipping", tiny(), "--json", "--workers", 1, "--out", out).stdout
    assert json.loads((out / "summary.json").read_text()) == json.loads(first)
    assert (out / "findings.txt").read_text().strip()
    assert sorted((out / "figures").glob("*.png"))
    monkeypatch.setattr(Question, "carry_out", None)
    assert call("tipping", tiny(), "--json", "--workers", 1, "--out", out).stdout == first
    said = call("tipping", tiny(), "--out", out, "--seed", 8, code=2).stderr
    assert "it differs in seed (1 there, 8 now)" in said


@pytest.mark.slow
def test_results_do_not_depend_on_workers(tiny, call):
    one, two = (call("tipping", tiny(), "--json", "--workers", n).stdout for n in (1, 2))
    assert one == two


@pytest.mark.slow
def test_several_levers_give_a_boundary_with_its_cheapest_point(tiny, call):
    levers = {
        "policy.reward_grant.share_of_budget": {"low": 0.0, "high": 0.1},
        "policy.convening_support.gap_closed": {"low": 0.0, "high": 1.0},
    }
    path = tiny(levers=levers, hysteresis=None, basins=None, runs=24)
    found = json.loads(call("tipping", path, "--json", "--workers", 1).stdout)
    assert found["threshold"] is None
    assert set(found["boundary"]) >= {"verdict", "contour", "cheapest", "uncertainty", "runs"}


@pytest.mark.nightly
@pytest.mark.slow
def test_knock_outs_rank_the_mechanisms(tiny, call):
    path = tiny(hysteresis=None, basins=None, overrides={"months": 24, "sample": 0.03})
    found = json.loads(call("tipping", path, "--json", "--workers", 2, "--knock-out").stdout)
    rows = found["knock_outs"]
    assert len(rows) == 20
    assert {(row["mechanism"], row["strength"]) for row in rows} >= {("peer_influence", 0.0), ("peer_influence", 0.5)}


@pytest.mark.slow
def test_what_is_withdrawn_is_compared_with_business_as_usual(tiny, call):
    eager = {"months": 36, "sample": 0.03, "world.partnership.reluctance": -0.5}
    nothing = {"levers": {}, "hysteresis": None, "basins": None, "tips_when": None}
    path = tiny(**nothing, withdrawn=[12, 24], withdrawn_replicates=4, overrides=eager)
    found = json.loads(call("tipping", path, "--json", "--workers", 1).stdout)
    assert [row["month"] for row in found["withdrawn"]] == [12, 24, None]
    assert found["verdict"] == "never"
    effects = found["withdrawn"][0]["effects"]["pooled_share"]
    assert effects["withdrawn"]["effect"] > 0
    assert effects["end"]["effect"] == 0


def test_the_tests_of_a_study_lie_on_what_it_found():
    asked = SimpleNamespace(decisive=("a", "employment_rate", "partners_in"))
    study = Study(question=asked, size=sized("transition"), hysteresis={"a": Found("reversible")})
    found = TippingPoint(study)
    assert list(found.tests.values()) == ["no", "yes"]
    assert found.hysteresis["a"].verdict == "reversible"
    assert found.size is study.size
    given = {f.name for f in fields(Study)} - {"question", "turned", "turning", "runs", "failed"}
    assert all(getattr(found, name) is getattr(study, name) for name in given)


def test_jupyter_shows_the_verdict_and_a_table(tiny):
    nothing = {"levers": {}, "hysteresis": None, "basins": None, "tips_when": None}
    overrides = {"months": 24, "sample": 0.03}
    path = tiny(**nothing, withdrawn=[12], withdrawn_replicates=4, overrides=overrides)
    shown = TippingPoint(carry_out(question(path), workers=1))._repr_html_()
    assert shown.startswith("<p>It never tips.</p>")
    assert "withdrawn after 1 years" in shown
    assert "<details>" in shown


def test_failing_runs_are_recorded_and_the_rest_goes_on(tiny, call, monkeypatch):
    made = Question.make_run

    def sometimes(self, changes, seed, *rest):
        if seed == 3:
            raise ArithmeticError("poison")
        return made(self, changes, seed, *rest)

    monkeypatch.setattr(Question, "make_run", sometimes)
    result = call("tipping", tiny(hysteresis=None, basins=None), "--json", "--workers", 1, code=3)
    found = json.loads(result.stdout)
    assert found["failed_runs"]
    assert all("poison" in one["error"] for one in found["failed_runs"])
    assert "failed runs" in result.stderr


@pytest.mark.slow
def test_several_experiments_pass_over_other_kinds_and_make_a_page(tiny, folder, call, tmp_path):
    page = tmp_path / "page" / "findings.md"
    first = tiny(hysteresis=None, basins=None)
    second = tiny("other", name="Another", hysteresis=None, basins=None, seed=5)
    call("tipping", first, second, folder / "walsall_options.yaml", "--workers", 1, "--page", page)
    text = page.read_text()
    assert "## Walsall, the partnership forms" in text
    assert "## Another" in text
    for image in (page.parent / "images").glob("*.png"):
        assert f"images/{image.name}" in text
    page.write_text("mine")
    assert "left as it is" in call("tipping", first, second, "--page", page, code=2).stderr


# Bad input


@pytest.mark.parametrize(
    ("differences", "words"),
    [
        ({"levers": {"policy.pooled_fnd.share": {"low": 0, "high": 1}}}, ["did you mean 'pooled_fund'"]),
        ({"levers": {"policy.pooled_fund.shar": {"low": 0, "high": 1}}}, ["did you mean 'share'"]),
        ({"levers": {"policy.pooled_fund.share": {"low": 0.5, "high": 0.5}}}, ["0.5 is not below high, 0.5"]),
        ({"levers": {"policy.pooled_fund.share": {"low": 0, "high": 7}}}, ["share: 7 is above the largest allowed, 1"]),
        ({"runs": 3}, ["3 are too few for one lever; give at least"]),
        ({"levers": {}}, ["give a lever"]),
        ({"outputs": ["employment"]}, ["did you mean 'employment_rate'"]),
        ({"outputs": ["jobs@end"]}, ["name a plain indicator"]),
        ({"tips_when": {"bounds": {"jbs": {"at_least": 3}}}}, ["did you mean 'jobs'"]),
        ({"tips_when": {"bounds": {"jobs": {}}}}, ["give at_least, at_most or both"]),
        ({"sizes": [0.1, 0.05, 0.2]}, ["0.05 does not follow 0.1"]),
        ({"sizes": [0.0001, 0.1, 0.2]}, ["give a sample of"]),
        ({"withdrawn": [400]}, ["400 does not lie within the run of 36 months"]),
        ({"policy": "business_as_usual"}, ["business_as_usual has no reward_grant"]),
        ({"place": "Wallsall"}, ["did you mean 'Walsall'"]),
        ({"levers": {"world.partnership.peer": {"low": 0, "high": 1}}}, ["need a lever of the policy"]),
        ({"basins": {"push": {"world.partnership.peer": 2}}}, ["a push changes the policy only"]),
        ({"world": "stedy"}, ["did you mean 'steady'"]),
        ({"tolerence": 0.1}, ["tolerance"]),
    ],
)
def test_a_wrong_experiment_is_refused_with_place_and_cure(tiny, call, differences, words):
    path = tiny("wrong")
    content = json.loads(path.read_text())
    for key in ("levers", "tips_when"):  # replace what is extended, and not merge with it
        if key in differences:
            base = path.parent / "tipping_partnership.yaml"
            text = base.read_text()
            start = text.index(f"{key}:")
            rest = text[start + 1 :]
            stop = next(k for k, line in enumerate(rest.splitlines()) if k and line and line[0] not in " #")
            base.write_text(text[:start] + "\n".join(rest.splitlines()[stop:]) + "\n")
    path.write_text(json.dumps({**content, **differences}))
    said = call("tipping", path, code=2)
    assert said.stdout == ""
    for word in words:
        assert word in said.stderr
    assert "wrong.yaml:1" in said.stderr or "tipping_partnership.yaml" in said.stderr


def test_usual_sizes_that_do_not_fit_a_small_place_are_told_as_such(tiny, call):
    path = tiny(overrides={"months": 36, "sample": 0.5, "place.residents.population": 20_000})
    content = json.loads(path.read_text())
    del content["sizes"]
    path.write_text(json.dumps(content))
    said = " ".join(call("tipping", path, code=2).stderr.split())
    assert "of the usual sizes" in said
    assert "one does not fit" in said
    assert "write larger ones" in said


def test_an_experiment_of_another_kind_names_its_command(folder, call):
    said = call("tipping", folder / "walsall_options.yaml", code=2).stderr
    assert "run it with `coalsim compare" in said


# In Python


def test_a_lever_without_a_range_is_refused():
    with pytest.raises(ValueError, match="give low and high"):
        coalsim.find_tipping_point(ROOT / "scenarios" / "walsall.yaml", "policy.pooled_fund.share")


def test_a_misspelt_lever_is_refused_in_python_too():
    with pytest.raises(ValueError, match="did you mean 'pooled_fund'"):
        coalsim.find_tipping_point(ROOT / "scenarios" / "walsall.yaml", "policy.poold_fund.share", 0, 1)
