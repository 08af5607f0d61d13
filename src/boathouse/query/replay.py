"""A receipt put to the test: its query, run again on the versions that it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from boathouse.errors import BoathouseError
from boathouse.query.receipt import Receipt

_TIES = 3


@dataclass(frozen=True)
class Replay:
    """Whether a receipt holds, why it does not, and the receipt of the new run (None where it could not run)."""

    same: bool
    reason: str | None
    receipt: Receipt | None


def replay(old: Receipt, again: Callable[[], Receipt]) -> Replay:
    """Holds a receipt against that of another run of its query on its versions, which `again` makes."""
    try:
        new = again()
    except BoathouseError as error:
        return Replay(False, f"it cannot be run again: {error.message}", None)
    if old.id != old.sealed():
        return Replay(False, "the receipt was changed after it was made: its id is of other words", new)
    if new.digest == old.digest and _facts(new) != _facts(old):
        return Replay(False, "the same rows, but the receipt says other things of them than the lake does", new)
    if new.digest == old.digest and new.order_digest == old.order_digest:
        return Replay(True, None, new)
    if new.digest == old.digest:
        orders = {new.order_digest, *(again().order_digest for _ in range(_TIES))}
        if len(orders) > 1:
            return Replay(True, "the same rows; those that tie under ORDER BY come in any order", new)
        return Replay(False, "the same rows in another order", new)
    return Replay(False, _why(old, new), new)


def _facts(receipt: Receipt) -> list[Any]:
    """What a receipt says beside its rows' digest and can be held against the lake."""
    tables = [table.model_dump(exclude={"age_hours"}) for table in receipt.tables]
    return [receipt.rows, tables, receipt.policies, receipt.replayable, receipt.changing]


def _why(old: Receipt, new: Receipt) -> str:
    """The likeliest reason that the rows are others, the surest first."""
    if old.changing:
        return f"this query need not give the same answer twice: {', '.join(old.changing)}"
    if old.policies != new.policies:
        return "other policies apply to those roles today"
    if [(t.name, t.committed_at) for t in old.tables] != [(t.name, t.committed_at) for t in new.tables]:
        return "a dataset was made anew: its version of that number is another commit"
    rows = (
        f"{new.rows:,} rows, the receipt says {old.rows:,}" if new.rows != old.rows else "other values in the same number of rows"
    )
    if old.engine != new.engine:
        return f"{rows}; it ran on {old.engine}, this is {new.engine}"
    if old.python:
        return f"{rows}: the Python need not give the same answer twice, or the receipt or the files of that version were changed"
    return f"{rows}: the receipt or the files of that version were changed"
