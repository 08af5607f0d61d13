"""A question as tags: each word, or phrase, bound to what it means in the lexicon or in the lake, or left unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from boathouse.ask import neighbours, patterns, periods
from boathouse.ask.lexicon import Token
from boathouse.ask.meanings import Column, Dataset, Metric, Name, Named, Value
from boathouse.ask.periods import Period
from boathouse.ask.rewording import reworded
from boathouse.ask.units import Units

# lexicon words that a column of the same name goes before
_YIELDING = {
    "filler",
    "units",
    "vague",
    "concept",
    "best",
    "cause",
    "last",
    "which",
    "latest",
    "earliest",
    "share",
    "volume",
    "change",
}
_GUESSES = 4
_GROUPING = ("by", "per", "which", "frequent", "rare", "most", "fewest")
_SHORT = 4  # words; in more, an article says nothing
_ONE = ("a", "an")


@dataclass(frozen=True)
class Tag(Named):
    """Some words and what they mean. `kind` is name, value, number, period, calendar, rhythm, unknown or a list of the lexicon."""

    kind: str
    text: str
    names: tuple[Name, ...] = ()
    values: tuple[Value, ...] = ()
    number: float = 0
    period: Period | None = None
    unit: str = ""
    negated: bool = False
    sums: bool = False  # a column's name that is also a word for adding up: total
    gap: bool = False
    word: str = ""
    led: bool = False  # a value whose column, or dataset, was named before it
    verb: bool = False  # a name in a verb's form: joined, billed
    undone: tuple[Name, ...] = ()  # of a value that is a state as well: the dates that rows in it have not
    alike: str = ""  # what the lake calls it, where the word is another
    after: tuple[str, ...] = ()  # filler words that stood before it


@dataclass
class Tagger(Units):
    """Binds the words of questions, the longest phrase first."""

    def tags(self, question: str) -> list[Tag]:
        """The tags of a question, in its order."""
        question = reworded(question, self.known)
        tokens = self.known.lexicon.tokens(question)
        place, gap, ours = 0, False, bool(self.known.lexicon.ourselves & {token.word for token in tokens})
        found: list[Tag] = []
        fillers: list[str] = []
        while place < len(tokens):
            size, tag = self._next(tokens, place, found, question)
            gap = gap or tokens[place].gap
            if tag.word in self.known.lexicon.spends and tag.kind in ("name", "concept") and ours:
                tag = Tag("unknown", "", word=tag.word)  # what we spend is not what was taken
            if tag.kind == "units" and fillers and fillers[-1] in _ONE:
                found.append(Tag("number", tag.word, number=1, unit=self.known.lexicon.units[tag.word], word=tag.word))
                fillers, gap = fillers[:-1], False
            elif found and found[-1].kind == "number" and not fillers and self._is_unit(tag, found):
                found[-1] = replace(found[-1], unit=found[-1].unit or self.known.lexicon.units.get(tag.word, ""))
            elif self._only_counts(tag, tokens[place], fillers, found):
                fillers.append(tag.word)
            elif tag.kind == "units" and found and found[-1].kind == "per" and not fillers:  # "tonnes per hectare"
                found.append(Tag("unknown", tag.word, word=tag.word, gap=gap))
            elif tag.kind == "units" and (
                names := self._counted(tag.word)
                or (*self.known.named(self.known.lexicon.tokens(tag.word)), *self._general(tag.word))
            ):
                found.append(Tag("name", tag.word, names=names, word=tag.word, after=tuple(fillers), gap=gap))
                fillers, gap = [], False
            elif tag.kind == "units" and found and found[-1].kind == "period" and found[-1].text.isdigit() and not fillers:
                found[-1] = replace(
                    found[-1], kind="number", number=float(found[-1].text), unit=self.known.lexicon.units[tag.word]
                )
            elif tag.kind == "units":
                found.append(Tag("unknown", tag.word, word=tag.word, after=tuple(fillers), gap=gap))
                fillers, gap = [], False
            elif tag.kind == "filler" or (
                tag.word in self.known.lexicon.classifiers and tag.kind == "unknown" and found and found[-1].kind == "name"
            ):  # "the hand type", of hand
                fillers += [token.word for token in tokens[place : place + size]]
            else:
                text = " ".join(token.text for token in tokens[place : place + size])
                verb = tag.kind == "name" and self._is_verb(tag)
                found.append(replace(tag, gap=gap, text=text, after=tuple(fillers), verb=verb))
                fillers, gap = [], False
            place += size
        return neighbours.dated(neighbours.paired(self._amounts(neighbours.without_natural(found, tokens, self.known))))

    def _next(self, tokens: list[Token], place: int, found: list[Tag], question: str) -> tuple[int, Tag]:
        """The tag that comes next behind those found, and how many tokens it takes."""
        before = found[-1] if found else None
        if before is not None and before.kind in patterns.PATTERNS:
            size, text = patterns.spelt(tokens[place:], question, self.known.lexicon.articles)
            return size, Tag("text", "", word=text)
        earlier = next((one.period for one in found if one.kind == "period"), None)
        size, tag = self._longest(tokens, place, before, earlier)
        pattern = patterns.kind_of(tag, found, tokens[place + size : place + size + 1], self.known)
        return size, Tag(pattern, "", word=tag.word) if pattern else tag

    def _is_verb(self, tag: Tag) -> bool:
        """Whether a name stands in a verb's form: `composed` of composer, `joined` of joined, `ordered` of orders."""
        if all(map(_is_since, tag.names)):
            return True  # left, of left_on
        if " " in tag.word or tag.word in self.known.lexicon.takes:
            return False
        return tag.word.endswith(self.known.lexicon.verb_endings) and all(
            not isinstance(name.meaning, Metric)
            and (name.meaning.name.split("_")[0] != tag.word or getattr(name.meaning, "kind", "") == "date")
            for name in tag.names
        )

    def _longest(self, tokens: list[Token], place: int, before: Tag | None, earlier: Period | None) -> tuple[int, Tag]:
        known, rest = self.known, tokens[place:]
        counted = (
            before is not None
            and before.kind in ("by", "per")
            and rest[0].word in (*known.lexicon.calendar, *known.lexicon.cycles)
        )
        dated = None if rest[0].quoted or counted else periods.find([t.word for t in rest], known.lexicon, known.today)
        if earlier is not None and not dated:
            dated = periods.same_before([t.word for t in rest], known.lexicon, earlier)
        longest = max(known.longest, known.lexicon.longest, dated[0] if dated else 0)
        for size in range(min(len(rest), longest), 0, -1):
            some = rest[:size]
            if dated and dated[0] == size and not (dated[1].weekdays and self._is_a_value(some, before)):
                return size, Tag("period", "", period=dated[1])
            if size == 1 and some[0].word in known.lexicon.daily and before and before.kind in _GROUPING:
                return 1, Tag("calendar", "", unit=some[0].word, word=some[0].word)
            if tag := self._bound(some, before, place == 0):
                return size, self._not_a_rhythm(tag, some, rest[size : size + 1], before)
        return 1, self._word(rest[0])

    def _is_a_value(self, day: list[Token], before: Tag | None) -> bool:
        """Whether days of the week are what a column holds, of what was named just before or of something not yet named."""
        datasets = {name.dataset for name in before.names} if before else set()
        return any(not datasets or value.columns[0].dataset in datasets for value in self._values(day, before, False))

    def _not_a_rhythm(self, tag: Tag, some: list[Token], following: list[Token], before: Tag | None) -> Tag:
        """`the annual plan`, where annual is a value of plan."""
        if tag.kind != "rhythm" or not following:
            return tag
        columns = [name.meaning for name in self.known.named(following)]
        values = tuple(value for value in self._values(some, before, False) if value.columns[0] in columns)
        return Tag("value", "", values=values, word=tag.word) if values else tag

    def _bound(self, some: list[Token], before: Tag | None, initial: bool) -> Tag | None:
        """What exactly these words mean, where they mean something."""
        values = self._values(some, before, initial) if some[0].quoted == some[-1].quoted else ()
        if some[0].quoted or some[-1].quoted:
            return Tag("value", "", values=values) if values else None
        word, lexicon = tuple(token.word for token in some), self.known.lexicon
        kind = lexicon.phrases.get(word)
        if any(token.gap for token in some[1:]):  # no name goes on behind a comma
            return Tag("value", "", values=values, word=" ".join(word)) if values else None
        plain = [token for token in some if token.word not in lexicon.articles] if len(some) > _SHORT else some
        alone = len(some) == 1 or not {plain[0].word, plain[-1].word} & lexicon.articles  # "are a" is no area
        names = tuple(sorted(self.known.named(plain), key=lambda name: name.cost)) if alone else ()
        near = tuple(name for name in names if name.cost == names[0].cost)
        text = " ".join(word)
        rows = any(isinstance(name.meaning, Dataset) and name.cost == 0 for name in names)
        if before is None and (kind == "which" or (text in lexicon.commands and not rows)):  # "show", though there be shows
            return Tag("which", "", word=text)
        for time, units in (("calendar", lexicon.calendar), ("calendar", lexicon.cycles), ("rhythm", lexicon.rhythm)):
            if text in units and not (time == "rhythm" and before and any(v.columns[0] in before.columns for v in values)):
                return Tag(time, "", names=near if time == "calendar" else (), unit=units[text], word=text)
        if values and (kind in ("only", "change") or (kind == "filler" and text in self.known.lexicon.states)):
            return Tag("value", "", names=near, values=values, word=text)
        if kind == "concept" and not values and (named := self._named_concept(text, near)):
            return Tag("name", "", names=named, word=text)
        if names and names[0].cost == 0 and (kind is None or kind in _YIELDING or (kind == "label" and len(some) > 1)):
            return Tag("name", "", names=near, values=values, word=text)
        if kind == "filler" and near and _is_meant(near):
            return Tag("name", "", names=near, word=text)
        if kind == "sum" and names and names[0].cost == 0:
            return Tag("name", "", names=near, sums=True, word=text)
        if kind == "concept" and values:
            return Tag("concept", "", values=values, word=text)
        if kind is not None:
            return Tag(kind, "", word=text, names=near if kind == "label" else ())
        return self._loosely(some, text, near, values)

    def _loosely(self, some: list[Token], text: str, near: tuple[Name, ...], values: tuple[Value, ...]) -> Tag | None:
        """What words mean that are no phrase of the language: values, then what they are the name of in part or in other words."""
        if values and not (near and all(map(_is_since, near)) and not _spelt(text, values)):  # `opened` is no `open`
            return Tag("value", "", names=near, values=values, undone=self._not_yet(text), word=text)
        undone = self._not_yet(text)
        if near := undone or near or self._general(text):
            return Tag("name", "", names=near, negated=bool(undone), word=text)
        if keys := self._keys(text):
            return Tag("name", "", names=keys, word=text)
        alike, near = self._alike(some)
        if near:
            return Tag("name", "", names=near, word=text, alike=alike)
        return Tag("filler", "", word=text) if text in self.known.lexicon.idle else None

    def _keys(self, word: str) -> tuple[Name, ...]:
        """`the ids of …`: what their rows are named by."""
        for ending in self.known.lexicon.key_words.get(word, ()):
            keys = [d.columns[d.key[0]] for d in self.known.datasets.values() if len(d.key) == 1 and d.key[0] in d.columns]
            if found := tuple(Name(key, 1) for key in keys if key.name.lower().split("_")[-1] == ending):
                return found
        columns = (c for d in self.known.datasets.values() for c in d.columns.values() if word in self.known.lexicon.key_words)
        return tuple(Name(c, 2) for c in columns if c.name.lower().split("_")[-1] == self.known.lexicon.stem(word))

    def _not_yet(self, word: str) -> tuple[Name, ...]:
        """The dates that rows in a state do not have yet: closed_on, of what is open, where nothing else is called so."""
        exact = [name for name in self.known.named([Token(word, word, word)]) if word in name.dataset or not _is_since(name)]
        return () if exact else self._dates_of(self.known.lexicon.unfinished.get(word, ()))

    def _dates_of(self, done: Sequence[str]) -> tuple[Name, ...]:
        """The dates of the first of these deeds that is of any, some of whose rows have none."""
        for word in done:
            names = self.known.named([Token(word, word, self.known.lexicon.stem(word))])
            if found := tuple(name for name in names if _is_since(name) and name.meaning.nulls):  # type: ignore[union-attr]
                return found
        return ()

    def _general(self, word: str) -> tuple[Name, ...]:
        lexicon, known = self.known.lexicon, self.known.datasets.values()
        if word in lexicon.persons:
            who = [dataset for dataset in known if lexicon.is_person(dataset.name)]
            if who:
                return (Name(who[0], 1),) if len(who) == 1 else ()
        own = next((word.removesuffix(ending) for ending in lexicon.belongings if word.endswith(ending)), "")
        for other in self.known.lexicon.general.get(word, (own,) if own else ()):
            if found := sorted(self.known.named(self.known.lexicon.tokens(other)), key=lambda name: name.cost):
                return tuple(name for name in found if name.cost == found[0].cost)
        return ()

    def _alike(self, some: list[Token]) -> tuple[str, tuple[Name, ...]]:
        """What the lake calls a thing that is called otherwise here, where it has one word for it: units, of flats."""
        groups = [words for words in self.known.lexicon.alike if len(some) == 1 and some[0].stem in words]
        found = [
            tuple(name for name in names if name.cost == min(one.cost for one in names))
            for words in groups
            for word in words
            if word != some[0].stem and (names := self.known.named([Token(word, word, word)]))
        ]
        meant = [names for names in found if all(isinstance(one.meaning, Dataset) or one.cost == 0 for one in names)]
        return (str(meant[0][0].meaning), meant[0]) if len(meant) == 1 else ("", ())

    def _named_concept(self, word: str, near: tuple[Name, ...]) -> tuple[Name, ...]:
        """What a concept is the name of, where nothing is that it looks for: bought, of bought_on, where there are no purchases;
        revenue, of what is called amount."""
        if (
            near
            and all(map(_is_since, near))
            and not any(isinstance(one.meaning, Dataset) and not one.cost for one in self.known.looked_for(word))
        ):
            return near
        return self._taken(word)

    def _taken(self, word: str) -> tuple[Name, ...]:
        """For revenue and its like, where nothing is called so: the columns of money taken."""
        lexicon = self.known.lexicon
        if word not in lexicon.takes:
            return ()
        called = [name.meaning for name in (*self.known.named(lexicon.tokens(word)), *self.known.looked_for(word))]
        if any(isinstance(one, Metric) or (isinstance(one, Column) and one.is_measure) for one in called):
            return ()
        columns = (column for dataset in self.known.datasets.values() for column in dataset.measures)
        return tuple(Name(column, 1) for column in columns if self.known.is_taken(column))

    def _values(self, some: list[Token], before: Tag | None, initial: bool) -> tuple[Value, ...]:
        """The cells that these words name, as far as they may be meant by them."""
        words = tuple(token.word for token in some)
        spelt = " ".join(token.text for token in some)
        found = []
        for value in self.known.values.get(words, ()):
            column = value.columns[0]
            led = before is not None and any(column is name.meaning for name in before.names)
            exact = "".join(value.values).replace(" ", "") == spelt.replace(" ", "")
            letters = sum(map(str.isalpha, spelt))
            if some[0].quoted or led:
                found.append(value)
            elif letters == 0 or (letters <= 3 and not (exact and len(spelt) > 1) and not self._is_a_word(some, column)):
                continue
            elif len(words) > 1 or column.has_few or (some[0].text[:1].isupper() and not initial):
                found.append(value)
        parts = words[0].split("-") if len(words) == 1 else words
        if not found and len(parts) > 1:  # "no shows", of no-show; "guinea-pigs", of guinea pig
            near = ((*parts[:-1], end) for end in (parts[-1], parts[-1].removesuffix("s")))
            found = [value for some_ in near for value in self.known.values.get(some_, ()) if value.columns[0].has_few]
        code = spelt.removesuffix("s")
        if not found and len(some) == 1 and code != spelt and (any(map(str.isdigit, code)) or code.isupper()):  # "P1s", "BMWs"
            return tuple(value for value in self.known.values.get((code.casefold(),), ()) if value.values == (code,))
        if not found and len(some) == 1 and not any(isinstance(n.meaning, Dataset) for n in self.known.named(some)):
            stem, word = some[0].stem, some[0].word
            found = [v for own, v in self.known.stems.get(stem, ()) if _is_form(word, own)]
        if not found:  # French, of France
            found = [value for land in self.known.lexicon.demonyms.get(words, ()) for value in self.known.values.get(land, ())]
        as_spelt = {value.columns for value in found if " ".join(value.values) == spelt}
        return tuple(value for value in found if value.columns not in as_spelt or " ".join(value.values) == spelt)

    def _is_a_word(self, some: list[Token], column: Column) -> bool:
        """Whether three letters are a value in small ones, `tea`, and not a word of the language."""
        word = tuple(token.word for token in some)
        return len("".join(word)) == 3 and column.has_few and word not in self.known.lexicon.phrases

    def _word(self, token: Token) -> Tag:
        """One word that is no phrase: a number, the negation of something true or false, or unknown."""
        lexicon = self.known.lexicon
        if (number := lexicon.number(token.word)) is not None:
            return Tag("number", "", number=number, word=token.word)
        rests = [token.word.removeprefix(prefix).lstrip("-") for prefix in lexicon.negating if token.word.startswith(prefix)]
        for rest in (*rests, lexicon.opposites.get(token.word)):
            if rest:
                inner = Token(rest, rest, lexicon.stem(rest))
                names = tuple(
                    n for n in self.known.named([inner]) if isinstance(n.meaning, Column) and n.meaning.kind == "boolean"
                )
                if names := names or (self._dates_of([rest]) if rest in rests else ()):
                    return Tag("name", "", names=names, negated=True, word=token.word)
                if rest in rests and (values := self._values([inner], None, False)):
                    return Tag("value", "", values=values, negated=True, word=token.word)
        return Tag("weekday" if lexicon.day([token.word])[1] else "unknown", "", word=token.word)

    def guesses(self, tag: Tag) -> list[str]:
        """What an unknown word may have been meant to be, best first: values that it is a word of, then what is spelt like it."""
        from rapidfuzz import fuzz, process

        stem = self.known.lexicon.stem
        held = [text for text in self._held() if stem(tag.word) in map(stem, text.split())]
        held.sort(key=lambda text: (tag.word not in text.split(), len(text), text))
        near = process.extract(tag.word, sorted(self._vocabulary()), scorer=fuzz.ratio, limit=_GUESSES, score_cutoff=72)
        return list(dict.fromkeys(word for word in [*held, *(word for word, _, _ in near)] if word != tag.word))[:_GUESSES]

    def _held(self) -> set[str]:
        return {" ".join(v.values).casefold() for values in self.known.values.values() for v in values}

    def _vocabulary(self) -> set[str]:
        said = {part for d in self.known.datasets.values() for name in (d.name, *d.columns) for part in (name, *name.split("_"))}
        said |= {metric.name for metric in self.known.metrics} | set(self.known.lexicon.months)
        said |= {words[0] for words, kind in self.known.lexicon.phrases.items() if len(words) == 1 and kind != "filler"}
        return said | self._held()


def _is_meant(near: tuple[Name, ...]) -> bool:
    """Whether a filler is a name here: `company`, where accounts have a company_name; `came`, where they have a came_on."""
    labelled = any(isinstance(name.meaning, Dataset) and name.cost == 1 for name in near)
    return labelled or all(getattr(name.meaning, "kind", "") == "date" and name.cost == 1 for name in near)


def _spelt(text: str, values: tuple[Value, ...]) -> bool:
    return any(" ".join(value.values).casefold() == text for value in values)


def _is_form(word: str, value: str) -> bool:
    """Whether a word of the same stem is a form of a value: dogs, dinosaur, canceled."""
    if (
        word in (f"{value}s", f"{value}es")
        or value in (f"{word}s", f"{word}es")
        or (word.endswith("ed") and value.endswith("ed"))
    ):
        return True
    return len(value) > 3 and (word.startswith(value) or word.endswith("s"))


def _is_since(name: Name) -> bool:
    return isinstance(name.meaning, Column) and name.cost == 1 and _is_when(name.meaning)


def _is_when(column: Column) -> bool:
    return column.kind == "date" or (column.name.split("_")[-1] in ("on", "at") and not column.between)
