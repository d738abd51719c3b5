"""Fitted numbers as a place or world file that extends the one they belong to, each with how it was fitted."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import coalsim
from coalsim.analysis import Calibration
from coalsim.atomic import atomic
from coalsim.experiments.calibrate import Question, policy_title
from coalsim.experiments.files.calibrate import CalibrateFile
from coalsim.experiments.files.fitted_file import FIRST_LINE, Destination
from coalsim.scenario.parameter import Fact
from coalsim.scenario.place import Place
from coalsim.scenario.reading import read, validate
from coalsim.scenario.world import World
from coalsim.scenario.writing import Dumper, dump

MOST = 1900  # characters of a text in a file


@dataclass(frozen=True)
class _Folded:
    """A text that is written over several lines."""

    text: str


class _Dumper(Dumper):
    """Folds long texts."""


_Dumper.add_representer(
    _Folded, lambda dumper, folded: dumper.represent_scalar("tag:yaml.org,2002:str", folded.text, style=">")
)


def write(
    destination: Destination, experiment_file: Path, experiment: CalibrateFile, found: Calibration, question: Question
) -> Path:
    """Write the file, whole or not at all, after reading it as the model will.

    Raises
    ------
    ScenarioError
        When the fitted numbers do not make a valid place or world.
    """
    how = provenance(experiment_file, experiment, found, question)
    values = {path.partition(".")[2]: value for path, value in found.values.items()}
    content: dict[str, Any] = {
        "extends": os.path.relpath(destination.base, destination.path.parent).replace(os.sep, "/")
    }
    if destination.family == "world":
        content |= _world(destination, values, how, question)
    else:
        content |= _place(values, how, found, question)
    text = f"{FIRST_LINE} {experiment_file.name}`, which writes it anew.\n"
    text += dump(content, _Dumper)
    with atomic(destination.path) as temporary:
        temporary.write_text(text, encoding="utf-8")
        validate(Place if destination.family == "place" else World, read(temporary))
    return destination.path


def provenance(experiment_file: Path, experiment: CalibrateFile, found: Calibration, question: Question) -> str:
    """How the numbers were fitted, as one text."""
    first, last = int(found.seeds[0]), int(found.seeds[-1])
    fits = "; ".join(
        f"{one.name} {one.observed:.5g} (simulated {one.simulated:.5g}, tolerance {one.tolerance:.3g}"
        f"{'' if one.is_met else ', missed'})"
        for one in found.targets
    )
    changes = ", ".join(f"{path} {value}" for path, value in question.overrides.items())
    text = (
        f"Fitted by `coalsim calibrate {experiment_file.name}` ({experiment.name}) on model version {coalsim.MODEL_VERSION}, "
        f"coalsim {coalsim.__version__}, {datetime.now(UTC).date()}: history matching on common random numbers, "
        f"{policy_title(question)} over {question.scenario.months} months in the world {question.scenario.world.name}, "
        f"seeds {first} to {last}, {found.runs} runs{f'; {changes}' if changes else ''}. Targets: {fits}."
    )
    return text if len(text) <= MOST else text[: MOST - 3] + "..."


def interval(found: Calibration, path: str) -> str:
    """How well a number is known."""
    one = next(parameter for parameter in found.parameters if parameter.name == path)
    known = "pinned down" if one.is_identified else "not pinned down by the targets"
    return f"5% to 95%: {one.low:.4g} to {one.high:.4g}, looked for from {one.prior_low:.4g} to {one.prior_high:.4g}; {known}"


def _place(values: Mapping[str, float], how: str, found: Calibration, question: Question) -> dict[str, Any]:
    """The differences of a place: corrections with their provenance, and figures with status and source."""
    content: dict[str, Any] = {}
    place = question.scenario.places[0]
    for dotted, value in values.items():
        steps = dotted.removesuffix(".value").split(".")
        node: Any = place
        for step in steps:
            node = node[step] if isinstance(node, Mapping) else getattr(node, step)
        known = interval(found, f"place.{dotted}")
        if isinstance(node, Fact):
            # Without a range: one would keep the next calibration from looking outside it.
            figures = {
                "value": value,
                "low": None,
                "high": None,
                "status": "fitted",
                "source": _Folded(how),
                "note": known,
            }
            _put(content, steps, figures)
        else:
            _put(content, steps, value)
    if "calibration" in content:
        told = "; ".join(
            f"{dotted.rpartition('.')[2]} {interval(found, f'place.{dotted}')}"
            for dotted in values
            if dotted.startswith("calibration.")
        )
        content["calibration"]["provenance"] = _Folded(f"{how} {told[0].upper()}{told[1:]}."[:MOST])
    return content


def _world(destination: Destination, values: Mapping[str, float], how: str, question: Question) -> dict[str, Any]:
    """The differences of a world; a list is written as a whole, since that is how files extend each other."""
    content: dict[str, Any] = {"name": destination.path.stem.replace("_", " ")}
    world = question.at(tuple(values.values())).world
    known: dict[str, Any] = {}
    for dotted, value in values.items():
        steps = dotted.split(".")
        if steps[0] == "shocks":
            content["shocks"] = [shock.model_dump(mode="json") for shock in world.shocks]
        else:
            _put(content, steps, value)
        known[dotted] = _Folded(how)
    return {**content, "provenance": known}


def _put(content: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        content = content.setdefault(step, {})
    content[steps[-1]] = value
