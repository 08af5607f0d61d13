"""uvicorn around the API."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from typing import TYPE_CHECKING

from boathouse.config.workbench import in_bytes
from boathouse.errors import UsageError
from boathouse.workbench import Workbench

if TYPE_CHECKING:
    from boathouse.lab.voila import Voila


def serve(
    wb: Workbench, host: str, port: int, ready: Callable[[str], None], *, dashboards: bool = False, lab: str | None = None
) -> None:
    """Serves until it is stopped, once `ready` has been told the address; what runs then may end within ten seconds. `dashboards`
    are served as well where it is said; `lab` is where JupyterLab is. Raises UsageError for an address that others could reach
    where nobody has a key."""
    loopback = host == "localhost" or _is_loopback(host)
    api = wb.config.api
    if not loopback and not (api.tokens or any(key.revoked_at is None for key in wb.api_keys())):
        raise UsageError(
            f"{host} can be reached by others, and nobody has a key",
            hint="boathouse key create NAME --role ROLE   (or [api.tokens] in boathouse.toml)",
        )
    if not loopback and api.anonymous and wb.policy(*api.anonymous).unlimited:
        raise UsageError(f"{host} can be reached by others, and [api] anonymous lets everybody see everything",
                         hint="name another role there, or none")  # fmt: skip
    try:
        import uvicorn

        from boathouse.serve.app import create
    except ImportError as error:
        raise UsageError(f"{error.name} is not installed", hint="pip install 'boathouse[serve]'") from error
    with _listening(host, port) as listening, _voila(wb) if dashboards else nullcontext() as voila:
        app = create(wb, loopback=loopback, voila=voila, lab=lab)
        # behind a proxy on this machine, a request's address and scheme are those that the proxy names
        config = uvicorn.Config(app, host, port, log_level="warning", timeout_graceful_shutdown=10, proxy_headers=True,
                                ws_max_size=in_bytes(api.uploads))  # fmt: skip
        if voila is not None:
            voila.ready()
        ready(f"http://{f'[{host}]' if ':' in host else host}:{port}")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that what was started beside it ends as well
        uvicorn.Server(config).run(sockets=[listening])


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        listening = bound(host, port)
        listening.listen()  # whoever comes from now on is heard, once the server is up
    except OSError as error:
        raise UsageError(
            f"{host}:{port} cannot be listened on: {error.strerror}", hint="another program may be there: --port 8001"
        ) from error
    with listening:
        yield listening


def bound(host: str, port: int) -> socket.socket:
    """A socket on an address, also where what was there has been closed a moment ago. Raises OSError where another program is."""
    # named as TCP, or asyncio leaves Nagle's algorithm on, and every answer waits 40 ms
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made


def _voila(wb: Workbench) -> AbstractContextManager[Voila]:
    from boathouse.lab.voila import Voila

    return closing(Voila(wb))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
