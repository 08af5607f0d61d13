"""`python -m boathouse.cli`."""

from boathouse.cli import entry

entry()
