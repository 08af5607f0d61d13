"""An expectation in words, as a reason for a row or a batch."""

from __future__ import annotations

import re
from typing import Any

_LEFT_OUT = ("column", "batch_id", "mostly", "condition_parser")
_SHOWN = 5


def in_words(type_: str, kwargs: dict[str, Any], description: str | None = None) -> str:
    """`price: must be at least 0`; in the expectation's own description, where it has one."""
    column = f"{kwargs['column']}: " if kwargs.get("column") else ""
    if description:
        return column + description
    left = {name: value for name, value in kwargs.items() if value is not None and name not in _LEFT_OUT}
    name = type_.removeprefix("expect_").removeprefix("column_values_").removeprefix("column_")
    rule = _bounded(re.sub(r"(^|_)to_", r"\1must_", name, count=1).replace("_", " "), left)
    return column + rule + (f" ({', '.join(f'{name}={short(value)}' for name, value in left.items())})" if left else "")


def _bounded(rule: str, left: dict[str, Any]) -> str:
    """A rule with its bounds, its set or its pattern in words; what it says is taken out of `left`."""
    if rule.endswith("be between") and {"min_value", "max_value"} & set(left):
        above, below = (
            ("more than" if left.pop("strict_min", False) else "at least"),
            ("less than" if left.pop("strict_max", False) else "at most"),
        )
        ends = [f"{how} {short(left.pop(end))}" for how, end in ((above, "min_value"), (below, "max_value")) if end in left]
        return f"{rule.removesuffix('between')}{' and '.join(ends)}"
    for ending, said, name in (("not be in set", "not be one of", "value_set"), ("be in set", "be one of", "value_set"),
                               ("not match regex", "not match", "regex"), ("match regex", "match", "regex")):  # fmt: skip
        if rule.endswith(ending) and name in left:
            value = short(left.pop(name))
            return f"{rule.removesuffix(ending)}{said} {value.strip('[]') if name == 'value_set' else value}"
    return rule


def short(value: Any) -> str:
    """A value as a reason shows it: of a long list only the beginning."""
    if isinstance(value, list) and len(value) > _SHOWN:
        return f"[{', '.join(map(short, value[:_SHOWN]))}, … {len(value):,} in all]"
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return str(int(value)) if whole else repr(value)  # GX makes a float of every bound
