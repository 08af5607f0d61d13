"""Dashboards: Voilà's pages behind this server's door."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, WebSocket
from fastapi.responses import Response

from boathouse.errors import AccessError, BoathouseError, BusyError, MissingError
from boathouse.serve.admission import from_here
from boathouse.serve.site import Served, Site, Who

if TYPE_CHECKING:
    from boathouse.serve.proxy import Proxy

router = APIRouter(include_in_schema=False)
# what a page asks for, and nothing else: no file of the disk, no list of kernels, no notebook's source
_STATIC = re.compile(r"voila/(static|templates|labextensions|api/themes)/.+")
_KERNEL = re.compile(r"(?:api/kernels|voila/api/shutdown)/([0-9a-f-]{36})")
_FIRST = re.compile(r"first/([0-9a-f-]{36})")


def _proxy(site: Site) -> Proxy:
    if site.dashboards is None:
        raise MissingError("no dashboards are served here", hint="boathouse dashboards   (or boathouse up)")
    return site.dashboards


@router.get("/dashboards/{name}")
async def dashboard(request: Request, site: Served, who: Who, name: str) -> Response:
    """A dashboard, as its viewer may see it. Each takes a kernel, so another site's page opens it by a click and no other way."""
    if request.headers.get("sec-fetch-site") == "cross-site" and request.headers.get("sec-fetch-dest") != "document":
        raise AccessError("another site's page may not open this", known=True, hint="open it by itself")
    return await _proxy(site).page(name, request.url.query, who, request.client.host if request.client else "")


@router.api_route("/dashboards/{path:path}", methods=["GET", "POST"])
async def part(request: Request, site: Served, who: Who, path: str) -> Response:
    """What a dashboard's page asks for."""
    proxy, kernel = _proxy(site), _KERNEL.fullmatch(path)
    if kernel:
        proxy.must_own(kernel[1], who)
        return await proxy.plain(request.method, path, request.url.query)
    if first := _FIRST.fullmatch(path):
        proxy.must_own(first[1], who)
        return await proxy.first_look(first[1])
    if request.method != "GET" or not _STATIC.fullmatch(path) or {"", ".", ".."} & set(path.split("/")):
        raise MissingError(f"no page {path!r}")
    return await proxy.asset(path, request.url.query, compressed="gzip" in request.headers.get("accept-encoding", ""))


@router.websocket("/dashboards/api/kernels/{kernel}/channels")
async def channels(socket: WebSocket, kernel: str) -> None:
    """What a page and its kernel say to each other."""
    site: Site = socket.app.state.site
    socket.state.audit = {}
    try:
        from_here(socket)
        who = await site.door.admit(socket)
        proxy = _proxy(site)
        proxy.must_own(kernel, who)
    except (AccessError, BusyError, MissingError):
        await socket.close(1008)
        return

    async def known() -> bool:
        try:
            return await site.door.caller(socket) == who
        except BoathouseError:  # a lake out of reach knows nobody
            return False

    await proxy.channels(socket, kernel, known)
