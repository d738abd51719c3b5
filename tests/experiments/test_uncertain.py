"""`coalsim sensitivity` and `coalsim discover`: what runs give, tables, JSON, words, failures, folders that resume."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import coalsim
from coalsim.experiments.files import DiscoverFile, SensitivityFile, load
from coalsim.experiments.journal import Journal
from coalsim.experiments.kept_runs import seal
from coalsim.experiments.manifest import differences, read_manifest, write_manifest
from coalsim.experiments.parts import DamagedError
from coalsim.experiments.uncertain import discovery
from coalsim.experiments.uncertain.question import Question
from coalsim.experiments.uncertain.sensitivity import Plan, carry_out
from coalsim.reporting.studies import Study

ROOT = Path(__file__).parents[2]
SCENARIO = ROOT / "scenarios" / "walsall.yaml"
SMALL = {"months": 8, "sample": 0.03}
TWO_YEARS = {"months": 24, "sample": 0.03}
FACTORS = {"world.partnership.reluctance": {}, "policy.pooled_fund.share": {"low": 0.0, "high": 1.0}}


@pytest.fixture
def tiny(folder):
    """An experiment that takes seconds."""

    def write(stem="tiny", /, **differences):
        content = {
            "kind": "sensitivity",
            "name": "Who joins",
            "scenario": "../scenarios/walsall.yaml",
            "policy": "growth_coalition",
            "factors": FACTORS,
            "outputs": ["partners_in", "pooled_share@end"],
            "method": "sobol_total",
            "samples": 8,
            "overrides": SMALL,
            **differences,
        }
        path = folder / f"{stem}.yaml"
        path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))
        return path

    return write


@pytest.fixture
def tiny_discovery(tiny):
    """The same for discovery."""
    cases = {"most partners pool": {"output": "partners_in", "at_least": 0.5}}

    def write(**differences):
        return tiny(**{"kind": "discover", "method": None, "samples": 60, "cases": cases, **differences})

    return write


def question(path, **settings):
    """The question of a sensitivity file."""
    return Plan.of(*load(path, SensitivityFile), **settings).question


# What a run gives


def test_a_run_gives_the_outputs_of_its_factors_and_seed(tiny):
    outputs = ["partners_in", "employment_rate@change", "jobs@month=12", "tipped", "months_to_tip"]
    q = question(tiny(outputs=outputs, overrides=TWO_YEARS))
    given = q.carry_out(((0.25, 0.3), 4))
    run = coalsim.simulate(
        SCENARIO,
        policy="growth_coalition",
        seed=4,
        **TWO_YEARS,
        **{"world.partnership.reluctance": 0.25, "policy.pooled_fund.share": 0.3},
    )
    table = run.indicators
    assert given["partners_in"] == pytest.approx(table["partners_in"].iloc[-12:].mean())
    assert given["employment_rate@change"] == pytest.approx(
        table["employment_rate"].iloc[-12:].mean() - table["employment_rate"].iloc[0]
    )
    assert given["jobs@month=12"] == table["jobs"].iloc[12]
    assert given["tipped"] == 0
    assert given["months_to_tip"] is None


def test_against_an_option_outputs_are_differences_with_the_same_luck(tiny):
    alone, other = (question(tiny(policy=name)) for name in ("growth_coalition", "single_pot_laa"))
    both = question(tiny(against="single_pot_laa"))
    task = ((-0.4, 0.5), 9)
    expected = {name: value - other.carry_out(task)[name] for name, value in alone.carry_out(task).items()}
    assert both.carry_out(task) == pytest.approx(expected)


def test_a_world_is_a_factor(tiny):
    factors = {"world": {"values": ["steady", "recession_2008"]}, "world.conditions.eta": {}}
    q = question(tiny(factors=factors))
    assert q.at(("recession_2008", 2.0)).world.shocks
    assert not q.at(("steady", 2.0)).world.shocks
    assert q.at(("steady", 2.0)).world.conditions.eta == 2.0
    before = q.described()
    assert list(before["worlds"]) == ["steady", "recession_2008"]
    edited = Path(q.scenario.folder) / "worlds" / "recession_2008.yaml"
    edited.write_text(edited.read_text().replace("start: 2008-04", "start: 2008-05"))
    differs = list(differences(before, question(tiny(factors=factors)).described()))
    assert len(differs) == 1
    assert differs[0].startswith("worlds.recession_2008.shocks.0.start ")


def test_the_first_option_decides_too_since_it_is_in_force_where_the_policy_is_not(tiny):
    before = question(tiny()).described()
    policy = Path(question(tiny()).scenario.folder) / "policies" / "business_as_usual.yaml"
    policy.write_text(policy.read_text().replace("instruments: {}", "instruments: {extra_money: {per_head: 1}}"))
    assert question(tiny()).described() != before


def test_a_path_that_ends_in_a_star_stands_for_every_declared_range_below_it(tiny):
    q = question(tiny(factors={"world.mechanisms.*": {}, "world.mechanisms.brokerage": {"low": 0.5, "high": 0.6}}))
    assert len(q.factors) == 10
    assert q.factors["world.mechanisms.brokerage"] == (0.5, 0.6)
    assert q.factors["world.mechanisms.displacement"] == (0, 1)  # as declared


def test_shapes_are_distributions(tiny):
    shapes = {
        "world.conditions.eta": {"low": 1, "high": 3, "shape": "triangular", "mode": 1.5},
        "world.conditions.rho": {"low": -3, "high": 1, "shape": "normal"},
        "world.partnership.trust_scale": {"low": 10, "high": 100, "shape": "log_uniform"},
    }
    given = question(tiny(factors=shapes)).factors
    assert given["world.conditions.eta"].stats()[0] == pytest.approx((1 + 1.5 + 3) / 3)
    assert given["world.conditions.rho"].support() == pytest.approx((-3, 1))
    assert given["world.conditions.rho"].mean() == pytest.approx(-1)
    assert given["world.partnership.trust_scale"].median() == pytest.approx(10**1.5)


def test_the_threshold_of_a_run_is_where_its_lever_tips_it(tiny, monkeypatch):
    """A run that tips from 0.0375 on: half-way between the last two of six halvings of 0 to 0.1."""
    lever = "policy.reward_grant.share_of_budget"
    q = question(tiny(threshold={"lever": lever, "low": 0.0, "high": 0.1, "steps": 6}))
    monkeypatch.setattr(Question, "_outputs", lambda *_: {})
    asked = []

    def simulate(scenario, *, policy, seed):
        asked.append(scenario.options[policy].instruments["reward_grant"].share_of_budget)

    monkeypatch.setattr("coalsim.experiments.uncertain.question.simulate", simulate)
    for turn, expected, beyond in ((0.0375, 0.0375, None), (0.2, 0.1, "above"), (-1, 0.0, "below")):
        monkeypatch.setattr(Question, "_tips", lambda self, run, changed, turn=turn: asked[-1] >= turn)
        asked.clear()
        given = q.carry_out(((0.0, 0.5), 1))
        assert given["threshold"] == pytest.approx(expected, abs=0.1 / 2**7)
        assert given["beyond"] == beyond
        assert len(asked) == (8 if beyond is None else 1 if beyond == "above" else 2)


def test_what_counts_as_tipped_can_be_a_rival_definition(tiny):
    assert "0.726" in str(question(tiny()).criterion) or "72.6%" in str(question(tiny()).criterion)
    assert "above its start" in str(question(tiny(definition="own_start")).criterion)
    bounds = {"bounds": {"partners_in": {"at_least": 0.5}}, "months_running": 12}
    assert "partners in at least 50%" in str(question(tiny(tips_when=bounds)).criterion)


# The commands


def test_a_sensitivity_analysis_says_what_matters(tiny, call, tmp_path):
    out = tmp_path / "out"
    result = call("sensitivity", tiny(samples=32), "--workers", 1, "--out", out)
    for words in (
        "Who joins (Walsall; world: steady; Growth coalition)",
        "PARTNERS IN",
        "Luck makes",
        "S1",
        "± is half a 95%",
    ):
        assert words in result.stdout
    assert "partnership, reluctance" in result.stdout
    assert "results in" in result.stdout
    summary = json.loads((out / "summary.json").read_text())
    assert summary["complete"]
    assert set(summary["outputs"]["partners_in"]) == set(FACTORS)
    runs = pd.read_parquet(out / "runs.parquet")
    assert len(runs) == summary["runs"] == 32 * 4 + 32
    assert runs["status"].eq("done").all()
    assert runs["world.partnership.reluctance"].between(-0.5, 0.3).all()
    assert {path.name for path in (out / "figures").iterdir()} >= {"indices.png", "tornado_1.png"}
    assert json.loads((out / "manifest.json").read_text())["state"] == "done"


def test_json_holds_what_programs_rely_on(tiny, call):
    found = json.loads(call("sensitivity", tiny(method="sobol"), "--json", "--workers", 1).stdout)
    for factor in FACTORS:
        assert set(found["outputs"]["partners_in"][factor]) == {"S1", "S1_conf", "ST", "ST_conf"}
    assert set(found["noise_share"]) == {"partners_in", "pooled_share@end"}
    assert found["failed_runs"] == 0
    assert re.fullmatch("[0-9a-f]{64}", found["fingerprint"])
    assert found["second_order"]["partners_in"][0]["with"] == "policy.pooled_fund.share"
    assert found["factors"]["policy.pooled_fund.share"] | {"title": ""} == {
        "title": "", "low": 0.0, "high": 1.0, "shape": "uniform",
    }  # fmt: skip


def test_workers_change_nothing(tiny, call):
    one, two = (json.loads(call("sensitivity", tiny(), "--json", "--workers", n).stdout) for n in (1, 2))
    assert one == two


def test_every_method_works_end_to_end(tiny, call):
    path = tiny(outputs=["partners_in"], overrides={"months": 6, "sample": 0.03})
    for method in ("two_stage", "morris", "rbd_fast"):
        found = json.loads(call("sensitivity", path, "--method", method, "--quick", "--json", "--workers", 1).stdout)
        assert found["method"] == method
        assert found["quick"]


def test_the_same_folder_goes_on_and_serves_other_methods(tiny, call, tmp_path, monkeypatch):
    out = tmp_path / "out"
    path = tiny()
    call("sensitivity", path, "--workers", 1, "--out", out)
    made = []
    carried = Question.carry_out
    monkeypatch.setattr(Question, "carry_out", lambda self, task: made.append(task) or carried(self, task))
    call("sensitivity", path, "--workers", 1, "--out", out)
    assert made == []
    call("sensitivity", path, "--workers", 1, "--out", out, "--samples", 16)
    assert len(made) == 8 * 4 + 8  # the first half is there
    refused = call("sensitivity", path, "--workers", 1, "--out", out, "--set", "months=9", code=2)
    assert "it holds another experiment of this kind" in refused.stderr


@pytest.mark.slow
def test_a_precision_ends_it_early(tiny, call):
    path = tiny(outputs=["pooled_share@end"], samples=128, precision=0.95)
    found = json.loads(call("sensitivity", path, "--json", "--workers", 2).stdout)
    assert found["runs"] < 128 * 5


def test_failed_runs_are_counted_and_never_filled(tiny, call, monkeypatch):
    carried = Question.carry_out

    def sometimes(self, task):
        if task[1] % 7 == 3:
            raise ArithmeticError("poison")
        return carried(self, task)

    monkeypatch.setattr(Question, "carry_out", sometimes)
    result = call("sensitivity", tiny(samples=32), "--json", "--workers", 1, code=3)
    found = json.loads(result.stdout)
    assert found["failed_runs"] == len(found["failures"]) > 5
    assert "poison" in found["failures"][0]["error"]
    assert "reluctance" in found["failures"][0]["run"]
    assert found["outputs"]["partners_in"]["world.partnership.reluctance"]["ST"] is not None
    assert "failed runs" in result.stderr


def test_all_failed_is_an_error_and_the_runs_say_why(tiny, call, tmp_path, monkeypatch):
    def never(self, task):
        raise ArithmeticError("poison")

    monkeypatch.setattr(Question, "carry_out", never)
    result = call("sensitivity", tiny(), "--workers", 1, "--out", tmp_path / "out", code=1)
    assert "all 40 runs failed; the first: ArithmeticError: poison" in result.stderr
    assert pd.read_parquet(tmp_path / "out" / "runs.parquet")["error"].str.contains("poison").all()


def test_an_output_that_nothing_moves_is_told_beside_others_and_alone_ends_with_1(tiny, call):
    found = json.loads(call("sensitivity", tiny(outputs=["tipped", "partners_in"]), "--json", "--workers", 1).stdout)
    assert found["constant"] == {"tipped": 0.0}
    assert found["outputs"]["tipped"]["policy.pooled_fund.share"]["ST"] is None
    alone = call("sensitivity", tiny(outputs=["tipped"]), "--workers", 1, code=1)
    assert "It is 0.00 % in every run: there is nothing to attribute." in alone.stdout
    assert "no output varies" in alone.stderr


def test_undefined_outputs_are_counted(tiny, call, monkeypatch):
    carried = Question.carry_out

    def half(self, task):
        given = carried(self, task)
        return given | ({"pooled_share@end": None} if task[0][0] < -0.1 else {})

    monkeypatch.setattr(Question, "carry_out", half)
    result = call("sensitivity", tiny(samples=32), "--workers", 1)
    assert re.search(r"Undefined in \d+ runs, which are left out", result.stdout)


def test_several_files_make_one_object_and_other_kinds_are_passed_over(tiny, folder, call, tmp_path):
    first, second = tiny(), tiny("other", name="Another")
    out = tmp_path / "out"
    found = json.loads(
        call(
            "sensitivity", first, second, folder / "walsall_options.yaml", "--json", "--workers", 1, "--out", out
        ).stdout
    )
    assert set(found["experiments"]) == {"tiny", "other"}
    assert (out / "tiny" / "summary.json").is_file()
    assert "is another kind of experiment" in call("sensitivity", folder / "walsall_options.yaml", code=2).stderr


def test_discovery_says_where(tiny_discovery, call, tmp_path):
    out = tmp_path / "out"
    result = call("discover", tiny_discovery(), "--workers", 1, "--out", out)
    assert "WHERE MOST PARTNERS POOL" in result.stdout
    assert "(partners in at least 50 %)" in result.stdout
    summary = json.loads((out / "summary.json").read_text())
    case = summary["cases"]["most partners pool"]
    assert case["cases"] == 60
    assert case["verdict"] in ("boxes", "no pattern", "never", "always", "too few")
    runs = pd.read_parquet(out / "runs.parquet")
    assert len(runs) == summary["runs"] == 75


def test_a_planted_condition_is_discovered_and_drawn(tiny_discovery, call, tmp_path, monkeypatch):
    """Partners pool where they are willing and the share is large, whatever the world."""

    def planted(self, task):
        (reluctance, share, world), _ = task
        joins = reluctance < -0.1 and share > 0.4 and world == "steady"
        return {"partners_in": float(joins), "pooled_share@end": share}

    monkeypatch.setattr(Question, "carry_out", planted)
    factors = {**FACTORS, "world": {"values": ["steady", "recession_2008"]}}
    result = call("discover", tiny_discovery(factors=factors, samples=400), "--workers", 1, "--out", tmp_path / "out")
    said = " ".join(result.stdout.split())
    assert "world is steady" in said
    assert "A classification tree says" in said
    assert (tmp_path / "out" / "figures" / "boxes_1.png").is_file()


def test_discovery_goes_on_where_it_was(tiny_discovery, call, tmp_path):
    one = json.loads(call("discover", tiny_discovery(), "--json", "--workers", 1, "--out", tmp_path / "out").stdout)
    again = json.loads(call("discover", tiny_discovery(), "--json", "--workers", 2, "--out", tmp_path / "out").stdout)
    assert one == again


def test_a_journal_that_was_made_up_is_refused(tiny_discovery, call, tmp_path):
    out = tmp_path / "out"
    call("discover", tiny_discovery(), "--workers", 1, "--out", out)
    Journal(out).append({"runs": 3})
    assert "holds no runs; restore it from a copy" in call("discover", tiny_discovery(), "--out", out, code=1).stderr


@pytest.mark.slow
def test_a_stopped_analysis_says_what_is_kept_and_goes_on_to_the_same_end(tiny, tmp_path, call):
    path, out = tiny(samples=64), tmp_path / "out"
    command = [sys.executable, "-m", "coalsim.cli", "sensitivity", str(path), "--workers", "2", "--out", str(out)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not (out / "journal.jsonl").is_file():
        time.sleep(0.2)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert re.search(r"stopped: \d+ of 320 runs are kept in .*; the same command goes on with the rest", said)
    assert "Traceback" not in said
    resumed = json.loads(call("sensitivity", path, "--json", "--workers", 2, "--out", out).stdout)
    undisturbed = json.loads(call("sensitivity", path, "--json", "--workers", 2).stdout)
    assert resumed == undisturbed


# Python


def test_ten_lines_of_python_do_the_same(tiny, call):
    study = coalsim.sensitivity(
        SCENARIO,
        {"world.partnership.reluctance": {}, "policy.pooled_fund.share": (0.0, 1.0)},
        outputs=["partners_in", "pooled_share@end"],
        method="sobol_total",
        samples=8,
        policy="growth_coalition",
        workers=1,
        **SMALL,
    )
    by_file = json.loads(call("sensitivity", tiny(), "--json", "--workers", 1).stdout)
    assert study.fingerprint == by_file["fingerprint"]
    assert "ST" in study.table()
    shown = study._repr_html_()
    assert "partners_in" in study.answer[0]
    assert shown.startswith("<p>")
    assert shown.count(">pooled fund, share (share of a member&#x27;s discretionary money, 0 to 1)<") == 2  # outputs
    assert "PARTNERS IN" in shown.partition("<details>")[2]
    assert study.plot().get_suptitle()


def test_python_names_paths_alone_and_lists_of_values():
    study = coalsim.sensitivity(
        SCENARIO,
        ["world.conditions.eta", "world.conditions.rho"],
        outputs=["place_quality"],
        method="morris",
        samples=4,
        workers=1,
        **SMALL,
    )
    assert list(study.table().index) == ["world.conditions.eta", "world.conditions.rho"]


def test_python_discovers(monkeypatch):
    monkeypatch.setattr(
        Question, "carry_out", lambda self, task: dict.fromkeys(self.output_names, float(task[0][0] > 0.6) - task[0][1])
    )
    study = coalsim.discover(
        SCENARIO,
        {"policy.pooled_fund.share": (0.0, 1.0), "world.labour.vacancy_rate": {}},
        {"many are in work": {"output": "employment_rate", "at_least": 0.5}},
        samples=100,
        workers=1,
        **SMALL,
    )
    assert study.cases["many are in work"].verdict == "boxes"
    assert set(study.table()["factor"]) == {"policy.pooled_fund.share"}
    assert isinstance(study, discovery.DiscoveryStudy)
    header, (limit, *_) = study.rows()
    assert dict(zip(header, limit))["at least"] == pytest.approx(0.6, abs=0.05)
    assert study._repr_html_().startswith("<p>Where many are in work: ")


@pytest.mark.parametrize("more", [(), ("--quick",)])
def test_an_unknown_method_is_refused_with_the_nearest(tiny, call, more):
    said = call("sensitivity", tiny(), "--method", "sobel", *more, code=2).stderr
    assert "method 'sobel' is unknown; did you mean 'sobol'?" in said


def test_python_refuses_before_any_run():
    with pytest.raises(ValueError, match="did you mean 'eta'"):
        coalsim.sensitivity(SCENARIO, ["world.conditions.etta"])
    with pytest.raises(ValueError, match="the next that fits is 128"):
        coalsim.sensitivity(SCENARIO, ["world.conditions.eta"], method="sobol", samples=100)


# What is shipped


@pytest.mark.parametrize(
    "path",
    [*ROOT.glob("experiments/sensitivity_*.yaml"), *ROOT.glob("experiments/discover_*.yaml")],
    ids=lambda p: p.stem,
)
def test_shipped_experiments_are_whole(path):
    kind = SensitivityFile if path.stem.startswith("sensitivity") else DiscoverFile
    file, scenario = load(path, kind)
    plan = (Plan if kind is SensitivityFile else discovery.Plan).of(file, scenario, quick=True)
    assert 0 < plan.question.runs < 1000
    assert plan.question.scenario.sample <= 0.05
    assert np.isfinite(plan.question.level)


def test_a_plan_in_memory_keeps_nothing(tiny):
    file, scenario = load(tiny(), SensitivityFile)
    study = carry_out(Plan.of(file, scenario), workers=1)
    assert study.found.runs == 8 * 4 + 8


def test_a_study_is_verified_and_reported_only_as_it_was_written(tiny, call, tmp_path):
    out = tmp_path / "out"
    call("sensitivity", tiny(), "--workers", 1, "--out", out)
    said = call("verify", out).stdout
    assert "runs of a study are not repeated here" in said
    assert said.endswith("\nverified\n")
    assert Study.of(out).pictures
    figure = next((out / "figures").iterdir())
    for path in (out / "summary.json", out / "findings.txt", figure):
        sound = path.read_bytes()
        path.write_bytes(sound + b" ")
        assert f"{path.relative_to(out)} is not what was written" in call("verify", out, code=1).stdout
        with pytest.raises(DamagedError, match="is damaged or missing"):
            Study.of(out)
        path.write_bytes(sound)
    for content in (b"[1]", b"{", b"3", b"\xff"):
        (out / "summary.json").write_bytes(content)
        seal(out)
        with pytest.raises(DamagedError, match="is none; run its command again"):
            Study.of(out)
    assert "holds a study, of the command coalsim sensitivity" in call("repair", out, code=2).stderr
    write_manifest(out, {**read_manifest(out), "state": "stopped"})
    assert "the study is not finished" in call("verify", out).stdout
    with pytest.raises(ValueError, match="the study is not finished"):
        Study.of(out)
    (out / "journal.jsonl").unlink()
    assert "journal.jsonl is missing" in call("verify", out, code=1).stderr
