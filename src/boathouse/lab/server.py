"""JupyterLab on a workbench, with a kernel that has the magics."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

from boathouse.config.workbench import in_bytes
from boathouse.errors import UsageError
from boathouse.lab.environ import environ
from boathouse.workbench import Workbench


def command(wb: Workbench, port: int, *more: str) -> tuple[list[str], dict[str, str]]:
    """The module and the options of JupyterLab on a workbench, and its environment. Raises UsageError where it is not installed."""
    if find_spec("jupyterlab") is None:
        raise UsageError("JupyterLab is not installed", hint="pip install 'boathouse[lab]'")
    options = ["jupyterlab", f"--ServerApp.root_dir={wb.root}", f"--ServerApp.port={port}", "--MultiKernelManager.default_kernel_name=boathouse",
               "--ServerApp.answer_yes=True", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
               f"--ServerApp.tornado_settings={{'websocket_max_message_size': {in_bytes(wb.config.api.uploads)}}}", *more]  # fmt: skip
    options += ["--allow-root"] if hasattr(os, "getuid") and os.getuid() == 0 else []
    return options, environ(wb)


def run(wb: Workbench, port: int, *, browser: bool) -> int:
    """JupyterLab until Ctrl-C; its exit code. Raises UsageError where it is not installed."""
    options, env = command(wb, port, *([] if browser else ["--no-browser"]))
    # its input ends with this process, however that ends, and with it the server
    server = subprocess.Popen([sys.executable, "-m", "boathouse.lab.tied", *options], cwd=wb.root, env=env, stdin=subprocess.PIPE)
    while True:
        try:
            return server.wait()
        except KeyboardInterrupt:  # JupyterLab has it as well, and stops its kernels
            continue
