"""Experiment files that ask under which conditions something happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from coalsim.experiments.files.experiment import Where, parse_output
from coalsim.experiments.files.tipping import Bound
from coalsim.experiments.files.uncertain import THRESHOLD, Uncertain
from coalsim.scenario.errors import Misfit


class Case(Bound):
    """What is of interest: an output at least or at most a value, on average over luck; of `tipped` its chance."""

    output: str = Field(description="One of the experiment's outputs.")


class DiscoverFile(Uncertain):
    """An experiment that says where something happens."""

    command: ClassVar[str] = "discover"
    kind: Literal["discover"] = Field(description="What is done: `coalsim discover` runs it.")
    cases: dict[str, Case] = Field(
        min_length=1,
        max_length=12,
        description="What is of interest, in words that end the sentence 'where ...': output and bounds.",
    )
    boxes: int = Field(3, ge=1, le=10, description="Most boxes for each case.")

    @field_validator("cases")
    @classmethod
    def _known_outputs(cls, cases: dict[str, Case]) -> dict[str, Case]:
        for name, case in cases.items():
            if case.output != THRESHOLD:
                parse_output(case.output, name, "output")
        return cases

    @model_validator(mode="after")
    def _of_outputs(self) -> Self:
        for name, case in self.cases.items():
            if case.output == THRESHOLD and self.threshold is None:
                raise Misfit("give `threshold`: the lever and its range", "cases", name, "output")
        if self.samples is not None and self.samples < 40:
            raise Misfit(f"{self.samples} are too few to discover anything; give at least 40", "samples")
        return self

    def looked_at(self) -> Iterator[tuple[Where, str]]:
        """Every output, those that only cases name, too."""
        yield from super().looked_at()
        for name, case in self.cases.items():
            if case.output != THRESHOLD and case.output not in self.outputs:
                yield ("cases", name, "output"), case.output
