"""Validation: measures of patterns and the hindcast against known answers, the plan, and files that make no sense."""
# ruff: noqa: E501

import json
import re
import shutil
from pathlib import Path

import cloudpickle
import numpy as np
import pytest
from click.testing import CliRunner

import coalsim
from coalsim import load_scenario
from coalsim.cli import cli
from coalsim.experiments.files import ValidateFile, load
from coalsim.experiments.files.validate import Effort, Evidence, HindcastFile
from coalsim.experiments.validation import patterns
from coalsim.experiments.validation.hindcast import hindcast
from coalsim.experiments.validation.page import cell
from coalsim.experiments.validation.records import WATCHES, Record, watch_nation, watch_places
from coalsim.experiments.validation.validate import (
    NATION_MONTHS,
    PLACES_MONTHS,
    PROGRAMME_MONTHS,
    Validation,
    Watch,
    measure,
    plan,
    validate,
)
from coalsim.names import COHESION, DOMAINS, HEALTH, SKILLS
from coalsim.scenario.errors import ScenarioError
from coalsim.start.geography import imd_score

ROOT = Path(__file__).parents[2]
FILE = ROOT / "experiments" / "validation.yaml"
TINY = Effort(every=60, nation=2, places=2, sample=0.05)


@pytest.fixture(scope="module")
def loaded():
    return load(FILE, ValidateFile)


def record(courses=None, adults=None, places=None, **kept):
    """A record of made-up courses by indicator, each (months + 1, places)."""
    courses = courses or {"jobs": np.ones((13, 4))}
    values = np.stack(list(courses.values()), axis=-1)
    n = values.shape[1]
    places = places or tuple(f"place {k}" for k in range(n))
    return Record(tuple(courses), places, values, np.ones(n) if adults is None else np.array(adults), kept)


def yearly(rates):
    """A course whose means over years are `rates` (years, places); months differ, the starting state is far off."""
    rates = np.asarray(rates, dtype=float)
    season = 1 + 0.1 * np.sin(2 * np.pi * np.arange(12) / 12)
    return np.concatenate([9 * rates[:1], np.concatenate([season[:, None] * rate for rate in rates])])


def of(name, **records):
    """A pattern's measure of records by label; `x__still` is the label "x without attraction"."""
    return patterns.get(name).measure(
        {label.replace("__still", " without attraction"): one for label, one in records.items()}
    )


def test_yearly_means_leave_the_start_and_a_part_of_a_year_out():
    course = np.concatenate([[[99.0]], np.arange(30.0)[:, None]])
    assert record({"jobs": course}).yearly("jobs").tolist() == [[5.5], [17.5]]


# Neighbourhoods

START = np.linspace(3, -3, 100)  # position k is the k-th most deprived


def moved(*swaps, month=72):
    """The nation in three places; at that month pairs of neighbourhoods have changed places."""
    later = START.copy()
    for a, b in swaps:
        later[[a, b]] = later[[b, a]]
    cut = lambda z: [z[:20], z[20:50], z[50:]]  # noqa: E731
    return record(deprivation={0: cut(START), 36: cut(START), 72: cut(START), 180: cut(START), month: cut(later)})


@pytest.mark.parametrize(("years", "month"), [(3, 36), (6, 72), (15, 180)])
def test_staying_and_escaping_are_counted_among_the_worst_tenth(years, month):
    # 0 and 1 leave for the second tenth, 2 for the last of the second, 3 for the first of the third, 4 for the best.
    nation = moved((0, 10), (1, 11), (2, 19), (3, 20), (4, 99), month=month)
    assert of(f"worst_tenth_stays_{years}_years", nation=nation) == pytest.approx(0.5)
    assert of(f"escape_{years}_years", nation=nation) == pytest.approx(0.2)
    assert of(f"worst_tenth_stays_{years}_years", nation=moved()) == 1
    assert of(f"escape_{years}_years", nation=moved()) == 0


@pytest.mark.parametrize(("years", "month"), [(3, 36), (6, 72), (15, 180)])
def test_rank_correlation_of_neighbourhoods(years, month):
    nation = moved((0, 99), month=month)
    # Spearman: 1 - 6 sum of squared differences of rank / (n (n^2 - 1)).
    expected = 1 - 6 * 2 * 99**2 / (100 * (100**2 - 1))
    assert of(f"rank_correlation_{years}_years", nation=nation) == pytest.approx(expected)
    assert of(f"rank_correlation_{years}_years", nation=moved()) == pytest.approx(1)


def z_of(score):
    """The national z-score of a neighbourhood with that IMD score."""
    low, high = -10.0, 10.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if imd_score(middle) < score else (low, middle)
    return low


def test_score_drift_is_the_mean_change_of_those_that_start_in_the_band():
    before = np.array([30.0, 54.9, 55.1, 57.0, 59.9, 60.1, 64.9, 65.1, 80.0])
    after = np.array([60.0, 20.0, 54.1, 54.0, 57.9, 20.0, 20.0, 60.1, 73.0])
    z = [np.array([z_of(x) for x in scores]) for scores in (before, after)]
    nation = record(deprivation={0: [z[0][:4], z[0][4:]], 72: [z[1][:4], z[1][4:]]})
    assert of("score_drift_55_to_60", nation=nation) == pytest.approx(-2.0)
    assert of("score_drift_above_65", nation=nation) == pytest.approx(-6.0)


def test_the_share_of_variance_between_districts():
    def between(*scores):
        return of(
            "between_district_share", nation=record(deprivation={0: [np.array([z_of(x) for x in s]) for s in scores]})
        )

    assert between([10, 20], [10, 20]) == pytest.approx(0, abs=1e-9)
    assert between([10, 10], [20, 20, 20]) == pytest.approx(1)
    # Means of 15 and 35 about 85 / 3, weighted by neighbourhoods: 533.3 of the sum of squares of 683.3.
    assert between([10, 20], [30, 40, 30, 40]) == pytest.approx(1600 / 2050)
    employment = record(out_of_work=[np.array([0.1, 0.2]), np.array([0.3, 0.4, 0.3, 0.4])])
    assert of("between_district_share_employment", nation=employment) == pytest.approx(1600 / 2050)


@pytest.mark.parametrize(("domain", "k"), [("health", HEALTH), ("education", SKILLS), ("crime", COHESION)])
def test_employment_deprivation_goes_with_bad_conditions(domain, k):
    out = np.array([0.1, 0.2, 0.3, 0.4])
    condition = np.random.default_rng(1).uniform(size=(4, len(DOMAINS)))
    condition[:, k] = [0.8, 0.6, 0.6, 0.2]
    nation = record(out_of_work=[out[:2], out[2:]], condition=[condition[:2], condition[2:]])
    assert of(f"employment_and_{domain}", nation=nation) == pytest.approx(-np.corrcoef(out, condition[:, k])[0, 1])
    condition[:, k] = 1 - out
    assert of(f"employment_and_{domain}", nation=nation) == pytest.approx(1)


# Districts


@pytest.mark.parametrize("persistence", [0.5, 0.9, 0.98])
def test_an_autoregression_with_a_national_course_is_found(persistence):
    rng = np.random.default_rng(1)
    deviation = [rng.standard_normal(500)]
    for _ in range(14):
        deviation.append(persistence * deviation[-1] + np.sqrt(1 - persistence**2) * rng.standard_normal(500))
    nation = np.linspace(40, 60, 15)[:, None] + np.array(deviation)
    found = of("claimant_ar1", nation=record({"claimant_rate": yearly(nation)}))
    assert found == pytest.approx(persistence, abs=5 * np.sqrt((1 - persistence**2) / 7000) + 0.002)


def test_an_autoregression_without_noise_is_exact():
    rates = 5 + 0.8 ** np.arange(15)[:, None] * np.array([-2.0, -1, 0, 3])
    assert of("claimant_ar1", nation=record({"claimant_rate": yearly(rates)})) == pytest.approx(0.8)


def ranked(before, **years):
    """Fifteen years of districts' rates: `before`, but other rates from the year (counted from 0) given as `y6=...`."""
    rates = np.tile(np.asarray(before, dtype=float), (15, 1))
    for year, values in years.items():
        rates[int(year[1:])] = values
    return rates


FROM_BEST = np.arange(1.0, 11)  # ten districts; the worst fifth are the last two


def test_rank_correlations_of_districts_compare_the_first_and_fifteenth_year():
    rates = ranked(FROM_BEST, y14=FROM_BEST[::-1])
    assert of("claimant_rank_correlation", nation=record({"claimant_rate": yearly(rates)})) == pytest.approx(-1)
    swapped = FROM_BEST[[1, 0, *range(2, 10)]]
    nation = record({"claimant_rate": yearly(ranked(FROM_BEST, y14=swapped, y13=FROM_BEST[::-1]))})
    assert of("claimant_rank_correlation", nation=nation) == pytest.approx(1 - 6 * 2 / 990)
    jobs = np.full((15, 10), 7.0) * FROM_BEST[::-1]
    nation = record({"output": yearly(rates) * yearly(jobs), "jobs": yearly(jobs)})
    assert of("productivity_rank_correlation", nation=nation) == pytest.approx(-1)


@pytest.mark.parametrize(
    ("later", "escaped", "left"),
    [
        (FROM_BEST, 0, 0),
        ([1, 2, 3, 4, 5, 6, 7, 9, 10, 8], 0, 0.5),  # the worst becomes third worst
        ([1, 2, 3, 4, 9, 6, 7, 8, 5, 10], 0.5, 0.5),  # the second worst comes below the median of 5.5
        ([9, 10, 3, 4, 5, 6, 7, 8, 1, 2], 1, 1),
    ],
)
def test_leaving_the_worst_fifth_and_coming_below_the_median(later, escaped, left):
    nation = record({"claimant_rate": yearly(ranked(FROM_BEST, y6=later))})
    assert of("spontaneous_escape", nation=nation) == pytest.approx(escaped)
    assert of("left_worst_fifth", nation=nation) == pytest.approx(left)


def test_employment_escapes_upwards_in_year_nine():
    nation = record({"employment_rate": yearly(ranked(FROM_BEST, y8=[1, 10, *range(2, 10)]))})
    assert of("employment_escape", nation=nation) == pytest.approx(0.5)


def test_tipping_counts_among_the_worst_fifth_only():
    tipped = np.array([True, True, True, False, False, False, False, False, True, False])
    nation = record({"claimant_rate": yearly(ranked(FROM_BEST))}, tipped=tipped)
    assert of("tips_by_itself", nation=nation) == pytest.approx(0.5)


def test_percentiles_of_districts_are_of_year_ten_in_per_cent():
    rates = ranked(np.zeros(11), y9=np.arange(11) / 100)
    nation = record({"claimant_rate": yearly(rates)})
    assert [of(f"claimants_p{q}", nation=nation) for q in (10, 50, 90)] == pytest.approx([1, 5, 9])


# The recession: years of a run from 2005 are 0 for 2005, 2 for 2007, 4 for 2009, 5 for 2010


def test_a_shock_that_hits_some_more_than_others():
    before = np.array([0.01, 0.02, 0.03, 0.05])
    rates = np.array([before * 0, before * 0, before, before * 9, 0.01 + 1.2 * before, before * 0])
    shaken = record({"claimant_rate": yearly(rates)}, adults=[3, 1, 1, 1])
    assert of("shock_slope", recession=shaken) == pytest.approx(0.2)
    mean = np.average(before, weights=[3, 1, 1, 1])
    assert of("shock_claimants", recession=shaken) == pytest.approx(100 * (0.01 + 0.2 * mean))


def test_the_fall_of_employment_is_from_2007_to_2010_over_residents():
    rates = np.full((6, 2), 0.7)
    rates[4], rates[5] = 0.1, [0.66, 0.7]
    shaken = record({"employment_rate": yearly(rates)}, adults=[3, 1])
    assert of("shock_employment", recession=shaken) == pytest.approx(-3.0)


def test_a_wage_curve_is_found_behind_levels_of_places_and_years():
    rng = np.random.default_rng(2)
    unemployment = np.exp(rng.normal(-3, 0.3, (6, 8)))
    levels = np.linspace(1, 2, 8) * np.linspace(1, 1.3, 6)[:, None]
    flat = np.repeat(np.concatenate([unemployment[:1], unemployment]), [1, *6 * [12]], axis=0)
    pay = np.repeat(np.concatenate([levels[:1], levels]), [1, *6 * [12]], axis=0) * 400 * flat**-0.1
    shaken = record({"unemployment_rate": flat, "weekly_pay": pay})
    assert of("wage_curve", recession=shaken) == pytest.approx(-0.1)


# Places


def test_flows_of_residents():
    places = record(
        stock=np.array([100, 50, 30, 20.0]),
        found=np.array([20, 8, 3, 1.0]),
        employed=np.float64(2000),
        lost=np.float64(12),
    )
    assert of("job_finding", places=places) == pytest.approx(32 / 200)
    assert of("separation", places=places) == pytest.approx(0.006)
    assert of("duration_dependence", places=places) == pytest.approx((4 / 50) / 0.2)  # a year and more; 6-11 is neither


def test_flows_and_survival_of_businesses():
    places = record(
        births=10, deaths=8, businesses=1200, jobs=200, small=[90, 120],
        due=np.array([100, 80, 50.0]), alive=np.array([93, 44, 20.0]),
    )  # fmt: skip
    assert of("entry_rate", places=places) == pytest.approx(0.1)
    assert of("exit_rate", places=places) == pytest.approx(0.08)
    assert of("survival_1_year", places=places) == pytest.approx(0.93)
    assert of("survival_3_years", places=places) == pytest.approx(0.55)
    assert of("survival_5_years", places=places) == pytest.approx(0.4)
    assert of("jobs_in_small_businesses", places=places) == pytest.approx(0.45)
    assert of("jobs_in_small_and_medium_businesses", places=places) == pytest.approx(0.6)


def test_slough_is_looked_at_in_the_last_whole_year():
    rates = np.tile([0.1, 0.2], (10, 1))
    rates[9] = [0.3, 0.6]
    names = ("in_commuting", "out_commuting", "higher_jobs_held")
    places = record({name: yearly(rates) + k for k, name in enumerate(names)}, places=("Walsall", "Slough"))
    found = [of(f"slough_{name}", places=places) for name in ("in_commuting", "out_commuting", "higher_jobs")]
    assert found == pytest.approx([0.6, 1.6, 2.6])


def test_standing_still_is_from_the_start_to_the_mean_of_the_last_year_in_points():
    course = np.full((121, 2), 0.5)
    course[0], course[-12:] = [0.6, 0.7], [0.62, 0.7]
    places = record({"employment_rate": course}, adults=[1, 3])
    assert of("employment_stands_still", places=places) == pytest.approx(0.5)


def test_births_and_survivors_are_of_the_same_businesses():
    scenario = load_scenario(ROOT / "scenarios" / "slough.yaml", sample=0.05, months=15)
    kept = watch_places(scenario, "business_as_usual", 1).kept
    assert kept["months"] == 15
    assert 0 < kept["alive"][0] <= kept["due"][0] <= kept["births"]
    assert kept["due"][1:].tolist() == kept["alive"][1:].tolist() == [0, 0]
    assert kept["alive"][0] > 0.7 * kept["due"][0]  # 94% as told, of a few dozen
    assert (kept["found"] <= kept["stock"]).all()
    assert kept["lost"] < 0.02 * kept["employed"]
    assert kept["small"][0] <= kept["small"][1] <= kept["jobs"]


def test_neighbourhoods_are_looked_at_at_the_start_and_when_told():
    scenario = load_scenario(ROOT / "scenarios" / "slough.yaml", sample=0.05, months=37)
    kept = watch_nation(scenario, "business_as_usual", 1).kept
    n = scenario.places[0].neighbourhoods
    assert set(kept["deprivation"]) == {0, 36}
    assert [len(z[0]) for z in kept["deprivation"].values()] == [n, n]
    assert np.corrcoef(kept["deprivation"][0][0], kept["deprivation"][36][0])[0, 1] > 0.8
    assert kept["out_of_work"][0].shape == (n,)
    assert kept["condition"][0].shape == (n, len(DOMAINS))
    assert kept["tipped"].tolist() == [False]


# Programmes


def programme(jobs, rate, money=0.0):
    """A run of eleven years in which the tenth differs; money for ten years."""
    told = {"jobs": jobs, "employment_rate": rate}
    courses = {name: yearly([*9 * [[0, 0]], values, [0, 0]]) for name, values in told.items()}
    spent = np.zeros((133, 2))
    spent[1:121] = money
    spent[0] = 1e9
    return record({**courses, "programme_money": spent}, adults=[1000, 3000])


def test_gross_and_net_jobs_are_those_of_year_ten_and_money_is_that_of_all_months():
    runs = {
        "business_as_usual": programme([500, 900], [0.5, 0.6]),
        "growth_coalition": programme([560, 940], [0.9, 0.9], money=20_000.0),
        "extra_money": programme([500, 900], [0.5, 0.6], money=1e4),
        "business_as_usual__still": programme([0, 0], [0.5, 0.6]),
        "growth_coalition__still": programme([9, 9], [0.52, 0.61]),
        "extra_money__still": programme([9, 9], [0.5, 0.602]),
    }
    assert of("net_to_gross", **runs) == pytest.approx((20 + 30) / 100)
    assert of("cost_per_net_job", **runs) == pytest.approx(2 * 120 * 20_000 / 50)
    assert of("jobs_per_million_alone", **runs) == pytest.approx(6 / 2.4)


def test_rewards_are_a_share_of_the_most():
    assert of("rewards_earned", four_block_laa=record(rewarded=30.0, most=50.0)) == pytest.approx(0.6)


# A pattern over replicates

KNOWN = Evidence(observed=0.15, tolerance=0.05, reason="a", source="b", status="verified", use="held out")


def found(*shares, label="places"):
    records = {
        (label, k): record(stock=np.array([100.0, 0, 0, 0]), found=np.array([100.0 * share, 0, 0, 0]))
        for k, share in enumerate(shares)
    }
    return measure("job_finding", KNOWN, records, len(shares))


def test_the_interval_is_that_of_the_mean_over_replicates():
    one = found(0.1, 0.2, 0.3)
    assert one.values == pytest.approx((0.1, 0.2, 0.3))
    assert one.simulated == pytest.approx(0.2)
    half = 4.302653 * 0.1 / np.sqrt(3)  # Student's t with 2 degrees of freedom
    assert (one.low, one.high) == pytest.approx((0.2 - half, 0.2 + half), rel=1e-6)
    assert found(0.2, 0.2).low == found(0.2, 0.2).high == pytest.approx(0.2)


def test_it_passes_within_the_tolerance():
    assert found(0.12, 0.19).passed
    assert not found(0.2, 0.21).passed
    assert not found(0.05, 0.09).passed
    row = found(0.12, 0.19).row()
    assert json.loads(json.dumps(row)) == row
    assert row.items() >= {"observed": 0.15, "tolerance": 0.05, "passed": True, "unit": "1/month"}.items()


def test_jupyter_shows_every_pattern_with_its_unit_and_a_figure():
    one = Validation("Model & world", (found(0.12, 0.19), found(0.2, 0.21)), None, TINY, 7, 6, False)
    shown = one._repr_html_()
    assert "Model &amp; world: 6 districts" in shown
    assert "1 of 2 patterns are within tolerance" in shown
    assert shown.count(">1/month<") == 2
    assert (shown.count(">pass<"), shown.count(">FAIL<")) == (1, 1)
    assert "1 of 2 are within tolerance" in one.plot().alt


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_undefined_in_a_run_is_an_error_and_names_the_pattern(bad):
    with pytest.raises(ArithmeticError, match="job_finding is undefined in a run"):
        found(0.1, bad)


# The hindcast


@pytest.fixture(scope="module")
def towns():
    """Two places of the real scenario, for their figures of the base year."""
    scenario = load_scenario(ROOT / "scenarios" / "four_places.yaml")
    return scenario.model_copy(update={"places": scenario.places[:3]})


def told(observed, **changes):
    national = {
        "claimant_rate": {"series": {2005: 0.02, 2006: 0.03, 2007: 0.04}, "persistence": 0.9, "survey_sd": 0.003},
        "employment_rate": {"series": {2005: 0.7, 2006: 0.7, 2007: 0.68}, "persistence": 0.5, "survey_sd": 0.0},
    }
    file = {"world": "steady", "start": "2005-07", "base": 2005, "national": national, "proxies": {"Slough": "a proxy"}}
    observed = [dict(zip(("place", "indicator", "year", "value"), one)) for one in observed]
    return HindcastFile.model_validate({**file, "observed": observed, **changes})


def runs_of(towns, *rates, months=30):
    """One record a rate; claimants at that rate in all months but the wrong ones, employment at 0.7."""
    names = tuple(place.name for place in towns.places)
    records = []
    for rate in rates:
        claimants = np.full((months + 1, 3), 9.0)
        claimants[7:19], claimants[19:31] = rate, 2 * rate  # 2006 and 2007 of a run from July 2005
        records.append(
            record({"claimant_rate": claimants, "employment_rate": np.full((months + 1, 3), 0.7)}, places=names)
        )
    return records


def test_a_point_holds_the_three_forecasts_and_an_interval(towns):
    file = told([("Walsall", "claimant_rate", 2006, 0.05), ("Walsall", "claimant_rate", 2007, 0.07)])
    first, second = hindcast(file, towns, runs_of(towns, 0.03, 0.04, 0.05)).points
    base = towns.places[0].residents.claimant_rate.value
    assert (first.model, second.model) == pytest.approx((0.04, 0.08))
    assert first.persistence == second.persistence == base
    assert first.ar1 == pytest.approx(0.03 + 0.9 * (base - 0.02))
    assert second.ar1 == pytest.approx(0.04 + 0.81 * (base - 0.02))
    for point, sd in ((first, 0.01), (second, 0.02)):
        half = 1.645 * np.sqrt(sd**2 * (1 + 1 / 3) + 0.003**2)
        assert (point.low, point.high) == pytest.approx((point.model - half, point.model + half))
    assert not first.is_proxy


def test_the_first_year_is_what_the_run_holds_of_it(towns):
    records = runs_of(towns, 0.04, 0.04)
    for one in records:
        one.courses[1:7, :, 0] = 0.06  # July to December 2005
    (point,) = hindcast(told([("Walsall", "claimant_rate", 2005, 0.05)]), towns, records).points
    assert point.model == pytest.approx(0.06)


def test_scores_of_known_errors(towns):
    base = towns.places[0].residents.claimant_rate.value, towns.places[1].residents.claimant_rate.value
    file = told(
        [
            ("Walsall", "claimant_rate", 2006, 0.05), ("Telford and Wrekin", "claimant_rate", 2006, 0.02),
            ("Slough", "claimant_rate", 2006, 99.0),
        ]
    )  # fmt: skip
    found = hindcast(file, towns, runs_of(towns, 0.04, 0.04))
    scores = {score.forecast: score for score in found.scores}
    assert list(scores) == ["model", "persistence", "ar1"]
    assert scores["model"].mean_absolute_error == pytest.approx(0.015)  # errors -0.01 and 0.02; the proxy is left out
    assert scores["model"].root_mean_square_error == pytest.approx(np.sqrt((0.01**2 + 0.02**2) / 2))
    assert scores["model"].bias == pytest.approx(0.005)
    errors = np.array([base[0] - 0.05, base[1] - 0.02])
    assert scores["persistence"].mean_absolute_error == pytest.approx(abs(errors).mean())
    assert scores["persistence"].bias == pytest.approx(errors.mean())
    errors = 0.03 + 0.9 * (np.array(base) - 0.02) - np.array([0.05, 0.02])
    assert scores["ar1"].root_mean_square_error == pytest.approx(np.sqrt((errors**2).mean()))
    assert found.points[2].is_proxy


def test_coverage_is_the_share_of_points_in_their_intervals(towns):
    half = 1.645 * 0.003  # runs agree: only the survey errs
    observed = [
        ("Walsall", "claimant_rate", 2006, 0.04 + 0.99 * half), ("Walsall", "claimant_rate", 2007, 0.08 - 0.99 * half),
        ("Telford and Wrekin", "claimant_rate", 2006, 0.04 + 1.01 * half),
        ("Telford and Wrekin", "claimant_rate", 2007, 0.08 - 1.01 * half), ("Slough", "claimant_rate", 2006, 0.04),
    ]  # fmt: skip
    found = hindcast(told(observed), towns, runs_of(towns, 0.04, 0.04))
    assert [point.covered for point in found.points] == [True, True, False, False, True]
    assert (found.coverage, found.nominal) == ({"claimant_rate": 0.5}, 0.9)


def test_each_indicator_has_the_winner_with_the_least_absolute_error(towns):
    base = towns.places[0].residents
    ar1 = 0.03 + 0.9 * (base.claimant_rate.value - 0.02)
    for forecast, came in (("model", 0.08), ("persistence", base.claimant_rate.value), ("ar1", ar1)):
        observed = [("Walsall", "claimant_rate", 2006, came), ("Walsall", "employment_rate", 2006, 0.7)]
        winners = hindcast(told(observed), towns, runs_of(towns, 0.08, 0.08)).winners
        assert winners == {"claimant_rate": forecast, "employment_rate": "model"}


def test_a_hindcast_runs_to_the_end_of_the_last_year_observed():
    assert told([("Walsall", "claimant_rate", 2006, 0.05), ("Walsall", "claimant_rate", 2007, 0.05)]).months == 30
    assert told([("Walsall", "claimant_rate", 2006, 0.05)], start="2006-01").months == 12


# The experiment and its plan


def test_every_pattern_has_evidence_and_every_evidence_a_pattern(loaded):
    experiment, _ = loaded
    assert set(experiment.patterns) == set(patterns)
    assert len(patterns) >= 20


def test_every_pattern_says_what_it_is(loaded):
    titles = [pattern.title for pattern in patterns.values()]
    assert len(set(titles)) == len(titles)
    for name, pattern in patterns.items():
        assert pattern.name == name
        assert pattern.measure.__doc__
        assert pattern.on in WATCHES


def test_the_runs_that_every_pattern_is_measured_on_are_planned(loaded):
    watches = list(plan(*loaded, TINY, 5))
    kinds = {watch.kind for watch in watches}
    assert kinds == {pattern.on for pattern in patterns.values()}
    labels = {watch.label for watch in watches}
    assert labels >= {"nation", "recession", "places", "hindcast", "four_block_laa"}
    for policy in ("business_as_usual", "growth_coalition", "extra_money"):
        assert labels >= {policy, f"{policy} without attraction"}
    keys = [(watch.label, watch.replicate) for watch in watches]
    assert len(set(keys)) == len(keys) == 2 * len(labels)


def test_each_run_is_as_long_as_its_patterns_need_and_replicates_differ_in_seed_alone(loaded):
    experiment, scenario = loaded
    months = {"nation": NATION_MONTHS, "recession": 72, "places": PLACES_MONTHS, "hindcast": experiment.hindcast.months}
    for watch in plan(experiment, scenario, TINY, 5):
        what, arguments = cloudpickle.loads(watch.packed)
        assert arguments["seed"] == 5 + watch.replicate
        assert what.months == months.get(watch.label, PROGRAMME_MONTHS)
        is_nation = watch.kind in ("nation", "recession")
        assert len(what.places) == (6 if is_nation else 4)
        assert what.sample == (1.0 if is_nation else TINY.sample)
        world = {"recession": experiment.recession, "hindcast": experiment.hindcast.world}.get(watch.label)
        assert arguments.get("world") == world
        still = arguments.get("world.enterprise.attraction")
        assert still == (0.0 if watch.label.endswith("without attraction") else None)
        starts = {"nation": "2004-04", "recession": "2005-01", "hindcast": experiment.hindcast.start}
        assert what.start == starts.get(watch.label, scenario.start)


def test_what_fails_in_a_run_stops_the_validation(loaded, monkeypatch):
    def fails(self):
        raise ArithmeticError(f"no money in {self.label}")

    monkeypatch.setattr(Watch, "__call__", fails)
    with pytest.raises(ArithmeticError, match="no money in nation"):
        validate(*loaded, quick=True, workers=1)


# Files that make no sense


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """The experiment beside a copy of the scenarios with a short table of the nation."""
    folder = tmp_path_factory.mktemp("validation")
    shutil.copytree(ROOT / "scenarios", folder / "scenarios")
    table = folder / "scenarios" / "nation" / "england_2006.csv"
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)[:8]
    table.write_text("".join(lines), encoding="utf-8")
    (table.parent / "bad.csv").write_text("".join(lines).replace(",167157,", ",many,"), encoding="utf-8")
    england = (folder / "scenarios" / "england_2006.yaml").read_text(encoding="utf-8")
    england = re.sub(
        r"options:.*?sample:", "options: [policies/business_as_usual.yaml]\nsample:", england, flags=re.DOTALL
    )
    for name in ("england_2006", "bad"):
        (table.parent / f"{name}.yaml").write_text(
            f"{{name: {name}, districts: {name}.csv, number: 7}}", encoding="utf-8"
        )
        text = england.replace("nation/england_2006.yaml", f"nation/{name}.yaml")
        (folder / "scenarios" / f"{name}.yaml").write_text(text, encoding="utf-8")
    reformed = england.replace("business_as_usual", "growth_coalition")
    (folder / "scenarios" / "reformed.yaml").write_text(reformed, encoding="utf-8")
    (folder / "experiments").mkdir()
    return folder / "experiments" / "validation.yaml"


@pytest.fixture
def refused(copied):
    """What is said about the experiment with texts replaced, each once; the problems."""

    def change(*pairs):
        text = FILE.read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new, 1)
        copied.write_text(text, encoding="utf-8")
        with pytest.raises(ScenarioError) as caught:
            load(copied, ValidateFile)
        return caught.value.problems

    return change


def line_of(words, nth=1):
    """The line of the real experiment that holds these words for the nth time."""
    return [k for k, line in enumerate(FILE.read_text(encoding="utf-8").splitlines(), 1) if words in line][nth - 1]


def test_the_copy_itself_is_right(copied):
    copied.write_text(FILE.read_text(encoding="utf-8"), encoding="utf-8")
    experiment, scenario = load(copied, ValidateFile)
    assert len(experiment.england.places) == 7
    assert len(scenario.places) == 4


WALSALL = "{place: Walsall, indicator: claimant_rate, year: 2007, value: 0.038}"
BAD = {
    "tolerance 0": ("tolerance: 0.04", "tolerance: 0", "tolerance: 0.04", "patterns.worst_tenth_stays_3_years.tolerance", "0 is not above 0", ""),
    "tolerance nan": ("tolerance: 0.04", "tolerance: .nan", "tolerance: 0.04", "patterns.worst_tenth_stays_3_years.tolerance", "nan is not a finite", ""),
    "observed nan": ("observed: 0.882", "observed: .nan", "observed: 0.882", "patterns.worst_tenth_stays_3_years.observed", "nan is not a finite", ""),
    "observed text": ("observed: 0.882", "observed: 88.2%", "observed: 0.882", "patterns.worst_tenth_stays_3_years.observed", "'88.2%' is text", "write 0.882"),
    "empty reason": ('reason: "half the survey error', 'reason: ""  #', "half the survey error", "patterns.employment_stands_still.reason", "is empty", "Why so far"),
    "unknown use": ("use: fitted", "use: fited", "use: fitted", "patterns.worst_tenth_stays_3_years.use", "'fited' is not one of", "'fitted'"),
    "unknown key": ("question: Does", "questions: Does", "question: Does", "questions", "is not a key", "'question'"),
    "unknown indicator": (WALSALL, WALSALL.replace("claimant_rate", "claimant_rat"), WALSALL, "hindcast.observed.0.indicator", "there is no indicator called 'claimant_rat'", "'claimant_rate'"),
    "no national course": (WALSALL, WALSALL.replace("claimant_rate", "jobs"), WALSALL, "hindcast.observed.0.indicator", "jobs has no figure in place files to start from", "claimant_rate"),
    "gap": ("2008: 0.023, ", "", "2008: 0.023", "hindcast.national.claimant_rate.series.2009", "2009 comes after 2007: 2008 is missing", "every year"),
    "later than the series": (WALSALL, WALSALL.replace("2007", "2011"), "series: {2005: 0.024", "hindcast.national.claimant_rate.series", "2011 is missing", ""),
    "base before the series": ("base: 2005", "base: 2004", "series: {2005: 0.024", "hindcast.national.claimant_rate.series", "2004 is missing", ""),
    "unknown place": (WALSALL, WALSALL.replace("Walsall", "Walsal"), WALSALL, "hindcast.observed.0.place", "there is no place 'Walsal'", "'Walsall'"),
    "unknown world": ("recession: recession_2008", "recession: recession_2009", "recession: recession_2008", "recession", "there is no world called 'recession_2009'", "'recession_2008'"),
    "unknown world of the hindcast": ("  world: recession_2008", "  world: recession_2009", "  world: recession_2008", "hindcast.world", "there is no world called 'recession_2009'", "'recession_2008'"),
    "missing nation": ("scenarios/england_2006.yaml", "scenarios/england_2007.yaml", "england_2006.yaml", "nation", "there is no file", ""),
    "a nation without business as usual": ("scenarios/england_2006.yaml", "scenarios/reformed.yaml", "england_2006.yaml", "nation", "the scenario has no option business_as_usual", "patterns of a nation"),
    "missing options": ("../scenarios/four_places.yaml", "../scenarios/slough.yaml", "four_places.yaml", "scenario", "the scenario has no option extra_money, four_block_laa", "business_as_usual, growth_coalition"),
    "too few replicates": ("quick: {every: 24, nation: 2", "quick: {every: 24, nation: 1", "quick: {every", "quick.nation", "1 is below the smallest allowed, 2", ""),
    "unknown persistence": ("persistence: 0.98", "persistence: 98", "persistence: 0.98", "hindcast.national.claimant_rate.persistence", "98 is above the largest allowed, 1", ""),
    "misspelt pattern": ("  job_finding:", "  job_findign:", "  job_finding:", "patterns.job_findign", "there is no pattern called 'job_findign'", "'job_finding'"),
    "month 13": ('start: "2005-07"', 'start: "2005-13"', 'start: "2005-07"', "hindcast.start", "'2005-13' has month 13", ""),
    "proxy of no place": ("    South Northamptonshire: >-", "    South Northants: >-", "    South Northamptonshire: >-", "hindcast.proxies.South Northants", "there is no place", ""),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "path", "words", "hint"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_told_where_it_stands(refused, copied, old, new, at, path, words, hint):
    (problem,) = refused((old, new))
    assert problem.file == str(copied)
    assert (problem.line, problem.path) == (line_of(at), path)
    assert problem.message.startswith(words)
    assert hint in problem.hint


def test_a_missing_reason_is_told_of_its_pattern(refused):
    text = FILE.read_text(encoding="utf-8").splitlines(keepends=True)
    reason = next(line for line in text if "half the survey error" in line)
    (problem,) = refused((reason, ""))
    assert problem.line == line_of("  employment_stands_still:")
    assert problem.path == "patterns.employment_stands_still.reason"
    assert problem.message.startswith("is missing")


def test_a_bad_table_of_the_nation_is_named_with_its_own_line(refused, copied):
    (problem,) = refused(("scenarios/england_2006.yaml", "scenarios/bad.yaml"))
    assert Path(problem.file).resolve() == (copied.parents[1] / "scenarios" / "nation" / "bad.csv").resolve()
    assert (problem.line, problem.message) == (3, "population_2006 is 'many', not a number")


def test_years_out_of_order_are_told(refused):
    (problem,) = refused(("2007: 0.022, 2008: 0.023, ", "2008: 0.023, 2007: 0.022, "))
    assert problem.line == line_of("series: {2005: 0.024")
    assert problem.path == "hindcast.national.claimant_rate.series.2008"


def test_several_mistakes_are_told_at_once(refused):
    problems = refused(("tolerance: 0.04", "tolerance: 0"), ("base: 2005", "base: long ago"))
    assert {problem.path for problem in problems} == {"patterns.worst_tenth_stays_3_years.tolerance", "hindcast.base"}


def test_a_year_before_the_run_is_refused(refused):
    changes = ("series: {2005: 0.024", "series: {2004: 0.024, 2005: 0.024"), (WALSALL, WALSALL.replace("2007", "2004"))
    (problem,) = refused(*changes)
    assert problem.line == line_of(WALSALL)


def test_an_indicator_that_has_no_figure_at_the_start_is_refused(refused):
    series = "    vacancies: {series: {2005: 5.0, 2006: 5.0, 2007: 5.0}, persistence: 0.98}\n"
    jobs = WALSALL.replace("claimant_rate", "vacancies")
    (problem,) = refused(("    claimant_rate:  ", f"{series}    claimant_rate:  "), (WALSALL, jobs))
    assert problem.path == "hindcast.observed.0.indicator"


def test_an_indicator_of_which_all_is_a_proxy_has_no_scores(towns):
    observed = [("Slough", "claimant_rate", 2006, 0.05), ("Walsall", "employment_rate", 2006, 0.7)]
    found = hindcast(told(observed), towns, runs_of(towns, 0.04, 0.04))
    assert {score.indicator for score in found.scores} == {"employment_rate"}
    assert set(found.winners) == set(found.coverage) == {"employment_rate"}
    assert found.points[0].is_proxy


def test_a_nation_of_fewer_districts_than_are_passed_over_is_refused(copied):
    copied.write_text(FILE.read_text(encoding="utf-8"), encoding="utf-8")
    experiment, scenario = load(copied, ValidateFile)  # seven districts
    with pytest.raises(ScenarioError):
        list(plan(experiment, scenario, TINY, 1))


# All of it


@pytest.mark.nightly
@pytest.mark.slow
def test_workers_change_nothing(loaded):
    experiment, scenario = loaded
    small = experiment.model_copy(update={"quick": TINY})
    done = []
    one = validate(small, scenario, quick=True, workers=1, on_progress=done.append)
    two = validate(small, scenario, quick=True, workers=2)
    assert json.dumps(one.summary()) == json.dumps(two.summary())
    summary = one.summary()
    assert summary["total"] == len(patterns) >= 20
    assert summary["passed"] == sum(row["passed"] for row in summary["patterns"])
    assert (summary["quick"], summary["seed"], summary["districts"]) == (True, experiment.seed, 6)
    assert done == [(len(done), k, 0) for k in range(1, len(done) + 1)]
    for row in summary["patterns"]:
        assert row["low"] <= row["simulated"] <= row["high"]
        assert len(row["values"]) == 2
    assert len(summary["hindcast"]["points"]) == len(experiment.hindcast.observed)
    assert set(summary["hindcast"]["winners"]) == set(experiment.hindcast.national)


# The command and its page


def test_the_page_in_the_docs_is_of_this_version_of_the_model_and_this_file(loaded):
    experiment, _ = loaded
    text = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    assert f"model version {coalsim.MODEL_VERSION}" in text
    for name, known in experiment.patterns.items():
        row = next(
            line
            for line in text.splitlines()
            if line.startswith(f"| {patterns.get(name).title} | {patterns.get(name).unit} |")
        )
        assert f"| {known.use} |" in row
        assert cell(known.reason) in text
        assert cell(known.source) in text


def test_another_command_does_not_run_it():
    ended = CliRunner().invoke(cli, ["compare", str(FILE)], prog_name="coalsim")
    assert ended.exit_code == 2
    assert "coalsim validate-model" in ended.output


def test_a_page_of_somebody_elses_is_left_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr("coalsim.experiments.validation.validate.validate", lambda *_, **__: pytest.fail("it ran"))
    page = tmp_path / "notes.md"
    page.write_text("my notes")
    for arguments in (["--page", str(page)], ["--out", str(tmp_path / "out")]):
        (tmp_path / "out").mkdir(exist_ok=True)
        (tmp_path / "out" / "validation.md").write_text("my notes")
        ended = CliRunner().invoke(cli, ["validate-model", str(FILE), *arguments])
        assert ended.exit_code == 2
        assert "was not written by coalsim validate-model" in ended.output
    assert page.read_text() == "my notes"
