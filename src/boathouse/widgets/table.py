"""A result as a table to sort, search and page through, with its receipt below."""

from __future__ import annotations

import html
from typing import Any

import ipywidgets as widgets
import pyarrow as pa
from itables.widget import ITable

from boathouse.query import Result
from boathouse.query.result import within_python

_ROWS = 10_000
_STYLE = "table-layout: auto; width: auto; margin: 0; caption-side: bottom"


class Table(widgets.VBox):
    """The first 10,000 rows of a result; the receipt speaks of all."""

    def __init__(self, result: Result):
        first: list[pa.RecordBatch] = []
        kept = 0
        for batch in result.batches(proven=True):  # all are read, for the receipt; no more is held
            if kept < _ROWS:
                first.append(batch.slice(0, _ROWS - kept))
                kept += first[-1].num_rows
        with within_python():
            rows = pa.Table.from_batches(first, result.schema).to_pandas()
        receipt = result.receipt
        more = f"the first {_ROWS:,} of {receipt.rows:,} rows · " if receipt.rows > kept else ""
        below = f"<small>{html.escape(more + str(receipt))}</small>"
        self._static = rows._repr_html_() + below
        shown = ITable(rows, maxBytes=0, allow_html=False, showIndex=False, classes="display compact nowrap", style=_STYLE)
        super().__init__([shown, widgets.HTML(below)])

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**options)
        return {**bundle, "text/html": self._static}  # where no widget is drawn: an export, a page of a repository
