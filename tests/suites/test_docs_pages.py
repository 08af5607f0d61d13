"""Data Docs: pages that show the expectations, an index of them, and nothing that should stay here."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boathouse import secrets
from boathouse.engine import Engine
from boathouse.suites.docs import Page, build
from boathouse.suites.judge import judge
from boathouse.suites.suite import Suite
from boathouse.workbench import Workbench

SUITE = [
    {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}},
    {"type": "expect_column_values_to_be_between", "kwargs": {"column": "id", "min_value": 3}},
    {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "s", "regex": "^v"}, "severity": "warning"},
    {"type": "expect_column_distinct_values_to_be_in_set", "kwargs": {"column": "s", "value_set": ["v1"]}},
    {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "s"}, "description": "names stand once"},
]


def pages(
    engine: Engine, expectations: list[dict[str, Any]], item: str = "orders.csv", verdict: str = "rejected"
) -> dict[str, str]:
    result = judge(Suite("orders", expectations), engine, "t").result
    return {name: page.decode() for name, page in build("run-1", [Page(item, verdict, result)])}


def seen(page: str) -> str:
    """The text that a browser would show."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style).*?</\1>", "", page, flags=re.S)))


@pytest.fixture
def table(engine: Engine) -> Engine:
    engine.run("CREATE TABLE t AS SELECT i AS id, 'v' || (i % 3) AS s, i AS _row FROM range(10) t(i)")
    return engine


def test_a_page_shows_the_expectations(table: Engine) -> None:
    text = seen(pages(table, SUITE)["batch-1.html"])
    for part in ("orders.csv", "run-1", "values must be greater than or equal to 3", "3 unexpected values found", "names stand once",
                 "values must match this regular expression: ^v", "Must have greater than or equal to 1 rows"):  # fmt: skip
        assert part.lower() in text.lower(), part


def test_links_lead_to_the_index(table: Engine) -> None:
    made = pages(table, SUITE)
    assert 'href="batch-1.html">orders.csv</a></td><td>rejected' in made["index.html"]
    assert not re.search(r'<a[^>]* href="\.\./\.\.', made["batch-1.html"])


def test_an_index_of_several_batches(wb: Workbench, go: Callable[..., Any]) -> None:
    for name in ("a", "b & c"):
        (wb.root / f"{name}.csv").write_text("id\n1\n", encoding="utf-8")
    (wb.root / "pipelines" / "o.yml").write_text(
        "source: {type: csv, location: '*.csv'}\ncolumns: {id: BIGINT}\n", encoding="utf-8"
    )
    (wb.root / "expectations").mkdir(exist_ok=True)
    (wb.root / "expectations" / "o.json").write_text(
        '{"expectations": [{"type": "expect_column_to_exist", "kwargs": {"column": "id"}}]}'
    )
    assert go("o").status == "published"
    [index] = (wb.root / "lake" / "runs" / "docs").rglob("index.html")
    linked = re.findall(r'href="([^"]+)">([^<]+)', index.read_text())
    assert linked == [("batch-1.html", "a.csv"), ("batch-2.html", "b &amp; c.csv")]
    assert all((index.parent / file).is_file() for file, _ in linked)


def test_known_secrets_are_left_out(table: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets.remember("hunter2hunter2")
    monkeypatch.setenv("SHOP_PASSWORD", "correct horse battery")
    table.run("UPDATE t SET s = 'hunter2hunter2' WHERE id = 1")
    text = "".join(
        pages(table, [*SUITE, {**SUITE[2], "description": "not correct horse battery"}], item="hunter2hunter2.csv").values()
    )
    assert "hunter2" not in text
    assert "correct horse" not in text
    assert "***" in text


def test_nothing_of_this_machine(table: Engine, tmp_path: Path) -> None:
    missing = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "nowhere"}}
    text = "".join(pages(table, [*SUITE, missing]).values())
    assert "nowhere" in text
    for part in (str(tmp_path), str(Path(__file__).parents[2]), str(Path.home()), socket.getfqdn(), "Traceback"):
        assert part not in text


def test_data_is_shown_as_text(table: Engine) -> None:
    script = "<script>alert('x')</script>"
    table.run(f"""UPDATE t SET s = '{script.replace("'", "''")}'""")
    entries = [
        {**SUITE[3], "description": script},
        {**SUITE[3], "notes": script},
        {**SUITE[2], "kwargs": {"column": "s", "regex": script}},
    ]
    made = pages(table, entries, item=script, verdict=script)
    assert all("<script>alert" not in page for page in made.values())


def test_fast(table: Engine) -> None:
    suite = SUITE * 4
    pages(table, suite)
    result = judge(Suite("orders", suite), table, "t").result
    began = time.process_time()
    assert len(dict(build("run-1", [Page("orders.csv", "passed", result)]))) == 2
    assert time.process_time() - began < 0.5
