"""The kernels of dashboards: those that nobody looks at any more end, those that wait for their first viewer do not."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager


class Kernels(AsyncMappingKernelManager):
    """What Voilà makes its own kernel manager from."""

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """A heated kernel is idle as well: ending it would let the next viewer wait."""
        pools: dict[str, list[asyncio.Task[dict[str, Any]]]] = getattr(self, "_pools", {})
        heated = {task.result()["kernel_id"] for pool in pools.values() for task in pool if task.done() and not task.exception()}
        if kernel_id not in heated:
            await super().cull_kernel_if_idle(kernel_id)
