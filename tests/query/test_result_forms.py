"""A result in every form that people ask for, and what each does with values that it has no word for."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from boathouse.errors import QueryError
from boathouse.workbench import Workbench

SQL = "SELECT * FROM things ORDER BY id"


@pytest.fixture
def things(wb: Workbench, go: Callable) -> Workbench:
    (wb.root / "things.csv").write_text('id,price,ratio,tags\n1,9.90,0.5,"[1, 2]"\n2,12.00,inf,\n')
    (wb.root / "pipelines" / "things.yml").write_text(
        'source: {type: csv, location: things.csv}\ncolumns: {id: BIGINT, price: "DECIMAL(9,2)", ratio: DOUBLE, tags: "BIGINT[]"}\n'
    )
    assert go("things").status == "published"
    return wb


def written(wb: Workbench, form: str, sql: str = SQL) -> bytes:
    out = io.BytesIO()
    wb.sql(sql).write(form, out)
    return out.getvalue()


def test_csv_is_flat(things: Workbench):
    assert written(things, "csv").decode().splitlines() == ['"id","price","ratio","tags"', '1,9.90,0.5,"[1, 2]"', "2,12.00,inf,"]


def test_json_has_no_word_for_infinity(things: Workbench):
    text = written(things, "json").decode()
    assert "Infinity" not in text
    assert json.loads(text) == [
        {"id": 1, "price": "9.90", "ratio": 0.5, "tags": [1, 2]},
        {"id": 2, "price": "12.00", "ratio": None, "tags": None},
    ]
    nested = "SELECT [1.5, 'nan'::DOUBLE] AS list, {'a': 'inf'::DOUBLE} AS one FROM things WHERE id = 1"
    assert json.loads(written(things, "json", nested)) == [{"list": [1.5, None], "one": {"a": None}}]


def test_no_rows_are_still_json(things: Workbench):
    assert json.loads(written(things, "json", f"SELECT * FROM ({SQL}) WHERE id > 5")) == []


def test_arrow_and_parquet_keep_types(things: Workbench):
    for table in (pa.ipc.open_stream(written(things, "arrow")).read_all(), pq.read_table(io.BytesIO(written(things, "parquet")))):
        assert table.schema.field("price").type == pa.decimal128(9, 2)
        assert table["price"].to_pylist() == [Decimal("9.90"), Decimal("12.00")]
        assert table["tags"].to_pylist() == [[1, 2], None]


def test_frames_and_a_second_look(things: Workbench):
    result = things.sql(SQL)
    assert result.df()["id"].tolist() == result.pl()["id"].to_list() == [row["id"] for row in result.rows()] == [1, 2]


def test_a_stream_is_read_once(things: Workbench):
    result = things.sql(SQL)
    result.reader().read_all()
    with pytest.raises(RuntimeError, match="run the query again"):
        result.reader()


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE things",
        "INSERT INTO things VALUES (3)",
        "COPY things TO 'x.csv'",
        "SELECT 1; SELECT 2",
        "ATTACH 'x.db'",
        "SET threads = 1",
    ],
)
def test_nothing_but_one_select(things: Workbench, sql: str):
    with pytest.raises(QueryError):
        things.sql(sql)


@pytest.mark.parametrize("sql", ["SELECT * FROM read_csv('things.csv')", "SELECT * FROM 'things.csv'", "SELECT * FROM glob('*')"])
def test_no_file_but_the_datasets(things: Workbench, sql: str):
    with pytest.raises(Exception, match=r"queries read|no dataset|not|disabled"):
        things.sql(sql).arrow()


@pytest.mark.parametrize("sql", [
    SQL, "SELECT * FROM things WHERE false", "SELECT ('a'::ENUM('a', 'b')) AS e, [('b'::ENUM('a', 'b'))] AS l, {'x': 1} AS s FROM things",
    "SELECT 'x' AS a, NULL AS b, MAP {'k': 1} AS m, DATE '2026-01-02' AS d, TIMESTAMPTZ '2026-01-02 03:04:05+00' AS t, '\\xAA'::BLOB AS f",
])  # fmt: skip
def test_an_arrow_stream_is_the_table(things: Workbench, sql: str):
    assert pa.ipc.open_stream(written(things, "arrow", sql)).read_all().equals(things.sql(sql).arrow())
