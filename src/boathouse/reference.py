"""The reference pages' tables and the JSON schemas for editors, generated from the models that read the files.

python -m boathouse.reference          rewrites docs/ of a checkout
python -m boathouse.reference DIR      writes the schemas into DIR, with the sources that are installed here

It stands above config/ because it reads the sources' options as well, and config/ imports nothing from above it.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from boathouse.config.pipeline import Column, Deduplicate, Pipeline, SourceSpec
from boathouse.config.query import Parameter, SavedQuery
from boathouse.config.workbench import Api, ApiLimits, Ask, Environment, Limits, Role, Tokens, WorkbenchConfig
from boathouse.query.receipt import AppliedPolicy, ReadTable, Receipt
from boathouse.sources.registry import families, family

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end -->)", re.S)
_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "object": "mapping"}


def models() -> dict[str, type[BaseModel]]:
    """What a page may show, by the name in its `<!-- generated: NAME -->`."""
    files: dict[str, type[BaseModel]] = {
        "pipeline": Pipeline, "source": SourceSpec, "columns": Column, "deduplicate": Deduplicate,
        "boathouse.toml": WorkbenchConfig, "limits": Limits, "env": Environment, "role": Role, "ask": Ask, "api": Api, "api limits": ApiLimits, "api tokens": Tokens,
         "query": SavedQuery, "parameter": Parameter,
        "receipt": Receipt, "receipt table": ReadTable, "receipt policy": AppliedPolicy,
    }  # fmt: skip
    return files | {f"source {name}": family(name).Options for name in families()}


def files(docs: Path = DOCS) -> dict[Path, str]:
    """Every generated file with the text that it should have."""
    known = models()
    made = {docs / "reference" / name: text for name, text in schemas().items()}
    for page in sorted(docs.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        if BLOCK.search(text):
            made[page] = BLOCK.sub(lambda match: match[1] + table(known[match[2]]) + match[3], text)
    return made


def table(model: type[BaseModel]) -> str:
    """A model's keys as a Markdown table."""
    schema = model.model_json_schema(by_alias=True)
    if not schema.get("properties"):
        return "No keys of its own.\n"
    meanings = {field.alias or name: field.description or "" for name, field in model.model_fields.items()}
    lines = ["| key | value | unset | meaning |", "|---|---|---|---|"]
    for key, node in schema["properties"].items():
        unset = "**required**" if key in schema.get("required", ()) else _unset(node.get("default"))
        cells = (f"`{key}`", _value(node), unset, meanings[key])
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _value(node: dict[str, Any]) -> str:
    """What may stand there, in words."""
    if "anyOf" in node:
        return " or ".join(dict.fromkeys(_value(one) for one in node["anyOf"] if one.get("type") != "null"))
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    if node.get("type") == "array":
        return f"list of {_value(node['items'])}"
    return _WORDS[node.get("type", "object")]


def _unset(default: Any) -> str:
    return "" if default in (None, [], {}) else f"`{json.dumps(default, ensure_ascii=False)}`"


def schemas() -> dict[str, str]:
    """The JSON schemas of the files that people write, for editors, and of receipts."""
    made = {"pipeline": _pipeline(), "boathouse-toml": WorkbenchConfig.model_json_schema(by_alias=True),
            "receipt": Receipt.model_json_schema(mode="serialization")}  # fmt: skip
    return {f"{name}.schema.json": json.dumps(_without_titles(schema), indent=1, ensure_ascii=False) + "\n"
            for name, schema in made.items()}  # fmt: skip


def _pipeline() -> dict[str, Any]:
    """The pipeline file; under `source:` each type allows the keys of its family."""
    options: dict[str, type[BaseModel]] = {name: family(name).Options for name in families()}
    wanted: list[type[BaseModel]] = [Pipeline, *options.values()]
    refs, whole = models_json_schema([(model, "validation") for model in wanted], by_alias=True)
    defs = whole["$defs"]
    source, cases = defs["SourceSpec"], []
    for name, model in options.items():
        own = defs[refs[model, "validation"]["$ref"].rsplit("/", 1)[1]]
        keys = dict.fromkeys(source["properties"], True) | own.get("properties", {})
        cases.append({"if": {"properties": {"type": {"const": name}}, "required": ["type"]},
                      "then": {"properties": keys, "required": own.get("required", []), "additionalProperties": False}})  # fmt: skip
    source["allOf"] = cases
    for model in options.values():
        defs.pop(refs[model, "validation"]["$ref"].rsplit("/", 1)[1], None)
    return defs.pop("Pipeline") | {"$defs": defs}


def _without_titles(node: Any) -> Any:
    """pydantic's titles only say the key again."""
    if isinstance(node, list):
        return [_without_titles(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    return {key: _without_titles(inner) for key, inner in node.items() if key != "title" or isinstance(inner, dict)}


def main(arguments: list[str]) -> None:
    """Writes what the module's docstring says."""
    folder = Path(arguments[0]) if arguments else None
    if folder is None and not DOCS.is_dir():
        sys.exit("error: this is no checkout, so there are no pages\n  -> python -m boathouse.reference DIR")
    made = {folder / name: text for name, text in schemas().items()} if folder else files()
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
