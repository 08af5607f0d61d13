"""The two files that a draft becomes: pipelines/NAME.yml and expectations/NAME.json."""

from __future__ import annotations

from pathlib import Path

from boathouse.draft.draft import Draft
from boathouse.errors import UsageError


def named(root: Path, name: str, *, replace: bool) -> tuple[Path, Path]:
    """The files of a pipeline of this name. Raises UsageError where it cannot have it."""
    files = root / "pipelines" / f"{name}.yml", root / "expectations" / f"{name}.json"
    if not name.isidentifier() or not name.isascii():
        raise UsageError(f"{name!r} cannot name a pipeline", hint="use letters, digits and _")
    if not replace and (there := [file for file in files if file.exists()]):
        raise UsageError(f"{there[0]} is there already", hint=f"edit it, or: boathouse add {name} --replace …")
    return files


def keep(root: Path, draft: Draft, *, replace: bool) -> None:
    for file, text in zip(named(root, draft.name, replace=replace), (draft.pipeline, draft.suite), strict=True):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")


def are_of(root: Path, draft: Draft, name: str) -> bool:
    """Whether the files of a pipeline are those of this draft."""
    both = zip(named(root, name, replace=True), (draft.pipeline, draft.suite), strict=True)
    return all(file.is_file() and file.read_text(encoding="utf-8") == text for file, text in both)
