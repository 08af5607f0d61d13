"""The workbench: the verbs that the command line, the API, notebooks and widgets call."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boathouse import clock, progress
from boathouse.config import Pipeline, SavedQuery, find_root, load_pipeline, load_query, load_workbench
from boathouse.errors import BoathouseError, MissingError, UsageError, did_you_mean, first_line
from boathouse.lake import Lake, catalog, quarantine, records
from boathouse.lake.records import RunRecord

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow as pa

    from boathouse.config import QueryLimits
    from boathouse.draft import Draft
    from boathouse.ingest import Road
    from boathouse.query import Reader, Result
    from boathouse.query.policy import Policy
    from boathouse.query.receipt import Receipt
    from boathouse.query.replay import Replay
    from boathouse.run.runner import Report


class Workbench:
    """A folder with a boathouse.toml, its pipelines and its lake."""

    def __init__(self, folder: Path | str | None = None, *, environment: str | None = None):
        self.root, self.environment = find_root(folder), environment
        self.config = load_workbench(self.root, environment)
        self.tz = clock.zone(self.config.timezone)

    @cached_property
    def lake(self) -> Lake:
        lake = self.config.lake
        root = lake if "://" in lake else str(self.root / Path(lake).expanduser())
        return Lake(root, self.config.storage)

    def __repr__(self) -> str:
        return f"<boathouse workbench {self.root}, lake {self.lake.store.root}>"

    # pipelines

    def pipelines(self) -> list[str]:
        """Names of the pipelines, sorted."""
        return sorted(path.stem for path in (self.root / "pipelines").glob("*.yml"))

    def pipeline(self, name: str) -> Pipeline:
        """One pipeline. Raises UsageError where there is none, or where its file is wrong."""
        known = self.pipelines()
        if name not in known:
            listing = f"the pipelines are {', '.join(known)}" if known else "boathouse add NAME --from LOCATION writes one"
            raise MissingError(f"no pipeline {name!r}{did_you_mean(name, known)}", hint=listing)
        return load_pipeline(self.root / "pipelines" / f"{name}.yml")

    def add(self, name: str, location: str, options: dict[str, Any] | None = None, *, replace: bool = False) -> Draft:
        """Looks at the whole source and writes pipelines/NAME.yml and expectations/NAME.json.
        Raises UsageError where they are there already and `replace` is not set."""
        import tempfile

        from boathouse.draft import draft
        from boathouse.engine import Engine
        from boathouse.sources.files import located

        today = clock.now(self.tz).date()
        files = self.root / "pipelines" / f"{name}.yml", self.root / "expectations" / f"{name}.json"
        if not name.isidentifier() or not name.isascii():
            raise UsageError(f"{name!r} cannot name a pipeline", hint="use letters, digits and _")
        if not replace and (there := [file for file in files if file.exists()]):
            raise UsageError(f"{there[0]} is there already", hint=f"edit it, or: boathouse add {name} --replace …")
        with tempfile.TemporaryDirectory(prefix="boathouse-add-") as scratch:
            engine = Engine(self.config.limits, Path(scratch))
            try:
                made = draft(name, located(location, self.root, today), options or {}, engine, self.root, today)
            finally:
                engine.close()
        for file, text in zip(files, (made.pipeline, made.suite), strict=True):
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return made

    def add_all(self, prefix: str, location: str, options: dict[str, Any] | None = None, *, replace: bool = False) -> list[Draft]:
        """`add` for every table and view of a database; each is named after its table, behind `prefix` where one is given."""
        from boathouse.names import normal
        from boathouse.sources.database import connect, tables
        from boathouse.sources.files import located

        location = located(location, self.root, clock.now(self.tz).date())
        return [
            self.add(f"{prefix}{normal(table.replace('.', '_'))}", location, {**(options or {}), "table": table}, replace=replace)
            for table in tables(connect(location, self.root))
        ]

    # runs

    def run(
        self, *names: str, date: str | date | None = None, again: bool = False, check: bool = False,
        limit: int | None = None, debug: bool = False, report: Report | None = None,
    ) -> list[RunRecord]:  # fmt: skip
        """Runs pipelines by their notebooks; no name runs them all. Returns their records, failed ones too.
        `again` reprocesses what lies in the raw zone, `check` publishes nothing, `limit` bounds the batches of a run."""
        from boathouse.run.runner import Runner, RunOptions

        if not (names or self.pipelines()):
            raise UsageError("there is no pipeline to run", hint="boathouse add NAME --from LOCATION")
        wanted, broken = [], []
        for name in names or self.pipelines():
            try:
                wanted.append(self.pipeline(name))
            except UsageError as error:
                if names:
                    raise
                broken.append(RunRecord.broken(name, clock.now(self.tz), error.render()))
        options = RunOptions(self._day(date), again, check, limit, debug)
        return Runner(self, report).run(wanted, options) + broken

    def road(
        self, pipeline: str, *, date: str | date | None = None, again: bool = False, check: bool = False,
        limit: int | None = None, run_id: str | None = None, report: progress.Reporter | None = None, debug: bool = False,
    ) -> Road:  # fmt: skip
        """A run in this very process, to be taken step by step: what the notebook does."""
        from boathouse.ingest import Road

        name = run_id or f"{clock.now(self.tz).astimezone(UTC):%Y%m%dT%H%M%S}-{pipeline}-{uuid.uuid4().hex[:8]}"
        road = Road(self.pipeline(pipeline), self.lake, self.root, self.config.limits, self.tz, name, self._day(date),
                    again=again, check=check, limit=limit, report=report, debug=debug)  # fmt: skip
        if run_id and not check:
            road.record.notebook = self.lake.run_path("notebooks", road.day, f"{run_id}.ipynb")
        return road

    def runs(self, pipeline: str | None = None) -> list[dict[str, Any]]:
        """Records of the runs there have been, newest first."""
        return records.read(self.lake, pipeline)

    def _day(self, day: str | date | None) -> date:
        return clock.logical_date(day, self.tz) if day is None or isinstance(day, str) else day

    # reading

    @cached_property
    def reader(self) -> Reader:
        """The one way to read: a locked engine over the datasets."""
        from boathouse.query import Reader

        return Reader(self.lake, self.config.limits)

    def sql(
        self, sql: str, parameters: Sequence[Any] | dict[str, Any] | None = None, *, versions: dict[str, int] | None = None,
        limits: QueryLimits | None = None, role: str | None = None,
    ) -> Result:  # fmt: skip
        """The result of one SELECT over the datasets; `versions` pins some of them to an older version, `limits` bound its
        time and its rows, `role` shows what that role would see."""
        return self.reader.sql(sql, parameters, versions, limits, self.policy(role))

    def policy(self, *roles: str | None) -> Policy:
        """What these roles may see together; no role at all sees everything. Raises UsageError for one that is none."""
        from boathouse.query.policy import EVERYTHING, Policy

        named = [role for role in roles if role is not None]
        return Policy.of(self.config.roles, named) if named else EVERYTHING

    def queries(self) -> list[SavedQuery]:
        """The saved queries, by name. Raises UsageError for a file that is wrong."""
        return [load_query(path) for path in sorted((self.root / "queries").glob("*.sql"))]

    def query(
        self, name: str, parameters: dict[str, Any] | None = None, *, limits: QueryLimits | None = None, role: str | None = None
    ) -> Result:
        """The result of a saved query. Raises UsageError where there is none that the role may ask, or a value is wrong."""
        from boathouse.query.saved import bound

        policy = self.policy(role)
        known = {query.name: query for query in self.queries() if policy.may_ask(query)}
        if name not in known:
            listing = f"the queries are {', '.join(known)}" if known else "write queries/NAME.sql"
            raise MissingError(f"no query {name!r}{did_you_mean(name, known)}", hint=listing)
        return self.reader.sql(*bound(known[name], parameters or {}, self.reader.cursor()), limits=limits, policy=policy)

    def replay(self, receipt: Receipt | dict[str, Any] | Path | str) -> Replay:
        """Runs a receipt's query again on the versions that it names. Raises UsageError for what is no receipt."""
        from boathouse.query.receipt import Receipt
        from boathouse.query.replay import replay

        if isinstance(receipt, Path | str):
            try:
                receipt = Receipt.load(Path(receipt).read_bytes(), str(receipt))
            except OSError as error:
                raise UsageError(f"the receipt cannot be read: {first_line(error)}", hint="name its JSON file") from error
        old = receipt if isinstance(receipt, Receipt) else Receipt.load(receipt)
        return replay(self.reader, old, self.policy(*old.roles))

    def __getitem__(self, name: str) -> Dataset:
        """A dataset. Raises UsageError where nothing was published under this name."""
        self.lake.published(name)
        return Dataset(self, name)

    def datasets(self) -> list[str]:
        return self.lake.datasets()

    def catalog(self, name: str | None = None) -> list[dict[str, Any]]:
        """What there is and what is known of it; one dataset where it is named."""
        texts = self._descriptions()
        names = [name] if name else self.lake.datasets()
        return [catalog.describe(self.lake, each, texts.get(each)) for each in names]

    def _descriptions(self) -> dict[str, dict[str, str]]:
        """Descriptions by dataset, of its columns and under '' of itself; a pipeline that is wrong gives none."""
        texts: dict[str, dict[str, str]] = {}
        for name in self.pipelines():
            try:
                pipeline = self.pipeline(name)
            except BoathouseError:
                continue
            mine = {column: spec.description for column, spec in pipeline.columns.items() if spec.description}
            texts[pipeline.dataset_name] = mine | ({"": pipeline.description} if pipeline.description else {})
        return texts

    def quarantine(self, name: str) -> list[dict[str, Any]]:
        """The rows kept out of a dataset by the batches that it stands on."""
        if name not in self.pipelines():
            self.lake.published(name)
        else:
            name = self.pipeline(name).dataset_name
        return quarantine.read(self.lake, name, self.lake.dataset(name))

    def restore(self, name: str, version: int) -> int:
        """Makes an old version the current one, as a new version, whose number is returned."""
        table = self.lake.published(name)
        if not 0 <= version <= (table.version or 0):
            raise UsageError(f"{name} has no version {version}", hint=f"its versions are 0 to {table.version}")
        if version == table.version:
            raise UsageError(f"{name} is at version {version} already", hint=f"boathouse catalog {name}")
        earlier = next((entry for entry in table.history() if entry["version"] == version), {})
        kept = {key: earlier[key] for key in ("verdict", "pipeline") if key in earlier}
        return table.restore(version, kept | {"restored": version})

    def doctor(self) -> list[tuple[str, bool, str]]:
        """What is installed, reachable and configured: (what, whether it is well, what was found)."""
        from boathouse.doctor import examine

        return examine(self)


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
        return {column["name"]: column["type"] for column in catalog.describe_table(self.name, table, {})["columns"]}

    def history(self) -> list[dict[str, Any]]:
        """Its commits, newest first: version, timestamp, operation, verdict, counts."""
        return self.workbench.lake.published(self.name).history()

    def quarantine(self) -> list[dict[str, Any]]:
        return self.workbench.quarantine(self.name)

    def _repr_html_(self) -> str:
        return self._select("LIMIT 20")._repr_html_()
