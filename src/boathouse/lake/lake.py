"""The zones of a lake and who lies where in them."""

from __future__ import annotations

import getpass
import json
import tempfile
from datetime import date
from pathlib import Path

from boathouse.errors import LakeError, MissingError, did_you_mean
from boathouse.lake.store import Store
from boathouse.lake.table import Table

FORMAT = 1
_MARK = "boathouse.json"


class Lake:
    """A lake at a folder or a bucket URL."""

    def __init__(self, root: str, options: dict[str, str] | None = None):
        self.store = Store(root, options)

    def prepare(self) -> None:
        """Writes the format version into a new lake. Raises LakeError where a newer Boathouse wrote this one."""
        try:
            found = self.store.read_json(_MARK)["format"]
        except FileNotFoundError:
            self.store.put_bytes(json.dumps({"format": FORMAT}).encode(), _MARK)
            return
        if found > FORMAT:
            raise LakeError(f"{self.store.root} has lake format {found}, this Boathouse reads {FORMAT}",
                            hint="pip install --upgrade boathouse")  # fmt: skip

    def datasets(self) -> list[str]:
        """Names of the datasets that have been published at least once."""
        return [name for name in self.store.folders("curated") if self.dataset(name).exists]

    def dataset(self, name: str, version: int | None = None) -> Table:
        """The curated table of this name, which need not exist yet."""
        return Table(self.store, f"curated/{name}", version)

    def published(self, name: str, version: int | None = None) -> Table:
        """The curated table of this name. Raises MissingError where nothing was published under it."""
        table = self.dataset(name, version)
        if not table.exists:
            known = self.datasets()
            listing = f"the datasets are {', '.join(known)}" if known else "boathouse run NAME publishes one"
            raise MissingError(f"no dataset {name!r}{did_you_mean(name, known)}", hint=listing)
        return table

    def quarantine(self, dataset: str) -> Table:
        return Table(self.store, f"quarantine/{dataset}")

    def records(self) -> Table:
        """The runs there have been, one row each."""
        return Table(self.store, "runs/records")

    def audit(self) -> Table:
        """What was asked of the API, one row each."""
        return Table(self.store, "runs/audit")

    def raw_path(self, source: str, day: date, item: str, content: str) -> str:
        """Where a batch lies as received: its name carries its content, so that nothing is overwritten."""
        folder, _, name = item.replace("\\", "/").rpartition("/")
        stem, dot, suffix = name.partition(".")
        middle = f"{folder}/" if folder else ""
        return f"raw/{source}/{day:%Y/%m/%d}/{middle}{stem}-{content[:12]}{dot}{suffix}"

    def run_path(self, kind: str, day: date, name: str) -> str:
        """Where a run's notebook or Data Docs lie (`kind`: notebooks, docs)."""
        return f"runs/{kind}/{day:%Y/%m/%d}/{name}"

    def scratch(self, run_id: str) -> Path:
        """This run's staging folder: on the lake's own disk, so that publishing is a rename, else a temporary one."""
        own = self.store.local("staging")
        base = own if own is not None else Path(tempfile.gettempdir()) / f"boathouse-{getpass.getuser()}"
        return base / run_id
