"""A suite's verdict on a relation of the engine: real GX, its counts, and the rows that each failed expectation names."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from boathouse.engine import Engine
from boathouse.errors import UsageError, did_you_mean, first_line
from boathouse.suites.suite import Suite

# the sample query that each expectation runs beside its counts is left out
_COUNTS = {"result_format": "BASIC", "partial_unexpected_count": 0}


@dataclass
class Finding:
    """What one expectation found. `unexpected` counts rows for a row-level expectation."""

    type: str
    kwargs: dict[str, Any]
    severity: str
    success: bool
    row_level: bool
    unexpected: int = 0
    percent: float = 0.0
    observed: Any = None
    error: str | None = None

    @property
    def about(self) -> str:
        """The expectation in a few words, as a reason for a row or a batch."""
        shown = {
            k: v for k, v in self.kwargs.items() if k not in ("column", "batch_id", "mostly", "row_condition", "condition_parser")
        }
        inside = ", ".join(f"{k}={v!r}" for k, v in shown.items() if v is not None)
        column = f"{self.kwargs['column']}: " if self.kwargs.get("column") else ""
        name = self.type.removeprefix("expect_").removeprefix("column_values_").removeprefix("column_")
        return f"{column}{name.replace('_', ' ')}" + (f" ({inside})" if inside else "")


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


def judge(suite: Suite, engine: Engine, relation: str) -> Judgement:
    """Runs the suite over a view or table. Raises UsageError for an expectation that GX does not know."""
    if not suite.expectations:
        return Judgement()
    with _quiet():
        import great_expectations as gx

        from boathouse.suites import conditions, dialect, metrics

        metrics.register()
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
        known = _build(suite, gx)
        asset = dialect.data_source(context, "engine", engine.con).add_table_asset("batch", table_name=relation)
        batch = asset.add_batch_definition_whole_table("whole").get_batch()
        result = batch.validate(known, result_format=_COUNTS)
        made = Judgement(result=result)
        by_id = {expectation.id: expectation for expectation in known.expectations}
        gx_engine = batch.data.execution_engine
        for outcome in result.results:
            expectation = by_id[outcome.expectation_config.id]
            finding = _finding(outcome, conditions.is_row_level(expectation))
            made.findings.append(finding)
            if finding.row_level and not finding.success and not finding.error and finding.severity == "critical":
                _add_predicate(made, finding, expectation, gx_engine, engine, relation)
        return made


def _add_predicate(made: Judgement, finding: Finding, expectation: Any, gx_engine: Any, engine: Engine, relation: str) -> None:
    from boathouse.suites import conditions

    try:
        made.predicates.append((finding, conditions.predicate(expectation, gx_engine, engine, relation)))
    except conditions.NotARowTestError:
        finding.row_level = False  # it cannot name its rows, so it speaks of the batch


def _build(suite: Suite, gx: Any) -> Any:
    """The suite as GX objects, each error with the line of its expectation."""
    from great_expectations.expectations.registry import get_expectation_impl, list_registered_expectation_implementations

    built = gx.ExpectationSuite(name=suite.name)
    for position, entry in enumerate(suite.expectations):
        kind = str(entry.get("type") or entry.get("expectation_type") or "")
        where = f"{suite.path}:{suite.line_of(position)}" if suite.path else suite.name
        if kind not in list_registered_expectation_implementations():
            guess = did_you_mean(kind, list_registered_expectation_implementations())
            raise UsageError(f"no expectation {kind!r}{guess}", where=where, hint="docs/suites.md lists the usual ones")
        extra = {key: entry[key] for key in ("severity", "meta", "notes", "description") if entry.get(key) is not None}
        try:
            built.add_expectation(get_expectation_impl(kind)(**entry.get("kwargs", {}), **extra))
        except Exception as error:
            problems = getattr(error, "errors", None)
            text = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in problems()) if problems else first_line(error)
            raise UsageError(f"{kind}: {text}", where=where, hint="mend its kwargs") from error
    return built


def _finding(outcome: Any, row_level: bool) -> Finding:
    config, result = outcome.expectation_config, outcome.result or {}
    severity = getattr(config.severity, "value", config.severity) or "critical"
    kwargs = {key: value for key, value in config.kwargs.items() if key != "batch_id"}
    raised = _raised(outcome.exception_info)
    return Finding(
        type=config.type, kwargs=_plain(kwargs), severity=str(severity), success=bool(outcome.success), row_level=row_level,
        unexpected=int(result.get("unexpected_count") or 0), percent=float(result.get("unexpected_percent") or 0.0),
        observed=_plain(result.get("observed_value")), error=raised,
    )  # fmt: skip


def _raised(info: Any) -> str | None:
    """The message of an exception that GX caught, whichever of its two shapes it comes in."""
    entries = [info] if info and "raised_exception" in info else list((info or {}).values())
    for entry in entries:
        if isinstance(entry, dict) and entry.get("raised_exception"):
            return str(entry.get("exception_message") or "it raised").strip().splitlines()[0]
    return None


def _plain(value: Any) -> Any:
    """JSON's own types: GX results hold dates, decimals and sets."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)


@contextmanager
def _quiet() -> Any:
    """GX logs what its results say as well."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
