"""A tile on a page: what it shows, how fresh that is, and its receipt and its data on demand."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import ipywidgets as widgets

from boathouse.dashboards import download, draw
from boathouse.dashboards.clicks import Clicks
from boathouse.dashboards.parts import Chart, Metric, Table, Tile
from boathouse.dashboards.rows import Found
from boathouse.widgets.picture import Picture

if TYPE_CHECKING:
    from boathouse.dashboards.page import Page


_SPARK = 240  # pixels; the page's style makes it fit


class TileView(widgets.VBox):
    """One tile of a page."""

    def __init__(self, page: Page, part: Tile):
        self.page, self.part = page, part
        self.found = Found()
        self._text, self._chart, self._clicks = widgets.HTML(draw.note("…")), Picture(), Clicks()
        self._clicks.on_row(self._drill)
        self._body = widgets.VBox([self._text])
        self._fresh, self._panel = widgets.HTML(), widgets.VBox()
        self._more = widgets.Button(description="Receipt", tooltip=f"{part.title}: receipt and data")
        self._more.on_click(lambda _: self._toggle())
        foot = widgets.HBox([self._fresh, self._more])
        foot.add_class("bh-foot")
        super().__init__([widgets.HTML(f"<h2>{html.escape(part.title)}</h2>"), self._body, foot, self._panel])
        self.add_class("bh-tile")

    def ask(self) -> None:
        """Asks for its rows, under the page's filters."""
        self.found = self.page.rows.find(self.part)

    @property
    def datasets(self) -> dict[str, int]:
        """What it read, by version."""
        return self.found.result.versions if self.found.result else {}

    def show(self) -> None:
        """Draws what `ask` found."""
        try:
            shown, self._fresh.value = self._shown(), self.found.foot
        except Exception as error:  # a format that does not fit its figures, say
            self.found = Found(wrong=f"this cannot be drawn: {error}")
            shown = self._shown()
        if self._body.children != shown:
            self._body.children = shown
        if self._panel.children:
            self._panel.children = self._details()

    def _shown(self) -> tuple[widgets.Widget, ...]:
        found, part = self.found, self.part
        if found.wrong:
            self._text.value = f'<div class="bh-note" role="alert">{html.escape(found.wrong)}</div>'
        elif isinstance(part, Metric):
            self._text.value = draw.figure(part, found.rows, found.trend)
            if found.trend:
                self._chart.draw({**draw.spark(found.trend), "width": _SPARK}, f"{part.title}: its trend")
                return (self._text, self._chart)
        elif isinstance(part, Chart) and found.rows:
            spec, self._text.value = draw.picture(part, found.schema, found.rows)
            self._chart.draw({**spec, "width": self.page.width}, f"{part.title}: {part.y} for each {part.x}")
            return (self._chart, self._clicks, self._text)
        else:
            self._text.value = draw.table(part, found.schema, found.rows) if isinstance(part, Table) else draw.note("no rows")
        return (self._text,)

    def _drill(self, row: int) -> None:
        """The rows behind a mark that was clicked."""
        assert isinstance(self.part, Chart)
        if row >= len(self.found.rows):
            return
        found = self.found.rows[row]
        also = {self.part.x: found["x"], **({self.part.color: found["color"]} if self.part.color else {})}
        also = {} if self.part.sql else also
        self.page.show_rows(", ".join(draw.plain(value, short=True) for value in also.values()) or self.part.title, also)

    def _toggle(self) -> None:
        self._panel.children = () if self._panel.children else self._details()

    def _details(self) -> tuple[widgets.Widget, ...]:
        result = self.found.result
        if result is None:
            return (widgets.HTML(draw.note(self.found.wrong or "made by Python, from what is known now")),)
        rows = widgets.Button(description="Rows behind it", tooltip=f"{self.part.title}: the rows behind it")
        rows.add_class("bh-quiet")
        rows.on_click(lambda _: self.page.show_rows(self.part.title, {}))
        files = widgets.HTML(download.links(download.name(self.part.title), {self.part.title: result}, [self.part]))
        return (widgets.HBox([files, rows]), widgets.HTML(draw.proof(result.receipt)))
