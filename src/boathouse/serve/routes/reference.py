"""The OpenAPI document, and the page that shows it: from here, not from a content network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse, Response

from boathouse.errors import MissingError
from boathouse.serve.identity import Caller
from boathouse.serve.routes.queries import address, mine
from boathouse.serve.routes.runs import found
from boathouse.serve.site import Served, Site, Who

router = APIRouter(include_in_schema=False)
_PROBLEM = {
    "description": "What is wrong, and under `hint` what mends it: a problem document (RFC 9457).",
    "content": {"application/problem+json": {"schema": {
        "type": "object", "required": ["type", "status", "title"],
        "properties": {"type": {"type": "string"}, "status": {"type": "integer"}, "title": {"type": "string"}, "hint": {"type": "string"}},
    }}},
}  # fmt: skip
_FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")


@router.get("/openapi.json")
def document(request: Request, site: Served, who: Who) -> dict[str, Any]:
    """The addresses that there are for a caller: of the saved queries those that they may ask."""
    whole = request.app.openapi()
    hidden = {address(query) for query in site.queries} - {address(query) for query in mine(site, who)}
    examples = _examples(site, who)
    paths = {path: _with(told, examples.get(path, {})) for path, told in whole["paths"].items() if path not in hidden}
    return whole | {"paths": paths}


def _examples(site: Site, who: Caller) -> dict[str, dict[str, Any]]:
    """Values to try, by address and parameter: what there is in this lake."""
    datasets, made = who.policy.visible(site.wb.tables.names()), found(site, who)
    first = {"name": datasets[0]} if datasets else {}
    run = {"run_id": made[0]["run_id"]} if made else {}
    pipeline = {"name": made[0]["pipeline"]} if made else {}
    return {
        "/datasets/{name}": first, "/datasets/{name}/rows": first, "/datasets/{name}/quarantine": first,
        "/runs/{run_id}": run, "/runs/{run_id}/notebook": run,
        "/pipelines/{name}/runs": pipeline, "/pipelines/{name}/files": pipeline,
    } | {address(query): {name: told.example for name, told in query.parameters.items()} for query in mine(site, who)}  # fmt: skip


def _with(path: dict[str, Any], examples: dict[str, Any]) -> dict[str, Any]:
    def shown(parameter: dict[str, Any]) -> dict[str, Any]:
        value = examples.get(parameter["name"])
        return parameter if value is None else parameter | {"example": str(value)}

    return {
        method: told | {
            "parameters": list(map(shown, told.get("parameters", []))),
            "responses": {status: answer for status, answer in told["responses"].items() if status != "422"} | {"4XX": _PROBLEM},
        }
        for method, told in path.items()
    }  # fmt: skip


@router.get("/docs")
def page(who: Who) -> HTMLResponse:
    return get_swagger_ui_html(
        openapi_url="/openapi.json", title="API", swagger_js_url="/docs/swagger-ui-bundle.js",
        swagger_css_url="/docs/swagger-ui.css", swagger_favicon_url="/docs/favicon.png",
    )  # fmt: skip


@router.get("/docs/{name}")
def file(name: str) -> Response:
    """What the page needs."""
    import fastapi_offline

    if name not in _FILES:
        raise MissingError(f"no file {name!r}")
    return FileResponse(Path(fastapi_offline.__file__).parent / "static" / name, headers={"Cache-Control": "max-age=86400"})
