"""`python -m benchmarks [road|memory|upsert|small|tpch|points|stream|start|ask|model|dashboards …]`: tables on stdout, a plot in docs/pictures/road.svg."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import duckdb
from deltalake import write_deltalake

from benchmarks import api, ask, dashboards, orders, queries, workbench
from benchmarks.measure import WARM, Timing, once, python, side_by_side, table
from benchmarks.plot import bars

HERE = Path(__file__).parent
DATA, RIVALS = HERE / "data", HERE / "rivals"
MEMORY = "800MB"
BOATHOUSE = [sys.executable, "-m", "boathouse.cli"]


def road(rows: int = 10_000_000, rounds: int = 3) -> str:
    """The whole road over one file against the bare engine, and against pandas with GX on pandas."""
    file, root = orders.csv(DATA, rows), DATA / "workbench"

    workbench.make(root, file)
    bare, whole = "bare DuckDB: COPY (FROM read_csv) TO parquet", "boathouse run, from a cold shell"
    copy = python(RIVALS / "bare_copy.py", file, DATA / "bare.parquet", MEMORY)
    warm = {"warm: bare DuckDB": [*copy, WARM], "warm: the road": python(RIVALS / "road.py", root, WARM)}
    candidates = warm | {
        bare: copy,
        "the road, in a process of its own": python(RIVALS / "road.py", root),
        whole: [*BOATHOUSE, "-C", str(root), "run", "orders"],
    }
    timings = side_by_side(
        candidates, rounds, before=lambda: shutil.rmtree(root / "lake", ignore_errors=True)
    )  # an empty lake each time
    rival = "pandas, GX on pandas, to_parquet"
    timings[rival] = once(["env", f"PYTHONPATH={HERE.parent}", *python(RIVALS / "by_pandas.py", file, DATA / "pandas.parquet")])
    bars({"bare DuckDB, no checks": timings[bare], "boathouse run": timings[whole], "pandas + GX": timings[rival]},
         HERE.parent / "docs" / "pictures" / "road.svg", f"{rows // 1_000_000}M rows, 12 expectations, 0.5% bad rows")  # fmt: skip
    engine, ours = (timings.pop(name).seconds for name in warm)
    told = table(f"The whole road, {rows:,} rows, 12 expectations, 0.5% bad rows", timings, bare)
    return (
        f"{told}\nIn a kernel that has imported everything: {ours:.2f} s, the engine alone {engine:.2f} s: {ours / engine:.2f}.\n"
    )


def memory() -> str:
    """Peak memory at 10M and at 50M rows."""
    found: dict[str, Timing] = {}
    for rows in (10_000_000, 50_000_000):
        root = workbench.make(DATA / "workbench", orders.csv(DATA, rows))
        found[f"the road, {rows:,} rows"] = once(python(RIVALS / "road.py", root))
    return table("Memory", found, "the road, 10,000,000 rows")


def upsert() -> str:
    """1M rows (half of them known) into 10M, the second time, against delta-rs merge and a full replace."""
    big, base = orders.csv(DATA, 10_000_000), 10_000_000
    connection = duckdb.connect()
    for number in (1, 2):
        part = DATA / f"change-{number}.csv"
        select = orders.SQL.format(start=base - 500_000, stop=base + 500_000).replace("hash(i + 4)", f"hash(i + 4 + {number})")
        connection.execute(f"COPY ({select}) TO '{part}' (HEADER)")
    root = workbench.make(DATA / "upserts", DATA / "now.csv", "upsert")
    timings = {}
    for name, file in (("10M rows, the first time", big), ("1M into 10M, the first", DATA / "change-1.csv")):
        shutil.copyfile(file, DATA / "now.csv")
        timings[name] = once(python(RIVALS / "road.py", root))
    shutil.copyfile(DATA / "change-2.csv", DATA / "now.csv")
    ours = "1M into 10M, the second: the road"
    timings[ours] = once(python(RIVALS / "road.py", root))
    shutil.rmtree(DATA / "merged", ignore_errors=True)
    write_deltalake(str(DATA / "merged"), connection.sql(f"FROM read_csv('{big}')").to_arrow_reader(100_000))
    once(python(RIVALS / "merge.py", DATA / "change-1.csv", DATA / "merged"))
    timings["1M into 10M, the second: delta-rs merge, no checks"] = once(
        python(RIVALS / "merge.py", DATA / "change-2.csv", DATA / "merged")
    )
    root = workbench.make(DATA / "workbench", big)
    timings["10M rows replaced: the road"] = once(python(RIVALS / "road.py", root))
    return table("Upsert", timings, ours)


def small() -> str:
    """One small source from a cold shell, and twenty with --all."""
    root = workbench.make(DATA / "small", DATA / "small.csv")
    connection = duckdb.connect()
    connection.execute(f"COPY ({orders.SQL.format(start=0, stop=1000)}) TO '{DATA / 'small.csv'}' (HEADER)")
    found = {"one small source, boathouse run": once([*BOATHOUSE, "-C", str(root), "run", "orders"])}
    pipeline, suite = root / "pipelines" / "orders.yml", root / "expectations" / "orders.json"
    for number in range(1, 20):
        shutil.copyfile(pipeline, pipeline.with_name(f"orders_{number}.yml"))
        shutil.copyfile(suite, suite.with_name(f"orders_{number}.json"))
    shutil.rmtree(root / "lake")
    found["twenty small sources, boathouse run --all"] = once([*BOATHOUSE, "-C", str(root), "run", "--all"])
    return table("Small sources", found, "one small source, boathouse run")


def main() -> None:
    known = {
        "road": road, "memory": memory, "upsert": upsert, "small": small,
        "tpch": lambda: queries.tpch(DATA), "points": lambda: api.points(DATA), "stream": lambda: api.stream(DATA), "start": lambda: api.start(DATA), "ask": lambda: ask.ask(DATA), "model": lambda: ask.model(DATA),
        "dashboards": lambda: dashboards.dashboards(DATA),
    }  # fmt: skip
    DATA.mkdir(exist_ok=True)
    reports = [known[name]() for name in sys.argv[1:] or known]
    print("\n" + "\n".join(reports))


if __name__ == "__main__":
    main()
