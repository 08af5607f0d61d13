"""`python -m demo.picture`: the README's picture, what `make demo` prints in a copy of this workbench that has no lake yet."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 138


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("demo", "pipelines", "expectations", "notebooks"):
            shutil.copytree(ROOT / name, Path(folder, name))
        shutil.copy(ROOT / "boathouse.toml", folder)
        env = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH)}
        ran = subprocess.run(
            [sys.executable, "-m", "demo"], cwd=folder, env=env, capture_output=True, encoding="utf-8", check=True
        )
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi("$ make demo\n" + ran.stdout))
    svg = console.export_svg(title="Boathouse", theme=MONOKAI, unique_id="demo")
    # without the fonts that a browser would fetch from elsewhere
    (ROOT / "docs/pictures/demo.svg").write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
