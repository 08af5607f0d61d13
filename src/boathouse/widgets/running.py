"""A run, as it goes on: its steps, a button that stops it, and what became of each batch."""

from __future__ import annotations

import html
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from boathouse.progress import Event
from boathouse.run.process import RunProcess
from boathouse.widgets import markup
from boathouse.widgets.markup import Raw

if TYPE_CHECKING:
    from boathouse.workbench import Workbench

_LINES, _EACH = 12, 0.2  # the latest steps that are shown; seconds between two paintings
_COUNTS = ("rows_read", "rows_published", "rows_quarantined", "rows_deduplicated", "rows_rejected")


class Running(widgets.VBox):
    """Runs pipelines by their names, all of them where none is named; `ended` is told the records when it is over."""

    def __init__(
        self, wb: Workbench, *names: str, again: bool = False, check: bool = False,
        ended: Callable[[list[dict[str, Any]]], None] | None = None,
    ):  # fmt: skip
        self._ended, self._steps = ended, dict[tuple[str, str, str], Event]()
        self._painted = 0.0
        self.process = RunProcess(wb.root, names, environment=wb.environment, again=again, check=check)
        self.stop = widgets.Button(description="Stop", tooltip="Stop this run", layout=widgets.Layout(width="auto"))
        self.stop.on_click(lambda _: self._stop())
        self.bar = widgets.FloatProgress(0.0, min=0, max=1, description="running", layout=widgets.Layout(width="60%"))
        self.steps, self.outcome = widgets.HTML(), widgets.HTML()
        super().__init__([widgets.HTML(markup.STYLE), widgets.HBox([self.bar, self.stop]), self.steps, self.outcome])
        self.add_class("bh-view")
        self.working = threading.Thread(target=self._follow, daemon=True)
        self.working.start()

    def _stop(self) -> None:
        self.stop.disabled, self.bar.description = True, "stopping"
        self.process.stop()

    def _follow(self) -> None:
        for name, event in self.process.events():
            self._steps.pop((name, event.step, event.item), None)
            self._steps[name, event.step, event.item] = event
            if time.monotonic() - self._painted > _EACH:
                self._paint()
        self._paint()
        self.stop.layout.display = self.bar.layout.display = "none"
        self.outcome.value = _outcome(self.process.records, self.process.error)
        if self._ended:
            self._ended(self.process.records)

    def _paint(self) -> None:
        self._painted = time.monotonic()
        latest = list(self._steps.items())[-_LINES:]
        rows = [[name, step, item, event.state, f"{event.seconds:.1f} s", event.note] for (name, step, item), event in latest]
        self.steps.value = markup.table(("pipeline", "step", "item", "is", "for", ""), rows, "steps")
        done = sum(event.state != "running" for event in self._steps.values())
        share = sum(event.share or 0 for event in self._steps.values() if event.state == "running")
        self.bar.value = (done + share) / max(1, len(self._steps))


def _outcome(records: list[dict[str, Any]], error: str | None) -> str:
    if error:
        return markup.wrong(error)
    rows, errors = [], []
    for record in records:
        rows.append([record["pipeline"], Raw(markup.verdict(record["status"])), *(record[count] for count in _COUNTS)])
        errors += [one["error"] for one in (record, *record["batches"]) if one["error"]]
    head = ("pipeline", "became", "read", "published", "quarantined", "deduplicated", "rejected")
    told = "".join(f"<pre>{html.escape(text)}</pre>" for text in dict.fromkeys(errors))
    return f'<div role="status">{markup.table(head, rows, "what became of it")}</div>{told}'
