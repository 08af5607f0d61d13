"""Words for what figures are counted in, and which figures those are."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from boathouse.ask.knowledge import Knowledge
from boathouse.ask.lexicon import Token
from boathouse.ask.meanings import Column, Name

if TYPE_CHECKING:
    from boathouse.ask.words import Tag

_IN = ("in", "of")


@dataclass
class Units:
    """What a tagger knows of units."""

    known: Knowledge

    def _amounts(self, tags: list[Tag]) -> list[Tag]:
        """`the amount claimed`: claimed_eur, before any other amount."""
        generic, stem = self.known.lexicon.generic, self.known.lexicon.stem
        found: list[Tag] = []
        for tag in tags:
            before = found[-1] if found else None
            near = tuple(
                name for name in tag.names if name.cost == 0 and isinstance(name.meaning, Column) and name.meaning.is_measure
            )
            loose = before is not None and (
                before.kind == "unknown" or (before.kind == "name" and all(n.cost > 1 for n in before.names))
            )
            if before and loose and near and stem(before.word) in generic and not tag.after and tag.kind == "name":
                found[-1] = replace(before, kind="name", text=f"{before.text} {tag.text}", names=near)
            else:
                found.append(tag)
        return found

    def _is_unit(self, tag: Tag, found: list[Tag]) -> bool:
        """`20 tonnes`; `terms of 10 or 30 days`, of what is counted in them."""
        if tag.kind != "calendar":
            return tag.kind == "units"
        counted = self.known.lexicon.counted_in
        return any(column.unit == tag.word or counted(column.name, tag.word) for one in found for column in one.columns)

    def _only_counts(self, tag: Tag, token: Token, fillers: list[str], found: list[Tag]) -> bool:
        """`… in minutes`, `… (minutes)`, of what is counted in them; `time to pay, in days`."""
        if tag.kind not in ("units", "calendar") or not (token.gap or (bool(fillers) and fillers[-1] in _IN)):
            return False
        if tag.kind == "calendar":
            return any(column.between and column.unit == tag.word for one in found for column in one.columns)
        return self._counted_in(tag.word, found)

    def _counted(self, word: str) -> tuple[Name, ...]:
        """`how many kilometres`: the figures that are counted in this unit."""
        unit = self.known.lexicon.units[word]
        if unit not in self.known.lexicon.lengths:
            return ()
        figures = (column for dataset in self.known.datasets.values() for column in dataset.measures)
        return tuple(Name(one, 1) for one in figures if one.unit == unit or self.known.lexicon.counted_in(one.name, unit))

    def _counted_in(self, word: str, found: list[Tag]) -> bool:
        """Whether what was named before is counted in this unit, or it is money or pieces, which are not converted."""
        unit = self.known.lexicon.units[word]
        if unit not in self.known.lexicon.measured or unit not in self.known.lexicon.lengths:
            return True
        columns = [column for tag in found for column in tag.columns]
        same = self.known.lexicon.spelt(unit)
        figures = [*(column.name for column in columns), *(metric.sql for tag in found for metric in tag.metrics)]
        return any(column.unit in same for column in columns) or any(same & set(re.split(r"[\W_]+", name)) for name in figures)
