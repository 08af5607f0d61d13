"""A draft of a pipeline and of its suite, from a look at the whole source."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from boathouse import secrets
from boathouse.config import Column, Pipeline
from boathouse.config.load import validate
from boathouse.draft import profile, suite, types
from boathouse.draft.yaml import render
from boathouse.engine import Engine, literal, quote
from boathouse.errors import BoathouseError, UsageError, did_you_mean
from boathouse.ingest.land import receive
from boathouse.ingest.stage import plain_type, typed_select
from boathouse.names import distinct, normal
from boathouse.progress import Event
from boathouse.sources import Item, Scan, Schema, Source, family_of
from boathouse.sources.registry import family
from boathouse.suites.judge import Finding

# `--option` keys that are the pipeline's and not the source's
_PIPELINE = ("key", "mode", "dataset", "quarantine_limit", "description", "partition_by", "drop", "schedule", "trim",
             "null_values")  # fmt: skip
_SHOWN = 8  # rows that a draft shows
_SAMPLE = 50_000  # rows that say which types to try
_LISTS = ("key", "partition_by", "drop", "null_values")
Types = Mapping[str, str | dict[str, Any]]
_ID = re.compile(r"(^|_)(id|uuid|key|code|no|nr|number|sku)$")


@dataclass
class Draft:
    """What would be written, and what was assumed, in words and as what can be corrected: `types`, `formats` of dates and `notes`
    by column, `came` their names in the source, `checks` the suite's expectations, `sample` some rows as they would be published,
    `lost` how many rows would not be."""

    name: str
    pipeline: str
    checks: list[dict[str, Any]]
    assumptions: list[str] = field(default_factory=list)
    rows: int = 0
    types: dict[str, str] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    came: dict[str, str] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    sample: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    lost: str | None = None

    @property
    def columns(self) -> int:
        return len(self.types)

    def words(self, check: dict[str, Any]) -> str:
        """An expectation as a reason has it."""
        return Finding(check["type"], check["kwargs"], check["severity"], True, 0).about

    @property
    def suite(self) -> str:
        return json.dumps({"name": self.name, "expectations": self.checks}, indent=2, ensure_ascii=False) + "\n"


def draft(
    name: str, location: str, options: dict[str, Any], engine: Engine, root: Path, day: date, types: Types | None = None
) -> Draft:
    """Looks at the whole source; `types` are those of columns, by name, that are known better than by a look: a type, or all that
    the pipeline's file may say of a column. Raises UsageError for a location or an option that is none, SourceError."""
    given = dict(options)
    mine = _settings({key: given.pop(key) for key in _PIPELINE if key in given})
    location, warning = without_password(location, name)
    kind = family(given.pop("type")) if "type" in given else family_of(location)
    source = _probe(kind, location, given, root, day)
    looked = Look(name, source, given, engine, mine, types or {})
    looked.at_everything()
    key = mine.pop("key") if "key" in mine else looked.key()
    _check_key(key, looked)
    checks = suite.suggest(name, looked.profiles, key if looked.holds(key) else [], looked.required | set(key))
    text = render(name, location, kind.family, source, looked, key, mine, _relations(name, source, looked))
    _prove(text, name, root)
    return Draft(
        name, text, checks["expectations"], looked.assumptions(key), looked.rows, {own: one.type for own, one in looked.columns.items()},
        {own: one.format for own, one in looked.columns.items() if one.format}, looked.notes, {own: one.from_ or own for own, one in looked.columns.items()}, key,
        source.options.model_dump(exclude_none=True), looked.sample, [*([warning] if warning else []), *looked.warnings],
        looked.lost(),
    )  # fmt: skip


def _relations(name: str, source: Source, looked: Look) -> dict[str, str]:
    """The foreign keys that the source declares, by the names that `add --all-tables` gives to the pipelines."""
    table = normal(str(getattr(source.options, "table", None) or "").rpartition(".")[2])
    prefix = name.removesuffix(table) if table and name.endswith(table) else ""
    own = {column.from_ or column_name: column_name for column_name, column in looked.columns.items()}
    found = {}
    for column, (parent, key) in looked.declared.relations.items():
        if column in own:
            found[own[column]] = f"{prefix}{normal(parent)}" + (f".{normal(key)}" if key else "")
    return found


class Look:
    """What a look at all items found: their columns, types and profile. The first item decides how the others are read."""

    def __init__(self, name: str, source: Source, given: dict[str, Any], engine: Engine, mine: dict[str, Any], fixed: Types):
        self.name, self.source, self.given, self.engine, self.fixed = name, source, given, engine, fixed
        self.sample: list[dict[str, Any]] = []
        self.drop: list[str] = mine.pop("drop", [])
        self.null_values: list[str] = mine.get("null_values", [])
        self.limit: float = mine.get("quarantine_limit", Pipeline.model_fields["quarantine_limit"].default)
        self.declared = Schema()
        self.came: dict[str, str] = {}
        self.columns: dict[str, Column] = {}
        self.notes: dict[str, list[str]] = {}
        self.profiles: list[profile.ColumnProfile] = []
        self.warnings: list[str] = []
        self.rows = self.unreadable = self.mistyped = 0

    def at_everything(self) -> None:
        """Copies the source's text once, decides the types on all of it, then profiles the typed rows."""
        copies = [copy for n, item in enumerate(self.source.items()) if (copy := self._text(n, item))]
        text = f"read_parquet([{', '.join(literal(str(copy)) for copy in copies)}], union_by_name = true)"
        every = max(1, self.rows // _SAMPLE)
        sample = (
            text
            if every == 1
            else f"(SELECT * FROM {text.removesuffix(')')}, file_row_number = true) WHERE file_row_number % {every} = 0)"
        )
        typed = self._typed(text, sample)
        if self.mistyped + self.unreadable > self.limit * self.rows and self.mistyped:
            typed = self._typed(text, sample, strict=True)  # better text than most of the source in quarantine
        self.sample = self.engine.con.sql(f"SELECT * FROM {typed} LIMIT {_SHOWN}").to_arrow_table().to_pylist()
        self.profiles = profile.profile(self.engine, typed, {name: column.type for name, column in self.columns.items()})

    def _text(self, n: int, item: Item) -> Path | None:
        """The text of one item, as the pipeline would read it. What is wrong with one of many is a warning."""
        try:
            scan = self._scan(n, item)
            names = [name for name in scan.columns if name not in self.drop]
            copy = self.engine.scratch / f"{self.name}-text-{n}.parquet"
            written = self.engine.write_parquet(f"SELECT {', '.join(map(quote, names))} FROM ({scan.select})", copy)
            rejected = scan.rejects(self.engine, written.rows)
        except BoathouseError as error:
            if not n:
                raise
            self.warnings.append(f"{item.name} was left out: {error.message}")
            return None
        unreadable = self.engine.one(f"SELECT count(*) FROM ({rejected})")[0] if rejected else 0
        self.unreadable, self.rows = self.unreadable + unreadable, self.rows + written.rows + unreadable
        if not n:
            self.came = {name: scan.columns[name] for name in names}
        elif set(names) != set(self.came):
            others = sorted(set(names) ^ set(self.came))
            self.warnings.append(f"{item.name} was left out: its columns are others ({', '.join(others[:5])})")
            return None
        return copy

    def _scan(self, n: int, item: Item) -> Scan:
        file, _, arrow = receive(self.source, item, self.engine, Event("add", item.name))
        if not n:
            self.declared = self.source.schema(item)
            self.source.options = self.source.options if arrow else self.source.sniff(self.engine, file, self.given)
        return Source.scan(self.source, self.engine, file, None) if arrow else self.source.scan(self.engine, file, None)

    def _typed(self, text: str, sample: str, *, strict: bool = False) -> str:
        """Decides the columns; the rows that they can hold, as a relation."""
        inferred = types.infer(self.engine, text, [name for name, kind in self.came.items() if self._open(name, kind)],
                               self.null_values, sample=sample, strict=strict)  # fmt: skip
        for own, theirs in zip(distinct(map(normal, self.came)), self.came, strict=True):
            typed = inferred.get(theirs) or self._known(text, theirs, self.came[theirs])
            said = self.fixed.get(own, typed.column.type)
            if said != typed.column.type:
                typed = types.Typed(
                    validate(Column, said if isinstance(said, dict) else {"type": said}, Path(own)), ["as it was said"]
                )
            self.columns[own] = typed.column.model_copy(update={"from_": theirs if theirs != own else None})
            self.notes[own] = typed.notes
        plain = Pipeline.model_validate({"source": {"type": "x", "location": "x"}, "null_values": self.null_values})
        select = typed_select(Scan(f"SELECT * FROM {text}", self.came), self.columns, plain)
        copy = self.engine.scratch / f"{self.name}-typed.parquet"
        self.engine.write_parquet(f"SELECT * EXCLUDE (_lost) FROM ({select}) WHERE NOT _lost", copy)
        relation = f"read_parquet({literal(str(copy))})"
        self.mistyped = self.rows - self.unreadable - self.engine.one(f"SELECT count(*) FROM {relation}")[0]
        return relation

    def _open(self, name: str, kind: str) -> bool:
        """Whether the values decide the type: the source declares none."""
        return kind == "VARCHAR" and name not in self.declared.types

    def _known(self, text: str, name: str, kind: str) -> types.Typed:
        if kind == "JSON":
            return types.Typed(Column(type=_list_type(self.engine, text, name)))
        if kind != "VARCHAR":
            return types.Typed(Column(type=self.declared.types.get(name) or plain_type(kind)))
        column = Column(type=self.declared.types[name])
        filled, lost, examples = types.verify(self.engine, text, name, column)
        told = f"{lost:,} of {filled:,} cells are no {column.type}, as the server declares ({', '.join(map(repr, examples))})"
        return types.Typed(column, [told] if lost else [])

    @property
    def required(self) -> set[str]:
        theirs = {column.from_ or own: own for own, column in self.columns.items()}
        return {theirs[name] for name in self.declared.required if name in theirs}

    def key(self) -> list[str]:
        """The source's own key, else a column that is named like one and has a value of its own in every row."""
        theirs = {column.from_ or own: own for own, column in self.columns.items()}
        if self.declared.key and all(name in theirs for name in self.declared.key):
            return [theirs[name] for name in self.declared.key]
        unique = [p.name for p in self.profiles if p.unique and p.rows > 1 and p.type in ("BIGINT", "INTEGER", "VARCHAR")]
        ids = [name for name in unique if _ID.search(name)]
        best = [name for name in ids if name in ("id", f"{self.name.rstrip('s')}_id", f"{self.name}_id")]
        return (best or [name for name in ids if name == next(iter(self.columns))])[:1]

    def holds(self, key: list[str]) -> bool:
        """Whether the key is unique in what was seen."""
        if len(key) != 1:
            return bool(key) and key == list(key) and bool(self.declared.key)
        return any(p.name == key[0] and p.unique for p in self.profiles)

    def assumptions(self, key: list[str]) -> list[str]:
        told = [
            f"{option}: {value!r}" for option, value in self.source.options.model_dump(exclude_none=True).items() if value != ""
        ]
        told.append(f"key: {', '.join(key)}" if key else "key: none was found; name one with --option key=COLUMN")
        told += [f"{name}: {column.type}" + (f" ({'; '.join(self.notes[name])})" if self.notes[name] else "")
                 for name, column in self.columns.items()]  # fmt: skip
        return [*told, lost] if (lost := self.lost()) else told

    def lost(self) -> str | None:
        """How many rows would be kept out, where some would be."""
        if not (out := self.unreadable + self.mistyped):
            return None
        return (f"{out:,} of {self.rows:,} rows could not be read and would go to quarantine"
                        + (f": more than its limit of {self.limit:.0%}, so the batch would be rejected" if out > self.limit * self.rows else ""))  # fmt: skip


def _list_type(engine: Engine, text: str, name: str) -> str:
    """The type that all values of a JSON column share: a list of scalars, else text."""
    structure = engine.one(f"SELECT json_group_structure(TRY_CAST({quote(name)} AS JSON)) FROM {text}")[0]
    kinds = {
        '["VARCHAR"]': "VARCHAR[]",
        '["BIGINT"]': "BIGINT[]",
        '["UBIGINT"]': "BIGINT[]",
        '["DOUBLE"]': "DOUBLE[]",
        '["BOOLEAN"]': "BOOLEAN[]",
    }
    return kinds.get(str(structure), "VARCHAR")


def _probe(kind: type[Source], location: str, given: dict[str, Any], root: Path, day: date) -> Source:
    allowed = [*kind.Options.model_fields, *_PIPELINE, "type"]
    for key in given:
        if key not in kind.Options.model_fields:
            raise UsageError(f"no option {key!r}{did_you_mean(key, allowed)}", hint=f"options: {', '.join(allowed)}")
    options = validate(kind.Options, given, Path("--option"))
    return kind(location, options, root, day)


def _check_key(key: list[str], looked: Look) -> None:
    for name in key:
        if name not in looked.columns:
            raise UsageError(f"no column {name!r} to be the key{did_you_mean(name, looked.columns)}",
                             hint=f"columns: {', '.join(looked.columns)}")  # fmt: skip


def _settings(mine: dict[str, Any]) -> dict[str, Any]:
    """The pipeline's own keys as the model reads them; a list is written with commas."""
    listed = {key: [part.strip() for part in value.split(",") if part.strip()] if key in _LISTS and isinstance(value, str) else value
              for key, value in mine.items()}  # fmt: skip
    alone = {key: value for key, value in listed.items() if key != "mode"}  # what it needs is looked at with the whole
    model = validate(Pipeline, {"source": {"type": "x", "location": "x"}, **alone}, Path("--option"))
    return {key: getattr(model, key) if key in alone else value for key, value in listed.items()}


def without_password(location: str, name: str) -> tuple[str, str | None]:
    """A password is not written down: the pipeline names a variable instead. The location as it may be shown, and a warning."""
    if "://" not in location:
        return location, None
    bare, password = secrets.split_password(location)
    if password is None:
        return location, None
    import os

    variable = f"BOATHOUSE_{name.upper()}_PASSWORD"
    os.environ[variable] = password  # for the rest of this process; the one typed last is meant
    secrets.remember(password)
    return secrets.with_password(
        bare, variable
    ), f"the password was not written down: export {variable}=… before `boathouse run {name}`"


def _prove(text: str, name: str, root: Path) -> None:
    """What is written must be read again."""
    import yaml

    validate(Pipeline, yaml.safe_load(text), root / "pipelines" / f"{name}.yml")
