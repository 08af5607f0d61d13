"""Reads the tags of a question from left to right, each by the rule of its kind; what no rule takes makes it a question back.
`Reading(...).intent()` is the way in."""

from __future__ import annotations

from dataclasses import replace

from boathouse.ask.intent import Intent, Noun, UnclearError
from boathouse.ask.meanings import LIFE, Name
from boathouse.ask.reading.cursor import AGGREGATES
from boathouse.ask.reading.names import Names
from boathouse.ask.reading.ranking import Ranking
from boathouse.ask.reading.settling import settle


class Reading(Ranking, Names):
    """One question."""

    def intent(self) -> Intent:
        """Raises UnclearError."""
        self.through()
        return settle(self)

    def through(self) -> None:
        """Applies the rules to every tag."""
        while self.at < len(self.tags):
            self.rule(self.kind() if hasattr(self, f"_{self.kind()}") else "unknown")

    def _unknown(self) -> None:
        tag = self.take()
        raise UnclearError(f"I do not know what {tag.text!r} means here", word=tag.word or tag.text)

    def _weekday(self) -> None:
        day = self.take().text
        raise UnclearError(f"the last {day}, or every {day}?", [f"last {day}", f"every {day}"], word=day)

    def _cause(self) -> None:
        raise UnclearError("I can say what the data shows, not why")

    def _forecast(self) -> None:
        raise UnclearError("I can say what the data shows, not what will be")

    def _only(self) -> None:
        tag = self.take()
        rest = self.tags[self.at :]
        before = self.tags[self.at - 2] if self.at > 1 else tag
        if not rest and (
            before.kind == "label" or (before.kind == "name" and not before.datasets)
        ):  # "names and birth dates only"
            return
        if rest and tag.gap and all(one.kind in ("label", "name", "and") for one in rest):  # "…, just the names"
            self.made.select += self.nouns_listed()
            return
        if [one.kind for one in rest] == ["count"]:  # "…, just the number"
            return
        if self.at > 1:
            raise UnclearError(f"{tag.text!r} says more than I can read here: leave it out, or ask in two questions", asks=True)

    def _still(self) -> None:
        """`still open`; "still with us" says what no word of the data does."""
        tag = self.take()
        if self.kind() not in ("value", "name", "not", "without", "never", "concept"):
            raise UnclearError(f"{tag.text!r}: which state is meant?", asks=True)

    def _vague(self) -> None:
        tag = self.take()
        if tag.word in self.lexicon.fresh and self._since_when():
            return
        raise UnclearError(
            f"how much is {tag.text!r}? Say it as a number, as in 'more than 100', or ask for the top 10", asks=True
        )

    def _since_when(self) -> bool:
        """`new members last month`: those whose date since when they are there lies in the period."""
        if self.kind() == self.kind(1) == "name" and self.tags[self.at].verb and not self.tags[self.at].datasets:
            self.take()  # "newly registered owners"
        following = self.tags[self.at] if self.kind() == "name" else None
        grouped = any(tag.kind in ("period", "rhythm") or (tag.kind == "calendar" and tag is not following) for tag in self.tags)
        if following is None or len(following.datasets) != 1 or not grouped:
            return False
        dataset = following.datasets[0]
        long = self.lexicon.long
        since = [name for name in dataset.times if {long(p) for p in name.split("_")} & (LIFE | self.lexicon.begins)]
        if len(since) != 1:
            return False
        others = [
            tag
            for tag in self.tags
            if tag not in (following, self.tags[self.at - 1])
            and tag.kind in ("name", "concept")
            and (tag.verb or tag.datasets or tag.kind == "concept")
            and tag.columns != [dataset.columns[since[0]]]
        ]
        if others:  # "new members booked in October": when they were new, or when they booked?
            return False
        self.date = Noun(since[0], (Name(dataset.columns[since[0]]),))
        for one in self.made.conditions:
            one.noun = one.noun or (self.date if one.kind == "period" else None)
        self.pending_count = not (self.made.measures or self.made.listed or self.aggregate)
        return True

    def _best(self) -> None:
        tag = self.tags[self.at]
        low = tag.word in self.lexicon.low
        if tag.word in self.lexicon.popular and self._is_of_its_rows():
            kind = "rare" if low else "frequent"
        elif any(t.kind == "by" for t in self.tags[self.at :]):
            kind = "lowest" if low else "highest"
        else:
            raise UnclearError(f"{tag.text!r} by which figure? Add 'by …'", asks=True)
        self.tags[self.at] = replace(tag, kind=kind)
        self.rule(kind)

    def _is_of_its_rows(self) -> bool:
        """`the most popular pet name`, of pets; of a branch it may be the staff there, or what is sold."""
        following = self.tags[self.at + 1] if self.kind(1) == "name" else None
        if following is None or any(getattr(name.meaning, "kind", "") != "text" for name in following.names):
            return False
        parents = {relation.parent for relation in self.known.relations}
        said = {self.lexicon.stem(word) for word in self.text.lower().split()}
        return all(n.dataset not in parents or self.lexicon.stem(n.dataset.split("_")[-1]) in said for n in following.names)

    def _ascending(self) -> None:
        tag = self.take()
        if self.made.sort and self.made.sort[0].names:  # "sorted by price, highest first"
            if self.kind() in ("name", "by", "count"):
                raise UnclearError("sorted by one thing at a time, please", asks=True)
            self.made.sort = (self.made.sort[0], tag.kind == "descending")
            return
        sized = set(tag.word.split()) & (self.lexicon.ages | self.lexicon.sized)
        figures = self.made.measures or self.made.rank or self.aggregate or self.made.groups or any(n.numeric for n in self.nouns)
        if sized and not figures:
            raise UnclearError(f"{tag.text!r} by which date or figure? Say 'sorted by …'", asks=True)
        if self.kind() == "by" and self.kind(1) == "name":
            self.take()
        behind = self.lexicon.genitive & set(self.tags[self.at].after if self.at < len(self.tags) else ())
        of = self.kind() == "name" and (self.tags[self.at - 1].kind == "by" or bool(behind))  # "… of age"
        if self.kind() == "count" and behind:  # "in descending order of number of products"
            self.take()
            of = self.kind() == "name" and any(column.is_measure for column in self.tags[self.at].columns)
            if not of:
                raise UnclearError(f"{tag.text} by how many of what?", asks=True)
        spelt = Noun("", label=True) if set(tag.word.split()) & self.lexicon.spelling else None  # by what groups are called
        self._sort(self.noun() if of else spelt, tag.kind == "descending")

    def _sorted(self) -> None:
        self.take()
        if self.kind() == "by":
            self.take()
        if self.kind() in ("count", *AGGREGATES):
            self._sorted_by_a_figure()
            return
        ways = [self.take().kind] if self.kind() in ("ascending", "descending") else []  # "ordered by ascending age"
        verb = self.kind() == "name" and self.tags[self.at].verb
        noun = Noun(self.tags[self.at].text, self.take().names) if verb else self.noun()  # "sorted by joined"
        ways += [self.take().kind] if self.kind() in ("ascending", "descending") else []
        more = self.tags[self.at] if self.at < len(self.tags) else None
        if self.made.sort or (
            noun and more and (more.kind == "and" or more.gap) and self.kind(more.kind == "and") in ("name", "label")
        ):
            raise UnclearError("sorted by one thing at a time, please", asks=True)
        if noun is None and more is not None and more.kind not in ("and", "ascending", "descending"):
            raise UnclearError(f"sorted by {more.text!r}?", asks=True)
        if noun is not None and noun.columns and self.made.listed and self.made.subject and not self.made.select:
            self.made.select.append(noun)  # what rows are sorted by is shown with them
        self._sort(noun, "descending" in ways)

    def _sorted_by_a_figure(self) -> None:
        """`genres sorted by number of tracks`: by that of each; what is shown already is only named again."""
        figure = self.tags[self.at]
        named = [self.made.subject] if self.made.subject else self.nouns[:1]
        self.made.sort = (Noun(""), False)
        if self.made.measures:
            self.take()
            self.noun()
            return
        if not named:
            raise UnclearError(f"sorted by {figure.text} of what?", asks=True)
        self.nouns = [noun for noun in self.nouns if noun not in named]
        self.made.groups, self.made.subject = [*self.made.groups, *named], None

    def _sort(self, noun: Noun | None, descending: bool) -> None:
        self.made.sort = (noun or Noun(""), descending)

    _descending = _ascending
