# ruff: noqa: I001
"""The command line: each command is a thin face on one verb of the workbench."""

from boathouse.cli import silos, questions, servers, access  # they register their commands, which the help shows in this order
from boathouse.cli.app import app
from boathouse.cli.guarded import entry

__all__ = ["access", "app", "entry", "questions", "servers", "silos"]
