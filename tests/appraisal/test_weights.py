"""Distributional weights: (median / income) to the power 1.3, and incomes that are none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalsim.appraisal import distributional_weight
from coalsim.appraisal.weights import ELASTICITY
from coalsim.experiments.worth.cases import POOREST

INCOME = st.floats(100, 1e6)


def test_weights_are_the_ratio_of_incomes_to_the_power_of_1_3():
    assert distributional_weight(20_000, 20_000) == 1
    assert distributional_weight(10_000, 20_000) == pytest.approx(2.462289, abs=1e-6)  # 2**1.3
    assert distributional_weight(40_000, 20_000) == pytest.approx(0.406126, abs=1e-6)  # 2**-1.3
    assert ELASTICITY == 1.3  # Green Book (2022), A3


def test_the_poorest_fifth_has_the_weight_of_2015():
    # Green Book A3: 2.5 in 2010, 2.4 in 2015, so an income of about half the median: 2.4**(-1 / 1.3) = 0.51
    assert POOREST == 2.4
    assert distributional_weight(0.51, 1) == pytest.approx(POOREST, abs=0.01)


def test_without_elasticity_a_pound_is_a_pound():
    assert distributional_weight([1.0, 1e6], 20_000, elasticity=0).tolist() == [1, 1]


@settings(deadline=None, derandomize=True)
@given(INCOME, INCOME, INCOME, st.floats(0.1, 10))
def test_weights_fall_with_income_whatever_the_currency(first, second, median, rate):
    poor, rich = distributional_weight(np.sort([first, second]), median)
    assert poor >= rich > 0
    assert distributional_weight(rate * first, rate * median) == pytest.approx(
        distributional_weight(first, median), rel=1e-9
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1.0, 0.0], 1.0), "positive numbers of pounds a year"),
        ((-1.0, 1.0), "positive numbers"),
        ((1.0, np.nan), "positive numbers"),
        ((1.0, 1.0, -1.3), "elasticity -1.3: give a number from 0"),
    ],
)
def test_incomes_that_are_none_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        distributional_weight(*arguments)
