"""Text documents of the workbench, docs/*.md and docs/*.pdf, by relevance to a question."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from boathouse.ask.lexicon import Lexicon

_FEW, _LONG = 4, 1_500  # passages for a question, characters of one
_K1, _B = 1.2, 0.75


@dataclass(frozen=True)
class Passage:
    """A piece of a document."""

    source: str
    text: str


def relevant(root: Path, question: str, lexicon: Lexicon) -> list[Passage]:
    """The passages that say most about a question, best first, by Okapi BM25 (Robertson and Zaragoza, 2009)."""
    files = sorted(path for pattern in ("*.md", "*.pdf") for path in (root / "docs").rglob(pattern))
    passages = [passage for path in files for passage in _passages(path, str(path.relative_to(root)), path.stat().st_mtime_ns)]
    words = [[token.stem for token in lexicon.tokens(passage.text)] for passage in passages]
    usual = sum(map(len, words)) / len(words) if words else 1
    wanted = {token.stem for token in lexicon.tokens(question) if lexicon.phrases.get((token.word,)) != "filler"}
    spread = Counter(stem for some in words for stem in set(some) & wanted)
    scored = []
    for passage, some in zip(passages, words, strict=True):
        counts = Counter(stem for stem in some if stem in wanted)
        score = sum(
            math.log(1 + (len(words) - spread[stem] + 0.5) / (spread[stem] + 0.5))
            * count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * len(some) / usual))
            for stem, count in counts.items()
        )  # fmt: skip
        scored.append((score, passage))
    return [passage for score, passage in sorted(scored, key=lambda one: -one[0])[:_FEW] if score > 0]


@lru_cache(maxsize=500)
def _passages(path: Path, source: str, saved: int) -> list[Passage]:
    """A document's passages, read again when it was saved."""
    text = "\n\n".join(_pages(path)) if path.suffix == ".pdf" else path.read_text(encoding="utf-8", errors="replace")
    return [Passage(source, piece) for piece in _pieces(text)]


def _pages(path: Path) -> Iterator[str]:
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError:  # PDFs need pip install 'boathouse[ask]'
        return
    try:
        for page in PdfReader(path).pages:
            yield page.extract_text()
    except PyPdfError:
        return


def _pieces(text: str) -> Iterator[str]:
    """Paragraphs, joined until they are long enough to say something; a heading begins a new one."""
    piece = ""
    for found in re.split(r"\n\s*\n", text):
        part = found.strip()[:_LONG]
        if piece and (part.startswith("#") or len(piece) + len(part) > _LONG):
            yield piece
            piece = ""
        piece = f"{piece}\n\n{part}".strip()
    if piece:
        yield piece
