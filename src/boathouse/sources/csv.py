"""CSV and TSV: read by the engine with the dialect that the pipeline file declares; nothing is guessed in a run."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, field_validator

from boathouse.engine import Engine
from boathouse.errors import SourceError, UsageError
from boathouse.names import distinct
from boathouse.sources import dialect
from boathouse.sources.compression import unpacked
from boathouse.sources.csv_reading import LONGEST_LINE, CsvReading
from boathouse.sources.files import FileSource
from boathouse.sources.lines import line_ends, plain_copy
from boathouse.sources.protocol import Scan, SourceOptions
from boathouse.sources.text import as_utf8, check_encoding, detect_encoding

csv.field_size_limit(LONGEST_LINE)


class CsvOptions(SourceOptions):
    """Further keys under `source:` for `type: csv`."""

    delimiter: str = Field(",", description="Between cells; `\\t` for a tab; empty: a line is one cell.")
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
    packed = True
    Options = CsvOptions
    options: CsvOptions

    def scan(self, engine: Engine, file: Path, columns: Mapping[str, str] | None) -> Scan:
        text, o = as_utf8(unpacked(file), self.options.encoding), self.options
        names, head, plain = self._header(text, file.name)
        ends = line_ends(text)
        skip = head
        if ends.mixed or o.comment or not plain:  # what the engine would misread
            text, skip = plain_copy(text, head=head, comment=o.comment, quote=o.quote, escape=o.escape), 0
        reading = CsvReading(text, names, o, head=head, skip=skip, lines=ends.lines)
        return Scan(reading.select(), dict.fromkeys(names, "VARCHAR"), reading.rejects, reading.lines, ends.spaces)

    def _header(self, text: Path, name: str) -> tuple[list[str], int, bool]:
        """The columns' names, the lines above the first row, and whether the engine can count these as it skips them."""
        o = self.options
        with text.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            preamble = list(itertools.islice(lines, o.skip))
            reader = csv.reader(("\n" if o.comment and line.startswith(o.comment) else line for line in lines), **self.dialect)
            try:
                rows = list(itertools.islice((row for row in reader if any(map(str.strip, row))), max(1, o.header)))
            except csv.Error as error:
                raise SourceError(f"{name}: the header cannot be read: {error}", hint="mend `delimiter` or `quote`") from error
        if not rows:
            raise SourceError(f"{name} is empty: it has no line to read column names from", hint="fetch the file again")
        if not o.header:
            return [f"column_{n}" for n in range(1, len(rows[0]) + 1)], o.skip, not (o.quote and o.quote in "".join(preamble))
        broken = any("\n" in cell or "\r" in cell for row in rows for cell in row)
        plain = not broken and not (o.quote and o.quote in "".join(preamble))
        return distinct(_merge(rows)), len(preamble) + reader.line_num, plain

    @property
    def dialect(self) -> dict:
        """The dialect in the words of Python's csv module."""
        return dialect.python_dialect(self.options.delimiter, self.options.quote, self.options.escape)

    def sniff(self, engine: Engine, file: Path, given: dict[str, object]) -> CsvOptions:
        text = unpacked(file)
        known = CsvOptions.model_validate(given)
        encoding = known.encoding if "encoding" in given else detect_encoding(text)
        utf8 = as_utf8(text, encoding)
        if utf8.stat().st_size == 0:
            raise SourceError(f"{file.name} is empty", hint="fetch the file again")
        with utf8.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            sample = lines.read(dialect.SAMPLE)
            found = dialect.sniff(sample, {name: getattr(known, name) for name in given}, cut=bool(lines.read(1)))
        found |= {"encoding": encoding}
        return CsvOptions.model_validate(found)


def _merge(rows: list[list[str]]) -> list[str]:
    """Lines of names as one: an upper name reaches over the gaps to its right."""
    width = max(map(len, rows))
    merged = [""] * width
    for level, row in enumerate(rows):
        upper = ""
        for n in range(width):
            cell = " ".join(row[n].split()) if n < len(row) else ""
            if cell:
                upper = cell
            elif level < len(rows) - 1 and n and (rows[level + 1][n : n + 1] or [""])[0].strip():
                cell = upper
            merged[n] = f"{merged[n]} {cell}".strip()
    return merged
