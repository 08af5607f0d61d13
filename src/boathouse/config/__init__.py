"""The files that people write: boathouse.toml and pipelines/NAME.yml, as pydantic models."""

from boathouse.config.pipeline import Column, Deduplicate, Pipeline, load_pipeline
from boathouse.config.workbench import Limits, WorkbenchConfig, find_root, load_workbench

__all__ = [
    "Column",
    "Deduplicate",
    "Limits",
    "Pipeline",
    "WorkbenchConfig",
    "find_root",
    "load_pipeline",
    "load_workbench",
]
