"""uvicorn around the API."""

from __future__ import annotations

import ipaddress

from boathouse.errors import UsageError
from boathouse.workbench import Workbench


def serve(wb: Workbench, host: str, port: int) -> None:
    """Serves until it is stopped; what runs then may end within ten seconds. Raises UsageError for an address that others
    could reach where nobody has a key."""
    loopback = host == "localhost" or _is_loopback(host)
    api = wb.config.api
    if not loopback and not (api.tokens or any(key.revoked_at is None for key in wb.api_keys())):
        raise UsageError(
            f"{host} can be reached by others, and there is no authentication yet",
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
    app = create(wb, loopback=loopback)
    # behind a proxy on this machine, a request's address and scheme are those that the proxy names
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=10, proxy_headers=True)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
