"""JSON and JSON lines: nested objects become columns named by their path (`address.city`), arrays stay lists."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from boathouse.engine import Engine, literal, quote
from boathouse.errors import BoathouseError, SourceError, UsageError
from boathouse.names import distinct
from boathouse.sources.compression import unpacked
from boathouse.sources.files import FileSource
from boathouse.sources.json_records import LONGEST, Records, records_of
from boathouse.sources.protocol import Scan, SourceOptions
from boathouse.sources.text import as_utf8, check_encoding, detect_encoding

_HEAD = 1 << 20


class JsonOptions(SourceOptions):
    """Further keys under `source:` for `type: json`."""

    format: Literal["lines", "array", "objects", "rows"] = Field(
        "array",
        description="`lines`: one object a line; `array`: one array of objects; `objects`: one object, or several one after "
        "another; `rows`: one array of arrays, of which the first holds the names.",
    )
    records: str | None = Field(None, description="Where the array is within the file, as `data.items`.")
    encoding: str = Field("utf-8", description="Of the file.")


class JsonSource(FileSource):
    """`type: json`."""

    family = "json"
    suffixes = (".json", ".jsonl", ".ndjson")
    packed = True
    Options = JsonOptions
    options: JsonOptions

    def scan(self, engine: Engine, file: Path, columns: Mapping[str, str] | None) -> Scan:
        text = as_utf8(unpacked(file), check_encoding(self.options.encoding))
        within = pointer(self.options.records) if self.options.records else None
        records = records_of(text, self.options.format, within)
        try:
            found, others = self._columns(engine, records)
        except BoathouseError as error:
            raise SourceError(f"{file.name} is not JSON as declared: {error.message}",
                              hint="mend the file, or `format` and `records` in the pipeline") from error  # fmt: skip
        # a declared path that no record has today is not a fault: keys of JSON are optional
        found |= {
            name: (pointer(name), kind) for name, kind in (columns or {}).items() if name not in found and not records.names
        }
        if not found:
            raise SourceError(f"{file.name} holds no objects with keys", hint="`records` names where the records are")
        cells = ", ".join(_cell(path, kind, name) for name, (path, kind) in found.items())
        return Scan(f"SELECT {cells} FROM ({records.select}) WHERE {records.is_row}", {name: kind for name, (_, kind) in found.items()},
                    lambda engine, rows: records.rejects(engine, others), records.lines)  # fmt: skip

    def _columns(self, engine: Engine, records: Records) -> tuple[dict[str, tuple[str, str]], int]:
        """Name, path and kind of every column, and how many records are no rows."""
        names = records.head(engine)
        row = engine.one(f"SELECT json_group_structure(CASE WHEN {records.is_row} THEN j END), count(*) FILTER (NOT {records.is_row}) "
                         f"FROM ({records.select})")  # fmt: skip
        if names:
            return {name: (f"/{n}", "VARCHAR") for n, name in enumerate(distinct(names))}, row[1]
        structure = json.loads(row[0]) if row[0] else {}
        paths = list(_flatten(structure, ())) if isinstance(structure, dict) else []  # the empty object has none
        return dict(zip(distinct(path for path, _ in paths), ((pointer(path), kind) for path, kind in paths), strict=True)), row[
            1
        ]

    def sniff(self, engine: Engine, file: Path, given: dict[str, object]) -> JsonOptions:
        text = unpacked(file)
        known = JsonOptions.model_validate(given)
        encoding = known.encoding if "encoding" in given else detect_encoding(text)
        utf8 = as_utf8(text, encoding)
        found: dict[str, object] = {"encoding": encoding, "format": _format(utf8, file.name)}
        if found["format"] == "objects" and not given.keys() & {"records", "format"}:
            found["records"] = _only_array(utf8, file.name)
        if given.get("records") or found.get("records"):
            found["format"] = "array"
        return JsonOptions.model_validate(found | given)


def _cell(path: str, kind: str, name: str) -> str:
    where = literal(path)
    if kind == "VARCHAR":
        return f"json_extract_string(j, {where}) AS {quote(name)}"
    return (f"CASE json_type(j, {where}) WHEN 'NULL' THEN NULL WHEN 'VARCHAR' THEN json_extract_string(j, {where}) "
            f"ELSE json_extract(j, {where})::VARCHAR END AS {quote(name)}")  # fmt: skip


def pointer(path: str) -> str:
    """`address.city` as a JSON pointer. A key that holds a dot itself is written with `\\.`."""
    keys = path.replace("\\.", "\0").split(".")
    return "".join("/" + key.replace("\0", ".").replace("~", "~0").replace("/", "~1") for key in keys)


def _flatten(structure: dict[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Every path to a value, with VARCHAR for a scalar and JSON for an array, or for what differs from record to record."""
    for key, inner in structure.items():
        path = (*above, key.replace(".", "\\."))
        if isinstance(inner, dict) and inner:
            yield from _flatten(inner, path)
        else:
            yield ".".join(path), "JSON" if isinstance(inner, list | dict) or inner == "JSON" else "VARCHAR"


def _format(file: Path, name: str) -> str:
    """The format, by how the file begins."""
    with file.open(encoding="utf-8-sig", errors="replace") as text:
        head = text.read(_HEAD).lstrip()
    if not head:
        raise SourceError(f"{name} is empty", hint="fetch the file again")
    if head[0] == "[":
        return "rows" if head[1:].lstrip()[:1] == "[" else "array"
    if Path(name.removesuffix(".unpacked")).suffix in (".jsonl", ".ndjson"):
        return "lines"
    first, _, rest = head.partition("\n")
    try:
        json.loads(first)
    except ValueError:
        return "objects"
    return "lines" if rest.strip() else "objects"


def _only_array(file: Path, name: str) -> str | None:
    """The path of the one array of objects within a file that is a single object; None where there is none."""
    if file.stat().st_size > LONGEST:
        return None
    try:
        whole = json.loads(file.read_text(encoding="utf-8-sig", errors="replace"))
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":  # another object follows
            return None
        raise SourceError(f"{name} is not JSON: {error.msg}", where=f"{name}:{error.lineno}", hint="mend the file") from error
    arrays = list(_arrays(whole, ()))
    if len(arrays) > 1:
        raise UsageError(f"{name} holds several arrays of objects: {', '.join(arrays[:8])}", hint=f"--option records={arrays[0]}")
    return arrays[0] if arrays else None


def _arrays(value: Any, above: tuple[str, ...]) -> Iterator[str]:
    for key, inner in value.items() if isinstance(value, dict) else ():
        path = (*above, key.replace(".", "\\."))
        if isinstance(inner, list) and inner and all(isinstance(each, dict) for each in inner):
            yield ".".join(path)
        elif len(path) < 3:
            yield from _arrays(inner, path)
