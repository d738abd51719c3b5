"""Tables as files: every table is there, numbers are numbers, and no text runs in a spreadsheet."""

import csv
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from coalsim.reporting.export import WORKBOOK, safe, safe_frame, write_tables
from coalsim.reporting.section import Table

FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\ufeff=1", "|cmd",
    "%1", "\xa0=1", "\u3000=1", "\u200b=1", "\v=1", "\0=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20A1",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_looks_like_a_formula_gets_an_apostrophe(text):
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("value", ["Walsall", "", "a=b", 3, -1.5, None, float("nan")])
def test_other_texts_and_numbers_stay(value):
    assert safe(value) is value


def test_names_of_columns_are_made_safe_and_negative_numbers_stay_numbers():
    frame = safe_frame(pd.DataFrame({"=x": [-1.0], "text": ["=x"]}))
    assert list(frame.columns) == ["'=x", "text"]
    assert frame.iloc[0].tolist() == [-1.0, "'=x"]


@pytest.mark.parametrize("kind", ["object", "string", "category"])
def test_texts_of_any_kind_are_made_safe(kind):
    frame = safe_frame(pd.DataFrame({"text": pd.Series(["=x", "y"], dtype=kind)}))
    assert frame["text"].tolist() == ["'=x", "y"]


def test_nothing_else_in_the_program_writes_tables_for_spreadsheets():
    source = Path(__file__).parents[2] / "src" / "coalsim"
    writes = re.compile(r"to_csv|to_excel|csv\.writer|DictWriter|write_csv|openpyxl")
    found = {path.relative_to(source).as_posix() for path in source.rglob("*.py") if writes.search(path.read_text())}
    assert found == {"reporting/export.py"}
    shows = re.compile(
        r"st\.(?:dataframe|table|data_editor)\((?!safe_frame\()"
    )  # each can be saved as CSV in a browser
    assert not [path for path in (source / "dashboard").rglob("*.py") if shows.search(path.read_text())]


def test_every_table_is_written_twice_with_the_same_numbers(report, tmp_path):
    written = write_tables(tmp_path / "tables", report.tables)
    assert {path.name for path in written} == {f"{table.name}.csv" for table in report.tables} | {WORKBOOK}
    book = openpyxl.load_workbook(tmp_path / "tables" / WORKBOOK)
    assert book.sheetnames[0] == "contents"
    for table, sheet in zip(report.tables, book.worksheets[1:], strict=True):
        assert sheet.max_row == len(table.data) + 1
        first = pd.read_csv(tmp_path / "tables" / f"{table.name}.csv")
        assert len(first) == len(table.data)
        numbers = table.data.select_dtypes("number").columns
        pd.testing.assert_frame_equal(first[numbers], table.data[numbers].reset_index(drop=True), check_dtype=False)


def test_no_cell_of_a_report_with_hostile_names_is_a_formula(report, tmp_path):
    write_tables(tmp_path, report.tables)
    cells = [
        cell
        for path in tmp_path.glob("*.csv")
        for row in csv.reader(path.open(encoding="utf-8", newline=""))
        for cell in row
    ]
    texts = [cell for cell in cells if cell.startswith(("=", "@", "+", "-")) and not is_number(cell)]
    assert not texts
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    book = openpyxl.load_workbook(tmp_path / WORKBOOK)
    assert not [cell for sheet in book for row in sheet for cell in row if cell.data_type == "f" or cell.hyperlink]


def test_the_same_tables_give_the_same_csv_bytes(report, tmp_path):
    for name in ("a", "b"):
        write_tables(tmp_path / name, report.tables[:3])
    assert all(
        path.read_bytes() == (tmp_path / "b" / path.name).read_bytes() for path in (tmp_path / "a").glob("*.csv")
    )


def test_two_tables_of_long_names_get_sheets_of_their_own(tmp_path):
    frame = pd.DataFrame({"x": [1.0]})
    tables = [Table(f"who_pays_growth_coalition_in_renewal_areas_{k}", "", [], [], frame) for k in "ab"]
    write_tables(tmp_path, tables)
    assert len(openpyxl.load_workbook(tmp_path / WORKBOOK).sheetnames) == 3


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
