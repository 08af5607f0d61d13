"""A dataset in the analyst's hands: its rows as pandas, Polars or Arrow, at any version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boathouse.lake import catalog

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow as pa

    from boathouse.query import Result
    from boathouse.query.policy import Policy
    from boathouse.widgets.dataset import DatasetView
    from boathouse.workbench import Workbench


@dataclass(frozen=True)
class Dataset:
    """A curated table, at its newest version or at the one that `at` names."""

    workbench: Workbench
    name: str
    version: int | None = None

    def at(self, version: int) -> Dataset:
        """The same dataset as it was at a version. Raises UsageError where there is no such version."""
        self.workbench.lake.published(self.name, version)
        return Dataset(self.workbench, self.name, version)

    def _select(self, tail: str = "") -> Result:
        from boathouse.engine import quote

        pinned = {self.name: self.version} if self.version is not None else None
        return self.workbench.sql(f"SELECT * FROM {quote(self.name)} {tail}", versions=pinned)

    def arrow(self) -> pa.Table:
        return self._select().arrow()

    def df(self) -> pandas.DataFrame:
        return self._select().df()

    def pl(self) -> polars.DataFrame:
        return self._select().pl()

    def __len__(self) -> int:
        return sum(file.rows for file in self.workbench.lake.published(self.name, self.version).files())

    @property
    def schema(self) -> dict[str, str]:
        """Its columns and their types."""
        table = self.workbench.lake.published(self.name, self.version)
        return {column["name"]: column["type"] for column in catalog.describe(self.name, table)["columns"]}

    def history(self) -> list[dict[str, Any]]:
        """Its commits, newest first: version, timestamp, operation, verdict, counts."""
        return self.workbench.lake.published(self.name).history()

    def quarantine(self) -> list[dict[str, Any]]:
        return self.workbench.quarantine(self.name, self.version)

    def show(self, *, role: str | Policy | None = None) -> DatasetView:
        """Everything known of it, to look at in JupyterLab and Voilà. Raises UsageError where ipywidgets is not installed."""
        return self.workbench.widget("dataset", "DatasetView", self.name, version=self.version, role=role)

    def _repr_html_(self) -> str:
        return self._select("LIMIT 20")._repr_html_()
