"""Flows: every usual form of a table gives the same lines, and what is no table is refused in words."""

import numpy as np
import pandas as pd
import pytest

from coalsim.appraisal import Appraisal, Flow, unit_values
from coalsim.appraisal.flow import as_flows

ROW = [0.0, 60.0, 60.0]
COSTS = [100.0, 20.0, 20.0]

ONE_LINE = {
    "a list": ROW,
    "a tuple": tuple(ROW),
    "whole numbers": [0, 60, 60],
    "an array": np.array(ROW),
    "a generator": lambda: (value for value in ROW),
    "a series": pd.Series(ROW, index=[5, 6, 7]),
    "one replicate": [ROW],
    "alike replicates": [ROW, ROW],
    "a mapping": {"fares": ROW},
    "two lines": {"fares": [0, 50, 50], "time": [0, 10, 10]},
    "a flow": Flow("fares", ROW),
    "flows": [Flow("fares", ROW)],
    "a wide frame": pd.DataFrame({"fares": ROW}),
    "a wide frame by body": pd.DataFrame({("society", "fares"): ROW}),
    "a wide frame of two bodies": pd.DataFrame({("north", "fares"): [0, 50, 50], ("south", "fares"): [0, 10, 10]}),
    "a tidy frame": pd.DataFrame({"year": [2, 1, 0], "value": [60.0, 60.0, 0.0]}),
    "a tidy frame with gaps": pd.DataFrame({"year": [1, 2], "value": [60, 60], "line": "fares"}),
    "a tidy frame in pieces": pd.DataFrame(
        {"year": [1, 1, 2], "value": [50, 10, 60], "line": ["a", "a", "b"], "body": ["north", "north", "south"]}
    ),
}


@pytest.mark.parametrize("form", ONE_LINE)
def test_every_form_of_a_table_gives_the_same_result(form):
    table = ONE_LINE[form]() if callable(ONE_LINE[form]) else ONE_LINE[form]
    found = Appraisal(COSTS, table)
    same = Appraisal(COSTS, ROW)
    assert (found.pv_costs, found.pv_benefits) == pytest.approx((same.pv_costs, same.pv_benefits), rel=1e-12)
    assert (found.years, found.payback, found.band) == (same.years, same.payback, same.band)


def test_a_frame_names_lines_and_bodies():
    wide = as_flows(pd.DataFrame({("north", "fares"): ROW, ("south", "time"): COSTS}), "benefits")
    assert [(flow.body, flow.name, flow.array.tolist()) for flow in wide] == [
        ("north", "fares", [ROW]),
        ("south", "time", [COSTS]),
    ]
    tidy = pd.DataFrame(
        {"year": [1, 0], "value": [1, 2], "line": "fares", "body": ["n", "s"], "kind": "social", "prices": "2006-07"}
    )
    assert [
        (flow.name, flow.body, flow.kind, flow.prices, flow.array.tolist()) for flow in as_flows(tidy, "benefits")
    ] == [("fares", "n", "social", "2006-07", [[0, 1]]), ("fares", "s", "social", "2006-07", [[2, 0]])]


def test_a_row_without_a_name_is_called_by_its_side():
    (flow,) = as_flows(ROW, "benefits")
    assert (flow.name, flow.body, flow.prices) == ("benefits", "society", "")


def test_no_numbers_are_no_flows():
    assert as_flows([], "costs") == as_flows({}, "costs") == []


def test_a_flow_of_unit_values_is_their_product_in_its_own_prices():
    known = unit_values()
    found = Flow.of(
        "health", [1.0, 3.0], known["qaly_loss_limiting_illness"], known["qaly_value"], sign=-1, prices="2006-07"
    )
    worth = 0.2 * 70_000 * 63.2017 / 85.1002  # a fifth of a QALY, from prices of 2020-21
    assert found.array == pytest.approx(-worth * np.array([[1.0, 3.0]]), rel=1e-12)
    assert [(one.name, one.prices) for one in found.rests_on] == [
        ("qaly_loss_limiting_illness", ""),
        ("qaly_value", "2006-07"),
    ]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.0, np.nan], "x: every year needs a finite number of pounds; write 0 where nothing is paid"),
        ([1.0, np.inf], "finite number of pounds"),
        (np.ones((2, 2, 2)), r"shape \(2, 2, 2\) is not \(years,\) or \(replicates, years\)"),
        ([], r"shape \(0,\)"),
    ],
)
def test_what_is_no_row_of_pounds_is_refused(values, words):
    with pytest.raises(ValueError, match=words):
        Flow("x", values)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (3.0, "costs: 3.0 is no table; give numbers by year"),
        (None, "costs: None is no table"),
        ([Flow("x", [1.0]), 2.0], "costs: give flows only, or numbers by year only"),
        (pd.DataFrame({"year": [0.5, 1.5], "value": [1, 2]}), "costs: years are whole numbers counted from 0"),
        (pd.DataFrame({"year": [-1, 0], "value": [1, 2]}), "costs: years are whole numbers counted from 0"),
        (pd.DataFrame({"year": [0, 1], "value": [1, np.nan]}), "every year needs a finite number"),
    ],
)
def test_what_is_no_table_is_refused(table, words):
    with pytest.raises(ValueError, match=words):
        as_flows(table, "costs")


def test_an_empty_label_loses_no_money():
    frame = pd.DataFrame({"year": [0, 1], "value": [10.0, 20.0], "body": ["a", None], "prices": [None, None]})
    assert Appraisal(frame, [0, 0]).pv_costs == pytest.approx(10 + 20 / 1.035)


def test_years_of_a_tidy_table_count_from_the_year_that_values_are_brought_back_to():
    late = pd.DataFrame({"year": [1], "value": [100.0]})
    assert Appraisal(late, [0], first_year=1).pv_costs == pytest.approx(100 / 1.035)
    with pytest.raises(ValueError, match="years are whole numbers counted from 2"):
        as_flows(late, "costs", 2)


def test_a_table_without_rows_is_refused_in_words():
    with pytest.raises(ValueError, match="costs: the table has no rows"):
        as_flows(pd.DataFrame({"year": [], "value": []}), "costs")


def test_flows_may_stand_in_a_mapping():
    assert Appraisal({"a": Flow("fares", ROW)}, COSTS).pv_costs == Appraisal(ROW, COSTS).pv_costs


def test_what_a_tidy_frame_does_not_say_is_left_open():
    (flow,) = as_flows(pd.DataFrame({"year": [0, 1], "value": [1.0, 2.0]}), "costs")
    assert (flow.name, flow.body, flow.kind, flow.prices) == ("costs", "society", "", "")
