"""Experiment files: a scenario, what is varied, what is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from coalsim.experiments.outputs import HEADLINES, Output
from coalsim.loading import load_scenario, override
from coalsim.scenario.errors import Misfit
from coalsim.scenario.parameter import PRINTABLE, Strict
from coalsim.scenario.reading import read, resolve, validate
from coalsim.scenario.schema import Scenario


class Factor(Strict):
    """The values of one factor: a list, or so many evenly spaced from low to high."""

    values: list[float | int | str | bool] | None = Field(None, min_length=1, max_length=1000)
    low: float | None = Field(None, description="First of the values.")
    high: float | None = Field(None, description="Last of the values.")
    levels: int = Field(2, ge=2, le=1000, description="How many values from low to high.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.values is None) == (self.low is None and self.high is None):
            raise Misfit("give either values, or low and high")
        if self.values is None:
            if self.low is None or self.high is None:
                raise Misfit("give both low and high")
            if self.low >= self.high:
                raise Misfit(f"{self.low:.12g} is not below high, {self.high:.12g}", "low")
        return self

    @property
    def all(self) -> tuple[float | int | str | bool, ...]:
        """The values."""
        if self.values is not None:
            return tuple(self.values)
        assert self.low is not None
        assert self.high is not None
        return tuple(float(f"{value:.12g}") for value in np.linspace(self.low, self.high, self.levels))


class Experiment(Strict):
    """An experiment that compares the options of a scenario."""

    kind: Literal["compare"] = Field(description="What is done.")
    name: str = Field(min_length=1, max_length=120, pattern=PRINTABLE)
    question: str = Field("", max_length=1000, pattern=PRINTABLE)
    scenario: str = Field(description="Scenario file.")
    worlds: list[str] = Field(
        default_factory=list,
        max_length=100,
        description="Worlds in each of which all is compared; the scenario's own by default.",
    )
    factors: dict[str, Factor] = Field(
        default_factory=dict, description="Dotted path: values; all is compared at every combination."
    )
    replicates: int | None = Field(
        None, ge=2, le=100_000, description="Runs per option; the scenario's own number by default."
    )
    precision: dict[str, float] = Field(
        default_factory=dict,
        description="Output: half width of the 95% interval, in its unit, until which replicates are added.",
    )
    most_replicates: int = Field(1000, ge=2, le=100_000, description="Most replicates that a precision may ask for.")
    budget_neutral: str | float | None = Field(
        None, description="Option, or GBP, to whose programme cost every option's money is scaled."
    )
    interval: Literal["t", "bootstrap"] = Field("t", description="Student's t, or BCa bootstrap.")
    time_limit: float | None = Field(None, gt=0, description="Seconds after which a run is recorded as failed.")
    seed: int = Field(0, ge=0, lt=2**64, description="Seed of the first replicate.")
    outputs: list[str] = Field(
        default_factory=lambda: list(HEADLINES),
        min_length=1,
        description="Indicators to compare, also as indicator@end, @max, @min, @mean or @month=120; tipped; months_to_tip.",
    )
    overrides: dict[str, float | int | str | bool] = Field(default_factory=dict, description="Dotted path: value.")

    @field_validator("outputs")
    @classmethod
    def _known(cls, outputs: list[str]) -> list[str]:
        for k, text in enumerate(outputs):
            _parse(text, k)
        return outputs

    @field_validator("precision")
    @classmethod
    def _precise(cls, precision: dict[str, float]) -> dict[str, float]:
        for text, half_width in precision.items():
            _parse(text, text)
            if half_width <= 0:
                raise Misfit(f"{half_width:.12g} is not positive; give a half width in the output's unit", text)
        return precision


def load_experiment(path: str | Path) -> tuple[Experiment, Scenario]:
    """Read an experiment file and the scenario it names, overridden.

    Raises
    ------
    ScenarioError
        When either file is wrong.
    """
    document = read(Path(path))
    experiment = validate(Experiment, document)
    scenario = load_scenario(resolve(document, experiment.scenario, document.mark(("scenario",))))
    for dotted, value in experiment.overrides.items():
        scenario = override(scenario, dotted, value, document.mark(("overrides", dotted)))
    named = scenario.model_copy(update={"name": experiment.name, "question": experiment.question or scenario.question})
    named._folder = scenario._folder
    scenario = named
    for dotted, factor in experiment.factors.items():
        for value in factor.all:
            override(scenario, dotted, value, document.mark(("factors", dotted)))
    return experiment, scenario


def is_experiment(path: Path) -> bool:
    """Whether a file says what kind of experiment it is."""
    data: Mapping[str, Any] = read(path).data
    return "kind" in data


def _parse(text: str, at: str | int) -> None:
    """Point at the output that does not parse."""
    try:
        Output.parse(text)
    except ValueError as error:
        hint = getattr(error, "hint", "")
        raise Misfit(getattr(error, "message", str(error)), at, hint=hint) from None
