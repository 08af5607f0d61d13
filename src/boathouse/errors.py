"""Errors for the person who reads them: what is wrong, where, and what mends it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any


class BoathouseError(Exception):
    """Work that failed. `hint` is the command or edit that mends it, `where` a file, line or row."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None, where: str | None = None):
        self.message, self.hint, self.where = message, hint, where
        super().__init__(message)

    def __str__(self) -> str:
        return self.render()

    def __reduce__(self) -> tuple:
        return _rebuilt, (type(self), self.__dict__)  # an error of a worker keeps its hint

    def render(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  -> {self.hint}" if self.hint else text


class UsageError(BoathouseError):
    """Wrong usage or configuration: nothing was tried."""

    exit_code = 2


class MissingError(UsageError):
    """Something was named that is not there."""


class TooLargeError(UsageError):
    """More bytes than are taken at once."""


class SourceError(BoathouseError):
    """A source that cannot be reached or read."""


class StepError(BoathouseError):
    """A step of the road that cannot go on with this batch."""


class LakeError(BoathouseError):
    """The lake cannot be read or written."""


class QueryError(BoathouseError):
    """A query that cannot run or may not. `spent`: it took its engine to a limit, and nothing else should run there."""

    spent = False


class LimitError(QueryError):
    """A query that was stopped at its limit."""

    spent = True

    @classmethod
    def after(cls, seconds: float | None) -> LimitError:
        return cls(f"stopped after {seconds:g} s", hint="ask for less: a filter, a shorter period, fewer joins")


class AccessError(BoathouseError):
    """Nobody that may come in, or something that the caller may not do (`known` says that the caller is somebody)."""

    exit_code = 2

    def __init__(self, message: str, *, known: bool = False, hint: str | None = None):
        super().__init__(message, hint=hint)
        self.known = known


class BusyError(BoathouseError):
    """More than a caller is allowed at once. `seconds` until the next try."""

    def __init__(self, message: str, *, seconds: int, hint: str | None = None):
        super().__init__(message, hint=hint)
        self.seconds = seconds


def _rebuilt(kind: type[BoathouseError], state: dict[str, Any]) -> BoathouseError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    return error


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`" (did you mean 'x'?)"`, or nothing where nothing is close."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else ""


def first_line(error: BaseException) -> str:
    """The part of a library's error that a person can use: its first line, without a stack."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].strip()
