"""The server itself: whether it answers, what it did, and for whom."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse, Response

from boathouse.serve.site import Served, Who

router = APIRouter(tags=["server"])


@router.get("/health")
async def health() -> dict[str, str]:
    """Whether the server answers. For everybody."""
    return {"status": "ok"}


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(site: Served, who: Who) -> Response:
    """What the server did, in numbers, as Prometheus reads them. For a role that sees everything."""
    who.policy.must_see_all()
    return Response(site.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/audit")
def audit(site: Served, who: Who, limit: Annotated[int, Query(ge=1, le=10_000)] = 100) -> dict[str, Any]:
    """What was asked of the API, newest first. For a role that sees everything."""
    who.policy.must_see_all()
    site.log.flush()
    return {"events": site.wb.audit(limit)}
