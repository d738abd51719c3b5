"""What every finished study has: words, JSON and figures, for a terminal, a program, a folder and Jupyter."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import coalsim
from coalsim import hypertext
from coalsim.atomic import write_text
from coalsim.experiments import parts
from coalsim.experiments.kept_runs import seal

if TYPE_CHECKING:
    from coalsim.figures import Picture


class Shown(ABC):
    """A finished study that shows itself."""

    @abstractmethod
    def summary(self) -> dict[str, Any]:
        """What the command prints with --json."""

    @abstractmethod
    def figures(self) -> dict[str, Picture]:
        """Every figure by name, the most telling first."""

    @property
    @abstractmethod
    def answer(self) -> list[str]:
        """What was found, in a sentence or a few."""

    @abstractmethod
    def rows(self) -> tuple[list[str], list[list[Any]]]:
        """Heading, with units, and rows of the table that says most."""

    @abstractmethod
    def __str__(self) -> str:
        """The whole study in words and tables."""

    def plot(self) -> Picture:
        """The first of the figures.

        Raises
        ------
        ValueError
            When nothing was found that could be drawn.
        """
        for figure in self.figures().values():
            return figure
        raise ValueError("there is nothing to draw; print the study for what it says")

    def write(self, folder: Path) -> None:
        """Summary, words and figures into the folder of the runs, and their hashes into its manifest."""
        write_text(folder / "summary.json", json.dumps(self.summary(), indent=1))
        write_text(folder / "findings.txt", f"{self}\n")
        (folder / "figures").mkdir(exist_ok=True)
        for name, figure in self.figures().items():
            parts.write_figure(folder / "figures" / f"{name}.png", figure)
        seal(folder)

    def _repr_html_(self) -> str:
        header, rows = self.rows()
        table = hypertext.table(header, rows) if rows else ""
        return hypertext.paragraphs(*self.answer) + table + hypertext.folded("All of it, in words", str(self))


def provenance(runs: int, seed: int) -> str:
    """What a figure says of where it comes from."""
    return f"coalsim {coalsim.__version__}, model version {coalsim.MODEL_VERSION}, {runs:,} runs, seeds from {seed}"
