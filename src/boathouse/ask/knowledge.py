"""What an answerer knows of the lake: datasets and how they hang together, what people call things, and the values of columns.
All of it is read as the caller sees it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from boathouse import clock
from boathouse.ask.glossary import glossary
from boathouse.ask.lexicon import Lexicon, Token, lexicon
from boathouse.ask.meanings import KEYS, Column, Dataset, Metric, Name, Relation, Value
from boathouse.ask.profile import profiled
from boathouse.ask.relations import find
from boathouse.config import Pipeline
from boathouse.engine import quote
from boathouse.query.policy import Policy

if TYPE_CHECKING:
    from boathouse.workbench import Workbench

_VALUES = 5_000  # a column with more different texts is not known by its values
_LONG = 80  # letters of a value that people would say
_TIMES = ("on", "at", "date", "time", "day")
_BARE = (["in"], ["on"], ["at"], ["to"], ["by"], ["of"], ["hour"], ["day"])  # parts that name nothing alone
_LEADING = ("of", "in", "by", "to", "per")  # begin no name: "of customers" is no number of them, of no_of_customers
_PREFIXES = ("tbl", "dim", "fact", "fct", "stg", "raw", "ref", "t")
# last parts of names that say what every dataset is
_SUFFIXES = ("data", "info", "information", "list", "details", "detail", "records", "table", "master")


@dataclass
class Knowledge:
    """Everything an answerer may build on."""

    lexicon: Lexicon
    today: date
    datasets: dict[str, Dataset] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)
    names: dict[str, list[Name]] = field(default_factory=dict)
    values: dict[tuple[str, ...], list[Value]] = field(default_factory=dict)
    glossary: dict[str, str] = field(default_factory=dict)
    stems: dict[str, list[tuple[str, Value]]] = field(default_factory=dict)  # values of one word, of columns with few
    schedules: dict[str, str] = field(default_factory=dict)  # cron lines, by dataset
    longest: int = 1
    _paths: dict[str, dict[str, list[tuple[Relation, ...]]]] = field(default_factory=dict)

    @staticmethod
    def day(wb: Workbench) -> date:
        """Today, by the workbench's clock."""
        return clock.now(wb.tz).date()

    @classmethod
    def of(cls, wb: Workbench, policy: Policy) -> Knowledge:
        """What the lake, the pipelines and the callers' policy let one know."""
        known = cls(lexicon(), cls.day(wb))
        pipelines = {}
        for entry in wb.catalog(role=policy):
            pipeline = wb.publisher(entry["name"])
            pipelines[entry["name"]] = pipeline
            if pipeline and pipeline.schedule:
                known.schedules[entry["name"]] = pipeline.schedule
            known.datasets[entry["name"]] = profiled(wb, policy, entry, pipeline, known.lexicon)
        for name, pipeline in pipelines.items():
            known._name(known.datasets[name], pipeline)
            known._take_values(wb, policy, known.datasets[name])
        known.relations = find(wb, policy, known, pipelines)
        known._name_relations()
        known._name_deeds()
        known._index_stems()
        known.glossary = glossary(wb.root)
        return known

    # names

    def _name(self, dataset: Dataset, pipeline: Pipeline | None) -> None:
        parts = dataset.name.lower().split("_")
        own = parts[1:] if len(parts) > 1 and parts[0] in _PREFIXES else parts
        if len(own) > 1 and own[-1] in _SUFFIXES:
            self._call(own, dataset)
            own = own[:-1]
        long = [self.lexicon.long(part) for part in own]
        for parts in (own, long):
            self._call(parts, dataset)
            if parts[-1:] not in _BARE:
                self._call(parts[-1:], dataset, min(1, len(parts) - 1))  # the head of the name: orders, of sales_orders
        if len(dataset.label) == 1:
            self._name_by_label(dataset, dataset.label[0].lower())
        self._name_by_deed(dataset, self.lexicon.stem(own[-1]))
        for synonym in pipeline.synonyms if pipeline else []:
            self._call(synonym.split(), dataset)
        stems = {self.lexicon.stem(part) for part in (*own, *long)}
        for column in dataset.columns.values():
            self._name_column(column, stems)
            spec = pipeline.columns.get(column.name) if pipeline else None
            for synonym in spec.synonyms if spec else []:
                self._call(synonym.split(), column)
            if spec and spec.description and (called := self._head(spec.description)):
                self._call(called, column, 2)
        for span in dataset.spans:
            self._name_span(span, dataset.time)
        for name, metric in (pipeline.metrics if pipeline else {}).items():
            made = Metric(dataset.name, name, metric.sql, metric.unit)
            self.metrics.append(made)
            for phrase in (name.replace("_", " "), *metric.synonyms):
                self._call(phrase.split(), made)
            what, _, done = name.rpartition("_")
            if done in {*self.lexicon.selling, *self.lexicon.done}:  # tickets, of tickets_sold
                self._call(what.split("_"), made, 1)

    def _name_span(self, span: Column, time: str | None) -> None:
        """`days from report to completion`, `time between …`; where the rows begin with the first, `days to complete`."""
        assert span.between
        first, second = ([*self._done(name), name.lower().split("_")] for name in span.between)
        units = [str(span.unit), *(["time"] if span.type == "DATE" or span.unit == "hours" else [])]
        for begin, end in itertools.product(first, second):
            for unit in units:
                self._call([unit, "from", *begin, "to", *end], span)
                self._call([unit, "between", *begin, "and", *end], span)
            if "time" in units:
                self._call(["from", *begin, "to", *end], span, 1)
                self._call(["between", *begin, "and", *end], span, 1)
        for end, unit in itertools.product(second if span.between[0] == time else [], units):
            self._call([unit, "to", *end], span)
            self._call([*end, unit], span)

    def _done(self, date: str) -> list[list[str]]:
        """What people call what a date is of: delivered or delivery, of delivered_at."""
        parts = [self.lexicon.long(p) for p in date.lower().split("_") if p not in (*_TIMES, "dt")]
        if not parts:
            return []
        return [parts, *([*parts[:-1], other] for other in self.lexicon.nominal.get(parts[-1], ()))]

    def _name_deeds(self) -> None:
        """Delivery, of delivered_at, where nothing else is called so."""
        dates = [column for dataset in self.datasets.values() for column in dataset.columns.values() if column.kind == "date"]
        free = {" ".join(called): column for column in dates for called in self._done(column.name)[1:]
                if not self.named([Token(word, word, self.lexicon.stem(word)) for word in called])}  # fmt: skip
        for called, column in free.items():
            self._call(called.split(), column, 1)

    def _name_by_deed(self, dataset: Dataset, singular: str) -> None:
        """Who teaches is a teacher; who complains has complaints."""
        for deed in self.lexicon.deeds_of.get(singular, ()):
            self._call([deed], dataset, 1)
        for ending in self.lexicon.agents:
            if singular.endswith(ending) and len(singular) > len(ending) + 3:
                self._call([singular.removesuffix(ending)], dataset, 1)

    def _name_by_label(self, dataset: Dataset, label: str) -> None:
        """Companies, of accounts that have a company_name, or a company."""
        head, _, last = label.rpartition("_")
        if last not in ("name", "title", *KEYS):
            self._call(label.split("_"), dataset)
        elif head and last not in KEYS:
            self._call(head.split("_"), dataset, 1)

    def _head(self, description: str) -> list[str]:
        """What a column's description begins with, where that may be its name: `satisfaction from 1 to 5`."""
        match = re.match(r"\s*((?:[^\W\d_]+ ){0,2}[^\W\d_]+?)\s*($|[,;:(.]|(from|in|of|per|on a scale|between) )", description)
        words: list[str] = match[1].lower().split() if match else []
        return [] if any((word,) in self.lexicon.phrases or word in self.lexicon.calendar for word in words) else words

    def _name_column(self, column: Column, dataset: set[str]) -> None:
        short = column.name.lower().split("_")
        self._name_parts(column, dataset, short)
        if (long := [self.lexicon.long(part) for part in short]) != short:
            self._name_parts(column, dataset, long)
        rest = tuple(short[:-1])
        if column.kind == "number" and rest and short[-1] in self.lexicon.unit_words and self.lexicon.phrases.get(rest) != "sum":
            # the amount, of amount_eur
            self._call(short[:-1], column)
        if column.kind == "number" and short[-1] in self.lexicon.spans and len(long) > 1:  # the response time, of resp_min
            self._name_parts(column, dataset, [*long[:-1], "time"])
        if (
            column.kind == "number"
            and len(short) == 2
            and short == long
            and not column.is_key
            and not set(short) & self.lexicon.unit_words
        ):
            self._call(short[::-1], column, 1)  # planned stops, of stops_planned
        if column.kind == "date" and short[-1] in ("on", "at") and len(short) > 1:  # the start date, of starts_on
            self._call([*short[:-1], "date"], column)

    def _name_parts(self, column: Column, dataset: set[str], parts: list[str]) -> None:
        self._call(parts, column)
        for start in range(len(parts)):
            for end in range(start + 1, len(parts) + 1):
                some, rest = parts[start:end], parts[:start] + parts[end:]
                if not rest or set(some) & {"id", "key", "no"} or all(part.isdigit() for part in some) or some in _BARE:
                    continue
                if some[0] in _LEADING:
                    continue
                flags = (*self.lexicon.flag_words, *self.lexicon.flag_ends) if column.kind == "boolean" else ()
                aside = (*KEYS, *_TIMES, *flags)
                if set(some) <= {*KEYS, *_TIMES, *self.lexicon.flag_words, *self.lexicon.rhythm}:
                    continue
                led, behind = parts[:start], parts[end:]  # poll_margin is a poll's margin, margin_poll one of several
                near = all(part in aside for part in behind) and all(self.lexicon.stem(p) in dataset or p in aside for p in led)
                if column.is_key and not near:
                    continue
                if not near or not {self.lexicon.stem(part) for part in some} <= dataset:
                    self._call(some, column, 1 if near else 2)

    def _call(self, words: list[str], meaning: Dataset | Column | Metric, cost: int = 0) -> None:
        words = " ".join(words).split()  # "first name", of fname
        tokens = [Token(word, word.lower(), self.lexicon.stem(word.lower())) for word in words]
        self.longest = max(self.longest, len(tokens) + 2)
        plain, stems = self.lexicon.keys(tokens)
        spelt = words[-1] in ("on", "at") and len(words) > 1  # `orders on` is not ordered_on
        for key in {plain} if spelt else {plain, stems} - {""}:
            known = self.names.setdefault(key, [])
            if not any(name.meaning is meaning and name.cost <= cost for name in known):
                self.names[key] = [*(name for name in known if name.meaning is not meaning), Name(meaning, cost)]

    def is_taken(self, column: Column) -> bool:
        """Whether a figure is money that was taken, as far as its name and its dataset's tell."""
        rows = set(column.dataset.lower().split("_")) & self.lexicon.selling_rows
        name, _, unit = column.name.lower().rpartition("_")
        called = name if unit in self.lexicon.unit_words else column.name.lower()  # the amount, of amount_chf
        return bool(rows) and column.is_measure and "_".join(map(self.lexicon.long, called.split("_"))) in self.lexicon.taken

    def relation(self, column: Column) -> Relation | None:
        """Where a column names a row of another dataset."""
        return next((r for r in self.relations if (r.child, r.column) == (column.dataset, column.name)), None)

    def named(self, tokens: list[Token]) -> list[Name]:
        """What some words may be the name of."""
        found = {id(name.meaning): name for key in reversed(self.lexicon.keys(tokens)) for name in self.names.get(key, [])}
        return list(found.values())

    def looked_for(self, concept: str) -> list[Name]:
        """What a concept of the lexicon finds in the lake."""
        wanted = self.lexicon.concepts.get(concept, ())
        return [name for other in wanted for name in self.named(self.lexicon.tokens(other.replace("_", " ")))]

    def _name_relations(self) -> None:
        """Where a column names a row of another dataset, its name without `_id` means that row: person_id, of people."""
        for relation in self.relations:
            column, parent = self.datasets[relation.child].columns[relation.column], self.datasets[relation.parent]
            role = [p for p in relation.column.lower().split("_") if p not in KEYS]
            if (
                not {self.lexicon.stem(p) for p in role} <= {self.lexicon.stem(p) for p in relation.parent.split("_")}
                and not relation.found
            ):
                continue  # advisor_id, of teachers: a role, not any teacher
            for key, names in self.names.items():
                if any(name.meaning is column and name.cost == 1 for name in names):
                    kept = [name for name in names if name.meaning is not column]
                    there = any(name.meaning is parent for name in kept)
                    self.names[key] = kept if there else [*kept, Name(parent, 1)]

    # values

    def _take_values(self, wb: Workbench, policy: Policy, dataset: Dataset) -> None:
        masked = {column for applied in policy.applied([dataset.name]) for column in applied.masked}
        said = [c for c in dataset.columns.values() if c.kind == "text" and 0 < c.size <= _VALUES and c.name not in masked]
        if said:
            lists = ", ".join(f"list(DISTINCT {quote(c.name)}) FILTER (len({quote(c.name)}) <= {_LONG})" for c in said)
            row = wb.sql(f"SELECT {lists} FROM {quote(dataset.name)}", role=policy).arrow()
            for column, cells in zip(said, row.columns, strict=True):
                self._values_of((column,), ((value,) for value in cells[0].as_py() or []))
        for column in (c for c in dataset.columns.values() if c.kind == "list" and c.name not in masked):
            cells = wb.sql(f"SELECT DISTINCT unnest({quote(column.name)}) AS value FROM {quote(dataset.name)} LIMIT {_VALUES}",
                           role=policy).arrow()["value"]  # fmt: skip
            self._values_of((column,), ((value,) for value in cells.to_pylist() if isinstance(value, str)))
        if len(dataset.label) > 1 and not masked & set(dataset.label) and dataset.rows <= _VALUES:
            chosen = ", ".join(map(quote, dataset.label))
            rows = wb.sql(f"SELECT DISTINCT {chosen} FROM {quote(dataset.name)}", role=policy).arrow().to_pylist()
            columns = tuple(dataset.columns[name] for name in dataset.label)
            self._values_of(columns, (tuple(row.values()) for row in rows if None not in row.values()))

    def _values_of(self, columns: tuple[Column, ...], cells: Iterable[tuple[str, ...]]) -> None:
        for values in cells:
            words = tuple(token.word for value in values for token in self.lexicon.tokens(value))
            if words:
                self.longest = max(self.longest, len(words))
                self.values.setdefault(words, []).append(Value(columns, values))
                if word := self.lexicon.codes.get(columns[-1].name.lower(), {}).get(words[0]):  # male, of M
                    self.values.setdefault((word,), []).append(Value(columns, values))
                apart = tuple(part for word in words for part in re.split("[-_]", word) if part)
                if apart != words and "to" not in apart and len(columns) == 1 and columns[0].has_few:  # same day, of same-day
                    self.values.setdefault(apart, []).append(Value(columns, values))
                    self.longest = max(self.longest, len(apart))

    def _index_stems(self) -> None:
        for words, values in self.values.items():
            if len(words) == 1 and words[0].replace("-", "").isalpha():
                few = [(words[0], value) for value in values if value.columns[0].has_few]
                self.stems.setdefault(self.lexicon.stem(words[0]), []).extend(few)

    # paths

    def parents(self, dataset: str) -> Iterator[Relation]:
        return (relation for relation in self.relations if relation.child == dataset)

    def paths(self, start: str) -> dict[str, list[tuple[Relation, ...]]]:
        """The shortest ways from a dataset to each that its rows name a row of, itself first."""
        if start in self._paths:
            return self._paths[start]
        found: dict[str, list[tuple[Relation, ...]]] = {start: [()]}
        edge: list[tuple[Relation, ...]] = [()]
        while edge:
            longer = [(*path, one) for path in edge for one in self.parents(path[-1].parent if path else start)]
            edge = [path for path in longer if path[-1].parent not in found]
            for path in edge:
                found.setdefault(path[-1].parent, []).append(path)
        self._paths[start] = found
        return found
