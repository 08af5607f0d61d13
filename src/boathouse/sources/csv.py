"""CSV and TSV: read by the engine with the dialect that the pipeline file declares; nothing is guessed in a run."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO

from pydantic import Field, field_validator

from boathouse.engine import Engine, literal, quote
from boathouse.errors import BoathouseError, SourceError, UsageError
from boathouse.names import distinct
from boathouse.sources.compression import unpacked
from boathouse.sources.files import FileSource
from boathouse.sources.protocol import Scan, SourceOptions
from boathouse.sources.text import as_utf8, check_encoding, detect_encoding

_LONGEST_LINE = 16 << 20
csv.field_size_limit(_LONGEST_LINE)
_numbers = itertools.count()


class CsvOptions(SourceOptions):
    """Further keys under `source:` for `type: csv`."""

    delimiter: str = Field(",", description="Between cells; `\\t` for a tab.")
    quote: str = Field('"', description="Around cells that hold a delimiter; empty: none.")
    escape: str = Field('"', description="Before a quote inside quotes.")
    encoding: str = Field("utf-8", description="Of the file.")
    header: int = Field(1, ge=0, le=5, description="How many lines of column names; 0: none, columns are column_1 …")
    skip: int = Field(0, ge=0, description="Lines before the header.")
    comment: str = Field("", description="What a line begins with that is no data; empty: nothing.")

    @field_validator("delimiter", "quote", "escape", "comment")
    @classmethod
    def _one_character(cls, value: str) -> str:
        value = {"\\t": "\t", "tab": "\t"}.get(value, value)
        if len(value) > 1:
            raise ValueError(f"{value!r} is more than one character")
        return value

    @field_validator("header", mode="before", json_schema_input_type=int | bool)
    @classmethod
    def _yes_is_one(cls, value: object) -> object:
        words = {"true": 1, "yes": 1, "false": 0, "no": 0, "none": 0}
        return words.get(str(value).lower(), value)

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            check_encoding(value)
        except UsageError as error:
            raise ValueError(error.message) from error
        return value


class CsvSource(FileSource):
    """`type: csv`."""

    family = "csv"
    suffixes = (".csv", ".tsv", ".tab", ".txt")
    Options = CsvOptions
    options: CsvOptions

    def scan(self, engine: Engine, file: Path, columns: Mapping[str, str] | None) -> Scan:
        text = as_utf8(unpacked(file, engine.scratch), self.options.encoding, engine.scratch)
        names, first_line = self._header(text, file.name)
        name = f"rejects_{next(_numbers)}"
        read = self._read(text, names, first_line - 1, name)

        def rejects(engine: Engine) -> str:
            return (
                f"SELECT line - {first_line - 1} AS row_number, line, list(DISTINCT reason ORDER BY reason) AS reasons, min(text) AS text "
                f"FROM (SELECT line, error_type::VARCHAR || coalesce(' in column ' || column_name, '') || ': ' || error_message "
                f"AS reason, trim(csv_line, chr(10) || chr(13)) AS text FROM {name} WHERE scan_id = (SELECT max(scan_id) "
                f"FROM {name}_scans)) GROUP BY line"
            )

        return Scan(f"SELECT * FROM {read}", dict.fromkeys(names, "VARCHAR"), rejects, first_line)

    def _read(self, text: Path, names: list[str], skip: int, rejects: str) -> str:
        o = self.options
        columns = ", ".join(f"{quote(name)}: 'VARCHAR'" for name in names)
        # a quote that cannot occur switches quoting off
        parts = {
            "auto_detect": "false", "header": "false", "skip": str(skip), "delim": literal(o.delimiter),
            "quote": literal(o.quote), "escape": literal(o.escape if o.quote else ""), "columns": "{" + columns + "}",
            "comment": literal(o.comment), "max_line_size": str(_LONGEST_LINE), "ignore_errors": "true",
            "store_rejects": "true", "rejects_table": literal(rejects), "rejects_scan": literal(f"{rejects}_scans"),
            "rejects_limit": "0",
        }  # fmt: skip
        arguments = ", ".join(f"{key} = {value}" for key, value in parts.items() if value != "''" or key == "quote")
        return f"read_csv({literal(str(text))}, {arguments})"

    def _header(self, text: Path, name: str) -> tuple[list[str], int]:
        """The columns' names, and the line on which the first row of data stands."""
        with text.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            skipped = sum(1 for _ in itertools.islice(lines, self.options.skip))
            rows, consumed = self._rows(lines, max(1, self.options.header))
        if not rows or not any(cell.strip() for row in rows for cell in row):
            raise SourceError(f"{name} is empty: it has no line to read column names from", hint="fetch the file again")
        if not self.options.header:
            return [f"column_{n}" for n in range(1, len(rows[0]) + 1)], skipped + 1
        return distinct(_merge(rows)), skipped + consumed + 1

    def _rows(self, lines: TextIO, count: int) -> tuple[list[list[str]], int]:
        reader = csv.reader(_without(lines, self.options.comment), **self.dialect)
        try:
            rows = list(itertools.islice(reader, count))
        except csv.Error as error:
            raise SourceError(f"the header cannot be read: {error}", hint="mend `delimiter` or `quote`") from error
        return rows, reader.line_num

    @property
    def dialect(self) -> dict:
        """The dialect in the words of Python's csv module."""
        o = self.options
        plain = {"delimiter": o.delimiter or ",", "quoting": csv.QUOTE_MINIMAL if o.quote else csv.QUOTE_NONE}
        if o.quote:
            plain |= {"quotechar": o.quote, "doublequote": o.escape == o.quote}
            plain |= {"escapechar": o.escape} if o.escape not in ("", o.quote) else {}
        return plain

    def sniff(self, engine: Engine, file: Path, given: dict[str, object]) -> CsvOptions:
        text = unpacked(file, engine.scratch)
        found: dict[str, object] = {"encoding": given.get("encoding") or detect_encoding(text)}
        utf8 = as_utf8(text, str(found["encoding"]), engine.scratch)
        if utf8.stat().st_size == 0:
            raise SourceError(f"{file.name} is empty", hint="fetch the file again")
        found |= self._sniff_dialect(engine, utf8, given)
        found |= {"header": 2} if found["header"] == 1 and self._two_headers(utf8, found | given) else {}
        return CsvOptions.model_validate(found | given)

    def _sniff_dialect(self, engine: Engine, utf8: Path, given: dict[str, object]) -> dict[str, object]:
        asked = {"delimiter": "delim", "quote": "quote", "escape": "escape", "skip": "skip", "comment": "comment"}
        known = CsvOptions.model_validate(given)
        extra = "".join(
            f", {theirs} = {literal(str(value)) if isinstance(value, str) else value}"
            for ours, theirs in asked.items() if ours in given and (value := getattr(known, ours)) != ""
        )  # fmt: skip
        sniff = f"SELECT Delimiter, Quote, Escape, SkipRows, HasHeader, Comment FROM sniff_csv({literal(str(utf8))}, " \
                f"sample_size = -1, ignore_errors = true, max_line_size = {_LONGEST_LINE}{extra})"  # fmt: skip
        try:
            row = engine.one(sniff)
        except BoathouseError:  # nothing like a table: one column, or what was given
            row = (",", '"', '"', 0, True, "")
        delimiter, mark, escape, skip, header, comment = [None if x in ("(empty)", "\0") else x for x in row]
        if utf8.suffix.lower() in (".tsv", ".tab") and delimiter != "\t":
            delimiter = "\t"
        return {"delimiter": delimiter or ",", "quote": mark or '"', "escape": escape or '"', "skip": skip or 0,
                "header": int(bool(header)), "comment": comment or ""}  # fmt: skip

    def _two_headers(self, utf8: Path, options: dict[str, object]) -> bool:
        """Whether the second line goes on naming: the first leaves gaps, the second fills them and holds no number."""
        probe = CsvSource(self.location, CsvOptions.model_validate(options), self.root, self.day)
        with utf8.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            sum(1 for _ in itertools.islice(lines, probe.options.skip))
            rows, _ = probe._rows(lines, 2)
        if len(rows) < 2 or len(rows[0]) != len(rows[1]) or len(rows[0]) < 3:
            return False
        gaps = [below for above, below in zip(*rows, strict=True) if not above.strip()]
        numbers = any(cell.strip().replace(".", "").isdigit() for cell in rows[1])
        return len(gaps) > len(rows[0]) / 4 and sum(map(bool, map(str.strip, gaps))) > len(gaps) / 2 and not numbers


def _merge(rows: list[list[str]]) -> list[str]:
    """Lines of names as one: an upper name reaches over the gaps to its right."""
    width = max(map(len, rows))
    merged = [""] * width
    for level, row in enumerate(rows):
        upper = ""
        for n in range(width):
            cell = row[n].strip() if n < len(row) else ""
            if cell:
                upper = cell
            elif level < len(rows) - 1 and n and (rows[level + 1][n : n + 1] or [""])[0].strip():
                cell = upper
            merged[n] = f"{merged[n]} {cell}".strip()
    return merged


def _without(lines: TextIO, comment: str) -> Iterator[str]:
    return (line for line in lines if not (comment and line.startswith(comment)))
