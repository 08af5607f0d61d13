"""JupyterLab on a workbench, with a kernel that has the magics."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from boathouse.errors import UsageError
from boathouse.lab.voila import JUPYTER


def start(root: Path, port: int, *, browser: bool, token: str | None = None, quiet: bool = False) -> subprocess.Popen[bytes]:
    """JupyterLab; `token` opens it, or one that it makes and says; a `quiet` one runs beside another program, which Ctrl-C is
    for. Raises UsageError where it is not installed."""
    if find_spec("jupyterlab") is None:
        raise UsageError("JupyterLab is not installed", hint="pip install 'boathouse[lab]'")
    path = os.pathsep.join(filter(None, [str(JUPYTER), os.environ.get("JUPYTER_PATH")]))
    options = [f"--ServerApp.root_dir={root}", f"--ServerApp.port={port}", "--MultiKernelManager.default_kernel_name=boathouse",
               "--ServerApp.answer_yes=True", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]  # fmt: skip
    options += [] if browser else ["--no-browser"]
    options += ["--allow-root"] if hasattr(os, "getuid") and os.getuid() == 0 else []
    mine = {"JUPYTER_PATH": path, **({"JUPYTER_TOKEN": token} if token else {})}  # a command line is for all to see
    options += ["--log-level=ERROR", "--ServerApp.port_retries=0"] if quiet else []
    return subprocess.Popen([sys.executable, "-m", "jupyterlab", *options], cwd=root, env={**os.environ, **mine},
                            start_new_session=quiet)  # fmt: skip


def run(root: Path, port: int, *, browser: bool) -> int:
    """JupyterLab until Ctrl-C; its exit code."""
    server = start(root, port, browser=browser)
    while True:
        try:
            return server.wait()
        except KeyboardInterrupt:  # JupyterLab has it as well, and stops its kernels
            continue
