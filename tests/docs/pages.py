"""Markdown pages as tests see them: their blocks of code, and what is said of each in comments above it.

A block is run unless a comment on the line above says otherwise:

    <!-- no test: why -->       it is not run
    <!-- needs: postgres -->    it is run where that server answers (postgres: $POSTGRES_URL, mysql: $MYSQL_URL)
    <!-- exit: 3 -->            it ends with this code
    <!-- file: a/b.py -->       it is not run but written there

A block in another language directly below one that is run shows its output: each line must be printed, in this order;
`…` stands for anything, and seconds may differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
RUNNABLE = ("bash", "python", "console")
_FENCE = re.compile(r"^```(\w*)\s*$")
_COMMENT = re.compile(r"^<!-- (no test|needs|exit|file): (.+?) -->$")


@dataclass
class Block:
    line: int
    language: str
    code: str
    marks: dict[str, str] = field(default_factory=dict)
    output: str = ""


def pages() -> list[Path]:
    """The README and every page of the documentation."""
    return [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """The blocks of a page that can be run, in order, each with its output where it is shown."""
    found: list[Block] = []
    below: Block | None = None  # what a block of output would belong to
    marks: dict[str, str] = {}
    lines = enumerate(page.read_text(encoding="utf-8").splitlines(), 1)
    for number, line in lines:
        if fence := _FENCE.match(line):
            code = "\n".join(_until_fence(lines)) + "\n"
            if fence[1] in RUNNABLE or "file" in marks:
                below = Block(number, fence[1], code, marks)
                found.append(below)
            elif below:
                below.output, below = code, None
            marks = {}
        elif comment := _COMMENT.match(line):
            marks[comment[1]], below = comment[2], None
        elif line.strip():
            marks, below = {}, None
    return found


def _until_fence(lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    for _, line in lines:
        if line.startswith("```"):
            return
        yield line


def missing(shown: str, printed: str) -> str | None:
    """The first line of `shown` that was not printed in its place, None where all were."""
    rest = iter(printed.splitlines())
    for line in shown.splitlines():
        if line.strip() in ("", "…"):
            continue
        pattern = re.compile(_pattern(line.strip()))
        if not any(pattern.fullmatch(" ".join(other.split())) for other in rest):
            return line
    return None


def _pattern(line: str) -> str:
    text = re.escape(" ".join(line.split())).replace("…", ".*")
    return re.sub(r"\d+\\\.\d+\\ s\b", r"\\d+\\.\\d+\\ s", text)
