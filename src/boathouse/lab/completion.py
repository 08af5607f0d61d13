"""Names of datasets and columns for the Tab key, in `%sql` lines and `%%sql` cells."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from boathouse.errors import BoathouseError
from boathouse.workbench import Workbench

_FRESH = 5.0  # seconds for which the names of the lake are kept
_SOURCES = re.compile(r'\b(?:from|join)\s+"?(\w+)"?(?:\s+(?:as\s+)?"?(\w+)"?)?', re.IGNORECASE)
_WORD = re.compile(r"(?:(\w+)\.)?(\w*)$")


class Names:
    """What may stand at a place of a query: after `orders.` its columns, else datasets and the columns of those that it reads."""

    def __init__(self, workbench: Callable[[], Workbench]):
        self._workbench, self._read_at = workbench, -_FRESH
        self._columns: dict[str, list[str]] = {}

    @property
    def matcher(self) -> Callable[[CompletionContext], dict[str, Any]]:
        @context_matcher(identifier="boathouse")  # type: ignore[untyped-decorator]
        def names(context: CompletionContext) -> dict[str, Any]:
            found = self.found(context.full_text, context.cursor_position, context.cursor_line)
            return {"completions": [SimpleCompletion(text=name, type="instance") for name in found], "suppress": bool(found)}

        return names

    def found(self, text: str, column: int, line: int) -> list[str]:
        """The names that fit what stands before the cursor, best first."""
        lines = text.split("\n")
        before = lines[line][:column]
        if not (text.lstrip().startswith("%%sql") and line > 0) and "%sql " not in before:
            return []
        match = _WORD.search(before)
        of: str | None = match[1] if match else None
        begun = match[2].lower() if match else ""
        datasets = self._datasets()
        read = {(alias or name): name for name, alias in _SOURCES.findall(text) if name in datasets}
        read |= {name: name for name in read.values()}
        if of is not None:
            every = datasets.get(read.get(of, of), [])
            return [f"{of}.{name}" for name in every if name.lower().startswith(begun)]
        columns = {name: None for dataset in read.values() for name in datasets[dataset]}
        return [name for name in [*columns, *datasets] if name.lower().startswith(begun)]

    def _datasets(self) -> dict[str, list[str]]:
        if time.monotonic() - self._read_at > _FRESH:
            try:
                self._columns = {entry["name"]: [c["name"] for c in entry["columns"]] for entry in self._workbench().catalog()}
            except BoathouseError:
                self._columns = {}
            self._read_at = time.monotonic()
        return self._columns
