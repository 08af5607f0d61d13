"""API keys. The lake keeps a hash of each: whoever reads the lake cannot use them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from boathouse.errors import MissingError
from boathouse.lake.lake import Lake

PREFIX = "bh_"


class Key(BaseModel):
    """What the lake knows of a key."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    roles: tuple[str, ...]
    datasets: tuple[str, ...] = Field((), description="The only datasets it opens, of those of its roles; empty: all of them.")
    per_minute: int | None = Field(None, description="Requests that it may make in a minute.")
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    hash: str

    def opens(self, token: str, now: datetime) -> bool:
        """Whether this is the key's token, and the key still holds."""
        mine = hmac.compare_digest(self.hash, _hash(token))
        return mine and self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def to_json(self) -> dict[str, Any]:
        """What may be shown of it."""
        return self.model_dump(mode="json", exclude={"hash"})


def create(lake: Lake, now: datetime, **given: Any) -> tuple[Key, str]:
    """A new key and its token, which is not kept."""
    name = secrets.token_hex(6)
    token = f"{PREFIX}{name}_{secrets.token_urlsafe(32)}"
    key = Key(id=name, created_at=now, hash=_hash(token), **given)
    _write(lake, key)
    return key, token


def find(lake: Lake, token: str) -> Key | None:
    """The key that a token names; whether it opens is for the key to say."""
    name = token.removeprefix(PREFIX).split("_", 1)[0]
    if not (name.isascii() and name.isalnum()):
        return None
    try:
        return Key.model_validate_json(lake.store.read(_path(name)))
    except FileNotFoundError:
        return None


def every(lake: Lake) -> list[Key]:
    """All keys, the oldest first."""
    found = [Key.model_validate_json(lake.store.read(path)) for path in lake.store.files("keys") if path.endswith(".json")]
    return sorted(found, key=lambda key: key.created_at)


def revoke(lake: Lake, name: str, now: datetime) -> Key:
    """Ends a key, by its id. Raises MissingError where there is none."""
    key = find(lake, name)
    if key is None:
        raise MissingError(f"no key {name!r}", hint="boathouse key list")
    ended = key.model_copy(update={"revoked_at": key.revoked_at or now})
    _write(lake, ended)
    return ended


def _write(lake: Lake, key: Key) -> None:
    lake.store.put_bytes(key.model_dump_json().encode(), _path(key.id))


def _path(name: str) -> str:
    return f"keys/{name}.json"


def _hash(token: str) -> str:
    """A token has 256 random bits: no slow hash makes it harder to guess."""
    return hashlib.sha256(token.encode()).hexdigest()
