"""Dotted paths as people read them."""

from __future__ import annotations

from collections.abc import Iterable

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


def short_title(path: str) -> str:
    """A dotted path as words, without unit and meaning."""
    return path_title(path).split(" (")[0].removeprefix("world: ")


def in_words(text: str, paths: Iterable[str]) -> str:
    """A text with its dotted paths as words, the longest first, since one may begin like another."""
    for path in sorted(paths, key=len, reverse=True):
        if "." in path:
            text = text.replace(path, short_title(path))
    return text
