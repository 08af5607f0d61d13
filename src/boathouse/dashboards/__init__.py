"""Dashboards: a page from a notebook of a few cells, over SQL, each tile with its receipt."""

from boathouse.dashboards.page import page
from boathouse.dashboards.parts import chart, filter, metric, table

__all__ = ["chart", "filter", "metric", "page", "table"]
