"""glossary.yml: the house's own words, each with what it means in words that are understood."""

from __future__ import annotations

from pathlib import Path

from boathouse.errors import UsageError

FILE = "glossary.yml"


def glossary(root: Path) -> dict[str, str]:
    """Meanings by term, in small letters. Raises UsageError where the file is wrong."""
    import yaml

    path = root / FILE
    if not path.is_file():
        return {}
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise UsageError(f"not YAML: {error}", where=str(path)) from error
    if not isinstance(found, dict) or not all(isinstance(part, str) for pair in found.items() for part in pair):
        raise UsageError("a glossary maps each term to its meaning", where=str(path), hint="takings: revenue")
    return {term.lower(): meaning for term, meaning in found.items()}
