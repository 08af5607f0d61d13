"""Where code that a model wrote runs: a process without network, files, secrets or children, that can ask two things of the house."""

from boathouse.ask.jail.cells import Cell, Jail, jail
from boathouse.ask.jail.environment import JailError, is_made, versions

__all__ = ["Cell", "Jail", "JailError", "is_made", "jail", "versions"]
