"""Names of columns: what is safe and stable in a table, and no two alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable


def normal(name: str) -> str:
    """`Order ID` → `order_id`; letters of every script stay, accents stay, the rest becomes `_`."""
    text = unicodedata.normalize("NFC", name).strip()
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", text)
    text = re.sub(r"[^\w]+", "_", text.casefold()).strip("_")
    text = re.sub(r"__+", "_", text)
    if not text:
        return "column"
    return f"c_{text}" if text[0].isdigit() else text


def distinct(names: Iterable[str]) -> list[str]:
    """Each name once: an empty one becomes `column_N`, a second `a` becomes `a_2` (whatever the case)."""
    taken: set[str] = set()
    result = []
    for position, name in enumerate(names, 1):
        base = name.strip() or f"column_{position}"
        candidate, n = base, 2
        while candidate.casefold() in taken:
            candidate, n = f"{base}_{n}", n + 1
        taken.add(candidate.casefold())
        result.append(candidate)
    return result
