"""The data dictionary of a kind, read from its declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coalsim.columns.column import Reference

if TYPE_CHECKING:
    import pandas as pd

    from coalsim.columns.agent import ColumnAgent


def columns_of(kind: type[ColumnAgent]) -> pd.DataFrame:
    """A row a column of `kind`: name, dtype, unit, doc, and what its codes stand for."""
    import pandas as pd

    records = []
    for name, column in kind.columns.items():
        if isinstance(column, Reference):
            codes = {-1: "none", **column.codes}
            values = f"row of {column.target_name}; " + ", ".join(f"{code} {word}" for code, word in codes.items())
        elif column.labels is not None:
            values = ", ".join(f"{code} {label}" for code, label in enumerate(column.labels))
        else:
            values = ""
        records.append((name, str(column.dtype), column.unit, column.doc, values))
    return pd.DataFrame.from_records(records, columns=["name", "dtype", "unit", "doc", "values"])
