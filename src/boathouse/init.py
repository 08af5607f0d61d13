"""A new workbench, from the same notebooks and templates as this repository's own."""

from __future__ import annotations

import shutil
from pathlib import Path

from boathouse.config.workbench import FILE
from boathouse.errors import UsageError

_FOLDERS = ("pipelines", "expectations", "notebooks", "dashboards", "queries")
_NOTEBOOKS = (
    "notebooks/ingest.ipynb", "notebooks/explore.ipynb", "notebooks/new_dashboard.ipynb", "dashboards/new_source.ipynb",
    "dashboards/quality.ipynb", "dashboards/operations.ipynb",
)  # fmt: skip
_TOML = """\
# The workbench's settings; all of them are optional. Every key: docs/reference/boathouse-toml.md
# name = "{name}"
# lake = "lake"                 # a folder, or a URL: "s3://bucket/prefix"
# timezone = "Europe/Berlin"

# [storage]                     # options of a bucket; ${{NAME}} comes from the environment
# aws_region = "eu-central-1"

# [limits]
# memory = "800MB"              # of the engine in one run; what does not fit goes to disk

# [env.prod]                    # boathouse --env prod …
# lake = "s3://company-lake"
"""


def create(folder: Path) -> Path:
    """Makes the folder a workbench. Files that are there stay. Raises UsageError where it is one already."""
    root = folder.resolve()
    if (root / FILE).exists():
        raise UsageError(f"{root} is a workbench already", hint=f"boathouse -C {folder} doctor")
    for name in _FOLDERS:
        (root / name).mkdir(parents=True, exist_ok=True)
    for notebook in _NOTEBOOKS:
        if not (target := root / notebook).exists():
            shutil.copyfile(templates() / notebook, target)
    if not (ignore := root / ".gitignore").exists():
        ignore.write_text("lake/\n.ipynb_checkpoints/\n", encoding="utf-8")
    (root / FILE).write_text(_TOML.format(name=root.name), encoding="utf-8")
    return root


def templates() -> Path:
    """Where notebooks are copied from: beside the code in a wheel, at the top of the repository in a checkout."""
    installed = Path(__file__).parent / "templates"
    return installed if installed.is_dir() else Path(__file__).parents[2]
