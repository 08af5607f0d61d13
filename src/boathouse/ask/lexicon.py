"""The words of a language, from lexicon/LANGUAGE.yml: which phrases mean what, and what a word's stem is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

_TOKEN = re.compile(
    r"""\d{4}-\d\d-\d\d(?!\w) | \d+(?:,\d{3})*(?:\.\d+)?(?:k|m|bn)?(?![\w]|[-_./]\w) | [^\W_]\w*(?:[-_.&/@+]\w+)*(?:['’](?:t|ve|re|ll|d|m)\b)? | '[sS]\b | ’[sS]\b |
        [<>]=?|==?|!=|<>|[≥≤≠€$£%&] | (?P<quote>["“”„«»]) | (?P<gap>[,;:?!.()]+|(?<=\s)[-–—](?=\s)) | \S""",
    re.X,
)
_ARTICLES = ("the",)  # a filler by itself, so that "the most recent" is not read as "the most" and "recent"
_MULTIPLES = {"k": 1_000, "m": 1_000_000, "bn": 1_000_000_000}


@dataclass(frozen=True)
class Token:
    """A word, number or mark of a text. `quoted` stood in quotation marks, `gap` says that a comma or the like came before."""

    text: str
    word: str
    stem: str
    quoted: bool = False
    gap: bool = False
    start: int = field(default=0, compare=False)  # where it stands in the text
    end: int = field(default=0, compare=False)


def _bare(word: str) -> str:
    """no-show and no_show as noshow; a dash by itself stays."""
    return re.sub(r"(?<=\w)-(?=\w)", "", word).replace("_", "")


def folded(text: str) -> str:
    """Small letters without accents: Åkesson → akesson."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


class Lexicon:
    """Phrases by what they mean; words by the number, month or unit of time that they are."""

    def __init__(self, data: dict[str, Any]):
        import snowballstemmer

        self._stemmer = snowballstemmer.stemmer(data.pop("language"))
        self._times(data)
        self._people_and_places(data)
        self._deeds(data)
        self._rewordings(data)
        self.concepts: dict[str, list[str]] = data.pop("concepts")
        self.abbreviations: dict[str, str] = data.pop("abbreviations")
        self.directions: dict[str, list[str]] = data.pop("directions")
        self.commands, self.idle, self.listing = (set(data.pop(kind)) for kind in ("commands", "idle", "listing"))
        self.states, self.takes = set(data.pop("states")), set(data.pop("takes"))
        self.deeds, self.ages, self.aged, self.spelling, self.sized = (
            set(data.pop(kind)) for kind in ("deeds", "ages", "aged", "spelling", "sized")
        )
        self.others_deeds, self.busy, self.speeds, self.daily = (
            set(data.pop(kind)) for kind in ("others_deeds", "busy", "speeds", "daily")
        )
        self.selling_rows, self.earning = set(data.pop("selling_rows")), set(data.pop("earning"))
        self.spends, self.ourselves, self.fresh = set(data.pop("spends")), set(data.pop("ourselves")), set(data.pop("fresh"))
        self.belongings = tuple(data.pop("belongings"))
        self.taken, self.classifiers = set(data.pop("taken")), set(data.pop("classifiers"))
        self.generic = {self.stem(word) for word in data.pop("generic")}
        self.alike = [[self.stem(word) for word in words] for words in data.pop("alike")]
        self.codes: dict[str, dict[str, str]] = data.pop("codes")
        self.conversions = {
            unit: {smaller: int(factor) for smaller, factor in others.items()} for unit, others in data.pop("conversions").items()
        }
        self.suffixes: dict[str, list[str]] = data.pop("suffixes")
        self.spans = {*self.suffixes, *(short for every in self.suffixes.values() for short in every), "ms"}
        self.abbreviations = {short: unit for unit, every in data["sizes"].items() for short in every} | self.abbreviations
        self.rates = set(data.pop("rates"))
        self.sizes: dict[str, list[str]] = data.pop("sizes")
        self.belonging = set(data.pop("belonging"))
        self.selling = set(data.pop("selling"))
        self.theirs = set(data.pop("theirs"))
        self.agents: list[str] = data.pop("agents")
        self.flag_words, self.flag_ends = tuple(data.pop("flag_words")), tuple(data.pop("flag_ends"))
        self.yes_and_no: list[tuple[str, str]] = [(yes, no) for yes, no in data.pop("yes_and_no")]
        self.negating, self.opposites = data.pop("negating"), data.pop("opposites")
        self.adds, self.possessing = set(data.pop("adds")), set(data.pop("possessing"))
        self.verb_endings, self.asking_verbs = tuple(data.pop("verb_endings")), set(data.pop("asking_verbs"))
        self.general: dict[str, list[str]] = data.pop("general")
        self.units: dict[str, str] = data.pop("units")
        self.currencies = {self.units[word] for word in ("€", "$", "£", "chf")}
        self.unit_words = {unit.lower() for unit in self.units.values()} - {"", "pieces"}
        self.unit_words |= {short for every in self.sizes.values() for short in every}
        self.lengths = {*self.conversions, *(unit for others in self.conversions.values() for unit in others)}
        self.measured = {*self.units.values(), *self.conversions, "milliseconds", "time", "date", "year"}
        pointing, self.relative, self.being = data.pop("pointing"), set(data.pop("relative")), set(data.pop("being"))
        self.low, self.extreme = set(data.pop("low")), set(data.pop("extreme"))
        self.pointing = {kind: [self._words(phrase) for phrase in phrases] for kind, phrases in pointing.items()}
        self.phrases: dict[tuple[str, ...], str] = {}
        for kind, phrases in data.items():
            for phrase in phrases:
                words = self._words(phrase)
                self.phrases.setdefault(words[1:] if len(words) > 1 and words[0] in _ARTICLES else words, kind)
        for kind, phrases in (("concept", self.concepts), ("units", self.units)):
            for phrase in phrases:
                self.phrases.setdefault(self._words(phrase) or (phrase,), kind)
        self.longest = max(map(len, self.phrases))

    def _rewordings(self, data: dict[str, Any]) -> None:
        """What is put into plainer words before a question is read."""
        self.inside: list[tuple[str, str]] = list(data.pop("inside").items())
        self.around: list[tuple[list[str], str]] = [(said.split(" … "), meant) for said, meant in data.pop("around").items()]
        self.reworded: list[tuple[str, str]] = sorted(data.pop("reworded").items(), key=lambda pair: -len(pair[0]))

    def _deeds(self, data: dict[str, Any]) -> None:
        """What is done, has been done, or has not been yet."""
        self.comparatives: dict[str, str] = data.pop("comparatives")
        self.heading: dict[str, str] = data.pop("heading")
        self.articles, self.throughout, self.genitive = (set(data.pop(kind)) for kind in ("articles", "throughout", "genitive"))
        self.tops, self.everywhere, self.swapped, self.holding = (
            set(data.pop(kind)) for kind in ("tops", "everywhere", "swapped", "holding")
        )
        self.often = set(data.pop("often"))
        self.natural = {self.stem(thing): set(deeds) for thing, deeds in data.pop("natural").items()}
        self.popular = set(data.pop("popular"))
        self.deeds_of: dict[str, list[str]] = {self.stem(rows): deeds for rows, deeds in data.pop("deeds_of").items()}
        self.unfinished: dict[str, list[str]] = data.pop("unfinished")
        self.bringing, self.begins, self.done = (set(data.pop(kind)) for kind in ("bringing", "begins", "done"))
        self.doing = self.done.union(*self.natural.values())  # who did it comes behind each of these
        self.nominal: dict[str, list[str]] = data.pop("nominal")

    def _people_and_places(self, data: dict[str, Any]) -> None:
        """Words for who and where."""
        self.key_words: dict[str, list[str]] = data.pop("keys")
        self.roles, self.who, self.where, self.places = (set(data.pop(kind)) for kind in ("roles", "who", "where", "places"))
        self.managing: list[str] = data.pop("managing")
        demonyms: dict[str, str | list[str]] = data.pop("demonyms")
        self.demonyms = {
            self._words(people): [self._words(one) for one in ([land] if isinstance(land, str) else land)]
            for people, land in demonyms.items()
        }
        self.persons, self.are_persons = set(data.pop("persons")), {self.stem(word) for word in data.pop("are_persons")}

    def _times(self, data: dict[str, Any]) -> None:
        """Numbers, units of time, days and months."""
        self.numbers, self.ordinals, self.months = (
            {word: int(number) for word, number in data.pop(kind).items()} for kind in ("numbers", "ordinals", "months")
        )
        self.calendar: dict[str, str] = data.pop("calendar")
        self.cycles: dict[str, str] = data.pop("cycles")
        single, repeated = (
            {self._words(phrase): tuple(map(int, days)) for phrase, days in data.pop(kind).items()}
            for kind in ("days", "every_day")
        )
        self.days, self.repeated, self.every = single | repeated, set(repeated), set(data.pop("every"))
        self.rhythm: dict[str, str] = data.pop("rhythm")
        self._period = {kind: [self._words(phrase) for phrase in phrases] for kind, phrases in data.pop("period").items()}

    def _words(self, phrase: str) -> tuple[str, ...]:
        return tuple(token.word for token in self.tokens(phrase))

    @lru_cache(50_000)  # noqa: B019 - there is one lexicon a language
    def stem(self, word: str) -> str:
        return self._stemmer.stemWord(word)

    def tokens(self, text: str) -> list[Token]:
        """The tokens of a text, marks of punctuation left out."""
        found, quoted, gap = [], False, False
        for match in _TOKEN.finditer(text):
            if match["quote"]:
                quoted = not quoted
            elif match["gap"]:
                gap = True
            else:
                word = folded(match[0])
                found.append(Token(match[0], word, self.stem(word), quoted, gap, match.start(), match.end()))
                gap = False
        return found

    def first(self, kind: str, words: Sequence[str]) -> int:
        """How many words the longest phrase of a period's part takes at the beginning; 0 for none."""
        return max((len(p) for p in self._period[kind] if tuple(words[: len(p)]) == p), default=0)

    def day(self, words: Sequence[str]) -> tuple[tuple[int, ...], int]:
        """The days of the week that some words begin with, 1 for Monday, and how many words that takes."""
        found = [(len(phrase), days) for phrase, days in self.days.items() if tuple(words[: len(phrase)]) == phrase]
        size, days = max(found, default=(0, ()))
        return days, size

    def direction(self, words: Iterable[str]) -> str:
        """`from` or `to`, where one of these words says so."""
        said = (self.heading.get(word, word) for word in words)
        return next((word for word in said if word in self.directions), "")

    def number(self, word: str) -> float | None:
        """The number that a word is, None for none."""
        if word in self.numbers:
            return self.numbers[word]
        match = re.fullmatch(r"(\d[\d,]{,15}(?:\.\d{,9})?)(k|m|bn)?", word)
        return float(match[1].replace(",", "")) * _MULTIPLES.get(match[2] or "", 1) if match else None

    def spelt(self, unit: str) -> set[str]:
        """A unit as parts of columns' names have it: minutes, min, mins."""
        return {unit, *self.suffixes.get(unit, ()), *self.sizes.get(unit, ())}

    def ratio(self, unit: str, other: str) -> float | None:
        """How many of the other unit one of this is; None where that is not known."""
        found, edge = {unit: 1.0}, [unit]
        while edge:
            one = edge.pop()
            near = {**self.conversions.get(one, {}), **{u: 1 / some[one] for u, some in self.conversions.items() if one in some}}
            for next_, factor in near.items():
                if next_ not in found:
                    found[next_] = found[one] * factor
                    edge.append(next_)
        return found.get(other)

    def counted_in(self, name: str, unit: str) -> bool:
        """Whether a figure that is called so is counted in a unit: net_wt_t in tonnes, and not price_per_t."""
        parts = name.lower().split("_")
        return any(part in self.spelt(unit) and (not at or parts[at - 1] not in self.rates) for at, part in enumerate(parts))

    def is_person(self, dataset: str) -> bool:
        """Whether the rows of a dataset that is called so are people, or those who act like them."""
        return self.stem(dataset.lower().split("_")[-1]) in self.are_persons

    def is_place(self, column: str) -> bool:
        """Whether a column says where: dest_town."""
        return bool({self.long(part) for part in column.lower().split("_")} & self.places)

    def is_role(self, column: str) -> bool:
        """Whether a column holds who somebody is: depot_mgr."""
        return bool({self.long(part) for part in column.lower().split("_")} & self.roles)

    def is_key(self, words: str) -> bool:
        """Whether what names a row is asked for, and not what the row is called: `document ids`."""
        return words.lower().rpartition(" ")[2] in self.key_words

    def is_age(self, column: str) -> bool:
        """Whether a column says how old something is."""
        return column.lower().split("_")[-1] in self.aged

    def is_percent(self, name: str, unit: str | None) -> bool:
        """Whether a figure is counted in percent."""
        said = {self.long(part) for part in (*name.lower().split("_"), unit or "")}
        return any(self.units.get(one, one) == "percent" for one in said) or "percentage" in said

    def is_added(self, name: str) -> bool:
        """Whether a figure that is called so is meant added up: revenue, engine_hrs."""
        parts = set(name.lower().split("_"))
        if parts & {"rate", "per"}:  # so much for each is not added up
            return False
        return bool(self.adds & (parts | {self.long(part) for part in parts}))

    def long(self, part: str) -> str:
        """A part of a name as it is written out: appointment, of appt, and appointments, of appts."""
        single = part.removesuffix("s")
        plural = single != part and len(single) > 2 and single in self.abbreviations
        return f"{self.abbreviations[single]}s" if plural else self.abbreviations.get(part, part)

    def keys(self, words: Iterable[Token]) -> tuple[str, str]:
        """Two spellings under which a name is known: as it stands and by stems, both without spaces."""
        words = list(words)
        return "".join(_bare(w.word) for w in words), "".join(_bare(w.stem) for w in words)


@cache
def lexicon(language: str = "en") -> Lexicon:
    text = (files("boathouse.ask") / "lexicon" / f"{language}.yml").read_text(encoding="utf-8")
    return Lexicon(yaml.load(text, yaml.BaseLoader))
