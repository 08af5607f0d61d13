"""The 22 TPC-H queries through the whole path, guard and receipt among it, against bare DuckDB on the same Parquet files."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from boathouse.init import create
from boathouse.workbench import Workbench

QUERIES = [one for one in Path(__file__).with_name("tpch.sql").read_text().split(";\n") if one.strip()]


def lake(data: Path, scale: str = "1") -> Workbench:
    """TPC-H's tables, published; kept for the next time."""
    root, raw = data / f"tpch-{scale}", data / f"tpch-{scale}-raw"
    if root.exists():
        return Workbench(root)
    tool = Path(sys.executable).with_name("tpchgen-cli")
    subprocess.run([tool, "parquet", "--scale-factor", scale, "--output-dir", raw], check=True)
    create(root)
    for file in sorted(raw.glob("*.parquet")):
        (root / "pipelines" / f"{file.stem}.yml").write_text(f"source: {{type: parquet, location: '{file}'}}\nmode: replace\n")
    records = Workbench(root).run()
    assert {record.status for record in records} == {"published"}, records
    return Workbench(root)


def tpch(data: Path, rounds: int = 5) -> str:
    """Medians of each query; both sides in turn, in one process, with the same threads and memory."""
    wb = lake(data)
    bare = duckdb.connect(config={"memory_limit": wb.config.limits.memory, "threads": wb.config.limits.threads or 2})
    for name in wb.datasets():
        bare.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({wb.lake.dataset(name).urls()!r})")
    lines = ["### TPC-H at scale 1, the whole path against bare DuckDB", "", "| query | bare, ms | Boathouse, ms | ratio | more, ms |", "|---|---:|---:|---:|---:|"]  # fmt: skip
    ratios, more, total = [], [], [0.0, 0.0]
    for number, query in enumerate(QUERIES, 1):
        mine, theirs = [], []
        for _ in range(rounds + 1):
            theirs.append(_timed(lambda q=query: bare.sql(q).to_arrow_table()))
            mine.append(_timed(lambda q=query: wb.sql(q).receipt))
        base, ours = (statistics.median(times[1:]) * 1000 for times in (theirs, mine))
        ratios.append(ours / base)
        more.append(ours - 1.1 * base)
        total = [total[0] + base, total[1] + ours]
        lines.append(f"| {number} | {base:.0f} | {ours:.0f} | {ours / base:.2f} | {ours - base:.1f} |")
        print(lines[-1], flush=True)
    over = sum(extra > 5 for extra in more)
    lines += [f"| all | {total[0]:.0f} | {total[1]:.0f} | {total[1] / total[0]:.2f} | |", "",
              f"Median ratio {statistics.median(ratios):.2f}; {over} of {len(QUERIES)} take more than 1.1 times the bare time and 5 ms."]  # fmt: skip
    return "\n".join(lines) + "\n"


def _timed(call: object) -> float:
    began = time.perf_counter()
    call()  # type: ignore[operator]
    return time.perf_counter() - began
