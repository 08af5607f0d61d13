"""delta-rs' own merge of a CSV into a table, without checks."""

import sys

import duckdb
from deltalake import DeltaTable

source, table = sys.argv[1:]
reader = duckdb.connect().sql(f"FROM read_csv('{source}')").to_arrow_reader(100_000)
merge = DeltaTable(table).merge(reader, "t.order_id = s.order_id", source_alias="s", target_alias="t")
merge.when_matched_update_all().when_not_matched_insert_all().execute()
