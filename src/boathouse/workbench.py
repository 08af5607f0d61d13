"""The workbench: the verbs that the command line, the API, notebooks and widgets call."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import uuid
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from boathouse import clock, progress, viewer
from boathouse.config import Pipeline, SavedQuery, find_root, load_pipeline, load_query, load_workbench
from boathouse.config.workbench import in_bytes
from boathouse.dataset import Dataset
from boathouse.errors import AccessError, BoathouseError, MissingError, UsageError, did_you_mean
from boathouse.lake import Lake, audit, quarantine, records
from boathouse.lake.catalog import Catalog
from boathouse.lake.records import RunRecord
from boathouse.lake.tables import Tables

if TYPE_CHECKING:
    from boathouse.ask import Answer, Asker, Conversation
    from boathouse.ask.asking import Run
    from boathouse.ask.evaluate import Evaluation
    from boathouse.ask.feedback import Thumb
    from boathouse.config import QueryLimits
    from boathouse.draft import Draft, Types
    from boathouse.ingest import Road
    from boathouse.lake.keys import Key
    from boathouse.query import Reader, Result
    from boathouse.query.policy import Policy
    from boathouse.query.receipt import Receipt
    from boathouse.query.replay import Replay
    from boathouse.query.rows import Wanted
    from boathouse.run.runner import Report
    from boathouse.widgets.catalog import Catalog as CatalogView
    from boathouse.widgets.chat import Chat
    from boathouse.widgets.running import Running
    from boathouse.widgets.wizard import Wizard


# (sql, parameters, versions, limits, policy) → the receipt of its run
Again = Callable[[str, Any, dict[str, int], "QueryLimits", "Policy"], "Receipt"]


class Workbench:
    """A folder with a boathouse.toml, its pipelines and its lake."""

    def __init__(self, folder: Path | str | None = None, *, environment: str | None = None):
        self.root, self.environment = find_root(folder), environment
        self.config = load_workbench(self.root, environment)
        self.tz = clock.zone(self.config.timezone)
        self._loaded: dict[str, tuple[int, Pipeline]] = {}  # pipelines by name, each with the time its file was saved

    @cached_property
    def lake(self) -> Lake:
        lake = self.config.lake
        root = lake if "://" in lake else str(self.root / Path(lake).expanduser())
        return Lake(root, self.config.storage)

    @cached_property
    def tables(self) -> Tables:
        """The datasets' newest tables."""
        return Tables(self.lake)

    @cached_property
    def _catalog(self) -> Catalog:
        return Catalog(self.tables)

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
        path = self.root / "pipelines" / f"{name}.yml"
        saved = path.stat().st_mtime_ns
        if self._loaded.get(name, (0, None))[0] != saved:
            self._loaded[name] = saved, load_pipeline(path)
        return self._loaded[name][1]

    def add(self, name: str, location: str, options: dict[str, Any] | None = None, *, replace: bool = False) -> Draft:
        """Looks at the whole source and writes pipelines/NAME.yml and expectations/NAME.json.
        Raises UsageError where they are there already and `replace` is not set."""
        from boathouse.draft import files

        files.named(self.root, name, replace=replace)
        made = self.draft(name, location, options)
        self.keep(made, replace=replace)
        return made

    def draft(self, name: str, location: str, options: dict[str, Any] | None = None, *, types: Types | None = None) -> Draft:
        """What `add` would write, to be corrected before it is kept; `types` are those of columns that are known better, each a type
        or all that the pipeline's file may say of a column."""
        import tempfile

        from boathouse.draft import draft, files
        from boathouse.engine import Engine
        from boathouse.sources.files import located

        today = clock.now(self.tz).date()
        files.named(self.root, name, replace=True)
        self._may_look(location)
        with tempfile.TemporaryDirectory(prefix="boathouse-add-") as scratch:
            engine = Engine(self.config.limits, Path(scratch))
            try:
                return draft(name, located(location, self.root, today), options or {}, engine, self.root, today, types)
            finally:
                engine.close()

    def _may_look(self, location: str) -> None:
        """Raises AccessError for a viewer of a served page who wants anything but a file of silos/: no other file of the disk, and
        nothing that this machine alone can reach, goes through a page."""
        silos = (self.root / "silos").resolve()
        if not viewer.is_here() and ("://" in location or silos not in (self.root / location).resolve().parents):
            raise AccessError(
                "from here, a source is a file that you upload", known=True, hint="for any other: boathouse add, or JupyterLab"
            )

    def keep(self, draft: Draft, *, replace: bool = False, over: Draft | None = None) -> None:
        """Writes a draft's files. Raises UsageError where they are there already and `replace` is not set, unless they are those of
        the draft `over` and nobody has changed them."""
        from boathouse.draft import files

        files.keep(self.root, draft, replace=replace or (over is not None and self.is_kept(over, draft.name)))

    def is_kept(self, draft: Draft, name: str) -> bool:
        """Whether the files of a pipeline are those that `keep` wrote for this draft."""
        from boathouse.draft import files

        return files.are_of(self.root, draft, name)

    def take(self, filename: str, content: bytes, *, over: str = "") -> str:
        """Keeps a file in silos/ for a pipeline to read; its path within the workbench. Raises UsageError where another file has
        this name, unless it is the one whose SHA-256 is `over`."""
        from boathouse.ingest import inbox

        return inbox.take(self.root, filename, content, over)

    def fetch(self, url: str) -> str:
        """Brings a file of the web (http, https) into silos/ for a pipeline to read; its path within the workbench. Raises SourceError
        where it cannot be had, UsageError where another file has its name, AccessError for a viewer of a served page."""
        from boathouse.ingest import inbox

        self._may_look(url)
        if not url.startswith(("http://", "https://")):
            raise UsageError(f"{url!r} is no address of the web", hint="https://…")
        return inbox.fetch(self.root, url, in_bytes(self.config.api.uploads))

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
        return self.run_records.read(pipeline=pipeline)

    def schedule(self) -> list[dict[str, Any]]:
        """The pipelines that have a schedule: when each ran last, when it is due next, and since when it is overdue."""
        from boathouse.schedule import due

        found, now = [], clock.now(self.tz)
        for name in self.pipelines():
            with contextlib.suppress(UsageError):  # a file that is wrong is told by its run
                pipeline = self.pipeline(name)
                if pipeline.schedule and self.viewer.visible([pipeline.dataset_name]):
                    found.append({"pipeline": name, **due(pipeline.schedule, self.runs(name), now)})
        return found

    @cached_property
    def run_records(self) -> records.Records:
        return records.Records(self.lake)

    def push(self, name: str, body: bytes) -> tuple[str, int]:
        """Keeps records for a pipeline of `type: push` until its next run: (the item's name, how many)."""
        from boathouse.ingest import inbox

        return inbox.push(self.pipeline(name), self.root, self._day(None), body)

    def upload(self, name: str, filename: str, body: BinaryIO) -> str:
        """Puts a file where a pipeline reads it in its next run; one of the same name is replaced."""
        from boathouse.ingest import inbox

        return inbox.upload(self.pipeline(name), self.root, self._day(None), filename, body, in_bytes(self.config.api.uploads))

    def _day(self, day: str | date | None) -> date:
        return clock.logical_date(day, self.tz) if day is None or isinstance(day, str) else day

    # reading

    @cached_property
    def reader(self) -> Reader:
        """The one way to read: a locked engine over the datasets."""
        from boathouse.query import Reader

        return Reader(self.tables, self.config.limits)

    def sql(
        self, sql: str, parameters: Sequence[Any] | dict[str, Any] | None = None, *, versions: dict[str, int] | None = None,
        limits: QueryLimits | None = None, role: str | Policy | None = None,
    ) -> Result:  # fmt: skip
        """The result of one SELECT over the datasets; `versions` pins some of them to an older version, `limits` bound its
        time and its rows, `role` (its name, or a policy) shows what that role would see."""
        policy = self.policy(role)
        with viewer.noted(self, "SHOW", sql) as told:
            result = self.reader.sql(sql, parameters, versions, limits, policy)
            told(result.asked)
        return result

    def rows(
        self, name: str, wanted: Wanted, *, version: int | None = None, limits: QueryLimits | None = None,
        role: str | Policy | None = None,
    ) -> tuple[Result, str | None]:  # fmt: skip
        """A page of a dataset's rows, and the token of the next one where there is one."""
        pipeline = self.publisher(name)
        key = pipeline.key if pipeline else ()
        policy = self.policy(role)
        with viewer.noted(self, "SHOW", name) as told:
            result, following = self.reader.page(name, wanted, key=key, version=version, limits=limits, policy=policy)
            told(result.asked)
        return result, following

    def policy(self, *roles: str | Policy | None) -> Policy:
        """What these roles may see together; no role at all sees what the `viewer` sees, and a policy stays what it is.
        Raises UsageError for a role that is none."""
        from boathouse.query.policy import Policy

        named = [role for role in roles if isinstance(role, str)]
        given = next((role for role in roles if isinstance(role, Policy)), None)
        return Policy.of(self.config.roles, named) if named else given or self.viewer

    @cached_property
    def viewer(self) -> Policy:
        """What is seen where no role is named: everything, but on a served dashboard what its viewer may see."""
        from boathouse.query.policy import EVERYTHING

        return viewer.policy(self) if viewer.served() else EVERYTHING

    def queries(self) -> list[SavedQuery]:
        """The saved queries, by name. Raises UsageError for a file that is wrong."""
        return [load_query(path) for path in sorted((self.root / "queries").glob("*.sql"))]

    def query(
        self, query: str | SavedQuery, parameters: dict[str, Any] | None = None, *, limits: QueryLimits | None = None,
        role: str | Policy | None = None,
    ) -> Result:  # fmt: skip
        """The result of a saved query. Raises UsageError where there is none that the role may ask, or a value is wrong."""
        from boathouse.query.saved import bound

        policy = self.policy(role)
        known = {one.name: one for one in (self.queries() if isinstance(query, str) else [query]) if policy.may_ask(one)}
        name = query if isinstance(query, str) else query.name
        if name not in known:
            listing = f"the queries are {', '.join(known)}" if known else "write queries/NAME.sql"
            raise MissingError(f"no query {name!r}{did_you_mean(name, known)}", hint=listing)
        return self.sql(*bound(known[name], parameters or {}, self.reader.cursor()), limits=limits, role=policy)

    def save_query(self, name: str, sql: str, values: dict[str, Any] | None = None, *, replace: bool = False) -> Path:
        """Keeps a query as queries/NAME.sql; `values` are those of its `$name` parameters, for their types. Raises UsageError
        where there is one of that name."""
        from boathouse.query.saved import save

        return save(self.root / "queries", name, sql, values or {}, replace=replace)

    @cached_property
    def asker(self) -> Asker:
        from boathouse.ask import Asker

        return Asker(self)

    def ask(
        self, question: str, *, conversation: Conversation | str | None = None, answerer: str | None = None,
        limits: QueryLimits | None = None, role: str | Policy | None = None, step: Callable[[str], None] | None = None,
        run: Run | None = None, caller: str | None = None,
    ) -> Answer:  # fmt: skip
        """The answer to a question in plain language, a question back, or a refusal. `conversation` is what was said before,
        or the name that it is kept under in the lake; `step` is told what goes on, `run` runs the query elsewhere,
        `caller` is who asks. Raises UsageError for an answerer that is none."""
        from boathouse.ask import Asking, Conversation
        from boathouse.ask.protocol import LIMITS

        name = conversation if isinstance(conversation, str) else None
        talk = Conversation.load(self.lake, name) if name else conversation or Conversation()
        assert isinstance(talk, Conversation)
        policy = self.policy(role)

        def here(sql: str, limits: QueryLimits, versions: dict[str, int] | None) -> Result:
            result = self.reader.sql(sql, versions=versions, limits=limits, policy=policy)
            told(result.asked)
            return result

        with viewer.noted(self, "ASK", question) as told:
            made = self.asker.ask(
                Asking(question, policy, answerer or self.config.ask.answerer, talk, limits or LIMITS, step or (lambda _: None),
                       run or here, caller or viewer.name())
            )  # fmt: skip
        if name:
            talk.save(self.lake, name)
        return made

    def chat(
        self,
        *,
        answerer: str | None = None,
        role: str | Policy | None = None,
        name: str | None = None,
        about: Collection[str] = (),
    ) -> Chat:
        """The chat, for JupyterLab and Voilà; its suggestions are `about` these datasets first. Raises UsageError where ipywidgets
        is not installed."""
        return self.widget("chat", "Chat", answerer=answerer, role=role, name=name, about=about)

    def browse(self, *, role: str | Policy | None = None) -> CatalogView:
        """The catalog, to search and to open, for JupyterLab and Voilà. Raises UsageError where ipywidgets is not installed."""
        return self.widget("catalog", "Catalog", role=role)

    def widget(self, module: str, kind: str, *arguments: Any, **options: Any) -> Any:
        """A widget of boathouse.widgets over this workbench; on a served page, what is wrong is shown in its place. Raises UsageError
        where ipywidgets is not installed."""
        try:
            found = importlib.import_module(f"boathouse.widgets.{module}")
        except ImportError as error:
            raise UsageError(f"{error.name} is not installed", hint="pip install 'boathouse[lab]'") from error
        try:
            return getattr(found, kind)(self, *arguments, **options)
        except BoathouseError as error:
            if not viewer.served():
                raise
            from boathouse.widgets import markup

            return markup.told(error)

    def wizard(self) -> Wizard:
        """A new source step by step, for JupyterLab and Voilà. Raises UsageError where ipywidgets is not installed, AccessError for
        a viewer who may not see everything."""
        return self.widget("wizard", "Wizard")

    def watch(self, *names: str, again: bool = False, check: bool = False) -> Running:
        """Runs pipelines, as `run` does, and shows how they go on, for JupyterLab and Voilà; a button stops them. Raises UsageError
        where ipywidgets is not installed, AccessError for a viewer who may not see everything."""
        return self.widget("running", "Running", *names, again=again, check=check)

    def dashboards(self, *, role: str | Policy | None = None) -> list[str]:
        """Names of the dashboards, sorted."""
        policy = self.policy(role)
        return sorted(path.stem for path in (self.root / "dashboards").glob("*.ipynb") if policy.may_open(path.stem))

    def dashboard(self, name: str, *, role: str | Policy | None = None) -> Path:
        """A dashboard's notebook. Raises MissingError where there is none."""
        known = self.dashboards(role=role)
        if name not in known:
            listing = f"the dashboards are {', '.join(known)}" if known else "boathouse add dashboard NAME --dataset D writes one"
            raise MissingError(f"no dashboard {name!r}{did_you_mean(name, known)}", hint=listing)
        return self.root / "dashboards" / f"{name}.ipynb"

    def add_dashboard(self, name: str, dataset: str, *, replace: bool = False) -> Path:
        """Writes dashboards/NAME.ipynb, a first page over a dataset. Raises UsageError where it is there already and `replace` is not
        set."""
        from boathouse.dashboards.new import write

        return write(self, name, dataset, replace=replace)

    def export(
        self,
        dashboard: str,
        out: Path | str,
        chosen: dict[str, list[str]] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        """Writes a dashboard as one HTML file that opens offline. `chosen` are values of its filters by column, a span as
        `FROM..TO`; `parameters` are those of its notebook, which papermill sets. Raises MissingError where there is none."""
        from boathouse.dashboards.export import export

        export(self, dashboard, Path(out), chosen or {}, parameters or {})

    def thumb(self, answer: Answer, *, good: bool, reason: str = "", who: str | None = None) -> Thumb:
        """Keeps what somebody thought of an answer."""
        from boathouse.ask import feedback

        return feedback.give(self.lake, answer, who or viewer.name(), good=good, reason=reason)

    def thumbs(self) -> list[Thumb]:
        """What people thought of answers, the oldest first."""
        from boathouse.ask import feedback

        return feedback.every(self.lake)

    def verify(self, thumb: str, author: str | None = None) -> Path:
        """Makes the question of a thumb, by its id, a verified one; the file that it stands in."""
        from boathouse.ask import feedback

        return feedback.verify(self.lake, self.root, thumb, author or viewer.name(), self._day(None))

    def evaluate(self, path: Path | str, *, answerer: str | None = None, half: str | None = None,
                 step: Callable[[str], None] | None = None) -> Evaluation:  # fmt: skip
        """How an answerer does on a file of questions with known answers. Raises UsageError for a file that is none."""
        from boathouse.ask.evaluate import evaluate

        return evaluate(self, Path(path), answerer, half, step or (lambda _: None))

    def replay(
        self, receipt: Receipt | dict[str, Any] | Path | str, *, role: str | Policy | None = None, run: Again | None = None
    ) -> Replay:
        """Runs a receipt's query again on the versions that it names, as the roles that it names; where a `role` asks, only
        one of its own. `run` does so elsewhere. Raises UsageError for what is no receipt."""
        from boathouse.config import QueryLimits
        from boathouse.query.receipt import Receipt
        from boathouse.query.replay import Replay, replay

        old, asking = Receipt.told(receipt), self.policy(role)
        if not asking.unlimited and tuple(old.roles) != asking.names:
            return Replay(False, "it cannot be run again: it was made for other roles", None)
        policy = self.policy(*old.roles) if asking.unlimited else asking
        versions, limits = {table.name: table.version for table in old.tables}, QueryLimits(rows=old.cut_at)

        def here(*asked: Any) -> Receipt:
            return self.reader.sql(*asked).receipt

        if old.python is None:
            return replay(old, lambda: (run or here)(old.sql, old.parameters, versions, limits, policy))
        if not asking.unlimited:  # or a receipt would be a way to have any code run
            return Replay(False, "it cannot be run again: Python runs again only for those who may see everything", None)
        from boathouse.ask import python

        return replay(old, lambda: python.again(old, self.reader, policy))

    def __getitem__(self, name: str) -> Dataset:
        """A dataset. Raises UsageError where nothing was published under this name."""
        self.lake.published(name)
        return Dataset(self, name)

    def datasets(self) -> list[str]:
        return self.lake.datasets()

    def catalog(self, name: str | None = None, *, role: str | Policy | None = None) -> list[dict[str, Any]]:
        """What there is and what is known of it; one dataset where it is named."""
        from boathouse.query import catalog

        policy, publishing = self.policy(role), self._publishing()
        found = []
        for each in self._visible(name, policy) if name else policy.visible(self.tables.names()):
            with contextlib.nullcontext() if name else contextlib.suppress(MissingError):  # its first commit is still to come
                found.append(catalog.described(self._catalog, each, publishing.get(each), policy))
        return found

    def dataset(self, name: str, *, role: str | Policy | None = None) -> dict[str, Any]:
        """Everything known of a dataset: columns, freshness, quality, lineage, versions, latest runs."""
        from boathouse.query import catalog
        from boathouse.query.saved import with_casts

        policy = self.policy(role)
        [name] = self._visible(name, policy)
        pipeline, runs = self.publisher(name), self.run_records.read(dataset=name)
        asked = [query for query in self.queries() if policy.may_ask(query)]
        reading = [query.name for query in asked if name in self.reader.reads(with_casts(query)[0])]
        return catalog.in_full(self._catalog, name, pipeline, policy, runs, reading, clock.now(self.tz))

    def profile(
        self, name: str, *, versions: dict[str, int] | None = None, role: str | Policy | None = None
    ) -> dict[str, dict[str, Any]]:
        """By column of a dataset, at the version that is named: its `type`, `nulls` (rows), `values` (about how many), `low` and
        `high` (as text)."""
        from boathouse.query import profile

        policy = self.policy(role)
        kinds = self._kinds(name, versions, policy)
        [told] = self.sql(profile.counts(name, kinds), versions=versions, role=policy).rows()
        return {column: {"type": kinds[column], **counted} for column, counted in told.items()}

    def shape(
        self, name: str, column: str, *, versions: dict[str, int] | None = None, role: str | Policy | None = None
    ) -> dict[str, Any]:
        """How often a column has each value, or values from each step on, as a Vega-Lite picture. Raises UsageError for a column
        that is none."""
        from boathouse.query import profile

        policy = self.policy(role)
        kinds = self._kinds(name, versions, policy)
        if column not in kinds:
            raise UsageError(f"{name} has no column {column!r}{did_you_mean(column, kinds)}", hint=f"columns: {', '.join(kinds)}")
        found = self.sql(profile.shape(name, column, kinds[column]), versions=versions, role=policy)
        return profile.picture(found.rows(), kinds[column])

    def _kinds(self, name: str, versions: dict[str, int] | None, policy: Policy) -> dict[str, str]:
        """The columns of a dataset and their types, as they were at a version that is pinned."""
        [name] = self._visible(name, policy)
        return Dataset(self, name, (versions or {}).get(name)).schema

    def _visible(self, name: str, policy: Policy) -> list[str]:
        from boathouse.query.guard import no_dataset

        if name not in (known := policy.visible(self.tables.names())):
            raise no_dataset(name, known)
        return [name]

    def publisher(self, dataset: str) -> Pipeline | None:
        """The pipeline that publishes a dataset: nearly always the one of its name."""
        if (self.root / "pipelines" / f"{dataset}.yml").is_file():
            with contextlib.suppress(BoathouseError):
                if (own := self.pipeline(dataset)).dataset_name == dataset:
                    return own
        return self._publishing().get(dataset)

    def _publishing(self) -> dict[str, Pipeline]:
        """The pipelines by the dataset that they publish; one whose file is wrong is left out."""
        found: dict[str, Pipeline] = {}
        for name in self.pipelines():
            try:
                pipeline = self.pipeline(name)
            except BoathouseError:
                continue
            found[pipeline.dataset_name] = pipeline
        return found

    def quarantine(self, name: str, version: int | None = None) -> list[dict[str, Any]]:
        """The rows kept out of a dataset by the batches that it stands on, or stood on at a version. Raises AccessError for a viewer
        of a served page who may not see everything."""
        self.viewer.must_see_all()
        if name not in self.pipelines():
            self.lake.published(name)
        else:
            name = self.pipeline(name).dataset_name
        return quarantine.read(
            self.lake, name, self.lake.dataset(name) if version is None else self.lake.published(name, version)
        )

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

    # who may come in

    def create_key(
        self, name: str, roles: Sequence[str], *, datasets: Sequence[str] = (), days: int | None = None, per_minute: int | None = None
    ) -> tuple[Key, str]:  # fmt: skip
        """A new API key, and its token, which is shown this once. `days` until it expires; unset: never."""
        from boathouse.lake import keys

        self.policy(*roles)
        if not roles:
            raise UsageError("a key needs a role", hint="--role NAME of boathouse.toml, or --role everything")
        now = datetime.now(UTC)
        expires = now + timedelta(days=days) if days else None
        self.lake.prepare()
        return keys.create(self.lake, now, name=name, roles=tuple(roles), datasets=tuple(datasets), expires_at=expires,
                           per_minute=per_minute)  # fmt: skip

    def api_keys(self) -> list[Key]:
        """The API keys there are, also those that no longer open."""
        from boathouse.lake import keys

        return keys.every(self.lake)

    def revoke_key(self, key: str) -> Key:
        """Ends a key, by its id."""
        from boathouse.lake import keys

        return keys.revoke(self.lake, key, datetime.now(UTC))

    @cached_property
    def audit_log(self) -> audit.Log:
        """What this process writes down of what it was asked; it writes the rest at its end."""
        log = audit.Log(self.lake)
        atexit.register(log.close)
        return log

    def audit(self, limit: int = 100) -> list[dict[str, Any]]:
        """What was asked of the API, newest first."""
        return audit.read(self.lake, limit)

    def doctor(self) -> list[tuple[str, bool, str]]:
        """What is installed, reachable and configured: (what, whether it is well, what was found)."""
        from boathouse.doctor import examine

        return examine(self)
