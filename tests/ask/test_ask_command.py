"""`boathouse ask` and `boathouse eval`: one JSON object, exit codes, and what is said of data that is not fresh."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from boathouse.workbench import Workbench
from tests.query.lakes import opened, publish

KEYS = {"status", "answer", "columns", "rows", "sql", "chart", "answerer", "assumptions", "receipt"}


@pytest.fixture
def wb(tmp_path: Path) -> Workbench:
    made = opened(tmp_path / "workbench")
    publish(made, "orders", "order_id: BIGINT, region: VARCHAR", "1,West\n2,East\n3,West\n")
    return made


def boathouse(wb: Workbench, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from boathouse.cli import entry; entry()", "-C", str(wb.root), *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=os.environ | {"PYTHONUTF8": "1"}, check=False)


def test_one_json_object_on_stdout(wb: Workbench, tmp_path: Path):
    ran = boathouse(wb, "ask", "how many orders by region?", "--json", "--receipt", str(tmp_path / "receipt.json"))
    found = json.loads(ran.stdout)
    assert ran.returncode == 0
    assert set(found) >= KEYS
    assert found["rows"] == [{"region": "West", "count": 2}, {"region": "East", "count": 1}]
    assert json.loads((tmp_path / "receipt.json").read_text())["id"] == found["receipt"]["id"]
    assert boathouse(wb, "replay", str(tmp_path / "receipt.json")).returncode == 0


@pytest.mark.parametrize(
    ("question", "status", "code"),
    [("how many orders?", "answered", 0), ("delete the orders", "refused", 4), ("how many ordrs", "clarify", 4)],
)
def test_exit_codes(wb: Workbench, question: str, status: str, code: int):
    ran = boathouse(wb, "ask", question, "--json")
    assert (json.loads(ran.stdout)["status"], ran.returncode) == (status, code)


def test_an_answerer_that_is_none_is_wrong_usage(wb: Workbench):
    ran = boathouse(wb, "ask", "how many orders?", "--answerer", "oracle")
    assert ran.returncode == 2
    assert "offline" in ran.stderr


def test_a_workbench_without_datasets_refuses(tmp_path: Path):
    ran = boathouse(opened(tmp_path / "empty"), "ask", "how many orders?")
    assert ran.returncode == 4


def test_eval_counts_and_fails_on_a_wrong_answer(wb: Workbench, tmp_path: Path):
    file = tmp_path / "questions.yml"
    file.write_text(
        "- {ask: 'how many orders?', sql: SELECT count(*) FROM orders}\n- {ask: orders by region, rows: [[West, 9], [East, 1]]}\n"
        "- {ask: delete the orders, refuse: a command}\n- {ask: 'how many ordrs?', rows: [[3]]}\n",
        encoding="utf-8",
    )
    ran = boathouse(wb, "eval", str(file), "--json")
    found = json.loads(ran.stdout)
    assert ran.returncode == 1
    assert {key: found[key] for key in ("right", "wrong", "refused", "asked", "failed")} == {"right": 2, "wrong": 1, "refused": 0, "asked": 1, "failed": 0}  # fmt: skip
    assert [case["outcome"] for case in found["cases"]] == ["right", "wrong", "right", "asked"]


def test_a_list_need_not_show_all_that_is_in_its_rows(wb: Workbench, tmp_path: Path):
    file = tmp_path / "questions.yml"
    file.write_text(
        "- {ask: 'list orders in the West', sql: SELECT * FROM orders WHERE region = 'West'}\n"
        "- {ask: 'list orders in the West', sql: SELECT * FROM orders WHERE region <> 'West'}\n",
        encoding="utf-8",
    )
    found = json.loads(boathouse(wb, "eval", str(file), "--json").stdout)
    assert [case["outcome"] for case in found["cases"]] == ["right", "wrong"]


def test_an_eval_file_that_is_wrong_says_where(wb: Workbench, tmp_path: Path):
    file = tmp_path / "questions.yml"
    file.write_text("- ask: how many orders?\n", encoding="utf-8")
    ran = boathouse(wb, "eval", str(file))
    assert ran.returncode == 2
    assert "one of sql, rows, refuse and ask_back" in ran.stderr


def test_a_dataset_whose_latest_run_was_rejected_is_answered_with_that_said(wb: Workbench):
    (wb.root / "orders.csv").write_text("order_id,region\nx,West\ny,East\n", encoding="utf-8")
    wb.run("orders")
    answer = wb.ask("how many orders?")
    assert answer.rows == [{"count": 3}]
    assert "latest run of orders was rejected" in answer.text


def test_a_dataset_that_is_overdue_is_answered_with_that_said(wb: Workbench, monkeypatch: pytest.MonkeyPatch):
    path = wb.root / "pipelines" / "orders.yml"
    path.write_text(path.read_text(encoding="utf-8") + 'schedule: "0 5 * * *"\n', encoding="utf-8")
    assert "due" not in wb.ask("how many orders?").text
    assert wb.dataset("orders")["freshness"]["overdue_since"] is None
    monkeypatch.setenv("BOATHOUSE_NOW", "2099-01-02T09:00:00")
    assert "orders was due at 2099-01-02 05:00 and has not run since" in wb.ask("how many orders?").text
    assert wb.dataset("orders")["freshness"]["overdue_since"].startswith("2099-01-02T05:00")


def test_a_schedule_that_is_no_cron_line_is_an_error_that_names_its_line(wb: Workbench):
    path = wb.root / "pipelines" / "orders.yml"
    path.write_text(path.read_text(encoding="utf-8") + "schedule: daily\n", encoding="utf-8")
    ran = boathouse(wb, "run", "orders")
    assert ran.returncode == 2
    assert "no cron line" in ran.stderr
    assert "orders.yml" in ran.stderr
