"""What becomes of text cells under a column of the pipeline file."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from boathouse.config import Column, Pipeline
from boathouse.engine import Engine
from boathouse.ingest.stage import typed_select
from boathouse.sources import Scan

LOST = object()


def typed(engine: Engine, cells: list[str | None], **column: Any) -> list[Any]:
    """The typed value of each cell, LOST for one that goes to quarantine."""
    settings = {key: column.pop(key) for key in ("trim",) if key in column}
    pipeline = Pipeline.model_validate({"source": {"type": "x", "location": "x"}, **settings})
    engine.con.register("given", pa.table({"n": list(range(len(cells))), "c": pa.array(cells, pa.string())}))
    engine.run("CREATE OR REPLACE TABLE cells AS SELECT * FROM given")
    columns = {"n": Column(type="BIGINT"), "c": Column(**column)}
    scan = Scan("SELECT * FROM cells", {"n": "BIGINT", "c": "VARCHAR"})
    rows = engine.run(f"SELECT c, _lost FROM ({typed_select(scan, columns, pipeline)}) ORDER BY n")
    told = engine.run(f"SELECT _row, _errors, _cells FROM ({typed_select(scan, columns, pipeline, explain=True)})")
    assert {row: list(texts.values()) for row, _, texts in told} == {n: [cells[n]] for n, (_, lost) in enumerate(rows) if lost}
    assert all(len(errors) == 1 for _, errors, _ in told)
    return [LOST if lost else value for value, lost in rows]
