"""Derived columns, the pipeline's own SQL, and its Python step."""

from __future__ import annotations

from pathlib import Path

import pytest

from boathouse.workbench import Workbench


@pytest.fixture
def sales(wb: Workbench) -> Path:
    (wb.root / "sales.csv").write_text("id,price,quantity\n" + "".join(f"{n},{n}.25,2\n" for n in range(1, 31)) + "31,oops,2\n")
    file = wb.root / "pipelines" / "sales.yml"
    file.write_text(
        "source: {type: csv, location: sales.csv}\ncolumns: {id: BIGINT, price: 'DECIMAL(10,2)', quantity: BIGINT}\nmode: replace\n"
    )
    return file


def add(file: Path, text: str) -> None:
    file.write_text(file.read_text() + text)


def test_derived_columns(wb: Workbench, sales: Path, go) -> None:
    add(sales, "derive: {total: price * quantity, half: quantity / 2.0}\n")
    assert go("sales").total("rows_published") == 30
    assert wb.sql("SELECT sum(total)::VARCHAR AS s FROM sales").rows() == [{"s": "945.00"}]


def test_a_sql_step(wb: Workbench, sales: Path, go) -> None:
    add(sales, "sql: SELECT _row, id, price * quantity AS total FROM batch\n")
    record = go("sales")
    assert (record.status, record.total("rows_published"), record.total("rows_quarantined")) == ("published", 30, 1)
    assert wb.sql("SELECT * FROM sales").arrow().column_names == ["id", "total"]
    assert wb.quarantine("sales")[0]["row_number"] == 31


def test_a_python_step_in_pandas(wb: Workbench, sales: Path, go) -> None:
    sales.with_suffix(".py").write_text(
        "import pandas as pd\n\ndef step(batch: pd.DataFrame) -> pd.DataFrame:\n    return batch.assign(label='n' + batch['id'].astype(str))\n"
    )
    record = go("sales")
    assert record.status == "published", record.error
    assert wb.sql("SELECT label FROM sales WHERE id = 7").rows() == [{"label": "n7"}]


def test_a_python_step_in_arrow(wb: Workbench, sales: Path, go) -> None:
    sales.with_suffix(".py").write_text(
        "import pyarrow as pa\nimport pyarrow.compute as pc\n\ndef step(batch: pa.Table) -> pa.Table:\n"
        "    return batch.append_column('twice', pc.multiply(batch['quantity'], 2))\n"
    )
    assert go("sales").status == "published"
    assert wb.sql("SELECT sum(twice)::BIGINT AS s FROM sales").rows() == [{"s": 120}]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("sql: SELECT _row, id FROM batch WHERE id > 3\n", "may not drop or multiply rows"),
        ("sql: SELECT id FROM batch\n", "leaves out _row"),
        ("sql: SELECT _row, nothing FROM batch\n", "nothing"),
        ("derive: {total: price * nothing}\n", "nothing"),
    ],
)
def test_a_step_that_loses_rows_fails_the_batch(wb: Workbench, sales: Path, go, step: str, told: str) -> None:
    add(sales, step)
    record = go("sales")
    assert record.status == "failed"
    assert told in str(record.error)
    assert not (wb.root / "lake" / "curated").exists()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("def step(batch):\n    return batch.slice(0, 3)\n", "returned 3 rows for 31"),
        ("def step(batch):\n    raise ValueError('no')\n", "ValueError: no"),
        ("def stepp(batch):\n    return batch\n", "defines no function `step`"),
        ("import nothing_like_it\n", "cannot be loaded"),
    ],
)
def test_a_python_step_that_fails_is_named(wb: Workbench, sales: Path, go, code: str, told: str) -> None:
    sales.with_suffix(".py").write_text(code)
    record = go("sales")
    assert record.status == "failed"
    assert told in str(record.error)
    assert "sales.py" in str(record.error)


def test_a_changed_step_runs_again(wb: Workbench, sales: Path, go) -> None:
    step = sales.with_suffix(".py")
    step.write_text("def step(batch):\n    return batch\n")
    go("sales")
    assert go("sales").status == "unchanged"
    step.write_text("def step(batch):\n    return batch  # mended\n")
    assert go("sales").status == "published"
