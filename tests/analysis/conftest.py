"""What tests of the analysis share: the bench of systems with known answers, where a checkout has it beside it."""

import importlib
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[3] / "shared" / "bench_a"


@pytest.fixture(scope="session")
def bench():
    """Modules of the bench by name, such as `bench("a09_dose_response")`."""
    if not BENCH.is_dir():
        pytest.skip("the bench of systems with known answers, ../shared/bench_a, is not beside this checkout")
    sys.path.insert(0, str(BENCH))
    yield importlib.import_module
    sys.path.remove(str(BENCH))
