"""A run that fails is recorded with its reason, and takes no other along."""

import kept
import numpy as np
import pandas as pd
import pytest

from coalsim.experiments import task
from coalsim.experiments.ensemble import Ensemble
from coalsim.experiments.manifest import read_manifest, write_manifest

DONE, FAILED, BAD_INPUT, SOME_FAILED = 0, 1, 2, 3
ERRORS = {
    "raise": r"KeyError: 'poison\nin seed 2 \udc80'",
    "exit": "SystemExit: poison",
    "nan": "ArithmeticError: place_quality of Walsall is nan in month 3",
    "lose": "ArithmeticError: month 2: balances sum to 1 pence, not 0",
    "sleep": "longer than the time limit of 2 s, in month 3 of 6",
}


@pytest.fixture
def compare(call, tmp_path):
    """`coalsim compare` of a scenario with four replicates, on one worker."""

    def compare(scenario, *arguments, code, out="out"):
        asked = ("compare", scenario, "--replicates", 4, "--workers", 1, "--out", tmp_path / out, *arguments)
        return call(*asked, code=code), tmp_path / out

    return compare


@pytest.mark.parametrize("mode", ERRORS)
def test_a_failing_run_is_recorded_and_the_rest_go_on(mode, poisoned, compare):
    arguments = ("--time-limit", 2) if mode == "sleep" else ()
    result, out = compare(poisoned({"2": mode}), *arguments, code=SOME_FAILED)
    assert result.stderr.endswith("finished with 1 failed runs: 5\n")
    runs = kept.runs(out)
    assert runs["status"].tolist() == ["done"] * 5 + ["failed"] + ["done"] * 2
    assert runs["error"].fillna("").tolist() == [""] * 5 + [ERRORS[mode]] + [""] * 2
    assert (runs["fingerprint"] == "").tolist() == [False] * 5 + [True] + [False] * 2
    assert kept.summary(out)["runs"] == {"requested": 8, "done": 7, "failed": 1}
    assert kept.summary(out)["failed_runs"] == [{"run_id": 5, "error": ERRORS[mode]}]
    assert kept.state(out) == "finished with failed runs"
    kept.assert_tidy(out)


@pytest.mark.parametrize("mode", ["raise", "nan", "lose"])
def test_the_other_runs_are_what_they_would_have_been(mode, poisoned, compare):
    """The poison with no seeds is an instrument that does nothing."""
    _, out = compare(poisoned({"2": mode}), code=SOME_FAILED)
    _, sound = compare(poisoned({}), code=DONE, out="sound")
    both = [0, 1, 2, 3, 4, 6, 7]
    columns = ["fingerprint", "employment_rate", "severe_deprivation"]
    pd.testing.assert_frame_equal(kept.runs(out).loc[both, columns], kept.runs(sound).loc[both, columns])
    for family in ("indicators", "distribution"):
        rows = kept.rows(sound, family)
        expected = rows[rows["run_id"] != 5].reset_index(drop=True)
        pd.testing.assert_frame_equal(kept.rows(out, family), expected)


def test_a_failed_run_is_in_no_mean(poisoned, compare):
    _, out = compare(poisoned({"2": "nan"}), code=SOME_FAILED)
    effects = kept.summary(out)["options"]["poisoned"]["employment_rate"]
    assert effects["pairs"] == 3
    table = kept.rows(out, "indicators")
    assert 5 not in table["run_id"].unique()
    assert np.isfinite(table.drop(columns=["locality"]).to_numpy()).all()
    assert np.isnan(Ensemble(out).courses(Ensemble(out).design.cells[1], "employment_rate")[2]).all()


def test_when_all_runs_fail_that_is_a_failure(poisoned, compare, real_figures):
    result, out = compare(poisoned({}), "--time-limit", 1e-6, code=FAILED)
    assert result.stderr.endswith("finished with 8 failed runs: 0-7\n")
    assert set(kept.runs(out)["status"]) == {"failed"}
    assert kept.summary(out)["runs"] == {"requested": 8, "done": 0, "failed": 8}


@pytest.mark.parametrize("left", [0, 1])
def test_an_option_with_hardly_any_run_is_told_and_drawn_all_the_same(left, poisoned, compare, real_figures):
    seeds = range(left, 4)
    result, out = compare(poisoned({str(seed): "raise" for seed in seeds}), code=SOME_FAILED)
    assert f"finished with {4 - left} failed runs" in result.stderr
    assert kept.summary(out)["options"]["poisoned"]["employment_rate"]["pairs"] == left
    assert "too few pairs" in result.stdout
    assert len(list((out / "figures").iterdir())) == 5


def test_failed_runs_are_run_again_only_when_asked(poisoned, compare, tmp_path, monkeypatch):
    antidote = tmp_path / "antidote"
    scenario = poisoned({"1": "raise", "2": "raise"}, unless=str(antidote))
    _, out = compare(scenario, code=SOME_FAILED)
    assert kept.journalled(out) == list(range(8))
    antidote.touch()
    compare(scenario, code=SOME_FAILED)
    assert kept.journalled(out) == list(range(8))
    compare(scenario, "--retry-failed", code=DONE)
    assert kept.journalled(out) == [*range(8), 3, 5]
    _, sound = compare(scenario, code=DONE, out="sound")
    kept.assert_same_results(out, sound)
    monkeypatch.delattr(task, "run_one")
    compare(scenario, "--retry-failed", code=DONE)


def test_a_run_that_fails_again_is_recorded_again(poisoned, compare):
    scenario = poisoned({"1": "raise"})
    compare(scenario, code=SOME_FAILED)
    _, out = compare(scenario, "--retry-failed", code=SOME_FAILED)
    assert kept.journalled(out) == [*range(8), 3]
    assert kept.summary(out)["runs"] == {"requested": 8, "done": 7, "failed": 1}


def test_runs_that_failed_in_a_shard_can_be_retried_too(poisoned, compare, tmp_path):
    """Alone in their part, as large runs are, or beside one that is done."""
    antidote = tmp_path / "antidote"
    scenario = poisoned({"1": "raise", "2": "raise"}, month=0, unless=str(antidote))
    _, out = compare(scenario, "--shard", "1/2", code=SOME_FAILED)
    compare(scenario, "--shard", "2/2", code=SOME_FAILED)
    antidote.touch()
    compare(scenario, "--retry-failed", code=DONE)
    _, sound = compare(scenario, code=DONE, out="sound")
    kept.assert_same_results(out, sound)


def test_failures_are_kept_through_a_repair(poisoned, compare, call):
    _, out = compare(poisoned({"2": "raise"}), code=SOME_FAILED)
    sorted((out / "indicators").iterdir())[0].unlink()
    assert call("repair", out, "--workers", 1).stdout.endswith("1 damaged parts, 2 runs repeated\n")
    assert kept.summary(out)["runs"]["failed"] == 1
    assert "\nverified" in call("verify", out, "--sample", 8).stdout


def test_a_repair_whose_runs_fail_says_so_and_so_does_verify(poisoned, compare, call, tmp_path):
    antidote = tmp_path / "antidote"
    antidote.touch()
    _, out = compare(poisoned({"0": "raise"}, unless=str(antidote)), code=DONE)
    sorted((out / "indicators").iterdir())[0].unlink()
    antidote.unlink()
    result = call("repair", out, "--workers", 1, code=SOME_FAILED)
    assert "finished with 1 failed runs: 1; the command that made them" in result.stderr
    assert kept.state(out) == "finished with failed runs"
    said = call("verify", out, "--sample", 1).stdout
    assert "1 runs failed; the command that made it runs them again with --retry-failed" in said
    manifest = read_manifest(out)
    for forged in ({"state": "done"}, {"runs": {"requested": 8, "done": 8, "failed": 0}}):
        write_manifest(out, manifest | forged)
        said = call("verify", out, "--sample", 0, code=FAILED).stdout
        assert "and 7 of 8 runs are done" in said
