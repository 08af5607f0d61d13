"""Who looks at a dashboard. A kernel of `boathouse dashboards` or `boathouse up` shows what its viewer may see, and waits for
one before it reads anything; a kernel of anybody else's is the analyst's own, who sees everything."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boathouse.errors import AccessError, BoathouseError

if TYPE_CHECKING:
    from boathouse.query.policy import Policy
    from boathouse.query.receipt import Asked
    from boathouse.workbench import Workbench

SERVED = "BOATHOUSE_VIEWERS"  # of every kernel that serves viewers: a folder of the server's own. Without it nobody is looked for
HEADER = "X-Boathouse-Viewer"
_VARIABLE = "HTTP_X_BOATHOUSE_VIEWER"
_turn = threading.Lock()


def served() -> bool:
    return SERVED in os.environ


def told(name: str, policy: Policy, *, here: bool, key: str | None = None, page: str = "") -> str:
    """What the server tells a kernel of its viewer, who may be `here`: the user of this machine, without a key; and of its page."""
    seen = {"roles": policy.names, "only": policy.only, "everything": policy.everything}
    return json.dumps({"name": name, **seen, "here": here, "key": key, "page": page})


def is_here() -> bool:
    """Whether nobody else than the workbench's own user looks."""
    return not served() or bool(_who()["here"])


def name() -> str:
    """Who looks: on a served page the viewer, elsewhere the user of this machine."""
    return str(_who()["name"]) if served() else getpass.getuser()


def policy(wb: Workbench) -> Policy:
    """What the viewer may see. Waits for one in a kernel that was heated before. Raises AccessError where nobody was named:
    then nothing is shown."""
    from boathouse.query.policy import Policy

    who = _who()
    if who["everything"] and not who["roles"]:
        return Policy(only=tuple(who["only"]))
    held = [role for role in who["roles"] if role in wb.config.roles or role == "everything"]
    return Policy.of(wb.config.roles, held).narrowed(who["only"]) if held else Policy((), (), everything=False)


def first_look(html: str | None) -> None:
    """What the page shows until its widgets are there: the server takes it from here to the browser. None: they are there."""
    kernel = os.environ.get("VOILA_KERNEL_ID")  # only a heated kernel knows its own
    if served() and kernel:
        made = Path(os.environ[SERVED], f"{kernel}.tmp")
        with contextlib.suppress(OSError):  # the page comes without
            if html is None:
                made.with_suffix(".html").unlink(missing_ok=True)
                return
            made.write_text(html, encoding="utf-8")
            made.replace(made.with_suffix(".html"))


@contextlib.contextmanager
def noted(wb: Workbench, method: str, said: str) -> Iterator[Callable[[Asked], None]]:
    """Around what a served page asks, for the audit log: it is told each query that was run. Elsewhere nothing is written down."""
    ran: list[Asked] = []
    if not served():
        yield ran.append
        return
    from boathouse.query.receipt import audited

    who, begun, status = _who(), datetime.now(UTC), 500
    try:
        yield ran.append
        status = 200
    except BoathouseError:
        status = 400
        raise
    finally:
        asked = audited(*ran) if ran else {"sql": said}
        wb.audit_log.add({"at": begun, "caller": who["name"], "key": who["key"], "roles": who["roles"], "method": method,
                          "path": f"/dashboards/{who['page']}", "status": status, "complete": True,
                          "seconds": (datetime.now(UTC) - begun).total_seconds(),
                          **asked, **({"parameters": said} if method == "ASK" else {})})  # fmt: skip


def _who() -> dict[str, Any]:
    said = request().get(_VARIABLE)
    if said is None:
        raise AccessError("nobody was named who looks at this page", hint="open it by `boathouse up` or `boathouse dashboards`")
    return json.loads(said)


def request() -> dict[str, str]:
    """What is known of the page's request, as a CGI program would have it; in a heated kernel once there is one."""
    with _turn:
        if os.environ.get("VOILA_PREHEAT") == "True":
            os.environ.update(_waited())
            os.environ["VOILA_PREHEAT"] = "False"
    return dict(os.environ)


def _waited() -> dict[str, str]:
    """What Voilà tells once there is a viewer. It starts its kernels before it listens, and may be busy."""
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    port, path, kernel = (os.environ[f"VOILA_{name}"] for name in ("APP_PORT", "SERVER_URL", "KERNEL_ID"))
    while True:
        try:
            with connect(f"ws://127.0.0.1:{port}{path}voila/query/{kernel}", ping_interval=None, proxy=None) as server:
                return json.loads(server.recv())
        except (OSError, WebSocketException):
            time.sleep(0.5)
