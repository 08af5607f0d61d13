"""One way to a language model, through LiteLLM: within a time, a size and a budget, and each prompt written down."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Any

from boathouse import secrets
from boathouse.config.workbench import Ask
from boathouse.errors import QueryError, UsageError, first_line
from boathouse.lake import Lake, audit

Messages = Sequence[dict[str, str]]
PATH = "model"  # of its events in the audit log
TRIES, EARLIER = 3, 6  # calls for one question; turns of the conversation that are told
_LONGEST = 100_000  # characters of an answer
_TOKENS = 4_000
_KEPT = 20_000  # characters of a prompt in the audit log
_HINTS = {
    "AuthenticationError": "check the key: [ask] key in boathouse.toml, or the provider's own variable",
    "PermissionDeniedError": "the key may not use this model",
    "RateLimitError": "wait a little, or ask with --answerer offline",
    "NotFoundError": "check [ask] model in boathouse.toml",
    "BadRequestError": "check [ask] model in boathouse.toml",
}


class ModelError(QueryError):
    """The model gave no usable answer."""


class Model:
    """A model as boathouse.toml names it, for one caller."""

    def __init__(self, settings: Ask, lake: Lake, caller: str):
        if not settings.model:
            raise UsageError("no model is configured", where="boathouse.toml",
                             hint='[ask] model = "openai/…" or "ollama/…", or ask with --answerer offline')  # fmt: skip
        self.settings, self.lake, self.caller = settings, lake, caller

    def complete(self, messages: Messages) -> str:
        """The model's text. Raises ModelError for none: wrong key, time-out, rate limit, too much, over the budget."""
        self._within_budget()
        begun, told = time.monotonic(), {"prompt_tokens": 0, "completion_tokens": 0, "cost": 0.0}
        text, problem = "", ""
        try:
            text = self._collected(messages, told)
            return text
        except ModelError as error:
            problem = error.message
            raise
        finally:
            if not told["prompt_tokens"]:  # it did not say, or did not come to its end: about four letters a token
                told.update(prompt_tokens=sum(len(m["content"]) for m in messages) // 4, completion_tokens=len(text) // 4)
            self._write_down(messages, text or problem, told, time.monotonic() - begun, failed=bool(problem))

    def _collected(self, messages: Messages, told: dict[str, Any]) -> str:
        """The answer piece by piece, from a thread that is left behind when it does not come in time."""
        said: SimpleQueue[str | BaseException | None] = SimpleQueue()
        stop = threading.Event()
        threading.Thread(target=self._stream, args=(messages, told, said, stop), daemon=True).start()
        text, end = "", time.monotonic() + self.settings.seconds
        try:
            while True:
                piece = said.get(timeout=max(0.0, end - time.monotonic()))
                if piece is None:
                    return text
                if isinstance(piece, BaseException):
                    raise self._explained(piece) from None
                text += piece
                if len(text) > _LONGEST:
                    raise ModelError(
                        f"the model's answer is longer than {_LONGEST:,} characters", hint="ask again, or another model"
                    )
        except Empty:
            raise ModelError(f"the model did not answer within {self.settings.seconds:g} s",
                             hint="ask again, set [ask] seconds, or ask with --answerer offline") from None  # fmt: skip
        finally:
            stop.set()

    def _stream(self, messages: Messages, told: dict[str, Any], said: SimpleQueue[Any], stop: threading.Event) -> None:
        try:
            litellm = _litellm()
            name = str(self.settings.model)
            if self.settings.url and "/" not in name:
                name = f"openai/{name}"
            key = secrets.fill(self.settings.key, where="boathouse.toml") if self.settings.key else None
            chunks = litellm.completion(
                model=name, messages=list(messages), api_base=self.settings.url, api_key=key or ("none" if self.settings.url else None),
                timeout=self.settings.seconds, max_tokens=_TOKENS, temperature=0, num_retries=0, max_retries=0, stream=True,
                stream_options={"include_usage": True}, drop_params=True,
            )  # fmt: skip
            for chunk in chunks:
                if stop.is_set():
                    return
                if chunk.choices and (piece := chunk.choices[0].delta.content):
                    said.put(piece)
                if usage := getattr(chunk, "usage", None):
                    told.update(prompt_tokens=usage.prompt_tokens or 0, completion_tokens=usage.completion_tokens or 0)
                    told["cost"] = _cost(litellm, name, told)
            said.put(None)
        except BaseException as error:
            said.put(error)

    def _explained(self, error: BaseException) -> BaseException:
        if isinstance(error, UsageError):
            return error
        kind = type(error).__name__
        place = f" at {self.settings.url}" if self.settings.url else ""
        check = ", check that [ask] url is right and its server runs" if place else ""
        hint = _HINTS.get(kind, f"ask again{check}, or ask with --answerer offline")
        return ModelError(secrets.scrub(f"the model{place} failed: {first_line(error)}")[:400], hint=hint)

    # the budget

    def _within_budget(self) -> None:
        tokens, money = self._spent()
        limits = self.settings
        if limits.tokens_per_day is not None and tokens >= limits.tokens_per_day:
            raise ModelError(f"{self.caller} has used {tokens:,} of {limits.tokens_per_day:,} tokens today",
                             hint="tomorrow again, or ask with --answerer offline")  # fmt: skip
        if limits.money_per_day is not None and money >= limits.money_per_day:
            raise ModelError(f"{self.caller} has spent {money:.2f} of {limits.money_per_day:.2f} USD today",
                             hint="tomorrow again, or ask with --answerer offline")  # fmt: skip

    def _spent(self) -> tuple[int, float]:
        """Tokens and US dollars of this caller since midnight, UTC, as the audit log has them."""
        if self.settings.tokens_per_day is None and self.settings.money_per_day is None:
            return 0, 0.0
        today, tokens, money = datetime.now(UTC).date(), 0, 0.0
        for event in audit.read(self.lake, 100_000):
            if event["at"].date() < today:
                break
            if event["path"] == PATH and event["caller"] == self.caller:
                used = json.loads(event["parameters"])
                tokens += used["prompt_tokens"] + used["completion_tokens"]
                money += used["cost"]
        return tokens, money

    def _write_down(self, messages: Messages, answer: str, told: dict[str, Any], seconds: float, *, failed: bool) -> None:
        said = {
            "model": self.settings.model,
            **told,
            "prompt": [m["content"][:_KEPT] for m in messages],
            "answer": answer[:_KEPT],
        }
        self.lake.prepare()
        event = {"at": datetime.now(UTC), "caller": self.caller, "method": "ASK", "path": PATH, "status": 502 if failed else 200,
                 "seconds": seconds, "complete": not failed, "parameters": secrets.scrub(json.dumps(said, ensure_ascii=False))}  # fmt: skip
        audit.append(self.lake, [event])


def _litellm() -> Any:
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # or it fetches prices when it is imported
    try:
        import litellm
    except ImportError as error:
        raise UsageError("litellm is not installed", hint="pip install 'boathouse[ask]'") from error
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    return litellm


def _cost(litellm: Any, name: str, told: dict[str, Any]) -> float:
    """US dollars, where LiteLLM knows the model's prices."""
    try:
        prompt, completion = litellm.cost_per_token(
            model=name, prompt_tokens=told["prompt_tokens"], completion_tokens=told["completion_tokens"]
        )
    except Exception:  # a model that it has no prices of
        return 0.0
    return float(prompt + completion)
