"""What a dataset's rows show of it: the kinds and sizes of its columns, what people know a row by, and which date is its own."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from boathouse.ask.lexicon import Lexicon
from boathouse.ask.meanings import PERIODS, Column, Dataset
from boathouse.config import Pipeline
from boathouse.engine import quote
from boathouse.query.policy import Policy

if TYPE_CHECKING:
    from boathouse.workbench import Workbench

_LABELS = ("name", "full_name", "title", "label")
_DATES, _BEFORE, _ENOUGH = (
    4,
    0.95,
    3,
)  # dates of a dataset between which there are spans; the share of rows, and how many, that have them so
_KNOWN = 100_000  # rows; of more, nobody knows one by a text that is no name
_STARTS = {"start", "started", "begin", "began", "begun", "created", "opened", "ordered", "placed", "loaned", "lent", "issued",
           "booked", "held", "reported", "accepted", "filed", "logged", "raised", "submitted", "requested", "in", "out"}  # fmt: skip
_ENDS = {"end", "ended", "finish", "finished", "completed", "closed", "returned", "due", "delivered", "shipped", "arrived",
         "paid", "required", "settled", "resolved", "solved", "fixed", "repaired", "answered", "back", "cancelled", "expires", "in", "out"}  # fmt: skip
_PERSONAL = {"birth", "born", "dob", "birthday", "birthdate"}  # dates that 'last month' never means


def profiled(wb: Workbench, policy: Policy, entry: dict[str, Any], pipeline: Pipeline | None, words: Lexicon) -> Dataset:
    """A dataset of the catalog with what its rows show of its columns."""
    name, key = entry["name"], tuple(pipeline.key) if pipeline else ()
    specs, foreign = (pipeline.columns, pipeline.relations) if pipeline else ({}, {})
    columns = {
        c["name"]: Column(
            name,
            c["name"],
            kind_of(c["type"]),
            c["type"],
            unit=specs[c["name"]].unit if c["name"] in specs else None,
            foreign=c["name"] in foreign,
        )
        for c in entry["columns"]
    }
    counted = [
        f"count({quote(c)}), approx_count_distinct({quote(c)}), {_is_flag(spec)}, {_are_years(spec)}, {_has_zeros(spec)}, {_is_fraction(spec)}"
        for c, spec in columns.items()
    ]
    [row] = (
        wb.sql(f"SELECT count(*), {', '.join(counted)} FROM {quote(name)}", role=policy).arrow().to_pylist() if columns else [{}]
    )
    rows, *numbers = row.values()
    for column, there, size, flag, years, zeros, small in zip(columns, *(numbers[n::6] for n in range(6)), strict=True):
        kind = "boolean" if flag else columns[column].kind
        columns[column] = replace(
            columns[column], kind=kind, size=size, nulls=there < rows, years=bool(years), zeros=bool(zeros), fraction=bool(small)
        )
    columns |= _flags(wb, policy, columns, words)
    maybe = [c for c, spec in columns.items() if not spec.nulls and spec.kind in ("text", "number") and spec.size > 0.9 * rows
             and (spec.is_key or c in key or c in _LABELS or (spec.kind == "text" and rows <= _KNOWN))]  # fmt: skip
    if maybe:
        exact = ", ".join(f"count(DISTINCT {quote(c)})" for c in maybe)
        [row] = wb.sql(f"SELECT {exact} FROM {quote(name)}", role=policy).arrow().to_pylist()
        for column, size in zip(maybe, row.values(), strict=True):
            columns[column] = replace(columns[column], size=size, unique=size == rows)
    derived = pipeline.derive if pipeline else {}
    times = [c for c, spec in columns.items() if spec.kind == "date" and c not in derived and not set(c.split("_")) & _PERSONAL]
    if len(times) > 1:
        times = [c for c in times if c not in PERIODS]
    stems = {words.stem(part) for own in name.lower().split("_") for part in (own, words.long(own))}
    parts = {c: [words.long(part) for part in c.lower().split("_")] for c in times}
    own = [c for c in times if _is_of(words.stem(parts[c][0]), stems) or {words.stem(part) for part in parts[c]} & stems]
    spans = _spans(wb, policy, name, [columns[c] for c in times])
    first = {c for c in times if all(any(span.between == (c, other) for span in spans) for other in times if other != c)}
    starts = [c for c in first if set(parts[c]) & _STARTS]
    own = own if len(own) == 1 else starts if all(c in starts or set(parts[c]) & _ENDS for c in times) else []
    time = (pipeline.time if pipeline else None) or (times[0] if len(times) == 1 else own[0] if len(own) == 1 else None)
    earliest, latest = None, None
    if time:
        asked = f"SELECT min({quote(time)})::DATE, max({quote(time)})::DATE FROM {quote(name)}"
        [[earliest, latest]] = [row.values() for row in wb.sql(asked, role=policy).arrow().to_pylist()]
    return Dataset(name, rows, columns, key, _label(name, columns, words, rows), tuple(times), time, earliest, latest, spans)


def _spans(wb: Workbench, policy: Policy, name: str, dates: list[Column]) -> tuple[Column, ...]:
    """The times from one date to another, where nearly every row has the one before the other."""
    pairs = [(a, b) for a, b in itertools.permutations(dates, 2) if a.type == b.type] if len(dates) <= _DATES else []
    if not pairs:
        return ()
    after = ", ".join(
        f"CASE WHEN count({quote(a.name)} <= {quote(b.name)}) >= {_ENOUGH} THEN avg(({quote(a.name)} <= {quote(b.name)})::INT) END"
        for a, b in pairs
    )
    row = wb.sql(f"SELECT {after} FROM {quote(name)}", role=policy).arrow().to_pylist()[0]
    return tuple(
        Column(name, f"{unit}_from_{a.name}_to_{b.name}", "number", a.type, unit=unit, between=(a.name, b.name))
        for (a, b), share in zip(pairs, row.values(), strict=True)
        for unit in (("days",) if a.type == "DATE" else ("hours", "days", "minutes"))
        if share is not None and share > _BEFORE
    )


def _is_of(stem: str, dataset: set[str]) -> bool:
    """Whether a date's word and a dataset's are of one root: shipped, of shipments."""
    return any(stem.startswith(own) or (len(stem) > 3 and own.startswith(stem)) for own in dataset)


def _is_flag(column: Column) -> str:
    """SQL that is true where a whole number says yes or no: 0 and 1, and nothing else."""
    return f"min({quote(column.name)}) = 0 AND max({quote(column.name)}) = 1" if _is_whole(column) else "false"


def _flags(wb: Workbench, policy: Policy, columns: dict[str, Column], words: Lexicon) -> dict[str, Column]:
    """The texts that say yes or no, as they are called: is_official, of T and F; abandoned_yn, of Y and N."""
    parts = {c: c.lower().split("_") for c, spec in columns.items() if spec.kind == "text" and 0 < spec.size <= 2}
    called = [c for c, own in parts.items() if len(own) > 1 and (own[0] in words.flag_words or own[-1] in words.flag_ends)]
    if not called:
        return {}
    cells = ", ".join(f"list(DISTINCT {quote(c)}) FILTER ({quote(c)} IS NOT NULL) AS {quote(c)}" for c in called)
    [row] = wb.sql(f"SELECT {cells} FROM {quote(columns[called[0]].dataset)}", role=policy).rows()
    found = {c: {str(cell).casefold(): str(cell) for cell in row[c] or []} for c in called}
    return {
        c: replace(columns[c], kind="boolean", yes=cells[yes])
        for c, cells in found.items()
        for yes, no in words.yes_and_no
        if yes in cells and set(cells) <= {yes, no}
    }


def _are_years(column: Column) -> str:
    return f"min({quote(column.name)}) >= 1000 AND max({quote(column.name)}) <= 2200" if _is_whole(column) else "false"


def _is_whole(column: Column) -> bool:
    return column.kind == "number" and "INT" in column.type and not column.is_key


def _is_fraction(column: Column) -> str:
    return f"max({quote(column.name)}) <= 1" if column.kind == "number" and not column.is_key else "false"


def _has_zeros(column: Column) -> str:
    return f"bool_or({quote(column.name)} = 0)" if column.kind == "number" and not column.is_key else "false"


def _label(name: str, columns: dict[str, Column], words: Lexicon, rows: int) -> tuple[str, ...]:
    stems = {words.stem(part) for part in name.lower().split("_")}
    parts_of = {column: [words.long(part) for part in column.lower().split("_")] for column in columns}
    long = {" ".join(p for p in parts if words.stem(p) not in stems): column for column, parts in parts_of.items()}
    if {"first name", "last name"} <= set(long):
        return long["first name"], long["last name"]
    texts = {column: parts_of[column] for column, c in columns.items() if c.kind == "text"}
    for label in _LABELS:
        named = [
            column
            for column, parts in texts.items()
            if "_".join(parts) == label or (parts[-1] == label and {words.stem(p) for p in parts[:-1]} <= stems)
        ]
        if named:
            return (named[0],)
    for column, parts in texts.items():  # the airline, of airlines
        if {words.stem(part) for part in parts} == stems and columns[column].size > rows / 2 and not columns[column].foreign:
            return (column,)
    called = [column for column, parts in texts.items() if parts[-1].endswith("name") and not columns[column].foreign]
    if called and columns[called[0]].size > rows / 2:
        return (called[0],)
    only = [column for column in texts if columns[column].unique and not columns[column].is_key]
    return (only[0],) if len(only) == 1 else ()  # a truck's registration


def kind_of(type_: str) -> str:
    """What a SQL type holds, in the words of `Column`."""
    base = type_.upper().split("(")[0]
    if base.endswith("[]"):
        return "list"
    if base in ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT", "DOUBLE", "FLOAT", "DECIMAL", "UBIGINT", "UINTEGER"):
        return "number"
    return {"VARCHAR": "text", "BOOLEAN": "boolean", "DATE": "date"}.get(
        base, "date" if base.startswith("TIMESTAMP") else "other"
    )
