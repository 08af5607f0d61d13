"""The road, in its order: land, stage, clean, validate, publish."""

from boathouse.ingest.road import Road

__all__ = ["Road"]
