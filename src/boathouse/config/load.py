"""YAML and TOML into models; an error names the file, the line and the allowed keys."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from boathouse.errors import UsageError, did_you_mean

Kind = TypeVar("Kind")
Lines = dict[tuple[str | int, ...], int]
_REFERENCE = "see docs/reference/ for every key"


def read_yaml(path: Path) -> tuple[dict[str, Any], Lines]:
    """The mapping in a YAML file and the line of each of its keys."""
    return parse_yaml(_text(path), path)


def read_yaml_as(kind: type[Kind], path: Path, hint: str) -> Kind:
    """A YAML file as a list or a dict of models or texts; one with nothing in it as an empty one."""
    data, lines = _parsed(_text(path), path)
    return validate(kind, kind() if data is None else data, path, lines, hint=hint)


def parse_yaml(text: str, path: Path) -> tuple[dict[str, Any], Lines]:
    """The mapping in a text that begins on the first line of a file."""
    data, lines = _parsed(text, path)
    if not isinstance(data, dict):
        raise UsageError("is empty or not a mapping", where=str(path), hint=_REFERENCE)
    return data, lines


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError("is not UTF-8 text", where=str(path), hint="save the file as UTF-8") from error


def _parsed(text: str, path: Path) -> tuple[Any, Lines]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UsageError(f"is not YAML: {error.problem}", where=f"{path}{line}", hint="mend that line") from error
    lines: Lines = {}
    _note_lines(root, (), lines)
    return data, lines


def read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"is not TOML: {error}", where=str(path), hint="mend that line") from error


def validate(kind: type[Kind], data: Any, path: Path, lines: Lines | None = None, at: tuple = (), hint: str = _REFERENCE) -> Kind:
    """`data` as a `kind`. Raises UsageError that names each wrong key with its line."""
    try:
        return TypeAdapter(kind).validate_python(data)
    except ValidationError as error:
        problems = [_explain(kind, problem, path, lines or {}, at) for problem in error.errors()]
        raise UsageError("\n".join(problems), hint=hint) from error


def _note_lines(node: yaml.Node | None, at: tuple[str | int, ...], lines: Lines) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines[*at, key.value] = key.start_mark.line + 1
            _note_lines(value, (*at, key.value), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[*at, index] = value.start_mark.line + 1
            _note_lines(value, (*at, index), lines)


def _explain(kind: Any, problem: Any, path: Path, lines: Lines, at: tuple) -> str:
    location = (*at, *problem["loc"])
    line = next((lines[location[:n]] for n in range(len(location), 0, -1) if location[:n] in lines), None)
    where = f"{path}:{line}" if line else str(path)
    key = ".".join(str(part) for part in location)
    if problem["type"] == "extra_forbidden":
        allowed = sorted(_keys_at(kind, problem["loc"][:-1]))
        guess = did_you_mean(str(problem["loc"][-1]), allowed)
        return f"{where}: unknown key {key!r}{guess}; allowed: {', '.join(allowed)}"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {key}: {message}" if key else f"{where}: {message}"


def _keys_at(model: Any, loc: tuple) -> set[str]:
    """The keys that the model under `loc` allows, looking through unions, lists and dicts."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if not loc:
            return set(fields)
        return _keys_at(fields[loc[0]].annotation, loc[1:]) if loc[0] in fields else set()
    inner = [arg for arg in get_args(model) if arg is not type(None)]
    is_container = getattr(model, "__origin__", None) in (dict, list, tuple)
    return {key for arg in inner for key in _keys_at(arg, loc[1:] if is_container else loc)}
