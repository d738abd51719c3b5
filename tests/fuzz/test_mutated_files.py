"""However a shipped file is spoilt, checking it says yes, or what is wrong and where; what it lets through can be run.

In CI the same few hundred cases each time; 10,000 others with
`pytest -n0 -m "" --hypothesis-profile nightly tests/fuzz`. What fails is printed, kept in `.hypothesis` and tried first the
next time; `--hypothesis-seed=N` draws the same cases anew.
"""

from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import SHIPPED, copy, spoilt
from spoken import is_valid

import coalsim
from coalsim.checking import kind_of
from coalsim.experiments.files import load_experiment
from coalsim.scenario.errors import ScenarioError
from coalsim.scenario.reading import read
from coalsim.scenario.schema import FEWEST_RESIDENTS, Scenario

RUN = [name for name in SHIPPED if "england" not in name and "validation" not in name and name.endswith(".yaml")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    there = tmp_path_factory.mktemp("fuzz")
    copy(there)
    return there


@contextmanager
def one_spoilt(folder, data, names):
    """A file as it was drawn, for as long as it is looked at."""
    name, content = data.draw(spoilt(folder, names))
    path = folder / name
    original = path.read_bytes()
    path.write_bytes(content)
    try:
        yield path if path.suffix == ".yaml" else path.with_suffix(".yaml")
    finally:
        path.write_bytes(original)


@settings()
@given(data=st.data())
def test_a_spoilt_file_is_valid_or_refused(folder, data):
    with one_spoilt(folder, data, SHIPPED) as path:
        is_valid(path)


@pytest.mark.slow
@settings(max_examples=settings().max_examples // 20)
@given(data=st.data())
def test_a_spoilt_file_that_is_let_through_runs(folder, data):
    with one_spoilt(folder, data, RUN) as path:
        if is_valid(path)[0]:
            run(folder, path)


def run(folder: Path, path: Path) -> None:
    """A month with as few residents as there can be; a message before it will do, and the run that may fail (ODD 8.9)."""
    walsall = folder / "scenarios" / "walsall.yaml"
    kind = kind_of(path, read(path).data)
    try:
        match kind:
            case "world" | "policy":
                scenario = coalsim.load_scenario(walsall, **{kind: str(path)})
            case "place":
                text = walsall.read_text(encoding="utf-8").replace("walsall.yaml", path.name)
                other = walsall.with_name("other.yaml")
                other.write_text(text, encoding="utf-8")
                scenario = coalsim.load_scenario(other)
            case "experiment":
                scenario = load_experiment(path)[1]
            case _:
                scenario = coalsim.load_scenario(path)
        coalsim.simulate(smallest(scenario), months=1)
    except ScenarioError:
        return
    except ArithmeticError as failed:
        assert "posts of commuters" in str(failed)  # noqa: PT017


def smallest(scenario: Scenario) -> Scenario:
    """The same with as few residents as there can be."""
    least = max(FEWEST_RESIDENTS * (place.neighbourhoods + 1) / place.adults for place in scenario.places)
    return coalsim.load_scenario(scenario, sample=min(scenario.sample, least))
