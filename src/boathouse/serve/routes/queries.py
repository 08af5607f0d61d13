"""SQL, saved queries, receipts."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

from fastapi import APIRouter, Body, FastAPI, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from boathouse.config import SavedQuery
from boathouse.errors import UsageError
from boathouse.serve.answers import answer, form_of, known_tags, told
from boathouse.serve.site import Form, Served, Site, Who
from boathouse.serve.workers import Job

router = APIRouter(tags=["queries"])
TAKEN = ("", "ask", "audit", "catalog", "datasets", "docs", "health", "lake", "launches", "login", "logout", "metrics", "openapi.json", "pipelines", "queries", "receipts",
         "redoc", "replay", "runs", "sql", "static")  # fmt: skip
_OWN = inspect.Parameter.KEYWORD_ONLY


class Asked(BaseModel):
    """One SELECT, with its parameters."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"sql": "SELECT 1 AS one"}]})

    sql: str = Field(description="One SELECT in DuckDB's dialect; `$name` is a parameter.", max_length=1_000_000)
    parameters: dict[str, str | int | float | bool | None] | None = Field(None, description="Values by name.")
    versions: dict[str, Annotated[int, Field(ge=0, le=2**62)]] | None = Field(
        None, description="Datasets to read at an older version."
    )


@router.post("/sql")
def sql(request: Request, site: Served, who: Who, asked: Asked, form: Form = None) -> Response:
    """The rows of one SELECT over the datasets."""
    chosen = form_of(request, form)
    job = Job(asked.sql, asked.parameters, asked.versions, site.limits, who.policy, chosen, known_tags(request))
    request.state.audit["sql"] = asked.sql
    return answer(request, site.workers.run(job), who, site.receipts, chosen)


@router.get("/receipts/{name}")
def receipt(site: Served, who: Who, name: str) -> dict[str, Any]:
    """The receipt of an answer, whose Link header has this address."""
    return site.receipts.get(name, who).to_json()


@router.post("/replay")
def replay(
    request: Request, site: Served, who: Who, receipt: Annotated[dict[str, Any], Body(description="A receipt.")]
) -> dict[str, Any]:
    """Whether a receipt still holds."""
    request.state.audit["sql"] = str(receipt.get("sql"))
    found = site.wb.replay(receipt, role=who.policy, run=site.again)
    return {"same": found.same, "reason": found.reason, "receipt": found.receipt and found.receipt.to_json()}


@router.get("/queries")
def saved(site: Served, who: Who) -> dict[str, Any]:
    """The saved queries, with their addresses and parameters."""
    return {"queries": [{"name": query.name, "address": address(query), **query.model_dump(mode="json")} for query in mine(site, who)]}  # fmt: skip


def mine(site: Site, who: Who) -> list[SavedQuery]:
    """The saved queries that a caller may ask."""
    return [query for query in site.queries if who.policy.may_ask(query)]


def address(query: SavedQuery) -> str:
    return query.path or f"/queries/{query.name}"


def hidden(request: Request) -> bool:
    """Whether an address is that of a saved query that the caller may not ask."""
    site, path = request.app.state.site, getattr(request.scope.get("route"), "path", None)
    caller = getattr(request.state, "caller", None)
    return caller is not None and any(address(query) == path and not caller.policy.may_ask(query) for query in site.queries)


def add(app: FastAPI, query: SavedQuery) -> None:
    """A saved query at its address; its parameters are those of the address, the others follow the `?`.
    Raises UsageError where the address is taken."""
    if query.path and query.path.strip("/").split("/")[0] in TAKEN:
        raise UsageError(f"the path {query.path} is taken", where=f"queries/{query.name}.sql", hint="choose another")

    def ask(request_: Request, site_: Site, who_: Who, form_: str | None, **values: str | None) -> Response:
        request, site, who, form = request_, site_, who_, form_
        if not who.policy.may_ask(query):  # as an address that there is not
            raise HTTPException(404)
        more = {name: value for name, value in request.query_params.items() if name != "format"}
        given = more | {name: value for name, value in values.items() if value is not None}
        chosen = form_of(request, form)
        result = site.wb.query(query, given, limits=site.limits, role=who.policy)
        return answer(
            request, told(result, chosen, known_tags(request), who.policy), who, site.receipts, chosen, cache=query.cache
        )

    own = [inspect.Parameter("request_", _OWN, annotation=Request), inspect.Parameter("site_", _OWN, annotation=Served),
           inspect.Parameter("who_", _OWN, annotation=Who), inspect.Parameter("form_", _OWN, annotation=Form, default=None)]  # fmt: skip
    ask.__signature__ = inspect.Signature([*own, *(_shown(query, name) for name in query.parameters)])  # type: ignore[attr-defined]
    app.get(address(query), name=query.name, summary=query.title, description=query.description, tags=["saved queries"])(ask)


def _shown(query: SavedQuery, name: str) -> inspect.Parameter:
    """A parameter as the OpenAPI document has it."""
    spec, in_path = query.parameters[name], f"{{{name}}}" in address(query)
    words = f"{spec.type}{'. ' + spec.description if spec.description else ''}"
    if in_path:
        return inspect.Parameter(name, _OWN, annotation=str, default=Path(description=words))
    unset = "" if spec.required else f" (unset: {spec.default})"
    default = Query(default=... if spec.required else None, description=f"{words}{unset}")
    return inspect.Parameter(name, _OWN, annotation=str if spec.required else str | None, default=default)
