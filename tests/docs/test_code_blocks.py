"""Every block of code in the documentation runs as it stands, page by page, and prints what the page shows."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pages import REPOSITORY, Block, blocks, missing, pages

from boathouse.sources.database import connect


class Reader:
    """Somebody who follows a page: one shell and one Python, in an empty folder."""

    def __init__(self, folder: Path):
        self.folder, self.names = folder, {"__name__": "__main__"}
        self.cwd = folder / "home"
        self.cwd.mkdir()
        self.env = {key: value for key, value in os.environ.items() if not key.startswith("BOATHOUSE_")}
        path = [str(_tools(folder)), str(Path(sys.executable).parent), self.env["PATH"]]
        modules = [str(folder / "site"), *filter(None, [self.env.get("PYTHONPATH")])]
        self.env |= {"PATH": os.pathsep.join(path), "PYTHONPATH": os.pathsep.join(modules), "PYTHONWARNINGS": "ignore",
                     "COLUMNS": "110", "NO_COLOR": "1"}  # fmt: skip

    def run(self, block: Block) -> tuple[int, str]:
        """(exit code, all that was printed)."""
        if name := block.marks.get("file"):
            (self.cwd / name).parent.mkdir(parents=True, exist_ok=True)
            (self.cwd / name).write_text(block.code, encoding="utf-8")
            return 0, ""
        if block.language == "python":
            return 0, self.python(block)
        if block.language == "bash":
            return self.bash(block.code)
        return self.console(block)

    def bash(self, code: str) -> tuple[int, str]:
        """Runs commands; the folder and the variables that they leave are there for the next block."""
        left = self.folder / "left"
        keep = f"trap 'pwd > {left}.cwd; env -0 > {left}.env' EXIT\nset -eo pipefail\n"
        done = subprocess.run(["bash", "-c", keep + code], cwd=self.cwd, env=self.env, text=True, encoding="utf-8",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False)  # fmt: skip
        self.cwd = Path(Path(f"{left}.cwd").read_text().rstrip("\n"))
        pairs = Path(f"{left}.env").read_text().rstrip("\0").split("\0")
        self.env = dict(pair.split("=", 1) for pair in pairs)
        return done.returncode, done.stdout

    def console(self, block: Block) -> tuple[int, str]:
        """A dialogue: lines after `$ ` are typed, the others are what must be printed."""
        typed = [line.removeprefix("$ ") for line in block.code.splitlines() if line.startswith("$ ")]
        block.output = "\n".join(line for line in block.code.splitlines() if not line.startswith("$ "))
        return self.bash("\n".join(typed))

    def python(self, block: Block) -> str:
        printed = io.StringIO()
        code = compile(block.code, f"line {block.line}", "exec")
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
            patch.chdir(self.cwd)
            for key, value in self.env.items():
                patch.setenv(key, value)
            exec(code, self.names)
        return printed.getvalue()


def _tools(folder: Path) -> Path:
    """A folder with a `pip` that installs for this page only and fetches nothing."""
    pip = folder / "tools" / "pip"
    pip.parent.mkdir()
    options = f"-qq --no-deps --no-build-isolation --target {folder / 'site'}"
    pip.write_text(f'#!/bin/sh\nexec {sys.executable} -m pip "$@" {options}\n')
    pip.chmod(0o755)
    return pip.parent


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[Callable[[str], str]]:
    """`database("postgres")`: the URL of a new, empty database. Skips where no server answers."""
    made: list[tuple[sa.Engine, str]] = []

    def create(kind: str) -> str:
        server = request.getfixturevalue(kind)
        name = f"boathouse_docs_{uuid.uuid4().hex[:8]}"
        engine = connect(server, Path.cwd()).execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        made.append((engine, name))
        return sa.make_url(server).set(database=name).render_as_string(hide_password=False)

    yield create
    for engine, name in made:
        force = " WITH (FORCE)" if engine.dialect.name == "postgresql" else ""
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name}{force}")


@pytest.mark.parametrize("page", [page for page in pages() if blocks(page)], ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_block_runs(page: Path, tmp_path: Path, database: Callable[[str], str]) -> None:
    reader, left_out = Reader(tmp_path), []
    servers: dict[str, str | None] = {}
    for block in blocks(page):
        if "no test" in block.marks:
            continue
        if need := block.marks.get("needs"):
            if need not in servers:
                servers[need] = _or_none(database, need)
                reader.env |= {f"{need.upper()}_URL": servers[need]} if servers[need] else {}
            if servers[need] is None:
                left_out.append(f"line {block.line} needs {need}")
                continue
        code, printed = reader.run(block)
        where = f"{page.relative_to(REPOSITORY)}:{block.line}"
        assert code == int(block.marks.get("exit", 0)), f"{where} ended with {code}:\n{printed}"
        assert (line := missing(block.output, printed)) is None, f"{where} shows\n{line}\nbut printed\n{printed}"
    if left_out:
        pytest.skip(f"all ran but these: {'; '.join(left_out)}")


def _or_none(database: Callable[[str], str], kind: str) -> str | None:
    try:
        return database(kind)
    except pytest.skip.Exception:
        return None
