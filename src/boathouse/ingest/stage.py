"""stage: the landed file as a typed relation, and the rows that cannot be one kept apart with their reasons."""

from __future__ import annotations

from boathouse.config import Column, Pipeline
from boathouse.engine import Engine, literal, quote
from boathouse.errors import StepError, did_you_mean
from boathouse.ingest import cells
from boathouse.ingest.batch import CELLS, ERRORS, LOST, ROW, Batch
from boathouse.sources import Scan, Source

_NARROW = ("INTEGER", "SMALLINT", "TINYINT")


def stage(batch: Batch, pipeline: Pipeline, source: Source, engine: Engine) -> None:
    """Sets `typed`: a SELECT over the landed file with the pipeline's columns and `_lost`."""
    assert batch.file is not None
    wanted = {column.from_ or name: column.type for name, column in pipeline.columns.items()}
    scan = _scan(batch, source, engine, wanted)
    batch.scan = scan
    batch.columns = _columns(pipeline, scan, batch)
    batch.typed = typed_select(scan, batch.columns, pipeline)
    batch.told = typed_select(scan, batch.columns, pipeline, explain=True)


def _scan(batch: Batch, source: Source, engine: Engine, wanted: dict[str, str]) -> Scan:
    assert batch.file is not None
    if batch.arrow:
        return Source.scan(source, engine, batch.file, wanted)
    return source.scan(engine, batch.file, wanted)


def _columns(pipeline: Pipeline, scan: Scan, batch: Batch) -> dict[str, Column]:
    """The pipeline's columns, held against those that came; a source without declared columns brings its own."""
    if not pipeline.columns:
        kept = {name: kind for name, kind in scan.columns.items() if name not in pipeline.drop}
        return {name: Column(type=plain_type(kind)) for name, kind in kept.items()}
    wanted = {column.from_ or name for name, column in pipeline.columns.items()}
    missing = sorted(wanted - set(scan.columns))
    strange = sorted(set(scan.columns) - wanted - set(pipeline.drop))
    if missing or strange:
        raise StepError(_drift(batch.name, missing, strange), where=f"{pipeline.path}:{pipeline.lines.get(('columns',), 1)}",
                        hint="mend `columns` (a `from:` that was renamed, a new column), or list what is not wanted under `drop`")  # fmt: skip
    return pipeline.columns


def _drift(item: str, missing: list[str], strange: list[str]) -> str:
    parts = []
    if missing:
        guesses = [f"{name!r}{did_you_mean(name, strange)}" for name in missing[:10]]
        parts.append(f"{item} lacks {', '.join(guesses)}")
    if strange:
        parts.append(f"{'has' if missing else item + ' has'} columns that the pipeline does not know: "
                     + ", ".join(map(repr, strange[:10])) + (" …" if len(strange) > 10 else ""))  # fmt: skip
    return " and ".join(parts)


def plain_type(kind: str) -> str:
    """An engine type as one that a Delta table can hold."""
    plain = {
        "HUGEINT": "DECIMAL(38,0)", "UHUGEINT": "DECIMAL(38,0)", "UBIGINT": "DECIMAL(20,0)", "UINTEGER": "BIGINT",
        "USMALLINT": "INTEGER", "UTINYINT": "SMALLINT", "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
        "TIMESTAMP_NS": "TIMESTAMP", "TIMESTAMP_MS": "TIMESTAMP", "TIMESTAMP_S": "TIMESTAMP", "TIME": "VARCHAR",
        "TIME WITH TIME ZONE": "VARCHAR", "INTERVAL": "VARCHAR", "UUID": "VARCHAR", "JSON": "VARCHAR", "BIT": "VARCHAR",
        '"NULL"': "VARCHAR",
    }.get(kind, kind)  # fmt: skip
    return "VARCHAR" if plain.startswith("ENUM") else plain


def typed_select(scan: Scan, columns: dict[str, Column], pipeline: Pipeline, *, explain: bool = False) -> str:
    """A SELECT of the typed columns and of `_lost`: whether a cell of the row was lost on the way. To `explain` is to
    read again, for the rows that did: `_row`, `_errors` and, by column, `_cells` as they came."""
    inner, outer, suspects, reasons = [], [], [], []
    for position, (name, column) in enumerate(columns.items()):
        came = quote(column.from_ or name)
        kind = scan.columns[column.from_ or name]
        outer.append(quote(name))
        if kind != "VARCHAR" and (plain_type(kind) == column.type or (kind in _NARROW and column.type == "BIGINT")):
            inner.append(f"{cells.fitting(came, column)} AS {quote(name)}")
            if column.type in cells.MOMENTS:
                inner.append(f"{came} AS _cell_{position}")
                test = f"({quote(name)} IS NULL AND _cell_{position} IS NOT NULL)"
                suspects.append(test)
                reasons.append((name, f"(_cell_{position}::VARCHAR)", test, column))
            continue
        nulls = [*pipeline.null_values, *column.null_values]
        text = came if kind == "VARCHAR" else f"{came}::VARCHAR"
        if column.type == "VARCHAR":
            inner.append(f"{cells.text_value(text, pipeline.trim, nulls, scan.spaces)} AS {quote(name)}")
            continue
        cell = f"_cell_{position}"
        inner += [f"{text} AS {cell}", f"{cells.value(text, column, nulls, scan.spaces)} AS {quote(name)}"]
        if doubt := cells.suspect(cell, quote(name), column):
            suspects.append(f"({doubt})")
            reasons.append((name, cell, cells.lost(cell, quote(name), column, nulls), column))
    relation = f"(SELECT {', '.join(inner)} FROM ({scan.select}))"
    lost = _any(suspects, [test for _, _, test, _ in reasons])
    if not explain:
        return f"SELECT {', '.join(outer)}, {lost} AS {LOST} FROM {relation}"
    told = ", ".join(_reason(name, cell, test, column) for name, cell, test, column in reasons)
    kept = ", ".join(f"CASE WHEN {test} THEN {{'k': {literal(name)}, 'v': {cell}}} END" for name, cell, test, _ in reasons)
    return (
        f"SELECT * FROM (SELECT row_number() OVER () - 1 AS {ROW}, list_filter([{told}], lambda x: x IS NOT NULL) AS {ERRORS}, "
        f"map_from_entries(list_filter([{kept}], lambda x: x IS NOT NULL)) AS {CELLS}, {lost} AS {LOST} FROM {relation}) WHERE {LOST}"
    )


def _any(suspects: list[str], tests: list[str]) -> str:
    """Whether a row lost a cell: the dear tests are run on the few rows that a cheap one suspects."""
    return f"CASE WHEN {' OR '.join(suspects)} THEN coalesce({' OR '.join(tests)}, false) ELSE false END" if suspects else "false"


def _reason(name: str, cell: str, test: str, column: Column) -> str:
    how = f" written as {column.format}" if column.format else ""
    tail = literal(f" is not a {column.type}{how}")
    shown = f"CASE WHEN length({cell}) > 60 THEN {cell}[:60] || '…' ELSE {cell} END"
    return f"CASE WHEN {test} THEN {literal(name + ': ')} || chr(39) || {shown} || chr(39) || {tail} END"


def rejected_row(scan: Scan, columns: dict[str, Column]) -> str:
    """A row that the reader gave up, as JSON: its cells under the dataset's names, those beyond under `_extra`."""
    own = {column.from_ or name: name for name, column in columns.items()}
    names = "[" + ", ".join(literal(own.get(name, name)) for name in scan.columns) + "]"
    known = f"map_from_entries(list_zip({names}[:len(cells)], cells[:{len(scan.columns)}]))"
    extra = f"CASE WHEN len(cells) > {len(scan.columns)} THEN to_json({{'_extra': cells[{len(scan.columns) + 1}:]}}) ELSE '{{}}'::JSON END"
    return (
        f"CASE WHEN cells IS NULL THEN to_json({{'_text': text}}) ELSE json_merge_patch(to_json({known}), {extra}) END::VARCHAR"
    )
