"""One CSV file as the engine reads it: its rows, those that the reader gives up, and on which line each stands."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from boathouse.engine import Engine, literal, quote
from boathouse.errors import BoathouseError, SourceError
from boathouse.sources.dialect import python_dialect
from boathouse.sources.lines import places

LONGEST_LINE = 16 << 20
_CUT = 10_000  # characters that the engine's reader keeps of a row it gives up
_SMALL = 1 << 20
_BUFFER = 32 << 20  # left alone it grows with the longest line, and few buffers fill few cores
_numbers = itertools.count()


class CsvReading:
    """`head` lines stand above the first row, `skip` of them are the reader's to skip; `lines` are all there are."""

    def __init__(self, text: Path, names: list[str], options: Any, *, head: int, skip: int, lines: int):
        self.text, self.names, self.options, self.head, self.skip, self.all_lines = text, names, options, head, skip, lines
        self.table = f"rejects_{next(_numbers)}"

    def select(self) -> str:
        """A SELECT of the rows that can be read, their cells as text."""
        o = self.options
        columns = ", ".join(f"{quote(name)}: 'VARCHAR'" for name in self.names)
        alone = len(self.names) == 1  # there a blank line is an empty cell to the engine: `""` must differ from it
        arguments = {
            "auto_detect": "false", "header": "false", "skip": str(self.skip), "delim": literal(o.delimiter or "\1"),
            "quote": literal(o.quote), "escape": literal(o.escape if o.quote else ""), "columns": "{" + columns + "}",
            "max_line_size": str(LONGEST_LINE), "buffer_size": str(_BUFFER), "allow_quoted_nulls": str(not alone), "ignore_errors": "true",
            "store_rejects": "true", "rejects_table": literal(self.table), "rejects_scan": literal(f"{self.table}_scans"),
            "rejects_limit": "0",
        }  # fmt: skip
        read = f"read_csv({literal(str(self.text))}, {', '.join(f'{key} = {value}' for key, value in arguments.items())})"
        return f"SELECT * FROM {read}" + (f" WHERE {quote(self.names[0])} IS NOT NULL" if alone else "")

    def rejects(self, engine: Engine, rows: int) -> str | None:
        """The rows given up beside the `rows` that were read. Raises SourceError where one has swallowed others."""
        kept = f"{self.table}_kept"
        engine.run(f"CREATE OR REPLACE TABLE {kept} AS {self._given_up()}")
        count = engine.one(f"SELECT count(*) FROM {kept}")[0]
        if not count:
            return None
        swallowing = engine.run(f"SELECT place, text FROM {kept} WHERE cells IS NULL AND length(text) >= {_CUT} "
                                "AND contains(text, chr(10)) ORDER BY place LIMIT 1")  # fmt: skip
        if swallowing:
            place, text = swallowing[0]
            raise SourceError(f"a quote in row {place - self.head:,} is not closed, and takes in the rows below: {text[:60]!r}",
                              hint="mend that row, or `quote` in the pipeline")  # fmt: skip
        found = None if self._plain(rows + count) else self._places(engine, rows + count)
        where, number = (f"JOIN {found} USING (place)", "row_number") if found else ("", f"place - {self.head} AS row_number")
        return f"SELECT {number}, reasons, cells, text FROM {kept} {where}"

    def lines(self, engine: Engine, rows: int, wanted: str) -> str | None:
        """(row_number, line) of the rows `wanted` among all `rows`, read and given up; None where that cannot be said."""
        if self._plain(rows):
            return f"(SELECT row_number, row_number + {self.head} AS line FROM {wanted})"
        return self._places(engine, rows)

    def _plain(self, rows: int) -> bool:
        """Whether each row is a line, so that arithmetic leads from one to the other."""
        return rows == self.all_lines - self.head and self.text.stat().st_size > _SMALL

    def _given_up(self) -> str:
        """Each row once: place (the number of its record), reasons, cells as far as they can be told, text."""
        o = self.options
        ragged = f"len(cells) || ' cells where there are {len(self.names)} columns'"
        reason = (f"CASE kind WHEN 'MISSING COLUMNS' THEN {ragged} WHEN 'TOO MANY COLUMNS' THEN {ragged} "
                  "WHEN 'UNQUOTED VALUE' THEN 'a quote that is not closed, or text after it' "
                  f"WHEN 'INVALID ENCODING' THEN 'bytes that are not {o.encoding}' "
                  f"WHEN 'LINE SIZE OVER MAXIMUM' THEN 'a row longer than {LONGEST_LINE >> 20} MB' ELSE error_message END")  # fmt: skip
        seen = (f"SELECT *, error_type::VARCHAR AS kind, trim(csv_line, chr(10) || chr(13)) AS text FROM {self.table} "
                f"WHERE scan_id = (SELECT max(scan_id) FROM {self.table}_scans)")  # fmt: skip
        return (
            f"SELECT line AS place, list(DISTINCT {reason} ORDER BY {reason}) AS reasons, min(text) AS text, "
            "CASE WHEN NOT bool_or(kind = 'UNQUOTED VALUE') THEN min(cells) END AS cells "
            f"FROM (SELECT *, {_split('text', o.delimiter or chr(1), o.quote, o.escape)} AS cells FROM ({seen})) "
            "WHERE NOT (len(cells) = 1 AND trim(cells[1], ' ' || chr(9)) = '') GROUP BY line"  # a blank line is no row
        )

    def _places(self, engine: Engine, rows: int) -> str | None:
        """(place, row_number, line) by a look at the whole file."""
        name, o = f"{self.table}_places", self.options
        try:
            places(
                self.text,
                engine,
                name,
                head=self.head,
                width=len(self.names),
                dialect=python_dialect(o.delimiter, o.quote, o.escape),
            )
        except BoathouseError:  # a cell beyond what Python's csv takes
            return None
        return name if engine.one(f"SELECT count(*) FROM {name}")[0] == rows else None


def _split(text: str, delimiter: str, quote: str, escape: str) -> str:
    """The cells of a row as SQL: quoted ones without their quotes."""
    d, q, e = (f"\\x{{{ord(mark):x}}}" if mark else "" for mark in (delimiter, quote, escape))
    if not quote:
        return f"string_split({text}, {literal(delimiter)})"
    inside = f"(?:[^{q}]|{q}{q})*" if escape in ("", quote) else f"(?:[^{q}{e}]|{e}.)*"
    cells = f"regexp_extract_all({text} || {literal(delimiter)}, {literal(f'(?s)( *{q}{inside}{q} *|[^{d}]*){d}')}, 1)"
    bare = f"replace(trim(x)[2:-2], {literal((escape or quote) + quote)}, {literal(quote)})"
    return f"list_transform({cells}, lambda x: CASE WHEN starts_with(trim(x), {literal(quote)}) AND length(trim(x)) > 1 THEN {bare} ELSE x END)"
