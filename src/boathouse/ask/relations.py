"""How datasets hang together: the relations that pipelines declare, and those that names and values show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from boathouse.ask.meanings import Column, Relation
from boathouse.config import Pipeline
from boathouse.engine import quote
from boathouse.query.policy import Policy

if TYPE_CHECKING:
    from boathouse.ask.knowledge import Knowledge
    from boathouse.workbench import Workbench

_ORPHANS = 0.05  # share of the cells that may name a row that is not there


def find(wb: Workbench, policy: Policy, known: Knowledge, pipelines: Mapping[str, Pipeline | None]) -> list[Relation]:
    """The declared relations, then for every other column the key of the one dataset that it is named after and lies in."""
    found = [one for one in _declared(known, pipelines) if _names_one(wb, policy, known, one)]
    taken = {(relation.child, relation.column) for relation in found}
    for child in known.datasets.values():
        for column in child.columns.values():
            if (child.name, column.name) in taken:
                continue
            named = [key for key in _keys(known) if key.dataset != child.name and _named_after(known, column, key)]
            home = [key for key in named if _at_home(known, key)] or named
            if len(home) == 1 and not (column.unique and _at_home(known, column)):
                as_text = column.kind != home[0].kind
                one = Relation(child.name, column.name, home[0].dataset, home[0].name, as_text=as_text)
                found += [one] if _lies_in(wb, policy, one) else []
    return [replace(one, covers=_covers(wb, policy, one)) for one in found]


def _names_one(wb: Workbench, policy: Policy, known: Knowledge, one: Relation) -> bool:
    """Whether the key is one: a join by another would count rows twice."""
    if known.datasets[one.parent].columns[one.key].unique:
        return True
    asked = f"SELECT count({quote(one.key)}) = count(DISTINCT {quote(one.key)}) AS single FROM {quote(one.parent)}"
    return bool(wb.sql(asked, role=policy).rows()[0]["single"])


def _covers(wb: Workbench, policy: Policy, one: Relation) -> bool:
    """Whether no row of the parent goes unnamed."""
    asked = f"SELECT count(*) FROM {quote(one.parent)} AS parent ANTI JOIN {quote(one.child)} AS child ON {one.on('child', 'parent')} WHERE parent.{quote(one.key)} IS NOT NULL"
    return wb.sql(asked, role=policy).arrow()[0][0].as_py() == 0


def _declared(known: Knowledge, pipelines: Mapping[str, Pipeline | None]) -> Iterator[Relation]:
    """A relation to what the caller may not see is none for them."""
    for name, pipeline in pipelines.items():
        for column, target in (pipeline.relations if pipeline else {}).items():
            parent, _, key = target.partition(".")
            if parent in known.datasets and column in known.datasets[name].columns:
                own = key or next(iter(known.datasets[parent].key), column)
                if there := known.datasets[parent].columns.get(own):
                    as_text = known.datasets[name].columns[column].kind != there.kind
                    yield Relation(name, column, parent, own, found=False, as_text=as_text)


def _keys(known: Knowledge) -> Iterator[Column]:
    return (
        c
        for dataset in known.datasets.values()
        for c in dataset.columns.values()
        if c.unique and (c.is_key or (c.name,) == dataset.key)
    )


def _named_after(known: Knowledge, column: Column, key: Column) -> bool:
    if not {column.kind, key.kind} <= {"text", "number"} and column.kind != key.kind:
        return False
    if key.name in ("id", "key", "code", "number", "no"):
        return _stems(known, column.name) == _stems(known, f"{key.dataset}_{key.name}")
    # or what the row is to it: start_station_id
    return (
        column.name == key.name
        or column.name.endswith(f"_{key.name}")
        or _stems(known, column.name) == _stems(known, f"{key.dataset}_{key.name}")
    )


def _at_home(known: Knowledge, key: Column) -> bool:
    """Whether a key is named after its own dataset: customers.customer_id, or plainly id."""
    own = _stems(known, key.dataset)
    parts = _stems(known, key.name)
    return len(parts) == 1 or parts[: len(own)] == own


def _stems(known: Knowledge, name: str) -> list[str]:
    return [known.lexicon.stem(part) for part in name.lower().split("_")]


def _lies_in(wb: Workbench, policy: Policy, one: Relation) -> bool:
    own = quote(one.column)
    orphan = f"NOT EXISTS (SELECT 1 FROM {quote(one.parent)} AS parent WHERE {one.on('named', 'parent')})"
    asked = (
        f"SELECT count(*) FILTER (WHERE {orphan}) AS orphans, count(*) AS n "
        f"FROM (SELECT DISTINCT {own} FROM {quote(one.child)} WHERE {own} IS NOT NULL) AS named"
    )
    [row] = wb.sql(asked, role=policy).rows()
    return bool(row["n"]) and row["orphans"] <= _ORPHANS * row["n"]
