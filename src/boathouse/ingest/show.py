"""What a step has to show in a notebook: previews, counts, a picture of the verdict. Plain HTML, no library."""

from __future__ import annotations

import html
from typing import Any

from boathouse.engine import Engine, literal
from boathouse.errors import first_line
from boathouse.ingest.batch import INTERNAL, Batch
from boathouse.lake.records import COUNTS, RunRecord
from boathouse.progress import RESULT_MIME

_SHOWN = 5
_COLOURS = {"published": "#3b7", "quarantined": "#e90", "deduplicated": "#79c", "rejected": "#c44"}


class Shown:
    """Something to see at a cell's end."""

    def __init__(self, text: str, page: str, result: dict[str, Any] | None = None):
        self.text, self.page, self.result = text, page, result

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": self.text, "text/html": self.page}
        return bundle | ({RESULT_MIME: self.result} if self.result else {})


def show_batches(record: RunRecord, batches: list[Batch], waiting: int = 0, final: bool = False) -> Shown:
    """A line a batch: its status and where its rows went."""
    shown = [batch.record for batch in batches]
    lines = [f"{r.item}: {r.status}" + (f" · {_counts(r)}" if r.rows_read else "") + (f"\n  {r.error}" if r.error else "")
             for r in shown]  # fmt: skip
    if waiting:
        lines.append(f"{waiting} more wait for the next run: a batch before them failed")
    rows = "".join(f"<tr><td>{_e(r.item)}</td><td>{_e(r.status)}</td><td>{_bar(r)}</td><td>{_e(_counts(r))}</td>"
                   f"<td>{_e(r.error or '')}</td></tr>" for r in shown)  # fmt: skip
    head = f"<b>{_e(record.pipeline)}</b> {_e(record.status) if final else ''}"
    page = f"{head}<table><tr><th>item<th>status<th>rows<th><th></tr>{rows}</table>"
    return Shown("\n".join(lines) or "no items", page, record.to_json() if final else None)


def show_typed(batches: list[Batch], engine: Engine) -> Shown:
    """The first rows of the first batch under the pipeline's types; nothing else has been read yet."""
    batch = next((b for b in batches if b.alive and b.typed), None)
    if batch is None:
        return Shown("nothing to stage", "<i>nothing to stage</i>")
    return _preview(f"{batch.name} under the pipeline's types", str(batch.typed), engine)


def show_staged(batches: list[Batch], engine: Engine) -> Shown:
    batch = next((b for b in batches if b.alive and b.staged), None)
    if batch is None or batch.staged is None:
        return Shown("nothing was staged", "<i>nothing was staged</i>")
    read = sum(b.record.rows_read for b in batches if b.alive)
    unread = sum(b.rejected_lines + b.lost_rows for b in batches if b.alive)
    title = f"{read:,} rows read, {unread:,} of them could not be; {batch.name} as staged"
    return _preview(title, f"SELECT * FROM read_parquet({literal(str(batch.staged.path))})", engine)


def show_verdicts(batches: list[Batch]) -> Shown:
    """Each expectation with the share of rows that violate it."""
    text, page = [], []
    for batch in batches:
        if batch.verdict is None:
            continue
        record = batch.record
        text.append(f"{record.item}: {record.verdict}" + (f"\n  {record.error}" if record.error else ""))
        page.append(f"<h4>{_e(record.item)}: {_e(record.verdict or '')}</h4><p>{_e(record.error or '')}</p><table>")
        for finding in batch.verdict.findings:
            mark = "✓" if finding.success else "✗"
            text.append(
                f"  {mark} {finding.severity:8} {finding.about}"
                + (f" · {finding.unexpected:,} rows" if finding.unexpected else "")
            )
            width, colour = max(1.0, min(100.0, finding.percent)), "#3b7" if finding.success else "#c44"
            bar = f'<div style="width:{width:.0f}px;height:.8em;background:{colour}"></div>'
            page.append(f"<tr><td>{mark}</td><td>{_e(finding.severity)}</td><td>{_e(finding.about)}</td>"
                        f"<td>{bar}</td><td>{finding.unexpected:,} rows ({finding.percent:.2f}%)</td></tr>")  # fmt: skip
        page.append("</table>")
    return Shown("\n".join(text) or "nothing to validate", "".join(page) or "<i>nothing to validate</i>")


def _preview(title: str, select: str, engine: Engine) -> Shown:
    try:
        table = engine.reader(f"SELECT * FROM ({select}) LIMIT {_SHOWN}").read_all()
    except Exception as error:  # the next step reads all of it, and says for each batch what is wrong
        return Shown(f"{title}: {first_line(error)}", f"<p>{_e(title)}: {_e(first_line(error))}</p>")
    names = [name for name in table.column_names if name not in INTERNAL and not name.startswith("_")]
    table = table.select(names)
    text = "\n".join(["\t".join(names), *("\t".join(map(_cell, row.values())) for row in table.to_pylist())])
    head = "".join(f"<th>{_e(name)}<br><small>{_e(str(table.schema.field(name).type))}</small></th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{_e(_cell(v))}</td>" for v in row.values()) + "</tr>" for row in table.to_pylist())
    return Shown(f"{title}\n{text}", f"<p>{_e(title)}</p><table><tr>{head}</tr>{body}</table>")


def _counts(record: Any) -> str:
    parts = [f"{name.removeprefix('rows_')} {getattr(record, name):,}" for name in COUNTS if getattr(record, name)]
    return ", ".join(parts)


def _bar(record: Any) -> str:
    """One bar, as wide as the batch, parted by what became of its rows."""
    whole = record.rows_read or 1
    return '<div style="display:flex;width:12em;height:.8em">' + "".join(
        f'<div title="{name}" style="background:{colour};width:{100 * getattr(record, f"rows_{name}") / whole:.1f}%"></div>'
        for name, colour in _COLOURS.items()
    ) + "</div>"  # fmt: skip


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 80 else text[:80] + "…"


def _e(text: str) -> str:
    return html.escape(text)
