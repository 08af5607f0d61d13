"""publish: one Delta commit a batch, by append, replace or upsert; quarantine first, which counts only with it."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from boathouse.config import Pipeline
from boathouse.engine import Engine, ParquetFile, literal, quote
from boathouse.errors import StepError
from boathouse.ingest.batch import Batch
from boathouse.lake import Commit, Lake, Table, quarantine
from boathouse.lake.table import BATCH, DataFile, commit_in_turn


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
    """Publishes one batch. Where another run commits in between, it reads the table again and plans again. `later` are the
    items that came after this one, as their `_batch` begins: an upsert leaves their rows as they are."""

    def __init__(self, batch: Batch, pipeline: Pipeline, lake: Lake, engine: Engine, mode: str, later: set[str]):
        self.batch, self.pipeline, self.lake, self.engine, self.mode = batch, pipeline, lake, engine, mode
        assert batch.mark is not None
        self.mark, self.later = batch.mark, later
        self.names = ", ".join(map(quote, batch.types))
        self.rows = f"SELECT {self.names} FROM ({batch.good})"

    def publish(self, run_id: str, at: datetime, meta: dict[str, Any]) -> None:
        """Sets the record's status, counts and table version."""
        record, name = self.batch.record, self.pipeline.dataset_name
        if self.batch.kept_out:
            rows = self.engine.reader(self.batch.kept_out)
            quarantine.write(self.lake, name, self.mark, run_id, at, rows, self.engine.scratch)
        applied: dict[str, int] = {}

        def plan(table: Table) -> Commit | None:
            if self.batch.known != self.mark.identity == table.mark(self.mark.application):
                return None  # another run has published this very batch since we landed it
            if self.mode != "replace":
                table.check_types(self._schema())
            made = {"append": self._append, "replace": self._replace, "upsert": self._upsert}[self.mode](table)
            self._check_sum(made)
            applied.update(inserted=made.inserted, updated=made.updated, unchanged=made.unchanged)
            return Commit(
                self._schema(), (self.mark.application, self.mark.identity), made.add, made.remove, made.replace_all,
                [*self.pipeline.partition_by, BATCH], meta | applied, self.pipeline.description,
            )  # fmt: skip

        record.table_version = commit_in_turn(lambda: self.lake.dataset(name), plan)
        if record.table_version is None:
            _somebody_else_did(record)
            return
        record.status, record.rows_published = "published", sum(applied.values())
        record.rows_inserted, record.rows_updated, record.rows_unchanged = applied.values()

    def _check_sum(self, plan: Plan) -> None:
        """read = published + quarantined + deduplicated, before anything is visible. Raises StepError."""
        record = self.batch.record
        parts = {"inserted": plan.inserted, "updated": plan.updated, "unchanged": plan.unchanged,
                 "quarantined": record.rows_quarantined, "deduplicated": record.rows_deduplicated}  # fmt: skip
        if sum(parts.values()) != record.rows_read:
            told = ", ".join(f"{name} {count:,}" for name, count in parts.items())
            raise StepError(f"{record.rows_read:,} rows were read but {sum(parts.values()):,} accounted for: {told}",
                            hint="nothing was published; please report this")  # fmt: skip

    def _schema(self) -> pa.Schema:
        schema = self.engine.con.sql(f"{self.rows} LIMIT 0").to_arrow_table().schema
        return schema.append(pa.field(BATCH, pa.string()))

    # each mode plans against the version that it has in hand

    def _append(self, table: Table) -> Plan:
        """Adds the rows; those that an earlier content of this item left are taken out."""
        add = self._write(self.rows)
        remove = [file for file in table.files() if self.mark.shares_item(str(file.partition[BATCH]))]
        return Plan(add, remove, sum(file.rows for file in add))

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
        fresh = f"SELECT {self.names} FROM ({incoming}) AS i WHERE i._row NOT IN (SELECT own FROM {matched} WHERE NOT changed)"
        add = self._write(fresh) if total - found + changed else []
        touched = {row[0] for row in self.engine.run(f"SELECT DISTINCT file FROM {matched} WHERE changed")}
        remove = [file for file in files if self._url(table, file) in touched]
        for file in remove:
            url = literal(self._url(table, file))
            gone = f"SELECT place FROM {matched} WHERE changed AND file = {url}"
            add += self._write(self._without(table, file, gone), file)
        return Plan(add, remove, total - found, changed, found - changed)

    def _matches(self, table: Table, files: list[DataFile], incoming: str) -> str:
        """(own: the incoming row, file and place of the row it meets, whether they differ)."""
        known = set(table.schema.names)
        keys = " AND ".join(f"i.{quote(key)} = t.{quote(key)}" for key in self.pipeline.key)
        differs = [f"i.{quote(n)} IS DISTINCT FROM t.{quote(n)}" if n in known else f"i.{quote(n)} IS NOT NULL"
                   for n in self.batch.types if n not in self.pipeline.key]  # fmt: skip
        # what a batch that came later says stays
        theirs = [literal(self._url(table, file)) for file in files if str(file.partition[BATCH]).partition("-")[0] in self.later]
        older = f"t.filename NOT IN ({', '.join(theirs)}) AND " if theirs else ""
        return (f"SELECT i._row AS own, t.filename AS file, t.file_row_number AS place, {older}({' OR '.join(differs) or 'false'}) AS changed "
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

    def _without(self, table: Table, file: DataFile, gone: str) -> str:
        """The rows of a file but for those at the places that a SELECT gives."""
        names = ", ".join(quote(name) for name in table.schema.names if name != BATCH)
        return f"SELECT {names} FROM {self._read(table, [file])} AS t WHERE file_row_number NOT IN ({gone})"

    def _read(self, table: Table, files: list[DataFile]) -> str:
        """These files with all columns of the table, empty where a file is older than a column."""
        urls = ", ".join(literal(self._url(table, file)) for file in files)
        self._attach()
        source = (
            f"read_parquet([{urls}], filename = true, file_row_number = true, union_by_name = true, hive_partitioning = false)"
        )
        return f"(SELECT {table.columns(self.engine, source)}, filename, file_row_number FROM {source})"

    def _attach(self) -> None:
        if not self.lake.store.is_local:
            self.engine.attach(self.lake.store.filesystem())

    def _url(self, table: Table, file: DataFile) -> str:
        return self.lake.store.url(f"{table.path}/{file.path}")

    def _write(self, select: str, instead_of: DataFile | None = None) -> list[ParquetFile]:
        """Rows of this batch as files that can be adopted (the staged file itself where it holds just these), or the
        rows that are left of a file, which keep its batch and partition."""
        by = self.pipeline.partition_by
        if select == self.rows and self.batch.publishable is not None and not by:
            return self._of_batch([self.batch.publishable])
        place = self.engine.scratch / f"{self.batch.slug}-{random.getrandbits(64):016x}"
        if instead_of is not None:
            written = self.engine.write_parquet(select, place.with_suffix(".parquet"), ordered=False)
            return [replace(written, partition=instead_of.partition)] if written.rows else []
        if by:
            return self._of_batch(self.engine.write_partitions(select, place, by))
        return self._of_batch([self.engine.write_parquet(select, place.with_suffix(".parquet"), ordered=False)])

    def _of_batch(self, files: list[ParquetFile]) -> list[ParquetFile]:
        return [replace(file, partition=file.partition | {BATCH: self.mark.batch}) for file in files if file.rows]


def _somebody_else_did(record: Any) -> None:
    """Another run published this very batch meanwhile: for this one it is unchanged."""
    for count in ("rows_read", "rows_quarantined", "rows_deduplicated"):
        setattr(record, count, 0)
    record.status, record.verdict = "unchanged", None
