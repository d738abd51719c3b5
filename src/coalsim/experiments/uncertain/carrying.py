"""Carries out an analysis of uncertain factors on the crew: its runs kept, counted, told and hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from coalsim.experiments import parts
from coalsim.experiments.crew import Crew, Failed
from coalsim.experiments.kept_runs import Task
from coalsim.experiments.uncertain.question import Question


class Carrying:
    """How the analysis's runs are made: as tasks of a crew, with a fingerprint over all they give."""

    def __init__(self, question: Question, crew: Crew) -> None:
        self.question, self.crew = question, crew
        self.rows: list[tuple[Task, Any]] = []
        self._hash = hashlib.sha256()

    def map(self, guarded: Any, points: Sequence[dict[str, Any]], seeds: Sequence[int]) -> list[tuple[Any, str]]:
        """A batch, as `analysis.attempts` expects it."""
        paths = tuple(self.question.factors)
        tasks: list[Task] = [(tuple(point[path] for path in paths), int(seed)) for point, seed in zip(points, seeds)]
        given = self.crew(tasks)
        for task, one in zip(tasks, given):
            self.rows.append((task, one))
            told = None if isinstance(one, Failed) else one
            self._hash.update(json.dumps([task, told], sort_keys=True).encode())
        return [(None, one.error) if isinstance(one, Failed) else (one, "") for one in given]

    @property
    def fingerprint(self) -> str:
        """sha256 over all results, the same whatever the workers."""
        return self._hash.hexdigest()

    def beyond(self) -> dict[str, int]:
        """How many runs have their threshold above or below the range that was looked at, and how many have one."""
        ends = [one.get("beyond") for _, one in self.rows if not isinstance(one, Failed)]
        return {"above": ends.count("above"), "below": ends.count("below"), "within": ends.count(None)}

    def write_runs(self, folder: Path) -> None:
        """A row for each run: its factors, seed, outputs, and how it ended."""
        import pandas as pd

        q = self.question
        columns: dict[str, Any] = {"run_id": range(len(self.rows))}
        columns |= {path: [task[0][k] for task, _ in self.rows] for k, path in enumerate(q.factors)}
        columns["seed"] = pd.array([task[1] for task, _ in self.rows], dtype="UInt64")
        for name in q.output_names:
            columns[name] = [float("nan") if isinstance(one, Failed) else _number(one[name]) for _, one in self.rows]
        columns["status"] = ["failed" if isinstance(one, Failed) else "done" for _, one in self.rows]
        columns["error"] = [one.error if isinstance(one, Failed) else None for _, one in self.rows]
        parts.write_table(folder / "runs.parquet", parts.frame_table(pd.DataFrame(columns)))


def unused(where: Any, seed: int) -> Any:
    """Stands for the simulation, which the crew carries out."""
    raise RuntimeError("runs are carried out by the crew")


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


type OnNews = Callable[[str], None]
"""Called with a line about what is known so far."""
