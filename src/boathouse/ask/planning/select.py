"""One SELECT as text, from its parts."""

from __future__ import annotations

from dataclasses import dataclass, field

from boathouse.ask.planning.scope import Scope
from boathouse.engine import quote
from boathouse.names import distinct


@dataclass
class Select:
    """A SELECT over a scope: `columns` are (expression, name); `grouped` expressions come among them or not."""

    scope: Scope
    columns: list[tuple[str, str]] = field(default_factory=list)
    grouped: list[str] = field(default_factory=list)
    having: list[str] = field(default_factory=list)
    qualify: str = ""
    order: list[str] = field(default_factory=list)
    limit: int | None = None
    unique: bool = False
    counted: bool = False  # how many rows there are, in their place

    def sql(self) -> str:
        names = distinct(name for _, name in self.columns)
        shown = ", ".join(f"{text} AS {quote(name)}" for (text, _), name in zip(self.columns, names, strict=True))
        parts = [f"SELECT {'DISTINCT ' if self.unique else ''}{shown}", f"FROM {self.scope.from_clause()}"]
        parts += [f"WHERE {' AND '.join(dict.fromkeys(self.scope.where))}"] if self.scope.where else []
        parts += [f"GROUP BY {', '.join(dict.fromkeys(self.grouped))}"] if self.grouped else []
        parts += [f"HAVING {' AND '.join(self.having)}"] if self.having else []
        parts += [f"QUALIFY {self.qualify}"] if self.qualify else []
        parts += [f"ORDER BY {', '.join(self.order)}"] if self.order else []
        parts += [f"LIMIT {self.limit}"] if self.limit else []
        text = "\n".join(parts)
        return f"SELECT count(*) AS count FROM (\n{text}\n)" if self.counted else text
