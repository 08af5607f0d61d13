"""The one way to read: SELECTs over views of the curated tables, each at a pinned version."""

from boathouse.query.read import Reader
from boathouse.query.result import Result

__all__ = ["Reader", "Result"]
