"""The proof behind a result: what ran, on which versions of which datasets, and a digest of the rows it gave."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from boathouse import __version__
from boathouse.errors import UsageError, first_line
from boathouse.query.digest import Digest
from boathouse.query.snapshot import Snapshot


@dataclass
class Asked:
    """A query as it was run: everything of a receipt but its result."""

    sql: str
    parameters: Any
    ordered: bool
    changing: list[str]
    tables: list[Snapshot]
    roles: tuple[str, ...]
    policies: list[AppliedPolicy]
    at: datetime
    python: str | None = None
    runs: str = ""  # what ran that Python, and its versions


def audited(*asked: Asked) -> dict[str, Any]:
    """For the audit log: what was asked, of which datasets, under which policies. Several queries are those of one answer."""
    parameters = [one.parameters for one in asked if one.parameters]
    policies = {policy.dataset: policy.model_dump() for one in asked for policy in one.policies}
    return {
        "sql": ";\n".join(one.sql for one in asked),
        "parameters": json.dumps(parameters[0], default=str) if parameters else None,
        "datasets": json.dumps({table.name: table.version for one in asked for table in one.tables}),
        "policies": json.dumps(list(policies.values())),
    }


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReadTable(_Part):
    """A dataset that the query read, as it was then."""

    name: str
    version: int = Field(ge=0)
    committed_at: datetime
    age_hours: float = Field(description="Hours between that commit and the query.")
    rows: int | None = Field(description="Rows of the whole dataset; null where a policy hides some.")
    verdict: str | None = Field(description="What the suite said of its latest batch.")


class AppliedPolicy(_Part):
    """That a policy narrowed a dataset; never by which rule."""

    dataset: str
    rows_filtered: bool
    masked: list[str]


class Receipt(_Part):
    """A Boathouse receipt, version 1."""

    receipt: Literal[1] = 1
    id: str = Field(description="Of everything but engine, boathouse and asked_at: the same proof has the same id.")
    sql: str
    parameters: list[Any] | dict[str, Any] | None
    tables: list[ReadTable]
    roles: list[str] = Field(description="The roles that asked; none where everything may be seen.")
    policies: list[AppliedPolicy]
    rows: int = Field(ge=0, description="Rows of the result.")
    cut_at: int | None = Field(description="The row limit that cut the result.")
    digest_scheme: Literal["rows-1"] = "rows-1"
    digest: str = Field(description="Of the rows, whatever their order.")
    order_digest: str | None = Field(description="Of the rows in their order, where the query orders them.")
    replayable: bool
    changing: list[str] = Field(description="What in the query need not give the same answer twice.")
    python: str | None = Field(
        None,
        description="The Python that made the rows of what its queries gave, where a model wrote some; `sql` is the last of those.",
    )
    engine: str
    boathouse: str
    asked_at: datetime

    @classmethod
    def of(cls, asked: Asked, digest: Digest, cut_at: int | None) -> Receipt:
        """The receipt of a result that has been read. `cut_at` is the row limit that cut it."""
        hidden = {policy.dataset for policy in asked.policies}
        changing = list(asked.changing)
        if cut_at is not None and not asked.ordered:
            changing.append(f"cut at {cut_at:,} rows without ORDER BY")
        proof = {
            "sql": asked.sql, "parameters": json.loads(json.dumps(asked.parameters, default=str)),
            "tables": [_table(snapshot, asked.at, snapshot.name in hidden) for snapshot in asked.tables],
            "roles": list(asked.roles), "policies": asked.policies, "rows": digest.rows, "cut_at": cut_at,
            "digest": digest.value(), "order_digest": digest.order(), "replayable": not changing, "changing": changing, "python": asked.python,
        }  # fmt: skip
        made = cls(
            id="",
            **proof,
            engine=f"duckdb {duckdb.__version__}{asked.runs and ', '}{asked.runs}",
            boathouse=__version__,
            asked_at=asked.at,
        )
        return made.model_copy(update={"id": made.sealed()})

    def sealed(self) -> str:
        """The id that its content has: another than the one it bears where it was changed."""
        kept = self.model_dump(mode="json", exclude={"id", "engine", "boathouse", "asked_at"})
        for table in kept["tables"]:
            del table["age_hours"]
        if self.python is None:  # so that a receipt of before keeps its id
            del kept["python"]
        return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:20]

    @classmethod
    def told(cls, given: Receipt | dict[str, Any] | Path | str) -> Receipt:
        """A receipt, its JSON, or the file that it is in. Raises UsageError for what is none."""
        if isinstance(given, Path | str):
            try:
                return cls.load(Path(given).read_bytes(), str(given))
            except OSError as error:
                raise UsageError(f"the receipt cannot be read: {first_line(error)}", hint="name its JSON file") from error
        return given if isinstance(given, Receipt) else cls.load(given)

    @classmethod
    def load(cls, given: str | bytes | dict[str, Any], where: str | None = None) -> Receipt:
        """A receipt from its JSON. Raises UsageError for what is none."""
        try:
            return cls.model_validate(given) if isinstance(given, dict) else cls.model_validate_json(given)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise UsageError(f"no receipt: {place + ': ' if place else ''}{first['msg']}", where=where,
                             hint="boathouse sql … --receipt FILE writes one") from error  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json")

    def save(self, path: Path | str) -> None:
        """Writes it as a JSON file."""
        try:
            Path(path).write_text(json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"the receipt cannot be written: {first_line(error)}", hint="name a file in a folder that exists"
            ) from error

    def __str__(self) -> str:
        """One line, to stand under a table."""
        tables = ", ".join(f"{t.name} v{t.version} ({t.verdict or 'no verdict'})" for t in self.tables) or "no dataset"
        cut = f", cut at {self.cut_at:,}" if self.cut_at else ""
        policy = " · a policy applied" if self.policies else ""
        again = "" if self.replayable else f" · need not repeat itself: {', '.join(self.changing)}"
        python = " · made by Python in the jail" if self.python else ""
        return f"receipt {self.id[:8]} · {tables} · {self.rows:,} row{'' if self.rows == 1 else 's'}{cut} · {self.digest[:8]}{python}{policy}{again}"


def _table(snapshot: Snapshot, at: datetime, hidden: bool) -> ReadTable:
    """A count of all rows would tell what a policy hides."""
    age = max(0.0, round((at - snapshot.committed_at.astimezone(UTC)).total_seconds() / 3600, 1))
    return ReadTable(name=snapshot.name, version=snapshot.version, committed_at=snapshot.committed_at, age_hours=age,
                     rows=None if hidden else snapshot.rows, verdict=snapshot.verdict)  # fmt: skip
