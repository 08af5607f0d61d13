"""What the routes share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from anyio import CapacityLimiter
from fastapi import Depends, Query, Request
from fastapi.security import HTTPBearer

from boathouse.config import QueryLimits, SavedQuery
from boathouse.lake.audit import Log
from boathouse.query.policy import Policy
from boathouse.query.receipt import Receipt
from boathouse.serve.answers import MEDIA, Receipts
from boathouse.serve.identity import Caller, Door
from boathouse.serve.launches import Launches
from boathouse.serve.metrics import Metrics
from boathouse.serve.talks import Talks
from boathouse.serve.workers import RECEIPT, Job, Workers
from boathouse.workbench import Workbench

if TYPE_CHECKING:
    from boathouse.serve.proxy import Proxy


@dataclass
class Site:
    """A workbench that is served."""

    wb: Workbench
    door: Door
    workers: Workers
    log: Log
    launches: Launches
    queries: list[SavedQuery]
    dashboards: Proxy | None = None
    lab: str | None = None  # where JupyterLab is, for those who see everything
    receipts: Receipts = field(init=False)
    metrics: Metrics = field(init=False)
    talks: Talks = field(default_factory=Talks)
    # a page of rows is short work: with few at once the threads stand less in each other's way
    pages: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(4))

    def __post_init__(self) -> None:
        self.metrics = Metrics(self.workers)
        self.receipts = Receipts(self.again)

    @property
    def limits(self) -> QueryLimits:
        return self.wb.config.api.limits

    def again(self, sql: str, parameters: Any, versions: dict[str, int], limits: QueryLimits, policy: Policy) -> Receipt:
        """The receipt of a query, by running it again: within the time that a query has."""
        bounded = limits.model_copy(update={"seconds": self.limits.seconds})
        return self.workers.receipt(Job(sql, parameters, versions, bounded, policy, RECEIPT))

    def close(self) -> None:
        self.launches.close()
        self.workers.close()
        self.log.close()


async def _site(request: Request) -> Site:  # a plain function would be sent to a thread
    return request.app.state.site


async def _caller(request: Request, _shown: Annotated[Any, Depends(HTTPBearer(auto_error=False))]) -> Caller:
    """Whom the admission let in."""
    return request.state.caller


Served = Annotated[Site, Depends(_site)]
Who = Annotated[Caller, Depends(_caller)]
Form = Annotated[str | None, Query(alias="format", description=f"{', '.join(MEDIA)}; else by Accept, else json.")]
