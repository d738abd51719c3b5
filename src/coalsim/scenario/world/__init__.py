"""A world: national assumptions, shocks and the strength of every mechanism.

Each parameter is declared once, with its unit, range of uncertainty, status and source; world files name only
what they change.
"""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, Field, model_validator

from coalsim.names import DOMAINS
from coalsim.scenario.errors import Misfit
from coalsim.scenario.parameter import PRINTABLE, Strict
from coalsim.scenario.world.conditions import Conditions
from coalsim.scenario.world.enterprise import Enterprise
from coalsim.scenario.world.labour import Labour
from coalsim.scenario.world.life import Life
from coalsim.scenario.world.mechanisms import Mechanisms
from coalsim.scenario.world.money import Body, Money
from coalsim.scenario.world.partnership import Partnership
from coalsim.scenario.world.shock import Shock

__all__ = ["Body", "Conditions", "Enterprise", "Labour", "Life", "Mechanisms", "Money", "Partnership", "Shock", "World"]


class World(Strict):
    """National assumptions in which places are compared."""

    name: str = Field(min_length=1, max_length=80, pattern=PRINTABLE)
    summary: str = ""
    mechanisms: Mechanisms = Mechanisms()
    labour: Labour = Labour()
    enterprise: Enterprise = Enterprise()
    life: Life = Life()
    conditions: Conditions = Conditions()
    money: Money = Money()
    partnership: Partnership = Partnership()
    shocks: list[Shock] = []
    provenance: dict[str, str] = Field(
        default_factory=dict,
        description="Of numbers that differ from their declared defaults because they were fitted: dotted path: how, with which "
        "targets, seeds and model version.",
    )

    @model_validator(mode="after")
    def _domains(self) -> Self:
        for domain in DOMAINS:
            if getattr(self.conditions, f"speed_{domain}") + self.conditions.spillover > 1:
                message = f"speed_{domain} plus spillover exceeds 1 a month: conditions would overshoot"
                raise Misfit(message, "conditions", f"speed_{domain}")
        return self

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        for path in self.provenance:
            if not _leads_to_a_number(self, path.split(".")):
                raise Misfit("leads to no number of this world", "provenance", path)
        return self


def _leads_to_a_number(node: object, steps: list[str]) -> bool:
    """Whether a dotted path leads to a number."""
    for step in steps:
        if isinstance(node, list):
            is_there = step.isascii() and step.isdigit() and len(step) < 6 and int(step) < len(node)
            node = node[int(step)] if is_there else None
        elif isinstance(node, Mapping):
            node = node.get(step)
        else:
            node = (
                getattr(node, step, None) if isinstance(node, BaseModel) and step in type(node).model_fields else None
            )
    return isinstance(node, int | float) and not isinstance(node, bool)
