"""The API: each address is one verb of the workbench."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

from fastapi import Body, FastAPI, Path, Query, Request
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.middleware.trustedhost import TrustedHostMiddleware

from boathouse import __version__
from boathouse.config import SavedQuery
from boathouse.errors import UsageError
from boathouse.serve import problems
from boathouse.serve.answers import MEDIA, Receipts, answer, form_of
from boathouse.workbench import Workbench

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_FRESH = 0.5  # seconds for which a dataset's newest version is taken to be known
_OURS = ("datasets", "docs", "health", "openapi.json", "queries", "receipts", "redoc", "replay", "runs", "sql")
_FORMAT = Query(alias="format", description=f"{', '.join(MEDIA)}; else by Accept, else json.")


class Asked(BaseModel):
    """One SELECT, with its parameters."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"sql": "SELECT 1 AS one"}]})

    sql: str = Field(description="One SELECT in DuckDB's dialect; `$name` is a parameter.")
    parameters: dict[str, Any] | None = Field(None, description="Values by name.")
    versions: dict[str, int] | None = Field(None, description="Datasets to read at an older version.")


def create(wb: Workbench) -> FastAPI:
    """The API of a workbench. Raises UsageError for a saved query that is wrong or whose path is taken."""
    app = FastAPI(
        title=wb.config.name or wb.root.name, version=__version__, description="Datasets that can be trusted, with receipts."
    )
    problems.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=2_000, compresslevel=1)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, "[::1]"], www_redirect=False)
    receipts = Receipts(wb)
    wb.reader.snapshots.max_age = _FRESH

    @app.get("/health")
    def health() -> dict[str, str]:
        """Whether the server answers."""
        return {"status": "ok"}

    @app.get("/datasets")
    def datasets(search: Annotated[str, Query(description="Words that its name or description holds.")] = "") -> dict[str, Any]:
        """What datasets there are, and what is known of each."""
        words = search.lower().split()
        found = [each for each in wb.catalog() if all(word in f"{each['name']} {each['description']}".lower() for word in words)]
        return {"datasets": found}

    @app.get("/datasets/{name}")
    def dataset(name: str) -> dict[str, Any]:
        """One dataset: its columns, verdict, version and commits."""
        [found] = wb.catalog(name)
        return found | {"versions": wb[name].history()}

    @app.get("/runs")
    def runs(pipeline: str | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> dict[str, Any]:
        """Runs, newest first."""
        return {"runs": wb.runs(pipeline and wb.pipeline(pipeline).name)[:limit]}

    @app.post("/sql")
    def sql(request: Request, asked: Asked, form: Annotated[str | None, _FORMAT] = None) -> Response:
        """The rows of one SELECT over the datasets."""
        chosen = form_of(request, form)
        result = wb.sql(asked.sql, asked.parameters, versions=asked.versions, limits=wb.config.api.limits)
        return answer(request, result, receipts, chosen)

    @app.get("/receipts/{name}")
    def receipt(name: str) -> dict[str, Any]:
        """The receipt of an answer, whose Link header has this address."""
        return receipts.get(name).to_json()

    @app.post("/replay")
    def replay(receipt: Annotated[dict[str, Any], Body(description="A receipt.")]) -> dict[str, Any]:
        """Whether a receipt still holds."""
        found = wb.replay(receipt)
        return {"same": found.same, "reason": found.reason, "receipt": found.receipt and found.receipt.to_json()}

    queries = wb.queries()

    @app.get("/queries")
    def saved() -> dict[str, Any]:
        """The saved queries, with their addresses and parameters."""
        return {
            "queries": [{"name": query.name, "address": _address(query), **query.model_dump(mode="json")} for query in queries]
        }

    for query in queries:
        _serve(app, wb, receipts, query)
    return app


def _address(query: SavedQuery) -> str:
    return query.path or f"/queries/{query.name}"


def _serve(app: FastAPI, wb: Workbench, receipts: Receipts, query: SavedQuery) -> None:
    """A saved query at its address; its parameters are those of the address, the others follow the `?`."""
    if query.path and query.path.strip("/").split("/")[0] in _OURS:
        raise UsageError(f"the path {query.path} is taken", where=f"queries/{query.name}.sql", hint="choose another")

    def ask(request: Request, form: str | None, **values: str | None) -> Response:
        given = {name: value for name, value in values.items() if value is not None}
        chosen = form_of(request, form)
        return answer(request, wb.query(query.name, given, limits=wb.config.api.limits), receipts, chosen, query.cache)

    def shown(name: str) -> inspect.Parameter:
        spec = query.parameters[name]
        words = f"{spec.type}{'. ' + spec.description if spec.description else ''}"
        told = Path(description=words) if f"{{{name}}}" in _address(query) else Query(
            default=... if spec.required else None, description=f"{words}{'' if spec.required else f' (unset: {spec.default})'}")  # fmt: skip
        kind = str if f"{{{name}}}" in _address(query) or spec.required else str | None
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=told)

    own = [inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request),
           inspect.Parameter("form", inspect.Parameter.KEYWORD_ONLY, annotation=str | None, default=Query(None, alias="format"))]  # fmt: skip
    ask.__signature__ = inspect.Signature([*own, *map(shown, query.parameters)])  # type: ignore[attr-defined]
    app.get(_address(query), name=query.name, summary=query.title, description=query.description)(ask)
