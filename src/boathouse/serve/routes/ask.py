"""Asking in plain language; with `Accept: application/x-ndjson` the steps come as they are taken."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from boathouse.ask.answer import Answer
from boathouse.config import QueryLimits
from boathouse.errors import BoathouseError
from boathouse.query import Result
from boathouse.query.receipt import Asked, audited
from boathouse.serve.identity import Caller
from boathouse.serve.site import Served, Site, Who
from boathouse.serve.talks import Talk

router = APIRouter(tags=["ask"])
_ROWS = 10_000  # rows of an answer
_STREAM = "application/x-ndjson"


class Question(BaseModel):
    """A question in plain language."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"question": "how many datasets"}]})

    question: str = Field(description="What you would like to know.", max_length=200_000)
    conversation: str | None = Field(None, description="The conversation that an earlier answer named; unset: a new one.")
    answerer: str | None = Field(None, description="Who answers: offline, sql or pandasai; unset: as boathouse.toml says.")


@router.post("/ask")
def ask(request: Request, site: Served, who: Who, asked: Question) -> Response:
    """An answer with its SQL, chart, assumptions and receipt, a question back, or a refusal: `status` says which."""
    talk = site.talks.get(asked.conversation, who)
    if _STREAM in request.headers.get("accept", ""):
        return StreamingResponse(_steps(request, site, who, talk, asked), media_type=_STREAM)
    return JSONResponse(_as_json(answered(request, site, who, talk, asked), talk))


def answered(
    request: Request, site: Site, who: Caller, talk: Talk, asked: Question, step: Callable[[str], None] = lambda _: None
) -> Answer:
    """What an answerer says; its queries are in the audit log."""
    request.state.audit["parameters"] = json.dumps({"question": asked.question[:2_000]})
    queries: list[Asked] = []

    def run(sql: str, limits: QueryLimits, versions: dict[str, int] | None) -> Result:
        result = site.workers.result(sql, limits, who.policy, versions)
        parameters = request.state.audit["parameters"]
        queries.append(result.asked)
        request.state.audit |= audited(*queries)
        request.state.audit["parameters"] = parameters
        return result

    with talk.lock:
        limits = site.limits.model_copy(update={"rows": min(site.limits.rows or _ROWS, _ROWS)})
        return site.wb.ask(
            asked.question, answerer=asked.answerer, conversation=talk.conversation, limits=limits, role=who.policy, step=step,
            run=run, caller=who.name,
        )  # fmt: skip


def _as_json(answer: Answer, talk: Talk) -> dict[str, Any]:
    return {**answer.to_json(), "conversation": talk.name}


def _steps(request: Request, site: Site, who: Caller, talk: Talk, asked: Question) -> Iterator[bytes]:
    """A line of JSON for each step, then one for the answer."""
    said: SimpleQueue[dict[str, Any] | None] = SimpleQueue()

    def work() -> None:
        try:
            answer = answered(request, site, who, talk, asked, lambda text: said.put({"step": text}))
            said.put({"result": _as_json(answer, talk)})
        except BoathouseError as error:
            said.put({"error": error.render()})
        except Exception:
            said.put({"error": "something went wrong here"})
            raise
        finally:
            said.put(None)

    threading.Thread(target=work, daemon=True).start()
    while (line := said.get()) is not None:
        yield json.dumps(line, ensure_ascii=False).encode() + b"\n"
