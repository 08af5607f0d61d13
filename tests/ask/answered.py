"""What an answered question must hold, whichever words it was asked in."""

from __future__ import annotations

from boathouse.workbench import Workbench


def same_rows(wb: Workbench, question: str, sql: str) -> None:
    """The question is answered with the rows of this SQL, in any order, and its receipt holds."""
    answer = wb.ask(question)
    assert answer.status == "answered", answer.text
    found = [[*row.values()] for row in answer.rows]
    assert sorted(map(str, found)) == sorted(str([*row.values()]) for row in wb.sql(sql).rows()), answer.sql
    assert answer.receipt
    assert wb.replay(answer.receipt).same
