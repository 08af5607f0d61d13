"""Parts of texts: which phrases ask for one, and what is looked for, as it is spelt."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING

from boathouse.ask import periods
from boathouse.ask.knowledge import Knowledge
from boathouse.ask.lexicon import Token

if TYPE_CHECKING:
    from boathouse.ask.words import Tag

PATTERNS = {"containing": "contains", "beginning": "starts_with", "ending": "ends_with"}  # and the functions that tell
SKIPPED = ("which", "without", "never", "not")  # between a column and what its cells hold: "a name that does not contain"


def kind_of(tag: Tag, found: Sequence[Tag], following: Sequence[Token], known: Knowledge) -> str:
    """`an address that contains 'lake'`, but not `campaigns ending with June`: the kind of pattern behind a text, `unknown` for a
    phrase that is none there, "" for a tag that stays what it is."""
    before = next((one for one in reversed(found) if one.kind not in SKIPPED), None)
    text = before is not None and (before.kind == "label" or any(column.kind == "text" for column in before.columns))
    quoted = bool(following) and following[0].quoted
    if tag.word in known.lexicon.holding and text and quoted:
        return "containing"
    dated = bool(following) and periods.find([following[0].word], known.lexicon, known.today) is not None
    return "unknown" if tag.kind in ("beginning", "ending") and not quoted and (dated or not text) else ""


def spelt(rest: Sequence[Token], question: str, articles: Set[str]) -> tuple[int, str]:
    """How many words the text takes, and the text: all that is in quotation marks, or one word."""
    start = next((n for n, token in enumerate(rest) if token.quoted or token.word not in articles), 0)
    size = next((n for n, token in enumerate(rest[start:]) if not token.quoted), len(rest) - start)
    first, last = rest[start], rest[start + max(size, 1) - 1]
    if size:
        text = question[question.rfind('"', 0, first.start) + 1 : (question + '"').find('"', last.end)]
    else:
        text = question[question.rfind(" ", 0, first.start) + 1 :].split(maxsplit=1)[0].rstrip("?!,;.")
    return start + max(size, 1), text
