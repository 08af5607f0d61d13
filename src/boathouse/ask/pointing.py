"""Words that point to the answer before, `how many of those were hires?`, `how many orders is that?`: a question about its rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from boathouse.ask.intent import Intent, Noun, UnclearError
from boathouse.ask.lexicon import Lexicon
from boathouse.ask.meanings import Dataset, Name
from boathouse.ask.reading import Reading
from boathouse.ask.reading.checks import check
from boathouse.ask.words import Tag, Tagger

_PLACES = (("one", r"\b{}\b"), ("rows", r"\b{}\b"), ("end", r"\b{}(?=\W*$)"), ("one_end", r"\b{}(?=\W*$)"),
           ("one_first", r"\b{}\b"), ("first", r"\b{}\b"))  # fmt: skip
_ALWAYS = ("one", "rows", "one_end")


@dataclass(frozen=True)
class Pointing:
    """Where the words stand in a question. `kind` is that of the lexicon's list."""

    kind: str
    start: int
    end: int
    text: str


def pointing(question: str, tags: list[Tag], tagger: Tagger) -> Pointing | None:
    """The words that point back, None where there are none."""
    lexicon, said = tagger.known.lexicon, {word.casefold() for tag in tags if tag.values for word in tag.text.split()}
    for kind, pattern in _PLACES:
        for words in sorted(lexicon.pointing[kind], key=len, reverse=True):
            spelt = r"\s+".join(map(re.escape, words))
            match = re.search(pattern.format(spelt), question, re.IGNORECASE)
            if match and match[0].casefold() not in said and (kind in _ALWAYS or not _own(question, match, tags, kind, lexicon)):
                return Pointing(kind.split("_")[0], match.start(), match.end(), match[0])
    return None


def _own(question: str, match: re.Match[str], tags: list[Tag], kind: str, lexicon: Lexicon) -> bool:
    """Whether the question itself says what is meant: `those orders that …`, `customers and what they spent`; but not
    `how many orders did they place`."""
    named = [tag for tag in tags if tag.kind in ("name", "value", "label")]
    before = [tag for tag in named if question.casefold().find(tag.text.casefold()) < match.start()]
    if kind == "end":
        return bool(before) and " " not in match[0]
    asked_for = question[: match.start()].casefold().split()[-1:]
    if tags and tags[0].kind in ("count", "how_much", "which") and {*lexicon.asking_verbs, *lexicon.being} & set(asked_for):
        before = before[1:]
    return bool(before) or bool(lexicon.relative & set(question[match.end() :].casefold().split()[:4]))


def about_its_rows(before: Intent | None, at: Pointing, question: str, tagger: Tagger) -> Intent:
    """The question, asked of the rows that the one before was about. Raises UnclearError where they cannot be taken up."""
    noun = _rows(before) if before is not None and at.kind != "one" else None
    if before is None or noun is None:
        raise UnclearError(f"{at.text!r} points to something that I cannot take up here: say what is meant", asks=True)
    closing = at.kind == "end" and any(tag.names for tag in tagger.tags(question))  # "how many orders is that?"
    new = Reading(tagger.tags(f"{question[: at.start]}{'' if closing else noun}{question[at.end :]}"), tagger.known).intent()
    new.measures = [replace(measure, noun=_within(measure.noun, _datasets(before))) for measure in new.measures]
    if not _datasets(new) or not _datasets(new) <= _datasets(before):
        raise UnclearError(f"{at.text!r} would be about other data than the answer before: ask the whole question", asks=True)
    conditions = [*before.conditions, *(one for one in new.conditions if one not in before.conditions)]
    check(conditions)
    return replace(new, conditions=conditions, absent=[*before.absent, *new.absent])


def _within(noun: Noun, datasets: set[str]) -> Noun:
    """The noun, of these datasets where it may be."""
    return noun.only([name for name in noun.names if _dataset(name) in datasets] or list(noun.names))


def _rows(before: Intent) -> str | None:
    """What its rows are called; None where it was not about rows alone, but about groups, ranks or shares of them."""
    apart = (before.rank, before.having, before.share, before.ratio, before.parts, before.groups, before.sort)
    nouns = _nouns(before)
    datasets = _datasets(before)
    if any(apart) or not nouns or len(datasets) != 1 or any(m.how not in ("count", "sum", "value") for m in before.measures):
        return None
    return datasets.pop().replace("_", " ")


def _nouns(intent: Intent) -> list[Noun]:
    return [noun for noun in (*(measure.noun for measure in intent.measures), intent.subject, *intent.select) if noun]


def _datasets(intent: Intent) -> set[str]:
    """The datasets of what is asked for."""
    return {_dataset(name) for noun in _nouns(intent) for name in noun.names}


def _dataset(name: Name) -> str:
    return name.meaning.name if isinstance(name.meaning, Dataset) else name.meaning.dataset
