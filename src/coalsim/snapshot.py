"""A model's state, saved: it goes on from there bit for bit, or with other luck or under another policy."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import mesa
import numpy as np
from pydantic import BaseModel

import coalsim
from coalsim.atomic import atomic
from coalsim.columns.table import Table
from coalsim.hypertext import paragraphs, table
from coalsim.indicators import Indicators
from coalsim.model import CoalitionModel, IndicatorCollector
from coalsim.policies import Policy
from coalsim.scenario.schema import Scenario
from coalsim.state import StateError, read_state, write_state

MAGIC = b"coalsim snapshot\n"
DIGEST = hashlib.sha256().digest_size
LONGEST = 1200  # months, as in a scenario
# What nonsense in bytes may raise.
BAD = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)

# What founding makes anew and no month changes, besides what every Mesa model has.
_MESA = frozenset(vars(mesa.Model(rng=0))) - {"running", "steps", "_time", "agent_id_counter"}
_FOUNDED: dict[type, frozenset[str]] = {
    CoalitionModel: _MESA | {"key", "seed", "threads", "settings", "policy_name", "policy", "adopted", "_blocks"},
    Table: frozenset({"model", "kind"}),
    Indicators: frozenset({"_measures"}),
    IndicatorCollector: frozenset({"model_reporters", "agent_reporters", "agenttype_reporters"}),
}


@dataclass(frozen=True, eq=False, repr=False)
class Snapshot:
    """The state of a model between two months, apart from the model and unchanged by whatever happens to it.

    It holds what was asked (scenario, policy, seed) and, as bytes, all that the months have made of it. Restoring founds the
    model anew from the former and lays the latter over it, so nothing in a snapshot is code, and a file of one runs none.
    What somebody hangs on a model from outside (Mesa's signals and datasets) is not kept; further agents or scheduled events,
    which could change the course, are refused.
    """

    settings: Scenario
    policy: str
    seed: int
    month: int
    in_force: Policy  # the policy of that name, or the one that was adopted
    state: bytes
    model_version: int = coalsim.MODEL_VERSION

    @classmethod
    def of(cls, model: CoalitionModel) -> Self:
        """The state of a model now; the model is left as it is.

        Raises
        ------
        TypeError, ValueError
            For a subclass, whose state is not known, in the middle of a month, and for state that cannot be kept.
        """
        if type(model) is not CoalitionModel:
            raise TypeError(f"a {type(model).__name__} may hold more than a snapshot knows of; give a CoalitionModel")
        if len(model._event_list) != 1 or model._default_schedule.next_scheduled_time != model.time + 1:
            raise ValueError(
                f"month {model.month}: a snapshot is taken between two months, and of a model without other events; call it "
                "after `model.step()` and not from inside one"
            )
        if {id(agent) for agent in model._all_agents} - {id(thing) for thing in _things(model)}:
            raise TypeError("the model has agents that were added to it; a snapshot knows only those of the scenario")
        whole = {
            "things": [_kept(thing) for thing in _things(model)],
            "rng": model.rng.bit_generator.state,
            "random": model.random.getstate(),
        }
        return cls(
            model.settings,
            model.policy_name,
            model.seed,
            model.month,
            model.policy,
            write_state(whole, list(_things(model)), _parts(model.settings)),
        )

    def restore(
        self, *, seed: int | None = None, policy: Policy | None = None, months: int | None = None, threads: int = 1
    ) -> CoalitionModel:
        """A model that goes on from here.

        Parameters
        ----------
        seed : int, optional
            Luck from here on: that of another seed, the state staying the same; by default, and with the snapshot's own
            seed, the same luck as without interruption, so that the run goes on bit for bit.
        policy : Policy, optional
            In force from here on; see `CoalitionModel.adopt`.
        months : int, optional
            Month in which the run ends, counted from the scenario's start, in place of the scenario's.
        threads : int, optional
            As in `CoalitionModel`; results do not depend on it.

        Raises
        ------
        ValueError
            For another version's snapshot, one whose state does not fit its scenario, or months that are over.
        """
        if self.model_version != coalsim.MODEL_VERSION:
            raise ValueError(_other_version("the snapshot", self.model_version, coalsim.__version__))
        settings = self.settings
        if months is not None:
            if isinstance(months, bool) or not isinstance(months, int) or not self.month <= months <= LONGEST:
                raise ValueError(
                    f"months: {months!r} is not a whole number from {self.month}, where it is, to {LONGEST}"
                )
            settings = settings.model_copy(update={"months": months})
        luck = self.seed if seed is None else seed
        model = CoalitionModel.__new__(CoalitionModel)
        model._found(settings, self.policy, self.in_force, luck, threads)
        try:
            self._lay_over(model, with_own_luck=model.seed == self.seed)
        except BAD as error:
            raise ValueError(f"the snapshot's state does not fit its scenario ({error}); make it again") from error
        if months is not None:
            model.running = model.month < months
        if policy is not None:
            model.adopt(policy)
        return model

    def _lay_over(self, model: CoalitionModel, with_own_luck: bool) -> None:
        things = list(_things(model))
        whole = read_state(self.state, things, model.settings)
        if len(whole["things"]) != len(things):
            raise StateError(f"it has {len(whole['things'])} parts in place of {len(things)}")
        model._default_schedule.pause()
        for thing, attributes in zip(things, whole["things"]):
            _fill(thing, attributes)
        if model.month != self.month:
            raise StateError(f"it is of month {model.month} in place of {self.month}")
        model._default_schedule.resume()  # a month from the time that it now is
        if with_own_luck:
            model.rng.bit_generator.state = whole["rng"]
            model.random.setstate(whole["random"])

    # What it is

    def __repr__(self) -> str:
        what = f"{self.scenario} under {self.policy}, seed {self.seed}"
        return f"<Snapshot of {what}: month {self.month}, {self.nbytes / 1e6:.1f} MB>"

    def _repr_html_(self) -> str:
        rows = [
            ["scenario", self.scenario, ""],
            ["policy in force", self.in_force.name, ""],
            ["seed", str(self.seed), ""],
            ["month", str(self.month), f"after {self.settings.start}, of {self.settings.months}"],
            ["size", f"{self.nbytes / 1e6:.1f}", "MB"],
            ["model version", str(self.model_version), ""],
            ["fingerprint", self.fingerprint[:10], ""],
        ]
        return paragraphs(f"{repr(self)[1:-1]}; `restore()` goes on from there.") + table(["", "value", "unit"], rows)

    @property
    def scenario(self) -> str:
        """The scenario's name."""
        return self.settings.name

    @property
    def nbytes(self) -> int:
        """Size of the state, bytes."""
        return len(self.state)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over everything that it holds: equal for equal states of equal questions."""
        return hashlib.sha256(self._content()).hexdigest()

    # As a file

    def save(self, path: str | Path) -> Path:
        """Write it as one file, there whole or not at all; returns where."""
        path = Path(path)
        content = MAGIC + self._content()
        with atomic(path) as temporary:
            temporary.write_bytes(content + hashlib.sha256(content).digest())
        return path

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file that `save` wrote; nothing in it is run.

        Raises
        ------
        ValueError
            If it is no snapshot, damaged or of another version.
        OSError
            If it cannot be read.
        """
        path = Path(path)
        if path.exists() and not path.is_file():
            raise ValueError(f"{path}: not a file; give one that `Snapshot.save` wrote")
        content = path.read_bytes()
        if not content.startswith(MAGIC):
            raise ValueError(f"{path}: not a snapshot of coalsim; give a file that `Snapshot.save` wrote")
        whole, digest = content[:-DIGEST], content[-DIGEST:]
        if hashlib.sha256(whole).digest() != digest:
            raise ValueError(f"{path}: damaged, its sha256 does not fit what it holds; save the snapshot again")
        first, _, state = whole.removeprefix(MAGIC).partition(b"\n")
        try:
            asked = json.loads(first)
            made_by = asked["model_version"], asked["coalsim"]
            if made_by != (coalsim.MODEL_VERSION, coalsim.__version__):
                raise ValueError(_other_version("it", *made_by))
            written = asked["scenario"]
            written["options"] = {name: Policy.model_validate(one) for name, one in written["options"].items()}
            in_force = Policy.model_validate(asked["in_force"])
            settings = Scenario.model_validate(written)
            policy, seed, month = asked["policy"], asked["seed"], asked["month"]
            if (type(policy), type(seed), type(month)) != (str, int, int):
                raise ValueError(f"policy {policy!r:.80}, seed {seed!r:.80}, month {month!r:.80}")
            return cls(settings, policy, seed, month, in_force, state)
        except BAD as error:
            raise ValueError(f"{path}: cannot be read as a snapshot: {error}") from error

    def _content(self) -> bytes:
        """A line of JSON, what was asked; then the state."""
        asked = {
            "model_version": self.model_version,
            "coalsim": coalsim.__version__,
            "scenario": self.settings.model_dump(mode="json"),
            "policy": self.policy,
            "in_force": self.in_force.model_dump(mode="json"),
            "seed": self.seed,
            "month": self.month,
        }
        return json.dumps(asked).encode() + b"\n" + self.state


def _other_version(what: str, model_version: object, version: object) -> str:
    return (
        f"{what} was made by coalsim {version}, model version {model_version}; this is coalsim {coalsim.__version__}, model "
        f"version {coalsim.MODEL_VERSION}, under which a run would not go on alike: make it again, or use that version"
    )


def _things(model: CoalitionModel) -> Iterator[Any]:
    """Everything with a state that founding makes, in a fixed order."""
    yield from (model, model.ledger, model.indicators, model.datacollector, model.government, *model.tables.values())
    for locality in model.localities:
        yield from (locality, *locality.partners, locality.coalition)


def _kept(thing: Any) -> dict[str, Any]:
    """The attributes of a thing that months may change; mappings with defaults as plain ones, since those lie in code."""
    left_out = _FOUNDED.get(type(thing), frozenset())
    return {
        name: dict(value) if type(value) is defaultdict else value
        for name, value in vars(thing).items()
        if name not in left_out
    }


def _fill(thing: Any, attributes: Mapping[str, Any]) -> None:
    """Give a founded thing the attributes it had; what founding sizes keeps its size."""
    founded = _kept(thing)
    if lost := founded.keys() - attributes.keys():
        raise StateError(f"{type(thing).__name__} lacks {', '.join(sorted(lost))}")
    if odd := [
        name for name in attributes.keys() - founded.keys() if name in vars(thing) or hasattr(type(thing), name)
    ]:
        raise StateError(f"{type(thing).__name__} has no {', '.join(map(str, odd))} of its own")
    for name, value in attributes.items():
        _check_alike(f"{type(thing).__name__}.{name}", founded.get(name), value)
        before = vars(thing).get(name)
        if isinstance(before, defaultdict):
            before.update(value)
        else:
            setattr(thing, name, value)
    if isinstance(thing, Table):
        _check_rows(thing)


def _check_alike(where: str, founded: Any, value: Any) -> None:
    """Kernels do not look where they write, so arrays have the type and shape that founding gives."""
    if isinstance(founded, dict | list) and type(value) is not type(founded):
        raise StateError(f"{where}: a {type(value).__name__} in place of a {type(founded).__name__}")
    if isinstance(founded, dict):
        for key in founded:
            _check_alike(f"{where}[{key!r}]", founded[key], value.get(key))
    elif isinstance(founded, tuple) and founded and value != founded:  # names of indicators
        raise StateError(f"{where} differ: {', '.join(sorted(set(founded) ^ set(value)))}")
    elif isinstance(founded, np.ndarray):
        found = (value.dtype, value.shape) if isinstance(value, np.ndarray) else type(value).__name__
        if found != (founded.dtype, founded.shape):
            raise StateError(f"{where}: {found} in place of {founded.dtype, founded.shape}")


def _check_rows(table: Table) -> None:
    """Refuse references to rows and categories that do not exist."""
    for name, column in table.kind.columns.items():
        cells = table.arrays[name]
        column.stored(table, cells)
        if column.labels is not None and cells.size and not 0 <= cells.min() <= cells.max() < len(column.labels):
            raise StateError(f"{table.kind.__name__}.{name}: {cells.min()} to {cells.max()} are not all categories")


def _parts(settings: Scenario) -> dict[int, tuple[str | int, ...]]:
    """Where each part of a scenario is, by the part's id."""
    return {id(part): path for path, part in _walk(settings, ())}


def _walk(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], BaseModel]]:
    if isinstance(value, BaseModel):
        yield path, value
        items: Any = value
    elif isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list | tuple):
        items = enumerate(value)
    else:
        return
    for step, inner in items:
        yield from _walk(inner, (*path, step))
