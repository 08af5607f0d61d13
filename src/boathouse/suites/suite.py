"""expectations/NAME.json: a GX ExpectationSuite as people write it, read without importing GX."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boathouse.errors import UsageError, did_you_mean

ROW = "_row"  # numbers the rows of a judged relation in their source's order; expectations do not see it

# what GX itself writes into a suite's file
_SUITE_KEYS = ("name", "expectations", "meta", "notes", "id", "suite_parameters")
_ENTRY_KEYS = ("type", "kwargs", "severity", "description", "notes", "meta", "id", "expectation_context", "rendered_content",
               "expectation_type")  # fmt: skip
_SHAPE = '{"name": "…", "expectations": [{"type": "…", "kwargs": {…}}]}'


@dataclass(frozen=True)
class Suite:
    """A suite's name and its expectations: `type`, `kwargs` and, beside them, `severity`, `description`, `notes`, `meta`."""

    name: str
    expectations: list[dict[str, Any]] = field(default_factory=list)
    path: Path | None = None

    @classmethod
    def load(cls, path: Path, name: str) -> Suite:
        """The suite in a file; a file that is not there is an empty suite. Raises UsageError with the line."""
        if not path.is_file():
            return cls(name)
        try:
            data = json.loads(path.read_text(encoding="utf-8-sig"))
        except ValueError as error:
            line = getattr(error, "lineno", 1)
            raise UsageError(f"is not JSON: {error}", where=f"{path}:{line}", hint="mend that line") from error
        if not isinstance(data, dict) or not isinstance(data.get("expectations"), list):
            raise UsageError("is not a suite", where=str(path), hint=_SHAPE)
        if wrong := _other_key(data, _SUITE_KEYS):
            raise UsageError(wrong, where=str(path), hint=_SHAPE)
        suite = cls(str(data.get("name") or name), data["expectations"], path)
        for position, entry in enumerate(suite.expectations):
            shaped = isinstance(entry, dict) and isinstance(entry.get("kwargs", {}), dict)
            if wrong := _other_key(entry, _ENTRY_KEYS) if shaped else "is not an expectation":
                raise UsageError(wrong, where=suite.where(position), hint=_SHAPE)
        return suite

    def where(self, position: int) -> str:
        """The file and the line on which the expectation at this position begins."""
        if self.path is None:
            return self.name
        text, decoder = self.path.read_text(encoding="utf-8-sig"), json.JSONDecoder()
        found = re.search(r'"expectations"\s*:\s*\[', text)
        at = found.end() if found else 0
        for n in range(position + 1):
            while text[at] in " \t\r\n,":
                at += 1
            if n < position:
                at = decoder.raw_decode(text, at)[1]
        return f"{self.path}:{text.count(chr(10), 0, at) + 1}"


def _other_key(found: dict[str, Any], known: tuple[str, ...]) -> str | None:
    """A key that nobody reads would be a rule that nobody enforces."""
    return next((f"{key!r} is no key of a suite{did_you_mean(key, known)}" for key in found if key not in known), None)
