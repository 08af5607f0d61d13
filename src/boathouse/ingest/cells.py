"""Text cells into typed values, as SQL: each column is a value and a test that says whether the cell was lost on the way.

A cell is never rounded, cut or reinterpreted to make it fit: `1.5` is no BIGINT, `1.005` no DECIMAL(9,2), a time zone
no part of a TIMESTAMP.
"""

from __future__ import annotations

import re

from boathouse.config import Column
from boathouse.engine import literal

_INTEGERS = {"BIGINT", "INTEGER", "SMALLINT", "TINYINT"}
_TRUE, _FALSE = ["true", "t", "yes", "y", "1"], ["false", "f", "no", "n", "0"]


def text_value(cell: str, trim: bool, null_values: list[str]) -> str:
    """A text cell: trimmed, empty to NULL."""
    text = f"trim({cell}, {_WHITE})" if trim else cell
    if null_values:
        words = ", ".join(map(literal, ["", *null_values]))
        return f"CASE WHEN {text} IN ({words}) THEN NULL ELSE {text} END"
    return f"nullif({text}, '')"


# not what Unicode calls white space but what people leave around cells: spaces, tabs, line ends, no-break spaces
_WHITE = "' ' || chr(9) || chr(10) || chr(13) || chr(160)"


def value(cell: str, column: Column) -> str:
    """The typed value of a text cell, NULL where it is none."""
    kind = column.type
    if kind == "VARCHAR":
        return cell
    if kind == "BLOB":
        return f"encode({cell})"
    if kind == "BOOLEAN":
        return _boolean(cell, column)
    if kind in ("DATE", "TIMESTAMP", "TIMESTAMPTZ"):
        return _moment(cell, column)
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP")):
        return f"TRY_CAST(TRY_CAST({cell} AS JSON) AS {kind})"
    return f"TRY_CAST({_number(cell, column)} AS {kind})"


def suspect(cell: str, name: str, column: Column) -> str | None:
    """A cheap test: TRUE for every cell that `lost` must look at, and for few others."""
    kind, gone = column.type, f"({name} IS NULL AND {cell} IS NOT NULL)"
    if kind in ("VARCHAR", "BLOB"):
        return None
    if kind in _INTEGERS:
        return f"{gone} OR contains({cell}, '.') OR contains({cell}, 'e') OR contains({cell}, 'E') OR contains({cell}, '_')"
    if match := re.match(r"DECIMAL\(\d+, ?(\d+)\)", kind):
        mark = literal(column.decimal or ".")
        return f"{gone} OR (length({cell}) - strpos({cell}, {mark}) > {match[1]} AND contains({cell}, {mark})) OR contains({cell}, 'e')"
    if kind in ("DOUBLE", "FLOAT"):
        return f"{gone} OR contains({cell}, '_') OR isinf({name})"
    if kind == "DATE" and not column.format:
        return f"{gone} OR length({cell}) > 10 OR NOT regexp_matches({cell}[1:1], '[0-9]')"
    if kind == "TIMESTAMP" and not column.format:
        return f"{gone} OR length({cell}) > 19 OR NOT regexp_matches({cell}[1:1], '[0-9]')"
    return gone


def lost(cell: str, name: str, column: Column, null_values: list[str]) -> str:
    """TRUE for a cell that holds something which its typed value does not."""
    kind = column.type
    filled = f"trim({cell}, {_WHITE}) NOT IN ({', '.join(map(literal, ['', *null_values]))})"
    tests = [f"({name} IS NULL)"]
    number = f"trim({_number(cell, column)})"
    if kind in _INTEGERS or kind.startswith("DECIMAL"):
        tests += [f"TRY_CAST({number} AS DECIMAL(38,15)) IS DISTINCT FROM {name}", f"contains({cell}, '_')"]
        if kind in _INTEGERS or _precision(kind) > 22:  # DECIMAL(38,15) has 23 digits before the point
            tests[1] = f"(regexp_matches({number}, '[.eE]') AND {tests[1]})"
    if kind in ("DOUBLE", "FLOAT"):
        tests += [f"contains({cell}, '_')", f"(isinf({name}) AND NOT contains(lower({cell}), 'inf'))"]
    if kind == "DATE" and not column.format:
        tests += [
            f"NOT regexp_full_match(trim({cell}), '\\d{{1,6}}[-/ .\\\\]\\d{{1,2}}[-/ .\\\\]\\d{{1,2}}([T ]00:00(:00(\\.0+)?)?)?')"
        ]
    if kind == "TIMESTAMP" and not column.format:
        tests += [f"regexp_matches(trim({cell}), '(Z|[+-]\\d{{2}}(:?\\d{{2}})?)$') AND length(trim({cell})) > 10",
                  f"NOT regexp_matches(trim({cell}), '^\\d')"]  # fmt: skip
    return f"({filled} AND ({' OR '.join(f'({test})' for test in tests)}))"


def _precision(kind: str) -> int:
    digits, scale = map(int, re.findall(r"\d+", kind))
    return digits - scale


def _number(cell: str, column: Column) -> str:
    if column.thousands:
        cell = f"replace({cell}, {literal(column.thousands)}, '')"
    if column.decimal and column.decimal != ".":
        cell = f"replace({cell}, {literal(column.decimal)}, '.')"
    return cell


def _boolean(cell: str, column: Column) -> str:
    true = ", ".join(literal(word.lower()) for word in column.true_words or _TRUE)
    false = ", ".join(literal(word.lower()) for word in column.false_words or _FALSE)
    word = f"lower(trim({cell}))"
    return f"CASE WHEN {word} IN ({true}) THEN true WHEN {word} IN ({false}) THEN false END"


def _moment(cell: str, column: Column) -> str:
    if column.format:
        return f"TRY_CAST(try_strptime(trim({cell}), {literal(column.format)}) AS {column.type})"
    return f"TRY_CAST({cell} AS {column.type})"
