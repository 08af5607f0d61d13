"""The papermill engine: a warm kernel where there is one, and progress passed on while the notebook runs."""

from __future__ import annotations

import glob
import os
import tempfile
import uuid
from subprocess import Popen
from typing import Any, cast

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from traitlets import Any as AnyTrait

from boathouse.progress import MIME, Event, Reporter, silent
from boathouse.run.warm import WarmKernels

NAME = "boathouse"


class WarmProvisioner(LocalProvisioner):
    """Forks the kernel from the warm server instead of starting an interpreter."""

    warm: WarmKernels

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        assert self.parent is not None
        env, cwd = kwargs.get("env") or dict(os.environ), kwargs.get("cwd") or os.getcwd()
        forked = self.warm.start(self.parent.connection_file, env, str(cwd))
        self.process = cast(Popen, forked)  # as much of one as is asked for
        self.pid = self.pgid = forked.pid
        return self.connection_info


class KernelManager(AsyncKernelManager):
    """Kernels talk over local sockets where the system has them: nobody else on the machine can listen."""

    warm = AnyTrait(None, allow_none=True)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        if os.name == "posix":
            self.transport = "ipc"
            # Jupyter's own name for the sockets is the same for all kernels, and relative to the current folder
            self.ip = os.path.join(tempfile.gettempdir(), f"boathouse-{uuid.uuid4().hex[:12]}")

    async def _async_pre_start_kernel(self, **kwargs: Any) -> Any:
        if self.warm is not None and self.provisioner is None:
            self.kernel_id = self.kernel_id or str(uuid.uuid4())
            self.provisioner = WarmProvisioner(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
            self.provisioner.warm = self.warm
        return await super()._async_pre_start_kernel(**kwargs)

    pre_start_kernel = _async_pre_start_kernel

    def cleanup_ipc_files(self) -> None:
        """By their name: Jupyter has forgotten their numbers by the time it asks for this."""
        for socket in glob.glob(f"{glob.escape(self.ip)}-*") if self.transport == "ipc" else ():
            os.remove(socket)


class Client(PapermillNotebookClient):
    """Hands progress messages to a reporter, and keeps none of them but each step's last."""

    report: Reporter = staticmethod(silent)

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        if msg["msg_type"] in ("display_data", "update_display_data"):
            data = msg["content"].get("data", {})
            if MIME in data:
                self.report(Event(**data[MIME]))
        return super().process_message(msg, cell, cell_index)


class Engine(NBClientEngine):
    """`engine_name="boathouse"`; takes `warm`, `report` and the kernel's `env` beside papermill's own arguments."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, warm: WarmKernels | None = None, report: Reporter = silent,
        start_timeout: int = 60, execution_timeout: int | None = None, env: dict[str, str] | None = None, **kwargs: Any,
    ) -> Any:  # fmt: skip
        manager = KernelManager(kernel_name=kernel_name, warm=warm)
        client = Client(nb_man, km=manager, timeout=execution_timeout, startup_timeout=start_timeout,
                        kernel_name=kernel_name, iopub_timeout=30, shutdown_kernel="immediate")  # fmt: skip
        client.report = report
        more = {"env": env} if env else {}
        return client.execute(
            cwd=kwargs.get("cwd") or os.getcwd(), cleanup_kc=True, **more
        )  # a manager that is given is else kept


papermill_engines.register(NAME, Engine)
