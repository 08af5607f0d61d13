"""Asking, beside running the very query that it comes to: what reading, planning and answering add."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from benchmarks.queries import lake

QUESTIONS = [
    "How many orders are there?",
    "How many customers have never ordered?",
    "average extendedprice of lineitem by returnflag",
    "number of customers by nation",
    "How many orders were there in 1995?",
]


def ask(data: Path, rounds: int = 9) -> str:
    """Medians, warm, over TPC-H at scale 1; and what the first question takes, which looks at all there is."""
    wb = lake(data)
    began = time.perf_counter()
    wb.ask(QUESTIONS[0])
    first = time.perf_counter() - began
    lines = ["### Asking, over TPC-H at scale 1", "", "| question | status | asked, ms | its query alone, ms | more, ms |", "|---|---|---:|---:|---:|"]  # fmt: skip
    for question in QUESTIONS:
        asked, alone = [], []
        for _ in range(rounds):
            began = time.perf_counter()
            answer = wb.ask(question)
            asked.append(time.perf_counter() - began)
            began = time.perf_counter()
            if answer.sql:
                result = wb.sql(answer.sql)
                result.arrow()
                assert result.receipt
            alone.append(time.perf_counter() - began)
        mine, base = statistics.median(asked) * 1e3, statistics.median(alone) * 1e3
        lines.append(f"| {question} | {answer.status} | {mine:.1f} | {base:.1f} | {mine - base:.1f} |")
    return "\n".join([*lines, "", f"The first question, which reads what there is to know: {first:.1f} s", ""])
