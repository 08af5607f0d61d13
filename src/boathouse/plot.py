"""Pictures of rows as Vega-Lite: one quiet theme, colours that the colour-blind can tell apart, and lines in the page's own
text colour, so that light and dark need no second picture."""

from __future__ import annotations

from typing import Any

from boathouse.errors import UsageError

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"  # a name, which nothing fetches
MIME = "application/vnd.vegalite.v5+json"
COLOURS = ("#2f7fb8", "#d9822b", "#2a9d7f", "#b5609b", "#7d86d1", "#c4543f", "#7f8892")  # after Okabe and Ito, 2008
GOOD, WARN, BAD = "#2a9d7f", "#d9822b", "#c4543f"
FONT = "system-ui, -apple-system, sans-serif"  # of a name that a canvas knows too, where Vega measures it

_THEME = {
    "background": None,
    "font": FONT,
    "view": {"stroke": None, "continuousHeight": 200, "discreteHeight": {"step": 22}},
    "axis": {
        "labelColor": "currentColor", "titleColor": "currentColor", "domainColor": "#8886", "tickColor": "#8886", "gridColor": "#8883",
        "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal", "labelLimit": 140,
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


def themed(spec: dict[str, Any]) -> dict[str, Any]:
    """The picture in our theme, as wide as its place; what it says itself stays."""
    shaped = spec if {"width", "hconcat", "vconcat", "facet", "repeat"} & set(spec) else {"width": "container", **spec}
    return {
        "$schema": SCHEMA,
        "autosize": {"type": "fit-x", "contains": "padding"},
        **shaped,
        "config": {**_THEME, **spec.get("config", {})},
    }


def bundle(spec: dict[str, Any], words: str) -> dict[str, Any]:
    """An output of a notebook that shows the picture; `words` are for those who cannot see it."""
    drawn = {**themed(spec), "description": words, "usermeta": {"embedOptions": {"actions": False, "renderer": "svg"}}}
    return {
        "data": {MIME: drawn, "text/plain": words},
        "metadata": {MIME: {"embed_options": {"actions": False, "renderer": "svg"}}},
    }


def svg(spec: dict[str, Any], words: str) -> str:
    """The picture itself, for a page without a script. Raises UsageError where vl-convert is not installed."""
    try:
        import vl_convert
    except ImportError as error:
        raise UsageError("vl-convert-python is not installed", hint="pip install 'boathouse[lab]'") from error
    return vl_convert.vegalite_to_svg({**themed(spec), "description": words, "padding": 14}, vl_version="5.21")
