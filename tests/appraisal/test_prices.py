"""Price bases: the deflator's own figures, there and back again, and years that are not known."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalsim.appraisal import deflators, financial_year, rebase

YEARS = sorted(deflators())


def test_money_moves_by_the_treasurys_deflator():
    assert deflators()["2024-25"] == 100  # HM Treasury, GDP deflators, March 2026
    assert deflators()["2006-07"] == 63.2017
    assert rebase(63.2017, "2006-07", "2024-25") == pytest.approx(100, rel=1e-12)
    assert rebase([85.1002, 0, -85.1002], "2020-21", "2006-07") == pytest.approx([63.2017, 0, -63.2017], rel=1e-12)


def test_deflators_leave_out_no_year():
    assert [int(late[:4]) - int(early[:4]) for early, late in pairwise(YEARS)] == [1] * (len(YEARS) - 1)
    assert all(financial_year(int(year[:4]), 4) == year for year in YEARS)


@settings(deadline=None, derandomize=True)
@given(st.floats(-1e12, 1e12), *[st.sampled_from(YEARS)] * 3)
def test_any_way_round_the_years_ends_at_the_same_money(value, first, second, third):
    assert rebase(value, first, first) == pytest.approx(value, rel=1e-12)
    assert rebase(rebase(value, first, second), second, third) == pytest.approx(rebase(value, first, third), rel=1e-12)


def test_an_array_keeps_its_shape():
    assert rebase(np.ones((2, 3)), "2006-07", "2010-11").shape == (2, 3)
    assert type(rebase(1, "2006-07", "2010-11")) is float


@pytest.mark.parametrize(
    ("year", "month", "name"),
    [(2006, 4, "2006-07"), (2007, 3, "2006-07"), (2007, 4, "2007-08"), (1999, 12, "1999-00"), (2000, 1, "1999-00")],
)
def test_a_financial_year_begins_in_april(year, month, name):
    assert financial_year(year, month) == name


@pytest.mark.parametrize(
    ("year", "words"),
    [
        ("2006", "prices of '2006': there is no deflator; did you mean 2006-07"),
        ("1950-51", "Write a financial year like 2006-07"),
    ],
)
def test_a_year_without_a_deflator_is_refused(year, words):
    with pytest.raises(ValueError, match=words):
        rebase(1.0, year, "2006-07")
    with pytest.raises(ValueError, match=words):
        rebase(1.0, "2006-07", year)
