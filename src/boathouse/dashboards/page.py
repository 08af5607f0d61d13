"""A page: filters that act on each other, tiles that follow them and the lake, and the rows behind it all."""

from __future__ import annotations

import html
import threading
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import ipywidgets as widgets

from boathouse import clock, plot, viewer
from boathouse.config import QueryLimits
from boathouse.dashboards import download, draw, filters, static
from boathouse.dashboards.clicks import Address, Into
from boathouse.dashboards.parts import Filter, Tile
from boathouse.dashboards.rows import Rows
from boathouse.dashboards.static import Static
from boathouse.dashboards.tile import TileView
from boathouse.errors import BoathouseError, LakeError, MissingError, UsageError
from boathouse.widgets.seen import Seen
from boathouse.workbench import Workbench

_BEHIND = 1_000  # rows that are shown behind a tile
_ASK = '<h2>Ask</h2><div class="bh-note">over all rows: the filters of this page do not act here</div>'
_HIDDEN = "what this page shows is not there yet, or is not for your roles to see"
_QUIET = 0.5  # seconds without a choice after which the next one is got ready for
_LOOKS, _LOOKS_AFAR = 2.0, 20.0  # seconds between looks for a new version: on a disk, and in a bucket


def page(title: str, *parts: Filter | Tile, rows: str, wb: Workbench | None = None, chat: bool = False) -> Page | Static:
    """A dashboard over `rows`: a dataset, a saved query or a SELECT; `parts` are its filters and tiles, in their order. `wb` is
    the workbench that the notebook lies in, unless another is named; `chat` puts the chat beside them."""
    for part in parts:
        if not isinstance(part, Filter | Tile):
            raise UsageError(f"page({title!r}): {part!r} is no part of a page", hint="filter, metric, chart or table")
    if wb is None:
        import boathouse

        wb = boathouse.open()
    return Static(wb, title, parts, rows) if static.wanted() else Page(wb, title, parts, rows, chat=chat)


class Page(widgets.VBox):
    """What `page` makes. It shows at once, and reads in a thread of its own: in a heated kernel, when its viewer is there."""

    def __init__(self, wb: Workbench, title: str, parts: Iterable[Filter | Tile], rows: str, *, chat: bool = False):
        self.wb, self.title, self.parts = wb, title, tuple(parts)
        self.rows = Rows(wb, rows)
        self.filters: list[filters.Choice | filters.Dates | filters.Numbers] = []
        self._chat = chat
        self._status, self._bar, self._files = widgets.HTML(_status("…")), widgets.Box(), widgets.HTML()
        every = widgets.Button(description="All data", tooltip="The data of all tiles, as one Excel file")
        every.add_class("bh-quiet")
        every.on_click(lambda _: self._all_data())
        self._bar.add_class("bh-bar")
        self.tiles = [TileView(self, part) for part in self.parts if isinstance(part, Tile)]
        self.width = plot.WIDTH
        self._below = widgets.VBox()
        self._behind: tuple[str, dict[str, Any]] = ("", {})
        self._below.add_class("bh-row")
        self._below.add_class("bh-below")
        self._turn, self._asked, self._wanted = threading.Lock(), 0, threading.Event()
        head = widgets.HTML(f"<style>{draw.style()}</style><h1>{html.escape(title)}</h1>")
        self._talk = widgets.VBox()
        self._seen, seen = threading.Event(), Seen()
        seen.on_seen(self._is_seen)
        main = widgets.VBox([*_in_rows(self.tiles), self._below])
        main.add_class("bh-main")
        self._talk.add_class("bh-talk")
        beside = widgets.Box([main, self._talk] if chat else [main])
        beside.add_class("bh-beside")
        said = widgets.HBox([self._status, every, self._files])
        said.add_class("bh-said")
        self._address = Address()
        super().__init__([head, said, self._bar, beside, seen, *([self._address] if viewer.served() else [])])
        self.add_class("bh-page")
        self.working = threading.Thread(target=self._work, daemon=True)
        self.working.start()

    def _work(self) -> None:
        """Reads what is there, then paints whenever a filter or the lake has changed."""
        try:
            while not self._begun():
                self._wanted.wait(_LOOKS_AFAR)
            painted = 0
            looks = _LOOKS if self.wb.lake.store.is_local else _LOOKS_AFAR
            quiet = _QUIET
            while True:
                idle = painted == self._asked and not self._wanted.wait(quiet)
                self._wanted.clear()
                if painted != self._asked or self._newer():
                    painted = self._asked
                    self._paint(painted)
                    quiet = _QUIET
                elif idle:
                    self.rows.ahead()
                    quiet = looks
        except BoathouseError as error:
            self._say(error.render())
        except Exception as error:  # whatever it is, whoever looks is told
            self._say(f"this page has ended: {type(error).__name__}; load it again")
            raise

    def _begun(self) -> bool:
        try:
            self._begin()
        except (LakeError, MissingError) as error:  # out of reach for the moment, or still to be published
            hidden = isinstance(error, MissingError) and not self.wb.viewer.unlimited
            self._say(_HIDDEN if hidden else f"{error.render()} (this page tries again)")
            return False
        return True

    def _begin(self) -> None:
        """Everything up to the first painting."""
        if viewer.served():
            self.rows.warm()
        link = viewer.request().get("QUERY_STRING", "")
        schema = self.rows.begin()
        chosen = link or any(isinstance(part, Filter) and part.value is not None for part in self.parts)
        if not chosen:  # what most pages begin with is asked for while the browser is still loading
            self._ask_first()
        self._seen.wait()  # a widget that is made before the browser listens may be lost on it
        self.filters = filters.made(self.parts, schema, self.changed, clock.now(self.wb.tz).date(), link)
        self.rows.chosen, self.rows.columns = filters.chosen(self.filters), filters.columns(self.filters)
        if chosen:
            self._ask()
        self._bar.children = tuple(self.filters)
        for tile in self.tiles:
            tile.show()
        self._finish()
        if self._chat:
            read = {name for tile in self.tiles for name in tile.datasets}
            self._talk.children = (widgets.HTML(_ASK if self.filters else "<h2>Ask</h2>"), self.wb.chat(about=read))

    def _is_seen(self, width: int) -> None:
        """On a phone, a chart is as wide as the page; elsewhere the page's style makes it fit."""
        viewer.first_look(None)
        self.width = min(plot.WIDTH, max(240, width - 70))
        self._seen.set()

    def _ask_first(self) -> None:
        """Asks for row after row of tiles, each of which is shown before there are widgets."""
        for _, row in groupby(self.tiles, key=lambda tile: draw.row_of(tile.part)):
            for tile in row:
                tile.ask()
            viewer.first_look(static.first(self.title, [(tile.part, tile.found) for tile in self.tiles]))

    def _ask(self) -> None:
        for tile in self.tiles:
            tile.ask()

    def changed(self) -> None:
        """A filter has another value."""
        with self._turn:
            self.rows.chosen = filters.chosen(self.filters)
            self._asked += 1
        self._address_says()
        self._wanted.set()

    def _paint(self, turn: int) -> None:
        self.add_class("bh-busy")
        for tile in self.tiles:
            tile.ask()
            if turn != self._asked:  # what is chosen has changed: begin anew
                return
            tile.show()
        self._finish()
        if self._below.children:  # these rows are under the filters as well
            self._show_rows(*self._behind)
        self.remove_class("bh-busy")

    def _finish(self) -> None:
        try:
            for one in self.filters:
                if isinstance(one, filters.Choice):
                    one.offer(self.rows.values(one.part.column, filters.OFFERED))
        except BoathouseError as error:  # the next painting may find it again
            self._say(error.render())
            return
        self._say(f"painted at {clock.now(self.wb.tz):%H:%M:%S}")

    def _newer(self) -> bool:
        try:
            return self.rows.newer({name: version for tile in self.tiles for name, version in tile.datasets.items()})
        except BoathouseError:  # the lake is out of reach for the moment
            return False

    def _say(self, text: str) -> None:
        self.add_class("bh-told")  # takes the place of the first look
        self._status.value = _status(text, f"?{self._address_says()}")

    def _address_says(self) -> str:
        """What is chosen, in the page's address too: at once, so that a page that is loaded again has it."""
        chosen = filters.link(self.filters)
        self._address.query = f"?{chosen}" if chosen else ""
        return chosen

    def _all_data(self) -> None:
        results = {tile.part.title: tile.found.result for tile in self.tiles if tile.found.result}
        parts = [tile.part for tile in self.tiles]
        self._files.value = "" if self._files.value else download.links(download.name(self.title), results, parts)

    def show_rows(self, title: str, also: dict[str, Any]) -> None:
        """The rows behind a tile or a mark of it, below the tiles."""
        self._behind = title, also
        threading.Thread(target=self._show_rows, args=(title, also, Into()), daemon=True).start()

    def _show_rows(self, title: str, also: dict[str, Any], *into: Into) -> None:
        from boathouse.widgets.table import Table

        closing = widgets.Button(description="Close", tooltip="Close the rows")
        closing.on_click(lambda _: setattr(self._below, "children", ()))
        head = widgets.HTML(f"<h2>Rows: {html.escape(title)}</h2>")
        try:
            found = self.rows.asked("SELECT * FROM rows", QueryLimits(rows=_BEHIND), also=also)
            found.arrow()
            table: widgets.Widget = Table(found)
            files = widgets.HTML(download.links("rows", {title: found}))
        except BoathouseError as error:
            table, files = widgets.HTML(f'<div role="alert">{html.escape(error.render())}</div>'), widgets.HTML()
        shown = widgets.VBox([widgets.HBox([head, files, closing]), table, *into])
        shown.add_class("bh-tile")
        self._below.children = (shown,)


def _in_rows(tiles: list[TileView]) -> list[widgets.Box]:
    """Neighbours of one kind share a row."""
    made = []
    for kind, row in groupby(tiles, key=lambda tile: draw.row_of(tile.part)):
        made.append(widgets.Box(list(row)))
        made[-1].add_class("bh-row")
        made[-1].add_class(kind)
    return made


def _status(text: str, link: str | None = None) -> str:
    to = f' · <a href="{html.escape(link)}">link to this view</a>' if link else ""
    home = ' · <a href="/">all pages</a>' if viewer.served() else ""
    return f'<div class="bh-note" role="status" aria-live="polite">{html.escape(text)}{to}{home}</div>'
