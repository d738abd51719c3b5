"""What a model's state is made of, as bytes and back: plain values, arrays and a few records; nothing that could run.

The bytes are a line of JSON and the arrays' memory after it. In the JSON a plain value stands for itself and all else is a
list that begins with what it is. What a state shares with the model founded anew (agents, tables, parts of the scenario) is
named and not written; what two places share is written once, so that it is shared again. Arrays keep their layout in memory,
on which the order of NumPy's sums depends.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from coalsim.agents.business import Business
from coalsim.agents.central_government import CentralGovernment
from coalsim.agents.coalition import Coalition, Plan, Target, Terms
from coalsim.agents.council import Council
from coalsim.agents.nation import Nation
from coalsim.agents.public_service import PublicService
from coalsim.agents.resident import Resident
from coalsim.start.geography import Geography
from coalsim.start.market import Market
from coalsim.start.profiles import Profile
from coalsim.start.rates import Rates

RECORDS: dict[str, type[Any]] = {
    one.__name__: one for one in (Target, Geography, Profile, Rates, Terms, Plan, Market, Nation)
}
KINDS: dict[str, type[Any]] = {
    one.__name__: one for one in (Business, CentralGovernment, Coalition, Council, PublicService, Resident)
}
DTYPES = {"|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f4", "<f8"}

type Path = tuple[str | int, ...]


class StateError(ValueError):
    """A state that cannot be written, or bytes that are not the state of this model."""


def write_state(value: Any, things: Sequence[Any], parts: Mapping[int, Path]) -> bytes:
    """The bytes of a value.

    Parameters
    ----------
    things : what is founded anew and referred to by number
    parts : where each part of the scenario is, by its id

    Raises
    ------
    StateError
        For anything but plain values, lists, mappings, numeric arrays and the records named above.
    """
    writer = _Writer({id(thing): i for i, thing in enumerate(things)}, parts)
    node = writer.node(value, ())
    sizes = [memory.nbytes for memory in writer.memories]
    line = json.dumps({"sizes": sizes, "state": node}, separators=(",", ":")).encode()
    return b"\n".join([line, b"".join(memory.tobytes("A") for memory in writer.memories)])


def read_state(data: bytes, things: Sequence[Any], settings: BaseModel) -> Any:
    """The value of bytes; of things and parts of the scenario, those given.

    Raises
    ------
    StateError, LookupError, TypeError, ValueError, RecursionError
        When the bytes are nothing that `write_state` gives.
    """
    line, _, rest = data.partition(b"\n")
    whole = json.loads(line)
    ends = np.cumsum([0, *whole["sizes"]]).tolist()
    if ends[-1] != len(rest) or sorted(ends) != ends:
        raise StateError(f"{len(rest)} bytes of arrays in place of {ends[-1]}")
    memories = [np.empty(end - start, dtype=np.uint8) for start, end in pairwise(ends)]
    for memory, start in zip(memories, ends):
        memory[:] = memoryview(rest)[start : start + memory.size]
    return _Reader(memories, things, settings).value(whole["state"])


class _Writer:
    def __init__(self, things: Mapping[int, int], parts: Mapping[int, Path]):
        self.things, self.parts = things, parts
        self.memories: list[NDArray[Any]] = []
        self.owners: dict[int, int] = {}  # number of the memory of an array, by id
        self.seen: dict[int, int] = {}  # number of a list, mapping or record that can change, by id

    def node(self, value: Any, at: Path) -> Any:
        """A value as JSON; `at` says where it is if it cannot be written."""
        kind = type(value)
        if value is None or kind in (bool, int, float, str):
            return value
        if kind is tuple:
            return ["tuple", *(self.node(one, (*at, i)) for i, one in enumerate(value))]
        if kind is np.ndarray:
            return self.array(value, at)
        if isinstance(value, np.generic) and value.dtype.str in DTYPES:
            return ["number", self.array(np.array(value), at)]
        if id(value) in self.things:
            return ["thing", self.things[id(value)]]
        if isinstance(value, BaseModel) and id(value) in self.parts:
            return ["part", *self.parts[id(value)]]
        if kind is slice:
            return ["slice", value.start, value.stop, value.step]
        if isinstance(value, type) and value in KINDS.values():
            return ["kind", value.__name__]
        if kind in RECORDS.values() and isinstance(value, tuple):
            return ["record", kind.__name__, *self.pairs(value._asdict(), at)]  # type: ignore[attr-defined]
        if id(value) in self.seen:
            return ["same", self.seen[id(value)]]
        self.seen[id(value)] = len(self.seen)
        if kind is list:
            return self.many(value, at)
        if kind is dict:
            return ["dict", *self.pairs(value, at)]
        if kind is defaultdict and value.default_factory is int:
            return ["counts", *self.pairs(value, at)]
        if kind in RECORDS.values():
            return ["changing", kind.__name__, *self.pairs(vars(value), at)]
        where = ".".join(map(str, at))
        raise StateError(
            f"{where}: a {kind.__name__} ({value!r:.80}) cannot be kept in a snapshot; keep plain values, lists, mappings and "
            "numeric arrays in a model"
        )

    def many(self, value: list[Any], at: Path) -> Any:
        """A list; long ones of numbers as an array."""
        kinds = set(map(type, value)) if len(value) > 8 else set()
        if kinds == {float} or (kinds == {int} and max(map(abs, value)) < 2**63):
            return ["numbers", self.array(np.array(value), at)]
        return ["list", *(self.node(one, (*at, i)) for i, one in enumerate(value))]

    def pairs(self, value: Mapping[Any, Any], at: Path) -> list[Any]:
        """Keys and values in turn."""
        return [part for key, one in value.items() for part in (self.node(key, at), self.node(one, (*at, str(key))))]

    def array(self, value: NDArray[Any], at: Path) -> list[Any]:
        """An array as a view of the memory that it lies in."""
        if value.dtype.str not in DTYPES:
            raise StateError(f"{'.'.join(map(str, at))}: an array of {value.dtype} cannot be kept in a snapshot")
        owner = value
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        if not (owner.flags.c_contiguous or owner.flags.f_contiguous):
            raise StateError(f"{'.'.join(map(str, at))}: an array over foreign memory cannot be kept in a snapshot")
        if id(owner) not in self.owners:
            self.owners[id(owner)] = len(self.memories)
            self.memories.append(owner)
        offset = value.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
        strides = None if value.flags.c_contiguous else value.strides
        return ["array", self.owners[id(owner)], value.dtype.str, value.shape, offset, strides]


class _Reader:
    def __init__(self, memories: list[NDArray[np.uint8]], things: Sequence[Any], settings: BaseModel):
        self.memories, self.things, self.settings = memories, things, settings
        self.seen: list[Any] = []

    def value(self, node: Any) -> Any:
        """What a JSON value stands for."""
        if not isinstance(node, list):
            if isinstance(node, dict):
                raise StateError("a mapping where none can be")
            return node
        what, *rest = node
        match what:
            case "tuple":
                return tuple([self.value(one) for one in rest])
            case "array":
                return self.array(*rest)
            case "number":
                return self.value(rest[0])[()]
            case "numbers":
                return self.remember(self.value(rest[0]).tolist())
            case "thing":
                return self.things[rest[0]]
            case "part":
                return self.part(rest)
            case "slice":
                return slice(*rest)
            case "kind":
                return KINDS[rest[0]]
            case "record":
                return RECORDS[rest[0]](**self.filled({}, rest[1:]))
            case "same":
                return self.seen[rest[0]]
            case "list":
                made = self.remember([])
                made.extend(self.value(one) for one in rest)
                return made
            case "dict":
                return self.filled(self.remember({}), rest)
            case "counts":
                return self.filled(self.remember(defaultdict(int)), rest)
            case "changing":
                kind = RECORDS[rest[0]]
                record = self.remember(object.__new__(kind))
                attributes = self.filled({}, rest[1:])
                if attributes.keys() != kind.__dataclass_fields__.keys():
                    raise StateError(f"{kind.__name__} with {', '.join(map(str, attributes))}")
                vars(record).update(attributes)
                return record
        raise StateError(f"{what!r:.80} where none can be")

    def remember(self, made: Any) -> Any:
        """Number it, as the writer did."""
        self.seen.append(made)
        return made

    def filled(self, made: Any, pairs: list[Any]) -> Any:
        """A mapping with keys and values that come in turn."""
        for key, one in zip(pairs[::2], pairs[1::2], strict=True):
            made[self.value(key)] = self.value(one)
        return made

    def array(self, memory: int, dtype: str, shape: list[int], offset: int, strides: list[int] | None) -> NDArray[Any]:
        """A view of a memory; NumPy refuses one that reaches beyond its end, but not one from before its beginning."""
        if dtype not in DTYPES or offset < 0:
            raise StateError(f"an array of {dtype!r:.80} from byte {offset!r:.80}")
        return np.ndarray(shape, dtype, self.memories[memory], offset, strides)

    def part(self, path: list[Any]) -> Any:
        """The part of the scenario at a path."""
        found: Any = self.settings
        for step in path:
            found = dict(found)[step] if isinstance(found, BaseModel) else found[step]
        return found
