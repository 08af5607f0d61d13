"""A suite's verdict on a relation of the engine: real GX, its counts, and the rows that each failed expectation names."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from boathouse.engine import Engine
from boathouse.errors import did_you_mean
from boathouse.suites.conditions import columns_of
from boathouse.suites.suite import Suite
from boathouse.suites.words import in_words

# the sample query that each expectation runs beside its counts is left out
_COUNTS = {"result_format": "BASIC", "partial_unexpected_count": 0}

# GX reckons the share of unexpected rows among those where no column is NULL, and refuses one above 1
_MORE_THAN_FILLED = 'too many rows with a NULL among its columns for GX: set "ignore_row_if" to leave them out'

# kwargs that a reason does not repeat


@dataclass
class Finding:
    """What one expectation found. `unexpected` counts rows for a row-level expectation; `position` is its
    place in the suite."""

    type: str
    kwargs: dict[str, Any]
    severity: str
    success: bool
    position: int
    row_level: bool = False
    description: str | None = None
    unexpected: int = 0
    percent: float = 0.0
    observed: Any = None
    error: str | None = None

    @property
    def about(self) -> str:
        """The expectation in a few words, as a reason for a row or a batch: its description, where it has one."""
        return in_words(self.type, self.kwargs, self.description)


@dataclass
class Judgement:
    """All findings, and the predicates of those that send rows to quarantine."""

    findings: list[Finding] = field(default_factory=list)
    predicates: list[tuple[Finding, str]] = field(default_factory=list)
    result: Any = None  # GX's own, for Data Docs

    @property
    def rejects(self) -> list[Finding]:
        """Critical expectations about the table as a whole that failed."""
        return [f for f in self.findings if f.severity == "critical" and not f.row_level and not f.success and not f.error]

    @property
    def raised(self) -> list[Finding]:
        return [f for f in self.findings if f.error]

    @property
    def warnings(self) -> list[Finding]:
        return [f for f in self.findings if f.severity != "critical" and not f.success and not f.error]


def judge(suite: Suite, engine: Engine, relation: str, *, beyond: bool = False) -> Judgement:
    """Runs the suite over a view or table whose rows a column `_row` numbers. `beyond` says that there are rows beyond
    those of the relation, which critical expectations are to be held against as well. Raises UsageError as `build` does."""
    made = Judgement()
    if not suite.expectations:
        return made
    with quiet():
        import great_expectations as gx

        from boathouse.suites import conditions, gx_engine, metrics
        from boathouse.suites.build import build

        metrics.register()
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
        built = build(suite)
        if any(getattr(expectation, "map_metric", None) in metrics.IN_PYTHON for expectation in built.expectations):
            metrics.add_functions(engine.con)
        batch = gx_engine.batch(context, engine.con, relation)
        made.result = batch.validate(built, result_format=_COUNTS)
        for outcome in sorted(made.result.results, key=lambda each: int(each.expectation_config.id)):
            expectation = built.expectations[int(outcome.expectation_config.id)]
            finding = _finding(outcome)
            made.findings.append(finding)
            if finding.error:
                finding.error = _missing(finding, engine.columns(f"SELECT * FROM {relation}")) or finding.error
                continue
            finding.row_level = conditions.is_row_level(expectation, engine, relation)
            if finding.row_level and finding.type == "unexpected_rows_expectation":
                finding.unexpected, finding.observed = finding.observed, None
            if not finding.row_level or finding.severity != "critical":
                continue
            if not finding.success or (beyond and not finding.unexpected):
                made.predicates.append((finding, conditions.predicate(expectation, batch.data.execution_engine, relation)))
    return made


def _finding(outcome: Any) -> Finding:
    config, result = outcome.expectation_config, outcome.result or {}
    severity = getattr(config.severity, "value", config.severity) or "critical"
    kwargs = {key: value for key, value in config.kwargs.items() if key != "batch_id"}
    return Finding(
        type=config.type, kwargs=_plain(kwargs), severity=str(severity), success=bool(outcome.success),
        position=int(config.id), description=config.description,
        unexpected=int(result.get("unexpected_count") or 0), percent=float(result.get("unexpected_percent") or 0.0),
        observed=_plain(result.get("observed_value")), error=_raised(outcome.exception_info),
    )  # fmt: skip


def _missing(finding: Finding, columns: Iterable[str]) -> str:
    """What to say of columns that are not there."""
    known = {name.casefold() for name in columns}
    missing = [name for name in columns_of(finding.kwargs) if name.casefold() not in known]
    return "; ".join(f"there is no column {name!r}{did_you_mean(name, columns)}" for name in missing)


def _raised(info: Any) -> str | None:
    """The message of an exception that GX caught, whichever of its two shapes it comes in."""
    entries = [info] if info and "raised_exception" in info else list((info or {}).values())
    for entry in entries:
        if isinstance(entry, dict) and entry.get("raised_exception"):
            text = str(entry.get("exception_message") or "it raised").strip().splitlines()[0]
            return _MORE_THAN_FILLED if text.startswith("Invalid result values") else re.sub(r"^\(_duckdb\.\w+\) ", "", text)
    return None


def _plain(value: Any) -> Any:
    """JSON's own types: GX results hold dates, decimals and sets."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)


@contextmanager
def quiet() -> Any:
    """GX logs what its results say as well."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
