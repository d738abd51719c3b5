"""Patterns: what is known of English places and can be measured in runs; each is a function of one replicate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from coalsim.experiments.validation.records import Record
from coalsim.registry import Registry

Runs = Mapping[str, Record]  # the records of one replicate by what was run


@dataclass(frozen=True)
class Pattern:
    """How a pattern is measured."""

    name: str
    title: str
    unit: str
    on: str  # nation, recession, places or programme: the runs it is measured on
    measure: Callable[[Runs], float]


patterns: Registry[Pattern] = Registry("pattern")


def pattern(title: str, unit: str = "1", *, on: str) -> Callable[[Callable[[Runs], float]], Callable[[Runs], float]]:
    """Register a function of one replicate's records as the measure of a pattern of that name."""

    def add(measure: Callable[[Runs], float]) -> Callable[[Runs], float]:
        name = measure.__name__
        patterns.register(name, Pattern(name, title, unit, on, measure))
        return measure

    return add
