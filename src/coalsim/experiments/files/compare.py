"""Experiment files that compare the options of a scenario."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from coalsim.experiments.design import MONTHS, ONE_LENGTH
from coalsim.experiments.files.experiment import (
    Experiment,
    Where,
    added,
    check_months,
    parse_output,
    refusal,
    refusing,
)
from coalsim.experiments.outputs import HEADLINES
from coalsim.experiments.target import Target
from coalsim.loading import override
from coalsim.scenario.document import Document
from coalsim.scenario.errors import Misfit
from coalsim.scenario.parameter import Strict
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
            if not math.isfinite(self.high - self.low):
                raise Misfit(f"{self.low:.12g} to {self.high:.12g} is too wide", "low")
        if len(set(self.all)) < len(self.all):
            raise Misfit("a value is listed twice", "values")
        return self

    @property
    def all(self) -> tuple[float | int | str | bool, ...]:
        """The values."""
        if self.values is not None:
            return tuple(self.values)
        assert self.low is not None
        assert self.high is not None
        return tuple(float(f"{value:.12g}") for value in np.linspace(self.low, self.high, self.levels))


class CompareFile(Experiment):
    """An experiment that compares the options of a scenario."""

    command: ClassVar[str] = "compare"
    kind: Literal["compare"] = Field(description="What is done: `coalsim compare` runs it.")
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
    outputs: list[str] = Field(
        default_factory=lambda: list(HEADLINES),
        min_length=1,
        description="Indicators to compare, also as indicator@end, @max, @min, @mean, @month=120, @change or @growth; tipped; "
        "months_to_tip.",
    )

    @field_validator("worlds")
    @classmethod
    def _once(cls, worlds: list[str]) -> list[str]:
        for k, name in enumerate(worlds):
            if name in worlds[:k]:
                raise Misfit(f"{name} is named twice", k)
        return worlds

    @field_validator("outputs")
    @classmethod
    def _known(cls, outputs: list[str]) -> list[str]:
        for k, text in enumerate(outputs):
            parse_output(text, k)
        return outputs

    @field_validator("precision")
    @classmethod
    def _precise(cls, precision: dict[str, float]) -> dict[str, float]:
        for text, half_width in precision.items():
            parse_output(text, text)
            if half_width <= 0:
                raise Misfit(f"{half_width:.12g} is not positive; give a half width in the output's unit", text)
        return precision

    def prepare(self, document: Document) -> Scenario:
        """The scenario, with factors, outputs and a target that fit it."""
        scenario = super().prepare(document)
        for k, name in enumerate(self.worlds):
            added(document, scenario, "world", name, "worlds", k)
        if MONTHS in self.factors:
            message = f"{ONE_LENGTH}, such as by `overrides: {{months: 120}}`"
            raise refusal(document, ("factors", MONTHS), message, key=True)
        for dotted, factor in self.factors.items():
            for value in factor.all:
                override(scenario, dotted, value, document.mark(("factors", dotted)))
        check_months(self._looked_at(), scenario, refusing(document))
        if self.precision and self.replicates is not None and self.most_replicates < self.replicates:
            message = f"{self.most_replicates} is fewer than the {self.replicates} replicates to begin with"
            raise refusal(document, ("most_replicates",), message)
        if self.budget_neutral is not None:
            try:
                Target.parse(str(self.budget_neutral)).check(scenario)
            except ValueError as error:
                raise refusal(document, ("budget_neutral",), str(error).partition(": ")[2]) from None
        return scenario

    def _looked_at(self) -> Iterator[tuple[Where, str]]:
        """Every output, and where the file names it."""
        for k, text in enumerate(self.outputs):
            yield ("outputs", k), text
        for text in self.precision:
            yield ("precision", text), text
