"""A model that says what it is told to: an OpenAI-compatible server with a script, which keeps what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = str | int | Callable[[list[dict[str, Any]]], str]
NEVER, PIECES = 599, 20


class Script(ThreadingHTTPServer):
    """Answers each request with the next of `replies` (the last again and again): a text, or an error's status."""

    daemon_threads = True

    def __init__(self, replies: list[Reply]):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies, self.asked = replies, []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def told(self) -> str:
        """Everything that was ever sent."""
        return json.dumps(self.asked)


class _Handler(BaseHTTPRequestHandler):
    server: Script

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        reply = self.server.replies[min(len(self.server.asked), len(self.server.replies)) - 1]
        if reply == NEVER:
            time.sleep(30)
            return
        if isinstance(reply, int):
            self._send(reply, "application/json", json.dumps({"error": {"message": f"status {reply}", "type": "x"}}).encode())
            return
        text = reply(body["messages"]) if callable(reply) else reply
        self._send(200, "text/event-stream", b"".join(_events(text)))

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _events(text: str) -> Iterator[bytes]:
    head = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "scripted"}
    step = max(1, len(text) // PIECES)
    for start in range(0, len(text), step):
        choice = {"index": 0, "delta": {"role": "assistant", "content": text[start : start + step]}, "finish_reason": None}
        yield _event({**head, "choices": [choice]})
    yield _event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    yield _event({**head, "choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}})
    yield b"data: [DONE]\n\n"


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


@contextmanager
def scripted(*replies: Reply) -> Iterator[Script]:
    server = Script(list(replies))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
