"""What the engine alone needs: no checks, no quarantine, no table, no record."""

import sys

import duckdb

source, target, memory = sys.argv[1:]
connection = duckdb.connect(config={"memory_limit": memory})
connection.execute(f"COPY (FROM read_csv('{source}')) TO '{target}' (FORMAT parquet)")
