"""What is asked in Python, as an experiment file would ask it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coalsim.loading import load_scenario
from coalsim.scenario.schema import Scenario


def asked(
    kind: Any,
    scenario: Scenario | str | Path,
    factors: Mapping[str, Any] | Sequence[str],
    outputs: Sequence[str] | None,
    policy: str | None,
    against: str | None,
    world: str | None,
    seed: int,
    settings: dict[str, Any],
) -> tuple[Any, Scenario]:
    """What a caller in Python asks, as an experiment file and its scenario."""
    keys = kind.model_fields.keys() - {"name", "question", "overrides"}
    own = {key: settings.pop(key) for key in keys & settings.keys()}
    loaded = load_scenario(scenario, world=world, policy=policy, **settings)
    policy = policy or list(loaded.options)[-1]
    if against is not None:
        loaded = load_scenario(loaded, policy=against)
    given = dict(factors) if isinstance(factors, Mapping) else {path: {} for path in factors}
    own |= {
        "kind": kind.command,
        "name": loaded.name,
        "scenario": "given",
        "policy": policy,
        "against": against,
        "seed": seed,
        "factors": {path: _spread(one) for path, one in given.items()},
    }
    if outputs is not None:
        own["outputs"] = list(outputs)
    file = kind.model_validate(own)
    file.check(loaded)
    return file, loaded


def _spread(given: Any) -> Any:
    """A range or a list as an experiment file has it."""
    if isinstance(given, tuple) and len(given) == 2:
        return {"low": given[0], "high": given[1]}
    return {"values": given} if isinstance(given, list) else given
