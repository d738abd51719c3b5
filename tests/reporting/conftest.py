"""What these tests share: a comparison in two worlds whose texts are hostile, and its report."""

import shutil
from pathlib import Path

import pytest

import coalsim
from coalsim.loading import keep_options
from coalsim.reporting import Report

SCENARIOS = Path(__file__).parents[2] / "scenarios"
HOSTILE = '<script>alert("x")</script> & =1+1 $\\frac{'
FORMULA = '=HYPERLINK("http://example.org","x")'


@pytest.fixture(scope="session")
def results(tmp_path_factory) -> Path:
    """A folder of `compare`: a fiftieth of Walsall for five and a half years, three pairs, two worlds, hostile texts."""
    folder = tmp_path_factory.mktemp("report") / "results; $(touch x)"
    scenario = coalsim.load_scenario(SCENARIOS / "walsall.yaml", sample=0.022, months=66)
    options = {
        name: policy.model_copy(update={"name": FORMULA, "summary": HOSTILE} if name == "single_pot_laa" else {})
        for name, policy in scenario.options.items()
    }
    scenario = scenario.model_copy(update={"question": HOSTILE, "name": f"Walsall {HOSTILE}", "options": options})
    coalsim.compare(scenario, replicates=3, workers=1, worlds=["steady", "no_feedback"], out=folder)
    return folder


@pytest.fixture(scope="session")
def report(results) -> Report:
    return Report.of(results)


@pytest.fixture(scope="session")
def page(report) -> str:
    return report.html


@pytest.fixture
def copied(results, tmp_path) -> Path:
    """The same folder, to be written to or spoilt."""
    return shutil.copytree(results, tmp_path / "copied")


@pytest.fixture(scope="session")
def little(tmp_path_factory) -> Path:
    """Two options, two pairs, of a fiftieth of Walsall for two and a half years, without figures; not to be changed."""
    folder = tmp_path_factory.mktemp("little") / "results"
    scenario = keep_options(
        coalsim.load_scenario(SCENARIOS / "walsall.yaml", sample=0.022, months=30), "growth_coalition"
    )
    coalsim.compare(scenario, replicates=2, workers=1, out=folder)
    shutil.rmtree(folder / "figures")
    return folder
