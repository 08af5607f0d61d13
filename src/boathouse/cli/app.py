"""The command line's application, and what stands before each command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boathouse import __version__
from boathouse.errors import UsageError

if TYPE_CHECKING:
    from boathouse.workbench import Workbench

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
                  help="Boathouse: a company's tables, in one data lake that can be trusted.")  # fmt: skip


class Settings:
    """What stands before the command."""

    folder: Path | None = None
    environment: str | None = None
    debug: bool = False


def _version(asked: bool) -> None:
    if asked:
        print(f"boathouse {__version__}")
        raise typer.Exit


@app.callback()
def main(
    folder: Annotated[Path | None, typer.Option("-C", metavar="DIR", help="The workbench; else the nearest parent.")] = None,
    env: Annotated[str | None, typer.Option("--env", metavar="NAME", help="An environment of boathouse.toml.")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    Settings.folder, Settings.environment, Settings.debug = folder, env, debug


def workbench() -> Workbench:
    import boathouse

    return boathouse.open(Settings.folder, environment=Settings.environment)


def pairs(given: list[str] | None) -> dict[str, Any]:
    found = {}
    for pair in given or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"{pair!r} is not NAME=VALUE", hint="delimiter=';'")
        found[key.strip()] = value
    return found


def to_json(value: Any) -> None:
    print(json.dumps(value, default=str, ensure_ascii=False))
