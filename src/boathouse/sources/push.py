"""A source that others push into: each push is a file of JSON lines in a folder of the workbench, until it has landed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from boathouse.sources.json import JsonOptions, JsonSource
from boathouse.sources.protocol import Item, SourceOptions


class PushOptions(SourceOptions):
    """`type: push` has no further keys."""


class PushSource(JsonSource):
    """`type: push`: `location` is the folder, as `inbox/NAME`."""

    family = "push"
    suffixes = ()  # type: ignore[assignment]
    packed = False
    Options = PushOptions  # type: ignore[assignment]

    def __init__(self, location: str, options: SourceOptions, root: Path, day: date):
        super().__init__(location, JsonOptions(format="lines"), root, day)

    @property
    def many(self) -> bool:
        return True

    def items(self) -> list[Item]:
        """The pushes that wait, the oldest first; none is nothing to do."""
        return [Item(path.name, str(path)) for path in sorted(Path(self.pattern).glob("*.jsonl"))]
