"""The arrays of one kind in one model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coalsim.columns.agent import OCCUPANT, ColumnAgent, handle_of
from coalsim.columns.errors import RemovedAgentError
from coalsim.columns.nearest import suggest

if TYPE_CHECKING:
    from coalsim.columns.sets import ColumnSet


class Table:
    """A fixed number of rows of one kind; each row holds one agent at a time.

    `table["jobs"]` is the live array: kernels read and write it. `table["jobs"] = values` copies values in and checks
    that they fit. A row changes hands with `replace`, or by a kernel that adds 1 to `table["occupant"]`; handles and
    selections made before then know that their agent has gone.

    Ids fit a signed 64-bit integer, so that pandas and Parquet keep them as numbers: the kind in the top 5 bits,
    counted from 1 so that Mesa's own ids (1, 2, 3, ...) are far below; then the occupant in 32 bits; then the row
    in 26 bits. England's adults of working age, about 33 million, need 25.
    """

    ROW_BITS: ClassVar[int] = 26
    OCCUPANT_BITS: ClassVar[int] = 32
    MOST_KINDS: ClassVar[int] = 31

    def __init__(self, model: Any, kind: type[ColumnAgent], capacity: int, index: int = 0):
        if not 0 <= capacity <= 1 << self.ROW_BITS:
            raise ValueError(
                f"{kind.__name__}: capacity {capacity} is out of range; a table holds 0 to {1 << self.ROW_BITS:,} rows"
            )
        if not 0 <= index < self.MOST_KINDS:
            raise ValueError(f"{kind.__name__}: a model holds at most {self.MOST_KINDS} kinds of column agents")
        self.model = model
        self.kind = kind
        self.capacity = int(capacity)
        self.id_base = (index + 1) << (self.ROW_BITS + self.OCCUPANT_BITS)
        self.arrays: dict[str, NDArray[Any]] = {OCCUPANT: np.zeros(capacity, dtype=np.uint32)}
        for name, column in kind.columns.items():
            # Zeros come from the operating system untouched: no memory is used before it is written.
            array = np.zeros(capacity, dtype=column.dtype)
            if column.start:
                array.fill(column.start)
            self.arrays[name] = array

    # Columns

    def __getitem__(self, name: str) -> NDArray[Any]:
        try:
            return self.arrays[name]
        except (KeyError, TypeError):
            raise KeyError(f"{self.kind.__name__} has no column {name!r}; {suggest(str(name), self.arrays)}") from None

    def __setitem__(self, name: str, values: Any) -> None:
        array = self[name]
        if name == OCCUPANT:
            raise KeyError(f"{OCCUPANT!r} is not set but counted: use replace(rows)")
        array[...] = self.kind.columns[name].stored(self, values)

    def __contains__(self, name: object) -> bool:
        return name in self.arrays

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __repr__(self) -> str:
        return f"<Table of {self.kind.__name__}: {self.capacity:,} rows of {self.nbytes_per_row} bytes>"

    @property
    def nbytes_per_row(self) -> int:
        """Memory of one row, bytes."""
        return sum(array.itemsize for array in self.arrays.values())

    @property
    def nbytes(self) -> int:
        """Memory of all rows, bytes."""
        return sum(array.nbytes for array in self.arrays.values())

    # Rows

    @property
    def alive(self) -> NDArray[np.bool_] | None:
        """The column that says which rows are in use; None where all are."""
        name = self.kind.alive_column
        return None if name is None else self.arrays[name]

    @property
    def is_full(self) -> bool:
        """Whether every row is in use."""
        alive = self.alive
        return alive is None or bool(alive.all())

    def rows(self) -> NDArray[np.intp]:
        """The rows in use, in order."""
        alive = self.alive
        return np.arange(self.capacity) if alive is None else np.flatnonzero(alive)

    def count(self) -> int:
        """How many rows are in use."""
        alive = self.alive
        return self.capacity if alive is None else int(np.count_nonzero(alive))

    def holds(self, row: int, occupant: int) -> bool:
        """Whether that occupant is still in that row."""
        alive = self.alive
        return bool(self.arrays[OCCUPANT][row] == occupant and (alive is None or alive[row]))

    def replace(self, rows: ArrayLike) -> None:
        """Give rows (numbers or a mask) to new occupants; their columns are the caller's to fill."""
        where = self._checked(rows)
        self.arrays[OCCUPANT][where] += np.uint32(1)

    def remove(self, rows: ArrayLike) -> None:
        """Leave rows (numbers or a mask) empty.

        Raises
        ------
        TypeError
            When the kind has no rows that may stand empty.
        """
        alive = self.alive
        if alive is None:
            name = self.kind.__name__
            raise TypeError(
                f"{name} agents cannot be removed: {name} declares no alive_column, so no row may stand empty; "
                "replace(rows) lets a newcomer take the row"
            )
        alive[self._checked(rows)] = False

    def ids(self, rows: ArrayLike | None = None) -> NDArray[np.int64]:
        """unique_id of the present occupant of each row; of the rows in use if none are given."""
        where = self.rows() if rows is None else np.asarray(rows)
        occupants = self.arrays[OCCUPANT][where].astype(np.int64)
        return np.asarray(self.id_base + (occupants << self.ROW_BITS) + where, dtype=np.int64)

    def _checked(self, rows: ArrayLike) -> NDArray[Any]:
        where = np.asarray(rows)
        if where.dtype.kind == "b":
            if where.shape != (self.capacity,):
                raise ValueError(f"{self.kind.__name__}: a mask has {self.capacity} entries, not {where.shape}")
            return where
        if where.size == 0:
            return where.astype(np.intp)
        if where.dtype.kind not in "iu" or where.min() < 0 or where.max() >= self.capacity:
            raise IndexError(f"{self.kind.__name__}: rows run from 0 to {self.capacity - 1}; found {rows!r:.80}")
        return where

    # Agents

    def agent(self, row: int) -> Any:
        """The agent in a row.

        Raises
        ------
        IndexError
            When there is no such row.
        RemovedAgentError
            When the row stands empty.
        """
        self._checked(row)
        found = self.handle(row)
        if not found.is_current:
            raise RemovedAgentError(f"{self.kind.__name__} row {row} stands empty: {self.kind.alive_column} is False")
        return found

    def handle(self, row: int) -> Any:
        """A handle of a row's present occupant, unchecked; for an empty row, one that says so when read."""
        return handle_of(self, int(row), int(self.arrays[OCCUPANT][row]))

    @property
    def agents(self) -> ColumnSet:
        """All agents of the kind, live."""
        from coalsim.columns.sets import ColumnSet

        return ColumnSet(self)
