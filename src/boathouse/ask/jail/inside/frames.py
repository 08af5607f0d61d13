"""What is said through the wall of the jail: one JSON object at a time, and bytes beside it. Never a pickle."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

LARGEST_IN, LARGEST_OUT = 512 << 20, 16 << 20  # bytes of a frame into the jail, and out of it
_SIZES = struct.Struct("!II")  # bytes of the object, bytes beside it


def send(write: Callable[[memoryview], int], head: dict[str, Any], body: bytes | memoryview = b"") -> None:
    """Writes a frame to its end."""
    text = json.dumps(head).encode()
    for part in (_SIZES.pack(len(text), len(body)) + text, body):
        left = memoryview(part)
        while left:
            left = left[write(left) :]


def receive(read: Callable[[int], bytes], largest: int) -> tuple[dict[str, Any], bytes]:
    """The next frame. Raises EOFError where there is none, ValueError for one that is too large or holds no JSON object."""
    sizes = _SIZES.unpack(_exactly(read, _SIZES.size))
    if sum(sizes) > largest:
        raise ValueError(f"a frame of {sum(sizes):,} bytes, {largest:,} are allowed")
    text, body = _exactly(read, sizes[0]), _exactly(read, sizes[1])
    try:
        head = json.loads(text)
    except RecursionError:
        raise ValueError("a frame that is nested too deep") from None
    if isinstance(head, dict):
        return head, body
    raise ValueError("a frame without a JSON object")


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = read(min(size - len(data), 1 << 20))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)
