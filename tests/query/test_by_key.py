"""A row that is found by its key is the row that a query finds."""

from __future__ import annotations

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from boathouse.query.by_key import ByKey

NUMBERS = st.integers(-(2**31), 2**31 - 1) | st.integers(-3, 3)
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3) | st.sampled_from("ab")
WRITTEN = (
    st.integers(-(2**70), 2**70).map(str)
    | st.integers(-4, 4).map(str)
    | st.sampled_from(["", "x", " 1", "01", "1.5", "1e2", "-0", "²"])
)
SCHEMA = pa.schema([("n", pa.int32()), ("t", pa.string()), ("place", pa.int64())])


def table(keys: list[tuple[int, str]]) -> pa.Table:
    return pa.table([[n for n, _ in keys], [t for _, t in keys], range(len(keys))], schema=SCHEMA)


@settings(deadline=None)
@given(st.lists(st.tuples(NUMBERS, TEXTS), unique=True, max_size=30), WRITTEN, TEXTS)
def test_by_two_columns(keys: list[tuple[int, str]], number: str, text: str):
    rows = table(keys)
    for n, t in [(number, text), *((str(n), t) for n, t in keys[:3])]:
        found = ByKey(rows, ["n", "t"]).get({"n": n, "t": t}, ["place", "t"])
        if found is None:  # the engine is asked, which may well refuse
            continue
        asked = duckdb.execute("SELECT place, t FROM rows WHERE n = CAST(? AS INTEGER) AND t = CAST(? AS VARCHAR)", [n, t])
        assert found.to_pylist() == asked.to_arrow_table().to_pylist()


def test_of_many_chunks_and_none():
    keys = [(n, "") for n in range(120_000)]
    whole = pa.concat_tables([table(keys[:7]), table(keys[7:])])
    by_key = ByKey(whole, ["n"])
    assert by_key.get({"n": "119999"}, ["n"]).to_pylist() == [{"n": 119_999}]
    assert by_key.get({"n": "120000"}, ["n"]).to_pylist() == []
    assert ByKey(SCHEMA.empty_table(), ["t"]).get({"t": "x"}, ["t", "t"]).column_names == ["t", "t"]


def test_which_keys_it_takes():
    schema = pa.schema([("n", pa.int64()), ("t", pa.string()), ("x", pa.float64()), ("day", pa.date32())])
    assert [ByKey.fits(schema, key) for key in (["n"], ["n", "t"], ["x"], ["n", "day"], ["gone"], [])] == [
        True,
        True,
        *[False] * 4,
    ]
