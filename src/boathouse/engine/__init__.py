"""DuckDB: connections, limits, Arrow in and out. What only DuckDB can say is said here and in SQL text."""

from boathouse.engine.duck import Engine, ParquetFile, literal, quote

__all__ = ["Engine", "ParquetFile", "literal", "quote"]
