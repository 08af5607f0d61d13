"""Who may see what: the datasets of a caller's roles, the rows that are left of them and the columns that are masked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from boathouse.config import Role, SavedQuery
from boathouse.engine import quote
from boathouse.errors import AccessError, UsageError, did_you_mean
from boathouse.query.receipt import AppliedPolicy
from boathouse.query.snapshot import Snapshot

ALL = "everything"  # a role that every workbench has
_MASKS = {"null": "NULL", "hash": "md5({}::VARCHAR)", "first": "left({}::VARCHAR, 1) || '…'"}


@dataclass(frozen=True)
class Policy:
    """What some roles may see together: a row or cell that any of them sees. `everything` is the trusted user's; `only`
    narrows it to datasets by name, with `*` for any letters."""

    names: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    everything: bool = True
    only: tuple[str, ...] = ()

    @classmethod
    def of(cls, known: dict[str, Role], names: Sequence[str]) -> Policy:
        """Raises UsageError for a role that is none."""
        known = {ALL: Role.model_validate({"everything": True})} | known
        for name in names:
            if name not in known:
                guess = did_you_mean(name, known)
                raise UsageError(f"no role {name!r}{guess}", where="boathouse.toml", hint=f"add a table [roles.{name}]")
        roles = tuple(known[name] for name in names)
        return cls(tuple(names), roles, any(role.everything for role in roles))

    def narrowed(self, datasets: Sequence[str]) -> Policy:
        return replace(self, only=tuple(datasets))

    @property
    def unlimited(self) -> bool:
        """Whether raw files, quarantine, executed notebooks and Data Docs are theirs as well."""
        return self.everything and not self.only

    def must_see_all(self) -> None:
        """Raises AccessError for one who may not see rows as they came, past every policy."""
        if not self.unlimited:
            raise AccessError("this is for those who see everything", known=True, hint="it needs a role with everything = true")

    def visible(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if self._within(name) and (self.everything or self._seeing(name))]

    def _within(self, name: str) -> bool:
        return not self.only or any(fnmatchcase(name, pattern) for pattern in self.only)

    def may_ask(self, query: SavedQuery) -> bool:
        """Whether a saved query is one of theirs."""
        named = any(fnmatchcase(query.name, pattern) for role in self.roles for pattern in role.queries)
        return self.everything or named or bool(set(query.roles) & set(self.names))

    def may_open(self, dashboard: str) -> bool:
        """Whether a dashboard is one of theirs. What its tiles show is under the policy all the same."""
        return self.everything or any(fnmatchcase(dashboard, pattern) for role in self.roles for pattern in role.dashboards)

    def may_run(self, dataset: str) -> bool:
        """Whether they may run the pipeline of a dataset, push records and upload files for it."""
        if self.everything or not self.names:
            return self.everything and self._within(dataset)
        return any(role.run for role in self._seeing(dataset)) and self._within(dataset)

    def over(self, snapshot: Snapshot, select: str) -> str:
        """The SELECT without what they may not see: rows by the roles' conditions, cells by their masks."""
        applied = self.applied([snapshot.name])
        if not applied:
            return select
        roles = self._seeing(snapshot.name)
        masks = [f"{self._cell(column, snapshot, roles)} AS {quote(column)}" for column in applied[0].masked]
        chosen = f"* REPLACE ({', '.join(masks)})" if masks else "*"
        where = f" WHERE {_any(roles, snapshot.name)}" if applied[0].rows_filtered else ""
        return f"SELECT {chosen} FROM ({select}){where}"

    def applied(self, names: Iterable[str]) -> list[AppliedPolicy]:
        """Where rows are filtered and which columns are masked, never by what."""
        found = []
        for name in names:
            roles = [] if self.everything else self._seeing(name)
            filtered = bool(roles) and all(name in role.rows for role in roles)
            named = {column for role in roles for column in role.masks.get(name, {})}
            masked = sorted(column for column in named if not any(_open(role, name, column) for role in roles))
            if filtered or masked:
                found.append(AppliedPolicy(dataset=name, rows_filtered=filtered, masked=masked))
        return found

    def _seeing(self, name: str) -> list[Role]:
        return [role for role in self.roles if any(fnmatchcase(name, pattern) for pattern in role.datasets)]

    def _cell(self, column: str, snapshot: Snapshot, roles: list[Role]) -> str:
        """A masked cell, but for the rows in which one of the roles sees it. It keeps the column's type, and is empty
        where its value does not fit."""
        cases = []
        for role in sorted(roles, key=lambda role: column in role.masks.get(snapshot.name, {})):  # who sees it comes first
            mask = role.masks.get(snapshot.name, {}).get(column)
            cell = quote(column) if mask is None else _MASKS[mask].format(quote(column)) if mask in _MASKS else f"({mask}\n)"
            kept = cell if mask is None else f"TRY_CAST({cell} AS {snapshot.columns[column]})"
            cases.append(f"WHEN {_any([role], snapshot.name)} THEN {kept}")
        return f"CASE {' '.join(cases)} END"


def _open(role: Role, name: str, column: str) -> bool:
    """Whether a role sees this column in every row."""
    return name not in role.rows and column not in role.masks.get(name, {})


def _any(roles: Iterable[Role], name: str) -> str:
    """The rows that any of these roles sees."""
    return "(" + " OR ".join(f"({role.rows[name]}\n)" if name in role.rows else "true" for role in roles) + ")"


EVERYTHING = Policy()
