"""The dialect of a CSV file, from its first lines: how they are parted, quoted, headed."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

SAMPLE = 1 << 20  # characters
_DELIMITERS = ("\t", ";", ",", "|")
_RECORDS = 2_000
_NUMBER = re.compile(r"[-+]?[\d.,' ]*\d[\d.,]*(e[-+]?\d+)?\s?%?", re.I)
_MOMENT = re.compile(r"\d{1,4}([-/.:]\d{1,2}){1,2}([T ][\d:.,+Z-]*)?")
_WORDS = {"true", "false", "yes", "no"}


def sniff(text: str, given: dict[str, Any], *, cut: bool) -> dict[str, Any]:
    """Delimiter, quote, escape, comment, skip and header of `text`; what was `given` stays. `cut`: there is more."""
    lines = text.splitlines(keepends=True)
    if cut and len(lines) > 1:
        lines.pop()
    comment = given.get("comment", "#" if any(line.startswith("#") for line in lines) else "")
    best: dict[str, Any] = {}
    for dialect in _candidates(lines, given):
        records = _records(lines, dialect, comment)
        width, share = _width(records)
        if width > 1 and (share, width) > (best.get("share", 0), best.get("width", 0)):
            best = {"share": share, "width": width, "records": records, "dialect": dialect}
    if not best:
        dialect = _alone(lines, given)
        best = {"width": 1, "records": _records(lines, dialect, comment), "dialect": dialect}
    if comment and "comment" not in given and _is_data(lines, best, comment):
        return sniff(text, {**given, "comment": ""}, cut=cut)
    first = next((n for n, (_, cells) in enumerate(best["records"]) if len(cells) > best["width"] / 2), 0)
    line = best["records"][first][0] if best["records"] else 0
    table = [cells for _, cells in best["records"][first:]]
    found = {**best["dialect"], "comment": comment, "skip": line if first else 0, "header": _header_lines(table)}
    return found | {key: given[key] for key in found if key in given}


def _candidates(lines: list[str], given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Dialects to try; of those that fit alike the first is taken."""
    text = "".join(lines)
    single = ["'"] if re.search(r"(^|[,;|\t])'", text, re.M) else []
    for quote in [given["quote"]] if "quote" in given else ['"', *single]:
        escaped = ["\\"] if quote and re.search(rf"\\{quote}(?!{quote})", text) else []
        for escape in [given["escape"]] if "escape" in given else [*escaped, quote or '"']:
            for mark in [given["delimiter"]] if "delimiter" in given else [mark for mark in _DELIMITERS if mark in text]:
                yield {"delimiter": mark, "quote": quote, "escape": escape}


def _alone(lines: list[str], given: dict[str, Any]) -> dict[str, Any]:
    """One column: a line is a cell where it holds what could part cells and does not."""
    within = any(mark in line for line in lines for mark in _DELIMITERS)
    return {"delimiter": given.get("delimiter", "" if within else ","), "quote": given.get("quote", '"'),
            "escape": given.get("escape", '"')}  # fmt: skip


def python_dialect(delimiter: str, quote: str, escape: str) -> dict[str, Any]:
    """A dialect in the words of Python's csv module."""
    dialect: dict[str, Any] = {"delimiter": delimiter or "\x01", "skipinitialspace": delimiter != " "}
    if not quote:
        return dialect | {"quoting": csv.QUOTE_NONE}
    return dialect | {
        "quotechar": quote,
        "doublequote": escape == quote,
        "escapechar": escape if escape not in ("", quote) else None,
    }


def _records(lines: list[str], dialect: dict[str, Any], comment: str) -> list[tuple[int, list[str]]]:
    """(lines above it, cells) of each record that is not blank."""
    records: list[tuple[int, list[str]]] = []
    above = 0
    reader = csv.reader(_without(lines, comment), **python_dialect(**dialect))
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                records.append((above, cells))
            above = reader.line_num
            if len(records) >= _RECORDS:
                break
    except csv.Error:
        pass
    return records


def _without(lines: list[str], comment: str) -> list[str]:
    return ["\n" if comment and line.startswith(comment) else line for line in lines]


def _width(records: list[tuple[int, list[str]]]) -> tuple[int, float]:
    """The commonest number of cells and the share of the records that have it."""
    counts = Counter(len(cells) for _, cells in records)
    width, count = max(counts.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
    return width, count / len(records) if records else 0.0


def _is_data(lines: list[str], best: dict[str, Any], comment: str) -> bool:
    """Whether lines that begin with the mark have as many cells as all others: `#id,name` is a header."""
    marked = [line for line in lines if line.startswith(comment)]
    records = _records(marked, best["dialect"], "")
    alike = sum(len(cells) == best["width"] for _, cells in records)
    return alike > len(records) / 2 and (best["width"] > 1 or not lines[0].startswith(comment))


def _header_lines(table: list[list[str]]) -> int:
    """0, 1, or 2 where the first line leaves gaps and the second fills them and holds no value."""
    if not has_header(table):
        return 0
    if len(table) < 3 or len(table[0]) != len(table[1]) or len(table[0]) < 3:
        return 1
    gaps = [below for above, below in zip(table[0], table[1], strict=True) if not above.strip()]
    more = len(gaps) > len(table[0]) / 4 and sum(bool(cell.strip()) for cell in gaps) > len(gaps) / 2
    return 2 if more and not any(map(_is_value, table[1])) else 1


def has_header(table: list[list[str]]) -> bool:
    """Whether the first record names the columns: each column votes by how its first cell differs from those below."""
    if not table:
        return False
    first, rest = table[0], table[1:]
    votes = 0
    for n, cell in enumerate(first):
        below = [row[n].strip() for row in rest if n < len(row) and row[n].strip()]
        if sum(map(_is_value, below)) > 0.9 * len(below) or not below:
            votes += (bool(below) and bool(cell.strip())) if not _is_value(cell) else 0 if _labels(cell.strip(), below) else -1
        elif cell.strip() in below:
            votes -= 1
    return votes >= 0


def _is_value(cell: str) -> bool:
    """Whether it is a number, a date, a yes or no: what names are not."""
    text = cell.strip()
    return bool(_NUMBER.fullmatch(text) or _MOMENT.fullmatch(text)) or text.lower() in _WORDS


def _labels(cell: str, below: list[str]) -> bool:
    """Whether a number names its column: a year over what are none, a whole number over what are not whole."""
    if not cell.isdigit() or not below:
        return False
    year = len(cell) == 4 and 1900 <= int(cell) <= 2100
    alike = [text for text in below if text.lstrip("-+").isdigit() and (not year or len(text) == 4)]
    return len(alike) < len(below) / 2
