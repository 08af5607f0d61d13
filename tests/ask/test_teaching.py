"""How people teach it: synonyms, metrics, relations, a glossary, thumbs and verified questions, all in plain files."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

import boathouse
from boathouse.errors import UsageError
from boathouse.workbench import Workbench
from tests.ask.test_offline import rows
from tests.query.lakes import opened, publish


@pytest.fixture
def wb(tmp_path: Path) -> Workbench:
    made = opened(tmp_path / "workbench")
    publish(
        made,
        "orders",
        'order_id: BIGINT, region: VARCHAR, buyer: BIGINT, amount: "DECIMAL(9,2)"',
        "1,West,1,10\n2,East,2,5\n3,West,2,1\n",
    )
    publish(made, "people", "number: BIGINT, name: VARCHAR", "1,Ada\n2,Bo\n")
    return made


def teach(wb: Workbench, text: str) -> Workbench:
    path = wb.root / "pipelines" / "orders.yml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    return boathouse.open(wb.root)


def test_a_metric_and_its_synonym(wb: Workbench):
    assert wb.ask("haul by region").status != "answered"
    taught = teach(wb, "metrics: {revenue: {sql: sum(amount), synonyms: [haul], unit: EUR}}\n")
    assert rows(taught, "haul by region") == [("West", 11), ("East", 5)]
    assert "EUR" in taught.ask("total revenue").text


def test_what_is_said_of_a_dataset_does_not_make_its_rows_others(wb: Workbench):
    suite = wb.root / "expectations" / "orders.json"
    before = wb.pipeline("orders").rules_hash(suite)
    assert teach(wb, "synonyms: [sale]\nmetrics: {revenue: sum(amount)}\n").pipeline("orders").rules_hash(suite) == before


def test_a_declared_relation_joins(wb: Workbench):
    assert wb.ask("amount by person name").status != "answered"
    taught = teach(wb, "relations: {buyer: people.number}\n")
    assert rows(taught, "total amount by buyer") == [("Ada", 10), ("Bo", 6)]


def test_a_relation_of_no_column_is_an_error_with_its_line(wb: Workbench):
    with pytest.raises(UsageError, match=r"no column 'byer' .did you mean 'buyer'"):
        teach(wb, "relations: {byer: people.number}\n").pipeline("orders")


def test_the_glossary_is_read_and_said(wb: Workbench):
    (wb.root / "glossary.yml").write_text("big deals: orders with an amount over 4\n", encoding="utf-8")
    answer = wb.ask("how many big deals by region")
    assert [tuple(row.values()) for row in answer.rows] == [("East", 1), ("West", 1)]
    assert "glossary.yml" in answer.assumptions[0]


def test_a_thumb_becomes_a_verified_question_which_is_answered_word_by_word_only(wb: Workbench):
    thumb = wb.thumb(wb.ask("total amount of orders in West"), good=True, reason="as in the books", who="ada")
    wb.verify(thumb.id, "bo")
    answer = wb.ask("Total amount of orders in West?")
    assert answer.answerer == "verified"
    assert answer.rows == [{"sum_amount": 11}]
    assert "verified by bo" in answer.assumptions[0]
    assert wb.ask("total amount of orders in East").answerer == "offline"
    with pytest.raises(UsageError, match="verified already"):
        wb.verify(thumb.id)


def test_a_wrong_file_of_verified_questions_says_what_is_wrong(wb: Workbench):
    (wb.root / "questions").mkdir(exist_ok=True)
    (wb.root / "questions" / "verified.yml").write_text("- ask: x\n  sql: SELECT 1\n", encoding="utf-8")
    with pytest.raises(UsageError, match="author"):
        wb.ask("x")


def test_what_add_drafts_holds_when_it_is_taken(tmp_path: Path):
    made = opened(tmp_path / "workbench")
    (made.root / "sales.csv").write_text(
        "sale_id,region,amount,sold,shipped\n1,West,10.50,2026-01-02,2026-01-09\n2,East,5.25,2026-01-03,2026-01-04\n",
        encoding="utf-8",
    )
    made.add("sales", "sales.csv")
    path = made.root / "pipelines" / "sales.yml"
    drafted = path.read_text(encoding="utf-8")
    assert "# metrics: {total_amount: sum(amount)}" in drafted
    assert "# time: sold" in drafted
    path.write_text(drafted.replace("# metrics:", "metrics:").replace("# time:", "time:"), encoding="utf-8")
    taught = boathouse.open(made.root)
    taught.run("sales")
    assert rows(taught, "total amount by region") == [("West", Decimal("10.50")), ("East", Decimal("5.25"))]


def test_a_metric_of_what_was_done_is_known_by_what_it_counts(wb: Workbench):
    taught = teach(wb, "metrics: {tickets_sold: sum(amount)}\n")
    assert rows(taught, "how many tickets did we sell in the West?") == [(11,)]
    assert rows(taught, "tickets by region") == [("West", 11), ("East", 5)]
    assert taught.ask("how many tickets does a person buy on average?").status != "answered"
