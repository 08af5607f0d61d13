"""JupyterLab on a workbench, with a kernel that has the magics."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from boathouse.errors import UsageError

_JUPYTER = Path(__file__).with_name("jupyter")  # the kernel, as Jupyter looks for it


def run(root: Path, port: int, *, browser: bool) -> int:
    """JupyterLab until Ctrl-C; its exit code. Raises UsageError where it is not installed."""
    if find_spec("jupyterlab") is None:
        raise UsageError("JupyterLab is not installed", hint="pip install 'boathouse[lab]'")
    path = os.pathsep.join(filter(None, [str(_JUPYTER), os.environ.get("JUPYTER_PATH")]))
    options = [f"--ServerApp.root_dir={root}", f"--ServerApp.port={port}", "--MultiKernelManager.default_kernel_name=boathouse",
               "--ServerApp.answer_yes=True", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]  # fmt: skip
    options += [] if browser else ["--no-browser"]
    options += ["--allow-root"] if hasattr(os, "getuid") and os.getuid() == 0 else []
    server = subprocess.Popen([sys.executable, "-m", "jupyterlab", *options], cwd=root, env={**os.environ, "JUPYTER_PATH": path})
    while True:
        try:
            return server.wait()
        except KeyboardInterrupt:  # JupyterLab has it as well, and stops its kernels
            continue
