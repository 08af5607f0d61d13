"""uvicorn around the API."""

from __future__ import annotations

import ipaddress

from boathouse.errors import UsageError
from boathouse.workbench import Workbench


def serve(wb: Workbench, host: str, port: int) -> None:
    """Serves until it is stopped. Raises UsageError for an address that others could reach: there are no keys yet."""
    if host != "localhost" and not _is_loopback(host):
        raise UsageError(
            f"{host} can be reached by others, and there is no authentication yet", hint="boathouse serve --host 127.0.0.1"
        )
    try:
        import uvicorn

        from boathouse.serve.app import create
    except ImportError as error:
        raise UsageError(f"{error.name} is not installed", hint="pip install 'boathouse[serve]'") from error
    uvicorn.run(create(wb), host=host, port=port, log_level="warning", timeout_graceful_shutdown=10)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
