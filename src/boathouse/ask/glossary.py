"""glossary.yml: the house's own words, each with what it means in words that are understood."""

from __future__ import annotations

from pathlib import Path

from boathouse.config.load import read_yaml_as

FILE = "glossary.yml"


def glossary(root: Path) -> dict[str, str]:
    """Meanings by term, in small letters. Raises UsageError where the file is wrong."""
    path = root / FILE
    if not path.is_file():
        return {}
    found = read_yaml_as(dict[str, str], path, "a glossary maps each term to its meaning, as in takings: revenue")
    return {term.lower(): meaning for term, meaning in found.items()}
