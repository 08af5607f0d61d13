"""A suggested expectation: whether it is to hold, how strictly, and within which bounds."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import ipywidgets as widgets

from boathouse.errors import UsageError

_BOUNDS = {"min_value": "from", "max_value": "to", "value_set": "one of", "regex": "like"}


class Rule(widgets.HBox):
    """One expectation to accept, to change or to leave out; `words` says it in words."""

    def __init__(self, check: dict[str, Any], words: Callable[[dict[str, Any]], str]):
        self.check, self._words = check, words
        kwargs = check["kwargs"]
        self.about = check["type"], str(kwargs.get("column"))  # which one it is, whatever its bounds
        self.subject = kwargs.get("column") or "the table"
        self.tick = widgets.Checkbox(True, description=words(check), indent=False)
        self.tick.layout = widgets.Layout(width="560px", max_width="100%")
        self.severity = widgets.Dropdown(options=("critical", "warning"), value=check["severity"], description="is",
                                         style={"description_width": "initial"}, layout=widgets.Layout(width="140px"))  # fmt: skip
        self.severity.observe(lambda _: self._say(), "value")
        self.bounds = {name: self._bound(name, kwargs[name]) for name in _BOUNDS if name in kwargs}
        super().__init__([self.tick, self.severity, *self.bounds.values()], layout=widgets.Layout(flex_flow="row wrap"))

    def _bound(self, name: str, value: Any) -> widgets.Text:
        width = "150px" if name in ("min_value", "max_value") else "300px"
        made = widgets.Text(_shown(value), description=_BOUNDS[name], continuous_update=False, style={"description_width": "initial"},
                            tooltip=f"{self.subject}: {_BOUNDS[name]}", layout=widgets.Layout(width=width))  # fmt: skip
        made.observe(lambda _: self._say(), "value")
        return made

    def _say(self) -> None:
        try:
            self.tick.description = self._words(self._decided())
        except UsageError as error:
            self.tick.description = error.render()

    @property
    def decided(self) -> dict[str, Any] | None:
        """The expectation as it is to hold; None where it is left out. Raises UsageError for a bound that is none."""
        return self._decided() if self.tick.value else None

    def _decided(self) -> dict[str, Any]:
        kwargs = dict(self.check["kwargs"])
        for name, bound in self.bounds.items():
            if not bound.value.strip():
                del kwargs[name]
            elif bound.value != _shown(kwargs[name]):
                kwargs[name] = self._read(bound.value.strip(), kwargs[name])
        try:
            re.compile(kwargs.get("regex", ""))
        except re.error as error:
            raise UsageError(
                f"{self.subject}: {kwargs['regex']!r} is no pattern: {error}", hint="mend it, or untick it"
            ) from error
        if self.bounds and not set(self.bounds) & set(kwargs):
            raise UsageError(f"{self.subject}: nothing is left of what must hold", hint="give a bound, or untick it")
        if (self.severity.value, self.check["severity"]) == ("critical", "warning"):
            kwargs.pop("mostly", None)  # that was a warning's tolerance: now each row against it is kept out
        low, high = kwargs.get("min_value"), kwargs.get("max_value")
        if low is not None and high is not None and low > high:
            raise UsageError(f"{self.subject}: no value is from {low} to {high}", hint="change one of them")
        return {**self.check, "severity": self.severity.value, "kwargs": kwargs}

    def _read(self, text: str, before: Any) -> Any:
        """What was typed, of the kind that was suggested."""
        try:
            if isinstance(before, list):
                return [self._read(one, before[0]) for one in next(csv.reader([text], skipinitialspace=True))]
            if isinstance(before, bool):
                return {"true": True, "false": False}[text.lower()]
            if isinstance(before, int | float):
                value = float(text)
                if not math.isfinite(value):
                    raise ValueError(text)
                return int(value) if value.is_integer() and isinstance(before, int) else value
            return date.fromisoformat(text).isoformat() if _is_date(before) else text
        except (KeyError, ValueError) as error:
            kind = "a date" if _is_date(before) else "a number" if isinstance(before, int | float) else "true or false"
            raise UsageError(f"{self.subject}: {text!r} is not {kind}", hint=f"as it was suggested: {_shown(before)}") from error

    def state(self) -> tuple[bool, str, dict[str, str]] | None:
        """What was decided of it; None where it is as it was suggested."""
        typed = {name: bound.value for name, bound in self.bounds.items() if bound.value != _shown(self.check["kwargs"][name])}
        now = self.tick.value, self.severity.value, typed
        return None if now == (True, self.check["severity"], {}) else now

    def restore(self, state: tuple[bool, str, dict[str, str]]) -> None:
        """Takes what was decided of the same expectation before."""
        self.tick.value, self.severity.value, typed = state
        for name, text in typed.items():
            if name in self.bounds:
                self.bounds[name].value = text


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _shown(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(value)
    return written.getvalue()
