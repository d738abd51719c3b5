"""A small scenario to break: every shape of field that a real one has."""

import math
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pytest
from pydantic import Field, field_validator, model_validator

from coalsim.registry import Registry
from coalsim.scenario.errors import Misfit, Misfits, ScenarioError
from coalsim.scenario.parameter import Fact, Strict, parameter
from coalsim.scenario.reading import read, validate


class Population(Strict):
    residents: int = parameter(1000, unit="persons", ge=1, doc="Residents aged 16 to 64.", low=500, high=2000)
    engaged: float = parameter(0.1, unit="1", ge=0, le=1, doc="Engaged share.", status="assumption", source="test")


class Council(Strict):
    name: str = Field(min_length=1)
    budget: float = parameter(..., unit="GBP/year", ge=0, doc="Net budget.")


class Grant(Strict):
    kind: Literal["grant"]
    share: float = parameter(0.1, unit="1", ge=0, le=1, doc="Share of the budget.")


class Levy(Strict):
    kind: Literal["levy"]
    rate: float = parameter(..., unit="1", ge=0, le=1, doc="Rate of the levy.")


INSTRUMENTS: Registry[type[Strict]] = Registry("instrument")
INSTRUMENTS.register("reward_grant", Grant)
INSTRUMENTS.register("land_levy", Levy)


class Town(Strict):
    title: str = Field(min_length=1, max_length=40)
    months: int = parameter(24, unit="months", ge=1, le=1200, doc="Length of a run.")
    seed: int = Field(1, ge=0)
    start: str = Field("2006-04", pattern=r"^\d{4}-\d{2}$", description="First month, as 2006-04.")
    rule: Literal["consensus", "majority", "leader_veto"] = "majority"
    paired: bool = True
    population: Population = Population()
    councils: tuple[Council, ...] = Field((), max_length=3)
    shares: dict[str, float] = {}
    rates: dict[int, float] = {}
    policy: Annotated[Grant | Levy, Field(discriminator="kind")] | None = None
    wage: float | Fact = 1.0
    horizon: int | Literal["end"] = "end"
    instruments: dict[str, Any] = {}
    note: str | None = None

    @field_validator("instruments")
    @classmethod
    def _known(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {name: INSTRUMENTS.get(name).model_validate(settings) for name, settings in given.items()}

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        total = math.fsum(self.shares.values())
        if self.shares and abs(total - 1) > 1e-9:
            raise Misfit(f"the shares add up to {total:g}, not 1", "shares", hint="they are shares of one budget")
        names = [council.name for council in self.councils]
        twice = [
            Misfit(f"{name} is named twice", "councils", i, "name") for i, name in enumerate(names) if name in names[:i]
        ]
        if twice:
            raise Misfits(twice)
        return self


VALID = """\
# a town
title: Two towns
months: 24
seed: 12345
population:
  residents: 1000
councils:
  - name: Northby
    budget: 1e6
  - {name: no, budget: 800000}
shares: {training: 0.5, transport: 0.3, grants: 0.2}
rates:
  2006: 0.05
  2007: 0.04
policy: {kind: grant, share: 0.3}
wage:
  value: 400
  source: "ONS: ASHE, table 8"
  status: recall_unverified
instruments:
  reward_grant: {kind: grant, share: 0.2}
"""


def refusal(folder: Path, text: str | bytes, name: str = "town.yaml") -> ScenarioError:
    """The error with which a file of this text is refused."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ScenarioError) as caught:
        validate(Town, read(path))
    message = str(caught.value)
    assert len(message) < 4000
    assert "pydantic" not in message
    assert "input_" not in message
    return caught.value


def accepted(folder: Path, text: str | bytes) -> Town:
    path = folder / "town.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return validate(Town, read(path))
