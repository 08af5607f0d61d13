"""The words of a language, from lexicon/LANGUAGE.yml: which phrases mean what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

_TOKEN = re.compile(
    r"\d{4}-\d\d(?:-\d\d)?|\d[\d,]*(?:\.\d+)?(?:k|m|st|nd|rd|th)?\b|[<>]=?|[€$%=]|[^\W_]+(?:['’.&-][^\W_]+)*", re.I
)
_MULTIPLES = {"k": 1_000, "m": 1_000_000}


def tokens_of(text: str) -> list[str]:
    """The words, numbers and marks of a text, in small letters."""
    return [token.lower().replace("’", "'") for token in _TOKEN.findall(text)]


class Lexicon:
    """Phrases by what they mean, and words by the number, month or unit of time that they are."""

    def __init__(self, data: dict[str, Any]):
        self.numbers: dict[str, int] = data.pop("numbers")
        self.months: dict[str, int] = data.pop("months")
        self.periods: dict[str, str] = data.pop("periods")
        self.verbs: dict[str, str] = data.pop("verbs")
        self._phrases = {kind: [tuple(tokens_of(phrase)) or (phrase,) for phrase in phrases] for kind, phrases in data.items()}

    def phrases(self) -> dict[tuple[str, ...], str]:
        """Every phrase and its meaning."""
        return {phrase: kind for kind, many in self._phrases.items() for phrase in many}

    def first(self, kind: str, tokens: Sequence[str]) -> int:
        """How many tokens the longest phrase of a kind takes at the beginning; 0 for none."""
        return max((len(p) for p in self._phrases[kind] if tuple(tokens[: len(p)]) == p), default=0)

    def number(self, token: str) -> float | None:
        """The number that a token is, None for none."""
        if token in self.numbers:
            return self.numbers[token]
        match = re.fullmatch(r"(\d[\d,]*(?:\.\d+)?)(k|m)?", token)
        if not match:
            return None
        return float(match[1].replace(",", "")) * _MULTIPLES.get(match[2] or "", 1)


@cache
def english() -> Lexicon:
    return Lexicon(yaml.safe_load((files("boathouse.ask") / "lexicon" / "en.yml").read_text(encoding="utf-8")))


def singular(word: str) -> str:
    """A noun's singular, as far as its ending tells: boats → boat, categories → category, boxes → box."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
