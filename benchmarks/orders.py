"""The file that everything is measured on: orders in ten columns, half a percent of them with a discount that cannot be."""

from __future__ import annotations

from pathlib import Path

import duckdb

SQL = """
SELECT i AS order_id, 'c' || hash(i) % 500000 AS customer, DATE '2020-01-01' + (hash(i + 1) % 2000)::INT AS day,
       ['North', 'South', 'East', 'West'][1 + (hash(i + 2) % 4)::INT] AS region, (1 + hash(i + 3) % 20)::INT AS quantity,
       (hash(i + 4) % 100000 / 100)::DECIMAL(10,2) AS price,
       CASE WHEN hash(i + 5) % 200 = 0 THEN -1 ELSE (hash(i + 5) % 100)::INT END AS discount,
       'product ' || hash(i + 6) % 3000 AS product, TIMESTAMP '2020-01-01' + to_seconds((hash(i + 7) % 100000000)::BIGINT) AS at_time,
       hash(i + 8) % 2 = 0 AS paid
FROM range({start}, {stop}) t(i)
"""

COLUMNS = {
    "order_id": "BIGINT", "customer": "VARCHAR", "day": "DATE", "region": "VARCHAR", "quantity": "BIGINT",
    "price": "DECIMAL(10,2)", "discount": "BIGINT", "product": "VARCHAR", "at_time": "TIMESTAMP", "paid": "BOOLEAN",
}  # fmt: skip


def _column(kind: str, column: str, **kwargs: object) -> dict:
    return {"type": f"expect_column_{kind}", "kwargs": {"column": column, **kwargs}}


# twelve, of which one finds the bad rows
EXPECTATIONS = [
    {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}},
    _column("values_to_not_be_null", "order_id"),
    _column("values_to_not_be_null", "customer"),
    _column("values_to_not_be_null", "day"),
    _column("values_to_be_in_set", "region", value_set=["North", "South", "East", "West"]),
    _column("values_to_be_between", "quantity", min_value=1, max_value=100),
    _column("values_to_be_between", "price", min_value=0),
    _column("values_to_be_between", "discount", min_value=0, max_value=100),
    _column("values_to_match_regex", "customer", regex="^c[0-9]+$"),
    _column("value_lengths_to_be_between", "product", max_value=20),
    _column("values_to_be_between", "day", min_value="2019-01-01"),
    _column("mean_to_be_between", "price", min_value=1, max_value=1000),
]


def csv(folder: Path, rows: int) -> Path:
    """A CSV of so many rows, made once."""
    file = folder / f"orders-{rows}.csv"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        duckdb.connect().execute(f"COPY ({SQL.format(start=0, stop=rows)}) TO '{partial}' (HEADER)")
        partial.rename(file)
    return file
