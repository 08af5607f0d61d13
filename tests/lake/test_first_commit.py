"""Many want to make a table at once: one does, the others learn that they were not the first."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from boathouse.engine import ParquetFile
from boathouse.lake.store import Store
from boathouse.lake.table import BATCH, Commit, ConflictError, Table

SCHEMA = pa.schema([("id", pa.int64()), (BATCH, pa.string())])


def test_one_of_many_makes_the_table(tmp_path: Path):
    file = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"id": pa.array([1], pa.int64())}), file)
    store = Store(str(tmp_path / "lake"))
    for number in range(15):
        together = threading.Barrier(6)

        def make(who: int, name: str = f"curated/t{number}", together: threading.Barrier = together) -> bool:
            table = Table(store, name)
            added = ParquetFile(file, 1, file.stat().st_size, {}, {BATCH: f"batch-{who}"})
            together.wait()
            try:
                return table.commit(Commit(SCHEMA, ("who", who), [added], partition_by=[BATCH])) == 0
            except ConflictError:
                return False

        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(make, range(6))) == 1
        table = Table(store, f"curated/t{number}")
        assert (table.version, len(table.files())) == (0, 1)
