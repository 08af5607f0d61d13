"""What tags mean beside each other: a second look at them all, once each has been bound."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from boathouse.ask.knowledge import Knowledge
from boathouse.ask.lexicon import Token
from boathouse.ask.meanings import Column, Name

if TYPE_CHECKING:
    from boathouse.ask.words import Tag


def without_natural(tags: list[Tag], tokens: Sequence[Token], known: Knowledge) -> list[Tag]:
    """`languages spoken in …`: what is done with such a thing anyhow says nothing; `speak English` speaks of the language."""
    natural, stems = known.lexicon.natural, {token.stem for token in tokens}
    said: tuple[str, ...] = ()
    found: list[Tag] = []
    for tag in tags:
        things = [thing for thing, deeds in natural.items() if tag.kind == "unknown" and tag.word in deeds]
        named = {thing: known.named([Token(thing, thing, thing)]) for thing in things}
        there = [thing for thing in things if any(name.cost == 0 for name in named[thing])]
        if stems & set(things):
            said += (*tag.after, tag.word)
        elif len(there) == 1:
            names = tuple(name for name in named[there[0]] if name.cost == 0)
            found.append(replace(tag, kind="name", names=names, verb=True, after=(*said, *tag.after)))
            said = ()
        else:
            found.append(replace(tag, after=(*said, *tag.after)))
            said = ()
    return found


def paired(tags: list[Tag]) -> list[Tag]:
    """`sales and hires`, where sales may be a figure as well: both are values of one column."""
    made = list(tags)
    for place, tag in enumerate(tags):
        for step in (-1, 1):
            middle, other = (tags[n] if 0 <= n < len(tags) else None for n in (place + step, place + 2 * step))
            beside = middle and other and middle.kind in ("and", "or") and other.kind == "value" and tag.kind == "name"
            columns = {value.columns for value in other.values} if beside and other and tag.metrics else set()
            if shared := tuple(value for value in tag.values if value.columns in columns):
                made[place] = replace(tag, kind="value", names=(), values=shared)
    return made


def dated(tags: list[Tag]) -> list[Tag]:
    """`reported on Mondays`: what happened then, and not the column that is called so."""
    verbs = {n for n, (tag, following) in enumerate(itertools.pairwise(tags))
             if tag.kind == "name" and following.kind == "period" and " " in tag.word and all(map(_is_when_done, tag.names))}  # fmt: skip
    return [replace(tag, verb=True) if n in verbs else tag for n, tag in enumerate(tags)]


def _is_when_done(name: Name) -> bool:
    return isinstance(name.meaning, Column) and name.meaning.kind == "date" and name.meaning.name.split("_")[-1] in ("on", "at")
