"""A workbench around the benchmark's file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from benchmarks.orders import COLUMNS, EXPECTATIONS
from boathouse.init import create


def make(folder: Path, source: Path, mode: str = "replace", memory: str | None = None) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    root = create(folder)
    key = "key: order_id\n" if mode == "upsert" else ""
    columns = "".join(f"  {name}: {json.dumps(kind)}\n" for name, kind in COLUMNS.items())
    (root / "pipelines" / "orders.yml").write_text(
        f"source: {{type: csv, location: {json.dumps(str(source))}}}\ncolumns:\n{columns}mode: {mode}\n{key}"
    )
    (root / "expectations" / "orders.json").write_text(json.dumps({"name": "orders", "expectations": EXPECTATIONS}))
    if memory:
        (root / "boathouse.toml").write_text(f'[limits]\nmemory = "{memory}"\n')
    return root
