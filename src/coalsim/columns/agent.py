"""Agents on demand: real Mesa agents that are only a table, a row and an occupant."""

from __future__ import annotations

import copy
import html
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mesa import Agent

from coalsim.columns.column import Column
from coalsim.columns.errors import RemovedAgentError
from coalsim.columns.nearest import suggest

if TYPE_CHECKING:
    import pandas as pd

    from coalsim.columns.table import Table

OCCUPANT = "occupant"
"""Name of the column that every table has: how many occupants a row had before the present one."""


class ColumnAgent(Agent):
    """An agent whose attributes are cells of columns.

    Declare a kind with `Column` and `Reference`; make its rows with `ColumnModel.add_table`; meet its agents as
    handles through the model's sets. A handle is made when somebody asks for it, compares and hashes as the agent
    (table, row, occupant), not as the object, and raises `RemovedAgentError` once the agent has gone.

    `alive_column` names the boolean column that says whether a row is in use; None means that every row always is.
    """

    __slots__ = ("_occupant", "_row", "_table")

    _table: Table
    _row: int
    _occupant: int

    alive_column: ClassVar[str | None] = None
    columns: ClassVar[Mapping[str, Column]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Column)}
        for name in own:
            if name == OCCUPANT or hasattr(ColumnAgent, name):
                raise TypeError(f"{cls.__name__}.{name}: every agent already has {name!r}; name the column otherwise")
        cls.columns = {**cls.columns, **own}
        if cls.alive_column is not None:
            alive = cls.columns.get(cls.alive_column)
            if alive is None or alive.dtype.kind != "b":
                raise TypeError(
                    f"{cls.__name__}.alive_column: {cls.alive_column!r} is not a boolean column; "
                    + suggest(cls.alive_column, cls.columns)
                )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kind = type(self).__name__
        raise TypeError(
            f"{kind} agents live in the rows of a table and are not made one by one; "
            f"model.add_table({kind}, capacity) makes the rows, model.agents_by_type[{kind}] holds the agents"
        )

    @classmethod
    def describe(cls) -> pd.DataFrame:
        """The data dictionary of this kind: a row a column."""
        from coalsim.columns.dictionary import columns_of

        return columns_of(cls)

    @classmethod
    def nbytes_per_row(cls) -> int:
        """Memory one agent takes, bytes; known before anything is allocated."""
        return 4 + sum(column.dtype.itemsize for column in cls.columns.values())

    # Where the agent is

    def located(self) -> tuple[Table, int]:
        """Table and row of the agent.

        Raises
        ------
        RemovedAgentError
            When the agent has gone.
        """
        table, row = self._table, self._row
        if not table.holds(row, self._occupant):
            raise RemovedAgentError(self._what_happened())
        return table, row

    def _what_happened(self) -> str:
        table, row, kind = self._table, self._row, type(self).__name__
        now = int(table.arrays[OCCUPANT][row])
        if now != self._occupant:
            fate = f"row {row} has since been given to occupant {now}; this handle was for occupant {self._occupant}"
        else:
            fate = f"{kind}.{self.alive_column} of row {row} is False"
        return f"{kind} {self.unique_id} has left the model: {fate}. Ask model.agents_by_type[{kind}] for those present"

    @property
    def is_current(self) -> bool:
        """Whether the agent is still in the model; never raises."""
        return self._table.holds(self._row, self._occupant)

    @property
    def table(self) -> Table:
        """The table of the agent's kind."""
        return self._table

    @property
    def row(self) -> int:
        """The agent's row: where kernels find it in every column."""
        return self._row

    @property
    def occupant(self) -> int:
        """How many agents had this row before."""
        return self._occupant

    @property
    def model(self) -> Any:
        """The model the agent lives in."""
        return self._table.model

    @property
    def unique_id(self) -> int:
        """A number no other agent of the model has, had or will have."""
        return self._table.id_base + (self._occupant << self._table.ROW_BITS) + self._row

    @property
    def pos(self) -> Any:
        """Where the agent is drawn; None unless the kind defines `pos` from its columns."""
        return None

    @pos.setter
    def pos(self, value: Any) -> None:
        if value is not None:
            kind = type(self).__name__
            raise AttributeError(
                f"{kind}.pos = {value!r:.80} would be forgotten: handles store nothing; "
                "declare columns for the place and a property `pos` that reads them"
            )

    def remove(self) -> None:
        """Take the agent out of the model, where its kind has rows that may stand empty; twice does nothing."""
        if self.is_current:
            self._table.remove(self._row)

    # Identity is the agent's, not the object's

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ColumnAgent):
            return NotImplemented
        return self._table is other._table and self._row == other._row and self._occupant == other._occupant

    def __hash__(self) -> int:
        # Integers only: a hash that used addresses would order sets of handles differently from run to run.
        return hash((self._row, self._occupant))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        table = self._table
        # Within a copy of the model a handle follows the copy; alone it is only a name for an agent.
        if id(table) in memo or id(table.model) in memo:
            return handle_of(copy.deepcopy(table, memo), self._row, self._occupant)
        return self

    def __reduce__(self) -> Any:
        # Row and occupant first, the table as state: a set of handles inside the model needs the hash before
        # the table, which holds the model, is whole.
        return _unplaced, (type(self), self._row, self._occupant), self._table

    def __setstate__(self, table: Table) -> None:
        object.__setattr__(self, "_table", table)

    # Only columns can be read and written

    def __getattr__(self, name: str) -> Any:
        kind = type(self)
        raise AttributeError(f"{kind.__name__} has no {name!r}; {suggest(name, kind.columns)}", name=name, obj=self)

    def __setattr__(self, name: str, value: Any) -> None:
        kind = type(self)
        declared = getattr(kind, name, None)
        if isinstance(declared, Column) or hasattr(declared, "__set__"):
            object.__setattr__(self, name, value)
            return
        raise AttributeError(
            f"{kind.__name__} has no column {name!r}, so the value would be forgotten; {suggest(name, kind.columns)}",
            name=name,
            obj=self,
        )

    def __repr__(self) -> str:
        left = "" if self.is_current else ", has left"
        return f"<{type(self).__name__} {self.unique_id}, row {self._row}{left}>"

    def _repr_html_(self) -> str:
        if not self.is_current:
            return f"<p>{html.escape(self._what_happened())}</p>"
        lines = []
        for name, column in type(self).columns.items():
            cell = column.shown(self._table.arrays[name][self._row].item())
            fields = (name, cell, column.unit, column.doc)
            lines.append("<tr>" + "".join(f"<td>{html.escape(str(field))}</td>" for field in fields) + "</tr>")
        return (
            f"<table><caption>{html.escape(repr(self))}</caption>"
            "<thead><tr><th>column</th><th>value</th><th>unit</th><th>meaning</th></tr></thead>"
            f"<tbody>{''.join(lines)}</tbody></table>"
        )


def handle_of(table: Table, row: int, occupant: int) -> Any:
    """The handle of one occupant of one row, present or not."""
    agent = _unplaced(table.kind, row, occupant)
    object.__setattr__(agent, "_table", table)
    return agent


def _unplaced(kind: type[Any], row: int, occupant: int) -> Any:
    agent = object.__new__(kind)
    object.__setattr__(agent, "_row", row)
    object.__setattr__(agent, "_occupant", occupant)
    return agent
