"""What a run needs is told before it is taken, near what it then takes, and refused with a sample that fits."""

import re
from pathlib import Path

import pytest

import coalsim
from coalsim import CoalitionModel, load_scenario
from coalsim.experiments import engines
from coalsim.scenario.errors import ScenarioError
from coalsim.start import memory

SCENARIOS = Path(__file__).parents[2] / "scenarios"
MIB = 2**20


@pytest.fixture(scope="module")
def walsall():
    return load_scenario(SCENARIOS / "walsall.yaml")


@pytest.fixture(scope="module")
def england():
    return load_scenario(SCENARIOS / "england_2006.yaml")


@pytest.fixture
def limit(monkeypatch):
    return lambda text: monkeypatch.setenv(memory.LIMIT, text)


def test_columns_are_counted_exactly(walsall):
    half = load_scenario(walsall, sample=0.5)
    model = CoalitionModel(half)
    columns = sum(table.nbytes for table in model.tables.values()) + model.layoff.nbytes
    longer = load_scenario(half, months=half.months + 1)
    rest = memory.PROGRAM + memory.PLACE + (half.months + 1) * memory.MONTH_OF_PLACE + 169 * memory.NEIGHBOURHOOD
    assert memory.needed(half) == columns + rest
    assert memory.needed(longer) - memory.needed(half) == memory.MONTH_OF_PLACE


def test_all_of_england_fits_into_two_gigabytes(england):
    assert 1 * 1024 * MIB < memory.needed(england) < 2 * 1024 * MIB
    residents = sum(place.adults for place in england.places)
    assert memory.needed(england) / residents < 100  # bytes all in, the stated target


def test_a_run_that_fits_is_not_refused(walsall, limit):
    limit(str(memory.needed(walsall)))
    memory.check(walsall)
    limit(str(memory.needed(walsall) - 1))
    with pytest.raises(ScenarioError):
        memory.check(walsall)


def test_the_sample_that_is_named_fits_and_one_more_thousandth_does_not(england, limit):
    limit("900MiB")
    with pytest.raises(ScenarioError, match=r"a run needs about 1\.3 GiB of memory; 900 MiB can be had") as caught:
        CoalitionModel(england)
    (problem,) = caught.value.problems
    sample = float(re.search(r"sample=([\d.]+)", problem.hint)[1])
    memory.check(load_scenario(england, sample=sample))
    with pytest.raises(ScenarioError):
        memory.check(load_scenario(england, sample=sample + 0.001))


def test_where_no_sample_fits_other_ways_out_are_named(england, limit):
    limit("200MiB")
    with pytest.raises(ScenarioError) as caught:
        memory.check(england)
    assert caught.value.problems[0].hint == f"give it fewer places or months, or set {memory.LIMIT}"


def test_an_ensemble_is_refused_before_any_run(england, limit, tmp_path):
    limit("1GiB")
    with pytest.raises(ScenarioError, match=r"a run needs about 1\.3 GiB"):
        coalsim.compare(england, replicates=2, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_as_many_workers_run_as_fit(england, limit):
    limit(str(2 * memory.needed(england) + MIB))
    assert memory.most_runs(england) == 2
    limit(str(memory.needed(england) + MIB))
    assert engines.local(None, 8, england).workers == 1
    with pytest.raises(ScenarioError, match="each of 2 runs side by side needs"):
        engines.local(2, 8, england)
    assert engines.local(1, 8, england).workers == 1


@pytest.mark.parametrize(
    ("text", "n"),
    [("1000000", 1_000_000), ("2KiB", 2048), ("1.5 GiB", 3 * 2**29), (" 8MiB ", 8 * MIB), ("1TiB", 2**40)],
)
def test_sizes_are_read(text, n):
    assert memory.parse(text) == n


@pytest.mark.parametrize("text", ["", "8GB", "-1", "8 GiB or so", "GiB", "1e9"])
def test_other_sizes_are_refused(text):
    with pytest.raises(ValueError, match="write a number of bytes"):
        memory.parse(text)


def test_the_machine_tells_what_it_has(monkeypatch):
    monkeypatch.delenv(memory.LIMIT, raising=False)
    assert memory.available() is None or memory.available() > 100 * MIB
