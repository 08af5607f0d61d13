"""Secrets: `${NAME}` is filled in from the environment or a keyring, and scrubbed from all that is saved."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from boathouse.errors import UsageError

PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET_NAME = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|ACCESS_KEY|CREDENTIAL|PGPASS|_PWD$", re.I)
_IN_QUERY = re.compile(r"(password|passwd|pwd|sslpassword|token|secret)=([^&]+)", re.I)
_known: set[str] = set()


def fill(text: str, *, where: str | None = None) -> str:
    """`text` with every `${NAME}` replaced. Raises UsageError naming the variable that is missing."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        found = os.environ.get(name) or _from_keyring(name)
        if found is None:
            raise UsageError(
                f"the secret {name} is not set",
                where=where,
                hint=f"export {name}=…   (or: keyring set boathouse {name})",
            )
        remember(found)
        return found

    return PLACEHOLDER.sub(value, text)


def fill_url(url: str, *, where: str | None = None) -> str:
    """`fill` for a URL: a secret is percent-encoded where it stands for the password."""
    if "://" not in url:
        return fill(url, where=where)
    scheme, rest = url.split("://", 1)
    login, at, host = rest.rpartition("@")
    if at:
        login = PLACEHOLDER.sub(lambda m: quote(fill(m[0], where=where), safe=""), login)
    filled = f"{scheme}://{login}{at}{fill(host, where=where)}"
    if password := urlsplit(filled).password:
        remember(unquote(password))
        remember(password)
    return filled


def split_password(url: str) -> tuple[str, str | None]:
    """The URL without its password, and the password; a `${NAME}` placeholder is left where it is.
    Raises UsageError for one among the URL's parameters, where it cannot be taken out."""
    parts = urlsplit(url)
    if found := _IN_QUERY.search(parts.query):
        if PLACEHOLDER.fullmatch(unquote(found[2])):
            return url, None
        raise UsageError(f"the URL holds a secret as {found[1]}=…", hint=f"write {found[1]}=${{NAME}} and export NAME=…")
    if not parts.password or PLACEHOLDER.fullmatch(unquote(parts.password)):
        return url, None
    login, _, host = parts.netloc.rpartition("@")
    user = login.split(":", 1)[0]
    return urlunsplit(parts._replace(netloc=f"{user}@{host}")), unquote(parts.password)


def with_password(url: str, placeholder: str) -> str:
    """`url` with `${placeholder}` as its password."""
    parts = urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{login}:${{{placeholder}}}@{host}"))


def remember(value: str) -> None:
    """Scrub this value from now on. Very short values would blank out ordinary text and are left."""
    if len(value) >= 4:
        _known.add(value)


def scrub(text: str) -> str:
    """`text` with known secret values, and passwords inside URLs, replaced by `***`."""
    return scrubber()(text)


def scrubber() -> Callable[[str], str]:
    """`scrub` for many texts: the secrets are looked up once."""
    secrets = sorted({*_known, *_from_environment()}, key=len, reverse=True)
    return lambda text: _without(text, secrets)


def _without(text: str, secrets: list[str]) -> str:
    for value in secrets:
        text = text.replace(value, "***")
    if ":" not in text and "=" not in text:
        return text
    text = re.sub(r"(\w+://[^/\s:@]*):(?!\$\{)[^@\s/]+@", r"\1:***@", text)
    return re.sub(r"([?&](?:password|passwd|pwd|sslpassword|token|secret)=)(?!\$\{)[^&\s'\"]+", r"\1***", text, flags=re.I)


def scrub_json(value: Any) -> Any:
    """`scrub` for every text in a JSON value; keys and numbers are no place for a secret and stay."""
    if isinstance(value, dict):
        return {key: scrub_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [scrub_json(inner) for inner in value]
    return scrub(value) if isinstance(value, str) else value


def _from_environment() -> Iterator[str]:
    return (v for k, v in os.environ.items() if _SECRET_NAME.search(k) and len(v) >= 6 and not os.path.exists(v))


def _from_keyring(name: str) -> str | None:
    try:
        import keyring
    except ImportError:
        return None
    try:
        return keyring.get_password("boathouse", name)
    except Exception:  # no usable backend is the same as no secret
        return None


def remember_all(text: str) -> None:
    """Scrub from now on what the `${NAME}`s of this text stand for, as far as they are set."""
    for name in PLACEHOLDER.findall(text):
        if found := os.environ.get(name) or _from_keyring(name):
            remember(found)
