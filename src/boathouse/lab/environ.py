"""What a Jupyter process on a workbench finds in its environment."""

from __future__ import annotations

import os
from pathlib import Path

from boathouse.workbench import Workbench

_JUPYTER = str(Path(__file__).with_name("jupyter"))  # the kernel, the launcher's cards, settings and the page's template


def environ(wb: Workbench, **more: str) -> dict[str, str]:
    """Ours, and the workbench's own environment for each kernel; what Jupyter finds elsewhere comes after it."""
    paths = {
        name: os.pathsep.join(filter(None, [_JUPYTER, os.environ.get(name)])) for name in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH")
    }
    return {**os.environ, **paths, **({"BOATHOUSE_ENV": wb.environment} if wb.environment else {}), **more}
