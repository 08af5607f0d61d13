"""clean: derived columns, then the pipeline's own SQL or Python step; the result is the staged batch, one Parquet file."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from boathouse.config import Pipeline
from boathouse.engine import Engine, ParquetFile, literal, quote
from boathouse.errors import BoathouseError, StepError, first_line
from boathouse.ingest.batch import CELLS, ERRORS, INTERNAL, LOST, ROW, Batch
from boathouse.ingest.stage import plain_type, rejected_row
from boathouse.progress import Event

# what the analyst's own step does not see
_KEPT = f"{ERRORS}, {CELLS}"

Report = Callable[[Event], None]


def clean(batch: Batch, pipeline: Pipeline, engine: Engine, event: Event, report: Report) -> None:
    """Reads the source once and writes the staged file; counts what the reader read and what it gave up."""
    assert batch.typed is not None
    assert batch.scan is not None

    def watch(share: float | None) -> None:
        event.share = share
        report(event)

    file = engine.scratch / f"{batch.slug}-staged.parquet"
    batch.staged = engine.write_parquet(_derived(batch.typed, pipeline), file, watch)
    _keep_rejects(batch, engine)
    _explain_lost(batch, engine)
    batch.record.rows_read = batch.staged.rows + batch.rejected_lines
    if pipeline.sql or pipeline.has_step:
        batch.staged = _own_step(batch, pipeline, engine, watch)
    found = engine.columns(f"SELECT * FROM read_parquet({literal(str(batch.staged.path))})")
    batch.types = {name: kind for name, kind in found.items() if name not in INTERNAL}
    _check_names(batch, pipeline)


def staged(batch: Batch) -> str:
    """The staged relation with `_row`, the row's position from 0, and with `_errors` and `_cells` of rows that lost some."""
    assert batch.staged is not None
    path = literal(str(batch.staged.path))
    if batch.numbered:
        return f"(SELECT * FROM read_parquet({path}))"
    rows = (f"(SELECT * EXCLUDE (file_row_number, {LOST}), file_row_number AS {ROW} "
            f"FROM read_parquet({path}, file_row_number = true))")  # fmt: skip
    if batch.lost:
        return f"(SELECT s.*, l.{ERRORS}, l.{CELLS} FROM {rows} AS s LEFT JOIN {batch.lost} AS l USING ({ROW}))"
    return f"(SELECT *, NULL::VARCHAR[] AS {ERRORS}, NULL::MAP(VARCHAR, VARCHAR) AS {CELLS} FROM {rows})"


def _derived(select: str, pipeline: Pipeline) -> str:
    own = "".join(f", ({expression}) AS {quote(name)}" for name, expression in pipeline.derive.items())
    return f"SELECT * EXCLUDE ({LOST}){own}, {LOST} FROM ({select})"


def _explain_lost(batch: Batch, engine: Engine) -> None:
    """Where rows lost a cell, the source is read again to say which; most batches have none."""
    assert batch.staged is not None
    batch.lost_rows = engine.one(f"SELECT count(*) FROM read_parquet({literal(str(batch.staged.path))}) WHERE {LOST}")[0]
    if batch.lost_rows:
        batch.lost = f"lost_{batch.slug}"
        engine.run(f"CREATE OR REPLACE TABLE {batch.lost} AS SELECT {ROW}, {ERRORS}, {CELLS} FROM ({batch.told})")


def _keep_rejects(batch: Batch, engine: Engine) -> None:
    """The rows that the reader gave up, in a table of the engine: the next scan would overwrite the reader's own."""
    assert batch.scan is not None
    assert batch.staged is not None
    select = batch.scan.rejects(engine, batch.staged.rows)
    if select is None:
        return
    batch.rejects = f"rejects_{batch.slug}"
    row = rejected_row(batch.scan, batch.columns)
    engine.run(f"CREATE OR REPLACE TABLE {batch.rejects} AS SELECT row_number, reasons, {row} AS row FROM ({select})")
    batch.rejected_lines = engine.one(f"SELECT count(*) FROM {batch.rejects}")[0]


def _own_step(batch: Batch, pipeline: Pipeline, engine: Engine, watch: Callable) -> ParquetFile:
    """The analyst's SQL and Python, over the typed rows. Every row that goes in must come out, named by `_row`."""
    assert batch.staged is not None
    select, rows = staged(batch), batch.staged.rows
    try:
        if pipeline.sql:
            engine.run(f"CREATE OR REPLACE VIEW batch AS SELECT * EXCLUDE ({_KEPT}) FROM {select}")
            select = _with_internal(f"({pipeline.sql.strip().rstrip(';')})", select, engine, pipeline)
        if pipeline.has_step:
            function = _load(pipeline)
            reader = engine.reader(f"SELECT * FROM {select}")
            own = pa.RecordBatchReader.from_batches(*_through(function, reader, pipeline))
            engine.con.register("own_step", own)
            select = "own_step"
        file = engine.scratch / f"{batch.slug}-step.parquet"
        written = engine.write_parquet(f"SELECT * FROM {select}", file, watch)
    except BoathouseError as error:
        raise StepError(error.message, where=error.where or str(pipeline.path), hint=error.hint or "mend the step") from error
    kept = engine.one(f"SELECT count(DISTINCT {ROW}), count(*) FROM read_parquet({literal(str(file))})")
    if kept != (rows, rows):
        raise StepError(
            f"the step made {kept[1]:,} rows of {rows:,}: a step may not drop or multiply rows",
            where=str(pipeline.step_file if pipeline.has_step else pipeline.path),
            hint="to keep rows out, write an expectation: they go to quarantine with its reason",
        )
    batch.numbered = True
    return written


def _with_internal(own: str, before: str, engine: Engine, pipeline: Pipeline) -> str:
    if ROW not in engine.columns(f"SELECT * FROM {own}"):
        where = f"{pipeline.path}:{pipeline.lines.get(('sql',), 1)}"
        raise StepError(f"the SELECT leaves out {ROW}, which leads a row back to its source", where=where,
                        hint=f"SELECT {ROW}, … FROM batch")  # fmt: skip
    return f"(SELECT own.*, b.{ERRORS}, b.{CELLS} FROM {own} AS own LEFT JOIN {before} AS b USING ({ROW}))"


def _load(pipeline: Pipeline) -> Callable[[Any], Any]:
    """The function `step` in pipelines/NAME.py."""
    path = pipeline.step_file
    spec = importlib.util.spec_from_file_location(f"boathouse_step_{pipeline.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise StepError(f"cannot be loaded: {first_line(error)}", where=str(path), hint="mend it") from error
    function = getattr(module, "step", None)
    if not callable(function):
        raise StepError("defines no function `step`", where=str(path), hint="def step(batch: pandas.DataFrame): …")
    return function


def _through(function: Callable[[Any], Any], reader: pa.RecordBatchReader, pipeline: Pipeline) -> tuple[pa.Schema, Iterator]:
    """The step over each Arrow batch: one whose parameter is annotated with pandas' DataFrame gets one."""
    annotation = next(iter(getattr(function, "__annotations__", {}).values()), None)
    pandas = "DataFrame" in str(annotation)

    def call(batch: pa.RecordBatch) -> pa.Table:
        kept = batch.select([ERRORS, CELLS])
        given = pa.Table.from_batches([batch]).drop_columns(kept.schema.names)
        try:
            made = function(_frame(given) if pandas else given)
        except Exception as error:
            raise StepError(f"step: {type(error).__name__}: {first_line(error)}", where=str(pipeline.step_file)) from error
        table = pa.Table.from_pandas(made, preserve_index=False) if hasattr(made, "iloc") else pa.table(made)
        if ROW not in table.column_names or table[ROW].to_pylist() != batch[ROW].to_pylist():
            raise StepError(f"step returned {table.num_rows:,} rows for {batch.num_rows:,}, or others, or in another order",
                            where=str(pipeline.step_file), hint=f"return every row in its place, with its {ROW}")  # fmt: skip
        for name in kept.schema.names:
            table = table.append_column(kept.schema.field(name), kept[name])
        return table

    first = call(next(iter(reader), None) or pa.RecordBatch.from_pylist([], reader.schema))

    def tables() -> Iterator[pa.RecordBatch]:
        yield from first.to_batches()
        for batch in reader:
            yield from call(batch).cast(first.schema).to_batches()

    return first.schema, tables()


def _frame(table: pa.Table) -> Any:
    """A DataFrame on Arrow's own types: an integer with a gap stays one."""
    import pandas as pd

    return table.to_pandas(types_mapper=pd.ArrowDtype)


def _check_names(batch: Batch, pipeline: Pipeline) -> None:
    for name, kind in batch.types.items():
        if plain_type(kind) != kind and kind != "TIMESTAMP WITH TIME ZONE":
            raise StepError(f"column {name!r} is {kind}, which a Delta table cannot hold", where=str(pipeline.path),
                            hint=f"cast it to {plain_type(kind)}")  # fmt: skip
    for name in (*pipeline.key, *pipeline.partition_by):
        if name not in batch.types:
            raise StepError(f"no column {name!r} in the batch, which `key` or `partition_by` names", where=str(pipeline.path))
