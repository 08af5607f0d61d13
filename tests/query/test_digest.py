"""The digest as docs/receipts.md defines it, held against that definition written in plain Python."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boathouse.errors import QueryError
from boathouse.query.digest import Digest
from boathouse.workbench import Workbench

ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        st.none() | st.floats(),
        st.none() | st.decimals(-(10**7), 10**7, places=2),
        st.none() | st.booleans(),
        st.none() | st.binary(max_size=9),
        st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31)),
        st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)),
    ),
    max_size=20,
)
SCHEMA = pa.schema([("i", pa.int64()), ("t", pa.string()), ("f", pa.float64()), ("d", pa.decimal128(12, 2)), ("b", pa.bool_()),
                    ("x", pa.binary()), ("day", pa.date32()), ("at", pa.timestamp("us", "UTC"))])  # fmt: skip


def cell(value: object) -> str:
    match value:
        case None:
            return "n,"
        case bool():
            text = str(value).lower()
        case float():
            text = "0" if value == 0 else f"{value:.9e}" if math.isfinite(value) else str(value)
        case bytes():
            text = value.hex().upper()
        case datetime():
            text = str((value - datetime(1970, 1, 1)) // (datetime.resolution))
        case Decimal():
            text = f"{value:.2f}".replace("-0.00", "0.00") if value == 0 else f"{value:.2f}"
        case _:
            text = str(value)
    return f"{len(text.encode())}:{text},"


def by_definition(rows: list[tuple], *, placed: bool) -> str:
    high = low = 0
    for place, row in enumerate(rows):
        text = (f"{place}:" if placed else "") + "".join(map(cell, row))
        number = int.from_bytes(hashlib.md5(text.encode()).digest(), "little")
        high, low = (high + (number >> 64)) % 2**64, (low + number % 2**64) % 2**64
    return hashlib.sha256(json.dumps(["rows-1", SCHEMA.names, len(rows), high, low]).encode()).hexdigest()[:32]


def digest(rows: list[tuple], size: int = 7) -> Digest:
    table = pa.table({name: [row[n] for row in rows] for n, name in enumerate(SCHEMA.names)}, SCHEMA)
    made = Digest(SCHEMA, ordered=True)
    for batch in table.to_batches(size):
        made.add(batch)
    return made


@settings(deadline=None)
@given(ROWS, st.booleans())
def test_it_is_what_the_page_says(rows: list[tuple], many: bool):
    """Few rows are added up by Python, many by the engine."""
    rows = rows * 200 if many else rows
    made = digest(rows, size=max(7, len(rows)))
    assert made.value() == by_definition(rows, placed=False)
    assert made.order() == by_definition(rows, placed=True)


def test_what_only_the_engine_can_write_among_few_rows():
    """Year 10000, where Python's calendar ends."""
    late = pa.array([2932897], pa.date32())
    made = Digest(pa.schema([("day", pa.date32())]), ordered=True)
    made.add(pa.record_batch([late], ["day"]))
    text = b"0:11:10000-01-01,"
    number = int.from_bytes(hashlib.md5(text).digest(), "little")
    sealed = json.dumps(["rows-1", ["day"], 1, number >> 64, number % 2**64])
    assert made.order() == hashlib.sha256(sealed.encode()).hexdigest()[:32]


@settings(deadline=None)
@given(ROWS, st.randoms())
def test_order_and_batches_do_not_matter_to_it(rows: list[tuple], random):
    other = random.sample(rows, len(rows))
    assert digest(other, 3).value() == digest(rows).value()


def test_many_at_once_do_not_mix():
    """Of one schema, so that they share what the engine has planned; more rows than one of its threads takes."""
    tables = [pa.table({"n": range(start, start + 10_000), "t": [f"row {start}"] * 10_000}) for start in range(24)]

    def made(table: pa.Table) -> tuple[str, str | None]:
        one = Digest(table.schema, ordered=True)
        for batch in table.to_batches(6_000):
            one.add(batch)
        return one.value(), one.order()

    alone = [made(table) for table in tables]
    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(made, tables)) == alone
    assert len(set(alone)) == len(alone)


def test_many_rows_of_structs_within_structs_and_of_unions(wb: Workbench):
    """Which the engine takes in no parts, and Arrow makes no empty table of."""
    for cell in ("{'a': {'z': i}}", "[{'a': {'z': i}}]", "union_value(num := i)"):
        result = wb.sql(f"SELECT i, {cell} AS v FROM range(9000) t(i)")
        batches = result.arrow().to_batches()
        parts = Digest(result.schema, ordered=True)
        for batch in batches:
            for start in range(0, batch.num_rows, 1_500):
                some = batch.take(pa.array(range(start, min(start + 1_500, batch.num_rows))))
                parts.add(some)
        assert result.receipt.rows == 9_000
        assert result.receipt.digest == parts.value()


def test_a_script_that_made_a_receipt_ends_without_a_word():
    script = ("import pyarrow as pa; from boathouse.query.digest import Digest; t = pa.table({'n': range(9_000)}); "
              "Digest(t.schema, ordered=True).add(t.to_batches()[0])")  # fmt: skip
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout + ended.stderr == ""


def test_the_last_digits_of_a_float_do_not_count():
    rows = [(1, "a", 0.1 + 0.2, None, None, None, None, None)]
    assert digest(rows).value() == digest([(1, "a", 0.3, None, None, None, None, None)]).value()
    assert digest(rows).value() != digest([(1, "a", 0.300000001, None, None, None, None, None)]).value()


def test_a_decimal_of_no_whole_digits_is_written_as_sql_writes_it():
    made = Digest(schema := pa.schema([("d", pa.decimal128(2, 2))]), ordered=False)
    made.add(pa.record_batch([pa.array([Decimal("0.50")], pa.decimal128(2, 2))], schema=schema))
    number = int.from_bytes(hashlib.md5(b"3:.50,").digest(), "little")
    assert (
        made.value() == hashlib.sha256(json.dumps(["rows-1", ["d"], 1, number >> 64, number % 2**64]).encode()).hexdigest()[:32]
    )


def test_what_the_engine_fails_at_does_not_end_it(wb: Workbench):
    """The least whole number, as the engine has it."""
    with pytest.raises(QueryError, match="cannot be added up"):
        assert wb.sql("SELECT (-170141183460469231731687303715884105728)::HUGEINT AS x, [1] AS l").receipt
    assert wb.sql("SELECT 1 AS x, [1] AS l").receipt
