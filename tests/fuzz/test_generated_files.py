"""Scenarios and experiments drawn from the schema are read and run; nearly valid ones are refused, or valid after all.

How to try others, and to replay what failed: see `test_mutated_files`.
"""

import tempfile
from pathlib import Path

import pytest
from generated import experiments, nearly, scenarios, write
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken import is_valid

import coalsim
from coalsim.experiments.task import check_defined


@settings(max_examples=settings().max_examples // 6)
@given(folder=scenarios() | experiments())
def test_what_the_schema_allows_is_read(folder):
    with tempfile.TemporaryDirectory() as there:
        path = write(folder, Path(there))
        valid, said = is_valid(path)
        assert valid, said


@settings(max_examples=settings().max_examples * 5 // 6)
@given(folder=nearly(scenarios() | experiments()))
def test_what_is_nearly_valid_is_refused_or_valid(folder):
    with tempfile.TemporaryDirectory() as there:
        is_valid(write(folder, Path(there)))


@pytest.mark.slow
@settings(max_examples=settings().max_examples // 50)
@given(folder=scenarios(), seed=st.integers(0, 2**63))
def test_what_the_schema_allows_runs_and_balances(folder, seed):
    with tempfile.TemporaryDirectory() as there:
        scenario = coalsim.load_scenario(write(folder, Path(there)), months=3)
        try:
            check_defined(coalsim.simulate(scenario, seed=seed))
        except ArithmeticError as failed:  # told as a failed run: a nation in which nearly all work elsewhere
            assert "posts of commuters" in str(failed)  # noqa: PT017
