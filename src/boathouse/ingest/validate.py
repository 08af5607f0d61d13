"""validate: the suite's verdict on the staged batch, and its rows parted into those to publish and those kept out."""

from __future__ import annotations

import re
from typing import Any

from boathouse.config import Deduplicate, Pipeline
from boathouse.engine import Engine, literal, quote
from boathouse.errors import StepError, did_you_mean
from boathouse.ingest.batch import CELLS, ERRORS, ROW, Batch
from boathouse.ingest.clean import staged
from boathouse.suites.conditions import columns_of
from boathouse.suites.judge import Finding, Judgement, judge
from boathouse.suites.suite import Suite
from boathouse.suites.words import short

PASSED, WITH_QUARANTINE, REJECTED = "passed", "passed with quarantine", "rejected"


def validate(batch: Batch, pipeline: Pipeline, suite: Suite, engine: Engine) -> None:
    """Sets the verdict; a batch that is not rejected gets `good` and `kept_out`, each a SELECT."""
    record = batch.record
    unreadable = batch.lost_rows
    relation = _judged_view(batch, engine, unreadable)
    batch.verdict = judgement = judge(suite, engine, relation, beyond=unreadable > 0)
    record.expectations = [_kept(finding) for finding in judgement.findings]
    if judgement.raised:
        first = judgement.raised[0]
        raise StepError(f"the expectation {first.about!r} could not be judged: {first.error}", where=suite.where(first.position),
                        hint="mend the expectation, or the column it names")  # fmt: skip
    if judgement.rejects:
        _reject(batch, "; ".join(_failure(finding) for finding in judgement.rejects))
        return
    reasons = _reasons(judgement, pipeline, unreadable)
    marked = _mark(batch, reasons, unreadable, engine)
    count = batch.rejected_lines + (engine.one(f"SELECT count(*) FROM {marked}")[0] if marked else 0)
    share, allowed = count / (record.rows_read or 1), pipeline.quarantine_limit
    if share > allowed:
        why = _worst(judgement, unreadable + batch.rejected_lines) + _examples(batch, engine)
        _reject(batch, f"{count:,} of {record.rows_read:,} rows ({share:.1%}) would go to quarantine, "
                       f"more than the limit of {allowed:.0%}: {why}")  # fmt: skip
        return
    record.rows_quarantined = count
    record.verdict = WITH_QUARANTINE if count else PASSED
    if count:
        batch.kept_out = _kept_out(batch, reasons, marked, engine)
    _choose_good(batch, pipeline, engine, marked, judgement)


def _judged_view(batch: Batch, engine: Engine, unreadable: int) -> str:
    """What the suite sees: the dataset's columns, of the rows that could be read."""
    name, columns = f"judged_{batch.slug}", ", ".join(map(quote, batch.types))
    where = f"WHERE {ERRORS} IS NULL" if unreadable else ""
    engine.run(f"CREATE OR REPLACE VIEW {name} AS SELECT {columns}, {ROW} FROM {staged(batch)} {where}")
    return name


def _kept(finding: Finding) -> dict[str, Any]:
    return {
        "type": finding.type, "kwargs": _cut(finding.kwargs), "about": finding.about, "severity": finding.severity,
        "success": finding.success, "unexpected": finding.unexpected, "percent": round(finding.percent, 4),
        "observed": _cut(finding.observed),
    }  # fmt: skip


def _cut(value: Any) -> Any:
    """What a record keeps: of a set of thousands of values the beginning."""
    if isinstance(value, dict):
        return {key: _cut(inner) for key, inner in value.items()}
    return value[:100] if isinstance(value, list) else value


def _failure(finding: Finding) -> str:
    seen = f", found {short(finding.observed)}" if finding.observed is not None else ""
    return f"{finding.about}{seen}"


def _worst(judgement: Judgement, unreadable: int) -> str:
    counts = {"could not be read": unreadable} | {finding.about: finding.unexpected for finding, _ in judgement.predicates}
    worst = sorted((pair for pair in counts.items() if pair[1]), key=lambda pair: -pair[1])[:5]
    return "; ".join(f"{what}: {count:,}" for what, count in worst) or "rows without a key"


def _examples(batch: Batch, engine: Engine) -> str:
    """The first rows that could not be read, in words: a rejected batch has no quarantine to look at."""
    told = [f"SELECT row_number, reasons FROM {batch.rejects}"] if batch.rejects else []
    if batch.lost:
        told.append(f"SELECT {ROW} + 1 AS row_number, {ERRORS} AS reasons FROM {batch.lost}")
    if not told:
        return ""
    rows = engine.run(f"SELECT row_number, reasons FROM ({' UNION ALL BY NAME '.join(told)}) ORDER BY row_number LIMIT 3")
    return "".join(f"\n  row {row:,}: {'; '.join(reasons)}" for row, reasons in rows)


def _reject(batch: Batch, why: str) -> None:
    record = batch.record
    record.status, record.verdict, record.error = "rejected", REJECTED, why
    record.rows_rejected = record.rows_read


def _reasons(judgement: Judgement, pipeline: Pipeline, unreadable: int) -> list[tuple[str, str]]:
    """(reason, predicate) for everything that keeps a readable row out."""
    found = [(f"{name}: the key is empty", f"({quote(name)} IS NULL)", [name]) for name in pipeline.key]
    found += [(finding.about, test, columns_of(finding.kwargs)) for finding, test in judgement.predicates]
    if not unreadable:
        return [(reason, test) for reason, test, _ in found]
    return [(reason, " AND ".join([f"({test})", *map(_was_read, columns)])) for reason, test, columns in found]


def _was_read(column: str) -> str:
    """A cell that could not be read is NULL here: what is said of its column would only repeat it."""
    return f"NOT coalesce(map_contains({CELLS}, {literal(column)}), false)"


def _mark(batch: Batch, reasons: list[tuple[str, str]], unreadable: int, engine: Engine) -> str | None:
    """A table of the staged rows to keep out, with a flag for each reason; each predicate is computed once."""
    tests = [test for _, test in reasons] + ([f"{ERRORS} IS NOT NULL"] if unreadable else [])
    if not tests:
        return None
    flags, name = [f"r{n}" for n in range(len(tests))], f"marked_{batch.slug}"
    computed = ", ".join(f"({test}) AS {flag}" for test, flag in zip(tests, flags, strict=True))
    engine.run(
        f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM (SELECT {ROW}, {computed} FROM {staged(batch)}) WHERE {' OR '.join(flags)}"
    )
    return name


def _kept_out(batch: Batch, reasons: list[tuple[str, str]], marked: str | None, engine: Engine) -> str:
    """A SELECT of the rows for quarantine: row_number, line, reasons, row (JSON). One row each, with all its reasons."""
    parts = []
    offsets = _offsets(batch, engine)
    lines = batch.scan.lines(engine, batch.record.rows_read, "kept_out") if batch.scan else None
    if marked:
        told = ", ".join(f"CASE WHEN r{n} THEN {literal(reason)} END" for n, (reason, _) in enumerate(reasons)) or "NULL"
        cells = ", ".join(f"{literal(name)}: {_cell(name, kind)}" for name, kind in batch.types.items())
        rows = (f"SELECT {ROW} + 1 AS kept, list_filter(list_concat(coalesce({ERRORS}, []), [{told}]), lambda x: x IS NOT NULL) "
                f"AS reasons, json_merge_patch(to_json({{{cells}}}), coalesce(to_json({CELLS}), '{{}}'::JSON))::VARCHAR AS row "
                f"FROM {staged(batch)} JOIN {marked} USING ({ROW})")  # fmt: skip
        shift = f"kept + coalesce(o.gone, 0) AS row_number FROM rows ASOF LEFT JOIN {offsets} o ON rows.kept >= o.from_kept"
        number = shift if offsets else "kept AS row_number FROM rows"
        parts.append(
            f"SELECT row_number::BIGINT AS row_number, reasons, row FROM (WITH rows AS ({rows}) SELECT reasons, row, {number})"
        )
    if batch.rejects and batch.rejected_lines:
        parts.append(f"SELECT row_number::BIGINT AS row_number, reasons, row FROM {batch.rejects}")
    line, where = ("line::BIGINT", f"LEFT JOIN {lines} USING (row_number)") if lines else ("NULL::BIGINT", "")
    return (f"WITH kept_out AS MATERIALIZED ({' UNION ALL '.join(parts)}) "
            f"SELECT row_number, {line} AS line, reasons, row FROM kept_out {where}")  # fmt: skip


def _cell(name: str, kind: str) -> str:
    """A value on its way into JSON, whose readers know no decimals of more than 15 digits."""
    digits = re.match(r"DECIMAL\((\d+),[1-9]", kind)
    return f"{quote(name)}::VARCHAR" if digits and int(digits[1]) > 15 else quote(name)


def _offsets(batch: Batch, engine: Engine) -> str | None:
    """A table that leads from the n-th row kept to its place among all rows: those the reader gave up lie between."""
    if not batch.rejects or not batch.rejected_lines:
        return None
    name = f"offsets_{batch.slug}"
    engine.run(
        f"CREATE OR REPLACE TABLE {name} AS SELECT from_kept, max(gone) AS gone FROM (SELECT "
        f"row_number - row_number() OVER (ORDER BY row_number) + 1 AS from_kept, row_number() OVER (ORDER BY row_number) AS gone "
        f"FROM {batch.rejects}) GROUP BY from_kept"
    )
    return name


def _choose_good(batch: Batch, pipeline: Pipeline, engine: Engine, marked: str | None, judgement: Judgement) -> None:
    """Sets `good`, and `publishable` where the staged file is already just these rows."""
    rows = f"SELECT * FROM {staged(batch)}"
    some = batch.record.rows_quarantined > batch.rejected_lines
    if some:
        rows = f"{rows} ANTI JOIN {marked} USING ({ROW})"
    losers = _losers(rows, batch, pipeline, engine, judgement) if pipeline.key else None
    if losers:
        rows = f"SELECT * FROM ({rows}) ANTI JOIN {losers} USING ({ROW})"
    elif not some:
        batch.publishable = batch.staged
    batch.good = rows


def _losers(rows: str, batch: Batch, pipeline: Pipeline, engine: Engine, judgement: Judgement) -> str | None:
    """A table of the rows that another row of the same key beats; None where every key stands once."""
    if _known_unique(pipeline, judgement):
        return None
    keys, slug = ", ".join(map(quote, pipeline.key)), batch.slug
    engine.run(f"CREATE OR REPLACE TABLE doubled_{slug} AS SELECT {keys} FROM ({rows}) GROUP BY ALL HAVING count(*) > 1")
    if not engine.one(f"SELECT count(*) FROM doubled_{slug}")[0]:
        return None
    engine.run(
        f"CREATE OR REPLACE TABLE losers_{slug} AS SELECT {ROW} FROM ({rows}) SEMI JOIN doubled_{slug} USING ({keys}) "
        f"QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {_winner_first(batch, pipeline)}) > 1"
    )
    batch.record.rows_deduplicated = engine.one(f"SELECT count(*) FROM losers_{slug}")[0]
    return f"losers_{slug}"


def _winner_first(batch: Batch, pipeline: Pipeline) -> str:
    """ORDER BY for `deduplicate`: rows are sorted by `order_by`, then as they came, and the first or the last is kept;
    one with a NULL to sort by loses. Raises StepError for a column that is not there."""
    rule = pipeline.deduplicate or Deduplicate()
    terms = []
    for entry in (*rule.order_by, ROW):
        name, _, direction = entry.partition(" ")
        if name not in (*batch.types, ROW) or direction.lower() not in ("", "asc", "desc"):
            where = f"{pipeline.path}:{pipeline.lines.get(('deduplicate', 'order_by'), 1)}"
            raise StepError(f"order_by: no column {entry!r}{did_you_mean(name, batch.types)}", where=where,
                            hint="a column, with or without `desc` after it")  # fmt: skip
        descending = (direction.lower() == "desc") != (rule.keep == "last")
        terms.append(f"{quote(name)} {'DESC' if descending else 'ASC'} NULLS LAST")
    return ", ".join(terms)


def _known_unique(pipeline: Pipeline, judgement: Judgement) -> bool:
    """Whether the suite has just found the key to be unique, so that nobody needs to ask again."""
    unique = {"expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique"}
    return any(f.type in unique and f.unexpected == 0 and f.success and not f.kwargs.get("row_condition")
               and columns_of(f.kwargs) == pipeline.key for f in judgement.findings)  # fmt: skip
