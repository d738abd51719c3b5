"""Validation: known answers for measures of patterns, bad files, and a small validation from the shell."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from coalsim.cli import cli
from coalsim.experiments.files import ValidateFile, load
from coalsim.experiments.files.validate import Effort
from coalsim.experiments.validation import patterns
from coalsim.experiments.validation.hindcast import hindcast
from coalsim.experiments.validation.records import Record
from coalsim.experiments.validation.validate import plan
from coalsim.scenario.errors import ScenarioError

ROOT = Path(__file__).parents[2]
FILE = ROOT / "experiments" / "validation.yaml"


def made(courses=None, **kept):
    """A record of made-up courses by indicator, each (months + 1, places)."""
    courses = courses or {"jobs": np.ones((25, 4))}
    names = tuple(courses)
    stacked = np.stack([courses[name] for name in names], axis=-1)
    places = tuple(f"place {k}" for k in range(stacked.shape[1]))
    return Record(names, places, stacked, np.ones(len(places)), kept)


def yearly(values):
    """A course whose yearly means are `values` (years, places)."""
    return np.concatenate([values[:1], np.repeat(values, 12, axis=0)])


def measured(name, **records):
    return patterns.get(name).measure(records)


class TestNeighbourhoods:
    start = np.linspace(3, -3, 100)

    def nation(self, later):
        deprivation = {month: [later[:50], later[50:]] for month in (36, 72, 180)}
        return made(deprivation={0: [self.start[:50], self.start[50:]], **deprivation})

    def test_where_nothing_moves_all_stay(self):
        nation = self.nation(self.start)
        for years in (3, 6, 15):
            assert measured(f"worst_tenth_stays_{years}_years", nation=nation) == 1
            assert measured(f"escape_{years}_years", nation=nation) == 0
            assert measured(f"rank_correlation_{years}_years", nation=nation) == pytest.approx(1)

    def test_three_of_ten_leave_and_one_escapes(self):
        later = self.start.copy()
        later[[0, 10]] = later[[10, 0]]
        later[[1, 11]] = later[[11, 1]]
        later[[2, 60]] = later[[60, 2]]
        nation = self.nation(later)
        assert measured("worst_tenth_stays_3_years", nation=nation) == pytest.approx(0.7)
        assert measured("escape_6_years", nation=nation) == pytest.approx(0.1)

    def test_two_places_that_do_not_overlap_share_most_of_the_variance(self):
        apart = made(out_of_work=[np.array([0.1, 0.1]), np.array([0.3, 0.3])])
        assert measured("between_district_share_employment", nation=apart) == pytest.approx(1)
        alike = made(out_of_work=[np.array([0.1, 0.3]), np.array([0.3, 0.1])])
        assert measured("between_district_share_employment", nation=alike) == pytest.approx(0)


class TestDistricts:
    def test_an_autoregression_is_found(self):
        rng = np.random.default_rng(1)
        deviation = [rng.normal(0, 1, 400)]
        for _ in range(14):
            deviation.append(0.9 * deviation[-1] + np.sqrt(1 - 0.81) * rng.normal(0, 1, 400))
        nation = made({"claimant_rate": yearly(5 + np.array(deviation))})
        assert measured("claimant_ar1", nation=nation) == pytest.approx(0.9, abs=0.02)
        assert measured("claimant_rank_correlation", nation=nation) == pytest.approx(0.9**14, abs=0.15)

    def test_of_five_places_the_worst_moves_to_the_best(self):
        before = np.array([[5.0, 4, 3, 2, 1]])
        after = np.array([[0.5, 4, 3, 2, 1]])
        nation = made({"claimant_rate": yearly(np.concatenate([before] * 6 + [after] * 9))})
        assert measured("spontaneous_escape", nation=nation) == 1
        assert measured("left_worst_fifth", nation=nation) == 1

    def test_the_slope_of_a_shock(self):
        before = np.array([0.01, 0.02, 0.03, 0.05])
        rate = np.array([before, before, before, before, before + 0.01 + 0.2 * before, before])
        shaken = made({"claimant_rate": yearly(rate)})
        assert measured("shock_slope", recession=shaken) == pytest.approx(0.2)
        assert measured("shock_claimants", recession=shaken) == pytest.approx(1 + 0.2 * 2.75)

    def test_a_wage_curve(self):
        rng = np.random.default_rng(2)
        rate = np.exp(rng.normal(-3, 0.3, (6, 8)))
        pay = 400 * rate**-0.1 * np.linspace(1, 2, 8)
        shaken = made({"unemployment_rate": yearly(rate), "weekly_pay": yearly(pay)})
        assert measured("wage_curve", recession=shaken) == pytest.approx(-0.1)


class TestPlaces:
    def test_flows_and_survival(self):
        places = made(
            stock=np.array([100, 50, 30, 20.0]), found=np.array([20, 5, 3, 2.0]), employed=1000.0, lost=6.0,
            births=10, deaths=8, businesses=1200, due=np.array([10, 10, 10.0]), alive=np.array([9, 6, 4.0]),
            jobs=200, small=[100, 150],
        )  # fmt: skip
        assert measured("job_finding", places=places) == pytest.approx(0.15)
        assert measured("separation", places=places) == pytest.approx(0.006)
        assert measured("duration_dependence", places=places) == pytest.approx(0.5)
        assert measured("entry_rate", places=places) == pytest.approx(0.1)
        assert measured("exit_rate", places=places) == pytest.approx(0.08)
        assert [measured(f"survival_{k}", places=places) for k in ("1_year", "3_years", "5_years")] == [0.9, 0.6, 0.4]
        assert measured("jobs_in_small_businesses", places=places) == 0.5

    def test_net_and_gross_jobs(self):
        def run(jobs, rate, money=0.0):
            return made(
                {
                    "jobs": np.full((133, 2), jobs),
                    "employment_rate": np.full((133, 2), rate),
                    "programme_money": np.full((133, 2), money),
                }
            )

        runs = {
            "business_as_usual": run(100, 0.5), "growth_coalition": run(110, 0.6, money=1.0),
            "business_as_usual without attraction": run(100, 0.5), "growth_coalition without attraction": run(104, 0.55),
        }  # fmt: skip
        for record in runs.values():
            record.adults = np.array([100.0, 100.0])
        assert measured("net_to_gross", **runs) == pytest.approx(10 / 20)
        assert measured("cost_per_net_job", **runs) == pytest.approx(2 * 132 / 10)


class TestFile:
    def test_every_pattern_has_evidence_and_nothing_else(self):
        experiment, _ = load(FILE, ValidateFile)
        assert set(experiment.patterns) == set(patterns)
        assert len(experiment.patterns) >= 20

    def test_every_run_that_patterns_need_is_planned(self):
        experiment, scenario = load(FILE, ValidateFile)
        watches = list(plan(experiment, scenario, Effort(every=60, nation=2, places=2, sample=0.1), 1))
        assert {one.kind for one in watches} == {pattern.on for pattern in patterns.values()}

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("  job_finding:", "  job_findign:", ["job_findign", "job_finding"]),
            ("tolerance: 0.04", "tolerance: 0", ["tolerance", "0"]),
            ("indicator: claimant_rate, year: 2007, value: 0.038", "indicator: claimants, year: 2007, value: 0.038",
             ["claimants"]),
            ("2007: 0.022, 2008: 0.023, ", "2007: 0.022, ", ["2008", "missing"]),
            ("place: Slough, indicator: claimant_rate, year: 2010", "place: Slow, indicator: claimant_rate, year: 2010",
             ["Slow", "Slough"]),
            ("year: 2010, value: 0.061", "year: 2011, value: 0.061", ["2011", "missing"]),
            ("recession: recession_2008", "recession: recession_2009", ["recession_2009"]),
            ("nation/england_2006.csv", "nation/england_2007.csv", ["england_2007.csv"]),
            ("scenario: ../scenarios/four_places.yaml", "scenario: ../scenarios/slough.yaml", ["no option"]),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_named_with_its_line(self, tmp_path, old, new, words):
        shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
        (tmp_path / "experiments").mkdir()
        text = FILE.read_text()
        assert old in text
        bad = tmp_path / "experiments" / "bad.yaml"
        bad.write_text(text.replace(old, new, 1))
        with pytest.raises(ScenarioError) as caught:
            load(bad, ValidateFile)
        message = str(caught.value)
        assert "bad.yaml:" in message
        for word in words:
            assert word in message

    def test_it_is_not_run_by_another_command(self):
        result = CliRunner().invoke(cli, ["compare", str(FILE)])
        assert result.exit_code == 2
        assert "validate" in result.output


def test_a_hindcast_scores_known_errors():
    experiment, scenario = load(FILE, ValidateFile)
    told = experiment.hindcast
    names = tuple(place.name for place in scenario.places)
    courses = np.empty((told.months + 1, len(names), 2))
    courses[..., 0], courses[..., 1] = 0.05, 0.7
    records = [
        Record(("claimant_rate", "employment_rate"), names, courses + shift, np.ones(len(names)))
        for shift in (-0.001, 0.001)
    ]
    found = hindcast(told, scenario, records)
    own = [one for one in found.points if one.indicator == "claimant_rate" and not one.is_proxy]
    assert len(own) == 9
    score = next(one for one in found.scores if one.indicator == "claimant_rate" and one.forecast == "model")
    assert score.mean_absolute_error == pytest.approx(np.mean([abs(0.05 - one.observed) for one in own]))
    kept = next(one for one in found.points if one.place == "Walsall" and one.indicator == "claimant_rate")
    assert kept.persistence == scenario.places[0].residents.claimant_rate.value


def test_the_page_is_written_from_this_version_of_the_model():
    import coalsim

    text = (ROOT / "docs" / "validation.md").read_text()
    assert f"model version {coalsim.MODEL_VERSION}" in text
    experiment, _ = load(FILE, ValidateFile)
    for name in experiment.patterns:
        assert f"| {patterns.get(name).title} |" in text
