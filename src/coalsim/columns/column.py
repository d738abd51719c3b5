"""Columns declared once, with dtype, unit and meaning; everything else reads the declaration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from coalsim.columns.missing import NONE

if TYPE_CHECKING:
    from coalsim.columns.agent import ColumnAgent
    from coalsim.columns.table import Table


class Column:
    """A quantity that every agent of a kind has, stored as one array.

    On the class it is the declaration (`Business.jobs.unit`); on a handle it reads and writes one cell as a
    Python scalar (`business.jobs`).

    Parameters
    ----------
    dtype : bool, integer or float dtype
    unit : str
        "1" for shares, flags and pure numbers.
    doc : str
        What the number means, for a reader who knows the field.
    labels : sequence of str, optional
        Names of the codes 0, 1, 2, ... of a category. For tables and the data dictionary only: arrays and handles
        keep the integer.
    """

    def __init__(self, dtype: DTypeLike, *, unit: str = "1", doc: str = "", labels: Sequence[str] | None = None):
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        if self.dtype.kind not in "biuf":
            raise TypeError(f"a column of {self.dtype} cannot be stored; give a bool, integer or float dtype")
        self.unit = unit
        self.doc = doc
        self.labels = None if labels is None else tuple(labels)
        self.name = ""
        self.kind_name = ""
        self.__doc__ = doc

    def __set_name__(self, kind: type, name: str) -> None:
        self.name = name
        self.kind_name = kind.__name__

    @overload
    def __get__(self, agent: None, kind: type) -> Self: ...
    @overload
    def __get__(self, agent: ColumnAgent, kind: type) -> Any: ...
    def __get__(self, agent: ColumnAgent | None, kind: type) -> Any:
        if agent is None:
            return self
        table, row = agent.located()
        return self.read(table, table.arrays[self.name][row].item())

    def __set__(self, agent: ColumnAgent, value: Any) -> None:
        table, row = agent.located()
        table.arrays[self.name][row] = self.stored(table, value)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.kind_name}.{self.name}: {self.dtype}, {self.unit}. {self.doc}>"

    @property
    def start(self) -> Any:
        """What a new table holds in every row."""
        return 0

    def read(self, table: Table, cell: Any) -> Any:
        """The value a person sees for a stored Python scalar."""
        return cell

    def shown(self, cell: Any) -> Any:
        """The value printed in a table: the label of a category, else the stored scalar."""
        if self.labels is not None and 0 <= cell < len(self.labels):
            return self.labels[cell]
        return cell

    def stored(self, table: Table, values: Any) -> NDArray[Any]:
        """`values` as an array of this column's dtype.

        Raises
        ------
        TypeError
            When a value is not a number.
        ValueError
            When a value would be cut, wrapped or rounded to a whole number.
        """
        array = np.asarray(values)
        if array.dtype == self.dtype:
            return array
        if array.dtype.kind not in "biuf":
            if isinstance(values, int):
                raise ValueError(self._complaint(values))
            raise TypeError(self._complaint(values))
        fits = self._fits(array)
        if not fits.all():
            raise ValueError(self._complaint(array[~fits].flat[0].item()))
        return array.astype(self.dtype)

    def _fits(self, array: NDArray[Any]) -> NDArray[np.bool_]:
        if self.dtype.kind == "b":
            return np.asarray((array == 0) | (array == 1))
        if self.dtype.kind == "f":
            with np.errstate(over="ignore"):
                return np.asarray(np.isfinite(array.astype(self.dtype)) | ~np.isfinite(array))
        bounds = np.iinfo(self.dtype)
        if array.dtype.kind == "f":
            # The upper bound of a 64-bit integer is no float; the number after it is.
            return np.asarray((array >= bounds.min) & (array < int(bounds.max) + 1) & (array == np.floor(array)))
        return np.asarray((array >= bounds.min) & (array <= bounds.max))

    def _complaint(self, value: Any) -> str:
        if self.dtype.kind == "b":
            wanted = "give True or False"
        elif self.dtype.kind == "f":
            wanted = f"give a number of at most {np.finfo(self.dtype).max:.3g} in size"
        else:
            bounds = np.iinfo(self.dtype)
            wanted = f"give a whole number from {bounds.min} to {bounds.max}"
        return f"{self.kind_name}.{self.name} ({self.dtype}, {self.unit}): {value!r:.80} does not fit; {wanted}"


class Reference(Column):
    """A foreign key: stored as an int32 row number of another kind's table, read as a handle.

    NONE (-1) reads as None. Other negative codes are declared with the word that stands for them,
    `Reference(Business, codes={-2: "outside"})`, and read as that word.

    Parameters
    ----------
    target : ColumnAgent subclass or its name
        The kind referred to; a name where the class does not exist yet.
    codes : mapping of int to str
        Further negative codes, -2 and below.
    doc : str
    """

    def __init__(self, target: type[Any] | str, *, codes: Mapping[int, str] | None = None, doc: str = ""):
        super().__init__(np.int32, unit="row", doc=doc)
        if not isinstance(target, str) and not hasattr(target, "columns"):
            raise TypeError(f"Reference({target!r}): only a ColumnAgent kind has row numbers to refer to")
        self.target = target
        self.codes = dict(codes or {})
        for code, word in self.codes.items():
            if code >= NONE:
                raise ValueError(f"Reference code {code} ({word!r}): codes start at -2; -1 is none and 0 is a row")

    @property
    def target_name(self) -> str:
        """Name of the kind referred to."""
        return self.target if isinstance(self.target, str) else self.target.__name__

    @property
    def start(self) -> Any:
        return NONE

    def target_table(self, table: Table) -> Table:
        """The table that the row numbers count in, in the model of `table`."""
        if self.target_name == table.kind.__name__:
            return table
        found: Table = table.model.table_of(self.target)
        return found

    def read(self, table: Table, cell: Any) -> Any:
        if cell >= 0:
            return self.target_table(table).handle(cell)
        if cell == NONE:
            return None
        if cell in self.codes:
            return self.codes[cell]
        raise ValueError(f"{self.kind_name}.{self.name} holds {cell}, which is no row and no declared code")

    def shown(self, cell: Any) -> Any:
        return "" if cell == NONE else self.codes.get(cell, cell)

    def stored(self, table: Table, values: Any) -> NDArray[Any]:
        """Row numbers for handles, None, declared words or row numbers, one or many."""
        if isinstance(values, (list, tuple)):
            values = np.array([self._row(table, value) for value in values], dtype=np.int64)
        elif not isinstance(values, np.ndarray):
            values = np.asarray(self._row(table, values))
        rows = super().stored(table, values)
        capacity = self.target_table(table).capacity
        known = (rows >= NONE) & (rows < capacity)
        for code in self.codes:
            known |= rows == code
        if not np.all(known):
            raise ValueError(
                f"{self.kind_name}.{self.name}: {rows[~known].flat[0]} is no row of {self.target_name}; "
                f"give a row from 0 to {capacity - 1}, None" + "".join(f", {word!r}" for word in self.codes.values())
            )
        return rows

    def _row(self, table: Table, value: Any) -> Any:
        if value is None:
            return NONE
        if isinstance(value, str):
            for code, word in self.codes.items():
                if word == value:
                    return code
            words = ", ".join(map(repr, self.codes.values())) or "none"
            raise ValueError(
                f"{self.kind_name}.{self.name}: {value!r:.80} is not a declared code; declared are {words}"
            )
        if hasattr(value, "located"):
            owner, row = value.located()
            if owner is not self.target_table(table):
                raise ValueError(
                    f"{self.kind_name}.{self.name}: {value!r} is not a {self.target_name} of this model; "
                    "agents refer only to agents of their own model"
                )
            return row
        return value
