"""validate: the suite's verdict on the staged batch, and its rows parted into those to publish and those kept out."""

from __future__ import annotations

from boathouse.config import Pipeline
from boathouse.engine import Engine, literal, quote
from boathouse.errors import StepError
from boathouse.ingest.batch import CELLS, ERRORS, ROW, Batch
from boathouse.ingest.clean import staged
from boathouse.suites.conditions import columns_of
from boathouse.suites.judge import Finding, Judgement, judge
from boathouse.suites.suite import Suite

PASSED, WITH_QUARANTINE, REJECTED = "passed", "passed with quarantine", "rejected"


def validate(batch: Batch, pipeline: Pipeline, suite: Suite, engine: Engine) -> None:
    """Sets the verdict; a batch that is not rejected gets `good` (a SELECT) and `kept_out` (Arrow)."""
    record = batch.record
    unreadable = _unreadable(batch, engine)
    relation = _judged_view(batch, engine, unreadable)
    batch.verdict = judgement = judge(suite, engine, relation)
    record.expectations = [_kept(finding) for finding in judgement.findings]
    if judgement.raised:
        first = judgement.raised[0]
        raise StepError(f"the expectation {first.about!r} could not be judged: {first.error}",
                        where=str(suite.path or suite.name), hint="mend the expectation, or the column it names")  # fmt: skip
    if judgement.rejects:
        _reject(batch, "; ".join(_failure(finding) for finding in judgement.rejects))
        return
    reasons = _reasons(judgement, pipeline)
    bad = _bad(reasons, unreadable)
    count = batch.rejected_lines + (engine.one(f"SELECT count(*) FROM {staged(batch)} WHERE {bad}")[0] if bad else 0)
    if count > pipeline.quarantine_limit * record.rows_read:
        share, allowed = count / record.rows_read, pipeline.quarantine_limit
        why = _worst(judgement, unreadable + batch.rejected_lines)
        _reject(batch, f"{count:,} of {record.rows_read:,} rows ({share:.1%}) would go to quarantine, "
                       f"more than the limit of {allowed:.0%}: {why}")  # fmt: skip
        return
    record.rows_quarantined = count
    record.verdict = WITH_QUARANTINE if count else PASSED
    if count:
        batch.kept_out = _kept_out(batch, reasons, bad, engine)
    _choose_good(batch, pipeline, engine, bad, judgement)


def _unreadable(batch: Batch, engine: Engine) -> int:
    return engine.one(f"SELECT count({ERRORS}) FROM {staged(batch)}")[0]


def _judged_view(batch: Batch, engine: Engine, unreadable: int) -> str:
    """What the suite sees: the dataset's columns, of the rows that could be read."""
    name, columns = f"judged_{batch.slug}", ", ".join(map(quote, batch.types))
    where = f"WHERE {ERRORS} IS NULL" if unreadable else ""
    engine.run(f"CREATE OR REPLACE VIEW {name} AS SELECT {columns} FROM {staged(batch)} {where}")
    return name


def _kept(finding: Finding) -> dict:
    return {
        "type": finding.type, "kwargs": finding.kwargs, "about": finding.about, "severity": finding.severity,
        "success": finding.success, "unexpected": finding.unexpected, "percent": round(finding.percent, 4),
        "observed": finding.observed,
    }  # fmt: skip


def _failure(finding: Finding) -> str:
    seen = f", found {finding.observed!r}" if finding.observed is not None else ""
    return f"{finding.about}{seen}"


def _worst(judgement: Judgement, unreadable: int) -> str:
    told = [f"{finding.about}: {finding.unexpected:,}" for finding, _ in
            sorted(judgement.predicates, key=lambda pair: -pair[0].unexpected)]  # fmt: skip
    if unreadable:
        told.append(f"unreadable: {unreadable:,}")
    return "; ".join(told[:5]) or "rows without a key"


def _reject(batch: Batch, why: str) -> None:
    record = batch.record
    record.status, record.verdict, record.error = "rejected", REJECTED, why
    record.rows_rejected = record.rows_read


def _reasons(judgement: Judgement, pipeline: Pipeline) -> list[tuple[str, str]]:
    """(reason, predicate) for everything that keeps a readable row out."""
    found = [(f"{name}: the key is empty", f"({quote(name)} IS NULL)") for name in pipeline.key]
    for finding, test in judgement.predicates:
        # a cell that could not be read is NULL here: what is said of that column would only repeat it
        seen = [f"NOT coalesce(map_contains({CELLS}, {literal(name)}), false)" for name in columns_of(finding.kwargs)]
        found.append((finding.about, " AND ".join([f"({test})", *seen])))
    return found


def _bad(reasons: list[tuple[str, str]], unreadable: int) -> str | None:
    tests = [f"({test})" for _, test in reasons] + ([f"{ERRORS} IS NOT NULL"] if unreadable else [])
    return " OR ".join(tests) or None


def _kept_out(batch: Batch, reasons: list[tuple[str, str]], bad: str | None, engine: Engine):
    """The rows for quarantine: row_number, line, reasons, row (JSON). One row each, with all its reasons."""
    parts = []
    offsets = _offsets(batch, engine)
    first = batch.scan.first_line if batch.scan else None
    line = f"row_number + {first - 1}" if first and _one_row_a_line(batch, engine) else "NULL"
    if bad:
        told = ", ".join(f"CASE WHEN {test} THEN {literal(reason)} END" for reason, test in reasons) or "NULL"
        cells = ", ".join(f"{literal(name)}: {quote(name)}" for name in batch.types)
        rows = (f"SELECT {ROW} + 1 AS kept, list_filter(list_concat(coalesce({ERRORS}, []), [{told}]), lambda x: x IS NOT NULL) "
                f"AS reasons, json_merge_patch(to_json({{{cells}}}), coalesce(to_json({CELLS}), '{{}}'::JSON))::VARCHAR AS row "
                f"FROM {staged(batch)} WHERE {bad}")  # fmt: skip
        shift = f"kept + coalesce(o.gone, 0) AS row_number FROM rows ASOF LEFT JOIN {offsets} o ON rows.kept >= o.from_kept"
        number = shift if offsets else "kept AS row_number FROM rows"
        parts.append(f"SELECT row_number::BIGINT AS row_number, ({line})::BIGINT AS line, reasons, row FROM "
                     f"(WITH rows AS ({rows}) SELECT reasons, row, {number})")  # fmt: skip
    if batch.rejects and batch.rejected_lines:
        parts.append("SELECT row_number::BIGINT AS row_number, line::BIGINT AS line, reasons, "
                     f"to_json({{'_text': text}})::VARCHAR AS row FROM {batch.rejects}")  # fmt: skip
    return engine.reader(f"{' UNION ALL '.join(parts)} ORDER BY row_number").read_all()


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


def _one_row_a_line(batch: Batch, engine: Engine) -> bool:
    """Whether the file has as many lines as rows, so that a row's line is known."""
    assert batch.file is not None
    assert batch.scan is not None
    assert batch.scan.first_line is not None
    if batch.file.suffix in (".parquet", ".xlsx", ".xls", ".xlsb", ".xlsm", ".ods"):
        return True
    source = next((f for f in (engine.scratch / f"{batch.file.name}.unpacked",) if f.exists()), batch.file)
    lines = 0
    with source.open("rb") as text:
        while chunk := text.read(1 << 22):
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    lines += last != b"\n"
    return lines == batch.record.rows_read + batch.scan.first_line - 1


def _choose_good(batch: Batch, pipeline: Pipeline, engine: Engine, bad: str | None, judgement: Judgement) -> None:
    """Sets `good`, and `publishable` where the staged file is already just these rows."""
    where = f"WHERE NOT ({bad})" if bad and batch.record.rows_quarantined - batch.rejected_lines else ""
    rows = f"SELECT * FROM {staged(batch)} {where}"
    losers = _losers(rows, batch, pipeline, engine, judgement) if pipeline.key else None
    if losers:
        rows = f"SELECT * FROM ({rows}) ANTI JOIN {losers} USING ({ROW})"
    elif not where:
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
    rule = pipeline.deduplicate
    order = [*(rule.order_by if rule else []), f"{ROW} {'ASC' if rule and rule.keep == 'first' else 'DESC'}"]
    engine.run(
        f"CREATE OR REPLACE TABLE losers_{slug} AS SELECT {ROW} FROM ({rows}) SEMI JOIN doubled_{slug} USING ({keys}) "
        f"QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {', '.join(order)}) > 1"
    )
    batch.record.rows_deduplicated = engine.one(f"SELECT count(*) FROM losers_{slug}")[0]
    return f"losers_{slug}"


def _known_unique(pipeline: Pipeline, judgement: Judgement) -> bool:
    """Whether the suite has just found the key to be unique, so that nobody needs to ask again."""
    unique = {"expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique"}
    return any(f.type in unique and f.unexpected == 0 and f.success and not f.kwargs.get("row_condition")
               and columns_of(f.kwargs) == pipeline.key for f in judgement.findings)  # fmt: skip
