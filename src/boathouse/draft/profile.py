"""A profile of a typed relation: for each column how full, how many values, from where to where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from boathouse.engine import Engine, quote

FEW = 20


@dataclass
class ColumnProfile:
    """`values` are all values where there are few; `pattern` a regular expression that every value matches."""

    name: str
    type: str
    rows: int
    nulls: int
    distinct: int
    low: Any = None
    high: Any = None
    values: list[str] = field(default_factory=list)
    pattern: str | None = None

    @property
    def unique(self) -> bool:
        return self.rows > 0 and self.nulls == 0 and self.distinct == self.rows


def profile(engine: Engine, relation: str, types: dict[str, str]) -> list[ColumnProfile]:
    """One scan for the counts, one more for each column that asks for a closer look."""
    plain = {name: kind for name, kind in types.items() if not kind.endswith(("]", ")")) or kind.startswith("DECIMAL")}
    parts = [f"count(*) - count({quote(n)}), approx_count_distinct({quote(n)}), min({quote(n)}), max({quote(n)})" for n in plain]
    if not parts:
        return []
    rows, *numbers = engine.one(f"SELECT count(*), {', '.join(parts)} FROM {relation}")
    found = []
    for n, (name, kind) in enumerate(plain.items()):
        nulls, distinct, low, high = numbers[4 * n : 4 * n + 4]
        column = ColumnProfile(name, kind, rows, nulls, distinct, low, high)
        _look_closer(engine, relation, column)
        found.append(column)
    return found


def _look_closer(engine: Engine, relation: str, column: ColumnProfile) -> None:
    cell = quote(column.name)
    if column.nulls == 0 and column.distinct > 0.9 * column.rows:  # the estimate is off by a few percent
        column.distinct = engine.one(f"SELECT count(DISTINCT {cell}) FROM {relation}")[0]
    if column.type != "VARCHAR":
        return
    if column.distinct <= FEW * 1.1:
        values = engine.run(f"SELECT DISTINCT {cell} FROM {relation} WHERE {cell} IS NOT NULL ORDER BY 1 LIMIT {FEW + 1}")
        column.values = [row[0] for row in values]
        column.distinct = len(values) if len(values) <= FEW else column.distinct
    else:
        column.pattern = _pattern(engine, relation, cell)


def _pattern(engine: Engine, relation: str, cell: str) -> str | None:
    """A pattern such as `^[A-Z]{2}-[0-9]{4}$` where one shape fits all values, and it says something."""
    shape = f"regexp_replace(regexp_replace(regexp_replace({cell}, '[A-Z]', 'A', 'g'), '[a-z]', 'a', 'g'), '[0-9]', '9', 'g')"
    shapes = engine.run(f"SELECT DISTINCT {shape} FROM (SELECT {cell} FROM {relation} WHERE {cell} IS NOT NULL) LIMIT 2")
    if len(shapes) != 1 or not 2 <= len(shapes[0][0]) <= 40 or "9" not in shapes[0][0]:
        return None
    classes, parts, text = {"A": "[A-Z]", "a": "[a-z]", "9": "[0-9]"}, [], shapes[0][0]
    while text:
        run = len(text) - len(text.lstrip(text[0]))
        letter = classes.get(text[0]) or ("\\" + text[0] if not text[0].isalnum() and text[0] != " " else text[0])
        parts.append(letter + (f"{{{run}}}" if run > 1 else ""))
        text = text[run:]
    return "^" + "".join(parts) + "$"
