"""Experiment files that ask what matters: which uncertain factors make outputs vary."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from coalsim.analysis.sensitivity import search
from coalsim.analysis.sensitivity.factors import Factors
from coalsim.experiments.files.experiment import refusal
from coalsim.experiments.files.uncertain import EVERY, Uncertain
from coalsim.scenario.document import Document
from coalsim.scenario.schema import Scenario

type Method = Literal[
    "two_stage",
    "sobol",
    "sobol_total",
    "morris",
    "fast",
    "rbd_fast",
    "delta",
    "pawn",
    "hdmr",
    "regional",
    "emulator",
    "pce",
]


class SensitivityFile(Uncertain):
    """An experiment that says which factors matter."""

    command: ClassVar[str] = "sensitivity"
    kind: Literal["sensitivity"] = Field(description="What is done: `coalsim sensitivity` runs it.")
    method: Method = Field(
        "two_stage",
        description="two_stage: morris, then sobol_total on what matters; sobol has pairs of factors, too; emulator and pce need "
        "the fewest runs.",
    )
    screen: int = Field(32, ge=4, le=100_000, description="Trajectories of the first stage of two_stage.")
    groups: dict[str, list[str]] = Field(
        default_factory=dict, description="Group: factors that are moved together; paths may end in .*."
    )
    correlations: list[tuple[str, str, float]] = Field(
        default_factory=list, max_length=1000, description="Pairs of factors with their rank correlation: [a, b, 0.5]."
    )
    precision: float | None = Field(
        None, gt=0, lt=1, description="Half width of intervals at which runs end early, a share."
    )

    def prepare(self, document: Document) -> Scenario:
        """The scenario; refuses methods that cannot do what is asked."""
        scenario = super().prepare(document)
        try:
            every = Factors.of(self.given(), self.grouped(), self.correlated())
        except ValueError as error:
            key = next((one for one in ("groups", "correlations") if str(error).startswith(one)), "factors")
            raise refusal(document, (key,), str(error).removeprefix(f"{key}, ").removeprefix(f"{key}: ")) from None
        try:
            search.refuse(self.method, every, self.samples)
        except ValueError as error:
            key = "samples" if str(error).startswith("samples") and self.samples is not None else "method"
            message = str(error).removeprefix(f"samples {self.samples}: ") if key == "samples" else str(error)
            raise refusal(document, (key,), message) from None
        return scenario

    def grouped(self) -> dict[str, list[str]]:
        """Groups with every factor named."""
        names = list(self.given())
        found: dict[str, list[str]] = {}
        for group, members in self.groups.items():
            found[group] = []
            for one in members:
                below = [name for name in names if name.startswith(one.removesuffix("*"))]
                found[group] += below if one.endswith(EVERY) and below else [one]
        return found

    def correlated(self) -> dict[tuple[str, str], float]:
        """Rank correlations of pairs."""
        return {(one, other): rho for one, other, rho in self.correlations}
