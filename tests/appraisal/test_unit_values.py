"""Unit values: each with its range, prices, source and standing; the published figures; draws that stay within the range."""

import numpy as np
import pytest
from scipy.stats import kstest, triang

from coalsim.appraisal import UnitValue, deflators, unit_value_table, unit_values
from coalsim.appraisal.unit_value import STATUSES

KNOWN = unit_values()
EVERY = pytest.mark.parametrize("one", KNOWN.values(), ids=list(KNOWN))


def made(value=2.0, low=1.0, high=5.0, **more):
    return UnitValue(
        **{"name": "x", "unit": "GBP", "prices": "2006-07", "status": "verified", "source": "a test"} | more,
        value=value,
        low=low,
        high=high,
    )


@pytest.mark.parametrize(
    ("name", "value", "prices"),
    [
        ("qaly_value", 70_000, "2020-21"),  # HM Treasury, HL5283
        ("fiscal_saving_claimant_jrf", 6_897, "2013-14"),  # Bivand and Simmonds 2014
        ("fiscal_saving_claimant_gmca", 10_321, "2011-12"),  # Greater Manchester unit costs
        ("economic_saving_claimant_gmca", 14_610, "2011-12"),
        ("cost_per_net_job", 60_000, "2004-05"),  # National Audit Office 2010
    ],
)
def test_published_figures_are_as_published(name, value, prices):
    assert (KNOWN[name].value, KNOWN[name].prices) == (value, prices)


def test_an_entrants_pay_is_near_the_lowest_decile():
    assert KNOWN["entry_pay_ratio"].value == round(
        244 / 364, 2
    )  # ASHE April 2006: lowest decile of full-time pay, median of all


@EVERY
def test_every_unit_value_says_where_it_comes_from_and_how_sure_it_is(one):
    assert one.source
    assert one.unit
    assert one.status in ("verified", "derived", "recall_unverified", "assumption")
    assert one.low < one.value < one.high
    if "GBP" in one.unit:
        assert one.prices in deflators()
    else:
        assert one.prices == ""
    if one.unit == "1":
        assert 0 <= one.low <= one.high <= 1


@EVERY
def test_draws_stay_within_the_range_and_follow_the_triangle(one):
    draws = one.draws(2000, np.random.default_rng(1))
    assert one.low <= draws.min() <= draws.max() <= one.high
    width = one.high - one.low
    law = triang((one.value - one.low) / width, loc=one.low, scale=width)
    assert kstest(draws, law.cdf).pvalue > 0.001


def test_the_table_is_what_unit_values_are_made_of():
    table = unit_value_table()
    assert list(KNOWN) == table["name"].tolist()
    assert table["name"].is_unique
    assert list(table.columns) == ["name", "value", "low", "high", "unit", "prices", "status", "source", "note"]
    assert set(table["status"]) <= set(STATUSES)


def test_a_value_without_a_range_is_drawn_as_it_is():
    assert made(2.0, 2.0, 2.0).draws(3, np.random.default_rng(1)).tolist() == [2, 2, 2]


def test_money_moves_to_other_prices_with_its_range():
    moved = made().at("2024-25")
    assert (moved.value, moved.low, moved.high) == pytest.approx((200 / 63.2017, 100 / 63.2017, 500 / 63.2017))
    assert (moved.prices, moved.status, moved.source) == ("2024-25", "verified", "a test")
    assert moved.at("2006-07").value == pytest.approx(2.0, rel=1e-12)


def test_what_is_no_money_has_no_prices_to_move():
    share = made(prices="")
    assert share.at("2024-25") is share


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"value": 6.0}, "6.0 does not lie between 1.0 and 5.0"),
        ({"value": np.nan}, "nan does not lie between"),
        ({"high": np.inf}, "does not lie between 1.0 and inf"),
        ({"low": 3.0}, "does not lie between 3.0"),
        ({"status": "certain"}, "'certain' is not one of verified, derived, recall_unverified, assumption"),
    ],
)
def test_a_range_or_standing_that_is_none_is_refused(changed, words):
    with pytest.raises(ValueError, match=words):
        made(**changed)


def test_a_best_figure_of_nought_with_a_range_is_refused():
    with pytest.raises(ValueError, match="cannot be scaled"):
        UnitValue("x", 0, -1, 1, "1", "", "assumption", "")
