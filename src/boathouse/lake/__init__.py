"""The lake is the only state: zones, Delta tables, quarantine, run records, the catalog."""

from boathouse.lake.lake import Lake
from boathouse.lake.table import Commit, Table

__all__ = ["Commit", "Lake", "Table"]
