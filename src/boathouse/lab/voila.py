"""Voilà on a workbench's dashboards, on a port of this machine that only the server in front of it can use."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
import tempfile
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from boathouse import viewer
from boathouse.config.workbench import in_bytes
from boathouse.errors import BoathouseError, UsageError
from boathouse.lab.environ import environ
from boathouse.lab.tied import Tied
from boathouse.workbench import Workbench

BASE = "/dashboards/"
_NOT_HERE = ("ipylab", "jupyter_app_launcher", "@jupyterhub/jupyter-server-proxy")  # want what only JupyterLab has
_STARTS, _LOOKS = 60.0, 2.0  # seconds until it answers, and for which a first look is waited for


class Voila:
    """A Voilà process."""

    def __init__(self, wb: Workbench):
        if find_spec("voila") is None:
            raise UsageError("Voilà is not installed", hint="pip install 'boathouse[lab]'")
        self.wb = wb
        (wb.root / "dashboards").mkdir(exist_ok=True)
        self.token = secrets.token_urlsafe(32)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._private = tempfile.TemporaryDirectory(prefix="boathouse-voila-")  # readable by nobody else
        Path(self._private.name, "voila.json").write_text(json.dumps(self._settings()), encoding="utf-8")
        env = environ(
            wb, JUPYTER_CONFIG_DIR=self._private.name, PYDEVD_DISABLE_FILE_VALIDATION="1", **{viewer.SERVED: self._private.name}
        )
        self._server = Tied("voila", cwd=wb.root, env=env, log=Path(self._private.name, "voila.log"))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _settings(self) -> dict[str, Any]:
        config, largest = self.wb.config.dashboards, in_bytes(self.wb.config.api.uploads)
        return {
            "Voila": {"ip": "127.0.0.1", "port": self.port, "port_retries": 0, "base_url": BASE, "open_browser": False, "token": self.token,
                      "root_dir": str(self.wb.root / "dashboards"), "tornado_settings": {"websocket_max_message_size": largest}},
            "VoilaConfiguration": {
                "template": "boathouse", "allow_template_override": "NO", "allow_theme_override": "NO", "strip_sources": True,
                "file_allowlist": ["(?!)"], "show_tracebacks": False, "http_header_envs": [viewer.HEADER],
                "preheat_kernel": config.heated > 0, "default_pool_size": config.heated, "extension_denylist": list(_NOT_HERE),
                "multi_kernel_manager_class": "boathouse.lab.kernels.Kernels",
            },
            "VoilaKernelManager": {"fill_delay": 3},  # seconds: what is heated next takes no time from the page that is opening
            # a page that is looked at keeps its kernel; one that was closed tells so, and one that was lost is found here
            "MappingKernelManager": {"cull_idle_timeout": int(config.idle_minutes * 60), "cull_interval": 30, "cull_connected": False},
        }  # fmt: skip

    def ready(self) -> None:
        """Waits until it answers. Raises BoathouseError where it does not."""
        until = time.monotonic() + _STARTS
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < until:
            try:
                direct.open(f"{self.url}{BASE}voila/static/none", timeout=2)
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
        raise BoathouseError("Voilà does not start", hint=self._server.said())

    async def first_look(self, kernel: str) -> str | None:
        """What a heated kernel has found before its page's widgets are there; None where that takes long."""
        for _ in range(round(_LOOKS / 0.02)):
            with contextlib.suppress(OSError):
                made = Path(self._private.name, f"{kernel}.html")
                text = made.read_text(encoding="utf-8")
                made.unlink()
                return text
            await asyncio.sleep(0.02)
        return None

    def close(self) -> None:
        """Ends it, and its kernels."""
        self._server.close()
        self._private.cleanup()
