"""Experiment files, one kind to a file: a scenario, what is done with it, what is looked at."""

from __future__ import annotations

from pathlib import Path

from coalsim.experiments.files.calibrate import CalibrateFile
from coalsim.experiments.files.compare import CompareFile, Factor
from coalsim.experiments.files.discover import DiscoverFile
from coalsim.experiments.files.experiment import Experiment, refusal
from coalsim.experiments.files.sensitivity import SensitivityFile
from coalsim.experiments.files.tipping import TippingFile
from coalsim.experiments.files.validate import ValidateFile
from coalsim.registry import nearest
from coalsim.scenario.document import Document
from coalsim.scenario.errors import printable
from coalsim.scenario.reading import read, validate
from coalsim.scenario.schema import Scenario

__all__ = [
    "KINDS",
    "CalibrateFile",
    "CompareFile",
    "DiscoverFile",
    "Experiment",
    "Factor",
    "SensitivityFile",
    "TippingFile",
    "ValidateFile",
    "is_experiment",
    "kind_of",
    "load",
    "load_experiment",
]

# A new kind comes with its model here and a command.
KINDS: dict[str, type[Experiment]] = {
    "compare": CompareFile,
    "calibrate": CalibrateFile,
    "tipping": TippingFile,
    "sensitivity": SensitivityFile,
    "discover": DiscoverFile,
    "validate": ValidateFile,
}


def load_experiment(path: str | Path) -> tuple[Experiment, Scenario]:
    """Read an experiment file of any kind and the scenario it names, overridden.

    Raises
    ------
    ScenarioError
        When either file is wrong.
    """
    document = read(Path(path))
    experiment = validate(_kind(document), document)
    return experiment, experiment.prepare(document)


def load[E: Experiment](path: str | Path, kind: type[E]) -> tuple[E, Scenario]:
    """The same for a command that runs one kind.

    Raises
    ------
    ScenarioError
        When either file is wrong, or the experiment is of another kind.
    """
    document = read(Path(path))
    found = _kind(document)
    if not issubclass(found, kind):
        named, wanted = (next(name for name, model in KINDS.items() if model is one) for one in (found, kind))
        message = f"{named} is another kind of experiment than {wanted}"
        raise refusal(document, ("kind",), message, f"run it with `coalsim {found.command} {path}`")
    experiment = validate(found, document)
    return experiment, experiment.prepare(document)


def is_experiment(path: Path) -> bool:
    """Whether a file says what kind of experiment it is."""
    return "kind" in read(path).data


def kind_of(path: Path) -> type[Experiment]:
    """Of which kind an experiment file is.

    Raises
    ------
    ScenarioError
        When it names none, or one that is unknown.
    """
    return _kind(read(path))


def _kind(document: Document) -> type[Experiment]:
    """What the file's kind asks for."""
    kind, known = document.data.get("kind"), ", ".join(KINDS)
    if "kind" not in document.data:
        raise refusal(document, ("kind",), f"is missing; what is done: {known}", key=True)
    if isinstance(kind, str) and kind in KINDS:
        return KINDS[kind]
    near = nearest(kind, KINDS) if isinstance(kind, str) else None
    hint = f"did you mean {near!r}?" if near else ""
    raise refusal(document, ("kind",), f"{printable(kind)} is not one of {known}", hint)
