"""queries/NAME.sql: one SELECT with typed `:parameters`, and a comment before it that says what it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from boathouse.config.load import parse_yaml, validate
from boathouse.config.pipeline import Column
from boathouse.errors import UsageError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_IN_PATH = re.compile(r"{(\w+)}")


class Parameter(BaseModel):
    """One `:name` of a saved query."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field("VARCHAR", description="Its type: VARCHAR, BIGINT, DECIMAL(12,2), DATE …")
    default: Any = Field(None, description="What it is where it is not given; unset: it must be given. `null` as a word is NULL.")
    description: str | None = Field(None, description="What it means.")
    example: Any = Field(None, description="A value to try, for the API's page.")

    @model_validator(mode="before")
    @classmethod
    def _by_type_alone(cls, value: Any) -> Any:
        return {"type": value} if isinstance(value, str) else value

    @field_validator("type")
    @classmethod
    def _is_a_type(cls, value: str) -> str:
        return Column(type=value).type

    @property
    def required(self) -> bool:
        return "default" not in self.model_fields_set


class SavedQuery(BaseModel):
    """queries/NAME.sql: the keys of the comment at its top."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = Field(None, description="What people call it; unset: its name.")
    description: str | None = Field(None, description="What it answers.")
    path: str | None = Field(None, description="Its address in the API, as `/sales/{region}`; unset: `/queries/NAME`.")
    cache: int | None = Field(None, ge=0, description="Seconds for which a browser may keep the answer.")
    roles: list[str] = Field(default_factory=list, description="Roles that may ask it, beside those whose `queries` name it.")
    parameters: dict[str, Parameter] = Field(
        default_factory=dict, description="Its parameters by name, each a type or a mapping."
    )

    _name: str = PrivateAttr("")
    _sql: str = PrivateAttr("")

    @field_validator("path")
    @classmethod
    def _begins_with_a_slash(cls, value: str | None) -> str | None:
        if value is not None and (not value.startswith("/") or set("?#") & set(value)):
            raise ValueError("a path begins with / and has no ? or #")
        return value

    @model_validator(mode="after")
    def _knows_what_it_names(self) -> SavedQuery:
        unknown = [name for name in _IN_PATH.findall(self.path or "") if name not in self.parameters]
        if unknown:
            raise ValueError(f"path names {unknown[0]!r}, which is not under `parameters`")
        return self

    @property
    def name(self) -> str:
        return self._name

    @property
    def sql(self) -> str:
        """The SELECT, with `:name` as it was written."""
        return self._sql


def load_query(path: Path) -> SavedQuery:
    """One saved query. Raises UsageError that names the line where the comment is wrong."""
    if not _NAME.fullmatch(path.stem):
        raise UsageError(f"{path.stem!r} cannot name a query", where=str(path), hint="use letters, digits and _")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise UsageError("is not UTF-8 text", where=str(path), hint="save the file as UTF-8") from error
    end = next((n for n, line in enumerate(lines) if not line.startswith("--")), len(lines))
    front = "\n".join(line.removeprefix("--").removeprefix(" ") for line in lines[:end])
    data, places = parse_yaml(front, path) if front.strip() else ({}, {})
    query = validate(SavedQuery, data, path, places)
    query._name, query._sql = path.stem, "\n".join(lines[end:]).strip()
    if not query._sql:
        raise UsageError("has no SELECT below its comment", where=str(path), hint="write one")
    return query
