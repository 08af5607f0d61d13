"""publish: one Delta commit a batch, by append, replace or upsert; quarantine first, which counts only with it."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from boathouse.config import Pipeline
from boathouse.engine import Engine, ParquetFile, literal, quote
from boathouse.errors import LakeError
from boathouse.ingest.batch import Batch
from boathouse.lake import Commit, Lake, Table, quarantine
from boathouse.lake.table import Conflict, DataFile

_TRIES = 60


@dataclass
class Plan:
    """What a commit would change, and how many source rows it inserts, updates or finds as they are."""

    add: list[ParquetFile]
    remove: list[DataFile]
    inserted: int
    updated: int = 0
    unchanged: int = 0
    replace_all: bool = False


class Publisher:
    """Publishes one batch. Where another run commits in between, it reads the table again and plans again."""

    def __init__(self, batch: Batch, pipeline: Pipeline, lake: Lake, engine: Engine, mode: str):
        self.batch, self.pipeline, self.lake, self.engine, self.mode = batch, pipeline, lake, engine, mode
        assert batch.mark is not None
        self.mark = batch.mark
        names = ", ".join(quote(name) for name in (*batch.types, "_batch"))
        self.rows = f"SELECT {names} FROM ({batch.good})"

    def publish(self, run_id: str, at: datetime, meta: dict[str, Any]) -> None:
        """Sets the record's status, counts and table version."""
        record, name = self.batch.record, self.pipeline.dataset_name
        if record.rows_quarantined:
            quarantine.write(self.lake, name, self.mark, run_id, at, self.batch.kept_out)
        for attempt in range(_TRIES):
            table = self.lake.dataset(name)
            if self.batch.known != self.mark.identity == table.mark(self.mark.application):
                _somebody_else_did(record)
                return
            plan = {"append": self._append, "replace": self._replace, "upsert": self._upsert}[self.mode](table)
            applied = {"inserted": plan.inserted, "updated": plan.updated, "unchanged": plan.unchanged}
            commit = self._commit(table, plan, meta | applied)
            try:
                record.table_version = table.commit(commit)
            except Conflict:
                self.lake.store.delete([f"{table.path}/{file.path}" for file in commit.add])
                time.sleep(random.uniform(0, 0.05 * 2 ** min(attempt, 5)))
                continue
            record.status, record.rows_published = "published", sum(applied.values())
            record.rows_inserted, record.rows_updated, record.rows_unchanged = applied.values()
            return
        raise LakeError(f"{name}: other runs committed {_TRIES} times in between", hint=f"boathouse run {self.pipeline.name}")

    def _commit(self, table: Table, plan: Plan, meta: dict[str, Any]) -> Commit:
        """Puts the files into the table's folder; until a commit names them they are only there."""
        placed = []
        for file in plan.add:
            folder = "/".join(f"{key}={file.partition[key]}" for key in self.pipeline.partition_by if key in file.partition)
            target = f"{folder}/{table.new_file()}" if folder else table.new_file()
            self.lake.store.put(file.path, f"{table.path}/{target}")
            placed.append(replace(file, path=Path(target)))
        return Commit(
            schema=self._schema(), mark=(self.mark.application, self.mark.identity), add=placed, remove=plan.remove,
            replace_all=plan.replace_all, partition_by=self.pipeline.partition_by, meta=meta,
            description=self.pipeline.description,
        )  # fmt: skip

    def _schema(self) -> pa.Schema:
        return self.engine.con.sql(f"{self.rows} LIMIT 0").to_arrow_table().schema

    # each mode plans against the version that it has in hand

    def _append(self, table: Table) -> Plan:
        """Adds the rows; those that an earlier content of this item left are taken out."""
        add = self._write(self.rows)
        rewritten, remove = self._without_earlier(table)
        return Plan(add + rewritten, remove, sum(file.rows for file in add))

    def _replace(self, table: Table) -> Plan:
        add = self._write(self.rows)
        return Plan(add, [], sum(file.rows for file in add), replace_all=table.exists)

    def _upsert(self, table: Table) -> Plan:
        """Rewrites just the files that hold a row which changes, and adds what is new, in one file."""
        files = self._within_reach(table)
        if not files:
            add = self._write(self.rows)
            return Plan(add, [], sum(file.rows for file in add))
        incoming, matched = f"SELECT * FROM ({self.batch.good})", f"matched_{self.batch.slug}"
        self.engine.run(f"CREATE OR REPLACE TABLE {matched} AS {self._matches(table, files, incoming)}")
        total, found, changed = self.engine.one(
            f"SELECT (SELECT count(*) FROM ({incoming})), count(DISTINCT own), count(DISTINCT own) FILTER (changed) FROM {matched}"
        )
        names = ", ".join(quote(name) for name in (*self.batch.types, "_batch"))
        fresh = f"SELECT {names} FROM ({incoming}) AS i WHERE i._row NOT IN (SELECT own FROM {matched} WHERE NOT changed)"
        add = self._write(fresh) if total - found + changed else []
        touched = {row[0] for row in self.engine.run(f"SELECT DISTINCT file FROM {matched} WHERE changed")}
        remove = [file for file in files if self._url(table, file) in touched]
        for file in remove:
            url = literal(self._url(table, file))
            gone = f"SELECT place FROM {matched} WHERE changed AND file = {url}"
            add += self._write(self._select(table, [file], f"file_row_number NOT IN ({gone})"))
        return Plan(add, remove, total - found, changed, found - changed)

    def _matches(self, table: Table, files: list[DataFile], incoming: str) -> str:
        """(own: the incoming row, file and place of the row it meets, whether they differ)."""
        known = set(table.schema.names)
        keys = " AND ".join(f"i.{quote(key)} = t.{quote(key)}" for key in self.pipeline.key)
        differs = [f"i.{quote(n)} IS DISTINCT FROM t.{quote(n)}" if n in known else f"i.{quote(n)} IS NOT NULL"
                   for n in self.batch.types if n not in self.pipeline.key]  # fmt: skip
        return (f"SELECT i._row AS own, t.filename AS file, t.file_row_number AS place, ({' OR '.join(differs) or 'false'}) AS changed "
                f"FROM {self._read(table, files)} AS t JOIN ({incoming}) AS i ON {keys}")  # fmt: skip

    def _within_reach(self, table: Table) -> list[DataFile]:
        """Files whose keys can overlap those of the batch, by the bounds that the log keeps."""
        files, key = table.files(), self.pipeline.key[0]
        low, high = self.engine.one(f"SELECT min({quote(key)}), max({quote(key)}) FROM ({self.batch.good})")

        def reaches(file: DataFile) -> bool:
            least, most = file.low.get(key), file.high.get(key)
            if least is None or most is None or type(least) is not type(low):
                return True
            return not (most < low or high < least)

        return [file for file in files if low is not None and reaches(file)]

    def _without_earlier(self, table: Table) -> tuple[list[ParquetFile], list[DataFile]]:
        """Files with rows of this item's earlier batch: to remove, and rewritten where others' rows share them."""
        earlier = table.mark(self.mark.application)
        if earlier is None:
            return [], []
        old = self.mark.batch_of(earlier)
        holding = [f for f in table.files() if f.low.get("_batch") is None or f.low["_batch"] <= old <= f.high["_batch"]]
        shared = [f for f in holding if not f.low.get("_batch") == f.high.get("_batch") == old]
        rewritten = [new for file in shared for new in self._write(self._select(table, [file], f"_batch <> {literal(old)}"))]
        return rewritten, holding

    def _select(self, table: Table, files: list[DataFile], where: str) -> str:
        names = ", ".join(map(quote, table.schema.names))
        return f"SELECT {names} FROM {self._read(table, files)} WHERE {where}"

    def _read(self, table: Table, files: list[DataFile]) -> str:
        urls = ", ".join(literal(self._url(table, file)) for file in files)
        self._attach()
        return (f"read_parquet([{urls}], filename = true, file_row_number = true, union_by_name = true, "
                "hive_partitioning = false)")  # fmt: skip

    def _attach(self) -> None:
        if not self.lake.store.is_local:
            self.engine.attach(self.lake.store.filesystem())

    def _url(self, table: Table, file: DataFile) -> str:
        return self.lake.store.url(f"{table.path}/{file.path}")

    def _write(self, select: str) -> list[ParquetFile]:
        """The rows as files that can be adopted; the staged file itself where it holds just these."""
        by = self.pipeline.partition_by
        if select == self.rows and self.batch.publishable is not None and not by:
            return [self.batch.publishable] if self.batch.publishable.rows else []
        place = self.engine.scratch / f"{self.batch.slug}-{random.getrandbits(64):016x}"
        if by:
            written = self.engine.write_partitions(select, place, by)
        else:
            written = [self.engine.write_parquet(select, place.with_suffix(".parquet"))]
        return [file for file in written if file.rows]


def _somebody_else_did(record: Any) -> None:
    """Another run published this very batch meanwhile: for this one it is unchanged."""
    for count in ("rows_read", "rows_quarantined", "rows_deduplicated"):
        setattr(record, count, 0)
    record.status, record.verdict = "unchanged", None
