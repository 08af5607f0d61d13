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
from boathouse.widgets.seen import Seen

if TYPE_CHECKING:
    from boathouse.workbench import Workbench

_LINES, _EACH = 12, 0.5  # the latest steps that are shown; seconds between two paintings
_COUNTS = ("rows_read", "rows_published", "rows_quarantined", "rows_deduplicated", "rows_rejected")


class Running(widgets.VBox):
    """Runs pipelines by their names, all of them where none is named; `ended` is told the records when it is over."""

    def __init__(
        self, wb: Workbench, *names: str, again: bool = False, check: bool = False,
        ended: Callable[[list[dict[str, Any]]], None] | None = None,
    ):  # fmt: skip
        wb.viewer.must_see_all()
        self._ended, self._over = ended, threading.Event()
        self._steps: dict[tuple[str, str, str], tuple[Event, float]] = {}  # each with when it was told
        self.process = RunProcess(wb.root, names, environment=wb.environment, again=again, check=check)
        self.stop = widgets.Button(description="Stop", tooltip="Stop this run", layout=widgets.Layout(width="auto"))
        self.stop.on_click(lambda _: self._stop())
        self.bar = widgets.FloatProgress(0.0, min=0, max=1, description="running", layout=widgets.Layout(width="60%"))
        self.steps, self.outcome = widgets.HTML(), widgets.HTML()
        seen = Seen()
        seen.on_seen(lambda _: self._again())
        super().__init__([widgets.HTML(markup.STYLE), widgets.HBox([self.bar, self.stop]), self.steps, self.outcome, seen])
        self.add_class("bh-view")
        self.working = threading.Thread(target=self._follow, daemon=True)
        self.working.start()

    def _stop(self) -> None:
        self.stop.disabled, self.bar.description = True, "stopping"
        self.process.stop()

    def _again(self) -> None:
        """Tells the browser how it stands: what changed before it listened has not reached it."""
        for one in (self.bar, self.bar.layout, self.stop, self.stop.layout, self.steps, self.outcome):
            one.send_state()

    def _follow(self) -> None:
        painting = threading.Thread(target=self._tick, daemon=True)
        painting.start()
        for name, event in self.process.events():
            self._steps[name, event.step, event.item] = event, time.monotonic()
        self._over.set()
        painting.join()
        self._paint()
        self.stop.layout.display = self.bar.layout.display = "none"
        self.outcome.value = _outcome(self.process.records, self.process.error)
        if self._ended:
            self._ended(self.process.records)

    def _tick(self) -> None:
        """Paints by the clock: a long step tells nothing for minutes, and is to be seen at work."""
        while not self._over.wait(_EACH):
            self._paint()

    def _paint(self) -> None:
        now, told = time.monotonic(), list(self._steps.items())
        latest = sorted(told, key=lambda one: one[1][1])[-_LINES:]
        rows = [[name, step, item, _bar(event), *_state(event, now - at, self._over.is_set()), event.note]
                for (name, step, item), (event, at) in latest]  # fmt: skip
        self.steps.value = markup.table(("pipeline", "step", "item", "progress", "is", "for", ""), rows, "steps")
        shares = [1.0 if event.state != "running" else event.share or 0.0 for _, (event, _) in told]
        self.bar.value = sum(shares) / max(1, len(shares))


def _state(event: Event, since: float, over: bool) -> tuple[str, str]:
    """The state as a word, and its seconds: those of a step at work go on."""
    if event.state != "running":
        return event.state, f"{event.seconds:.1f} s"
    return ("ended", "") if over else ("running", f"{event.seconds + since:.1f} s")


def _bar(event: Event) -> Raw:
    """A step's bar; one whose share cannot be known only moves."""
    share = None if event.state == "running" and event.share is None else event.share or 0
    value = "" if share is None else f' value="{share:.3f}"'
    return Raw(f'<progress max="1"{value} aria-label="{html.escape(f"{event.step} {event.item}")}"></progress>')


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
