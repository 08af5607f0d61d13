"""Who may come in, and what they asked."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from boathouse.cli.app import app, to_json, workbench

key_app = typer.Typer(no_args_is_help=True, help="Keys for the API.")
app.add_typer(key_app, name="key")


@key_app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    role: Annotated[list[str], typer.Option(metavar="NAME", help="A role of boathouse.toml, or `everything`; more than once.")],
    dataset: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Narrow it to a dataset; more than once.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires; unset: never.")] = None,
    per_minute: Annotated[int | None, typer.Option(min=1, help="Requests in a minute; unset: as boathouse.toml says.")] = None,
) -> None:
    """Make a key. It is shown once; the lake keeps a hash of it."""
    made, token = workbench().create_key(name, role, datasets=dataset or (), days=days, per_minute=per_minute)
    print(token)
    until = f"until {made.expires_at:%Y-%m-%d %H:%M} UTC" if made.expires_at else "until it is revoked"
    print(f"{made.name}: {', '.join(made.roles)}, {until}; boathouse key revoke {made.id} ends it", file=sys.stderr)


@key_app.command("list")
def list_keys(as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False) -> None:
    """List the keys."""
    found = workbench().api_keys()
    if as_json:
        to_json({"keys": [key.to_json() for key in found]})
    else:
        from boathouse.cli.terminal import show_keys

        show_keys(found)


@key_app.command("revoke")
def revoke_key(key: Annotated[str, typer.Argument(metavar="ID", help="As `key list` shows it.")]) -> None:
    """End a key, at once."""
    print(f"the key {workbench().revoke_key(key).name!r} no longer opens")


@app.command()
def audit(
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show what was asked of the API, newest first."""
    found = workbench().audit(limit)
    if as_json:
        to_json({"events": found})
    else:
        from boathouse.cli.terminal import show_audit

        show_audit(found)
