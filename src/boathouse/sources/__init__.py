"""Sources: one file a family. A stranger's comes in by the same entry points (`boathouse.sources`) as these."""

from boathouse.sources.protocol import Item, Scan, Schema, Source, SourceOptions
from boathouse.sources.registry import families, family_of, open_source

__all__ = ["Item", "Scan", "Schema", "Source", "SourceOptions", "families", "family_of", "open_source"]
