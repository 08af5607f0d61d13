"""Everything at once: the API, the catalog and the dashboards behind one port, JupyterLab beside them."""

from __future__ import annotations

import secrets
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from boathouse.errors import UsageError
from boathouse.lab import server
from boathouse.lab.tied import Tied
from boathouse.serve.server import bound, serve
from boathouse.workbench import Workbench


def up(wb: Workbench, host: str, port: int, lab_port: int, *, browser: bool, say: Callable[[str], None]) -> None:
    """Serves until Ctrl-C, which stops all of it. JupyterLab runs any code, so it is for this machine's user, who alone is told
    its token."""
    token = secrets.token_urlsafe(24)

    def ready(url: str) -> None:
        say(f"dashboards, catalog and API: {url}\nJupyterLab:                  http://127.0.0.1:{lab_port}/lab?token={token}\n"
            "(Ctrl-C stops it all)")  # fmt: skip
        if browser:
            webbrowser.open(url)

    with _lab(wb, lab_port, token):
        serve(wb, host, port, ready, dashboards=True, lab=f"http://127.0.0.1:{lab_port}/lab")


@contextmanager
def _lab(wb: Workbench, port: int, token: str) -> Iterator[None]:
    options, env = server.command(wb, port, "--no-browser", "--log-level=ERROR", "--ServerApp.port_retries=0")
    try:
        bound("127.0.0.1", port).close()
    except OSError as error:
        hint = "another program may be there: --lab-port 8889"
        raise UsageError(f"JupyterLab cannot listen on port {port}: {error.strerror}", hint=hint) from error
    env |= {"JUPYTER_TOKEN": token}  # a command line is for all to see
    with (
        TemporaryDirectory(prefix="boathouse-lab-") as private,
        closing(Tied(*options, cwd=wb.root, env=env, log=Path(private, "jupyterlab.log"))),
    ):
        yield
