"""A new source, step by step: a file or an address, what was assumed of it, what must hold, and its first run."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from boathouse.draft import Draft
from boathouse.errors import BoathouseError
from boathouse.names import normal
from boathouse.secrets import scrub
from boathouse.widgets import markup
from boathouse.widgets.running import Running

if TYPE_CHECKING:
    from boathouse.workbench import Workbench

_TYPES = ("VARCHAR", "BIGINT", "DECIMAL(18,2)", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP")
_OUT = "(leave out)"
_MODES = {"as the source suggests": "", "add each batch": "append", "replace everything": "replace", "update by key": "upsert"}
_WIDE, _SHORT = widgets.Layout(width="420px"), widgets.Layout(width="auto", align_self="flex-start")


class Wizard(widgets.VBox):
    """From a file to a dataset without code. What it writes are the files that `boathouse add` writes."""

    def __init__(self, wb: Workbench):
        wb.viewer.must_see_all()
        self.wb = wb
        self.draft: Draft | None = None
        self.options: dict[str, Any] = {}
        self.fixed: dict[str, str] = {}  # types that were corrected, by column
        self.upload = widgets.FileUpload(description="Upload a file", multiple=False, layout=_SHORT)
        self.upload.observe(lambda _: self._uploaded(), "value")
        self.location = _text("Location", placeholder="or a path, a glob, or the URL of a database or a bucket")
        self.name = _text("Name", placeholder="what the dataset is to be called")
        self.table = _text("Table", placeholder="of a database; else leave it empty")
        self.look = _button("Look at it", lambda: self._work(self._look))
        self.said = widgets.HTML()
        self.assumed, self.suite, self.run = widgets.VBox(), widgets.VBox(), widgets.VBox()
        first = [widgets.HTML(f"{markup.STYLE}<h1>A new source</h1><h2>1. Where is it?</h2>"), self.upload, self.location, self.table,
                 self.name, self.look, self.said]  # fmt: skip
        super().__init__([*first, self.assumed, self.suite, self.run])
        self.add_class("bh-view")

    # 1. where it is

    def _uploaded(self) -> None:
        for file in self.upload.value:
            try:
                self.location.value = self.wb.take(file["name"], bytes(file["content"]))
                self.name.value = self.name.value or normal(PurePath(file["name"]).name.partition(".")[0])
                self.said.value = markup.note(f"kept as {self.location.value}")
            except BoathouseError as error:
                self.said.value = markup.wrong(error.render())

    def _work(self, step: Callable[[], None]) -> None:
        """A step in a thread of its own; what goes wrong is told, and nothing that was typed is lost."""
        self.said.value = '<div role="status">looking …</div>'

        def working() -> None:
            try:
                step()
                self.said.value = ""
            except BoathouseError as error:
                self.said.value = markup.wrong(scrub(error.render()))
            except Exception as error:  # whatever it is, whoever waits is told
                self.said.value = markup.wrong(f"something went wrong here: {type(error).__name__}")

        threading.Thread(target=working, daemon=True).start()

    def _look(self) -> None:
        location, name = self.location.value.strip(), self.name.value.strip()
        name = self.name.value = name or normal(PurePath(location).name.partition(".")[0])
        options = self.options | ({"table": self.table.value.strip()} if self.table.value.strip() else {})
        self.draft = self.wb.draft(name, location, options, types=self.fixed)
        self._show_assumed(self.draft)
        self._show_suite(self.draft)

    # 2. what was assumed

    def _show_assumed(self, draft: Draft) -> None:
        self.types = {name: widgets.Dropdown(options=list(dict.fromkeys([kind, *_TYPES, _OUT])), value=kind, description=name,
                                             style={"description_width": "160px"}, layout=widgets.Layout(width="340px"))
                      for name, kind in draft.types.items()}  # fmt: skip
        lines = [
            widgets.HBox([chosen, widgets.HTML(markup.note("; ".join(draft.notes[name])))]) for name, chosen in self.types.items()
        ]
        self.fields = {
            name: _text(name, value=str(value)) for name, value in draft.options.items() if isinstance(value, str | int | bool)
        }
        self.key = _text("key", value=", ".join(draft.key), placeholder="the columns that name a row, with commas; or none")
        self.mode = widgets.Dropdown(options=_MODES, description="each batch", style={"description_width": "160px"}, layout=_WIDE)
        self.mode.value = self.options.get("mode", "")
        told = "".join(f'<div class="bh-warn">{html.escape(warning)}</div>' for warning in draft.warnings)
        rows = markup.table(list(draft.types), [list(row.values()) for row in draft.sample], "the first rows")
        more = widgets.Accordion([widgets.VBox(list(self.fields.values()))], titles=("How it is read",))
        again = _button("Look again", lambda: self._work(self._again))
        self.assumed.children = (
            widgets.HTML(f"<h2>2. What was assumed of {draft.rows:,} rows</h2>{told}"), *lines, self.key, self.mode, more, again,
            widgets.HTML(f"<h2>So its first rows are</h2>{rows}"),
        )  # fmt: skip

    def _again(self) -> None:
        """Looks with what was corrected."""
        draft = self.draft
        assert draft is not None
        changed = {name: field.value for name, field in self.fields.items() if field.value != str(draft.options[name])}
        out = [draft.came[name] for name, chosen in self.types.items() if chosen.value == _OUT]
        own = {
            "key": self.key.value.strip(),
            "mode": self.mode.value,
            "drop": ",".join([*self.options.get("drop", "").split(","), *out]).strip(","),
        }
        self.options = {key: value for key, value in {**self.options, **changed, **own}.items() if value}
        self.fixed |= {name: chosen.value for name, chosen in self.types.items() if chosen.value not in (_OUT, draft.types[name])}
        self._look()

    # 3. what must hold

    def _show_suite(self, draft: Draft) -> None:
        self.checks = [
            (widgets.Checkbox(True, description=draft.words(check), indent=False, layout=widgets.Layout(width="520px")),
             widgets.Dropdown(options=("critical", "warning"), value=check["severity"], description="is",
                              style={"description_width": "initial"}, layout=widgets.Layout(width="140px")), check)
            for check in draft.checks
        ]  # fmt: skip
        go = _button("Add and run it", lambda: self._work(self._go))
        go.button_style = "primary"
        head = "<h2>3. What must hold</h2>" + markup.note("a row against a critical one is kept out; a warning is only counted")
        self.suite.children = (widgets.HTML(head), *(widgets.HBox([tick, severity]) for tick, severity, _ in self.checks), go)

    # 4. its first run

    def _go(self) -> None:
        if self._corrected():
            self._again()
        draft = self.draft
        assert draft is not None
        draft.checks = [{**check, "severity": severity.value} for tick, severity, check in self.checks if tick.value]
        self.wb.keep(draft)
        running = Running(self.wb, draft.name, ended=lambda _: self._ended(draft.name))
        self.run.children = (widgets.HTML("<h2>4. Its first run</h2>"), running)

    def _corrected(self) -> bool:
        """Whether something was corrected that has not been looked at."""
        draft = self.draft
        assert draft is not None
        fields = any(field.value != str(draft.options[name]) for name, field in self.fields.items())
        types = any(chosen.value != draft.types[name] for name, chosen in self.types.items())
        return (
            fields or types or self.key.value.strip() != ", ".join(draft.key) or self.mode.value != self.options.get("mode", "")
        )

    def _ended(self, name: str) -> None:
        if name not in self.wb.datasets():
            return
        shown = widgets.VBox()

        def show(make: Callable[[], widgets.Widget]) -> Callable[[], None]:
            return lambda: setattr(shown, "children", (make(),))

        look = _button("Look at it", show(self.wb[name].show))
        ask = _button("Ask about it", show(self.wb.chat))
        page = _button("Make a dashboard of it", lambda: self._dashboard(name, shown))
        told = f'<div role="status" class="bh-good">{html.escape(name)} is in the lake</div>'
        self.run.children = (*self.run.children, widgets.HTML(told), widgets.HBox([look, ask, page]), shown)

    def _dashboard(self, name: str, shown: widgets.VBox) -> None:
        try:
            path = self.wb.add_dashboard(name, name)
            told = (
                f'<a href="/dashboards/{html.escape(name)}">dashboards/{html.escape(path.name)}</a>, as `boathouse up` serves it'
            )
        except BoathouseError as error:
            told = markup.wrong(error.render())
        shown.children = (widgets.HTML(told),)


def _text(words: str, **options: Any) -> widgets.Text:
    return widgets.Text(description=words, style={"description_width": "160px"}, layout=widgets.Layout(width="560px"), **options)


def _button(words: str, pressed: Callable[[], None]) -> widgets.Button:
    made = widgets.Button(description=words, layout=_SHORT)
    made.on_click(lambda _: pressed())
    return made
