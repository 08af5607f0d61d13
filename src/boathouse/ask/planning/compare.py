"""A figure against a number, in SQL."""

from __future__ import annotations

from boathouse.ask.intent import Having
from boathouse.ask.planning.scope import number


def compared(text: str, having: Having) -> str:
    numbers = [number(one) for one in having.numbers]
    return (
        f"{text} BETWEEN {numbers[0]} AND {numbers[1]}"
        if having.operator == "between"
        else f"{text} {having.operator} {numbers[0]}"
    )
