"""Rows as an Excel file: text stays text, whatever it begins with."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from boathouse.errors import UsageError

_ROWS = 1_048_575  # of a sheet, beneath its header
_KINDS: dict[type, str] = {datetime: "yyyy-mm-dd hh:mm:ss", date: "yyyy-mm-dd"}


def workbook(sheets: dict[str, pa.Table]) -> bytes:
    """An .xlsx file with a sheet for each table. Raises UsageError for more rows than a sheet holds, or where xlsxwriter is not
    installed."""
    try:
        import xlsxwriter
    except ImportError as error:
        raise UsageError("xlsxwriter is not installed", hint="pip install 'boathouse[lab]'") from error
    out = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as book:
        formats = {kind: book.add_format({"num_format": text}) for kind, text in _KINDS.items()}
        bold, names = book.add_format({"bold": True}), set[str]()
        for title, table in sheets.items():
            if table.num_rows > _ROWS:
                raise UsageError(f"{table.num_rows:,} rows are more than an Excel sheet holds", hint="take CSV or Parquet")
            sheet = book.add_worksheet(_name(title, names))
            for column, name in enumerate(table.column_names):
                sheet.write_string(0, column, name, bold)
            for number, row in enumerate((row for batch in table.to_batches() for row in zip(*_values(batch), strict=True)), 1):
                for column, value in enumerate(row):
                    _write(sheet, number, column, value, formats)
            sheet.freeze_panes(1, 0)
    return out.getvalue()


def _values(batch: pa.RecordBatch) -> list[list[Any]]:
    return [column.to_pylist() for column in batch.columns]


def _write(sheet: Any, row: int, column: int, value: Any, formats: dict[type, Any]) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float | Decimal) and abs(float(value)) < 10**15:  # Excel's own numbers have fifteen digits
        sheet.write_number(row, column, float(value))
    elif isinstance(value, date) and int(value.year) >= 1900:
        moment = value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) and value.tzinfo else value
        sheet.write_datetime(row, column, moment, formats[datetime if isinstance(value, datetime) else date])
    else:
        sheet.write_string(row, column, str(value)[:32_767])


def _name(title: str, taken: set[str]) -> str:
    """A sheet's name: of 31 characters at most, without those that Excel forbids, and another than those before."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:31] or "Sheet"
    name, number = plain, 2
    while name.lower() in taken:
        name, number = f"{plain[:27]} {number}", number + 1
    taken.add(name.lower())
    return name
