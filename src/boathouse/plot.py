"""Pictures of rows as Vega-Lite: one quiet theme, colours that the colour-blind can tell apart, and lines in the page's own
text colour, so that light and dark need no second picture."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from boathouse.errors import UsageError

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"  # a name, which nothing fetches
MIME = "application/vnd.vegalite.v5+json"
COLOURS = ("#2f7fb8", "#d9822b", "#2a9d7f", "#b5609b", "#7d86d1", "#c4543f", "#7f8892")  # after Okabe and Ito, 2008
WIDTH = 480  # pixels, unless a picture says otherwise
GOOD, WARN, BAD = "#2a9d7f", "#d9822b", "#c4543f"
FONT = "system-ui, -apple-system, sans-serif"  # of a name that a canvas knows too, where Vega measures it

_LABELS, _STEPS = 8, (1, 2, 3, 6, 12, 24, 60, 120)  # labels on an axis, months between them
_DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="

_THEME = {
    "background": None,
    "font": FONT,
    "view": {"stroke": None, "continuousHeight": 200, "discreteHeight": {"step": 22}},
    "axis": {
        "labelColor": "currentColor", "titleColor": "currentColor", "domainColor": "#8886", "tickColor": "#8886", "gridColor": "#8883",
        "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal", "labelLimit": 140,
        "labelSeparation": 6,
    },
    "axisX": {"grid": False},
    "legend": {"labelColor": "currentColor", "titleColor": "currentColor", "orient": "top", "titleFontWeight": "normal", "columns": 4},
    "title": {"color": "currentColor"},
    "text": {"color": "currentColor"},
    "range": {"category": list(COLOURS)},
    "mark": {"color": COLOURS[0]},
    "bar": {"cornerRadiusEnd": 2},
    "line": {"strokeWidth": 2},
    "area": {"fillOpacity": 0.55, "line": True},
}  # fmt: skip


def months(days: Iterable[date | None]) -> dict[str, Any] | None:
    """An axis whose every label is a month, for days that are all the first of theirs; None for others."""
    known = [day for day in days if day is not None]
    if not known or any(day.day != 1 for day in known):
        return None
    first, last = min(known), max(known)
    count = 12 * (last.year - first.year) + last.month - first.month + 1
    step = next((months for months in _STEPS if count <= _LABELS * months), count)
    ticks = {"interval": "month", "step": step} if step < 12 else {"interval": "year", "step": step // 12}
    return {"format": "%b %Y", "tickCount": ticks}


def themed(spec: dict[str, Any]) -> dict[str, Any]:
    """The picture in our theme; what it says itself stays. Its width is in pixels: within one that follows its place, Vega
    lays itself out without end while that place is hidden."""
    fitted = {"autosize": {"type": "fit-x", "contains": "padding"}, "width": WIDTH}
    return {"$schema": SCHEMA, **fitted, **spec, "config": {**_THEME, **spec.get("config", {})}}


def bundle(spec: dict[str, Any], words: str) -> dict[str, Any]:
    """An output of a notebook that shows the picture; `words` are for those who cannot see it."""
    drawn = {**themed(spec), "description": words}
    # JupyterLab would make a PNG as well, and send it to the kernel, where there is none
    data = {MIME: drawn, "image/png": _DOT, "text/plain": words}
    return {"data": data, "metadata": {MIME: {"embed_options": {"actions": False, "renderer": "svg", "logLevel": 1}}}}


def svg(spec: dict[str, Any], words: str) -> str:
    """The picture itself, for a page without a script. Raises UsageError where vl-convert is not installed."""
    try:
        import vl_convert
    except ImportError as error:
        raise UsageError("vl-convert-python is not installed", hint="pip install 'boathouse[lab]'") from error
    return vl_convert.vegalite_to_svg({**themed(spec), "description": words, "padding": 14}, vl_version="5.21")
