"""Lazy sets of agents of one kind."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Iterator
from itertools import compress
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from mesa.agentset import AbstractAgentSet
from numpy.typing import ArrayLike, NDArray

from coalsim.columns.agent import OCCUPANT, ColumnAgent, handle_of
from coalsim.columns.column import Reference
from coalsim.columns.groups import ColumnGroups
from coalsim.columns.nearest import suggest

if TYPE_CHECKING:
    import pandas as pd

    from coalsim.columns.table import Table

Filter = Callable[[Any], bool] | ArrayLike

# Python's own are applied to Python scalars: sum() over a NumPy array adds one at a time and may overflow.
BUILTINS = (sum, min, max)


class ColumnSet(AbstractAgentSet):
    """Agents of one kind in an order, held as row numbers.

    `table.agents` is live: it holds whoever is in the table when asked. A selection (`select`, `sort`, `shuffle`, a
    slice, a group, a copy) remembers rows and occupants, and drops those who have left, as Mesa's sets do.

    `residents["skill"]` is the column as an array in the order of the set and never writable: of a live set without
    empty rows a view that follows the model, else a copy. Write with `set`, or in kernels through the table.

    Methods follow Mesa's `AgentSet`; those given the name of a column work on arrays, those given a function call it
    with one handle after the other, slower than Mesa: for a few thousand agents, not for a million.
    """

    def __init__(self, table: Table, rows: NDArray[Any] | None = None):
        self.table = table
        self._rows: NDArray[np.intp] | None = None
        self._occupants: NDArray[np.uint32] | None = None
        if rows is not None:
            self._choose(rows)

    def _choose(self, rows: NDArray[Any]) -> ColumnSet:
        self._rows = np.array(rows, dtype=np.intp)
        self._occupants = self.table.arrays[OCCUPANT][self._rows]
        return self

    def _chosen(self, rows: NDArray[Any], inplace: bool = False) -> ColumnSet:
        return self._choose(rows) if inplace else ColumnSet(self.table, rows)

    @property
    def kind(self) -> type[ColumnAgent]:
        """The kind of the agents."""
        return self.table.kind

    @property
    def model(self) -> Any:
        """The model of the agents."""
        return self.table.model

    @property
    def random(self) -> Any:
        """The model's generator that `shuffle` draws from."""
        return self.table.model.random

    @property
    def rows(self) -> NDArray[np.intp]:
        """Row numbers of the agents present, in the order of the set."""
        if self._rows is None:
            return self.table.rows()
        present = self.table.arrays[OCCUPANT][self._rows] == self._occupants
        if self.table.alive is not None:
            present &= self.table.alive[self._rows]
        return self._rows.copy() if present.all() else self._rows[present]

    # The set

    def __len__(self) -> int:
        return self.table.count() if self._rows is None else len(self.rows)

    def __iter__(self) -> Iterator[Any]:
        rows = self.rows
        table, occupants = self.table, self.table.arrays[OCCUPANT][rows]
        for row, occupant in zip(rows.tolist(), occupants.tolist()):
            # Whoever leaves while others act is passed over, and a newcomer in the same row is not met.
            if table.holds(row, occupant):
                yield handle_of(table, row, occupant)

    def __contains__(self, agent: object) -> bool:
        if not isinstance(agent, ColumnAgent) or agent.table is not self.table or not agent.is_current:
            return False
        return self._rows is None or bool((self.rows == agent.row).any())

    def __getitem__(self, item: int | slice | str) -> Any:
        if isinstance(item, str):
            return self._array(item)
        if isinstance(item, slice):
            return self._chosen(self.rows[item])
        if isinstance(item, (int, np.integer)) and not isinstance(item, bool):
            return self.table.handle(self.rows[item])
        raise TypeError(f"{self!r}[{item!r:.80}]: give a column's name, a position or a slice; filter with select()")

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ColumnSet):
            return self.table is other.table and np.array_equal(np.sort(self.rows), np.sort(other.rows))
        return bool(super().__eq__(other))

    __hash__ = None  # type: ignore[assignment]

    def __and__(self, other: Any) -> Any:
        if isinstance(other, ColumnSet) and other.table is self.table:
            return self.select(np.isin(self.rows, other.rows))
        return super().__and__(other)

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, ColumnSet) and other.table is self.table:
            return self.select(~np.isin(self.rows, other.rows))
        return super().__sub__(other)

    def __or__(self, other: Any) -> Any:
        if isinstance(other, ColumnSet) and other.table is self.table:
            return self._chosen(np.concatenate([self.rows, (other - self).rows]))
        return super().__or__(other)

    def _from_iterable(self, agents: Iterable[Any]) -> Any:
        """What the set operators of Python return: a column set where all agents are of this table."""
        from coalsim.columns.union import ListedSet

        listed = list(agents)
        if all(isinstance(agent, ColumnAgent) and agent.table is self.table for agent in listed):
            return self._chosen(np.array([agent.row for agent in listed], dtype=np.intp))
        return ListedSet(listed, self.random)

    def _update(self, agents: Iterable[Any]) -> ColumnSet:
        return self._choose(np.array([agent.located()[1] for agent in agents], dtype=np.intp))

    def copy(self) -> ColumnSet:
        """A selection of everybody present: newcomers do not enter it."""
        return self._chosen(self.rows)

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> ColumnSet:
        # As for handles: a set follows a copy of its model, and alone stays in its own.
        if id(self.table) not in memo and id(self.table.model) not in memo:
            return self.copy()
        twin = ColumnSet(copy.deepcopy(self.table, memo))
        twin._rows = copy.deepcopy(self._rows, memo)
        twin._occupants = copy.deepcopy(self._occupants, memo)
        return twin

    def add(self, agent: Any) -> NoReturn:
        """Refused: who is in the set follows from the table."""
        self._refuse("add")

    def discard(self, agent: Any) -> NoReturn:
        """Refused: who is in the set follows from the table."""
        self._refuse("discard")

    def remove(self, agent: Any) -> NoReturn:
        """Refused: who is in the set follows from the table."""
        self._refuse("remove")

    def _refuse(self, method: str) -> NoReturn:
        raise TypeError(
            f"{self!r}.{method}(): a column set is not changed agent by agent; select() some, or change the rows of "
            "the model with table.replace(rows) and table.remove(rows)"
        )

    # Columns

    def _array(self, name: str) -> NDArray[Any]:
        if name == "unique_id":
            values: NDArray[Any] = self.table.ids(self.rows)
        elif self._rows is None and self.table.is_full:
            values = self.table[name].view()
        else:
            values = self.table[name][self.rows]
        values.flags.writeable = False
        return values

    def _is_array(self, name: str) -> bool:
        return name in self.table or name == "unique_id"

    def _list(self, name: str) -> list[Any]:
        """What `getattr` would give for each agent."""
        if not self._is_array(name):
            return [getattr(agent, name) for agent in self]
        cells: list[Any] = self._array(name).tolist()
        column = self.kind.columns.get(name)
        return [column.read(self.table, cell) for cell in cells] if isinstance(column, Reference) else cells

    def _check_name(self, name: str) -> None:
        if not (self._is_array(name) or hasattr(self.kind, name)):
            raise AttributeError(f"{self.kind.__name__} has no {name!r}; {suggest(name, self.kind.columns)}")

    def get(self, attr_names: Any, handle_missing: str = "error", default_value: Any = None) -> list[Any]:
        """Values of an attribute for each agent, or a list of them for each agent when several names are given.

        Python scalars and handles, as Mesa gives; `residents["skill"]` is the same as an array.
        """
        if handle_missing not in ("error", "default"):
            raise ValueError(f"Unknown handle_missing option: {handle_missing}, should be one of 'error' or 'default'")
        names = [attr_names] if isinstance(attr_names, str) else list(attr_names)
        found = []
        for name in names:
            if handle_missing == "default" and not (self._is_array(name) or hasattr(self.kind, name)):
                found.append([default_value] * len(self))
            else:
                self._check_name(name)
                found.append(self._list(name))
        if isinstance(attr_names, str):
            return found[0]
        return [list(values) for values in zip(*found)] if names else [[] for _ in range(len(self))]

    def set(self, attr_name: str, value: Any) -> ColumnSet:
        """Give every agent a value, or each its own when `value` has one for each in the order of the set."""
        column = self.kind.columns.get(attr_name)
        if column is None:
            self._check_name(attr_name)
            for agent in self:
                setattr(agent, attr_name, value)
            return self
        rows = self.rows
        values = column.stored(self.table, value)
        if values.shape not in ((), rows.shape):
            raise ValueError(f"{self!r}.set({attr_name!r}, ...): give one value or {len(rows)}, not {values.shape}")
        self.table.arrays[attr_name][rows] = values
        return self

    def agg(self, attribute: str, func: Callable[[Any], Any] | Iterable[Callable[[Any], Any]]) -> Any:
        """A function, or each of several, of an attribute's values.

        Functions get the column as an array, small integers widened to 64 bits and floats to double so that no sum
        overflows; `sum`, `min` and `max` get Python scalars. References are row numbers.
        """
        functions = [func] if callable(func) else list(func)
        if self._is_array(attribute):
            values: Any = _wide(self._array(attribute))
            listed = values.tolist() if any(f in BUILTINS for f in functions) else []
        else:
            self._check_name(attribute)
            values = listed = self._list(attribute)
        results = [f(listed if f in BUILTINS else values) for f in functions]
        return results[0] if callable(func) else results

    def count(self, filter_func: Filter | None = None) -> int:
        """How many agents, or how many of them pass a filter."""
        return len(self) if filter_func is None else len(self.select(filter_func))

    # Selections

    def select(
        self,
        filter_func: Filter | None = None,
        at_most: float = math.inf,
        inplace: bool = False,
        agent_type: type[Any] | None = None,
    ) -> ColumnSet:
        """The agents that pass a filter: a boolean array in the order of the set, or a function of a handle.

        Parameters
        ----------
        filter_func : (len(self),) bool or function of an agent, optional
        at_most : int or float
            The first so many; a float of at most 1.0 is a share of this set, rounded down.
        inplace : bool
            Narrow this set instead of making another.
        agent_type : type, optional
            Everybody if the kind is of that type, else nobody.
        """
        rows = self.rows
        if isinstance(at_most, float) and at_most <= 1.0:
            at_most = int(len(rows) * at_most)
        most = len(rows) if at_most == math.inf else max(0, math.ceil(at_most))
        if agent_type is not None and not issubclass(self.kind, agent_type):
            rows = rows[:0]
        elif callable(filter_func):
            kept: list[int] = []
            for agent in self:
                if len(kept) >= most:
                    break
                if filter_func(agent):
                    kept.append(agent.row)
            rows = np.array(kept, dtype=np.intp)
        elif filter_func is not None:
            rows = rows[as_mask(filter_func, len(rows))]
        return self._chosen(rows[:most], inplace)

    def groupby(self, by: Callable[[Any], Any] | str, result_type: str = "agentset") -> ColumnGroups:
        """Groups by a column, an attribute or a function of a handle, in the order in which values first appear."""
        rows = self.rows
        keys: list[Any]
        if isinstance(by, str) and self._is_array(by):
            values, first, group = np.unique(self._array(by), return_index=True, return_inverse=True)
            column = self.kind.columns.get(by)
            keys = [cell if column is None else column.read(self.table, cell) for cell in values.tolist()]
            order = np.argsort(first).tolist()
            members = np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group, minlength=len(keys))))
            groups = {keys[i]: self._chosen(rows[members[i]]) for i in order}
        else:
            if isinstance(by, str):
                self._check_name(by)
            listed: dict[Any, list[int]] = {}
            for agent in self:
                listed.setdefault(getattr(agent, by) if isinstance(by, str) else by(agent), []).append(agent.row)
            groups = {value: self._chosen(np.array(chosen)) for value, chosen in listed.items()}
        if result_type == "list":
            return ColumnGroups({value: list(group) for value, group in groups.items()})
        return ColumnGroups(groups)

    def sort(self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False) -> ColumnSet:
        """In the order of a column, an attribute or a function of a handle; descending unless told, stable."""
        rows = self.rows
        if isinstance(key, str) and self._is_array(key):
            values = self._array(key)
            if ascending:
                order = np.argsort(values, kind="stable")
            else:
                order = len(values) - 1 - np.argsort(values[::-1], kind="stable")[::-1]
            return self._chosen(rows[order], inplace)
        if isinstance(key, str):
            self._check_name(key)
        wanted = self._list(key) if isinstance(key, str) else [key(agent) for agent in self]
        places = sorted(range(len(wanted)), key=wanted.__getitem__, reverse=not ascending)
        return self._chosen(rows[np.array(places, dtype=np.intp)], inplace)

    def shuffle(self, inplace: bool = False) -> ColumnSet:
        """In random order, by the same draws as Mesa's `AgentSet` of the same size."""
        rows = self.rows.tolist()
        self.random.shuffle(rows)
        return self._chosen(np.array(rows, dtype=np.intp), inplace)

    # Agents one by one

    def to_list(self) -> list[Any]:
        """A handle for each agent."""
        return list(self)

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> ColumnSet:
        """Call a method, or a function of a handle, for each in turn; those who leave meanwhile are passed over."""
        self.map(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> ColumnSet:
        """`do` in random order; the order of this set stays."""
        self.shuffle().do(method, *args, **kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """What a method, or a function of a handle, returns for each agent."""
        if isinstance(method, str):
            return [getattr(agent, method)(*args, **kwargs) for agent in self]
        return [method(agent, *args, **kwargs) for agent in self]

    # For people

    def to_frame(self, names: Iterable[str] | None = None) -> pd.DataFrame:
        """A data frame, a row an agent, indexed by unique_id; categories as codes and references as row numbers."""
        import pandas as pd

        wanted = list(self.kind.columns) if names is None else list(names)
        return pd.DataFrame(
            {name: np.array(self._array(name)) for name in wanted},
            index=pd.Index(self._array("unique_id"), name="unique_id"),
        )

    def __repr__(self) -> str:
        return f"<ColumnSet of {len(self):,} {self.kind.__name__}>"

    def _repr_html_(self, shown: int = 10) -> str:
        frame = self[:shown].to_frame()
        for name, column in self.kind.columns.items():
            frame[name] = [column.shown(cell) for cell in frame[name].tolist()]
        frame.columns = [f"{name} [{column.unit}]" for name, column in self.kind.columns.items()]
        n = len(self)
        more = f", the first {shown} shown" if n > shown else ""
        return f"<p>{n:,} {self.kind.__name__}{more}</p>{frame.to_html()}"


def as_mask(values: Any, n: int) -> NDArray[np.bool_]:
    """A filter given as an array, checked: n true or false values."""
    mask = np.asarray(values)
    if mask.dtype.kind != "b" or mask.shape != (n,):
        raise ValueError(
            f"select(): give a function of an agent or {n} boolean values in the order of the set; "
            f"found {mask.dtype} of shape {mask.shape}"
        )
    return mask


def split_mask(values: Any, lengths: list[int]) -> Iterator[list[bool]]:
    """A filter for several sets in a row, cut into one for each."""
    mask = as_mask(values, sum(lengths)).tolist()
    start = 0
    for length in lengths:
        yield mask[start : start + length]
        start += length


def only(agents: Iterable[Any], mask: list[bool]) -> list[Any]:
    """The agents where the mask is true."""
    return list(compress(agents, mask))


def _wide(values: NDArray[Any]) -> NDArray[Any]:
    wide = {"i": np.int64, "u": np.uint64 if values.dtype.itemsize == 8 else np.int64, "f": np.float64}
    return values.astype(wide.get(values.dtype.kind, values.dtype), copy=False)
