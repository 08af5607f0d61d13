"""One company's music shop in three servers: the same tables, whichever server they came from, joined in the lake."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from boathouse.sources.database import connect
from boathouse.workbench import Workbench

COUNTS = {"album": 347, "artist": 275, "customer": 59, "employee": 8, "genre": 25, "invoice": 412, "invoice_line": 2240,
          "media_type": 5, "playlist": 18, "playlist_track": 8715, "track": 3503}  # fmt: skip
REVENUE = """
    SELECT g.name AS genre, sum(l.unit_price * l.quantity) AS revenue
    FROM {0}invoice_line l JOIN {1}track t ON t.track_id = l.track_id JOIN {2}genre g ON g.genre_id = t.genre_id
    GROUP BY g.name ORDER BY revenue DESC, genre"""


def _script(file: Path, start: str) -> list[str]:
    """The statements of a script, without those that choose a database."""
    text = file.read_text(encoding="utf-8-sig").split(start, 1)[1]
    return [statement for part in text.split(";\n") if (statement := part.strip())]


def _database(url: str, name: str, statements: list[str]) -> Iterator[str]:
    """A database of the test's own, filled, and dropped in the end."""
    server = connect(url, Path.cwd()).execution_options(isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    own = sa.make_url(url).set(database=name).render_as_string(hide_password=False)
    with connect(own, Path.cwd()).execution_options(no_parameters=True).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    yield own
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name}")


@pytest.fixture
def servers(shared: Path, postgres: str, mysql: str) -> Iterator[dict[str, str]]:
    """The music shop, whole, in each of three servers."""
    chinook, name = shared / "chinook", f"boathouse_chinook_{os.getpid()}"
    in_postgres = _database(postgres, name, _script(chinook / "Chinook_PostgreSql.sql", "\\c chinook;"))
    in_mysql = _database(mysql, name, [
        "SET sql_mode = 'NO_BACKSLASH_ESCAPES'",  # its script means a backslash by a backslash
        *_script(chinook / "Chinook_MySql.sql", "USE `Chinook`;")])  # fmt: skip
    yield {"pg_": next(in_postgres), "my_": next(in_mysql), "lite_": f"sqlite:///{chinook / 'Chinook_Sqlite.sqlite'}"}
    for database in (in_postgres, in_mysql):
        next(database, None)


def test_the_shop_comes_out_the_same_from_every_server(servers: dict[str, str], wb: Workbench, go: Callable, shared: Path):
    for prefix, url in servers.items():
        drafts = wb.add_all(prefix, url)
        assert sorted(draft.name for draft in drafts) == [prefix + table for table in COUNTS]
        for draft in drafts:
            record = go(draft.name)
            assert (record.status, record.error) == ("published", None)
    for table, rows in COUNTS.items():
        schemas = [wb[prefix + table].schema for prefix in servers]
        assert schemas[0] == schemas[1] == schemas[2]
        contents = [wb.sql(f"SELECT * FROM {prefix}{table} ORDER BY ALL").arrow() for prefix in servers]
        assert contents[0].num_rows == rows
        assert contents[0].equals(contents[1])
        assert contents[0].equals(contents[2])
    assert {wb[prefix + "invoice"].schema["total"] for prefix in servers} == {"DECIMAL(10,2)"}
    _revenue_is_that_of_the_one_file(wb, shared)


def _revenue_is_that_of_the_one_file(wb: Workbench, shared: Path) -> None:
    with sqlite3.connect(shared / "chinook" / "Chinook_Sqlite.sqlite") as file:
        theirs = file.execute("""
            SELECT g.Name, sum(l.UnitPrice * l.Quantity) AS revenue FROM InvoiceLine l JOIN Track t ON t.TrackId = l.TrackId
            JOIN Genre g ON g.GenreId = t.GenreId GROUP BY g.Name""").fetchall()  # fmt: skip
    ours = wb.sql(REVENUE.format("pg_", "my_", "lite_")).df()
    assert {row.genre: f"{row.revenue:.2f}" for row in ours.itertuples()} == {genre: f"{money:.2f}" for genre, money in theirs}
    assert str(ours.revenue.iloc[0]) == "826.65"
