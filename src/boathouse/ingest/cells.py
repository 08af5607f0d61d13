"""Text cells into typed values, as SQL: each column is a value and a test that says whether the cell was lost on the way.

A cell is never rounded, cut or reinterpreted to make it fit: `1.5` is no BIGINT, `1.005` no DECIMAL(9,2), `1,5` no number
with thousands, `01/02/24` no date with a year of four digits, a time zone no part of a TIMESTAMP.
"""

from __future__ import annotations

import re

from boathouse.config import Column
from boathouse.engine import literal

MOMENTS = ("DATE", "TIMESTAMP", "TIMESTAMPTZ")
_INTEGERS = {"BIGINT", "INTEGER", "SMALLINT", "TINYINT"}
# what people leave around cells: spaces, tabs, line ends, no-break spaces
_WHITE = ("' '", "chr(9)", "chr(10)", "chr(13)", "chr(160)")
# whose cast passes over these by itself, but for the last
_TOLERANT = ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "DECIMAL", "DOUBLE", "FLOAT", "DATE", "TIMESTAMPTZ")
_SPACES = [" ", "\u00a0", "\u202f"]  # with `thousands: " "` the narrow ones are meant as well
_DAY = r"\d{4}[-/ ]\d{1,2}[-/ ]\d{1,2}"
_TIME = r"\d{1,2}:\d{1,2}(:\d{1,2}(\.\d{1,6}0*)?)?"
_ZONE = r" ?(Z|UTC|GMT|[A-Z][a-z]+/[A-Za-z_]+|[+-]\d{2}(:?\d{2})?)"


def text_value(cell: str, trim: bool, null_values: list[str], spaces: bool = True) -> str:
    """A text cell: trimmed, empty to NULL. `spaces` says that it may hold no-break spaces."""
    if null_values:
        text = _bare(cell) if trim else cell
        words = ", ".join(map(literal, ["", *null_values]))
        return f"CASE WHEN {text} IN ({words}) THEN NULL ELSE {text} END"
    if not trim:
        return f"nullif({cell}, '')"
    # trimming copies every cell; whether it is needed shows at its two ends, for a fifth of the cost
    white = _WHITE if spaces else _WHITE[:-1]
    ends = " OR ".join([f"{cell} < '!'", *(f"suffix({cell}, {mark})" for mark in white)])
    if spaces:
        ends += f" OR prefix({cell}, {white[-1]})"
    return f"CASE WHEN {ends} THEN nullif({_bare(cell)}, '') ELSE {cell} END"


def _bare(cell: str) -> str:
    return f"trim({cell}, {' || '.join(_WHITE)})"


def value(cell: str, column: Column, null_values: list[str], spaces: bool = True) -> str:
    """The typed value of a text cell, NULL where it is none. `spaces` says that it may hold no-break spaces."""
    typed = _value(cell, column, spaces)
    if not null_values or column.type == "BLOB":
        return typed
    return f"CASE WHEN {_bare(cell)} IN ({', '.join(map(literal, null_values))}) THEN NULL ELSE {typed} END"


def _value(cell: str, column: Column, spaces: bool = True) -> str:
    kind = column.type
    if kind == "BLOB":
        return f"encode({cell})"
    if kind.endswith("[]"):
        return f"list_transform({_elements(cell)}, lambda x: {_value('x', _inner(column))})"
    if kind.startswith(("STRUCT", "MAP")):
        return f"TRY_CAST(TRY_CAST({cell} AS JSON) AS {kind})"
    if kind == "VARCHAR":
        return cell
    if kind == "BOOLEAN" and (column.true_words or column.false_words):
        return _boolean(cell, column)
    if column.format:
        return f"TRY_CAST({_moment(cell, column)} AS {kind})"
    number = _number(cell, column)
    if not spaces and kind.partition("(")[0] in _TOLERANT:
        return f"TRY_CAST({number} AS {kind})"
    return f"coalesce(TRY_CAST({number} AS {kind}), TRY_CAST({_bare(number)} AS {kind}))"


def suspect(cell: str, name: str, column: Column) -> str | None:
    """A cheap test: TRUE for every cell that `lost` must look at, and for few others."""
    kind, gone = column.type, f"({name} IS NULL AND {cell} IS NOT NULL)"
    if kind in ("VARCHAR", "BLOB"):
        return None
    if kind in _INTEGERS:
        return f"{name}::VARCHAR <> {cell} OR {gone}"
    if kind.startswith("DECIMAL"):
        plain = cell if column.thousands else _number(cell, column)
        return f"({cell} IS NOT NULL AND NOT coalesce(starts_with({name}::VARCHAR, {plain}), false))"
    if kind in ("DOUBLE", "FLOAT"):
        marks = "".join(f" OR contains({cell}, {literal(mark)})" for mark in ("_", *_marks(column.thousands)))
        return f"{gone}{marks} OR {cell} < '-' OR isinf({name})"
    if kind == "BOOLEAN":
        return gone
    if kind in MOMENTS:
        early = f"{name} < '1000-01-01'::{kind}"
        if column.format:
            return f"{gone} OR {early}" + (f" OR {_moment(cell, column)} <> {name}" if kind == "DATE" else "")
        odd = f"{gone} OR {early} OR {cell} < '0' OR {cell} >= ':'"
        return f"{odd} OR {_unlike(cell, kind)}"
    return f"{cell} IS NOT NULL"


def lost(cell: str, name: str, column: Column, null_values: list[str]) -> str:
    """TRUE for a cell that holds something which its typed value does not."""
    kind, bare = column.type, _bare(cell)
    tests = [f"{name} IS NULL"]
    if form := _form(column):
        tests.append(f"NOT regexp_full_match({bare}, {literal(form)}, 'i')")
    if kind in ("DOUBLE", "FLOAT"):
        tests.append(f"(isinf({name}) AND NOT contains(lower({cell}), 'inf'))")
    if column.format:
        tests.append(f"({name} < '1000-01-01'::{kind} AND NOT regexp_matches({cell}, '\\d{{4}}'))")
        tests += [f"{_moment(cell, column)} <> {name}"] if kind == "DATE" else []
    if kind.endswith("[]"):
        inner = _inner(column)
        tests.append(
            f"len(list_filter({_elements(cell)}, lambda x: x IS NOT NULL AND {lost('x', _value('x', inner), inner, [])})) > 0"
        )
    return f"({bare} NOT IN ({', '.join(map(literal, ['', *null_values]))}) AND ({' OR '.join(tests)}))"


def fitting(cell: str, column: Column) -> str:
    """A value that its source has typed; NULL where a table cannot hold it: infinity, a year before 1 or after 9999."""
    value = f"TRY_CAST({cell} AS {column.type})"
    if column.type not in MOMENTS:
        return value
    return (
        f"CASE WHEN {value} BETWEEN '0001-01-01'::{column.type} AND '9999-12-31 23:59:59.999999'::{column.type} THEN {value} END"
    )


def _form(column: Column) -> str | None:
    """How a cell must be written to be this type and nothing else, as a regular expression."""
    kind = column.type
    point = f"[{re.escape(column.decimal or '.')}]"
    marks = "".join(map(re.escape, _marks(column.thousands)))
    whole = rf"(\d+|\d{{1,3}}([{marks}]\d{{2,3}})*[{marks}]\d{{3}})" if marks else r"\d+"
    if kind in _INTEGERS:
        return rf"[+-]?{whole}({point}0*)?"
    if match := re.match(r"DECIMAL\(\d+, ?(\d+)\)", kind):
        return rf"[+-]?({whole})?({point}\d{{0,{match[1]}}}0*)?"
    if kind in ("DOUBLE", "FLOAT"):
        return rf"[+-]?(({whole}({point}\d*)?|{point}\d+)(e[+-]?\d+)?|inf|infinity|nan)"
    if column.format:
        return None
    return {"DATE": f"{_DAY}([T ]0?0:00(:00([.]0+)?)?)?", "TIMESTAMP": f"{_DAY}([T ]{_TIME})?",
            "TIMESTAMPTZ": f"{_DAY}[T ]{_TIME}{_ZONE}"}.get(kind)  # fmt: skip


def _unlike(cell: str, kind: str) -> str:
    """TRUE for a cell that is not written as most are: few characters decide, where a regular expression would cost more."""
    if kind == "DATE":
        return f"strlen({cell}) > 10"
    if kind == "TIMESTAMP":
        return (f"CASE strlen({cell}) WHEN 10 THEN false WHEN 16 THEN {cell}[14] <> ':' OR {cell}[-1] >= ':' "
                f"WHEN 19 THEN {cell}[17] <> ':' ELSE true END")  # fmt: skip
    return f"strlen({cell}) < 17 OR contains({cell}, '.') OR NOT ({cell}[-1] = 'Z' OR {cell}[-6] IN ('+', '-') OR {cell}[-3] IN ('+', '-'))"


def _marks(thousands: str | None) -> list[str]:
    return _SPACES if thousands == " " else [thousands] if thousands else []


def _number(cell: str, column: Column) -> str:
    for mark in _marks(column.thousands):
        cell = f"replace({cell}, {literal(mark)}, '')"
    if column.decimal and column.decimal != ".":
        cell = f"replace({cell}, {literal(column.decimal)}, '.')"
    return cell


def _boolean(cell: str, column: Column) -> str:
    true = ", ".join(literal(word.lower()) for word in column.true_words or ["true"])
    false = ", ".join(literal(word.lower()) for word in column.false_words or ["false"])
    word = f"lower({_bare(cell)})"
    return f"CASE WHEN {word} IN ({true}) THEN true WHEN {word} IN ({false}) THEN false END"


def _moment(cell: str, column: Column) -> str:
    return f"try_strptime({_bare(cell)}, {literal(column.format or '')})"


def _elements(cell: str) -> str:
    """The elements of a JSON array as text; NULL where the cell is none."""
    parsed = f"TRY_CAST({cell} AS JSON)"
    return f"CASE WHEN json_type({parsed}) = 'ARRAY' THEN json_extract_string({parsed}, '$[*]') END"


def _inner(column: Column) -> Column:
    return column.model_copy(update={"type": column.type[:-2]})
