"""`coalsim calibrate`: finds what was planted, says what it cannot find, writes it down, and refuses what makes no sense."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import coalsim
from coalsim.checking import check_file
from coalsim.cli import cli
from coalsim.experiments import calibrate as running
from coalsim.experiments.calibrate import Question
from coalsim.experiments.files import CalibrateFile, CompareFile, load, load_experiment
from coalsim.experiments.files.calibrate import declared_range, months_of
from coalsim.scenario.errors import ScenarioError

TOWN = Path(__file__).parents[1] / "broken" / "town"
FIT = """\
kind: calibrate
name: A small town, fitted
scenario: town.yaml
parameters:
  world.labour.giving_up: {}
  world.labour.direct_moves: {low: 0.4, high: 0.8}
targets:
  - {output: employment_rate@change, value: 0, tolerance: 0.01}
  - {output: claimant_rate, place: Northby, series: {2006: 0.03, 2007: 0.031}, tolerance: 0.01, source: invented}
replicates: 2
runs: 40
seed: 7
overrides: {months: 16}
"""


@pytest.fixture
def folder(tmp_path):
    """A small town's scenario files, and an experiment that fits it."""
    folder = Path(shutil.copytree(TOWN, tmp_path / "scenarios"))
    (folder / "fit.yaml").write_text(FIT)
    return folder


def change(folder, *pairs):
    path = folder / "fit.yaml"
    text = path.read_text()
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text)
    return path


PLACE = (
    ("world.labour.giving_up: {}", "place.calibration.separation: {low: 0.7, high: 1.3}"),
    ("world.labour.direct_moves: {low: 0.4, high: 0.8}", "place.residents.job_finding: {low: 0.08, high: 0.12}"),
)


# What it says and keeps


def test_one_json_object_holds_what_was_promised(folder, call):
    said = call("calibrate", folder / "fit.yaml", "--workers", 1, "--json")
    found = json.loads(said.stdout)
    assert found.keys() >= {"parameters", "targets", "ridges", "stability", "runs", "written"}
    assert list(found["parameters"]) == ["world.labour.giving_up", "world.labour.direct_moves"]
    for one in found["parameters"].values():
        assert one.keys() >= {"value", "low", "high", "prior_low", "prior_high", "contraction", "identified"}
        assert one["prior_low"] <= one["low"] < one["value"] < one["high"] <= one["prior_high"]
    assert (found["parameters"]["world.labour.giving_up"]["prior_low"], found["written"]) == (0.01, None)
    names = ["employment_rate@change", "claimant_rate, Northby, 2006", "claimant_rate, Northby, 2007"]
    assert [one["target"] for one in found["targets"]] == names
    assert found["seeds"] == [7, 8]
    assert found["new_seeds"] == [9, 10]
    assert found["runs"] <= 40
    assert re.search(r"\d+ of \d+ runs, .* 0 failed", said.stderr)


def test_the_report_says_in_words_what_is_pinned_down(folder, call):
    shown = call("calibrate", folder / "fit.yaml", "--workers", 1).stdout
    assert "The targets pin down none of the parameters on its own" in shown
    assert "world.labour.giving_up and world.labour.direct_moves the targets say little" in shown
    assert "looked for from" in shown
    assert "0.01 to 0.05" in shown


def test_everything_is_kept_and_the_same_command_runs_nothing_again(folder, call, monkeypatch):
    out = folder.parent / "out"
    first = call("calibrate", folder / "fit.yaml", "--workers", 1, "--out", out, "--json").stdout
    found = json.loads(first)
    assert json.loads((out / "calibration.json").read_text()) == found
    runs = pd.read_parquet(out / "runs.parquet")
    assert len(runs) == found["runs"]
    assert list(runs.columns[:4]) == ["point", "seed", "world.labour.giving_up", "world.labour.direct_moves"]
    fitted = runs[(runs["point"] == runs["point"].max()) & (runs["seed"] <= 8)]
    assert fitted["employment_rate@change"].mean() == pytest.approx(found["targets"][0]["simulated"], rel=1e-12)
    assert (out / "figures" / "calibration.png").stat().st_size > 10_000
    monkeypatch.setattr(running, "simulate", None)
    assert call("calibrate", folder / "fit.yaml", "--workers", 1, "--out", out, "--json").stdout == first
    said = call("calibrate", folder / "fit.yaml", "--out", out, "--seed", 8, code=2).stderr
    assert "it holds another experiment of this kind: it differs in seed (7 there, 8 now)" in said


def test_what_was_run_before_a_stop_is_not_run_again(folder, call, monkeypatch):
    out, done = folder.parent / "out", []

    def stops(*arguments, **options):
        if len(done) == 9:
            raise KeyboardInterrupt
        done.append(options["seed"])
        return coalsim.simulate(*arguments, **options)

    monkeypatch.setattr(running, "simulate", stops)
    said = call("calibrate", folder / "fit.yaml", "--workers", 1, "--out", out, code=130).stderr
    kept = int(re.search(r"stopped: (\d+) of 40 runs are kept", said)[1])
    assert 0 < kept <= 9
    done.clear()
    monkeypatch.setattr(running, "simulate", lambda *a, **o: done.append(1) or coalsim.simulate(*a, **o))
    found = json.loads(call("calibrate", folder / "fit.yaml", "--workers", 1, "--out", out, "--json").stdout)
    assert len(done) == found["runs"] - kept


@pytest.mark.slow
def test_workers_change_nothing(folder, call):
    found = [call("calibrate", folder / "fit.yaml", "--workers", n, "--json").stdout for n in (1, 2)]
    assert found[0] == found[1]


def test_seeds_replicates_and_values_can_be_given(folder, call):
    asked = ("--seed", 20, "--replicates", 3, "--set", "months=15", "--json", "--workers", 1)
    found = json.loads(call("calibrate", folder / "fit.yaml", *asked).stdout)
    assert (found["seeds"], found["replicates"], found["months"]) == ([20, 21, 22], 3, 15)
    said = call("calibrate", folder / "fit.yaml", "--set", "months=6", code=2).stderr
    assert "2007 does not lie within the run" in said


def test_a_run_that_fails_is_told_with_its_point_and_seed(folder, call, monkeypatch):
    def fails(*_, seed, **__):
        raise ArithmeticError(f"no money with seed {seed}")

    monkeypatch.setattr(running, "simulate", fails)
    said = call("calibrate", folder / "fit.yaml", "--workers", 1, code=1).stderr
    assert re.search(
        r"the run at world\.labour\.giving_up = 0\.\d+, .* with seed 7 failed: ArithmeticError: no money", said
    )


# What it writes


def test_a_place_file_holds_the_fitted_numbers_and_how_they_were_fitted(folder, call):
    change(folder, *PLACE, ("seed: 7", "seed: 7\nwrites: places/fitted.yaml"))
    found = json.loads(call("calibrate", folder / "fit.yaml", "--workers", 1, "--json").stdout)
    path = folder / "places" / "fitted.yaml"
    assert found["written"] == str(path)
    written = path.read_text()
    assert written.startswith("# Written by `coalsim calibrate fit.yaml`")
    assert yaml.safe_load(written)["extends"] == "town.yaml"
    assert check_file(path) == "place"
    scenario = coalsim.load_scenario(folder / "town.yaml")
    (folder / "town.yaml").write_text((folder / "town.yaml").read_text().replace("places/town", "places/fitted"))
    place, before = coalsim.load_scenario(folder / "town.yaml").places[0], scenario.places[0]
    values = {path: one["value"] for path, one in found["parameters"].items()}
    assert place.calibration.separation == values["place.calibration.separation"]
    fact = place.residents.job_finding
    assert (fact.value, fact.status) == (values["place.residents.job_finding"], "fitted")
    assert "5% to 95%" in fact.note
    for text in (place.calibration.provenance, fact.source):
        assert "A small town, fitted" in text
        assert f"model version {coalsim.MODEL_VERSION}" in text
        assert "seeds 7 to 8" in text
        assert "employment_rate@change 0" in text
    assert place.economy == before.economy
    # Once more, from the scenario that uses it now: the same file.
    again = json.loads(call("calibrate", folder / "fit.yaml", "--workers", 1, "--json").stdout)
    assert again["parameters"] == found["parameters"]
    assert undated(path.read_text()) == undated(written)
    change(folder, ("  place.residents.job_finding: {low: 0.08, high: 0.12}\n", ""))
    said = call("calibrate", folder / "fit.yaml", code=2).stderr
    assert "it holds other fitted numbers, which would be lost: residents.job_finding" in said


def undated(text):
    return re.sub(r"\s+", " ", re.sub(r"\d{4}-\d{2}-\d{2}", "", text))


def test_a_world_file_holds_the_fitted_numbers_and_their_provenance(folder, call):
    path = folder / "worlds" / "fitted_town.yaml"
    found = json.loads(call("calibrate", folder / "fit.yaml", "--workers", 1, "--write", path, "--json").stdout)
    world = coalsim.load_scenario(folder / "town.yaml", world="fitted_town").world
    assert world.name == "fitted town"
    assert world.labour.giving_up == found["parameters"]["world.labour.giving_up"]["value"]
    assert world.provenance.keys() == {"labour.giving_up", "labour.direct_moves"}
    assert "history matching" in world.provenance["labour.giving_up"]


def test_the_size_of_a_shock_can_be_fitted_and_written(folder, call):
    shock = "{name: slump, start: 2006-06, rise_months: 2, fade_months: 12, jobs: -0.05, source: invented}"
    (folder / "worlds" / "slump.yaml").write_text(f"extends: plain.yaml\nname: slump\nshocks:\n  - {shock}\n")
    change(
        folder,
        ("  world.labour.giving_up: {}\n", ""),
        ("world.labour.direct_moves: {low: 0.4, high: 0.8}", "world.shocks.0.jobs: {low: -0.2, high: 0}"),
        ("scenario: town.yaml", "scenario: town.yaml\nworld: slump"),
    )
    path = folder / "worlds" / "fitted_slump.yaml"
    found = json.loads(call("calibrate", folder / "fit.yaml", "--workers", 1, "--write", path, "--json").stdout)
    (one,) = coalsim.load_scenario(folder / "town.yaml", world="fitted_slump").world.shocks
    assert one.jobs == found["parameters"]["world.shocks.0.jobs"]["value"]
    assert (one.name, one.source) == ("slump", "invented")
    assert yaml.safe_load(path.read_text())["extends"] == "slump.yaml"


def test_a_file_written_by_hand_is_not_written_over(folder, call):
    hand = folder / "worlds" / "mine.yaml"
    hand.write_text("extends: plain.yaml\nname: mine\n")
    said = call("calibrate", folder / "fit.yaml", "--write", hand, code=2).stderr
    assert "it was written by hand; name another file, or give --force" in said
    assert hand.read_text() == "extends: plain.yaml\nname: mine\n"
    call("calibrate", folder / "fit.yaml", "--write", hand, "--force", "--workers", 1)
    assert "Written by" in hand.read_text()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("worlds/plain.yaml", "it is the file that the scenario uses"),
        ("places/new.yaml", "must lie in its folder"),
        ("worlds/new.json", r"ends in \.yaml"),
    ],
)
def test_fitted_numbers_go_beside_the_file_they_extend(folder, call, target, words):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert re.search(
        words, call("calibrate", folder / "fit.yaml", "--write", folder / target, "--force", code=2).stderr
    )
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


# Bad input


BAD = {
    "an unknown output": (("claimant_rate,", "claimant_rat,"), "9:14", "did you mean 'claimant_rate'"),
    "an unknown moment": (("@change", "@chang"), "8:14", "did you mean employment_rate@change"),
    "tipping": (("employment_rate@change", "tipped"), "8:14", "name an indicator"),
    "a parameter without a range": (
        ("world.labour.direct_moves: {low: 0.4, high: 0.8}", "place.calibration.entry: {}"),
        "6:28",
        "place.calibration.entry: declares no range",
    ),
    "half a range": (("low: 0.4, high: 0.8", "low: 0.4"), "6:30", "give both low and high"),
    "an inverted range": (("low: 0.4, high: 0.8", "low: 0.8, high: 0.4"), "6:36", "0.8 is not below high, 0.4"),
    "a range beyond the bounds": (("high: 0.8", "high: 1.8"), "6:30", "1.8 is above the largest allowed, 1"),
    "an unknown parameter": (("giving_up: {}", "givin_up: {low: 0, high: 1}"), "5:26", "did you mean 'giving_up'"),
    "a shock that is not there": (
        ("world.labour.giving_up: {}", "world.shocks.0.jobs: {low: -1, high: 0}"),
        "5:24",
        "there is no item '0'; the list is empty",
    ),
    "a series with a gap": (("2007: 0.031", "2009: 0.031"), "9:72", "2007 to 2008 are missing between 2006 and 2009"),
    "a series with one year missing": (("2007: 0.031", "2008: 0.031"), "9:72", "2007 is missing between 2006 and 2008"),
    "a series with nothing in a year": (("2007: 0.031", "2007: null"), "9:72", "series.2007: is empty (null)"),
    "a series backwards": (("2007: 0.031", "2005: 0.031"), "9:72", "2005 comes after 2006"),
    "a series beyond the run": (("2007: 0.031", "2007: 0.031, 2008: 0.03"), "9:79", "2008 does not lie within the run"),
    "a series of a moment": (("claimant_rate,", "claimant_rate@end,"), "9:14", "write claimant_rate"),
    "a value and a series": (("series:", "value: 0, series:"), "9:5", "give either a value or a series"),
    "no value": (("value: 0, ", ""), "8:5", "give either a value or a series"),
    "since without a year": (("value: 0, ", "value: 0, since: 2006, "), "8:55", "needs a later year"),
    "no tolerance": (("tolerance: 0.01}", "tolerance: 0}"), "8:59", "0 is not above 0"),
    "a place that is not there": (("place: Northby", "place: Northbi"), "9:36", "did you mean 'Northby'"),
    "too few runs": (("runs: 40", "runs: 27"), "11:7", "27 are too few for 2 replicates and 2 parameters; give at least 28"),
    "no such world": (("seed: 7", "seed: 7\nworld: plan"), "13:8", "did you mean 'plain'"),
    "no such policy": (("seed: 7", "seed: 7\npolicy: nothin"), "13:9", "did you mean 'nothing'"),
    "another kind": (("kind: calibrate", "kind: calibrat"), "1:7", "did you mean 'calibrate'"),
    "no place for the numbers": (
        ("seed: 7", "seed: 7\nwrites: places/a.yaml"),
        "13:9",
        "must lie in its folder",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("pair", "where", "words"), BAD.values(), ids=BAD)
def test_what_makes_no_sense_is_refused_where_it_stands(folder, call, pair, where, words):
    path = change(folder, pair)
    said = call("calibrate", path, code=2)
    assert words in said.stderr
    assert said.stderr.startswith(f"{path}:{where}: error"), said.stderr
    assert call("check", path, code=2).stderr == said.stderr


def test_numbers_of_places_and_worlds_do_not_go_into_one_file(folder, call):
    path = change(folder, PLACE[0], ("seed: 7", "seed: 7\nwrites: worlds/a.yaml"))
    assert "do not all belong to a place, or all to a world" in call("calibrate", path, code=2).stderr


def test_each_command_runs_its_own_kind(folder, call):
    assert f"`coalsim calibrate {folder / 'fit.yaml'}`" in call("compare", folder / "fit.yaml", code=2).stderr
    said = call("calibrate", folder / "experiment.yaml", code=2).stderr
    assert said.startswith(f"{folder / 'experiment.yaml'}:1:7: error: kind: compare is another kind of experiment")
    with pytest.raises(ScenarioError, match="another kind"):
        load(folder / "fit.yaml", CompareFile)
    assert isinstance(load_experiment(folder / "fit.yaml")[0], CalibrateFile)
    assert "calibrate" in cli.commands


# Targets


def test_a_target_is_the_mean_of_a_year_or_its_change_from_another(folder):
    change(
        folder,
        (
            "value: 0, tolerance: 0.01}",
            "value: 0, tolerance: 0.01}\n  - {output: jobs, year: 2007, since: 2006, value: 9, tolerance: 1}",
        ),
    )
    experiment, scenario = load(folder / "fit.yaml", CalibrateFile)
    question = Question.of(experiment, scenario)
    run = coalsim.simulate(scenario, policy="nothing", seed=3)
    values = run.model.indicators.array()
    found = [one.of(values, run.model.indicators.names, (1,)) for one in question.quantities]
    table = run.indicators  # row m is the end of the m-th month from April 2006
    first, second = table.iloc[1:10], table.iloc[10:17]
    assert found == pytest.approx(
        [
            table["employment_rate"].iloc[-12:].mean() - table["employment_rate"].iloc[0],
            second["jobs"].mean() - first["jobs"].mean(),
            first["claimant_rate"].mean(),
            second["claimant_rate"].mean(),
        ],
        rel=1e-12,
    )  # fmt: skip


def test_without_a_place_rates_are_weighted_by_residents_and_amounts_added_up(four_places):
    target = CalibrateFile.model_validate(
        {
            "kind": "calibrate", "name": "a", "scenario": "a", "parameters": {"world.labour.giving_up": {}},
            "targets": [
                {"output": name, "value": 0, "tolerance": 1} for name in ("employment_rate@end", "jobs@end")
            ] + [{"output": "jobs@end", "place": "Slough", "value": 0, "tolerance": 1}],
        }
    )  # fmt: skip
    question = Question.of(target, four_places)
    residents = tuple(place.adults for place in four_places.places)
    values = np.arange(4.0)[None, :, None] + np.zeros((25, 4, 2))
    rate, jobs, slough = (one.of(values, ("employment_rate", "jobs"), residents) for one in question.quantities)
    assert rate == pytest.approx(np.average(np.arange(4), weights=residents))
    assert (jobs, slough) == (6, 2)


def test_a_calendar_year_is_the_months_of_it_that_lie_in_the_run(small):
    assert small.start == "2006-04"
    assert months_of(2006, small) == slice(1, 10)
    assert months_of(2007, small) == slice(10, 22)
    assert months_of(2008, small) == slice(22, 25)
    assert months_of(2005, small) == slice(1, 1)
    assert months_of(2009, small).stop <= months_of(2009, small).start


def test_a_range_is_taken_from_the_declaration():
    assert declared_range("world.labour.giving_up") == (0.01, 0.05)
    assert declared_range("success.effective_sectors") == (4, 5)
    assert declared_range("place.calibration.entry") is None
    assert declared_range("months") is None


# Recovery


@pytest.mark.slow
def test_planted_parameters_are_found_from_what_they_bring_about_on_other_seeds(folder, call):
    planted = {"world.labour.giving_up": 0.02, "place.calibration.separation": 1.12}
    scenario = coalsim.load_scenario(folder / "town.yaml", months=24, sample=1.0, **planted)
    seen = []
    for seed in range(1000, 1064):
        table = coalsim.simulate(scenario, policy="nothing", seed=seed).indicators.iloc[-12:]
        seen.append([table["long_term_share"].mean(), table["unemployment_rate"].mean()])
    mean, error = np.mean(seen, axis=0), np.std(seen, axis=0, ddof=1) / len(seen) ** 0.5
    targets = [
        {"output": name, "value": float(m), "tolerance": float(e)}
        for name, m, e in zip(("long_term_share", "unemployment_rate"), mean, error)
    ]
    content = {
        "kind": "calibrate", "name": "Planted", "scenario": "town.yaml", "targets": targets,
        "replicates": 32, "runs": 900, "seed": 100,
        "parameters": {"world.labour.giving_up": {}, "place.calibration.separation": {"low": 0.7, "high": 1.3}},
        "overrides": {"months": 24, "sample": 1.0},
    }  # fmt: skip
    (folder / "fit.yaml").write_text(yaml.safe_dump(content))
    found = json.loads(call("calibrate", folder / "fit.yaml", "--json").stdout)
    assert found["met"]
    assert found["stability"]["stable"], json.dumps(found["stability"])
    for path, value in planted.items():
        one = found["parameters"][path]
        assert one["low"] <= value <= one["high"], path
        assert one["identified"], path
