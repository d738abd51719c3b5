"""A flow: one line of an appraisal, money by year, and for whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coalsim.appraisal.unit_value import UnitValue

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
SOCIETY = "society"


@dataclass(frozen=True, eq=False)
class Flow:
    """Money of a line by year, in real terms.

    Attributes
    ----------
    name : str
        What it is paid for; lines of the same name with different bodies are parts of one.
    values : (years,) or (replicates, years) float64
        GBP; several replicates carry their uncertainty into every result.
    body : str
        Who pays it or gains it.
    kind : str
        Such as "fiscal", "economic" or "social".
    prices : str
        Financial year of the prices, "" where it is not said.
    is_health : bool
        Whether it is an effect on health, discounted at 1.5%.
    rests_on : unit values that its values are proportional to
    """

    name: str
    values: ArrayLike
    body: str = SOCIETY
    kind: str = ""
    prices: str = ""
    is_health: bool = False
    rests_on: tuple[UnitValue, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse what is no row of finite numbers by year."""
        values = np.atleast_1d(np.asarray(self.values, dtype=np.float64))
        if values.ndim > 2 or values.shape[-1] == 0:
            raise ValueError(f"{self.name}: shape {values.shape} is not (years,) or (replicates, years)")
        if not np.isfinite(values).all():
            raise ValueError(f"{self.name}: every year needs a finite number of pounds; write 0 where nothing is paid")
        object.__setattr__(self, "values", values)

    @classmethod
    def of(
        cls, name: str, quantity: ArrayLike, *unit_values: UnitValue, sign: float = 1.0, prices: str = "", **more: Any
    ) -> Flow:
        """A quantity by year times unit values, which are brought to `prices`; the flow remembers what it rests on."""
        worth = tuple(one.at(prices) for one in unit_values)
        factor = sign * float(np.prod([one.value for one in worth]))
        return cls(name, factor * np.asarray(quantity, dtype=np.float64), prices=prices, rests_on=worth, **more)

    @property
    def array(self) -> Array:
        """Its values as an array (replicates, years), one row where there is no uncertainty."""
        return np.atleast_2d(np.asarray(self.values))


def as_flows(table: Any, side: str, first_year: int = 0) -> list[Flow]:
    """Flows from a table of yearly money in any of the usual forms.

    Parameters
    ----------
    table : flows; a row of numbers by year; name -> row; a data frame with a row for each year and a column for each line (or
        each body and line); or a tidy one with the columns `year` and `value`, and any of `line`, `body`, `kind`, `prices`
        with empty cells where nothing is to be said; its years count from 0, the year that values are brought back to
    side : "costs" or "benefits"
    first_year : int
        The year of the first number; a tidy table has none before it.

    Raises
    ------
    ValueError
        When it is none of these.
    """
    import pandas as pd

    if isinstance(table, Flow):
        return [table]
    if isinstance(table, pd.DataFrame):
        return _tidy(table, side, first_year) if {"year", "value"} <= set(table.columns) else _wide(table)
    if isinstance(table, Mapping):
        return [one if isinstance(one, Flow) else Flow(str(name), one) for name, one in table.items()]
    if isinstance(table, Iterable):
        listed = list(table)
        if any(isinstance(one, Flow) for one in listed):
            if not all(isinstance(one, Flow) for one in listed):
                raise ValueError(f"{side}: give flows only, or numbers by year only")
            return listed
        return [Flow(side, np.array(listed, dtype=np.float64))] if listed else []
    raise ValueError(f"{side}: {table!r} is no table; give numbers by year, name -> numbers, a data frame or flows")


def _wide(table: pd.DataFrame) -> list[Flow]:
    flows = []
    for column in table.columns:
        body, name = column if isinstance(column, tuple) and len(column) == 2 else (SOCIETY, column)
        flows.append(Flow(str(name), table[column].to_numpy(dtype=np.float64), body=str(body)))
    return flows


def _tidy(table: pd.DataFrame, side: str, first_year: int) -> list[Flow]:
    years = table["year"].to_numpy()
    if not len(years):
        raise ValueError(f"{side}: the table has no rows; write 0 where nothing is paid")
    if not np.issubdtype(years.dtype, np.integer) or years.min() < first_year:
        raise ValueError(
            f"{side}: years are whole numbers counted from {first_year}; values are brought back to year 0"
        )
    defaults = {"line": side, "body": SOCIETY, "kind": "", "prices": ""}
    labels = {name: table[name].fillna(value) if name in table else value for name, value in defaults.items()}
    flows = []
    for (line, body, kind, prices), rows in table.assign(**labels).groupby(list(defaults), sort=False):
        values = np.zeros(int(years.max()) + 1 - first_year)
        np.add.at(values, rows["year"].to_numpy() - first_year, rows["value"].to_numpy(dtype=np.float64))
        flows.append(Flow(str(line), values, body=str(body), kind=str(kind), prices=str(prices)))
    return flows
