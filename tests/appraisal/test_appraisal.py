"""An appraisal: worked by hand to the penny, then identities, intervals, ranges of unit values, and what is refused."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from scipy.stats import triang

from coalsim.analysis import paired_ratio
from coalsim.appraisal import Appraisal, Flow, UnitValue, discount_factor, pounds, present_value, rebase
from coalsim.appraisal.appraisal import DRAWS

REPEATABLE = settings(deadline=None, derandomize=True, max_examples=50)
JOB = UnitValue("job", 12.0, 5.0, 30.0, "GBP", "2006-07", "derived", "a test")
TAX = UnitValue("tax", 0.25, 0.1, 0.5, "1", "", "verified", "a test")
GUESS = UnitValue("guess", 2.0, 1.0, 3.0, "1", "", "assumption", "a test")


# Worked by hand


@pytest.fixture(scope="module")
def tram():
    """A council pays for trams; riders gain time and health; the Treasury takes some of the council's saving.

    Factors at 3.5%: 1, 0.966183575, 0.933510700, 0.901942706. At 1.5%: 1, 0.985221675, 0.970661749, 0.956316994.

    line         body       year 0      1      2      3   present value
    track        council      1000    200      0      0   1000 + 193.2367                         = 1193.24
    running      council         0     50     50     50   48.3092 + 46.6755 + 45.0971             =  140.08
    time         riders          0    400    500    600   386.4734 + 466.7554 + 541.1656          = 1394.39
    health       riders          0    100    100    100   98.5222 + 97.0662 + 95.6317 (at 1.5%)   =  291.22
    saving       council         0     80     80     80   77.2947 + 74.6809 + 72.1554             =  224.13
    taken back   council         0    -30    -30    -30   -(28.9855 + 28.0053 + 27.0583)          =  -84.05
    taken back   treasury        0     30     30     30                                              84.05
    """
    costs = [Flow("track", [1000, 200, 0, 0], "council"), Flow("running", [0, 50, 50, 50], "council")]
    benefits = [
        Flow("time", [0, 400, 500, 600], "riders"),
        Flow("health", [0, 100, 100, 100], "riders", is_health=True),
        Flow("saving", [0, 80, 80, 80], "council"),
        Flow("taken back", [0, -30, -30, -30], "council"),
        Flow("taken back", [0, 30, 30, 30], "treasury"),
    ]
    return Appraisal(costs, benefits, prices="2006-07")


def test_the_example_is_worth_what_it_is_by_hand(tram):
    assert round(tram.pv_costs, 2) == 1333.32  # 1193.2367 + 140.0818
    assert round(tram.pv_benefits, 2) == 1909.75  # 1394.3944 + 291.2200 + 224.1310
    assert round(tram.npsv, 2) == 576.43
    assert round(tram.bcr, 4) == 1.4323
    assert tram.band == "low"


def test_each_line_of_the_example_is_worth_what_it_is_by_hand(tram):
    values = tram.table().set_index("line")["present_value"].round(2)
    assert values.to_dict() == {
        "track": 1193.24,
        "running": 140.08,
        "time": 1394.39,
        "health": 291.22,
        "saving": 224.13,
        "taken back": 0,
        "costs": 1333.32,
        "benefits": 1909.75,
        "net present social value": 576.43,
    }


def test_each_body_of_the_example_has_what_it_has_by_hand(tram):
    rows = tram.by_body()
    assert rows.loc["council", ["year 0", "year 1", "year 2", "year 3"]].tolist() == [-1000, -200, 0, 0]
    assert rows.loc["riders", ["year 0", "year 1", "year 2", "year 3"]].tolist() == [0, 500, 600, 700]
    assert rows["present_value"].round(2).to_dict() == {
        "council": -1193.24,  # -1193.2367 - 140.0818 + 224.1310 - 84.0491
        "riders": 1685.61,
        "treasury": 84.05,
        "total": 576.43,
    }


def test_the_example_is_paid_back_in_its_last_year(tram):
    # -1000; + (400 - 200 - 50 + 80) x 0.966184 + 98.5222 = -679.26; + 530 x 0.933511 + 97.0662 = -87.43; + 663.85
    assert tram.cumulative.round(2).tolist() == [-1000, -679.26, -87.43, 576.43]
    assert tram.payback == 3


def test_the_example_is_told_in_a_sentence(tram):
    assert tram.sentence == (
        "Net present social value GBP 576 in prices of 2006-07; benefit-cost ratio 1.43, low value for money; "
        "paid back in year 3."
    )


def test_optimism_bias_is_added_to_costs_only(tram):
    found = Appraisal(tram.costs, tram.benefits, optimism_bias=0.321)
    assert found.pv_costs == pytest.approx(1.321 * tram.pv_costs, rel=1e-12)
    assert found.pv_benefits == tram.pv_benefits


def test_later_years_are_discounted_from_year_0(tram):
    later = Appraisal(tram.costs, tram.benefits, first_year=29)
    # From year 29 on: 29 years at 3.5%, one more, then at 3%
    assert later.pv_costs == pytest.approx(
        1000 * 1.035**-29 + 250 * 1.035**-30 + 50 * 1.035**-30 * (1.03**-1 + 1.03**-2), rel=1e-12
    )
    assert list(later.by_body().columns[:4]) == ["year 29", "year 30", "year 31", "year 32"]
    assert Appraisal([100, 0], [0, 200], first_year=7).payback == 8


# Payback


@pytest.mark.parametrize(
    ("costs", "benefits", "year"),
    [
        ([100, 0], [0, 103.5], 1),  # 103.5 / 1.035 = 100, to the penny
        ([100, 0], [0, 103.49], None),
        ([0.9, 0], {"a": [0, 0.3105], "b": [0, 0.621]}, 1),  # which floats add up to not quite 0.9
        ([100, 0], [200, 0], 0),
        ([0, 0], [10, 10], 0),
        ([100, 0, 200, 0, 0], [0, 150, 0, 0, 500], 4),  # paid back in year 1, and again after the second outlay
        ([0, 100], [50, 0], None),
        ([0, 0], [0, 0], 0),
    ],
)
def test_payback_is_the_year_from_which_nothing_is_owed_again(costs, benefits, year):
    assert Appraisal(costs, benefits).payback == year


def test_a_horizon_that_is_too_short_for_payback_is_said():
    found = Appraisal([100, 0, 0], [0, 20, 30])
    assert found.payback is None
    assert "not paid back within the 3 years looked at" in found.sentence
    assert "paid back in year" not in found.sentence


# Ratios and bands


@pytest.mark.parametrize(
    ("benefits", "band"),
    [
        (-50, "poor"),
        (99, "poor"),
        (100, "low"),
        (149, "low"),
        (150, "medium"),
        (199, "medium"),
        (200, "high"),
        (399, "high"),
        (401, "very high"),
    ],
)
def test_bands_are_those_of_the_departments(benefits, band):
    found = Appraisal([100.0], [benefits])
    assert found.band == band
    assert f"{band} value for money" in found.sentence


@pytest.mark.parametrize(
    "costs", [[], [0, 0], [-10, 0], [0.1 + 0.2, -0.3 * 1.035], {"a": [100, 50], "b": [-100, -50]}, [[5, 0], [-5, 0]]]
)
def test_without_costs_on_balance_there_is_no_ratio(costs):
    found = Appraisal(costs, [10, 20])
    assert not found.has_costs
    assert np.isnan(found.bcr)
    assert np.isnan(found.bcr_estimate).all()
    assert np.isnan(found.bcr_range).all()
    assert found.band == "no cost"
    assert "no costs on balance, so there is no ratio" in found.sentence


# Identities


@st.composite
def tables(draw):
    """Lines of whole pounds for the same years and replicates: costs, benefits, and where they begin."""
    years, replicates = draw(st.integers(1, 6)), draw(st.integers(1, 4))

    def line(name):
        row = st.lists(st.integers(-10_000, 10_000), min_size=years, max_size=years)
        values = draw(st.lists(row, min_size=replicates, max_size=replicates))
        body = draw(st.sampled_from(["council", "residents", "treasury"]))
        return Flow(name, values, body, is_health=draw(st.booleans()))

    costs, benefits = ([line(f"{side} {k}") for k in range(draw(st.integers(1, 3)))] for side in ("cost", "benefit"))
    return SimpleNamespace(costs=costs, benefits=benefits, first_year=draw(st.integers(0, 40)))


def appraised(table, factor=1.0, **changed):
    costs, benefits = (
        [replace(flow, values=factor * flow.array) for flow in side] for side in (table.costs, table.benefits)
    )
    return Appraisal(costs, benefits, first_year=table.first_year, **changed)


@REPEATABLE
@given(tables())
def test_doubling_every_price_doubles_the_value_and_leaves_the_ratio(table):
    once, twice = appraised(table), appraised(table, 2.0)
    assert twice.npsv == pytest.approx(2 * once.npsv, rel=1e-9, abs=1e-6)
    assert twice.bcr == pytest.approx(once.bcr, rel=1e-9, nan_ok=True)
    assert (twice.band, twice.payback) == (once.band, once.payback)


@REPEATABLE
@given(tables(), st.sampled_from(["2000-01", "2024-25"]))
def test_in_other_prices_only_the_unit_of_money_changes(table, prices):
    found = appraised(table, float(rebase(1.0, "2006-07", prices)))
    assert found.npsv == pytest.approx(rebase(appraised(table).npsv, "2006-07", prices), rel=1e-9, abs=1e-6)
    assert found.bcr == pytest.approx(appraised(table).bcr, rel=1e-9, nan_ok=True)


@REPEATABLE
@given(tables())
def test_bodies_and_lines_add_up_to_the_total(table):
    found = appraised(table, optimism_bias=0.24)
    bodies = found.by_body()
    assert bodies.drop(index="total").sum()[:-2].tolist() == pytest.approx(bodies.loc["total"][:-2].tolist(), abs=1e-6)
    assert bodies.loc["total", "present_value"] == pytest.approx(found.npsv, abs=1e-6)
    lines = found.table().groupby("side")["present_value"].sum()
    assert lines["benefit"] - lines["cost"] == pytest.approx(found.npsv, abs=1e-6)
    assert found.cumulative[-1] == pytest.approx(found.npsv, abs=1e-6)


@REPEATABLE
@given(tables())
def test_the_years_of_a_body_times_the_factors_are_its_present_value(table):
    for kind, is_health in (("standard", False), ("health", True)):
        lines = [[replace(flow, is_health=is_health) for flow in side] for side in (table.costs, table.benefits)]
        bodies = Appraisal(*lines, first_year=table.first_year).by_body()
        years = bodies.columns[:-3]
        factors = discount_factor(table.first_year + np.arange(years.size), kind)
        assert (bodies[years].to_numpy() @ factors).tolist() == pytest.approx(
            bodies["present_value"].tolist(), abs=1e-6
        )


@REPEATABLE
@given(tables())
def test_weights_of_one_change_nothing(table):
    found = appraised(table, optimism_bias=0.24, prices="2006-07", level=0.8)
    same = found.weighted(dict.fromkeys(["council", "residents", "treasury"], 1.0))
    for other in (same, found.weighted({})):
        assert other.sentence == found.sentence
        assert other.table().equals(found.table())
        assert other.by_body().equals(found.by_body())


def test_weights_multiply_what_a_body_pays_and_gains(tram):
    found = tram.weighted({"riders": 2.4, "treasury": 0.5}).by_body()["present_value"]
    plain = tram.by_body()["present_value"]
    assert found["riders"] == pytest.approx(2.4 * plain["riders"], rel=1e-12)
    assert found["treasury"] == pytest.approx(0.5 * plain["treasury"], rel=1e-12)
    assert found["council"] == pytest.approx(plain["council"], rel=1e-12)


# Switching values


@REPEATABLE
@given(tables())
def test_at_its_switching_value_each_line_leaves_nothing(table):
    rows = appraised(table).switching_values().set_index("name")
    for flow in [*table.costs, *table.benefits]:
        value, change, at = rows.loc[flow.name, ["value", "change", "switches_at"]]
        if not abs(change) < 1e6:  # a line that is next to nothing cannot make up for the others
            continue
        assert at == pytest.approx(value * (1 + change), rel=1e-12)
        costs, benefits = (
            [replace(one, values=(1 + change) * one.array) if one is flow else one for one in side]
            for side in (table.costs, table.benefits)
        )
        assert Appraisal(costs, benefits, first_year=table.first_year).npsv == pytest.approx(0, abs=1e-3)


def test_all_costs_switch_where_they_equal_all_benefits(tram):
    rows = tram.switching_values().set_index(["what", "name"])
    assert rows.loc[("total", "costs"), "switches_at"] == pytest.approx(tram.pv_benefits, rel=1e-12)
    assert rows.loc[("total", "benefits"), "switches_at"] == pytest.approx(tram.pv_costs, rel=1e-12)
    assert rows.loc[("total", "costs"), "change"] == pytest.approx(tram.bcr - 1, rel=1e-12)
    assert np.isnan(rows.loc[("benefit", "taken back"), "change"])  # what one body loses another gains


def jobs(job=JOB, tax=TAX, cost=100.0):
    """Ten jobs a year for two years; a quarter of their worth goes from workers to the Treasury, some of it at a charge."""
    return Appraisal(
        [Flow("scheme", [cost, 0.0], prices="2006-07"), Flow.of("charge", [0.0, 4.0], job, prices="2006-07")],
        [
            Flow.of("pay", [10.0, 10.0], job, body="workers", prices="2006-07"),
            Flow.of("taxes", [10.0, 10.0], job, tax, sign=-1, body="workers", prices="2006-07"),
            Flow.of("taxes", [10.0, 10.0], job, tax, body="treasury", prices="2006-07"),
        ],
    )


def test_at_its_switching_value_a_unit_value_leaves_nothing():
    rows = jobs().switching_values().set_index(["what", "name"])
    row = rows.loc[("unit value", "job")]
    # 100 = job x (10 + 6 / 1.035)
    assert row["switches_at"] == pytest.approx(100 / (10 + 6 / 1.035), rel=1e-12)
    assert row["value"] * (1 + row["change"]) == pytest.approx(row["switches_at"], rel=1e-12)
    assert row["in_range"] is True
    assert jobs(replace(JOB, value=row["switches_at"])).npsv == pytest.approx(0, abs=1e-9)


def test_a_switching_value_may_lie_out_of_range():
    row = jobs(cost=1000.0).switching_values().set_index(["what", "name"]).loc[("unit value", "job")]
    assert row["switches_at"] > JOB.high
    assert row["in_range"] is False


def test_a_unit_value_of_a_mere_transfer_switches_nothing():
    shared = [
        Flow.of("taxes", [amount], TAX, body=body)
        for amount, body in (
            (-0.3, "workers"),
            (0.1, "council"),
            (0.2, "treasury"),
        )  # which floats add up to not quite 0
    ]
    for found in (jobs(), Appraisal([100.0], shared)):
        row = found.switching_values().set_index(["what", "name"]).loc[("unit value", "tax")]
        assert np.isnan(row["change"])
        assert row["in_range"] is False


# Luck


@pytest.fixture(scope="module")
def runs():
    """Eight replicates of costs and benefits over three years."""
    rng = np.random.default_rng(5)
    costs = rng.normal([100, 20, 20], 8, (8, 3))
    return costs, 1.4 * costs + rng.normal(0, 20, (8, 3))


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_interval_of_the_value_is_students(runs, level):
    costs, benefits = runs
    found = Appraisal(costs, benefits, level=level).npsv_estimate
    net = present_value(benefits - costs)
    expected = student.interval(level, 7, loc=net.mean(), scale=net.std(ddof=1) / np.sqrt(8))
    assert found == pytest.approx((net.mean(), *expected), rel=1e-9)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_interval_of_the_ratio_is_fiellers(runs, level):
    costs, benefits = runs
    found = Appraisal(costs, benefits, level=level).bcr_estimate
    expected = paired_ratio(present_value(benefits), present_value(costs), level=level)
    assert expected.is_bounded
    assert found == pytest.approx((expected.value, expected.low, expected.high), rel=1e-9)


def test_a_ratio_to_costs_that_may_be_nought_has_no_end():
    found = Appraisal([[10.0], [-8.0], [3.0], [-1.0]], [[10.0], [20.0], [30.0], [20.0]])
    assert found.bcr_estimate == (20.0, -np.inf, np.inf)
    assert found.bcr_range == (-np.inf, np.inf)
    assert "its interval has no end: costs may be nought" in found.sentence


def test_one_replicate_has_no_interval(tram):
    assert np.isnan([tram.npsv_estimate.low, tram.npsv_estimate.high, *tram.bcr_estimate[1:]]).all()
    assert tram.npsv_range == pytest.approx((tram.npsv, tram.npsv))


def test_a_line_that_does_not_vary_goes_with_those_that_do(runs):
    _, benefits = runs
    found = Appraisal([100.0, 0, 0], {"varying": benefits, "fixed": [10.0, 0, 0]})
    assert found.replicates == 8
    assert found.npsv_estimate == pytest.approx(np.array(Appraisal([], benefits).npsv_estimate) - 90, rel=1e-9)


def is_luck(error, probability, density=1.0):
    """Whether a quantile of `DRAWS` draws is off by no more than four of its standard errors."""
    return np.abs(error) < 4 * np.sqrt(probability * (1 - probability) / DRAWS) / density


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_without_unit_values_the_ranges_are_the_intervals(runs, level):
    costs, benefits = present_value(runs[0]), present_value(runs[1])
    found = Appraisal(*runs, level=level)
    # An end of Student's or Fieller's interval is where a t test of what is left gives its probability
    for ends, left in (
        (found.npsv_range, lambda end: benefits - costs - end),
        (found.bcr_range, lambda end: benefits - end * costs),
    ):
        for end, probability in zip(ends, ((1 + level) / 2, (1 - level) / 2)):
            rest = left(end)
            statistic = rest.mean() / (rest.std(ddof=1) / np.sqrt(8))
            assert is_luck(student.cdf(statistic, 7) - probability, probability)


def test_luck_and_unit_values_widen_the_range_together(runs):
    jobs = runs[0][:, 0] - 90  # so that luck matters about as much as the price
    found = Appraisal([0.0], Flow.of("jobs", jobs[:, None], JOB, prices="2006-07"))
    price = triang((12 - 5) / 25, loc=5, scale=25)
    luck = jobs.var(ddof=1) / 8 * 7 / 5  # of Student's distribution with 7 degrees of freedom
    variance = price.moment(2) * (jobs.mean() ** 2 + luck) - (price.mean() * jobs.mean()) ** 2
    assert found.draws[1].std() == pytest.approx(np.sqrt(variance), rel=0.05)  # four standard errors of 4000 draws


# Unit values


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_the_range_by_one_unit_value_is_that_of_its_triangle(level):
    found = Appraisal([100.0], Flow.of("jobs", [10.0], JOB, prices="2006-07"), level=level)
    law = triang((12 - 5) / 25, loc=5, scale=25)
    ends = np.array([(1 - level) / 2, (1 + level) / 2])
    truth = law.ppf(ends)
    assert is_luck((np.array(found.npsv_range) + 100) / 10 - truth, ends, law.pdf(truth)).all()
    assert is_luck(np.array(found.bcr_range) * 10 - truth, ends, law.pdf(truth)).all()


def test_the_chance_of_being_worth_it_is_that_of_the_triangle():
    found = Appraisal([100.0], Flow.of("jobs", [10.0], JOB, prices="2006-07"))
    chance = 1 - (10 - 5) ** 2 / (25 * 7)  # that a job is worth more than 10
    assert is_luck(found.p_worth - chance, chance, 1.0)


def test_lines_that_rest_on_a_unit_value_move_together():
    transfer = [
        Flow.of("taxes", [10.0], JOB, TAX, sign=sign, body=body, prices="2006-07")
        for sign, body in ((-1, "workers"), (1, "treasury"))
    ]
    assert Appraisal([50.0], transfer).npsv_range == pytest.approx((-50, -50))
    costs, benefits = Appraisal(
        Flow.of("a", [3.0], JOB, prices="2006-07"), Flow.of("b", [6.0], JOB, prices="2006-07")
    ).draws
    assert benefits == pytest.approx(2 * costs)


def test_the_same_seed_draws_the_same():
    first, again, other = (
        Appraisal([10.0], Flow.of("jobs", [10.0], JOB, prices="2006-07"), seed=seed) for seed in (1, 1, 2)
    )
    assert first.npsv_range == again.npsv_range != other.npsv_range
    assert other.weighted({}).npsv_range == other.npsv_range


def test_the_sentence_gives_the_range_by_unit_values():
    found = Appraisal([100.0], Flow.of("jobs", [10.0], JOB, prices="2006-07"))
    low, high = found.npsv_range
    assert found.sentence.endswith(f"; with the ranges of the unit values {pounds(low)} to {pounds(high)}.")


def test_the_table_shows_the_weakest_standing_of_every_line():
    def line(name, *unit_values):
        return Flow.of(name, [1.0], *unit_values, prices="2006-07")

    found = Appraisal(
        {"scheme": [1.0]},
        [line("pay", JOB), line("tax", TAX), line("both", TAX, JOB), line("all", GUESS, TAX, JOB), line("none")],
        prices="2006-07",
    )
    assert found.table().set_index("line")["status"].to_dict() == {
        "scheme": "",
        "pay": "derived",
        "tax": "verified",
        "both": "derived",
        "all": "assumption",
        "none": "",
        "costs": "",
        "benefits": "assumption",
        "net present social value": "assumption",
    }
    assert list(found.unit_values) == ["job", "tax", "guess"]


# What is refused


def test_mixed_price_bases_are_refused_with_the_cure():
    old, new = Flow("old", [63.2017], prices="2006-07"), Flow("new", [100.0], prices="2024-25")
    with pytest.raises(ValueError, match="price bases are mixed") as caught:
        Appraisal([old], [new])
    assert "old is in prices of 2006-07 and new of 2024-25" in str(caught.value)
    assert "appraisal.rebase(values, '2024-25', '2006-07')" in str(caught.value)
    cured = replace(new, values=rebase(new.array, "2024-25", "2006-07"), prices="2006-07")
    assert Appraisal([old], [cured]).npsv == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("costs", "benefits", "more", "words"),
    [
        ([1.0], [Flow("x", [1.0], prices="2006-07")], {"prices": "2010-11"}, "x is in prices of 2006-07 and the appraisal"),
        ([1.0, 2.0], [1.0, 2.0, 3.0], {}, "costs has 2 years and benefits 3: give all the same years, 0 where nothing"),
        ([[1.0], [2.0]], [[1.0], [2.0], [3.0]], {}, "lines have 2 and 3 replicates: give all the same"),
        ([1.0, np.nan], [1.0, 2.0], {}, "costs: every year needs a finite number of pounds"),
        ([1.0], {"fares": [np.inf]}, {}, "fares: every year needs a finite number"),
        ([], [], {}, "neither costs nor benefits: give numbers by year"),
        ([1.0], [1.0], {"first_year": -1}, "first_year -1: give a whole number from 0"),
        ([1.0], [1.0], {"first_year": 0.5}, "first_year 0.5: give a whole number"),
        ([1.0], [1.0], {"optimism_bias": -1.0}, "such as 0.24"),
        ([1.0], [1.0], {"optimism_bias": np.nan}, "optimism_bias nan"),
        ([1.0], [1.0], {"level": 95}, "level 95: give a number between 0 and 1, such as 0.95"),
        ([1.0], [1.0], {"level": 0}, "level 0: give"),
        ([1.0], [1.0], {"level": 1}, "level 1: give"),
    ],
)  # fmt: skip
def test_what_cannot_be_appraised_is_refused(costs, benefits, more, words):
    with pytest.raises(ValueError, match=words):
        Appraisal(costs, benefits, **more)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "GBP 0"),
        (576.4, "GBP 576"),
        (9_999, "GBP 9,999"),
        (340_400, "GBP 340,000"),
        (-1_240_000, "-GBP 1.2m"),
        (123_456_789, "GBP 123m"),
        (99_949_999, "GBP 99.9m"),
        (99_950_000, "GBP 100m"),
        (999_600, "GBP 1.0m"),
        (np.inf, "no limit"),
    ],
)
def test_money_is_told_in_a_few_digits(value, words):
    assert pounds(value) == words


def test_dust_of_floating_point_is_no_loss():
    """0.1 + 0.2 is not 0.3 in binary."""
    found = Appraisal({"a": [0.1], "b": [0.2]}, [0.3])
    assert found.payback == 0
    assert found.sentence.startswith("Net present social value GBP 0;")


def test_one_year_is_one_year():
    assert "within the 1 year looked at" in Appraisal([10], [1]).sentence


def test_two_replicates_have_an_interval():
    found = Appraisal(np.array([[1.0], [1.0]]), np.array([[3.0], [5.0]]))
    half = student.ppf(0.975, 1) * 1.0
    assert found.npsv_estimate == pytest.approx((3.0, 3.0 - half, 3.0 + half))


@pytest.mark.parametrize(("below", "is_bounded"), [(0.02, True), (0.05, False)])
def test_a_ratio_has_an_end_while_costs_are_nought_in_fewer_draws_than_a_tail(below, is_bounded):
    ups_and_downs = np.tile([1.0, -1.0], 25)
    costs = ups_and_downs + student.ppf(1 - below, 49) * ups_and_downs.std(ddof=1) / np.sqrt(50)
    found = Appraisal(costs[:, None], np.full((50, 1), 3.0))
    assert (found.draws[0] <= 0).mean() == pytest.approx(below, abs=0.01)  # of 4,000
    assert np.isfinite(found.bcr_range).all() == is_bounded


def test_a_unit_value_of_nought_without_a_range_leaves_the_range_to_luck():
    free = UnitValue("free", 0.0, 0.0, 0.0, "1", "", "assumption", "a test")
    found = Appraisal([1.0], [Flow("sure", [5.0]), Flow.of("given", [3.0], free)])
    assert found.npsv_range == pytest.approx((4.0, 4.0))


@pytest.mark.parametrize("end", [1.0, 4.0])
def test_a_value_that_switches_at_the_end_of_its_range_lies_in_it(end):
    edge = UnitValue("edge", 2.0, 1.0, 4.0, "1", "", "assumption", "a test")
    table = Appraisal([end], Flow.of("gains", [1.0], edge)).switching_values().set_index("name")
    assert table.loc["edge", "switches_at"] == end
    assert table.loc["edge", "in_range"]


def test_the_table_ends_in_totals(tram):
    table = tram.table()
    assert list(table.columns) == ["side", "line", "kind", "present_value", "low", "high", "status"]
    assert list(table["side"].tail(3)) == ["total"] * 3
    assert list(table["line"].tail(3)) == ["costs", "benefits", "net present social value"]


def test_the_picture_has_costs_below_nought_and_benefits_above(monkeypatch):
    drawn = {}
    monkeypatch.setattr("coalsim.figures.groups", lambda sides, **more: drawn.update(sides=sides, **more))
    found = Appraisal(Flow("rails", np.array([[2.0], [4.0]])), Flow("rides", np.array([[7.0], [9.0]])))
    found.plot()
    half = student.ppf(0.975, 1) * 1.0
    assert drawn["sides"]["costs"]["rails"]["mean and interval"] == pytest.approx((-3.0, -3.0 - half, -3.0 + half))
    assert drawn["sides"]["benefits"]["rides"]["mean and interval"] == pytest.approx((8.0, 8.0 - half, 8.0 + half))
    assert drawn["sides"]["totals"]["costs"]["mean and interval"][0] == -3.0
    assert drawn["sides"]["totals"]["net present social value"]["mean and interval"][0] == 5.0
    assert drawn["unit"] == "GBP million"
    of_2006 = Appraisal(found.costs, found.benefits, prices="2006-07")
    assert "GBP, 2006-07 prices" in of_2006._repr_html_()
    assert "GBP, " not in found._repr_html_()


def test_the_sentence_says_when_there_is_no_ratio_and_gives_two_decimals_where_there_is():
    assert Appraisal([0.0], [3.0]).sentence.endswith("3; no costs on balance, so there is no ratio.")
    found = Appraisal(np.array([[1.0], [1.0]]), np.array([[3.0], [3.1]]))
    low, high = found.bcr_estimate.low, found.bcr_estimate.high
    assert f"benefit-cost ratio 3.05 ({low:.2f} to {high:.2f})" in found.sentence
