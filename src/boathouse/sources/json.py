"""JSON and JSON lines: nested objects become columns named by their path (`address.city`), arrays stay lists."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from boathouse.engine import Engine, literal, quote
from boathouse.errors import BoathouseError, SourceError
from boathouse.sources.compression import unpacked
from boathouse.sources.files import FileSource
from boathouse.sources.protocol import Scan, SourceOptions
from boathouse.sources.text import as_utf8, detect_encoding

_LONGEST = 256 << 20


class JsonOptions(SourceOptions):
    """Further keys under `source:` for `type: json`."""

    format: Literal["lines", "array"] = Field("array", description="One object a line, or one array of objects.")
    records: str | None = Field(None, description="Where the array is within the file, as `data.items`.")
    encoding: str = Field("utf-8", description="Of the file.")


class JsonSource(FileSource):
    """`type: json`."""

    family = "json"
    suffixes = (".json", ".jsonl", ".ndjson")
    Options = JsonOptions
    options: JsonOptions

    def scan(self, engine: Engine, file: Path, columns: Mapping[str, str] | None) -> Scan:
        text = as_utf8(unpacked(file, engine.scratch), self.options.encoding, engine.scratch)
        records, rejects = self._records(engine, text)
        found = self._structure(engine, records, file.name)
        # a declared path that no record has today is not a fault: keys of JSON are optional
        paths = found | {name: kind for name, kind in (columns or {}).items() if name not in found}
        cells = ", ".join(_cell(path, kind) for path, kind in paths.items())
        select = f"SELECT {cells} FROM ({records}) WHERE j IS NOT NULL"
        return Scan(select, paths, rejects, 1 if self.options.format == "lines" else None)

    def _records(self, engine: Engine, text: Path) -> tuple[str, Any]:
        """A SELECT of one JSON value `j` a record, and the rows that are none."""
        file = literal(str(text))
        if self.options.format == "lines":
            lines = (f"read_csv({file}, auto_detect = false, header = false, delim = {literal(chr(1))}, quote = '', "
                     f"escape = '', columns = {{'line': 'VARCHAR'}}, max_line_size = {_LONGEST >> 4}, "
                     "ignore_errors = true, store_rejects = true, rejects_table = 'rejects_json', "
                     "rejects_scan = 'rejects_json_scans')")  # fmt: skip
            numbered = f"SELECT row_number() OVER () AS n, line FROM {lines}"
            rejects = (f"SELECT n AS row_number, n AS line, ['not a JSON object'] AS reasons, line AS text "
                       f"FROM ({numbered}) WHERE NOT (json_valid(line) AND line[1] = '{{') "
                       "UNION ALL BY NAME SELECT line AS row_number, line, ['undecodable bytes'] AS reasons, "
                       "min(csv_line) AS text FROM rejects_json WHERE scan_id = (SELECT max(scan_id) FROM "
                       "rejects_json_scans) GROUP BY line")  # fmt: skip
            valid = f"SELECT CASE WHEN json_valid(line) AND line[1] = '{{' THEN line::JSON END AS j FROM {lines}"
            return valid, lambda engine: rejects
        whole = f"SELECT json AS j FROM read_json_objects({file}, maximum_object_size = {_LONGEST}"
        if self.options.records is None:
            return f"{whole}, format = 'array')", lambda engine: None
        path = literal(_pointer(self.options.records) + "[*]")
        return f"SELECT unnest(json_extract(j, {path})) AS j FROM ({whole}, format = 'unstructured'))", lambda engine: None

    def _structure(self, engine: Engine, records: str, name: str) -> dict[str, str]:
        """Every path to a value, with VARCHAR for a scalar and the list's type for an array."""
        try:
            row = engine.one(f"SELECT json_group_structure(j), count(*) FROM ({records}) WHERE j IS NOT NULL")
        except BoathouseError as error:
            raise SourceError(f"{name} is not JSON as declared: {error.message}",
                              hint="mend the file, or `format` and `records` in the pipeline") from error  # fmt: skip
        structure = json.loads(row[0]) if row[0] else {}
        if row[1] and not isinstance(structure, dict):
            raise SourceError(f"{name} holds no objects: its records are {structure}",
                              hint="a record must be an object with keys; `records` names where they are")  # fmt: skip
        return dict(_flatten(structure, ()))

    def sniff(self, engine: Engine, file: Path, given: dict[str, object]) -> JsonOptions:
        text = unpacked(file, engine.scratch)
        encoding = str(given.get("encoding") or detect_encoding(text))
        utf8 = as_utf8(text, encoding, engine.scratch)
        found: dict[str, object] = {"encoding": encoding, "format": _format(utf8, file.name)}
        if found["format"] == "array" and "records" not in given and (records := _only_array(utf8, file.name)):
            found["records"] = records
        return JsonOptions.model_validate(found | given)


def _cell(path: str, kind: str) -> str:
    where = literal(_pointer(path))
    if kind == "VARCHAR":
        return f"json_extract_string(j, {where}) AS {quote(path)}"
    return f"json_extract(j, {where}) AS {quote(path)}"


def _pointer(path: str) -> str:
    """`address.city` as the engine's JSON path. A key that holds a dot itself is written with `\\.`."""
    keys = path.replace("\\.", "\0").split(".")
    return "$" + "".join(f'."{key.replace(chr(0), ".")}"' for key in keys)


def _flatten(structure: dict[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for key, inner in structure.items():
        path = (*above, key.replace(".", "\\."))
        if isinstance(inner, dict) and inner:
            yield from _flatten(inner, path)
        else:
            yield ".".join(path), "JSON" if isinstance(inner, list | dict) or inner == "JSON" else "VARCHAR"


def _format(file: Path, name: str) -> str:
    """`lines` where the second line begins another record, else `array`."""
    with file.open(encoding="utf-8-sig", errors="replace") as lines:
        filled = [line.strip() for line in (next(lines, "") for _ in range(50)) if line.strip()]
    if not filled:
        raise SourceError(f"{name} is empty", hint="fetch the file again")
    if not filled[0].startswith("{"):
        return "array"
    try:
        json.loads(filled[0])
    except ValueError:
        return "array"
    return "lines" if len(filled) > 1 or file.suffix in (".jsonl", ".ndjson") else "array"


def _only_array(file: Path, name: str) -> str | None:
    """The path of the one array of objects in a file that is a single object."""
    with file.open("rb") as raw:
        if raw.read(64).lstrip(b"\xef\xbb\xbf \r\n\t")[:1] != b"{" or file.stat().st_size > _LONGEST:
            return None
    try:
        whole = json.loads(file.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise SourceError(f"{name} is not JSON: {error}", hint="mend the file") from error
    arrays = [key for key, value in whole.items() if isinstance(value, list) and value and isinstance(value[0], dict)]
    return arrays[0] if len(arrays) == 1 else None
