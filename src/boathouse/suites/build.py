"""A suite as GX objects. Whatever GX does not accept is an error with the line of the expectation and what is allowed."""

from __future__ import annotations

from typing import Any

from boathouse.errors import UsageError, did_you_mean, first_line
from boathouse.suites.suite import Suite

_BESIDE = ("severity", "description", "notes", "meta")
# how GX reports and from what; the road decides that
_NOT_RULES = ("result_format", "catch_exceptions", "batch_id")
_OF_ELSEWHERE = ("expect_table_row_count_to_equal_other_table", "expect_query_results_to_match_comparison")
_CONDITION = '"row_condition": {"type": "comparison", "column": {"name": "…"}, "operator": ">", "parameter": 0}'


def build(suite: Suite) -> Any:
    """A GX suite, each of its expectations with its position as its id. Raises UsageError."""
    import great_expectations as gx

    made = []
    for position, entry in enumerate(suite.expectations):
        try:
            made.append(_expectation(entry))
        except UsageError as error:
            raise UsageError(error.message, where=suite.where(position), hint=error.hint) from error
    built = gx.ExpectationSuite(suite.name, expectations=made)
    for position, expectation in enumerate(built.expectations):
        expectation.id = str(position)
    return built


def _expectation(entry: dict[str, Any]) -> Any:
    from great_expectations.expectations.registry import get_expectation_impl, list_registered_expectation_implementations
    from great_expectations.expectations.row_conditions import PassThroughCondition

    kind, known = str(entry.get("type") or entry.get("expectation_type") or ""), list_registered_expectation_implementations()
    if kind not in known:
        raise UsageError(f"no expectation {kind!r}{did_you_mean(kind, known)}", hint="docs/suites.md lists them")
    if kind in _OF_ELSEWHERE:
        raise UsageError(f"{kind} compares the batch with data outside it, which a batch's verdict cannot stand on",
                         hint="remove it; compare datasets with boathouse sql, after the run")  # fmt: skip
    kwargs = {key: value for key, value in entry.get("kwargs", {}).items() if key not in _NOT_RULES}
    beside = {key: entry[key] for key in _BESIDE if entry.get(key) is not None}
    implementation = get_expectation_impl(kind)
    try:
        made = implementation(**kwargs, **beside)
    except Exception as error:
        text = _problems(error, list(implementation.__fields__)) if hasattr(error, "errors") else first_line(error)
        raise UsageError(f"{kind}: {text}", hint="mend its kwargs; docs/suites.md lists them") from error
    if isinstance(getattr(made, "row_condition", None), PassThroughCondition):
        raise UsageError(f"{kind}: the row_condition is not one of GX's own", hint=_CONDITION)
    return made


def _problems(error: Any, known: list[str]) -> str:
    """What pydantic found, once for each key: it tells of every type that a value might have been."""
    told: dict[str, list[str]] = {}
    for problem in error.errors():
        key, text = str(problem["loc"][0]), problem["msg"]
        if problem["type"] == "value_error.extra":
            told[key] = [f"no such key{did_you_mean(key, known)}"]
        elif key == "row_condition":
            told[key] = [f"not a condition, as {_CONDITION}"]
        elif text != "value is not a valid dict" and text not in told.setdefault(key, []):
            told[key].append(text)
    if len(told) > 1:
        told.pop("__root__", None)  # it follows from the others
    return "; ".join((f"{key}: " if key != "__root__" else "") + " / ".join(texts) for key, texts in told.items() if texts)
