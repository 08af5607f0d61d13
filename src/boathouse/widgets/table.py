"""A result as a table to sort, search and page through, with its receipt below."""

from __future__ import annotations

import html
from typing import Any

import ipywidgets as widgets
from itables.widget import ITable

from boathouse.query import Result

_ROWS = 10_000
_STYLE = "table-layout: auto; width: auto; margin: 0; caption-side: bottom"


class Table(widgets.VBox):
    """The first 10,000 rows of a result; the receipt speaks of all."""

    def __init__(self, result: Result):
        self.result = result
        table = result.arrow()
        rows = table.slice(0, _ROWS).to_pandas()
        more = f"the first {_ROWS:,} of {table.num_rows:,} rows · " if table.num_rows > _ROWS else ""
        shown = ITable(rows, maxBytes=0, allow_html=False, showIndex=False, classes="display compact nowrap", style=_STYLE)
        super().__init__([shown, widgets.HTML(f"<small>{html.escape(more + str(result.receipt))}</small>")])

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**options)
        return {**bundle, "text/html": self.result._repr_html_()}  # where no widget is drawn: an export, a page of a repository
