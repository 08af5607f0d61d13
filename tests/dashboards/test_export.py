"""A dashboard as a file: it opens offline, under the filters and the parameters that were asked for."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from playwright.sync_api import Browser

from boathouse.errors import BoathouseError, MissingError, UsageError
from boathouse.query.excel import workbook
from boathouse.workbench import Workbench
from tests.query.lakes import opened, publish


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    made = opened(tmp_path_factory.mktemp("export") / "workbench")
    publish(made, "orders", "order_id: BIGINT, region: VARCHAR, day: DATE, price: 'DECIMAL(12,2)'",
            "1,West,2026-01-03,10.5\n2,East,2026-02-03,5\n3,West,2026-03-03,1\n")  # fmt: skip
    return made


def test_a_first_dashboard_is_made_of_what_there_is(wb: Workbench):
    path = wb.add_dashboard("sales", "orders")
    code = json.loads(path.read_text(encoding="utf-8"))["cells"][1]["source"]
    assert 'filter("region")' in "".join(code)
    assert "avg(price)" in "".join(code)  # prices are not added up
    assert "order_id)" not in "".join(code)
    with pytest.raises(UsageError, match="is there already"):
        wb.add_dashboard("sales", "orders")
    with pytest.raises(UsageError, match="cannot name"):
        wb.add_dashboard("../x", "orders")
    with pytest.raises(MissingError, match="no dataset"):
        wb.add_dashboard("other", "ordres")


def test_a_file_opens_offline(wb: Workbench, tmp_path: Path, browser: Browser):
    wb.add_dashboard("kept", "orders")
    out = tmp_path / "kept.html"
    wb.export("kept", out, {"region": ["West"], "day": ["2026-02-01.."]})
    page, asked = browser.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: asked.append(message.text))
    page.goto(out.as_uri())
    assert page.locator(".bh-figure").first.inner_text() == "1"
    assert "Region: West · Day: 2026-02-01.." in page.locator("main").inner_text()
    assert page.locator("svg").count() >= 3
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    page.close()


def test_a_notebooks_parameters_are_papermills(wb: Workbench, tmp_path: Path):
    cells = [
        "who = 'nobody'",
        "from boathouse.dashboards import metric, page\npage(f'For {who}', metric('Rows', 'count(*)'), rows='orders')",
    ]
    made = [{"cell_type": "code", "execution_count": None, "id": f"c{n}", "metadata": {"tags": ["parameters"]} if n == 0 else {},
             "outputs": [], "source": cell} for n, cell in enumerate(cells)]  # fmt: skip
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (wb.root / "dashboards" / "named.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    wb.export("named", tmp_path / "named.html", parameters={"who": "Ann"})
    text = (tmp_path / "named.html").read_text(encoding="utf-8")
    assert "<h1>For Ann</h1>" in text
    assert "from boathouse" not in text  # no source


def test_what_fails_leaves_no_file(wb: Workbench, tmp_path: Path):
    with pytest.raises(MissingError, match="no dashboard 'kpet'"):
        wb.export("kpet", tmp_path / "x.html")
    source = (wb.add_dashboard("broken", "orders")).read_text(encoding="utf-8").replace('rows=\\"orders\\"', 'rows=\\"ordres\\"')
    (wb.root / "dashboards" / "broken.ipynb").write_text(source, encoding="utf-8")
    with pytest.raises(BoathouseError, match="no dataset 'ordres'"):
        wb.export("broken", tmp_path / "x.html")
    assert list(tmp_path.iterdir()) == []


def test_excel_keeps_values_and_runs_no_text():
    rows = pa.table({"text": ["=1+1", "http://x.example", None], "n": [1, 2, 10**17], "d": [Decimal("1.50"), None, Decimal(2)],
                     "day": [date(2026, 1, 2), date(1800, 1, 1), None], "at": [datetime(2026, 1, 2, 3, 4), None, None]})  # fmt: skip
    book = openpyxl.load_workbook(io.BytesIO(workbook({"A/B": rows, "a b": rows.slice(0, 0)})))
    assert book.sheetnames == ["A B", "a b 2"]
    first, second, third = list(book["A B"].iter_rows(min_row=2, values_only=True))
    assert first == ("=1+1", 1, 1.5, datetime(2026, 1, 2), datetime(2026, 1, 2, 3, 4))
    assert book["A B"]["A2"].data_type == "s"
    assert second == ("http://x.example", 2, None, "1800-01-01", None)
    assert third[1] == str(10**17)  # more digits than Excel's numbers have


def test_an_environments_own_lake_is_exported(tmp_path: Path):
    made = opened(tmp_path / "workbench", '[env.prod]\nlake = "other"\n')
    publish(made, "orders", "order_id: BIGINT, amount: BIGINT", "1,5\n")
    made.add_dashboard("sales", "orders")
    other = Workbench(made.root, environment="prod")
    publish(other, "orders", "order_id: BIGINT, amount: BIGINT", "1,1000\n")
    other.export("sales", tmp_path / "sales.html")
    assert "1,000" in (tmp_path / "sales.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("chosen", "parameters", "told"),
    [({"regoin": ["West"]}, {}, "did you mean 'region'"), ({"region": ["Wset"]}, {}, "did you mean 'West'"),
     ({"day": ["februar"]}, {}, "cannot be chosen of day"), ({}, {"titel": "x"}, "no parameter 'titel'")],
)  # fmt: skip
def test_what_cannot_be_meant_is_not_exported(
    tmp_path: Path, chosen: dict[str, list[str]], parameters: dict[str, str], told: str
):
    wb = opened(tmp_path / "workbench")
    publish(wb, "orders", "order_id: BIGINT, region: VARCHAR, day: DATE", "1,West,2026-01-02\n2,East,2026-01-03\n")
    wb.add_dashboard("orders", "orders")
    with pytest.raises(UsageError, match=told):
        wb.export("orders", tmp_path / "orders.html", chosen, parameters)
    assert not (tmp_path / "orders.html").exists()
