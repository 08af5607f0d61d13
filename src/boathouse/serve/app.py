"""The API: the workbench's verbs behind addresses, for those who may come in."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import to_thread
from fastapi import FastAPI, Request, Response
from fastapi.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from boathouse import __version__
from boathouse.config.workbench import in_bytes
from boathouse.errors import BoathouseError, UsageError
from boathouse.lake.audit import Log
from boathouse.serve import problems
from boathouse.serve.admission import Admission
from boathouse.serve.identity import Door
from boathouse.serve.launches import Launches
from boathouse.serve.routes import ask, dashboards, datasets, pages, queries, reference, runs, server
from boathouse.serve.site import Site
from boathouse.serve.watch import Watch
from boathouse.serve.workers import Workers
from boathouse.workbench import Workbench

if TYPE_CHECKING:
    from boathouse.lab.voila import Voila

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_THREADS = 300  # requests under way at once; most of them wait
_FRESH = 0.5  # seconds for which a dataset's newest version is taken to be known


def create(wb: Workbench, *, loopback: bool = True, voila: Voila | None = None, lab: str | None = None) -> FastAPI:
    """The API of a workbench, and its dashboards where there is a Voilà; `lab` is where JupyterLab is. On a loopback address those
    without a key see everything, unless boathouse.toml says otherwise. Raises UsageError for a saved query that is wrong or whose path is taken."""
    wb.tables.max_age = _FRESH
    wb.reader.copies.budget = in_bytes(wb.config.limits.memory) // 2
    saved = wb.queries()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = _THREADS
        yield
        if site.dashboards:
            await site.dashboards.close()
        site.close()

    app = FastAPI(
        title=wb.config.name or wb.root.name, version=__version__, description="Datasets that can be trusted, with receipts.",
        lifespan=life, docs_url=None, redoc_url=None, openapi_url=None,
    )  # fmt: skip

    def shown(request: Request, error: BoathouseError) -> Response:
        return pages.sorry(request, app.state.site, error) if pages.is_page(request) else problems.shown(error)

    problems.install(app, shown, queries.hidden)

    for routes in (ask, dashboards, datasets, queries, runs, server, reference, pages):
        app.include_router(routes.router)
    taken: dict[str, str] = {}
    for query in saved:
        other = taken.setdefault(re.sub(r"{\w+}", "{}", queries.address(query)), query.name)
        if other != query.name:
            raise UsageError(
                f"the path {query.path} is that of the query {other}", where=f"queries/{query.name}.sql", hint="choose another"
            )
        queries.add(app, query)
    door, workers = Door(wb, loopback=loopback), Workers(wb, wb.config.api.workers)
    app.state.site = site = Site(wb, door, workers, Log(wb.lake), Launches(wb), saved, lab=lab)
    if voila is not None:
        from boathouse.serve.proxy import Proxy

        site.dashboards = Proxy(voila)
    app.add_middleware(GZipMiddleware, minimum_size=2_000, compresslevel=1)
    app.add_middleware(Admission, door=door, shown=shown)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, *wb.config.api.hosts], www_redirect=False)
    app.add_middleware(Watch, log=site.log, metrics=site.metrics)
    return app
