"""One small HTTP client for all that is compared: some connections that stay open, each asking as soon as it is answered."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Callable


async def _ask(port: int, paths: list[str], until: float, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    number = 0
    while time.perf_counter() < until:
        began = time.perf_counter()
        writer.write(f"GET {paths[number % len(paths)]} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n".encode())
        number += 1
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(head[:500].decode() + (await reader.read(500)).decode())
        if b"content-length:" in head:
            await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
        else:
            while size := int(await reader.readline(), 16):
                await reader.readexactly(size + 2)
            await reader.readline()
        times.append(time.perf_counter() - began)
    writer.close()


def rate(port: int, path: Callable[[int], str], *, connections: int = 8, seconds: float = 8.0) -> tuple[float, float, float]:
    """(requests a second, median ms, 99th percentile ms) of addresses that differ from request to request."""

    async def all_of_them() -> list[float]:
        times: list[float] = []
        until = time.perf_counter() + seconds
        asked = [[path(n * connections + c) for n in range(5_000)] for c in range(connections)]
        await asyncio.gather(*(_ask(port, paths, until, times) for paths in asked))
        return times

    times = asyncio.run(all_of_them())
    return len(times) / seconds, statistics.median(times) * 1000, sorted(times)[int(len(times) * 0.99)] * 1000


if __name__ == "__main__":
    sys.exit("error: this is a part of `python -m benchmarks api`")
