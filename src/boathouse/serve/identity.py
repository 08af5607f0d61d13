"""Who asks: an API key, a token of an identity provider, or nobody in particular; and how often."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import HTTPConnection

from boathouse.errors import AccessError, BusyError, UsageError
from boathouse.lake import keys
from boathouse.lake.keys import PREFIX, Key
from boathouse.query.policy import ALL, EVERYTHING, Policy
from boathouse.workbench import Workbench

COOKIE = "boathouse"
_HOLDS = 1.0  # seconds for which a key is taken to be as it was read
_KEPT = 1_000
_GUESSES = 600  # looks at the lake for keys, for one address in a minute
_ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"]


@dataclass(frozen=True)
class Caller:
    """Somebody, and what they may see. `key` is the id of an API key; the user of this machine needs none and is `implicit`."""

    name: str
    policy: Policy = EVERYTHING
    key: str | None = None
    per_minute: int | None = None
    implicit: bool = False

    def must_run(self, dataset: str) -> None:
        """Raises AccessError for one who may not run what publishes a dataset."""
        if not self.policy.may_run(dataset):
            raise AccessError("you may not run this pipeline", known=True, hint="it needs a role with run = true")


class Door:
    """Lets callers in. For many threads."""

    def __init__(self, wb: Workbench, *, loopback: bool):
        self.wb, self.api = wb, wb.config.api
        roles = self.api.anonymous
        self.anonymous = Caller("anonymous", wb.policy(*roles)) if roles else None
        self.implicit = roles is None and loopback and not self.api.hosts
        self._tokens = _Tokens(self.api.tokens) if self.api.tokens else None
        self._keys: OrderedDict[str, tuple[float, Key | None]] = OrderedDict()
        self._lock, self._limiter = threading.Lock(), CapacityLimiter(8)
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        self._turns = MovingWindowRateLimiter(MemoryStorage())

    async def admit(self, request: HTTPConnection) -> Caller:
        """The caller of a request. Raises AccessError for one who may not come in, BusyError for one who comes too often."""
        caller = await self.caller(request)
        request.state.audit |= {"caller": caller.name, "key": caller.key, "roles": list(caller.policy.names)}
        if caller.per_minute is not None:
            self._take_turn(caller.key or f"name {caller.name}", caller.per_minute)
        return caller

    async def caller(self, request: HTTPConnection) -> Caller:
        """Who asks, without a turn being taken. Raises AccessError for one who may not come in."""
        token = _token(request)
        caller: Any
        if token is not None:
            caller = self._remembered(token)
            if caller is None:
                self._take_turn(f"guess {request.client.host if request.client else ''}", _GUESSES)
                caller = await to_thread.run_sync(self.by_token, token, limiter=self._limiter)
        elif self.implicit and not {"x-forwarded-for", "forwarded"} & set(request.headers):
            caller = Caller("local", implicit=True)
        elif self.anonymous is not None:
            caller = self.anonymous
        else:
            raise AccessError("who are you?", hint="send a key: Authorization: Bearer …   (boathouse key create makes one)")
        return caller

    def by_token(self, token: str) -> Caller:
        """Raises AccessError for one that does not open; why not is not told."""
        if token.startswith(PREFIX):
            found = keys.find(self.wb.lake, token)
            with self._lock:
                self._keys[token] = time.monotonic(), found
                if len(self._keys) > _KEPT:
                    self._keys.popitem(last=False)
            caller = self._remembered(token)
        else:
            caller = self._tokens.caller(self.wb, token) if self._tokens else None
        if caller is None:
            raise AccessError("this key does not open", hint="it may be wrong, expired or revoked: boathouse key list")
        return caller

    def _remembered(self, token: str) -> Caller | None:
        """The caller of a key that was read a moment ago."""
        read, key = self._keys.get(token, (0.0, None))
        if key is None or time.monotonic() - read > _HOLDS or not key.opens(token, datetime.now(UTC)):
            return None
        policy = _policy(self.wb, key.roles).narrowed(key.datasets)
        return Caller(key.name, policy, key.id, key.per_minute or self.api.per_minute)

    def _take_turn(self, who: str, per_minute: int) -> None:
        from limits import RateLimitItemPerMinute

        each = RateLimitItemPerMinute(per_minute)
        if not self._turns.hit(each, who):
            until = self._turns.get_window_stats(each, who).reset_time
            raise BusyError(f"more than {per_minute} requests in a minute", seconds=max(1, int(until - time.time()) + 1))


def _policy(wb: Workbench, roles: tuple[str, ...]) -> Policy:
    """What these roles may see together. One that boathouse.toml no longer has sees nothing, and no role is not all of them."""
    held = [role for role in roles if role in wb.config.roles or role == ALL]
    return Policy.of(wb.config.roles, held) if held else Policy((), (), everything=False)


def _token(request: HTTPConnection) -> str | None:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind:
        if kind.lower() != "bearer" or not token.strip():
            raise AccessError("the Authorization header is not understood", hint="Authorization: Bearer KEY")
        return token.strip()
    return request.cookies.get(COOKIE)


class _Tokens:
    """Verifies the JWTs of an issuer, with its public keys."""

    def __init__(self, config: Any):
        self.config = config
        self._client: Any = None

    def caller(self, wb: Workbench, token: str) -> Caller | None:
        import jwt

        try:
            key = self._keys().get_signing_key_from_jwt(token)
            claims = jwt.decode(token, key.key, algorithms=_ALGORITHMS, audience=self.config.audience, issuer=self.config.issuer,
                                options={"require": ["exp", "iss", "aud"]})  # fmt: skip
        except (jwt.PyJWTError, TypeError, ValueError):  # a key of another kind than the token's algorithm
            return None
        roles: Any = claims
        for part in self.config.roles.split("."):
            roles = roles.get(part, []) if isinstance(roles, dict) else []
        named = tuple(roles.split() if isinstance(roles, str) else [str(role) for role in roles])
        policy = _policy(wb, tuple(name for name in named if name in wb.config.roles))
        name = f"{self.config.issuer} {claims.get(self.config.name, '')}"
        return Caller(name, policy, per_minute=wb.config.api.per_minute)

    def _keys(self) -> Any:
        """The issuer's public keys, kept for some minutes."""
        import json
        import urllib.request

        import jwt

        if self._client is None:
            where = self.config.keys
            if where is None:
                url = self.config.issuer.rstrip("/") + "/.well-known/openid-configuration"
                if not url.startswith(("http://", "https://")):
                    raise UsageError(f"{url} is no web address", hint='[api.tokens] issuer = "https://…"')
                try:
                    with urllib.request.urlopen(url, timeout=10) as found:
                        where = json.load(found)["jwks_uri"]
                except (OSError, ValueError, KeyError) as error:
                    raise jwt.PyJWKClientError(str(error)) from error
            self._client = jwt.PyJWKClient(where, cache_keys=True, timeout=10)
        return self._client
