"""The one registry of sources: entry points in the group `boathouse.sources`."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from boathouse.config import Pipeline
from boathouse.config.load import validate
from boathouse.errors import UsageError, did_you_mean
from boathouse.sources.compression import SUFFIXES
from boathouse.sources.protocol import Source

GROUP = "boathouse.sources"


@cache
def families() -> tuple[str, ...]:
    """Names of the families that are installed."""
    return tuple(sorted(entry.name for entry in entry_points(group=GROUP)))


@cache
def family(name: str) -> type[Source]:
    """The class of a family. Raises UsageError where there is none."""
    for entry in entry_points(group=GROUP, name=name):
        return entry.load()
    raise UsageError(f"no source type {name!r}{did_you_mean(name, families())}", hint=f"types: {', '.join(families())}")


def family_of(location: str) -> type[Source]:
    """The family that takes a LOCATION. Raises UsageError where none does."""
    for name in families():
        if family(name).accepts(location):
            return family(name)
    if "://" in location:
        what = f"{location.split('://', 1)[0]}:// is not supported yet"
    elif Path(location).suffix and not location.lower().endswith(SUFFIXES):
        what = f"{Path(location).suffix} files are not supported yet"
    else:
        what = f"cannot tell what {location!r} holds"
    raise UsageError(what, hint=f"name its type with --option type=…; there are {', '.join(families())}")


def open_source(pipeline: Pipeline, root: Path, day: date) -> Source:
    """The pipeline's source, its options checked against its family's."""
    spec = pipeline.source
    try:
        kind = family(spec.type)
    except UsageError as error:
        where = f"{pipeline.path}:{pipeline.lines.get(('source', 'type'), 1)}"
        raise UsageError(error.message, where=where, hint=error.hint) from error
    options = validate(kind.Options, spec.model_extra or {}, pipeline.path, pipeline.lines, ("source",))
    return kind(spec.location, options, root, day)
