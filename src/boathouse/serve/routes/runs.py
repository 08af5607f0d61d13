"""Runs: what there were, starting one, and the files that they left. Files show rows, so they are for a role that sees all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from boathouse.errors import MissingError
from boathouse.query.catalog import run_shown
from boathouse.serve import notebook as as_page
from boathouse.serve.launches import Launch
from boathouse.serve.site import Served, Site, Who

router = APIRouter(tags=["runs"])
_ZONES = ("raw/", "runs/docs/", "runs/notebooks/")
_MEDIA = {".ipynb": "application/x-ipynb+json", ".html": "text/html; charset=utf-8", ".css": "text/css"}


class Options(BaseModel):
    """How to run."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"check": True}]})

    date: str | None = Field(None, description="The logical date; unset: today.", pattern=r"^\d{4}-\d\d-\d\d$")
    check: bool = Field(False, description="Validate, publish nothing.")
    again: bool = Field(False, description="Reprocess what lies in the raw zone with today's rules.")


@router.get("/runs")
def runs(
    site: Served, who: Who, pipeline: str | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> dict[str, Any]:
    """Runs, newest first."""
    return {"runs": found(site, who, pipeline)[:limit]}


def found(site: Site, who: Who, pipeline: str | None = None) -> list[dict[str, Any]]:
    """The runs that a caller may know of."""
    every = site.wb.runs()
    seen = set(who.policy.visible({run["dataset"] for run in every}))
    mine = [run_shown(run, who.policy) for run in every if run["dataset"] in seen and pipeline in (None, run["pipeline"])]
    if pipeline and not mine and not (who.policy.unlimited and pipeline in site.wb.pipelines()):
        raise MissingError(f"no runs of a pipeline {pipeline!r}", hint="GET /runs lists all runs")
    return mine


@router.get("/runs/{run_id}")
def run(site: Served, who: Who, run_id: str) -> dict[str, Any]:
    """One run."""
    for one in found(site, who):
        if one["run_id"] == run_id:
            return one
    raise MissingError(f"no run {run_id!r}", hint="GET /runs lists them")


@router.get("/runs/{run_id}/notebook")
def notebook(
    request: Request, site: Served, who: Who, run_id: str,
    form: Annotated[Literal["ipynb", "html"] | None, Query(alias="format", description="Unset: what Accept prefers.")] = None,
) -> Response:  # fmt: skip
    """A run's executed notebook, or a page of it."""
    who.policy.must_see_all()
    path = run(site, who, run_id)["notebook"]
    if not path:
        raise MissingError(f"the run {run_id} left no notebook", hint="it ended before it began")
    if form == "ipynb" or (form is None and "text/html" not in request.headers.get("accept", "")):
        return _file(site, path, download=True)
    return _file(site, path, download=False, made=lambda data: as_page.page(run_id, data))


@router.get("/lake/{path:path}")
def lake(site: Served, who: Who, path: str) -> Response:
    """A file below raw/ or runs/ of the lake: a batch as received, a notebook, a page of the Data Docs."""
    who.policy.must_see_all()
    if not path.startswith(_ZONES) or {"", ".", ".."} & set(path.split("/")) or "\\" in path:
        raise MissingError(f"no file {path!r}", hint="files are below raw/, runs/docs/ and runs/notebooks/")
    return _file(site, path, download=not path.startswith("runs/docs/"))


def _file(site: Site, path: str, *, download: bool, made: Callable[[bytes], bytes] | None = None) -> Response:
    """A file of the lake, or the page that is `made` of it."""
    try:
        data = site.wb.lake.store.read(path)
    except FileNotFoundError:
        raise MissingError(f"no file {path!r}", hint="GET /runs names a run's files") from None
    name = path.rsplit("/", 1)[-1]
    if made:
        data, name = made(data), f"{name}.html"
    media = _MEDIA.get(name[name.rfind(".") :] if "." in name else "", "application/octet-stream")
    # values of the data stand in these pages: no script of theirs may run as the server's
    headers = {"Content-Security-Policy": "sandbox allow-downloads; default-src 'self' 'unsafe-inline' data:; script-src 'none'; base-uri 'none'",
               "Vary": "Accept",
               "Content-Disposition": f'{"attachment" if download else "inline"}; filename="{name.encode("ascii", "replace").decode()}"'}  # fmt: skip
    return Response(data, media_type=media, headers=headers)


@router.post("/pipelines/{name}/runs", status_code=202)
async def start(
    site: Served, who: Who, name: str, options: Options,
    wait: Annotated[bool, Query(description="Answer when it has ended.")] = False,
) -> JSONResponse:  # fmt: skip
    """Starts a run of a pipeline."""
    _may_run(site, who, name)
    return await _started(site.launches.start(name, **options.model_dump()), who, wait)


@router.get("/launches/{name}")
def launch(site: Served, who: Who, name: str) -> dict[str, Any]:
    """How a run that was started goes."""
    found = site.launches.get(name)
    _may_run(site, who, found.pipeline)
    return found.shown(who.policy)


@router.post("/pipelines/{name}/files", status_code=202)
async def upload(
    site: Served, who: Who, name: str, file: UploadFile,
    wait: Annotated[bool, Query(description="Answer when the run has ended.")] = False,
) -> JSONResponse:  # fmt: skip
    """Puts a file where a pipeline reads, over one of the same name, and starts a run."""
    _may_run(site, who, name)
    item = await run_in_threadpool(site.wb.upload, name, file.filename or "", file.file)
    return await _started(site.launches.start(name), who, wait, item=item)


async def _started(launch: Launch, who: Who, wait: bool, **more: str) -> JSONResponse:
    if wait:
        await launch.ended()
    if launch.state not in ("done", "failed"):
        return JSONResponse(launch.shown(who.policy) | more, 202)
    well = launch.state == "done" and all(run["status"] not in ("failed", "rejected") for run in launch.runs)
    return JSONResponse(launch.shown(who.policy) | more, 200 if well else 422)


def _may_run(site: Site, who: Who, pipeline: str) -> None:
    """One who may not run is told so of any name: it may be there or not."""
    known = pipeline in site.wb.pipelines()
    who.must_run(site.wb.pipeline(pipeline).dataset_name if known else pipeline)
    if not known:
        raise MissingError(f"no pipeline {pipeline!r}", hint="boathouse runs lists what has run")
