"""Between viewers and Voilà: a page's kernel is told who looks at it, and obeys nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
from anyio import to_thread
from fastapi import WebSocket, WebSocketDisconnect
from fastapi.responses import Response, StreamingResponse
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from boathouse import viewer
from boathouse.errors import BoathouseError, BusyError, MissingError
from boathouse.lab.voila import BASE, Voila
from boathouse.serve.identity import Caller

_NAMED = re.compile(rb'"kernelId":\s*"([0-9a-f-]{36})"')
_KEPT = 10_000
_ASSETS = 64_000_000  # bytes of files that are held
_AGAIN = 3.0  # seconds after which who looks is asked again
_PASSED = ("content-type", "etag", "last-modified", "content-disposition")


Viewer = tuple[Caller, str]  # and the host that they come from


class Proxy:
    """Adds what Voilà wants to be told, and knows whose each kernel is."""

    def __init__(self, voila: Voila):
        self.voila = voila
        self.client = httpx.AsyncClient(base_url=voila.url, timeout=httpx.Timeout(10, read=120), trust_env=False, headers={"Authorization": f"token {voila.token}"})  # fmt: skip
        self._owners: dict[str, Viewer] = {}  # by kernel
        self._opening: list[Viewer] = []
        self._assets: dict[str, tuple[bytes, str]] = {}  # by path: compressed, and its type
        self._held = 0

    async def page(self, name: str, query: str, who: Caller, host: str) -> Response:
        """A dashboard for a viewer, as it is made. Raises MissingError where there is none of theirs, BusyError for one who has too many."""
        self.voila.wb.dashboard(name, role=who.policy)
        headers = {viewer.HEADER: viewer.told(who.name, who.policy, here=who.implicit, key=who.key, page=name)}
        seen_by = who, host  # of those without a name, each host is a viewer
        self._opening.append(seen_by)
        try:
            await self._must_have_room(seen_by)
            answer = await self._send("GET", f"voila/render/{name}.ipynb?{query}", headers)
        finally:
            self._opening.remove(seen_by)
        return StreamingResponse(
            self._owned(answer, seen_by), answer.status_code, {"Cache-Control": "no-store", **_HEADERS}, "text/html"
        )

    async def _must_have_room(self, who: Viewer) -> None:
        most, held = self.voila.wb.config.dashboards, [kernel for kernel, owner in self._owners.items() if owner == who]
        if len(held) + self._opening.count(who) <= most.pages:
            return
        for kernel in held:
            if (await self.plain("GET", f"api/kernels/{kernel}", "")).status_code == 404:
                self._owners.pop(kernel, None)
        open_ = sum(owner == who for owner in self._owners.values())
        if open_ + self._opening.count(who) > most.pages:
            raise BusyError(f"you have as many dashboards open as you may: {open_}", seconds=30,
                            hint=f"close one: a page's place is free at most {most.idle_minutes:g} minutes later")  # fmt: skip

    async def _owned(self, answer: httpx.Response, who: Viewer) -> AsyncIterator[bytes]:
        """The page, read for the name of its kernel on the way."""
        seen, found = b"", False
        async with contextlib.aclosing(answer):
            async for chunk in answer.aiter_bytes():
                if not found and (named := _NAMED.search(seen := seen[-100:] + chunk)):
                    self._own(named[1].decode(), who)
                    found = True
                yield chunk

    def _own(self, kernel: str, who: Viewer) -> None:
        self._owners[kernel] = who
        if len(self._owners) > _KEPT:
            self._owners.pop(next(iter(self._owners)))

    async def first_look(self, kernel: str) -> Response:
        """What a page's kernel has found before its widgets are there; nothing where that takes long."""
        found = await self.voila.first_look(kernel)
        return Response(found or "", 200, {"Cache-Control": "no-store", **_HEADERS}, "text/html")

    def must_own(self, kernel: str, who: Caller) -> None:
        """Raises MissingError for a kernel that is another viewer's, or none."""
        if kernel not in self._owners or self._owners[kernel][0] != who:
            raise MissingError("this page has ended", hint="load it again")

    async def asset(self, path: str, query: str, *, compressed: bool) -> Response:
        """A file of Voilà's own, which pages ask for by dozens: it is read and compressed once."""
        if path not in self._assets:
            found = await self.plain("GET", path, query)
            if found.status_code != 200 or self._held > _ASSETS:
                return found
            body = await to_thread.run_sync(gzip.compress, found.body)
            if path not in self._assets:
                self._held += len(body)
            self._assets[path] = body, found.headers["content-type"]
        body, kind = self._assets[path]
        headers = {"Cache-Control": "max-age=3600", "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
        if compressed:
            return Response(body, 200, {**headers, "Content-Encoding": "gzip"}, kind)
        return Response(gzip.decompress(body), 200, headers, kind)

    async def plain(self, method: str, path: str, query: str) -> Response:
        """A part of a page."""
        answer = await self._send(method, f"{path}?{query}", {})
        try:
            body = await answer.aread()
        finally:
            await answer.aclose()
        headers = {key: value for key, value in answer.headers.items() if key in _PASSED}
        return Response(body, answer.status_code, {**headers, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})

    async def _send(self, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
        try:
            return await self.client.send(self.client.build_request(method, BASE + path, headers=headers), stream=True)
        except httpx.HTTPError as error:
            raise BoathouseError("the dashboards are not there yet", hint="load the page again in a moment") from error

    async def channels(self, socket: WebSocket, kernel: str, known: Callable[[], Awaitable[bool]]) -> None:
        """A page's talk with its kernel, for as long as its viewer is `known`: a key may be revoked meanwhile."""
        asked = socket.scope.get("subprotocols") or []
        url = f"ws://127.0.0.1:{self.voila.port}{BASE}api/kernels/{kernel}/channels?{socket.url.query}"
        headers = {"Authorization": f"token {self.voila.token}"}
        try:
            async with connect(url, additional_headers=headers, subprotocols=[Subprotocol(one) for one in asked] or None,
                               max_size=None, open_timeout=20, compression=None, proxy=None) as voila:  # fmt: skip
                await socket.accept(voila.subprotocol)
                tasks = {asyncio.create_task(one) for one in (_up(socket, voila), _down(voila, socket), _while(known))}
                _, running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in running:
                    task.cancel()
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # the browser has gone first
                await socket.close(1008)
        except (OSError, WebSocketException):
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(1011)

    async def close(self) -> None:
        await self.client.aclose()


_HEADERS = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN", "Referrer-Policy": "same-origin"}


async def _while(known: Callable[[], Awaitable[bool]]) -> None:
    while await known():
        await asyncio.sleep(_AGAIN)


async def _up(socket: WebSocket, voila: Any) -> None:
    with contextlib.suppress(WebSocketDisconnect, ConnectionClosed, RuntimeError):
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            await voila.send(message["bytes"] if message.get("bytes") is not None else message["text"])


async def _down(voila: Any, socket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect, ConnectionClosed, RuntimeError):
        async for message in voila:
            await (socket.send_bytes(message) if isinstance(message, bytes) else socket.send_text(message))
        await socket.close()
