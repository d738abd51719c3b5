"""Dotted paths as people read them."""

from __future__ import annotations

from coalsim.policies import instruments
from coalsim.scenario.parameter import declared
from coalsim.scenario.world import World
from coalsim.text import label


def path_title(path: str) -> str:
    """A dotted path as words with its unit, where one is declared."""
    head, _, rest = path.partition(".")
    if head == "policy":
        instrument, _, setting = rest.partition(".")
        known = instruments[instrument].model_fields if instrument in instruments else {}
        what = (known[setting].description or "").rstrip(".") if setting in known else ""
        return f"{label(instrument)}, {label(setting)}" + (f" ({what[0].lower()}{what[1:]})" if what else "")
    units = {f"world.{one.path}": one.unit for one in declared(World)} if head == "world" else {}
    words = f"{label(head)}: {rest.replace('_', ' ').replace('.', ', ')}" if rest else label(path)
    return f"{words} ({units[path]})" if units.get(path, "1") != "1" else words
