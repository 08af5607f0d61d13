"""The files that people write: boathouse.toml and pipelines/NAME.yml, as pydantic models."""

from boathouse.config.pipeline import Column, Deduplicate, Pipeline, load_pipeline
from boathouse.config.query import Parameter, SavedQuery, load_query
from boathouse.config.workbench import Limits, QueryLimits, Role, WorkbenchConfig, find_root, load_workbench

__all__ = [
    "Column",
    "Deduplicate",
    "Limits",
    "Parameter",
    "Pipeline",
    "QueryLimits",
    "Role",
    "SavedQuery",
    "WorkbenchConfig",
    "find_root",
    "load_pipeline",
    "load_query",
    "load_workbench",
]
