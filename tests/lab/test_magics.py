"""`%%sql` and `%ask` in a notebook, as IPython runs them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from boathouse.workbench import Workbench
from tests.query.lakes import opened, publish

SETTINGS = '[roles.west]\ndatasets = ["orders"]\nrows = { orders = "region = \'West\'" }\n'


@pytest.fixture
def wb(tmp_path: Path) -> Workbench:
    made = opened(tmp_path / "workbench", SETTINGS)
    publish(made, "orders", "order_id: BIGINT, region: VARCHAR, amount: BIGINT", "1,West,10\n2,East,5\n3,West,1\n")
    return made


@pytest.fixture
def shell(wb: Workbench, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    monkeypatch.chdir(wb.root)
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    made.run_line_magic("load_ext", "boathouse.lab")
    yield made
    InteractiveShell.clear_instance()


def run(shell: InteractiveShell, cell: str) -> Any:
    done = shell.run_cell(cell)
    done.raise_error()
    return done.result


def completed(shell: InteractiveShell, text: str, at: str) -> list[str]:
    with provisionalcompleter():
        return [one.text for one in shell.Completer.completions(text, text.index(at) + len(at))]


def test_a_line_is_a_result(shell: InteractiveShell):
    run(shell, "rows = %sql SELECT count(*) AS n FROM orders")
    assert shell.user_ns["rows"].rows() == [{"n": 3}]


def test_a_cell_shows_a_table_with_its_receipt(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]):
    shown: list[Any] = []
    shell.display_pub.publish = lambda data, **_: shown.append(data)  # type: ignore[method-assign]
    run(shell, "%%sql --to rows\nSELECT region, sum(amount) AS s FROM orders GROUP BY region ORDER BY s DESC")
    [found] = shown
    assert "application/vnd.jupyter.widget-view+json" in found
    assert shell.user_ns["rows"].receipt.id[:8] in found["text/html"]
    assert shell.user_ns["rows"].rows()[0] == {"region": "West", "s": 11}


def test_of_many_rows_the_first_are_shown_and_all_are_proven(shell: InteractiveShell, wb: Workbench):
    many = "SELECT o.order_id + r.range AS n FROM orders o, range(10000) r ORDER BY n"
    shown: list[Any] = []
    shell.display_pub.publish = lambda data, **_: shown.append(data)  # type: ignore[method-assign]
    run(shell, f"%%sql\n{many}")
    assert "the first 10,000 of 30,000 rows" in shown[0]["text/html"]
    assert wb.sql(many).receipt.digest[:8] in shown[0]["text/html"]


def test_variables_are_bound_and_never_pasted(shell: InteractiveShell):
    run(shell, "where = \"West' OR 'a' = 'a\"")
    assert run(shell, "%sql SELECT count(*) AS n FROM orders WHERE region = $where").rows() == [{"n": 0}]
    with pytest.raises(Exception, match="no variable 'nowhere'"):
        run(shell, "%sql SELECT count(*) AS n FROM orders WHERE region = $nowhere")


def test_a_query_is_kept_with_its_parameters(shell: InteractiveShell, wb: Workbench):
    run(shell, "where, least = 'West', 2")
    cell = "SELECT sum(amount) AS s, '$least' AS t FROM orders WHERE region = $where AND amount > $least;"
    run(shell, f"%%sql --save sums\n{cell}")
    [kept] = wb.queries()
    assert {name: one.type for name, one in kept.parameters.items()} == {"where": "VARCHAR", "least": "BIGINT"}
    assert wb.query("sums", {"where": "East", "least": 0}).rows() == [{"s": 5, "t": "$least"}]
    with pytest.raises(Exception, match="there is a query 'sums'"):
        run(shell, "%%sql --save sums\nSELECT 1 AS one FROM orders")
    assert wb.query("sums", {"where": "East", "least": 0}).rows() == [{"s": 5, "t": "$least"}]
    run(shell, "%%sql --save sums --replace\n-- all: of them\nSELECT count(*) AS n FROM orders")
    assert wb.query("sums").rows() == [{"n": 3}]


@pytest.mark.parametrize("name", ["../out", "1st", "a b"])
def test_a_name_that_leads_elsewhere_is_refused(shell: InteractiveShell, wb: Workbench, name: str):
    with pytest.raises(Exception, match="cannot name a query"):
        run(shell, f"%%sql --save '{name}'\nSELECT 1 AS one FROM orders")
    assert not list(wb.root.rglob("*out.sql")) + list(wb.root.parent.glob("*.sql"))
    assert wb.queries() == []


def test_a_role_sees_its_rows(shell: InteractiveShell):
    run(shell, "%%sql --role west --to rows\nSELECT count(*) AS n FROM orders")
    assert shell.user_ns["rows"].rows() == [{"n": 2}]


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("%%sql\nSELECT nope FROM orders", "nope"),
        ("%%sql\nSELECT 'a FROM orders", "unterminated"),
        ("%%sql\nDELETE FROM orders", "SELECT"),
        ("%%sql --sve x\nSELECT 1 AS one", "--sve"),
        ("%%sql --save 'x\nSELECT 1 AS one", "options"),
        ("%sql SELECT nope FROM orders", "nope"),
        ("%%sql --to 1x\nSELECT 1 AS one", "cannot name a variable"),
        ("%%sql\nSELECT 'infinity'::DATE AS day", "no word for"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], cell: str, says: str
):
    assert not shell.run_cell(cell).success
    said = "".join(capsys.readouterr())
    assert says in said
    assert "Traceback" not in said


def test_a_question_ends_with_a_question_mark(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]):
    shell.run_cell("%ask how many orders are there in the West?")
    assert "count 2" in capsys.readouterr().out
    shell.run_cell("%%ask\nand in the East?")
    assert "count 1" in capsys.readouterr().out


def test_names_are_completed(shell: InteractiveShell):
    assert completed(shell, "%%sql\nSELECT reg FROM orders o", "SELECT reg") == ["region"]
    assert completed(shell, "%%sql\nSELECT o.am FROM orders o", "o.am") == ["o.amount"]
    assert completed(shell, "rows = %sql SELECT * FROM ord", "FROM ord") == ["orders"]
    assert "region" not in completed(shell, "reg", "reg")


def test_outside_a_workbench_it_says_how_to_make_one(
    shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    assert not shell.run_cell("%%sql\nSELECT 1 AS one").success
    assert "boathouse init" in "".join(capsys.readouterr())
