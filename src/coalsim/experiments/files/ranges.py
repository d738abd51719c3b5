"""Ranges of uncertainty that parameters declare themselves."""

from __future__ import annotations

from pydantic import BaseModel

from coalsim.scenario.parameter import declared
from coalsim.scenario.place import Place
from coalsim.scenario.schema import Success
from coalsim.scenario.world import World

DECLARING: dict[str, type[BaseModel]] = {"world": World, "success": Success, "place": Place}


def declared_range(path: str) -> tuple[float, float] | None:
    """The range of uncertainty that a parameter declares, if it does."""
    head, _, rest = path.partition(".")
    for one in declared(DECLARING[head]) if head in DECLARING else ():
        wanted, given = one.path.split("."), rest.split(".")
        if len(wanted) == len(given) and all(w in ("*", g) for w, g in zip(wanted, given)):
            return None if one.low is None or one.high is None else (float(one.low), float(one.high))
    return None


def uncertain(prefix: str) -> list[str]:
    """Every parameter below a dotted path that declares a range, such as those of `world.labour`."""
    found = []
    for head, model in DECLARING.items():
        for one in declared(model):
            path = f"{head}.{one.path}"
            if one.low is not None and one.high is not None and "*" not in path and path.startswith(f"{prefix}."):
                found.append(path)
    return found
