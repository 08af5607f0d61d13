"""What a tile looks like: rows into HTML or a Vega-Lite picture. Text from data is escaped; nothing here knows of widgets."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from boathouse import plot
from boathouse.dashboards.parts import Chart, Metric, Table, Tile
from boathouse.query.receipt import Receipt
from boathouse.widgets import markup
from boathouse.widgets.markup import Figure, Raw, note

EMPTY = "(empty)"  # what has no value
_BARS = 60
_MEANT = {"passed": plot.GOOD, "published": plot.GOOD, "checked": plot.COLOURS[4], "unchanged": plot.COLOURS[6], "none": plot.COLOURS[6],
          "passed with quarantine": plot.WARN, "rejected": plot.BAD, "failed": plot.BAD}  # fmt: skip
_CLOCK = {"year": "%Y", "quarter": "%b %Y", "month": "%b %Y", "week": "%d %b", "date": "%d %b", "hours": "%H:%M", "minutes": "%H:%M",
          "seconds": "%H:%M:%S", "milliseconds": "%H:%M:%S"}  # fmt: skip
ROW = "_row"  # which row of the result a mark stands for


def number(value: Any, form: str | None) -> str:
    """A value as people read it."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "—" if value is None or math.isnan(value) else "∞" if value > 0 else "-∞"
    if form and isinstance(value, int | float | Decimal):
        return form.format(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}{' UTC' if value.utcoffset() == timedelta() else ''}"
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    return f"{value:,}" if isinstance(value, int) or value == int(value) else f"{value:,.2f}"


def row_of(part: Tile) -> str:
    """The kind of row that a tile stands in, as the style sheet knows it."""
    return "bh-metrics" if isinstance(part, Metric) else "bh-charts" if isinstance(part, Chart) else "bh-tables"


@cache
def style() -> str:
    return (files("boathouse.dashboards") / "style.css").read_text(encoding="utf-8")


def figure(part: Metric, rows: Sequence[dict[str, Any]], trend: Sequence[dict[str, Any]]) -> str:
    """The figure, and beneath it how the latest step of its trend differs from the one before."""
    value = next(iter(rows[0].values()), None) if rows else None
    told = ""
    steps = [row for row in trend if isinstance(row["y"], int | float | Decimal)]
    if len(steps) > 1 and steps[-2]["y"]:
        before, now = (float(row["y"]) for row in steps[-2:])
        change = (now - before) / abs(before)
        mark = "▲" if change > 0 else "▼" if change < 0 else "■"
        before_it, it = (_step(row["x"], steps) for row in steps[-2:])
        told = note(f"{mark} {abs(change):.1%} in {it} against {before_it}")
    return f'<div class="bh-figure">{html.escape(number(value, part.form))}</div>{told}'


def _step(x: Any, trend: Sequence[dict[str, Any]]) -> str:
    """A step of a trend: a month where all of them are."""
    monthly = all(isinstance(row["x"], date) and row["x"].day == 1 for row in trend)
    return f"{x:%B %Y}" if monthly else plain(x, short=True)


def spark(trend: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A trend without axes."""
    values = [{"x": plain(row["x"]), "y": plain(row["y"])} for row in trend]
    kind = "temporal" if trend and isinstance(trend[0]["x"], date) else "ordinal"
    return {
        "data": {"values": values}, "height": 36, "mark": {"type": "area", "line": {"strokeWidth": 1.5}, "fillOpacity": 0.15},
        "encoding": {"x": {"field": "x", "type": kind, "axis": None}, "y": {"field": "y", "type": "quantitative", "axis": None}},
        "view": {"stroke": None},
    }  # fmt: skip


def picture(part: Chart, schema: pa.Schema, rows: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], str]:
    """The chart, and beneath it what it leaves out."""
    across = schema.field("x").type
    timed = bool(pa.types.is_date(across) or pa.types.is_timestamp(across))
    kind = part.kind or ("line" if timed else "bar")
    named = dict.fromkeys(("color", *([] if timed or _counts(across) else ["x"])), EMPTY)  # what has no value has a name
    marked = [
        {ROW: n, **{name: named.get(name) if value is None else plain(value) for name, value in row.items()}}
        for n, row in enumerate(rows)
    ]
    left_out = ""
    if not timed and not pa.types.is_floating(across):
        marked, left_out = _largest(marked, part.top)
    # a picture is read at its place on the page: the axis of what it counts needs no second title
    value = {"field": "y", "type": "quantitative", "title": None}
    label: dict[str, Any] = {
        "field": "x",
        "type": "temporal" if timed else "quantitative" if kind in ("point", "line") and _counts(across) else "nominal",
        "title": None,
    }
    monthly = plot.months(row["x"] for row in rows) if timed else None
    if timed:  # a month is named with its year, an hour is one of twenty-four
        label["axis"] = monthly or {"format": _CLOCK, "labelOverlap": True}
    if timed and kind == "bar":
        if len({row["x"] for row in rows}) <= _BARS:  # or a bar of one day would be as wide as the page
            form = "%b %Y" if monthly else "%d %b"
            label |= {"type": "ordinal", "axis": {"format": form, "labelAngle": 0, "labelOverlap": True}}
        label["timeUnit"] = "yearmonth" if monthly else "yearmonthdate"
    if kind == "bar" and not timed:
        encoding: dict[str, Any] = {"y": {**label, "sort": None}, "x": value}
    else:
        encoding = {"x": label, "y": value}
    tips = [
        {"field": "x", "title": part.x, "type": label["type"]},
        {"field": "y", "title": part.y, "type": "quantitative", "format": ",.2f"},
    ]
    if part.color:
        encoding["color"] = {"field": "color", "type": "nominal", "title": None, **_meant({row["color"] for row in rows})}
        tips.append({"field": "color", "title": part.color, "type": "nominal"})
    mark: dict[str, Any] = {"type": kind, "cursor": "pointer"} | ({"point": {"size": 40}} if kind == "line" else {})
    return {"data": {"values": marked}, "mark": mark, "encoding": {**encoding, "tooltip": tips}}, note(left_out)


def _meant(values: set[Any]) -> dict[str, Any]:
    """The colours of words that are good or bad."""
    if not values <= _MEANT.keys():
        return {}
    named = [word for word in _MEANT if word in values]
    return {"scale": {"domain": named, "range": [_MEANT[word] for word in named]}}


def _counts(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _largest(marked: list[dict[str, Any]], top: int) -> tuple[list[dict[str, Any]], str]:
    """The rows of the `top` largest, the largest first."""
    sums: dict[Any, float] = {}
    for row in marked:
        sums[row["x"]] = sums.get(row["x"], 0) + (row["y"] if isinstance(row["y"], int | float) else 0)
    kept = sorted(sums, key=lambda x: -sums[x])[:top]
    place = {x: n for n, x in enumerate(kept)}
    shown = sorted((row for row in marked if row["x"] in place), key=lambda row: place[row["x"]])
    return shown, f"{len(sums) - top:,} smaller ones are not shown" if len(sums) > top else ""


def table(part: Table, schema: pa.Schema, rows: Sequence[dict[str, Any]]) -> str:
    """Rows as an HTML table. A link's column shows its words, and its address is made of the row's values."""
    head = [Figure(html.escape(field.name)) if _counts(field.type) else field.name for field in schema]
    shown = markup.table(head, ([_cell(part, field, row) for field in schema] for row in rows), part.title)
    return shown + note(f"the first {len(rows):,} rows" if len(rows) == part.rows else "") if rows else note("no rows")


def _cell(part: Table, field: pa.Field, row: dict[str, Any]) -> Raw:
    value, link = row[field.name], part.links.get(field.name)
    form = part.form if pa.types.is_floating(field.type) or pa.types.is_decimal(field.type) else None
    text = "" if value is None else html.escape(number(value, form))
    if link and text:
        address = link.format_map({name: quote(str(one), safe="") for name, one in row.items()})
        text = f'<a href="{html.escape(address)}">{text}</a>'
    return Figure(text) if _counts(field.type) else Raw(text)


def fresh(receipt: Receipt, warnings: Sequence[str], tz: tzinfo | None) -> str:
    """When what a tile read was published, in the workbench's zone, and what is wrong with it. An age would be one only now."""
    told = [f'<span class="bh-warn" role="note">⚠ {html.escape(warning)}</span>' for warning in warnings]
    tables = [table for table in receipt.tables if table.verdict]
    if tables:
        oldest = min(table.committed_at for table in tables).astimezone(tz)
        verdicts = sorted({str(table.verdict) for table in tables}, key=len)
        told.append(f"of {oldest:%Y-%m-%d %H:%M %Z} · {html.escape(verdicts[-1])}")
    if receipt.policies:
        told.append("what you may see of it")
    return f'<div class="bh-note">{" · ".join(told)}</div>' if told else ""


def proof(receipt: Receipt) -> str:
    """The receipt, to be opened: its line, the SQL and the values in it."""
    parameters = f"<pre>{html.escape(str(receipt.parameters))}</pre>" if receipt.parameters else ""
    return f'<div class="bh-proof"><div>{html.escape(str(receipt))}</div><pre>{html.escape(receipt.sql)}</pre>{parameters}</div>'


def plain(value: Any, *, short: bool = False) -> Any:
    """A value as JSON has it; `short` as a word."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if short and not (value.hour or value.minute) else value.isoformat()
    if isinstance(value, date):  # a day without an hour would be read as UTC's, and shown as the day before
        return value.isoformat() if short else f"{value.isoformat()}T00:00:00"
    if isinstance(value, pa.MonthDayNano):
        parts = (value.months, "months"), (value.days, "days"), (value.nanoseconds / 1e9, "s")
        return " ".join(f"{count:g} {name}" for count, name in parts if count) or "0 s"
    if short or not isinstance(value, int | float | str | bool | type(None)):
        return str(value)
    return value
