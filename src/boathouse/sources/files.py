"""Sources that are files: one path, or a glob of many."""

from __future__ import annotations

import glob
import os
from datetime import date
from pathlib import Path
from typing import BinaryIO, ClassVar

from boathouse.errors import SourceError
from boathouse.sources.compression import SUFFIXES
from boathouse.sources.protocol import Item, Source


class FileSource(Source):
    """A path or glob below the workbench or absolute; `{date}` in it is the run's logical date."""

    gives_bytes = True
    suffixes: ClassVar[tuple[str, ...]] = ()
    packed: ClassVar[bool] = False  # whether it takes files packed by gz, zip …

    @classmethod
    def accepts(cls, location: str) -> bool:
        if "://" in location:
            return False
        name = location.lower()
        for packing in SUFFIXES if cls.packed else ():
            name = name.removesuffix(packing)
        return name.endswith(cls.suffixes)

    @property
    def pattern(self) -> str:
        located = self.location.replace("{date}", self.day.isoformat())
        return os.path.join(self.root, os.path.expanduser(located))

    @property
    def many(self) -> bool:
        return "{date}" in self.location or (glob.has_magic(self.location) and not Path(self.pattern).is_file())

    def items(self) -> list[Item]:
        if not self.many:
            path = Path(self.pattern)
            if not path.exists():
                raise SourceError(f"{path} does not exist", hint="mend `location` in the pipeline, or put the file there")
            if not path.is_file():
                raise SourceError(f"{path} is not a file", hint=f"to read a folder, write {self.location}/*")
            return [Item(path.name, str(path))]
        found = [path for path in sorted(glob.glob(self.pattern, recursive=True)) if os.path.isfile(path) and not _is_lock(path)]
        if not found:
            raise SourceError(f"no file matches {self.pattern}", hint="mend `location` in the pipeline")
        base = os.path.join(self.root, _fixed_part(os.path.expanduser(self.location)))
        return [Item(os.path.relpath(path, base).replace(os.sep, "/"), path) for path in found]

    def open(self, item: Item) -> BinaryIO:
        try:
            return open(item.location, "rb")
        except OSError as error:
            raise SourceError(f"cannot read {item.location}: {error.strerror}") from error


def located(location: str, root: Path, day: date) -> str:
    """A LOCATION as the pipeline file should have it: relative to the workbench. What is not there, but is from the current
    folder, is meant from there, and is written relative to the workbench where it lies inside it."""
    scheme, path = ("sqlite:///", location[10:]) if location.startswith("sqlite:///") else ("", location)
    if "://" in path or not path:
        return location
    here = Path(os.path.expanduser(path)) if path.startswith("~") else Path.cwd() / path

    def there(path: Path) -> bool:
        dated = str(path).replace("{date}", day.isoformat())
        return os.path.exists(dated) or bool(glob.glob(dated, recursive=True))

    if (not os.path.isabs(os.path.expanduser(path)) and there(root / path)) or not there(here):
        return location
    absolute = Path(os.path.normpath(here))
    inside = absolute.is_relative_to(root)
    return scheme + (absolute.relative_to(root).as_posix() if inside else str(absolute))


def _is_lock(path: str) -> bool:
    """Excel's own, beside a workbook that is open."""
    return os.path.basename(path).startswith("~$")


def _fixed_part(pattern: str) -> str:
    """The folder above the first wildcard or date: items are named from there, so a moved workbench keeps their names."""
    parts = Path(pattern).parts
    fixed = next((n for n, part in enumerate(parts) if glob.has_magic(part) or "{date}" in part), len(parts))
    return str(Path(*parts[:fixed]))
