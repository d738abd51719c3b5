"""Parts of the results: immutable parquet files, written whole under a temporary name, flushed and renamed."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from coalsim.atomic import atomic
from coalsim.indicators import accounts
from coalsim.indicators.accounts import Accounts
from coalsim.indicators.distribution import COLUMNS, KEYS, Distribution

if TYPE_CHECKING:
    import pandas as pd

    from coalsim.figures import Picture

FAMILIES = ("indicators", "distribution", "accounts")  # folders of parts, one file of the same name in each
PART = re.compile(r"part-\d{7,}-\d{7,}-\d+\.parquet")  # names that `part_name` gives


class DamagedError(ValueError):
    """Results that are not what was written: nothing is read from them as if they were."""

    exit_code = 1


def part_name(run_ids: Sequence[int]) -> str:
    """The file name of a part that holds these runs; the same runs always have the same."""
    return f"part-{run_ids[0]:07d}-{run_ids[-1]:07d}-{len(run_ids)}.parquet"


def indicator_table(
    run_ids: Sequence[int],
    values: Sequence[NDArray[np.float64]],
    localities: Sequence[str],
    names: Sequence[str],
    first_month: int = 0,
) -> pa.Table:
    """A row for each run, locality and month, a column for each indicator.

    Parameters
    ----------
    values : one array a run, (months + 1, localities, indicators), from `first_month` on
    """
    months, places = values[0].shape[0], len(localities)
    by_place = np.concatenate([np.swapaxes(one, 0, 1).reshape(months * places, -1) for one in values])
    place = np.tile(np.repeat(np.arange(places, dtype=np.int32), months), len(run_ids))
    columns: dict[str, Any] = {
        "run_id": pa.array(np.repeat(np.asarray(run_ids, dtype=np.int64), months * places)),
        "locality": pa.DictionaryArray.from_arrays(pa.array(place), pa.array(list(localities), pa.string())),
        "month": pa.array(np.tile(np.arange(first_month, first_month + months, dtype=np.int32), places * len(run_ids))),
        **{name: pa.array(np.ascontiguousarray(by_place[:, k])) for k, name in enumerate(names)},
    }
    return pa.table(columns)


def distribution_table(run_ids: Sequence[int], found: Sequence[Distribution]) -> pa.Table:
    """A row for each run, locality and group, a column for each outcome; see `Distribution.table`."""
    groups, values = found[0].groups(), np.concatenate([one.values() for one in found])
    columns: dict[str, Any] = {"run_id": pa.array(np.repeat(np.asarray(run_ids, dtype=np.int64), len(groups)))}
    for k, name in enumerate(COLUMNS[:KEYS]):
        words = list(dict.fromkeys(group[k] for group in groups))
        codes = np.array([words.index(group[k]) for group in groups], dtype=np.int32)
        columns[name] = pa.DictionaryArray.from_arrays(
            pa.array(np.tile(codes, len(run_ids))), pa.array(words, pa.string())
        )
    for k, name in enumerate(COLUMNS[KEYS:]):
        columns[name] = pa.array(np.ascontiguousarray(values[:, k]))
    return pa.table(columns)


def accounts_table(run_ids: Sequence[int], found: Sequence[Accounts]) -> pa.Table:
    """A row for each run, locality, year, body and kind; see `Accounts.table`."""
    rows = [one.rows() for one in found]
    columns = dict(zip(accounts.COLUMNS, zip(*(row for one in rows for row in one))))
    words = {
        name: pa.array(columns[name], pa.string()).dictionary_encode() for name in ("locality", "body", "kind", "unit")
    }
    return pa.table(
        {
            "run_id": pa.array(np.repeat(np.asarray(run_ids, dtype=np.int64), [len(one) for one in rows])),
            "locality": words["locality"],
            "year": pa.array(columns["year"], pa.int32()),
            **{name: words[name] for name in ("body", "kind", "unit")},
            "amount": pa.array(columns["amount"], pa.float64()),
        }
    )


def frame_table(frame: pd.DataFrame) -> pa.Table:
    """A data frame as it is stored."""
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)


def write_table(path: Path, table: pa.Table) -> None:
    """One parquet file with page checksums, there whole or not at all."""
    with atomic(path) as temporary:
        pq.write_table(table, temporary, **how(table.schema))


def how(schema: pa.Schema) -> dict[str, Any]:
    """How a table of a schema is stored."""
    floats = [field.name for field in schema if pa.types.is_floating(field.type)]
    return {
        "compression": "zstd",
        "use_dictionary": [field.name for field in schema if field.name not in floats],
        "column_encoding": dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
        "write_page_checksum": True,
    }


class Stream:
    """A parquet file that is written a table at a time, each a row group; the folder it lies in is not yet named as results."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        """Add the rows of a table of the same columns as before."""
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, table.schema, **how(table.schema))
        self._writer.write_table(table)

    def close(self) -> None:
        """End the file and flush it to the disk."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())


def read_columns(path: Path, columns: Sequence[str]) -> pa.Table:
    """Some columns of a part; a flipped bit is an error, never a number.

    Raises
    ------
    DamagedError
        When the file is damaged or gone.
    """
    return _read(path, list(columns))


def read_groups(path: Path, groupings: Sequence[str]) -> pa.Table:
    """The rows of some groupings of a part of the distribution, words as plain text; damage as in `read_columns`."""
    return _read_rows(path, "grouping", groupings)


def read_accounts(path: Path, unit: str) -> pa.Table:
    """The rows of a unit of a part of the accounts, words as plain text; damage as in `read_columns`."""
    return _read_rows(path, "unit", [unit])


def _read_rows(path: Path, column: str, wanted: Sequence[str]) -> pa.Table:
    table = _read(path)
    plain = table.cast(
        pa.schema([pa.field(f.name, pa.string() if pa.types.is_dictionary(f.type) else f.type) for f in table.schema])
    )
    return plain.filter(pc.is_in(plain[column], pa.array(wanted, pa.string())))


def _read(path: Path, columns: list[str] | None = None) -> pa.Table:
    try:
        return pq.ParquetFile(path, page_checksum_verification=True).read(columns=columns)
    except (OSError, pa.ArrowException) as error:
        why = str(error).strip().splitlines()[0][:120]
        raise DamagedError(
            f"{path} is damaged or missing ({why}); `coalsim repair {path.parents[1]}` runs it again and keeps the rest"
        ) from None


def write_figure(path: Path, figure: Picture, dpi: int = 150) -> None:
    """A figure as PNG, with its words and source inside."""
    with atomic(path) as temporary:
        figure.savefig(temporary, format="png", dpi=dpi)
