"""Datasets: the catalog, rows by page, quarantine, and what is pushed into them."""

from __future__ import annotations

import json
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field, ValidationError

from boathouse.errors import UsageError
from boathouse.query.guard import no_dataset
from boathouse.query.receipt import audited
from boathouse.query.rows import LARGEST, OPERATORS, Wanted
from boathouse.serve.answers import MEDIA, answer, form_of, known_tags, told
from boathouse.serve.identity import Caller
from boathouse.serve.site import Served, Site, Who

router = APIRouter(tags=["datasets"])
SAMPLE = 10


@router.get("/datasets")
def datasets(
    site: Served, who: Who, search: Annotated[str, Query(description="Words that its name, description or columns hold.")] = ""
) -> dict[str, Any]:
    """What datasets there are, and what is known of each."""
    return {"datasets": found(site, who, search)}


def found(site: Served, who: Who, search: str) -> list[dict[str, Any]]:
    words = search.lower().split()
    return [each for each in site.wb.catalog(role=who.policy) if all(word in _text(each) for word in words)]


def _text(entry: dict[str, Any]) -> str:
    columns = " ".join(f"{column['name']} {column['description'] or ''}" for column in entry["columns"])
    return f"{entry['name']} {entry['description'] or ''} {columns}".lower()


@router.get("/datasets/{name}")
def dataset(request: Request, site: Served, who: Who, name: str) -> dict[str, Any]:
    """One dataset: its columns, freshness, quality, lineage, versions, latest runs and a sample."""
    sample, _ = site.wb.rows(name, Wanted(limit=SAMPLE), limits=site.limits, role=who.policy)
    request.state.audit |= audited(sample.asked)
    return site.wb.dataset(name, role=who.policy) | {"sample": json.loads(b"".join(sample.chunks("json")))}


class Page(BaseModel):
    """What the address of a page says beside its filters. Read here and not by FastAPI, which takes as long as the row."""

    select: str = Field("", description="Columns, separated by commas; unset: all.")
    order: str = Field("", description="Columns to order by, `-` before one that descends.")
    limit: int = Field(100, ge=1, le=LARGEST, description="Rows of a page.")
    after: str | None = Field(None, description='Where the page begins: from the Link header, rel="next".')
    version: int | None = Field(None, ge=0, le=2**62, description="The version to read; unset: the newest.")
    format: str | None = Field(None, description=f"{', '.join(MEDIA)}; else by Accept, else json.")

    @classmethod
    def of(cls, request: Request) -> Page:
        try:
            return cls.model_validate(request.query_params)
        except ValidationError as error:
            raise RequestValidationError([told | {"loc": ("query", *told["loc"])} for told in error.errors()]) from error


_PAGE = {
    "parameters": [
        {"name": name, "in": "query", "required": False, "description": told.pop("description"), "schema": told}
        for name, told in Page.model_json_schema()["properties"].items()
    ]
}


@router.get("/datasets/{name}/rows", openapi_extra=_PAGE)
async def rows(request: Request, site: Served, who: Who, name: str) -> Response:
    """A page of rows. Every other parameter filters: `region=West`, `amount__gte=100`, `id__in=1,2`, `note__isnull=true`."""
    page = Page.of(request)
    if page.after and page.version is not None:
        raise UsageError("after and version: a page that goes on stays at its version", hint="leave `version` out")
    filters = tuple(_filter(key, value) for key, value in request.query_params.multi_items() if key not in Page.model_fields)
    wanted = Wanted(_list(page.select), filters, _list(page.order), page.limit, page.after or None)
    asked = (request, site, who, name, wanted, page.version, form_of(request, page.format))
    if page.version is None and site.wb.reader.at_hand(name, wanted, who.policy):
        return _page(*asked)
    return await to_thread.run_sync(_page, *asked, limiter=site.pages)


def _page(request: Request, site: Site, who: Caller, name: str, wanted: Wanted, version: int | None, form: str) -> Response:
    result, further = site.wb.rows(name, wanted, version=version, limits=site.limits, role=who.policy)
    links = {}
    if further:
        url = request.url.remove_query_params("version").include_query_params(after=further)
        links["next"] = f"{url.path}?{url.query}"
    pieces = told(result, form, known_tags(request), who.policy)
    return answer(request, pieces, who, site.receipts, form, links=links)


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _filter(key: str, value: str) -> tuple[str, str, str]:
    """`column__operator`, or a column alone."""
    column, mark, operator = key.rpartition("__")
    return (column, operator, value) if mark and operator in OPERATORS else (key, "eq", value)


@router.get("/datasets/{name}/quarantine")
def quarantine(site: Served, who: Who, name: str, limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000) -> dict[str, Any]:
    """The rows that were kept out of a dataset, and why. For a role that sees everything."""
    who.policy.must_see_all()
    kept = site.wb.quarantine(name)
    return {"count": len(kept), "rows": kept[:limit]}


_RECORDS = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "array", "items": {"type": "object"}}, "example": [{"id": 1}]},
            "application/x-ndjson": {"schema": {"type": "string"}},
        },
    }
}


@router.post("/datasets/{name}/records", status_code=202, openapi_extra=_RECORDS)
async def push(
    request: Request, site: Served, who: Who, name: str,
    wait: Annotated[bool, Query(description="Answer when the records have been validated.")] = False,
) -> JSONResponse:  # fmt: skip
    """Keeps records (a JSON array, an object, or JSON lines) for the dataset's push source, and starts a run that validates
    them like any batch."""
    who.must_run(name)
    pipeline = site.wb.publisher(name)
    if pipeline is None:
        raise no_dataset(name, who.policy.visible(site.wb.tables.names()))
    item, count = await run_in_threadpool(site.wb.push, pipeline.name, await request.body())
    launch = site.launches.start(pipeline.name)
    if wait:
        await launch.ended()
    told = launch.shown(who.policy) | {"launch": launch.id, "item": item, "records": count}
    # another run that was under way may have taken it
    runs = [*launch.runs, *(site.wb.runs(pipeline.name) if launch.state == "done" else ())]
    batch = next((batch for run in runs for batch in run["batches"] if batch["item"] == item), None)
    if batch is None:
        if launch.state == "done":  # it waits behind what the lake could not take
            told["state"] = "waiting"
        return JSONResponse(told, 202)
    # the sender knows the rows: what became of them is no secret
    told["batch"] = (
        batch
        if who.policy.unlimited
        else {k: v for k, v in batch.items() if k in ("status", "verdict", "error") or k.startswith("rows_")}
    )
    return JSONResponse(told, 200 if batch["status"] in ("published", "unchanged") else 422)
