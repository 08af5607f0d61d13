"""A page as it stood: one HTML file that opens without a server, and asks nobody for anything."""

from __future__ import annotations

import html
import os
from collections.abc import Iterable, Sequence
from itertools import groupby

from boathouse import clock, plot, viewer
from boathouse.dashboards import download, draw, filters
from boathouse.dashboards.parts import Chart, Filter, Metric, Table, Tile
from boathouse.dashboards.rows import Found, Rows
from boathouse.errors import UsageError, did_you_mean
from boathouse.workbench import Workbench

WANTED = "BOATHOUSE_STATIC"  # set for a kernel whose pages are to be kept
_WIDTH, _SPARK = 520, 220


def wanted() -> bool:
    return WANTED in os.environ


class Static:
    """A page's tiles under what its filters and its link say, each with its receipt and its data."""

    def __init__(self, wb: Workbench, title: str, parts: Iterable[Filter | Tile], rows: str):
        self.wb, self.title, self.parts = wb, title, tuple(parts)
        self.rows = Rows(wb, rows)
        schema, today = self.rows.begin(), clock.now(wb.tz).date()
        link = viewer.request().get("QUERY_STRING", "")
        self.filters = filters.made(self.parts, schema, lambda: None, today, link, strictly=True)
        for one in self.filters:
            self._must_be_there(one)
        self.rows.chosen = filters.chosen(self.filters)

    def _must_be_there(self, one: filters.Choice | filters.Dates | filters.Numbers) -> None:
        """Raises UsageError for a value that no row has: nobody looks at what is exported before it is sent."""
        if isinstance(one, filters.Choice) and one.chosen:
            known = [row["value"] or "" for row in self.rows.values(one.part.column, 10_000)]
            for value in one.chosen:
                if value not in known:
                    raise UsageError(
                        f"no row has {one.part.column} {value!r}{did_you_mean(value, known)}", hint="choose another value"
                    )

    def _repr_html_(self) -> str:
        said = [f"{one.part.label}: {', '.join(one.words())}" for one in self.filters if one.words()]
        when = f"as it stood on {clock.now(self.wb.tz):%Y-%m-%d %H:%M %Z}"
        tiles = [(part, self._tile(part)) for part in self.parts if isinstance(part, Tile)]
        return _page(self.title, " · ".join([when, *said]), tiles)

    def _tile(self, part: Tile) -> str:
        found = self.rows.find(part)
        shown = draw.note(found.wrong) or _shown(part, found)
        data = ""
        if found.result:
            links = download.links(download.name(part.title), {part.title: found.result}, [part])
            data = f'<details class="bh-note"><summary>Receipt</summary>{links}{draw.proof(found.result.receipt)}</details>'
        return f"{shown}{found.foot}{data}"


def first(title: str, found: Sequence[tuple[Tile, Found]]) -> str:
    """A page as it is shown before its widgets are there: its figures and tables. The pictures come with the widgets."""

    def shown(part: Tile, one: Found) -> str:
        if isinstance(part, Chart) and not one.wrong:
            return f'<div class="bh-drawn">{draw.note("…")}</div>'
        if _is_to_come(one):
            return draw.note("…")
        return (draw.note(one.wrong) or _text(part, one)) + one.foot

    tiles = [(part, shown(part, one)) for part, one in found]
    return f"<div{' aria-busy=true' if any(_is_to_come(one) for _, one in found) else ''}>{_page(title, '…', tiles)}</div>"


def _is_to_come(found: Found) -> bool:
    return not (found.result or found.rows or found.wrong)


def _page(title: str, said: str, tiles: Iterable[tuple[Tile, str]]) -> str:
    """A page of tiles, each with its HTML. Neighbours of one kind share a row."""
    rows = (
        (kind, "".join(f'<section class="bh-tile"><h2>{html.escape(part.title)}</h2>{shown}</section>' for part, shown in row))
        for kind, row in groupby(tiles, key=lambda tile: draw.row_of(tile[0]))
    )
    body = "".join(f'<div class="bh-row {kind}">{row}</div>' for kind, row in rows)
    return f'<style>{draw.style()}</style><main class="bh-page"><h1>{html.escape(title)}</h1>{draw.note(said)}{body}</main>'


def _text(part: Tile, found: Found) -> str:
    """What a tile shows without its picture."""
    if isinstance(part, Metric):
        return draw.figure(part, found.rows, found.trend)
    return draw.table(part, found.schema, found.rows) if isinstance(part, Table) else draw.note("no rows")


def _shown(part: Tile, found: Found) -> str:
    if isinstance(part, Chart) and found.rows:
        spec, left_out = draw.picture(part, found.schema, found.rows)
        return plot.svg({**spec, "width": _WIDTH}, f"{part.title}: {part.y} for each {part.x}") + left_out
    trend = plot.svg({**draw.spark(found.trend), "width": _SPARK}, f"{part.title}: its trend") if found.trend else ""
    return _text(part, found) + trend


def whole(title: str, body: str) -> str:
    """A file of HTML around what a notebook's cells gave."""
    return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_COLOURS}</style></head><body>{body}</body></html>')  # fmt: skip


_COLOURS = """
body {font-family: system-ui, -apple-system, sans-serif; margin: 0; background: var(--jp-layout-color0, #fff); color: var(--jp-ui-font-color0, #111)}
.bh-tile svg {max-width: 100%; height: auto}
@media (prefers-color-scheme: dark) {:root {color-scheme: dark; --jp-layout-color0: #111; --jp-layout-color1: #1a1a1a; --jp-layout-color2: #2b2b2b;
--jp-ui-font-color0: #fff; --jp-ui-font-color2: #bbb; --jp-border-color2: #444; --jp-border-color3: #333}}
"""
