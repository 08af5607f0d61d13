"""A new source, step by step: a file or an address, what was assumed of it, what must hold, and its first run."""

from __future__ import annotations

import hashlib
import html
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from boathouse import viewer
from boathouse.config.workbench import in_bytes
from boathouse.draft import Draft, without_password
from boathouse.draft.dates import FORMATS
from boathouse.errors import BoathouseError, UsageError
from boathouse.names import of_file
from boathouse.secrets import scrub
from boathouse.widgets import markup
from boathouse.widgets.rule import Rule
from boathouse.widgets.running import Running
from boathouse.widgets.upload import Upload

if TYPE_CHECKING:
    from boathouse.workbench import Workbench

_TYPES = ("VARCHAR", "BIGINT", "DECIMAL(18,2)", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP")
_HOME = '<div class="bh-note"><a href="/">all pages</a></div>'
_OUT, _FOUND = "(leave out)", "(as it is found)"
_MODES = {"as the source suggests": "", "add each batch": "append", "replace everything": "replace", "update by key": "upsert"}
_WIDE, _SHORT = widgets.Layout(width="420px"), widgets.Layout(width="auto", align_self="flex-start")


@dataclass
class Asked:
    """What is looked at, and what was corrected: a draft is made of it."""

    name: str
    location: str
    table: str
    options: dict[str, Any] = field(default_factory=dict)
    types: dict[str, str | dict[str, Any]] = field(default_factory=dict)  # by column
    out: dict[str, str] = field(default_factory=dict)  # columns that are left out: their names in the source

    def settings(self) -> dict[str, Any]:
        table = {"table": self.table} if self.table else {}
        return {**self.options, **table, **({"drop": list(self.out.values())} if self.out else {})}


class Wizard(widgets.VBox):
    """From a file to a dataset without code. What it writes are the files that `boathouse add` writes."""

    def __init__(self, wb: Workbench):
        wb.viewer.must_see_all()
        self.wb = wb
        self.asked = Asked("", "", "")  # of the draft
        self.draft: Draft | None = None
        self.kept: Draft | None = None
        self.brought: dict[str, str] = {}  # by file name: the SHA-256 of what was uploaded
        self.named = ""  # after the file that was uploaded
        self.judged: dict[tuple[str, str], tuple[bool, str, dict[str, str]]] = {}  # expectations that were changed
        self.rules: list[Rule] = []
        self.unwritten: dict[str, str] = {}  # by location: what to do about its password
        self.upload = Upload(in_bytes(wb.config.api.uploads))
        self.upload.on_file(self._uploaded)
        self.location = _text("Location", placeholder="or a path, a glob, or the URL of a file or a database")
        self.name = _text("Name", placeholder="what the dataset is to be called")
        self.table = _text("Table", placeholder="of a database; else leave it empty")
        self.said = widgets.HTML()
        self.look = _button("Look at it", lambda: self._work(self.look, self.said, self._look))
        self.assumed, self.suite, self.run = widgets.VBox(), widgets.VBox(), widgets.VBox()
        first = [widgets.HTML(f"{markup.STYLE}<h1>A new source</h1>{_HOME if viewer.served() else ''}<h2>1. Where is it?</h2>"), self.upload,
                 widgets.HTML(markup.note(f"up to {wb.config.api.uploads}; put a larger one into silos/ and name its path")), self.location, self.table, self.name, self.look, self.said]  # fmt: skip
        super().__init__([*first, self.assumed, self.suite, self.run])
        self.add_class("bh-view")

    def _work(self, button: widgets.Button, said: widgets.HTML, step: Callable[[], str | None]) -> None:
        """A step in a thread of its own, at most once at a time; what goes wrong is told beside its button, and nothing that was
        typed is lost."""
        button.disabled, said.value = True, '<div role="status">looking …</div>'

        def working() -> None:
            try:
                said.value = markup.note(step() or "")
            except BoathouseError as error:
                said.value = markup.wrong(scrub(error.render()))
            except Exception as error:  # whatever it is, whoever waits is told
                said.value = markup.wrong(f"something went wrong here: {type(error).__name__}")
            finally:
                button.disabled = False

        threading.Thread(target=working, daemon=True).start()

    # 1. where it is

    def _uploaded(self, name: str, content: bytes) -> str:
        mine = "" if self.kept else self.brought.get(name, "")  # what it has brought and nothing reads yet may be mended
        self.location.value = self.wb.take(name, content, over=mine)
        self.brought[name] = hashlib.sha256(content).hexdigest()
        if self.name.value in ("", self.named):  # else somebody has typed it
            self.name.value = self.named = of_file(name)
        self.said.value = ""
        return f"kept as {self.location.value}"

    def _look(self) -> None:
        """Looks with what was corrected; a look that fails leaves the one before as it was."""
        location = self.location.value.strip()
        if not location:
            raise UsageError("nothing to look at", hint="upload a file, or name its location")
        if location.startswith(("http://", "https://")):
            location = self.location.value = self.wb.fetch(location)
        name = self.name.value.strip() or of_file(location)
        location, warning = without_password(location, name) if name.isidentifier() else (location, None)
        self.name.value, self.location.value = name, location  # a password is not shown again
        if warning:
            self.unwritten[location] = warning
        if name in self.wb.pipelines() and not (self.kept and self.wb.is_kept(self.kept, name)):
            raise UsageError(f"there is a pipeline {name!r} already", hint="give this one another name")
        asked = self._corrected()
        draft = self.wb.draft(name, location, asked.settings(), types=asked.types)
        draft.warnings += filter(None, [self.unwritten.get(location)])
        self._remember()
        self.asked, self.draft = asked, draft
        self._show_assumed(draft)
        self._show_suite(draft)

    # 2. what was assumed

    def _show_assumed(self, draft: Draft) -> None:
        self.types = {name: _choice(name, [kind, *_TYPES, _OUT]) for name, kind in draft.types.items()}
        self.types |= {name: _choice(name, [_OUT, _FOUND, *_TYPES]) for name in self.asked.out}
        self.formats = {name: _format(name, draft.formats.get(name, "")) for name, kind in draft.types.items()
                        if name in draft.formats or (name in self.asked.types and kind in ("DATE", "TIMESTAMP"))}  # fmt: skip
        lines = [
            widgets.HBox([chosen, *filter(None, [self.formats.get(name)]), _noted(draft.notes.get(name, []))],
                         layout=widgets.Layout(flex_flow="row wrap"))
            for name, chosen in self.types.items()
        ]  # fmt: skip
        self.fields = {name: _text(name, value=_shown(value)) for name, value in draft.options.items()
                       if isinstance(value, str | int | bool) and name != "table"}  # fmt: skip
        self.key = _text("key", value=", ".join(draft.key), placeholder="the columns that name a row, with commas; or none")
        self.mode = widgets.Dropdown(options=_MODES, description="each batch", style={"description_width": "160px"}, layout=_WIDE)
        self.mode.value = self.asked.options.get("mode", "")
        told = "".join(
            f'<div class="bh-warn">{html.escape(text)}</div>' for text in [*draft.warnings, *filter(None, [draft.lost])]
        )
        rows = markup.table(list(draft.types), [list(row.values()) for row in draft.sample], "the first rows")
        more = widgets.Accordion([widgets.VBox(list(self.fields.values()))], titles=("How it is read",))
        said = widgets.HTML()
        again = _button("Look again", lambda: self._work(again, said, self._look))
        self.assumed.children = (
            widgets.HTML(f"<h2>2. What was assumed of {draft.rows:,} rows</h2>{told}"), *lines, self.key, self.mode, more, again, said,
            widgets.HTML(f"<h2>So its first rows are</h2>{rows}"),
        )  # fmt: skip

    def _corrected(self) -> Asked:
        """What the page asks for now. Corrections are those of one source: another one is looked at afresh."""
        now = Asked(self.name.value.strip(), self.location.value.strip(), self.table.value.strip())
        draft, before = self.draft, self.asked
        if draft is None or (now.location, now.table) != (before.location, before.table):
            return now
        changed = {name: one.value for name, one in self.fields.items() if one.value != _shown(draft.options[name])}
        key, mode = self.key.value.strip(), self.mode.value
        now.options = {**before.options, **changed, **({"key": key} if key != ", ".join(draft.key) else {})}
        now.options = {name: value for name, value in now.options.items() if name != "mode"} | ({"mode": mode} if mode else {})
        now.out = {name: draft.came.get(name) or before.out[name] for name, one in self.types.items() if one.value == _OUT}
        for name, chosen in self.types.items():
            if (said := self._said(name, chosen.value, draft)) is not None:
                now.types[name] = said
        return now

    def _said(self, name: str, kind: str, draft: Draft) -> str | dict[str, Any] | None:
        """A column as it was corrected, now or before this look; None where it is as it was found."""
        form = self.formats[name].value.strip() if name in self.formats else ""
        if kind in (_OUT, _FOUND):
            return None
        if form != draft.formats.get(name, "") and kind == draft.types[name]:
            return {"type": kind, "format": form or None}
        return self.asked.types.get(name) if kind == draft.types.get(name) else kind

    # 3. what must hold

    def _show_suite(self, draft: Draft) -> None:
        self.rules = [Rule(check, draft.words) for check in draft.checks]
        for rule in self.rules:
            if rule.about in self.judged:
                rule.restore(self.judged[rule.about])
        said = widgets.HTML()
        go = _button("Add and run it", lambda: self._work(go, said, self._go))
        go.button_style = "primary"
        head = "<h2>3. What must hold</h2>" + markup.note("a row against a critical one is kept out; a warning is only counted")
        self.suite.children = (widgets.HTML(head), *self.rules, go, said)
        self.go = said

    def _remember(self) -> None:
        """What was decided of expectations outlives another look."""
        for rule in self.rules:
            self.judged.pop(rule.about, None)
            if (state := rule.state()) is not None:
                self.judged[rule.about] = state

    # 4. its first run

    def _go(self) -> str | None:
        """Writes the files and runs them. What was corrected since the look is looked at first, and new expectations are shown."""
        if self._corrected() != self.asked:
            before = [rule.about for rule in self.rules]
            self._look()
            if [rule.about for rule in self.rules] != before:
                self.go.value = markup.note(
                    "other expectations are suggested after your corrections: add it again when they are right"
                )
                return None
        draft = self.draft
        assert draft is not None
        draft = replace(draft, checks=[check for rule in self.rules if (check := rule.decided) is not None])
        self.wb.keep(draft, over=self.kept)
        self.kept = draft
        running = Running(self.wb, draft.name, ended=lambda _: self._ended(draft.name))
        self.run.children = (widgets.HTML("<h2>4. Its first run</h2>"), running)
        return None

    def _ended(self, name: str) -> None:
        if name not in self.wb.datasets():
            return
        shown = widgets.VBox()

        def show(make: Callable[[], widgets.Widget]) -> Callable[[], None]:
            return lambda: setattr(shown, "children", (make(),))

        look = _button("Look at it", show(self.wb[name].show))
        ask = _button("Ask about it", show(lambda: self.wb.chat(about=[name])))
        page = _button("Make a dashboard of it", lambda: self._dashboard(name, shown))
        told = f'<div role="status" class="bh-good">{html.escape(name)} is in the lake</div>'
        self.run.children = (*self.run.children, widgets.HTML(told), widgets.HBox([look, ask, page]), shown)

    def _dashboard(self, name: str, shown: widgets.VBox) -> None:
        try:
            path = self.wb.add_dashboard(name, name)
            told = f'<a href="/dashboards/{html.escape(name)}">dashboards/{html.escape(path.name)}</a>'
        except BoathouseError as error:
            told = markup.wrong(error.render())
        shown.children = (widgets.HTML(told),)


def _shown(value: Any) -> str:
    return "\\t" if value == "\t" else str(value)


def _choice(name: str, kinds: list[str]) -> widgets.Dropdown:
    return widgets.Dropdown(options=list(dict.fromkeys(kinds)), value=kinds[0], description=name, style={"description_width": "160px"},
                            layout=widgets.Layout(flex="0 0 340px"))  # fmt: skip


def _format(name: str, form: str) -> widgets.Combobox:
    return widgets.Combobox(value=form, options=FORMATS, description="written as", tooltip=f"How {name} writes its dates",
                            placeholder="2026-12-31", layout=widgets.Layout(flex="0 0 230px"))  # fmt: skip


def _noted(notes: list[str]) -> widgets.HTML:
    """What was assumed of a column: beside it, or below where there is no room."""
    return widgets.HTML(markup.note("; ".join(notes)), layout=widgets.Layout(flex="1 1 280px"))


def _text(words: str, **options: Any) -> widgets.Text:
    return widgets.Text(description=words, style={"description_width": "160px"}, layout=widgets.Layout(width="560px"), **options)


def _button(words: str, pressed: Callable[[], None]) -> widgets.Button:
    made = widgets.Button(description=words, layout=_SHORT)
    made.on_click(lambda _: pressed())
    return made
