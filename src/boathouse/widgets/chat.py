"""The chat: ask in plain language, see how the answer came about, say what it is worth."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from boathouse.ask import Answer, Conversation
from boathouse.errors import BoathouseError
from boathouse.widgets import cell, markup
from boathouse.widgets.picture import Picture

if TYPE_CHECKING:
    from boathouse.query.policy import Policy
    from boathouse.workbench import Workbench

_ROWS = 50
_STYLE = """<style>
.bh-chat .bh-said {font-weight: 600; padding: 4px 0}
.bh-chat .bh-note, .bh-chat .bh-step {color: var(--jp-ui-font-color2, #555); font-size: 0.9em}
.bh-chat table {border-collapse: collapse; margin: 4px 0} .bh-chat td, .bh-chat th {padding: 2px 8px; text-align: left}
.bh-chat td.n {text-align: right; font-variant-numeric: tabular-nums} .bh-chat th {border-bottom: 1px solid currentColor}
.bh-chat pre {white-space: pre-wrap; margin: 4px 0}
</style>"""


class Chat(widgets.VBox):
    """A conversation over one workbench. `name` keeps it in the lake; `role` asks as a role of boathouse.toml; what it suggests is
    `about` these datasets first."""

    def __init__(
        self, wb: Workbench, *, answerer: str | None = None, role: str | Policy | None = None, name: str | None = None,
        about: Collection[str] = (),
    ):  # fmt: skip
        self.wb, self.answerer, self.role, self.saved = wb, answerer, role, name
        self.conversation = Conversation.load(wb.lake, name) if name else Conversation()
        self.turns = widgets.VBox()
        self.question = widgets.Text(placeholder="Ask about the data, then press Enter", layout=widgets.Layout(flex="1"))
        self.question.description, self.question.style.description_width = "Question", "initial"
        self.button = widgets.Button(description="Ask", button_style="primary", tooltip="Ask this question")
        self.button.on_click(lambda _: self._submit())
        self.question.continuous_update = False
        self.question.observe(lambda _: self._submit(), "value")
        self.suggestions = widgets.Box(layout=widgets.Layout(flex_flow="row wrap"))
        self._suggest(wb.asker.suggestions(wb.policy(role), about))
        line = widgets.HBox([self.question, self.button])
        super().__init__([widgets.HTML(_STYLE), self.turns, self.suggestions, line])
        self.add_class("bh-chat")

    def ask(self, question: str) -> threading.Thread:
        """Asks as if it had been typed; the thread that answers."""
        turn = _Turn(self, question)
        self.turns.children = (*self.turns.children, turn)
        self._suggest([])
        working = threading.Thread(target=turn.answer, daemon=True)
        working.start()
        return working

    def _submit(self) -> None:
        question = self.question.value.strip()
        if question:
            self.question.value = ""
            self.ask(question)

    def _suggest(self, questions: list[str]) -> None:
        self.suggestions.children = tuple(_button(question, self.ask) for question in questions)


class _Turn(widgets.VBox):
    """One question and what became of it."""

    def __init__(self, chat: Chat, question: str):
        self.chat, self.asked = chat, question
        self.steps = widgets.HTML('<div class="bh-step" role="status" aria-live="polite">…</div>')
        self.said = widgets.HTML(f'<div class="bh-said">{html.escape(question)}</div>')
        super().__init__([self.said, self.steps])

    def _step(self, text: str) -> None:
        self.steps.value = f'<div class="bh-step" role="status" aria-live="polite">{html.escape(text)} …</div>'

    def answer(self) -> None:
        chat = self.chat
        try:
            found = chat.wb.ask(self.asked, conversation=chat.conversation, answerer=chat.answerer, role=chat.role,
                                step=self._step)  # fmt: skip
            if chat.saved:
                chat.conversation.save(chat.wb.lake, chat.saved)
        except BoathouseError as error:
            found = Answer("failed", self.asked, error.render(), chat.answerer or "")
        except Exception as error:  # whatever it is, the asker sees that it ended
            found = Answer("failed", self.asked, f"something went wrong here: {type(error).__name__}", chat.answerer or "")
        self._show(found)

    def _show(self, answer: Answer) -> None:
        text = f'<div role="status" aria-live="polite">{html.escape(answer.text)}</div>'
        notes = "".join(f'<div class="bh-note">{html.escape(note)}</div>' for note in answer.assumptions)
        proof = f'<div class="bh-note">{html.escape(str(answer.receipt))}</div>' if answer.receipt else ""
        parts: list[Any] = [self.said, widgets.HTML(text)]
        if answer.chart:
            parts.append(Picture(answer.chart, "a chart of the rows below"))
        if len(answer.rows) > 1 or len(answer.columns) > 1:
            rows = markup.table(answer.columns, (row.values() for row in answer.rows[:_ROWS]), "the answer's rows")
            more = f"{len(answer.rows) - _ROWS:,} more rows" if len(answer.rows) > _ROWS else ""
            parts.append(widgets.HTML(rows + markup.note(more)))
        parts.append(widgets.HTML(notes + proof))
        if answer.options:
            buttons = [_button(option, self.chat.ask) for option in answer.options]
            parts.append(widgets.Box(buttons, layout=widgets.Layout(flex_flow="row wrap")))
        parts.append(self._tools(answer))
        self.children = tuple(parts)

    def _tools(self, answer: Answer) -> widgets.Widget:
        """SQL and code on demand, and thumbs with a reason. A model's Python is shown, and never made a cell: that would run it
        outside the jail."""
        shown = widgets.HTML()
        tools: list[Any] = []
        if answer.sql:
            tools.append(_toggle("SQL", "Show the SQL", answer.sql, shown))
            if answer.python:
                tools.append(_toggle("Python", "Show the Python that made it", answer.python, shown))
            if not answer.made_by_python:
                code = f'wb.sql("""\n{answer.sql}\n""").df()'
                tools.append(_toggle("As a cell", "Open it as a new notebook cell", code, shown, lambda: cell.insert(code)))
        reason = widgets.Text(placeholder="Why? Then press Enter", layout=widgets.Layout(display="none", width="320px"))
        reason.continuous_update = False
        said = widgets.HTML()
        chosen: dict[str, bool] = {}

        def thumb(good: bool) -> None:
            chosen["good"] = good
            reason.layout.display = ""
            reason.focus()

        def keep(change: Any) -> None:
            if change["new"].strip():
                self.chat.wb.thumb(answer, good=chosen["good"], reason=change["new"])
                reason.layout.display = "none"
                said.value = '<span class="bh-note" role="status">Thank you: it is kept for review.</span>'

        reason.observe(keep, "value")
        for name, icon, words, good in (
            ("Good", "thumbs-up", "This answer is good", True),
            ("Wrong", "thumbs-down", "This answer is wrong", False),
        ):
            button = widgets.Button(description=name, icon=icon, tooltip=words, layout=widgets.Layout(width="auto"))
            button.on_click(lambda _, good=good: thumb(good))
            tools.append(button)
        return widgets.VBox([widgets.HBox([*tools, reason, said]), shown])


def _button(text: str, ask: Any) -> widgets.Button:
    made = widgets.Button(description=text, tooltip=f"Ask: {text}", layout=widgets.Layout(width="auto"))
    made.on_click(lambda _: ask(text))
    return made


def _toggle(name: str, words: str, text: str, shown: widgets.HTML, opened: Callable[[], None] = lambda: None) -> widgets.Button:
    """A button that shows a text, and hides it when it is pressed again; `opened` is called each time that it is shown."""
    made = widgets.Button(description=name, tooltip=words, layout=widgets.Layout(width="auto"))
    whole = f"<pre>{html.escape(text)}</pre>"

    def press(_: Any) -> None:
        shown.value = "" if shown.value == whole else whole
        if shown.value:
            opened()

    made.on_click(press)
    return made
