"""A figure against a number, in SQL."""

from __future__ import annotations

from collections.abc import Sequence


def compared(text: str, operator: str, numbers: Sequence[float]) -> str:
    first, *others = [str(int(one)) if one == int(one) else repr(one) for one in numbers]
    if operator == "in":
        return f"{text} IN ({', '.join((first, *others))})"
    return f"{text} BETWEEN {first} AND {others[0]}" if operator == "between" else f"{text} {operator} {first}"
