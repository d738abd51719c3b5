"""Every indicator: declared in full, finite in every run, and right where it can be worked out by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

import coalsim
from coalsim.indicators import dictionary, indicators, record
from coalsim.indicators.business import effective_sectors, manufacturing_job_share, public_job_share
from coalsim.indicators.labour import claimant_rate, unemployment_rate, weekly_pay
from coalsim.indicators.place import segregation, severe_deprivation
from coalsim.ledger import GOVERNMENT
from coalsim.names import SECTORS, UNEMPLOYED
from coalsim.start import settling

SUBJECTS = {"labour", "business", "residents", "place", "partnership", "money", "success"}


@pytest.fixture(scope="module")
def run(small):
    """A growth coalition in a small Walsall, two years."""
    return coalsim.simulate(small, policy="growth_coalition", seed=1)


@pytest.fixture(scope="module")
def model(small):
    """Walsall at its start."""
    return coalsim.CoalitionModel(small, rng=1)


@pytest.mark.parametrize("name", list(indicators))
def test_every_indicator_is_declared_in_full_and_finite(name, run):
    what = indicators[name]
    assert what.name == name
    assert what.unit
    assert what.doc.endswith(".")
    assert what.subject in SUBJECTS
    assert what.better in ("higher", "lower", "")
    assert np.isfinite(run.indicators[name]).all()


@pytest.mark.parametrize("name", [name for name, what in indicators.items() if what.unit == "1" and name != "trust"])
def test_a_share_lies_between_nothing_and_all(name, run):
    assert run.indicators[name].between(0, 1).all()


def test_an_indicator_has_a_value_at_the_start_and_for_every_month(run, four_places):
    assert run.indicators.index.tolist() == list(range(25))
    assert run.indicators.columns.tolist() == list(indicators)
    several = coalsim.CoalitionModel(four_places, rng=1)
    several.step()
    table = several.indicators.table()
    assert table.index.names == ["locality", "month"]
    assert len(table) == 4 * 2


def test_the_dictionary_says_what_each_is(run):
    table = dictionary()
    assert table.index.tolist() == run.indicators.columns.tolist()
    assert (table["meaning"].str.len() > 10).all()


def test_mesas_collector_holds_the_mean_over_places_weighted_by_residents(four_places):
    model = coalsim.CoalitionModel(four_places, rng=1)
    model.step()
    table, adults = model.indicators.table(), {place.name: place.place.adults for place in model.localities}
    rates = table["employment_rate"].xs(1, level="month")
    expected = sum(rates[name] * n for name, n in adults.items()) / sum(adults.values())
    assert model.datacollector.get_model_vars_dataframe()["employment_rate"].iloc[-1] == pytest.approx(expected)


def jobs(*counts):
    return SimpleNamespace(jobs=np.array(counts), n_jobs=sum(counts))


@pytest.mark.parametrize(
    ("counts", "sectors"),
    [
        ((10, 10, 10, 10, 10, 10), 6),  # exp of Shannon's entropy of equal shares is their number
        ((0, 7, 0, 7, 0, 7), 3),
        ((50, 0, 0, 0, 0, 0), 1),
        ((3, 1, 0, 0, 0, 0), 4 / 3**0.75),  # by hand: 2 ln 2 - 3/4 ln 3
        ((0, 0, 0, 0, 0, 0), 0),
    ],
)
def test_effective_number_of_sectors(counts, sectors):
    assert effective_sectors(None, jobs(*counts)) == pytest.approx(sectors)


def test_job_shares_of_sectors():
    place = jobs(10, 0, 0, 0, 0, 30)
    assert SECTORS[0] == "manufacturing"
    assert (manufacturing_job_share(None, place), public_job_share(None, place)) == (0.25, 0.75)
    assert public_job_share(None, jobs(0, 0, 0, 0, 0, 0)) == 0


def neighbourhoods(homes, jobless):
    people = np.zeros((len(homes), 3, 5, 2), dtype=np.int64)
    people[:, UNEMPLOYED, 2, 0] = jobless
    return SimpleNamespace(n_homes=np.array(homes), people=people)


@pytest.mark.parametrize(
    ("homes", "jobless", "index"),
    [
        ([10, 10], [2, 2], 0),  # evenly spread
        ([10, 10], [10, 0], 1),  # wholly apart
        ([10, 10], [4, 1], 0.4),  # by hand: (|4/5 - 6/15| + |1/5 - 9/15|) / 2
        ([10, 10], [0, 0], 0),  # nobody to compare
        ([10, 10], [10, 10], 0),
    ],
)
def test_index_of_dissimilarity(homes, jobless, index):
    assert segregation(None, neighbourhoods(homes, jobless)) == pytest.approx(index)


def test_pay_falls_a_tenth_as_fast_as_unemployment_rises(model):
    # Wage curve of Blanchflower and Oswald: elasticity -0.1, so twice the unemployment leaves 2**-0.1 of the pay.
    at_start = {"unemployed": 499}
    place = SimpleNamespace(place=model.localities[0].place, at_start=at_start, n_unemployed=499)
    assert weekly_pay(model, place) == 347  # GBP, Walsall 2008
    place.n_unemployed = 999
    assert weekly_pay(model, place) == pytest.approx(347 * 2**-0.1)


def test_rates_of_a_place_where_nobody_is_active_are_nought():
    place = SimpleNamespace(by_status=np.array([100, 0, 0]))
    assert unemployment_rate(None, place) == 0


def test_the_claimant_rate_is_the_places_own_when_unemployment_is(model):
    facts = model.localities[0].place.residents
    unemployed = 0.6673 / (1 - 0.066) * 0.066  # Walsall: of residents aged 16-64
    place = SimpleNamespace(place=model.localities[0].place, n_unemployed=unemployed * 1e6, n_residents=1e6)
    assert claimant_rate(model, place) == pytest.approx(facts.claimant_rate.value) == pytest.approx(0.036)


def test_residents_work_search_or_do_neither(run):
    table = run.indicators
    unemployed = table["unemployment_rate"] * (1 - table["inactivity_rate"])
    everybody = table["employment_rate"] + table["inactivity_rate"] + unemployed
    assert everybody.tolist() == pytest.approx([1] * 25)


def test_severe_deprivation_at_the_start_is_the_observed_share_of_neighbourhoods(run):
    # 17.16% of Walsall's neighbourhoods lie in the worst tenth (IMD 2004); homes differ by one at most.
    assert run.indicators["severe_deprivation"][0] == pytest.approx(0.1716, abs=0.003)
    place = SimpleNamespace(deprivation=np.array([1.2816, 1.3, 0.0, 2.0]), mean=lambda values: float(values.mean()))
    assert severe_deprivation(None, place) == 0.5  # beyond the cut, not at it


def test_counts_stand_for_everybody_not_for_the_sample(run):
    whole = run.indicators.loc[0]
    assert whole["jobs"] == pytest.approx(105_000, rel=0.03)  # Annual Business Inquiry, as in the place file
    assert whole["businesses"] == pytest.approx(160_861 * 45 / 1000, rel=0.01)


def test_spend_by_kind_is_what_the_ledger_says(run):
    ledger = run.ledger
    for month in (0, 11, 23):
        month_of = ledger[ledger["month"] == month]
        paid = month_of[month_of["body"] == "providers"].groupby("kind")["pence"].sum() / 100
        row = run.indicators.loc[month + 1]
        assert row["public_spend"] == pytest.approx(paid.sum())
        assert row["demand_led_spend"] == pytest.approx(paid["demand_led"])
        assert row["siloed_spend"] == pytest.approx(paid["siloed"])
        assert row["pot_spend"] == pytest.approx(paid.get("pot_spend", 0))
        assert row["transaction_cost"] == pytest.approx(paid.get("transaction", 0))
        assert row["reactive_share"] == pytest.approx(paid["demand_led"] / paid.sum())
        cost = -month_of.loc[month_of["body"] == GOVERNMENT, "pence"].sum() / 100
        assert row["exchequer_cost"] == pytest.approx(cost)


def test_programme_money_is_what_instruments_brought(run):
    ledger = run.ledger
    limited = ["convening_support", "evidence_investment", "performance_management", "business_engagement",
               "reward_grant", "retained_growth"]  # fmt: skip
    paid = ledger[(ledger["body"] == GOVERNMENT) & ledger["kind"].isin(limited)].groupby("month")["pence"].sum()
    assert run.indicators["programme_money"].iloc[1:].tolist() == pytest.approx((-paid / 100).tolist())
    share = run.indicators["programme_money"] / run.indicators["public_spend"]
    assert run.indicators["temporary_share"].iloc[1:].tolist() == pytest.approx(share.iloc[1:].tolist())


def test_flows_are_those_of_the_month(run):
    table = run.indicators
    change = table["businesses"].diff().iloc[1:]
    assert (table["births"] - table["deaths"]).iloc[1:].tolist() == pytest.approx(change.tolist())


def test_output_is_jobs_times_productivity_at_the_start(run):
    start = run.indicators.loc[0]
    assert start["output"] / start["jobs"] == pytest.approx(30_150, rel=0.02)  # GBP a job, ONS 2006
    assert start["output_per_head"] == pytest.approx(start["output"] / 259_454, rel=1e-3)


def test_measuring_changes_nothing(small):
    models = [coalsim.CoalitionModel(small, rng=1) for _ in range(2)]
    for month in range(4):
        for model in models:
            model.step()
        if month < 3:
            settling.count(models[1], models[1].localities[0])
            record(models[1])
    assert np.array_equal(models[0].indicators.rows[-1], models[1].indicators.rows[-1])
