"""What may leave the house: the one place that decides what a model is told. Schema and metadata; sample values only of the
datasets that boathouse.toml opens, masked columns never."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from boathouse.ask.documents import relevant
from boathouse.ask.knowledge import Knowledge
from boathouse.ask.meanings import Dataset
from boathouse.ask.protocol import Context
from boathouse.ask.verified import read
from boathouse.config import Pipeline

_SAMPLES, _VERIFIED = 12, 20
_ERRORS = {"AttributeError", "CodeExecutionError", "ExecuteSQLQueryNotUsed", "ImportError", "IndexError", "InvalidOperation",
           "InvalidOutputValueMismatch", "KeyError", "MemoryError", "MergeError", "ModuleNotFoundError", "NameError", "NoCodeFoundError",
           "NoResultFoundError", "NotImplementedError", "OSError", "OverflowError", "PermissionError", "RuntimeError", "SyntaxError",
           "TypeError", "UnboundLocalError", "ValueError", "ZeroDivisionError"}  # fmt: skip


def told(context: Context, question: str) -> dict[str, Any]:
    """All that a model learns beside the question, to be sent as one JSON object, so that no text in it can pass for anything
    but data."""
    known, policy, root = context.known, context.policy, context.wb.root
    entries = {entry["name"]: entry for entry in context.wb.catalog(role=policy)}
    pipelines = {name: context.wb.publisher(name) for name in known.datasets}
    masked = {applied.dataset: set(applied.masked) for applied in policy.applied(known.datasets)}
    opened = [name for name in known.datasets if _is_open(context, name)]
    open_to_all = policy.unlimited  # documents and the glossary are nobody's rows, but nobody's policy holds in them either
    passages = relevant(root, question, known.lexicon) if open_to_all else []
    shown = [
        one for one in read(root) if (of := context.wb.reader.reads(one.sql)) and is_opened(context, of)
    ]  # its SQL names values
    samples = _samples(known, {name: masked.get(name, set()) for name in opened})
    return {
        "today": str(known.today),
        "datasets": [_dataset(d, entries[d.name], pipelines[d.name], samples) for d in known.datasets.values()],
        "relations": [f"{r.child}.{r.column} names a row of {r.parent} by {r.key}{' (found, not declared)' if r.found else ''}"
                      for r in known.relations],
        "metrics": [_said({"name": metric, "dataset": name, **spec.model_dump()})
                    for name, pipeline in pipelines.items() if pipeline for metric, spec in pipeline.metrics.items()],
        "glossary": known.glossary if open_to_all else {},
        "verified_questions": [{"question": one.ask, "sql": one.sql} for one in shown[:_VERIFIED]],
        "documents": [{"from": passage.source, "text": passage.text} for passage in passages],
    }  # fmt: skip


def is_opened(context: Context, datasets: Sequence[str]) -> bool:
    """Whether rows of all these may be told: boathouse.toml opens them, and no column of theirs is masked for the asker."""
    masked = {applied.dataset for applied in context.policy.applied(datasets) if applied.masked}
    return all(_is_open(context, name) and name not in masked for name in datasets)


def mending(kind: str, message: str, *, closed: bool) -> str:
    """What a model is told of an error of its code. Once that has read rows which stay in the house, only which of Python's and
    pandas' errors it was: its words may quote a cell."""
    if closed:
        shown = f"{kind if kind in _ERRORS else 'an error'} (its words may quote data, so they are not told)"
    else:
        shown = f"{kind}: {message[:1_000]}"
    return f"That does not work: {shown}. Write the whole code again."


def _is_open(context: Context, dataset: str) -> bool:
    return any(fnmatchcase(dataset, one) for one in context.wb.config.ask.values)


def _said(what: dict[str, Any]) -> dict[str, Any]:
    """Without what nobody said."""
    return {key: value for key, value in what.items() if value not in (None, [])}


def _dataset(
    dataset: Dataset, entry: dict[str, Any], pipeline: Pipeline | None, samples: dict[tuple[str, str], list[str]]
) -> dict[str, Any]:
    columns = []
    for column in entry["columns"]:
        spec = dataset.columns[column["name"]]
        own = pipeline.columns.get(column["name"]) if pipeline else None
        columns.append(_said({"name": column["name"], "type": column["type"], "description": column["description"],
                              "unit": spec.unit, "synonyms": own.synonyms if own else [],
                              "some_values": samples.get((dataset.name, column["name"]))}))  # fmt: skip
    return {"name": dataset.name, "description": entry["description"],
            "synonyms": pipeline.synonyms if pipeline else [], "key": dataset.key, "time": dataset.time,
            "verdict": entry["verdict"], "updated_at": entry["updated_at"], "columns": columns}  # fmt: skip


def _samples(known: Knowledge, opened: dict[str, set[str]]) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for values in known.values.values():
        for value in values:
            column = value.columns[0]
            if len(value.columns) == 1 and column.dataset in opened and column.name not in opened[column.dataset]:
                some = found.setdefault((column.dataset, column.name), [])
                if len(some) < _SAMPLES:
                    some.append(value.values[0])
    return found
