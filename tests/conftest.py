"""What tests share: the scenario folder and small scenarios."""

from pathlib import Path

import pytest

from coalsim import load_scenario
from coalsim.scenario.schema import Scenario

SCENARIOS = Path(__file__).parents[1] / "scenarios"


@pytest.fixture(scope="session")
def small() -> Scenario:
    """A twentieth of Walsall for two years."""
    return load_scenario(SCENARIOS / "walsall.yaml", sample=0.05, months=24)


@pytest.fixture(scope="session")
def four_places() -> Scenario:
    """A tenth of each of the four places for two years, six options."""
    return load_scenario(SCENARIOS / "four_places.yaml", sample=0.1, months=24)
