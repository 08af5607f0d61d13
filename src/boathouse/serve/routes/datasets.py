"""Datasets: the catalog, rows by page, quarantine, and what is pushed into them."""

from __future__ import annotations

import json
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from boathouse.errors import UsageError
from boathouse.query.guard import no_dataset
from boathouse.query.rows import LARGEST, OPERATORS, Wanted
from boathouse.serve.answers import answer, form_of, known_tags, note, told
from boathouse.serve.identity import Caller
from boathouse.serve.site import Form, Served, Site, Who

router = APIRouter(tags=["datasets"])
SAMPLE = 10
_OWN = ("select", "order", "limit", "after", "version", "format")


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
    note(request, sample.asked)
    return site.wb.dataset(name, role=who.policy) | {"sample": json.loads(b"".join(sample.chunks("json")))}


@router.get("/datasets/{name}/rows")
async def rows(
    request: Request, site: Served, who: Who, name: str, form: Form = None,
    select: Annotated[str, Query(description="Columns, separated by commas; unset: all.")] = "",
    order: Annotated[str, Query(description="Columns to order by, `-` before one that descends.")] = "",
    limit: Annotated[int, Query(ge=1, le=LARGEST, description="Rows of a page.")] = 100,
    after: Annotated[str | None, Query(description='Where the page begins: from the Link header, rel="next".')] = None,
    version: Annotated[int | None, Query(ge=0, le=2**62, description="The version to read; unset: the newest.")] = None,
) -> Response:  # fmt: skip
    """A page of rows. Every other parameter filters: `region=West`, `amount__gte=100`, `id__in=1,2`, `note__isnull=true`."""
    if after and version is not None:
        raise UsageError("after and version: a page that goes on stays at its version", hint="leave `version` out")
    filters = tuple(_filter(key, value) for key, value in request.query_params.multi_items() if key not in _OWN)
    wanted = Wanted(_list(select), filters, _list(order), limit, after or None)
    return await to_thread.run_sync(_page, request, site, who, name, wanted, version, form_of(request, form), limiter=site.pages)


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
    who.must_see_all()
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
