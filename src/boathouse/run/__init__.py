"""Runs: a parameterized notebook, executed by papermill in a warm kernel."""

from boathouse.run.runner import Runner

__all__ = ["Runner"]
