"""What the command line prints: tables by rich, runs as they go."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from boathouse.config import SavedQuery
from boathouse.lake.keys import Key
from boathouse.lake.records import COUNTS, RunRecord
from boathouse.progress import Event
from boathouse.query.result import Result

if TYPE_CHECKING:
    from boathouse.ask.answer import Answer
    from boathouse.ask.evaluate import Evaluation
    from boathouse.ask.feedback import Thumb

_ROWS = 100
_STYLE = {"published": "green", "unchanged": "dim", "checked": "cyan", "rejected": "yellow", "failed": "red"}


class LiveRuns:
    """A line for each pipeline with the step that it is at, on stderr; plain lines where that is no terminal."""

    def __init__(self, enabled: bool):
        self._console = Console(stderr=True)
        self._lines: dict[str, Event] = {}
        self._lock = threading.Lock()
        self._live = (
            Live(Text("starting …", "dim"), console=self._console, refresh_per_second=8, transient=True) if enabled else None
        )

    def __enter__(self) -> LiveRuns:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def __call__(self, pipeline: str, event: Event) -> None:
        with self._lock:
            self._lines[pipeline] = event
            if self._live:
                self._live.update(self._picture())
            elif event.state != "running":
                self._console.print(Text(f"{pipeline}: {event}"), highlight=False, soft_wrap=True)

    def _picture(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for pipeline, event in self._lines.items():
            share = event.share or 0.0
            bar = "━" * round(20 * share) + "─" * (20 - round(20 * share)) if event.share is not None else ""
            table.add_row(Text(pipeline, "bold"), event.step, Text(event.item, "dim"), bar, event.note)
        return table


def show_run(record: RunRecord) -> None:
    console = Console(highlight=False, soft_wrap=True)
    counts = ", ".join(f"{name.removeprefix('rows_')} {record.total(name):,}" for name in COUNTS if record.total(name))
    version = f" · version {record.table_version}" if record.table_version is not None else ""
    line = Text(f"{record.pipeline}: ").append(record.status, _STYLE[record.status])
    console.print(line.append(f" · {counts}" if counts else "").append(f"{version} · {record.seconds:.1f} s"))
    for batch in record.batches:
        if batch.error:
            console.print(Text(f"  {batch.item}: {batch.error}"))
    if record.error and not any(batch.error for batch in record.batches):
        console.print(Text(f"  {record.error}"))
    if record.total("rows_quarantined") and record.status == "published":
        console.print(Text(f"  why: boathouse quarantine {record.pipeline}", "dim"))
    if record.notebook and record.status in ("failed", "rejected"):
        console.print(Text(f"  its notebook: {record.notebook} in the lake", "dim"))


def show_table(result: Result) -> None:
    """The first rows as a table, and a word where there are more."""
    rows: list[list[Any]] = []
    count = 0
    for batch in result.batches(proven=True):
        shown = batch.slice(0, max(0, _ROWS - count))
        rows += map(list, zip(*(column.to_pylist() for column in shown.columns), strict=True))
        count += batch.num_rows
    _table(result.schema.names, rows)
    more = f", the first {_ROWS} shown (--format csv gives all)" if count > _ROWS else ""
    note = Console(stderr=True, soft_wrap=True, highlight=False)
    note.print(Text(f"{count:,} row{'s' if count != 1 else ''}{more}\n{result.receipt}", "dim"))


class Steps:
    """What is being done, on stderr while it lasts; nothing where that is no terminal."""

    def __init__(self) -> None:
        self._status = Console(stderr=True).status("", spinner="dots")

    def __enter__(self) -> Steps:
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def __call__(self, text: str) -> None:
        self._status.update(Text(f"{text} …", "dim"))


def show_answer(answer: Answer) -> None:
    """The answer in words, its rows, and on stderr what was taken for granted and the proof."""
    console, note = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text(answer.text, "bold" if answer else "yellow"))
    for number, option in enumerate(answer.options, 1):
        console.print(Text(f"  {number}. {option}"))
    if len(answer.rows) > 1 or len(answer.columns) > 1:
        rows = [list(row.values()) for row in answer.rows[:_ROWS]]
        _table(*_with_bars(answer, rows))
        if answer.receipt and (more := answer.receipt.rows - len(rows)) > 0:
            gives = "" if answer.made_by_python else ": `boathouse sql` with the query below gives all"
            note.print(Text(f"{more:,} more rows{gives}", "dim"))
    for assumption in answer.assumptions:
        note.print(Text(f"· {assumption}", "dim"))
    for code in (answer.sql, answer.python):
        if code:
            note.print(Text(code, "dim cyan"))
    if answer.receipt:
        note.print(Text(str(answer.receipt), "dim"))


def show_thumbs(thumbs: list[Thumb]) -> None:
    if not thumbs:
        Console().print("nobody has said anything about an answer yet")
    _table(["id", "at", "who", "", "question", "answer", "reason"],
           [[t.id, t.at[:16], t.who, "good" if t.good else "bad", t.question, t.answer, t.reason] for t in thumbs])  # fmt: skip


def _with_bars(answer: Answer, rows: list[list[Any]]) -> tuple[list[str], list[list[Any]]]:
    """The rows with a bar for each figure, where its chart is one of bars."""
    if not answer.chart or answer.chart["mark"]["type"] != "bar" or "color" in answer.chart["encoding"]:
        return answer.columns, rows
    axes = (answer.chart["encoding"][name] for name in ("x", "y"))
    figure = next((axis["field"] for axis in axes if axis["type"] == "quantitative"), None)
    if figure is None:
        return answer.columns, rows
    place = answer.columns.index(figure)
    most = max((abs(row[place] or 0) for row in rows), default=0) or 1
    return [*answer.columns, ""], [[*row, "█" * round(30 * float(abs(row[place] or 0) / most))] for row in rows]


def show_evaluation(evaluation: Evaluation) -> None:
    """The score, and the cases to look at."""
    console = Console(highlight=False, soft_wrap=True)
    styles = {"wrong": "red", "failed": "red", "refused": "yellow", "asked": "yellow"}
    for case in evaluation.cases:
        if case["outcome"] in styles:
            line = Text(f"{case['outcome']:8}", styles[case["outcome"]]).append(case["ask"], "default")
            console.print(line)
            console.print(
                Text(
                    f"        {case['answer']}\n        expected: {' '.join(case['expected'].split()) if case['expected'] else 'rows'}",
                    "dim",
                )
            )
            if case["outcome"] == "wrong" and case["sql"]:
                console.print(Text(f"        ran:      {' '.join(case['sql'].split())}", "dim"))
    found = evaluation.to_json()
    counts = ", ".join(f"{found[outcome]} {outcome}" for outcome in ("right", "wrong", "refused", "asked", "failed"))
    shares = [
        (found["share_answered"], "of those with an answer were answered"),
        (found["share_right"], "of the answered are right"),
    ]
    console.print(f"{len(evaluation.cases)} questions: {counts}")
    console.print("; ".join(f"{share:.0%} {words}" for share, words in shares if share is not None))


def show_catalog(datasets: list[dict[str, Any]], one: bool) -> None:
    if not datasets:
        Console().print("no dataset has been published yet: boathouse run NAME")
        return
    if not one:
        keys = ("name", "rows", "version", "updated_at", "verdict", "description")
        _table(
            list(keys), [[_minute(dataset[key]) if key == "updated_at" else dataset[key] for key in keys] for dataset in datasets]
        )
        return
    for dataset in datasets:
        for key in ("name", "description", "rows", "version", "updated_at", "verdict"):
            Console(soft_wrap=True, highlight=False).print(Text(f"{key:12} {_text(dataset[key])}"))
        _table(["column", "type", "description"], [[c["name"], c["type"], c["description"]] for c in dataset["columns"]])


def show_queries(queries: list[SavedQuery]) -> None:
    if not queries:
        Console().print("there is no saved query: write queries/NAME.sql")
        return
    parameters = [
        ", ".join(f"{name}{'' if p.required else '=' + str(p.default)}" for name, p in q.parameters.items()) for q in queries
    ]
    _table(["name", "parameters", "title"], [[q.name, p, q.title] for q, p in zip(queries, parameters, strict=True)])


def show_runs(found: list[dict[str, Any]]) -> None:
    keys = ("pipeline", "status", "rows_read", "rows_published", "rows_quarantined", "rows_rejected", "seconds", "error")
    names = ["started at", *(key.removeprefix("rows_") for key in keys)]
    _table(names, [[_minute(run["started_at"]), *(run[key] for key in keys)] for run in found[:_ROWS]])


def show_quarantine(rows: list[dict[str, Any]]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for row in rows[:_ROWS]:
        place = f"line {row['line']}" if row["line"] else f"row {row['row_number']}"
        console.print(Text(f"{row['item']} {place}: ", "bold").append("; ".join(row["reasons"]), "not bold yellow"))
        console.print(Text(f"  {_shown(row['row'])}", "dim"))
    more = f", the first {_ROWS} shown (--json gives all)" if len(rows) > _ROWS else ""
    Console(stderr=True).print(Text(f"{len(rows):,} row{'s' if len(rows) != 1 else ''} in quarantine{more}", "dim"))


def show_keys(found: list[Key]) -> None:
    now = datetime.now(UTC)
    rows = []
    for key in found:
        ended = key.revoked_at or (key.expires_at if key.expires_at and key.expires_at <= now else None)
        state = "open" if not ended else "revoked" if key.revoked_at else "expired"
        until = key.expires_at.isoformat() if key.expires_at else ""
        rows.append(
            [key.id, key.name, ", ".join(key.roles), ", ".join(key.datasets), _minute(key.created_at), _minute(until), state]
        )
    _table(["id", "name", "roles", "only datasets", "created", "expires", ""], rows)


def show_audit(found: list[dict[str, Any]]) -> None:
    keys = ("caller", "method", "path", "status", "seconds")
    _table(["at", *keys], [[_minute(event["at"]), *(event[key] for key in keys)] for event in found])


def _minute(moment: Any) -> str:
    return str(moment or "")[:16].replace("T", " ")


def _shown(row: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in row.items() if value is not None)


def _table(names: list[str], rows: list[list[Any]]) -> None:
    console = Console()
    if not console.is_terminal:  # what reads a pipe does not want its lines broken
        console = Console(width=10_000)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for n, name in enumerate(names):
        numeric = rows and all(isinstance(row[n], int | float | Decimal) for row in rows if row[n] is not None)
        table.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_text(cell)) for cell in row))
    console.print(table)


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) > 99_999 else str(cell)
