"""What can be reached from one dataset: the datasets that its rows name, the nearest column of a name, the date of a period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from boathouse.ask.intent import Condition, Noun, UnclearError
from boathouse.ask.knowledge import Knowledge
from boathouse.ask.meanings import LIFE, Column, Dataset, Metric, Relation
from boathouse.engine import quote

_SECONDS = {"days": 86_400.0, "hours": 3_600.0, "minutes": 60.0}  # that a span's unit has


@dataclass
class Tables:
    """The tables of one SELECT over a base dataset. `cost` adds up how far-fetched its bindings are, `notes` say what was taken
    for what."""

    known: Knowledge
    base: Dataset
    hinted: frozenset[str] = frozenset()
    joins: dict[str, tuple[Relation, ...]] = field(default_factory=dict)
    roles: dict[str, Relation] = field(default_factory=dict)  # joins by one column, by their alias
    where: list[str] = field(default_factory=list)
    used: list[Column] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    elsewhere: list[Condition] = field(default_factory=list)  # periods that are of another dataset's date
    narrowed: bool = False  # by whether rows of another dataset are there
    cost: int = 0
    verbs: tuple[str, ...] = ()
    mark: str = ""  # set apart the tables of a subquery from those around it

    def __post_init__(self) -> None:
        self.paths = self.known.paths(self.base.name)

    def reaches(self, dataset: str) -> bool:
        return dataset in self.paths

    def far(self, dataset: str) -> int:
        return len(self.paths[dataset][0])

    def table(self, dataset: str) -> str:
        """The name that a dataset goes by in this SELECT; it is joined where it is not there yet."""
        ways = self.paths[dataset]
        if len(ways) > 1:
            named = sorted({way[0].column for way in ways} | {way[-1].column for way in ways})
            raise UnclearError(f"{self.base.name} leads to {dataset} in {len(ways)} ways: by {', '.join(named)}", asks=True)
        for count in range(1, len(ways[0]) + 1):
            self.joins.setdefault(ways[0][count - 1].parent, ways[0][:count])
        return quote(f"{dataset}{self.mark}")

    def role(self, relation: Relation) -> str:
        """The alias of the dataset whose row one column names: the teacher that is a student's advisor."""
        self.table(relation.child)
        alias = f"{relation.column}{self.mark}_{relation.parent}"
        self.roles[alias] = relation
        return quote(alias)

    def led(self, ways: Sequence[tuple[Relation, ...]], direction: str = "") -> Relation | None:
        """Of several columns that lead to a dataset, the one that `from`, `to` or a verb speaks of: where trips start."""
        stem = self.known.lexicon.stem
        wanted = {stem(word) for word in (*self.known.lexicon.directions.get(direction, ()), *self.verbs)}
        found = [way[0] for way in ways if len(way) == 1 and {stem(part) for part in way[0].column.split("_")} & wanted]
        return found[0] if len(found) == 1 else None

    def rows(self, dataset: str, direction: str = "") -> str:
        """The name of a dataset's rows in this SELECT, by the column that leads to them."""
        ways = self.paths[dataset]
        relation = self.led(ways, direction) if len(ways) > 1 else None
        return self.role(relation) if relation else self.table(dataset)

    def column(self, column: Column) -> str:
        table = self.table(column.dataset)
        if not column.between:
            return f"{table}.{quote(column.name)}"
        begin, end = (f"{table}.{quote(name)}" for name in column.between)
        self.notes.append(f"{column.unit} from {' to '.join(column.between)}")
        if column.type == "DATE":
            return f"date_diff('day', {begin}, {end})"
        return f"date_diff('second', {begin}, {end}) / {_SECONDS[str(column.unit)]}"

    def nearest(self, columns: Iterable[Column], text: str) -> Column:
        """The one of these that lies closest. Raises UnclearError for none, and for two as close."""
        within = [column for column in dict.fromkeys(columns) if self.reaches(column.dataset)]
        if not within:
            raise UnclearError(f"{text!r} has nothing to do with {self.base.name}, as far as I can see", word=text)
        best = min(self.far(column.dataset) for column in within)
        found = [column for column in within if self.far(column.dataset) == best]
        if len(found) > 1:
            raise UnclearError(
                f"{text!r} may mean {either(found)}",
                [str(column).split(".")[1] if len({c.dataset for c in found}) == 1 else str(column) for column in found],
            )
        self.cost += best
        self.used.append(found[0])
        return found[0]

    def first_reached(self, noun: Noun) -> list[Column]:
        """For a word that looks for one of several names: the columns of the first that is there."""
        columns = [column for column in noun.columns if self.reaches(column.dataset)]
        if len({column.name for column in columns}) > 1 and len(noun.names) > 1:
            own = [column for column in columns if column.dataset == self.base.name] or columns
            return [column for column in own if column.name == own[0].name]
        return columns

    def metrics(self, noun: Noun) -> list[Metric]:
        """Those of a noun that are the base's."""
        return [metric for metric in noun.metrics if metric.dataset == self.base.name]

    def from_clause(self) -> str:
        text = quote(self.base.name) + (f" AS {quote(self.base.name + self.mark)}" if self.mark else "")
        for path in sorted(self.joins.values(), key=len):
            last = path[-1]
            child, parent = quote(last.child + self.mark), quote(last.parent + self.mark)
            named = f"{quote(last.parent)} AS {parent}" if self.mark else parent
            text += f"\nLEFT JOIN {named} ON {last.on(child, parent)}"
        for alias, one in self.roles.items():
            text += f"\nLEFT JOIN {quote(one.parent)} AS {quote(alias)} ON {one.on(quote(one.child + self.mark), quote(alias))}"
        return text

    def time(self, hint: Noun | None, *, whole_years: bool = False) -> Column:
        """The column that a period is about. Raises UnclearError where there is none, or where it is not clear."""
        if hint is not None:
            dates = [c for c in hint.columns if c.kind == "date" or (c.is_year and whole_years)]
            return self.nearest(dates, hint.text)
        if whole_years and (year := self.base.columns.get("year")) and year.kind == "number":
            return year
        # of what it belongs to, events count: a period of order lines is that of their orders, not of their products
        self._time_is_its_own()
        events = [name for name in self.paths if name == self.base.name or not self.known.datasets[name].label]
        for dataset in sorted(events, key=self.far):
            there = self.known.datasets[dataset]
            near = [one for one in events if self.far(one) == self.far(dataset) and self.known.datasets[one].time]
            if len(near) > 1:
                raise UnclearError(f"by the date of {either(near)}?", asks=True)
            if there.time:
                self.cost += self.far(dataset)
                return there.columns[there.time]
            if there.times:
                raise UnclearError(f"by which date: {' or '.join(there.times)}?", [f"by {name}" for name in there.times])
        raise UnclearError(f"{self.base.name} has no date")

    def _is_event(self, time: str) -> bool:
        """Whether a date says when something took place, not since when something is there: customers joined."""
        return not set(time.split("_")) & LIFE

    def _time_is_its_own(self) -> None:
        """`bikes used in October` is hardly about the day on which they were bought: where rows of another dataset with a date
        name those of the base, only a date that is called after the base is taken without being named."""
        time = self.base.time
        stems = {self.known.lexicon.stem(part) for part in self.base.name.split("_")}
        parts = set((time or "").split("_"))
        if time is None or not parts & LIFE or {self.known.lexicon.stem(part) for part in time.split("_")} & stems:
            return
        others = [
            one.child for one in self.known.relations if one.parent == self.base.name and self.known.datasets[one.child].time
        ]
        if others and self.base.name not in others:
            child = self.known.datasets[others[0]]
            raise UnclearError(f"by {self.base.name}.{time}, or by {child.name}.{child.time}?", [f"by {time}"])

    def has_time(self) -> bool:
        return any(
            self.known.datasets[name].times
            for name in self.paths
            if name == self.base.name or not self.known.datasets[name].label
        )

    def figure(self, text: str, unit: str = "", *, money: bool = False) -> Column:
        """The one figure that the rows of the base have, of this unit where one was said; of `money` where there are others."""
        lexicon = self.known.lexicon
        fitting = (unit.lower(), *lexicon.conversions.get(unit, {}))
        counted = [
            c for c in self.base.measures if unit and (c.unit == unit or any(lexicon.counted_in(c.name, one) for one in fitting))
        ]
        figures = counted or self.base.measures
        paid = [column for column in figures if self.known.is_taken(column)] if money else []
        figures = paid if len(paid) == 1 else figures
        if len(figures) != 1:
            named = [column.name for column in figures]
            if not named:
                raise UnclearError(f"by which figure? {self.base.name} has none of its own", asks=True)
            raise UnclearError(f"which figure of {self.base.name} is {text!r} about?", named, asks=True)
        generic = {*self.known.lexicon.generic, *(self.known.lexicon.stem(part) for part in self.base.name.split("_"))}
        parts = [lexicon.long(part) for part in figures[0].name.split("_") if part not in lexicon.unit_words]
        if not unit and not {self.known.lexicon.stem(part) for part in parts} <= generic:
            raise UnclearError(f"which figure of {self.base.name} is {text!r} about?", [figures[0].name], asks=True)
        self.notes.append(f"the figure of {self.base.name} is {figures[0].name}")
        self.used.append(figures[0])
        return figures[0]

    def _factor(self, column: Column, unit: str) -> float:
        """How many of the column's unit one of the unit that was said is. Raises UnclearError where that is not known."""
        lexicon, known = self.known.lexicon, self.known.lexicon.lengths
        own = [one for one in known if column.unit == one or lexicon.counted_in(column.name, one)]
        if unit not in known or not own:
            return 1
        factor = 1.0 if unit in own else lexicon.ratio(unit, own[0])
        if factor is None:
            raise UnclearError(f"{column.name} is counted in {own[0]}, not in {unit}: say it in those", asks=True)
        return factor


def either(things: Sequence[object]) -> str:
    return " or ".join(map(str, things))
