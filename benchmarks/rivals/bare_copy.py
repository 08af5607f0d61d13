"""What the engine alone needs: no checks, no quarantine, no table, no record. `warm`: timed from when it has been imported."""

import sys

import duckdb

source, target, memory, *warm = sys.argv[1:]
if warm == ["warm"]:
    print("ready", flush=True)
    sys.stdin.readline()
connection = duckdb.connect(config={"memory_limit": memory})
connection.execute(f"COPY (FROM read_csv('{source}')) TO '{target}' (FORMAT parquet)")
