"""The pipeline file as `add` writes it: every key that was decided, with a comment where something was assumed."""

from __future__ import annotations

import json
from typing import Any

import yaml

_DEFAULTS = {"comment": "", "skip": 0, "records": None, "sheet": None}


def render(name: str, location: str, family: str, source: Any, looked: Any, key: list[str], mine: dict[str, Any],
           relations: dict[str, str]) -> str:  # fmt: skip
    """pipelines/NAME.yml as text."""
    lines = [
        f"# {name}: drafted by `boathouse add` from the whole source ({looked.rows:,} rows). Change what is wrong:",
        "# runs read with what stands here and guess nothing. Every key: docs/reference/pipeline.md",
        f"description: {_scalar(mine.pop('description', f'{name}, from {_short(location)}'))}",
        "source:",
        f"  type: {family}",
        f"  location: {_scalar(location)}",
    ]
    for option, value in source.options.model_dump(exclude_none=True).items():
        if _DEFAULTS.get(option, object()) != value:
            lines.append(f"  {option}: {_scalar(value)}")
    if looked.drop:
        lines.append(f"drop: {_scalar(looked.drop)}")
    lines += ["columns:  # name in the dataset: type, and its name in the source where that differs"]
    lines += [_column(own, column, looked.notes[own]) for own, column in looked.columns.items()]
    if key:
        lines.append(f"key: {_scalar(key)}  # names a row: a batch updates rows by it")
    if relations:
        lines.append("relations:  # what names a row of another dataset: the database's own foreign keys")
        lines += [f"  {_scalar(column)}: {_scalar(target)}" for column, target in relations.items()]
    for option, value in mine.items():
        lines.append(f"{option}: {_scalar(value)}")
    lines += [
        "# mode: append | replace | upsert      unset: upsert with a key, else append for a glob, else replace",
        "# deduplicate: {keep: last}            which row of a key wins within a batch",
        "# derive: {total: price * quantity}    further columns, each a SQL expression",
        "# quarantine_limit: 0.1                the share of a batch that may be kept out before all of it is",
        "# synonyms: [another word]            what people call a row of it when they ask; of a column beside its type:",
        "#   price: {type: DOUBLE, unit: EUR, description: with tax, synonyms: [cost]}",
        f"# metrics: {{{_metrics(looked)}}}  # figures that people ask for by name",
        f"# suite: {name}                       expectations/{name}.json",
    ]
    if not relations:
        lines.append("# relations: {customer_id: customers}   whose row a column names; unset: as names and values tell")
    times = [own for own, column in looked.columns.items() if column.type.startswith(("DATE", "TIMESTAMP"))]
    if len(times) > 1:
        lines.append(f"# time: {_scalar(times[0])}  # which of its dates 'last month' means: {', '.join(times)}")
    return "\n".join(lines) + "\n"


def _metrics(looked: Any) -> str:
    """A first draft of what its columns of money and measures may add up to."""
    figures = [own for own, column in looked.columns.items() if column.type.startswith(("DECIMAL", "DOUBLE"))]
    return ", ".join(f"total_{own}: sum({own})" for own in figures[:3]) or "how_many: count(*)"


def _column(name: str, column: Any, notes: list[str]) -> str:
    settings = column.model_dump(by_alias=True, exclude_defaults=True)
    if set(settings) <= {"type"}:
        text = f"  {_scalar(name)}: {column.type}"
    else:
        inside = ", ".join(f"{key}: {_scalar(value)}" for key, value in {"type": column.type, **settings}.items())
        text = f"  {_scalar(name)}: {{{inside}}}"
    return text + (f"  # {' '.join('; '.join(notes).split())}" if notes else "")


def _scalar(value: Any) -> str:
    """A value on one line, quoted where YAML would read something else."""
    if isinstance(value, list):
        return "[" + ", ".join(_scalar(inner) for inner in value) + "]"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    text = str(value)
    try:
        plain = yaml.safe_load(f"{{k: {text}}}") == {"k": text} and yaml.safe_load(f"k: {text}") == {"k": text}
    except yaml.YAMLError:
        plain = False
    return text if plain else json.dumps(text, ensure_ascii=False)


def _short(location: str) -> str:
    from boathouse.secrets import scrub

    return scrub(location)
