"""The catalog for people: plain pages, made here, that need no script and nothing from elsewhere."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from boathouse.ask.answer import Answer
from boathouse.errors import AccessError, BoathouseError, MissingError, UsageError
from boathouse.query.receipt import audited
from boathouse.query.rows import Wanted
from boathouse.serve.identity import COOKIE, Caller
from boathouse.serve.problems import status_of
from boathouse.serve.routes.ask import Question, answered
from boathouse.serve.routes.datasets import SAMPLE, found
from boathouse.serve.routes.queries import address, mine
from boathouse.serve.site import Served, Site, Who

router = APIRouter(include_in_schema=False)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
}  # fmt: skip
_STATIC = {"style.css": "text/css", "icon.svg": "image/svg+xml"}
_SHOWN = 200  # rows of a saved query's answer


@router.get("/")
def index(request: Request, site: Served, who: Who, search: str = "") -> Response:
    """All datasets and saved queries, or those that words find."""
    words = search.lower().split()
    asked = [q for q in mine(site, who) if all(w in f"{q.name} {q.title or ''} {q.description or ''}".lower() for w in words)]
    pages = site.wb.dashboards(role=who.policy) if site.dashboards else []
    return _page(site, who, "index.html", datasets=found(site, who, search), queries=asked, search=search,
                 dashboards=[name for name in pages if all(word in name.lower() for word in words)],
                 lab=site.lab if who.policy.unlimited else None)  # fmt: skip


@router.get("/catalog/{name}")
def dataset(request: Request, site: Served, who: Who, name: str) -> Response:
    """One dataset: columns, quality, lineage, versions, runs, a sample and the queries that read it."""
    entry = site.wb.dataset(name, role=who.policy)
    sample, _ = site.wb.rows(name, Wanted(limit=SAMPLE), limits=site.limits, role=who.policy)
    request.state.audit |= audited(sample.asked)
    reading = [query for query in mine(site, who) if query.name in entry["lineage"]["queries"]]
    kept_out = site.wb.quarantine(name) if who.policy.unlimited else []
    return _page(site, who, "dataset.html", dataset=entry, rows=sample.rows(), receipt=sample.receipt, queries=reading,
                 bars=_bars(entry["versions"]), kept_out=kept_out)  # fmt: skip


@router.get("/catalog/queries/{name}")
def query(request: Request, site: Served, who: Who, name: str) -> Response:
    """A saved query: a form for its parameters, and its answer once they are there."""
    saved = next((query for query in mine(site, who) if query.name == name), None)
    if saved is None:
        raise MissingError(f"no query {name!r}", hint="/queries lists them")
    given = {key: value for key, value in request.query_params.items() if value != ""}  # an empty field was not filled in
    shown: dict[str, Any] = {"rows": None, "wrong": None}
    if all(key in given for key, parameter in saved.parameters.items() if parameter.required):
        limits = site.limits.model_copy(update={"rows": min(site.limits.rows or _SHOWN, _SHOWN)})
        try:
            result = site.wb.query(saved, given, limits=limits, role=who.policy)
            shown |= {"rows": result.rows(), "columns": result.schema.names, "receipt": result.receipt, "cut": result.cut}
            request.state.audit |= audited(result.asked)
        except UsageError as error:
            shown["wrong"] = error.message
    link, further = address(saved), {}
    for key, value in given.items():
        if f"{{{key}}}" in link:
            link = link.replace(f"{{{key}}}", quote(value, safe=""))
        else:
            further[key] = value
    return _page(site, who, "query.html", query=saved, given=given, link=link, further=further, **shown)


@router.get("/question")
def ask(site: Served, who: Who) -> Response:
    """A field for a question, and a few that are answered."""
    return _page(
        site, who, "ask.html", question="", answer=None, conversation="", suggestions=site.wb.asker.suggestions(who.policy)
    )


@router.post("/question")
def answer(
    request: Request, site: Served, who: Who, question: Annotated[str, Form(max_length=200_000)],
    conversation: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """An answer, a question back with its options, or a refusal; what follows goes on with the conversation."""
    try:
        talk = site.talks.get(conversation or None, who)
    except MissingError:  # the server has forgotten it
        talk = site.talks.get(None, who)
    found = answered(request, site, who, talk, Question(question=question))
    return _page(site, who, "ask.html", question=question, answer=found, conversation=talk.name, shown=_SHOWN,
                 **_as_bars(found))  # fmt: skip


@router.get("/login")
def login(site: Served, next: str = "/") -> Response:
    """Where somebody with a key gives it."""
    return _page(site, None, "login.html", next=_local(next), wrong=None)


@router.post("/login")
async def log_in(
    request: Request, site: Served, key: Annotated[str, Form(max_length=10_000)], next: Annotated[str, Form()] = "/"
) -> Response:
    """Keeps the key in a cookie that no script reads and no other site sends."""
    try:
        caller = await run_in_threadpool(site.door.by_token, key.strip())
    except AccessError as error:
        return _page(site, None, "login.html", 401, next=_local(next), wrong=error.message)
    request.state.audit |= {"caller": caller.name, "key": caller.key}
    answer = RedirectResponse(_local(next), 303)
    answer.set_cookie(COOKIE, key.strip(), httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return answer


@router.post("/logout")
def log_out() -> Response:
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/static/{name}")
def static(name: str) -> Response:
    """The style sheet and the icon."""
    if name not in _STATIC:
        raise MissingError(f"no file {name!r}")
    data = (files("boathouse.serve") / "static" / name).read_bytes()
    return Response(data, media_type=_STATIC[name], headers={"Cache-Control": "max-age=3600"})


def is_page(request: Request) -> bool:
    """Whether somebody looks at it in a browser."""
    path = request.url.path
    if path.startswith("/runs/") and path.endswith("/notebook"):
        return "text/html" in request.headers.get("accept", "")
    return path == "/" or path.startswith(("/catalog/", "/dashboards/")) or path in ("/docs", "/question", "/login", "/logout")


def sorry(request: Request, site: Site, error: BoathouseError) -> Response:
    """An error as a page; one who must say who they are is asked."""
    status = status_of(error)
    if status == 401:
        return RedirectResponse(
            f"/login?next={quote(request.url.path + (f'?{request.url.query}' if request.url.query else ''))}", 303
        )
    return _page(site, None, "sorry.html", status, error=error)


def _local(path: str) -> str:
    """A path of this server; anything else is its front page."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"


def _bars(versions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the latest batches brought, the oldest first: for each the shares of its rows that got in and that did not."""
    counted = [version for version in versions[:40] if version.get("rows_read") is not None][::-1]
    most = max((version["rows_read"] for version in counted), default=0) or 1
    return [
        {"version": version, "height": round(100 * version["rows_read"] / most, 1),
         "bad": max(2.0, round(100 * version["rows_quarantined"] / most, 1)) if version["rows_quarantined"] else 0}
        for version in counted
    ]  # fmt: skip


def _as_bars(answer: Answer) -> dict[str, Any]:
    """The lengths of the bars that stand for the figure that an answer's chart is of; none where one is below 0, or endless."""
    encoding = (answer.chart or {}).get("encoding", {})
    figure = next((encoding[axis]["field"] for axis in ("x", "y") if encoding.get(axis, {}).get("type") == "quantitative"), None)
    values = [float(row[figure] or 0) for row in answer.rows] if figure else []
    bars = (
        [round(100 * value / max(values), 1) for value in values]
        if values and all(map(math.isfinite, values)) and min(values) >= 0 < max(values)
        else []
    )
    return {"figure": figure, "bars": bars}


def _page(site: Site, who: Caller | None, template: str, status: int = 200, **shown: Any) -> HTMLResponse:
    title = site.wb.config.name or site.wb.root.name
    leave = who is not None and who.name not in ("local", "anonymous")
    text = _templates().get_template(template).render(title=title, who=who, leave=leave, address=address, **shown)
    return HTMLResponse(text, status, headers=_HEADERS)


@cache
def _templates() -> Any:
    import jinja2

    made = jinja2.Environment(loader=jinja2.PackageLoader("boathouse.serve", "pages"), autoescape=True, trim_blocks=True,
                              lstrip_blocks=True, undefined=jinja2.StrictUndefined)  # fmt: skip
    made.filters |= {
        "ago": _ago,
        "number": lambda value: f"{value:,}",
        "cell": _cell,
        "minute": lambda m: str(m)[:16].replace("T", " "),
    }
    return made


def _ago(moment: Any) -> str:
    """How long ago, as people say it."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    minutes = max(0, int((datetime.now(UTC) - at).total_seconds() // 60))
    for unit, length in (("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes >= length:
            count = minutes // length
            return f"{count} {unit}{'s' if count != 1 else ''} ago"
    return "just now"


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
