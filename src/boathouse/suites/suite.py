"""expectations/NAME.json: a GX ExpectationSuite as people write it, read without importing GX."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boathouse.errors import UsageError


@dataclass(frozen=True)
class Suite:
    """A suite's name and its expectations: `type`, `kwargs` and, beside them, `severity`, `meta`, `notes`."""

    name: str
    expectations: list[dict[str, Any]] = field(default_factory=list)
    path: Path | None = None

    @classmethod
    def load(cls, path: Path, name: str) -> Suite:
        """The suite in a file; a file that is not there is an empty suite. Raises UsageError with the line."""
        if not path.is_file():
            return cls(name)
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            line = getattr(error, "lineno", 1)
            raise UsageError(f"is not JSON: {error}", where=f"{path}:{line}", hint="mend that line") from error
        if not isinstance(data, dict) or not isinstance(data.get("expectations", []), list):
            raise UsageError("is not a suite", where=str(path), hint='{"name": "…", "expectations": [{"type": …, "kwargs": …}]}')
        return cls(data.get("name") or name, [dict(entry) for entry in data.get("expectations", [])], path)

    def line_of(self, position: int) -> int:
        """The line of the file on which the expectation at this position begins."""
        if self.path is None:
            return 1
        text, decoder = self.path.read_text(encoding="utf-8"), json.JSONDecoder()
        at = text.index("[", text.index('"expectations"')) + 1
        for n in range(position + 1):
            at = text.index("{", at)
            if n == position:
                break
            at = decoder.raw_decode(text, at)[1]
        return text.count("\n", 0, at) + 1
