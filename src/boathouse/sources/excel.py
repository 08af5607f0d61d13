"""Excel workbooks (xlsx, xlsm, xlsb, xls, ods): one sheet, read as text by fastexcel and typed by the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from boathouse.engine import Engine, literal
from boathouse.errors import SourceError, did_you_mean, first_line
from boathouse.names import distinct
from boathouse.sources.files import FileSource
from boathouse.sources.protocol import Scan, SourceOptions


class ExcelOptions(SourceOptions):
    """Further keys under `source:` for `type: excel`."""

    sheet: str | None = Field(None, description="The sheet's name; unset: the first.")
    header: int = Field(1, ge=0, description="The row that holds the column names, counted from 1; 0: none.")


class ExcelSource(FileSource):
    """`type: excel`."""

    family = "excel"
    suffixes = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
    Options = ExcelOptions
    options: ExcelOptions

    def scan(self, engine: Engine, file: Path, columns: Mapping[str, str] | None) -> Scan:
        table = _as_table(self._cells(file), self.options.header, file.name)
        copy = engine.scratch / f"{file.name}.{self.options.sheet or ''}.{self.options.header}.parquet"
        pq.write_table(table, copy)
        select = f"SELECT * FROM read_parquet({literal(str(copy))})"
        return Scan(select, dict.fromkeys(table.column_names, "VARCHAR"), first_line=self.options.header + 1)

    def _cells(self, file: Path) -> pa.Table:
        """The whole sheet as text, row by row as it stands."""
        import fastexcel

        try:
            book = fastexcel.read_excel(str(file))
        except Exception as error:
            raise SourceError(f"{file.name} is not a workbook: {first_line(error)}", hint="save it as xlsx") from error
        sheet = self.options.sheet or book.sheet_names[0]
        if sheet not in book.sheet_names:
            raise SourceError(f"{file.name} has no sheet {sheet!r}{did_you_mean(sheet, book.sheet_names)}",
                              hint=f"its sheets are {', '.join(book.sheet_names)}")  # fmt: skip
        try:
            loaded = book.load_sheet(sheet, header_row=None, dtypes="string", schema_sample_rows=0, skip_rows=0)
        except Exception as error:
            raise SourceError(f"{file.name}, sheet {sheet!r}: {first_line(error)}") from error
        return pa.table(loaded.to_arrow())

    def sniff(self, engine: Engine, file: Path, given: dict[str, object]) -> ExcelOptions:
        """The header is taken for the first row that is filled as far as the sheet is wide."""
        options = ExcelOptions.model_validate(given)
        if "header" in given:
            return options
        cells = ExcelSource(self.location, options, self.root, self.day)._cells(file)
        rows = [list(row.values()) for row in cells.slice(0, 50).to_pylist()]
        filled = [sum(bool(cell and cell.strip()) for cell in row) for row in rows]
        header = next((n for n, count in enumerate(filled, 1) if count == max(filled) and count), 1)
        return options.model_copy(update={"header": header})


def _as_table(cells: pa.Table, header: int, name: str) -> pa.Table:
    if not cells.num_columns or cells.num_rows < header:
        raise SourceError(f"{name} has no row {header} to read column names from", hint="mend `header` in the pipeline")
    cells = cells.cast(pa.schema([(column, pa.string()) for column in cells.column_names]))
    if not header:
        return cells.rename_columns([f"column_{n}" for n in range(1, cells.num_columns + 1)])
    top: list[Any] = [column[header - 1].as_py() for column in cells.columns]
    names = distinct([" ".join((cell or "").split()) for cell in top])
    return cells.slice(header).rename_columns(names)
