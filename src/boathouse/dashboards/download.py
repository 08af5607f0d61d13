"""Data to take along: files within the page itself, so that no server hands out anything to anybody else."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from boathouse.dashboards.parts import Chart, Tile
from boathouse.names import distinct
from boathouse.query.excel import workbook

if TYPE_CHECKING:
    from boathouse.query import Result

_LARGEST = 2_000_000  # bytes that a page carries along
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def links(name: str, results: dict[str, Result], parts: Iterable[Tile] = ()) -> str:
    """Links to these results as one Excel file, and as CSV with its receipt where there is one of them. The columns of those that
    are a chart's, among `parts` by its title, are called as it calls them."""
    charts = {part.title: part for part in parts if isinstance(part, Chart) and not part.sql}
    shown = {title: _headed(charts[title], result) if title in charts else result for title, result in results.items()}
    made = [_link(f"{name}.xlsx", _EXCEL, workbook({title: result.arrow() for title, result in shown.items()}), "Excel")]
    if len(results) == 1:
        [result], [own] = shown.values(), results.values()
        made.insert(0, _link(f"{name}.csv", "text/csv", b"".join(result.chunks("csv")), "CSV"))
        proof = json.dumps(own.receipt.to_json()).encode()
        made.append(_link(f"{name}-receipt.json", "application/json", proof, "Receipt as JSON"))
    return f'<span class="bh-note">{" · ".join(made)}</span>'


def _headed(part: Chart, result: Result) -> Result:
    heads = {"x": part.x, "y": part.y, "color": part.color or "color"}
    names = distinct([heads.get(field.name, field.name) for field in result.schema])
    return result.of(result.arrow().rename_columns(names), result.asked, result.limits, cut=result.cut)


def name(title: str) -> str:
    """A file's name for a tile's title."""
    return re.sub(r"\W+", "-", title.lower()).strip("-") or "tile"


def _link(name: str, kind: str, data: bytes, words: str) -> str:
    if len(data) > _LARGEST:
        return f"{words}: too large for a page; boathouse sql --format csv"
    text = base64.b64encode(data).decode()
    return f'<a download="{html.escape(name)}" href="data:{kind};base64,{text}">{words}</a>'
