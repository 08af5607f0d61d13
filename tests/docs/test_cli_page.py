"""docs/cli.md describes the commands that there are."""

from __future__ import annotations

import re

import pytest
import typer
from pages import DOCS

from boathouse.cli import app

PAGE = (DOCS / "cli.md").read_text(encoding="utf-8")
ROOT = typer.main.get_command(app)
COMMANDS = ROOT.commands  # type: ignore[attr-defined]


def section(command: str) -> str:
    """The part of the page under `## boathouse COMMAND`."""
    match = re.search(rf"^## {command}$(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    assert match, f"docs/cli.md has no heading `## {command}`"
    return match[1]


def options(command) -> set[str]:
    own = {name for parameter in command.params for name in parameter.opts if name.startswith("-")} - {"--help"}
    return own.union(*(options(inner) for inner in getattr(command, "commands", {}).values()))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_is_described_with_its_options(name: str) -> None:
    text = section(name)
    missing = [option for option in options(COMMANDS[name]) if f"`{option}" not in text]
    assert not missing, f"docs/cli.md, {name}: says nothing of {', '.join(missing)}"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_no_option_is_made_up(name: str) -> None:
    told = set(re.findall(r"^\| `(--?[\w-]+)", section(name), re.M))
    assert told <= options(COMMANDS[name])


def test_options_before_the_command_are_described() -> None:
    text = section("Before the command")
    own = {name for parameter in ROOT.params for name in parameter.opts if name.startswith("-")} - {"--help"}
    assert not [option for option in own if f"`{option}" not in text]
