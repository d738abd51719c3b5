"""coalsim: when do local growth coalitions tip a place into a true mixed, sustainable economy, and is it worth its money?

```python
import coalsim

scenario = coalsim.load_scenario("scenarios/walsall.yaml")
run = coalsim.simulate(scenario, policy="growth_coalition", seed=1)
run.indicators["employment_rate"].plot()
coalsim.compare(scenario, replicates=8).table()
```
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coalsim.agents.business import Business
    from coalsim.agents.central_government import CentralGovernment
    from coalsim.agents.coalition import Coalition
    from coalsim.agents.council import Council
    from coalsim.agents.public_service import PublicService
    from coalsim.agents.resident import Resident
    from coalsim.experiments.compare import compare
    from coalsim.experiments.comparison import Comparison, open_comparison
    from coalsim.experiments.ensemble import Ensemble
    from coalsim.experiments.tipping.finding import TippingPoint, find_tipping_point
    from coalsim.experiments.uncertain.discovery import DiscoveryStudy, discover
    from coalsim.experiments.uncertain.sensitivity import SensitivityStudy, sensitivity
    from coalsim.experiments.verify import verify
    from coalsim.loading import load_scenario
    from coalsim.model import CoalitionModel
    from coalsim.policies import Instrument, Policy, instruments
    from coalsim.results import Run, simulate
    from coalsim.scenario.errors import ScenarioError
    from coalsim.scenario.schema import Scenario
    from coalsim.snapshot import Snapshot

__version__ = "0.1.0"
MODEL_VERSION = 2  # raised by every change that alters results, with reason and size in CHANGELOG.md

# Where each public name lives; imported when first asked for, so that `coalsim check` and `--help` stay quick.
_HOMES = {
    "Business": "agents.business",
    "CentralGovernment": "agents.central_government",
    "Coalition": "agents.coalition",
    "CoalitionModel": "model",
    "Comparison": "experiments.comparison",
    "Council": "agents.council",
    "DiscoveryStudy": "experiments.uncertain.discovery",
    "Ensemble": "experiments.ensemble",
    "Instrument": "policies",
    "Policy": "policies",
    "PublicService": "agents.public_service",
    "Resident": "agents.resident",
    "Run": "results",
    "Scenario": "scenario.schema",
    "ScenarioError": "scenario.errors",
    "SensitivityStudy": "experiments.uncertain.sensitivity",
    "Snapshot": "snapshot",
    "TippingPoint": "experiments.tipping.finding",
    "compare": "experiments.compare",
    "discover": "experiments.uncertain.discovery",
    "find_tipping_point": "experiments.tipping.finding",
    "instruments": "policies",
    "load_scenario": "loading",
    "open_comparison": "experiments.comparison",
    "sensitivity": "experiments.uncertain.sensitivity",
    "simulate": "results",
    "verify": "experiments.verify",
}
__all__ = [
    "MODEL_VERSION",
    "Business",
    "CentralGovernment",
    "Coalition",
    "CoalitionModel",
    "Comparison",
    "Council",
    "DiscoveryStudy",
    "Ensemble",
    "Instrument",
    "Policy",
    "PublicService",
    "Resident",
    "Run",
    "Scenario",
    "ScenarioError",
    "SensitivityStudy",
    "Snapshot",
    "TippingPoint",
    "compare",
    "discover",
    "find_tipping_point",
    "instruments",
    "load_scenario",
    "open_comparison",
    "sensitivity",
    "simulate",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"coalsim has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"coalsim.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
