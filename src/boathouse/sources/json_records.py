"""The records of a JSON file, one value each, as a relation of the engine; and those that are no rows."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path

from boathouse.engine import Engine, literal
from boathouse.sources.lines import line_ends

LONGEST = 256 << 20
_LINE = 16 << 20
_numbers = itertools.count()


def records_of(file: Path, form: str, within: str | None) -> Records:
    """The records of a file in one of the formats; `within` points to their array."""
    if form == "lines":
        return Lines(file)
    whole_file = within or form == "objects"
    longest = min(LONGEST, max(_LINE, file.stat().st_size + 1)) if whole_file else _LINE  # the reader takes twice that
    whole = f"SELECT json AS j FROM read_json_objects({literal(str(file))}, maximum_object_size = {longest}, "
    if within:
        whole = f"SELECT unnest(json_extract(j, {literal(within)})::JSON[]) AS j FROM ({whole} format = 'unstructured'))"
    else:
        whole += f"format = '{'unstructured' if form == 'objects' else 'array'}')"
    return Arrays(file, whole) if form == "rows" else Records(file, whole)


@dataclass
class Records:
    """`select` gives each record as `j`; one for which `is_row` is false is no row of the dataset."""

    file: Path
    select: str
    is_row: str = "coalesce(json_type(j) = 'OBJECT', false)"
    names: list[str] = field(default_factory=list)

    def head(self, engine: Engine) -> list[str]:
        """Column names that a record of their own gives."""
        return []

    def rejects(self, engine: Engine, others: int) -> str | None:
        """A SELECT of the records that are no rows, of which there are `others`."""
        if not others:
            return None
        return (f"SELECT row_number, ['not a JSON object'] AS reasons, NULL::VARCHAR[] AS cells, j::VARCHAR AS text FROM "
                f"(SELECT row_number() OVER () AS row_number, j FROM ({self.select})) WHERE NOT {self.is_row}")  # fmt: skip

    def lines(self, engine: Engine, rows: int, wanted: str) -> str | None:
        return None


@dataclass
class Arrays(Records):
    """Records that are arrays, the first of them the names."""

    def head(self, engine: Engine) -> list[str]:
        self.names = [str(name) for name in json.loads(engine.one(f"SELECT j FROM ({self.select}) LIMIT 1")[0])]
        self.select = f"SELECT j FROM (SELECT row_number() OVER () AS n, j FROM ({self.select})) WHERE n > 1"
        self.is_row = f"coalesce(json_type(j) = 'ARRAY' AND json_array_length(j) = {len(self.names)}, false)"
        return self.names

    def rejects(self, engine: Engine, others: int) -> str | None:
        if not others:
            return None
        cells = "CASE WHEN json_type(j) = 'ARRAY' THEN json_extract_string(j, '$[*]') END"
        reason = f"coalesce(len(cells) || ' cells where there are {len(self.names)} columns', 'not a JSON array')"
        return (f"SELECT row_number, [{reason}] AS reasons, cells, text FROM (SELECT row_number() OVER () AS row_number, "
                f"{cells} AS cells, j::VARCHAR AS text, {self.is_row} AS is_row FROM ({self.select})) WHERE NOT is_row")  # fmt: skip


class Lines(Records):
    """One record a line. A line that is no JSON, or no UTF-8, is a row for quarantine, a blank one none at all."""

    def __init__(self, file: Path):
        self.table = f"rejects_{next(_numbers)}_json"
        self.read = (
            f"read_csv({literal(str(file))}, auto_detect = false, header = false, delim = {literal(chr(1))}, quote = '', "
            f"escape = '', columns = {{'line': 'VARCHAR'}}, max_line_size = {_LINE}, ignore_errors = true, store_rejects = true, "
            f"rejects_table = '{self.table}', rejects_scan = '{self.table}_scans')"
        )
        super().__init__(
            file, f"SELECT CASE WHEN json_valid(line) THEN line::JSON END AS j FROM {self.read} WHERE trim(line) <> ''"
        )

    def rejects(self, engine: Engine, others: int) -> str | None:
        kept = f"{self.table}_kept"
        engine.run(f"CREATE OR REPLACE TABLE {kept} AS SELECT line, min(csv_line) AS text FROM {self.table} "
                   f"WHERE scan_id = (SELECT max(scan_id) FROM {self.table}_scans) GROUP BY line")  # fmt: skip
        if not others and not engine.one(f"SELECT count(*) FROM {kept}")[0]:
            return None
        return (f"SELECT row_number, [CASE WHEN undecodable THEN 'bytes that are not UTF-8, or a line longer than {_LINE >> 20} MB' "
                f"ELSE 'not a JSON object' END] AS reasons, NULL::VARCHAR[] AS cells, text FROM ({self._numbered()}) WHERE undecodable "
                "OR NOT coalesce(json_type(CASE WHEN json_valid(text) THEN text::JSON END) = 'OBJECT', false)")  # fmt: skip

    def lines(self, engine: Engine, rows: int, wanted: str) -> str | None:
        if line_ends(self.file).lines == rows:
            return f"(SELECT row_number, row_number AS line FROM {wanted})"
        return f"({self._numbered()})"

    def _numbered(self) -> str:
        """Every line that is not blank, with its number; those that the reader gave up lie between those that it read."""
        return (
            f"WITH gone AS (SELECT line, text, row_number() OVER (ORDER BY line) AS n FROM {self.table}_kept), "
            "after AS (SELECT line - n + 1 AS place, max(n) AS n FROM gone GROUP BY place), "
            f"came AS (SELECT row_number() OVER () AS place, line AS text FROM {self.read}), "
            "every AS (SELECT came.place + coalesce(after.n, 0) AS line, text, false AS undecodable FROM came "
            "ASOF LEFT JOIN after ON came.place >= after.place WHERE trim(text) <> '' UNION ALL SELECT line, text, true FROM gone) "
            "SELECT row_number() OVER (ORDER BY line) AS row_number, line, text, undecodable FROM every"
        )
