"""What tests share: how many cases are generated, the scenario folder, small scenarios, a small disk."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from coalsim import load_scenario
from coalsim.scenario.schema import Scenario

# What Hypothesis generates: the same cases every time in CI, and many more, others each night
# (`--hypothesis-profile nightly`, docs/howto/nightly.md). Costly properties take a fixed part of these.
settings.register_profile("daily", max_examples=300, deadline=None, derandomize=True)
settings.register_profile("nightly", max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("daily")

SCENARIOS = Path(__file__).parents[1] / "scenarios"


@pytest.fixture(scope="session")
def small() -> Scenario:
    """A twentieth of Walsall for two years."""
    return load_scenario(SCENARIOS / "walsall.yaml", sample=0.05, months=24)


@pytest.fixture(scope="session")
def four_places() -> Scenario:
    """A tenth of each of the four places for two years, six options."""
    return load_scenario(SCENARIOS / "four_places.yaml", sample=0.1, months=24)


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own, which can grow and be made read-only."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount")
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options):
        return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, text=True)

    made = mount("size=1m")
    if made.returncode:
        pytest.skip(f"nothing can be mounted here: {made.stderr.strip()}")
    try:
        yield place, lambda options: mount(f"remount,{options}").check_returncode()
    finally:
        subprocess.run(["umount", "-l", place], check=True)
