"""Excel workbooks (xlsx, xlsm, xlsb, xls, ods): one sheet, read as text by fastexcel and typed by the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import Field

from boathouse.engine import Engine, literal, quote
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
        """Numbers come with the 15 digits that Excel itself keeps: what fastexcel writes as text ends after 9 decimals."""
        sheet, header = self._sheet(file), self.options.header
        cells = self._cells(sheet, file.name)
        names = _names(cells, header, file.name)
        copy = file.with_name(f"{file.name}.{header}.parquet")
        pq.write_table(_exact(sheet, cells), copy)
        picked = ", ".join(f"{_number(n)} AS {quote(name)}" for n, name in enumerate(names))
        filled = f"coalesce({', '.join(f't{n}' for n in range(len(names)))}) IS NOT NULL"  # a row without a cell is a blank line
        rows = f"read_parquet({literal(str(copy))}, file_row_number = true) WHERE file_row_number >= {header} AND {filled}"
        lines = f"(SELECT row_number() OVER () AS row_number, file_row_number + 1 AS line FROM {rows})"
        return Scan(f"SELECT {picked} FROM {rows}", dict.fromkeys(names, "VARCHAR"), lines=lambda engine, rows, wanted: lines)

    def _sheet(self, file: Path) -> Any:
        """A function that loads the sheet's cells as one type."""
        import fastexcel

        try:
            book = fastexcel.read_excel(str(file))
        except Exception as error:
            raise SourceError(f"{file.name} is not a workbook: {first_line(error)}", hint="save it as xlsx") from error
        sheet = self.options.sheet or book.sheet_names[0]
        if sheet not in book.sheet_names:
            raise SourceError(f"{file.name} has no sheet {sheet!r}{did_you_mean(sheet, book.sheet_names)}",
                              hint=f"its sheets are {', '.join(book.sheet_names)}")  # fmt: skip

        def load(kind: Any, columns: list[int] | None = None) -> Any:
            return book.load_sheet(sheet, header_row=None, dtypes=kind, skip_rows=0, use_columns=columns)

        return load

    def _cells(self, sheet: Any, name: str) -> pa.Table:
        """The whole sheet as text, row by row as it stands; an error as Excel shows it."""
        try:
            batch, errors = sheet("string").to_arrow_with_errors()
        except Exception as error:
            raise SourceError(f"{name}: {first_line(error)}", hint="mend the sheet") from error
        columns = [pa.array(column, pa.string()) for column in batch.columns]
        for n in {cell.position[1] for cell in (errors.errors if errors else ())}:
            texts = columns[n].to_pylist()
            for cell in errors.errors:
                if cell.position[1] == n:
                    texts[cell.position[0]] = _shown(cell.detail)
            columns[n] = pa.array(texts, pa.string())
        return pa.table(columns, names=[f"t{n}" for n in range(len(columns))])

    def sniff(self, engine: Engine, file: Path, given: dict[str, object]) -> ExcelOptions:
        """The header is taken for the first row that is filled as far as the sheet is wide."""
        options = ExcelOptions.model_validate(given)
        if "header" in given:
            return options
        cells = ExcelSource(self.location, options, self.root, self.day)
        rows = [list(row.values()) for row in cells._cells(cells._sheet(file), file.name).slice(0, 50).to_pylist()]
        filled = [sum(bool(cell and cell.strip()) for cell in row) for row in rows]
        header = next((n for n, count in enumerate(filled, 1) if count == max(filled) and count), 1)
        return options.model_copy(update={"header": header})


def _names(cells: pa.Table, header: int, name: str) -> list[str]:
    if not cells.num_columns or cells.num_rows < max(1, header):
        raise SourceError(
            f"{name} has no row {header} to read column names from", hint="mend `sheet` or `header` in the pipeline"
        )
    if not header:
        return [f"column_{n}" for n in range(1, cells.num_columns + 1)]
    return distinct([" ".join((column[header - 1].as_py() or "").split()) for column in cells.columns])


def _exact(sheet: Any, cells: pa.Table) -> pa.Table:
    """The cells as text, and beside them as floats wherever a column holds numbers."""
    numeric = [n for n, column in enumerate(cells.columns)
               if pc.any(pc.match_substring_regex(column, r"^-?\d+(\.\d+)?$")).as_py()]  # fmt: skip
    floats = sheet("float", numeric).to_arrow() if numeric else None
    for n in range(cells.num_columns):
        column = (
            floats.column(numeric.index(n)) if floats is not None and n in numeric else pa.nulls(cells.num_rows, pa.float64())
        )
        cells = cells.append_column(f"f{n}", column)
    return cells


def _number(n: int) -> str:
    return f"CASE WHEN TRY_CAST(t{n} AS DOUBLE) <> f{n} THEN printf('%.15g', f{n}) ELSE t{n} END"


def _shown(detail: str) -> str:
    """`Expected string but got 'Error(Div0)'` as `#DIV/0!`."""
    known = {
        "Div0": "#DIV/0!",
        "NA": "#N/A",
        "Name": "#NAME?",
        "Null": "#NULL!",
        "Num": "#NUM!",
        "Ref": "#REF!",
        "Value": "#VALUE!",
    }
    return next((shown for word, shown in known.items() if f"Error({word})" in detail), "#ERROR")
