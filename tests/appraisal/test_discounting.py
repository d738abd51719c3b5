"""Discounting: the Green Book's factors to their printed digits, the rates between them, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalsim.appraisal import discount_factor, present_value

REPEATABLE = settings(deadline=None, derandomize=True)
MONEY = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40)

# HM Treasury (2022), The Green Book: end of year, four digits
PRINTED = [
    (0, 1.0),
    (1, 0.9662),
    (5, 0.8420),
    (10, 0.7089),
    (20, 0.5026),
    (30, 0.3563),
    (31, 0.3459),
    (60, 0.1468),
    (75, 0.0942),
    (100, 0.0508),
    (125, 0.0274),
]
# Rate of each year after the one to which values are brought back
RATES = [(1, 30, 0.035), (31, 75, 0.03), (76, 125, 0.025), (126, 200, 0.02), (201, 300, 0.015), (301, 400, 0.01)]


@pytest.mark.parametrize(("year", "factor"), PRINTED)
def test_factors_are_those_that_are_printed(year, factor):
    assert round(discount_factor(year), 4) == factor


@pytest.mark.parametrize(
    ("years", "first_year", "worth", "digits"),
    [(10, 1, 8.3166, 4), (10, 0, 8.6077, 4), (30, 1, 18.392, 3)],
)
def test_a_pound_a_year_is_worth_the_annuity(years, first_year, worth, digits):
    assert round(present_value(np.ones(years), first_year), digits) == worth


@pytest.mark.parametrize(("first", "last", "rate"), RATES)
def test_every_year_of_a_band_is_discounted_at_its_rate(first, last, rate):
    years = np.arange(first - 1, last + 1)
    factors = discount_factor(years)
    assert factors[:-1] / factors[1:] == pytest.approx(np.full(years.size - 1, 1 + rate), rel=1e-12)


def test_health_is_discounted_at_one_and_a_half_percent():
    years = np.array([1, 10, 30, 60])
    assert discount_factor(years, "health") == pytest.approx(1 / 1.015**years, rel=1e-12)
    assert round(present_value(np.ones(30), 1, "health"), 4) == 24.0158  # (1 - 1.015**-30) / 0.015


def test_half_a_year_is_discounted_by_the_root():
    assert discount_factor(0.5) == pytest.approx(1.035**-0.5, rel=1e-12)
    assert discount_factor(30.5) == pytest.approx(1.035**-30 * 1.03**-0.5, rel=1e-12)


def test_factors_keep_the_shape_of_the_years():
    years = np.arange(6).reshape(2, 3)
    assert discount_factor(years).tolist() == [[discount_factor(int(k)) for k in row] for row in years]
    assert type(discount_factor(3)) is float


def test_each_row_of_flows_has_its_own_present_value():
    rows = np.arange(12.0).reshape(2, 2, 3)
    found = present_value(rows, 4, "health")
    assert found.shape == (2, 2)
    assert found[1, 0] == pytest.approx(present_value(rows[1, 0], 4, "health"), rel=1e-15)
    assert type(present_value([1.0, 2.0])) is float


@REPEATABLE
@given(MONEY, st.integers(0, 350), st.sampled_from(["standard", "health"]))
def test_a_present_value_is_the_sum_of_years_times_factors(flows, first_year, kind):
    by_hand = sum(value * discount_factor(first_year + k, kind) for k, value in enumerate(flows))
    assert present_value(flows, first_year, kind) == pytest.approx(by_hand, rel=1e-9, abs=1e-3)


@REPEATABLE
@given(st.floats(0, 400), st.floats(0.01, 50), st.sampled_from(["standard", "health"]))
def test_later_pounds_are_worth_less_but_something(year, wait, kind):
    assert 0 < discount_factor(year + wait, kind) < discount_factor(year, kind) <= 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((-1,), "year -1: give years from 0"),
        (([1, np.nan],), "year nan"),
        (([0, 2, -3],), "year -3"),
        ((np.inf,), "year inf"),
        ((1, "helth"), "'helth': give one of standard, health"),
    ],
)
def test_a_year_or_kind_that_is_none_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        discount_factor(*arguments)


@pytest.mark.parametrize(
    ("flows", "words"), [(5.0, "a row of numbers, one for each year"), ([1.0, np.nan], "write 0 where nothing is paid")]
)
def test_flows_that_are_no_row_of_numbers_are_refused(flows, words):
    with pytest.raises(ValueError, match=words):
        present_value(flows)
