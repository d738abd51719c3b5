"""Experiment files: a scenario, what is varied, what is looked at."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from coalsim.indicators import indicators
from coalsim.loading import load_scenario, override
from coalsim.scenario.parameter import PRINTABLE, Strict
from coalsim.scenario.reading import read, resolve, validate
from coalsim.scenario.schema import Scenario


class Experiment(Strict):
    """An experiment that compares the options of a scenario."""

    kind: Literal["compare"] = Field(description="What is done.")
    name: str = Field(min_length=1, max_length=120, pattern=PRINTABLE)
    question: str = Field("", max_length=1000, pattern=PRINTABLE)
    scenario: str = Field(description="Scenario file.")
    replicates: int | None = Field(
        None, ge=2, le=100_000, description="Runs per option; the scenario's own number by default."
    )
    seed: int = Field(0, ge=0, lt=2**64, description="Seed of the first replicate.")
    outputs: list[str] = Field(
        default_factory=lambda: ["employment_rate", "severe_deprivation", "effective_sectors"],
        min_length=1,
        description="Indicators to compare.",
    )
    overrides: dict[str, float | int | str | bool] = Field(default_factory=dict, description="Dotted path: value.")

    @field_validator("outputs")
    @classmethod
    def _known(cls, outputs: list[str]) -> list[str]:
        for name in outputs:
            indicators.get(name)
        return outputs


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
    return experiment, scenario


def is_experiment(path: Path) -> bool:
    """Whether a file says what kind of experiment it is."""
    return "kind" in read(path).data
