"""One run of a pipeline, step by step: every step works on all batches that are still on the road.

road = boathouse.open().road("orders")
road.land(); road.stage(); road.clean(); road.validate(); road.publish(); road.finish()
"""

from __future__ import annotations

import shutil
import time
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from filelock import FileLock, Timeout

from boathouse import clock, progress, secrets
from boathouse.config import Limits, Pipeline
from boathouse.engine import Engine
from boathouse.errors import BoathouseError, LakeError, UsageError, first_line
from boathouse.ingest import clean, land, stage, validate
from boathouse.ingest.batch import Batch
from boathouse.ingest.publish import Publisher
from boathouse.ingest.show import Shown, show_batches, show_staged, show_typed, show_verdicts
from boathouse.lake import Lake, records
from boathouse.lake.marks import Mark
from boathouse.lake.records import STATUSES, BatchRecord, RunRecord
from boathouse.sources import Item, Source, open_source
from boathouse.suites import preload
from boathouse.suites.build import build
from boathouse.suites.suite import Suite

_NOW = "9999"  # behind every moment: what came in this very run


class Road:
    """land → stage → clean → validate → publish → finish, each returning what there is to see.

    A batch that fails stops where it is, with its error in the record; the others go on. Under upsert, where the order
    of batches decides, those after it wait for the next run.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        lake: Lake,
        root: Path,
        limits: Limits,
        tz: ZoneInfo,
        run_id: str,
        day: date,
        *,
        again: bool = False,
        check: bool = False,
        limit: int | None = None,
        report: progress.Reporter | None = None,
        debug: bool = False,
    ):
        self.pipeline, self.lake, self.root, self.tz, self.day = pipeline, lake, root, tz, day
        self.again, self.check, self.limit, self.debug = again, check, limit, debug
        self.report = report or progress.default_reporter()
        self.suite_file = root / "expectations" / f"{pipeline.suite_name}.json"
        self.suite = Suite.load(self.suite_file, pipeline.suite_name)
        self.rules = pipeline.rules_hash(self.suite_file)
        self.source: Source = open_source(pipeline, root, day)
        self.record = RunRecord(run_id, pipeline.name, pipeline.dataset_name, clock.now(tz).astimezone(UTC))
        self.batches: list[Batch] = []
        self._began = time.perf_counter()
        self._limits = limits
        self._engine: Engine | None = None
        self._lock: FileLock | None = None
        self._kept: dict[str, dict[str, Any]] = {}  # what `again` finds in the raw zone

    @property
    def mode(self) -> str:
        return self.pipeline.write_mode(self.source.many)

    @property
    def engine(self) -> Engine:
        """The run's engine, in a scratch folder that is gone when the run ends; those of dead runs go as well."""
        if self._engine is None:
            scratch = self.lake.scratch(self.record.run_id)
            scratch.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(scratch.parent / ".lock"):  # no sweep may come between making the folder and holding its lock
                _sweep(scratch.parent)
                scratch.mkdir(exist_ok=True)
                self._lock = FileLock(scratch / ".lock")
                self._lock.acquire()
            self._engine = Engine(self._limits, scratch)
        return self._engine

    # the steps

    def land(self) -> Shown:
        """Receives the items that are new or changed and keeps them in the raw zone as they came."""
        if not self.check:
            self.lake.prepare()
        for item in self._items():
            batch = Batch(item, BatchRecord(item.name, "new"))
            self.batches.append(batch)
            self._work("land", batch, self._land)
            if self.limit is not None and sum(map(self._counts, self.batches)) >= self.limit:
                break
        return show_batches(self.record, self.batches)

    def stage(self) -> Shown:
        """Lays the pipeline's types over what was landed."""
        self._each("stage", lambda batch, event: stage.stage(batch, self.pipeline, self.source, self.engine))
        return show_typed(self.batches, self.engine)

    def clean(self) -> Shown:
        """Reads each batch once into the staged relation, by the pipeline's cleaning and its own step."""
        self._each("clean", self._clean)
        return show_staged(self.batches, self.engine)

    def validate(self) -> Shown:
        """Judges each staged batch by the suite and parts its rows. Raises UsageError for a suite that GX does not accept."""
        if self.suite.expectations and any(batch.alive for batch in self.batches):
            build(self.suite)
        self._each("validate", lambda batch, event: validate.validate(batch, self.pipeline, self.suite, self.engine))
        return show_verdicts(self.batches)

    def publish(self) -> Shown:
        """Makes each batch that passed visible, in one commit."""
        self._each("publish", self._publish)
        return show_batches(self.record, self.batches)

    def finish(self) -> Shown:
        """Writes the run's record and its Data Docs, and clears the scratch folder."""
        for batch in self.batches:
            self._check_sum(batch)
        waiting = [batch for batch in self.batches if batch.alive]
        self.record.batches = [batch.record for batch in self.batches if not batch.alive]
        statuses = [batch.status for batch in self.record.batches]
        self.record.status = min(statuses, key=STATUSES.index, default="unchanged")
        self.record.error = next((b.error for b in self.record.batches if b.status == self.record.status and b.error), None)
        versions = [batch.table_version for batch in self.record.batches if batch.table_version is not None]
        self.record.table_version = max(versions, default=self.lake.dataset(self.record.dataset).version)
        self.close()  # first, so that what it held on a full disk is free for the record
        self.record.seconds = time.perf_counter() - self._began
        if not self.check:
            records.append(self.lake, self.record)
            self._data_docs()
        return show_batches(self.record, self.batches, waiting=len(waiting), final=True)

    def close(self) -> None:
        """Gives back the engine and the scratch folder."""
        if self._engine is not None:
            scratch = self._engine.scratch
            self._engine.close()
            self._engine = None
            if self._lock:
                self._lock.release()
            shutil.rmtree(scratch, ignore_errors=True)

    # one batch

    def _items(self) -> list[Item]:
        if not self.again:
            return self.source.items()
        self._kept = records.landed(self.lake, self.pipeline.name, self.pipeline.dataset_name)
        return [Item(name, batch["raw"]) for name, batch in self._kept.items()]

    def _counts(self, batch: Batch) -> bool:
        """Whether a batch is one of those that `limit` bounds: not one that was rejected before as it is, which would take
        the place of another each time."""
        return batch.record.status != "unchanged" and batch.record.batch not in self._rejected

    @cached_property
    def _rejected(self) -> set[str]:
        runs = records.read(self.lake, self.pipeline.name)
        return {batch["batch"] for run in runs for batch in run["batches"] if batch["status"] == "rejected"}

    def _land(self, batch: Batch, event: progress.Event) -> None:
        application = Mark(self.pipeline.name, batch.name, 0).application
        batch.known = known = self.lake.dataset(self.pipeline.dataset_name).mark(application)
        if self.again:
            self._land_again(batch)
            return
        if known is not None:
            content = land.content_hash(self.source, batch.item)
            if content and Mark.make(self.pipeline.name, batch.name, content, self.rules).identity == known:
                batch.record.status = "unchanged"
                return
        if self.suite.expectations:
            preload.begin()
        batch.file, content, batch.arrow = land.receive(self.source, batch.item, self.engine, event)
        batch.mark = Mark.make(self.pipeline.name, batch.name, content, self.rules)
        if batch.mark.identity == known:
            batch.record.status = "unchanged"
            return
        batch.record.content, batch.record.batch = content, batch.mark.batch
        if not self.check:
            name = batch.name + (".parquet" if batch.arrow else "")
            raw = self.lake.raw_path(self.pipeline.name, self.day, name, content)
            self.lake.store.put(batch.file, raw)
            batch.record.raw = raw

    def _land_again(self, batch: Batch) -> None:
        """The item's latest batch, from the raw zone, under today's rules."""
        if self.suite.expectations:
            preload.begin()
        kept = self._kept[batch.name]
        batch.file = self.lake.store.fetch(kept["raw"], self.engine.scratch / "landed" / Path(kept["raw"]).name)
        batch.arrow = not batch.name.endswith(".parquet") and kept["raw"].endswith(".parquet")
        batch.mark = Mark.make(self.pipeline.name, batch.name, kept["content"], self.rules)
        batch.record.raw, batch.record.content, batch.record.batch = kept["raw"], kept["content"], batch.mark.batch

    def _clean(self, batch: Batch, event: progress.Event) -> None:
        clean.clean(batch, self.pipeline, self.engine, event, self.report)
        event.note = f"{batch.record.rows_read:,} rows read"

    def _publish(self, batch: Batch, event: progress.Event) -> None:
        record = batch.record
        if self.check:
            record.status = "checked"
            record.rows_published = record.rows_read - record.rows_quarantined - record.rows_deduplicated
            return
        meta = {
            "run_id": self.record.run_id, "pipeline": self.pipeline.name, "item": batch.name, "batch": record.batch,
            "verdict": record.verdict, "content": record.content, "rules": self.rules, "mode": self.mode,
            "rows_read": record.rows_read, "rows_quarantined": record.rows_quarantined,
            "rows_deduplicated": record.rows_deduplicated, "raw": record.raw,
        }  # fmt: skip
        later = self._later(batch) if self.mode == "upsert" else set()
        publisher = Publisher(batch, self.pipeline, self.lake, self.engine, self.mode, later)
        publisher.publish(self.record.run_id, datetime.now(UTC), meta)
        event.note = f"{record.rows_published:,} rows"

    def _later(self, batch: Batch) -> set[str]:
        """The items, as `_batch` begins with them, of which what is published came after this batch did. Whatever they say
        of a key is newer."""
        mine = self._came.get((batch.name, str(batch.record.content)))
        if mine is None:
            return set()
        others = (entry for item, entry in self._published.items() if item != batch.name)
        return {
            entry["batch"].partition("-")[0] for entry in others if self._came.get((entry["item"], entry["content"]), _NOW) > mine
        }

    @cached_property
    def _came(self) -> dict[tuple[str, str], str]:
        """When each item came with each content, before this run."""
        return records.came(self.lake, self.pipeline.name, self.pipeline.dataset_name)

    @cached_property
    def _published(self) -> dict[str, dict[str, Any]]:
        """Each item's latest commit, before this run publishes."""
        found: dict[str, dict[str, Any]] = {}
        for entry in self.lake.dataset(self.pipeline.dataset_name).history():
            if entry.get("pipeline") == self.pipeline.name and entry.get("item"):
                found.setdefault(entry["item"], entry)
        return found

    def _each(self, name: str, work: Callable[[Batch, progress.Event], Any]) -> None:
        for batch in self.batches:
            if self.mode == "upsert" and batch.record.status == "failed":
                break
            if batch.alive:
                self._work(name, batch, work)

    def _work(self, name: str, batch: Batch, work: Callable[[Batch, progress.Event], Any]) -> None:
        """One step on one batch: its error is the batch's, and does not stop the others."""
        try:
            with progress.step(self.report, name, batch.name) as event:
                work(batch, event)
        except UsageError:
            raise  # the configuration is wrong, which no other batch will find right
        except BoathouseError as error:
            self._fail(batch, error.render(), error)
        except Exception as error:
            self._fail(batch, f"{name}: {type(error).__name__}: {first_line(error)}", error)

    def _fail(self, batch: Batch, text: str, error: Exception) -> None:
        if self.debug:
            traceback.print_exception(error)
        record = batch.record
        record.status, record.error, record.retry = "failed", secrets.scrub(text), isinstance(error, LakeError)
        for count in records.COUNTS[1:]:
            setattr(record, count, 0)

    def _check_sum(self, batch: Batch) -> None:
        """read = published + quarantined + deduplicated + rejected, or the batch has failed."""
        r = batch.record
        if r.status in ("published", "checked", "rejected"):
            told = r.rows_published + r.rows_quarantined + r.rows_deduplicated + r.rows_rejected
            if told != r.rows_read:
                r.status = "failed"
                r.error = (f"{r.rows_read:,} rows were read but {told:,} accounted for: published {r.rows_published:,}, quarantined "
                           f"{r.rows_quarantined:,}, deduplicated {r.rows_deduplicated:,}, rejected {r.rows_rejected:,}")  # fmt: skip

    def _data_docs(self) -> None:
        judged = [batch for batch in self.batches if batch.verdict and batch.verdict.result]
        if not judged or self.check:
            return
        from boathouse.suites.docs import Page, build

        folder = self.lake.run_path("docs", self.day, self.record.run_id)
        pages = [Page(batch.name, batch.record.verdict or batch.record.status, batch.verdict.result) for batch in judged]
        for path, page in build(self.record.run_id, pages):
            self.lake.store.put_bytes(page, f"{folder}/{path}")


def _sweep(base: Path) -> None:
    """Removes the scratch folders of runs that died: their locks are nobody's."""
    for folder in base.glob("*/"):
        lock = FileLock(folder / ".lock", timeout=0)
        try:
            with lock:
                pass
        except (Timeout, OSError):
            continue
        shutil.rmtree(folder, ignore_errors=True)
