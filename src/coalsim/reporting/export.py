"""Tables as files: CSV and Excel that are safe to open in a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coalsim.atomic import atomic, write_text
from coalsim.reporting.section import Table

if TYPE_CHECKING:
    import pandas as pd

# What a spreadsheet may take for the beginning of a formula; the wide ones where Chinese or Japanese is written.
FORMULA = tuple("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20")
UNSEEN = " \xa0\u3000\u200b\u2060\ufeff\v\f\0"
MOST_OF_A_NAME = 31  # letters of a sheet's name
WORKBOOK = "all_tables.xlsx"


def safe(value: Any) -> Any:
    """A text that no spreadsheet runs: one that begins like a formula gets an apostrophe in front; numbers stay."""
    return f"'{value}" if isinstance(value, str) and value.lstrip(UNSEEN).startswith(FORMULA) else value


def safe_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with every text, column names included, made safe."""
    from pandas.api.types import is_numeric_dtype

    texts = [name for name in frame.columns if not is_numeric_dtype(frame[name])]
    return frame.assign(**{name: frame[name].astype(object).map(safe) for name in texts}).rename(columns=safe)


def write_tables(folder: Path, tables: Sequence[Table]) -> list[Path]:
    """A CSV file for each table, and one Excel file with a sheet for each.

    Raises
    ------
    OSError
        When the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for table in tables:
        path = folder / f"{table.name}.csv"
        write_text(path, safe_frame(table.data).to_csv(index=False, lineterminator="\n"))
        written.append(path)
    write_workbook(folder / WORKBOOK, tables)
    return [*written, folder / WORKBOOK]


def write_workbook(path: Path, tables: Sequence[Table]) -> None:
    """An Excel file: a sheet of contents, then one for each table; text is never a formula or a link."""
    import datetime
    import io

    import pandas as pd

    options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False, "in_memory": True}
    sheets = [f"{k} {table.name}"[:MOST_OF_A_NAME] for k, table in enumerate(tables, 1)]
    contents = pd.DataFrame(
        [(sheet, table.caption, table.note) for sheet, table in zip(sheets, tables)], columns=["sheet", "what", "note"]
    )
    stream = io.BytesIO()
    with pd.ExcelWriter(stream, engine="xlsxwriter", engine_kwargs={"options": options}) as writer:
        writer.book.set_properties({"created": datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)})
        safe_frame(contents).to_excel(writer, sheet_name="contents", index=False)
        for name, table in zip(sheets, tables):
            frame = safe_frame(table.data).replace([float("inf"), float("-inf")], float("nan"))
            frame.to_excel(writer, sheet_name=name, index=False)
        for sheet in writer.sheets.values():
            sheet.autofit(400)
            sheet.freeze_panes(1, 0)
    with atomic(path) as temporary:
        temporary.write_bytes(stream.getvalue())
