"""Outputs: one number of a run by name."""

import numpy as np
import pytest

from coalsim.experiments.outputs import Output
from coalsim.experiments.telling import told
from coalsim.text import output_label

COURSES = np.array([[100.0, *np.full(12, 5.0), *np.full(12, 110.0)], [0.0, *np.zeros(12), *np.ones(12)]])


def test_change_and_growth_are_the_last_year_against_the_start():
    assert Output.parse("jobs@change").of(COURSES).tolist() == [10, 1]
    growth = Output.parse("jobs@growth").of(COURSES)
    assert growth[0] == pytest.approx(0.1)
    assert np.isnan(growth[1])  # from nothing


def test_a_change_is_in_the_unit_of_the_indicator_and_growth_in_none():
    assert Output.parse("jobs@change").unit == "jobs"
    assert Output.parse("jobs@growth").unit == "1"
    assert told(0.012, Output.parse("jobs@growth")) == "+1.20 points"
    assert Output.parse("claimant_rate@change").better == "lower"


def test_they_are_told_in_words():
    assert output_label("jobs@growth") == "growth of jobs"
    assert output_label("employment_rate@change") == "change in employment rate"


def test_a_misspelt_one_is_guessed():
    with pytest.raises(ValueError, match="did you mean jobs@growth"):
        Output.parse("jobs@grwoth")
    with pytest.raises(
        ValueError, match=r"there is no @x; write one of jobs@end, .*jobs@month=N, jobs@change, jobs@growth"
    ):
        Output.parse("jobs@x")
