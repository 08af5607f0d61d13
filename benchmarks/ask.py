"""Asking, beside running the very query that it comes to: what reading, planning and answering add."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path
from unittest.mock import patch

from benchmarks.queries import lake
from boathouse.ask.model import Messages, Model
from tests.ask.models import scripted

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


SQL = "SELECT l_returnflag, sum(l_extendedprice) AS revenue FROM lineitem GROUP BY 1 ORDER BY 1"
PYTHON = f"""df = execute_sql_query("{SQL}")
df["share"] = df["revenue"].astype(float) / float(df["revenue"].sum())
result = {{"type": "dataframe", "value": df}}"""


def model(data: Path, rounds: int = 9) -> str:
    """What asking with a model adds to its query and to the model's own time, warm: the guard, the jail, PandasAI, the receipt."""
    wb = lake(data)
    replies = {"sql": json.dumps({"sql": SQL}), "pandasai": PYTHON}
    lines = ["### Asking with a model, over TPC-H at scale 1", "", "| answerer | asked, ms | the model, ms | its query alone, ms | more, ms | first, ms |", "|---|---:|---:|---:|---:|---:|"]  # fmt: skip
    complete, spent = Model.complete, [0.0]

    def timed(self: Model, messages: Messages) -> str:
        began = time.perf_counter()
        try:
            return complete(self, messages)
        finally:
            spent[0] += time.perf_counter() - began

    with patch.object(Model, "complete", timed):
        for answerer, reply in replies.items():
            with scripted(reply) as server:
                wb.config.ask = wb.config.ask.model_copy(update={"model": "openai/scripted", "url": server.url})
                asked, said, alone = [], [], []
                for _ in range(rounds + 1):
                    spent[0], began = 0.0, time.perf_counter()
                    answer = wb.ask("revenue by return flag", answerer=answerer)
                    asked.append(time.perf_counter() - began)
                    said.append(spent[0])
                    assert answer.receipt, answer.text
                    began = time.perf_counter()
                    assert wb.sql(SQL).receipt
                    alone.append(time.perf_counter() - began)
                first = asked[0] - said[0]
                whole, its, base = (statistics.median(times[1:]) * 1e3 for times in (asked, said, alone))
                lines.append(
                    f"| {answerer} | {whole:.1f} | {its:.1f} | {base:.1f} | {whole - its - base:.1f} | {first * 1e3:.0f} |"
                )
    return "\n".join([*lines, ""])
