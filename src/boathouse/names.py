"""Names of columns: what is safe and stable in a table, and no two alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePath

_SIGNS = {"%": " percent ", "#": " number "}


def normal(name: str) -> str:
    """`Order ID` → `order_id`, `% of sales` → `percent_of_sales`; letters of every script stay, accents stay, the rest
    becomes `_`."""
    text = unicodedata.normalize("NFC", name).strip()
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", text)
    text = "".join(_SIGNS.get(letter, letter) for letter in text).lower()
    text = "".join(letter if letter.isalnum() or unicodedata.category(letter)[0] == "M" else "_" for letter in text)
    text = re.sub(r"__+", "_", unicodedata.normalize("NFC", text)).strip("_")
    if not text:
        return "column"
    return f"c_{text}" if text[0].isdigit() else text


def of_file(location: str) -> str:
    """What a pipeline of this file may be called, in letters that every file system and command line has: `in/Café tabs.csv.gz` →
    `cafe_tabs`."""
    stem = PurePath(location).name.partition(".")[0]
    return normal(unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode())


def distinct(names: Iterable[str]) -> list[str]:
    """Each name once: an empty one becomes `column_N`, a second `a` becomes `a_2` (whatever the case)."""
    given = [name.strip() or f"column_{position}" for position, name in enumerate(names, 1)]
    own = {name.casefold() for name in given}
    taken: set[str] = set()
    result = []
    for base in given:
        candidate, n = base, 2
        while candidate.casefold() in taken or (candidate != base and candidate.casefold() in own):
            candidate, n = f"{base}_{n}", n + 1
        taken.add(candidate.casefold())
        result.append(candidate)
    return result
