"""Types of text columns, from every value of the source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from boathouse.config import Column
from boathouse.draft import dates
from boathouse.engine import Engine, literal, quote
from boathouse.ingest import cells

Candidate = tuple[Column, str | None]

NULL_WORDS = ("NA", "N/A", "n/a", "na", "null", "NULL", "Null", "None", "none", "NaN", "nan", "#N/A", "-", "--", "?", "NULL_VALUE",
              "\\N")  # fmt: skip
_MONEY = re.compile(
    r"price|amount|cost|total|revenue|sales|fee|tax|paid|payment|refund|charge|balance|salary|income|wage|expense|deposit|"
    r"credit|debit|profit|budget|spend|discount|preis|betrag|umsatz|prix|montant",
    re.I,
)
_ID = re.compile(r"(^|_|\b)(id|key|code|no|nr|number|count|qty|quantity|rate|ratio|pct|percent)s?$|Id$", re.I)
_WORDS = [("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("ja", "nein"), ("oui", "non"), ("sí", "no"), ("on", "off")]
_TOLERATED = 0.02  # of the cells may be none of the type; for a small source one of ten


@dataclass
class Typed:
    """A column's type and what was assumed of it, in words. `either` says that a date's order could be another one."""

    column: Column
    notes: list[str] = field(default_factory=list)
    lost: int = 0
    either: bool = False


def infer(
    engine: Engine, relation: str, names: Sequence[str], null_values: Sequence[str] = (), *, strict: bool = False
) -> dict[str, Typed]:
    """The type of each text column of `relation`: the narrowest that loses no cell, or next to none unless `strict`."""
    found = {name: _infer(engine, relation, name, null_values, strict) for name in names}
    sure = [typed.column.format for typed in found.values() if typed.column.format and not typed.either]
    if any(map(dates.month_first, sure)) and not any(map(dates.day_first, sure)):  # the other dates of the file say how
        for name in [name for name, typed in found.items() if typed.either]:
            found[name] = _infer(engine, relation, name, null_values, strict, month_first=True)
    return found


def verify(engine: Engine, relation: str, name: str, column: Column) -> tuple[int, int, list[str]]:
    """(cells filled, cells lost under this type, the most frequent of those)."""
    cell, null = quote(name), column.null_values
    where = f"trim({cell}) NOT IN ({', '.join(map(literal, ['', *null]))})"
    suspect = cells.suspect("cell", "value", column)
    if suspect is None:
        return engine.one(f"SELECT count({cell}) FROM {relation} WHERE {where}")[0], 0, []
    lost = cells.lost("cell", "value", column, null)
    rows = engine.run(
        f"WITH v AS (SELECT {cell} AS cell, {cells.value(cell, column, null)} AS value FROM {relation} WHERE {where}), "
        f"bad AS (SELECT cell FROM v WHERE ({suspect}) AND {lost}) SELECT (SELECT count(*) FROM v), (SELECT count(*) FROM bad), "
        "(SELECT list(cell) FROM (SELECT cell FROM bad GROUP BY cell ORDER BY count(*) DESC, cell LIMIT 5))"
    )
    return rows[0][0], rows[0][1], list(rows[0][2] or [])


def _infer(
    engine: Engine, relation: str, name: str, null_values: Sequence[str], strict: bool, *, month_first: bool = False
) -> Typed:
    shape = _shape(engine, relation, name, null_values)
    if not shape["filled"]:
        return Typed(Column(type="VARCHAR"), ["is empty throughout: read as text"])
    best: Typed | None = None
    for candidate, note in _candidates(engine, relation, name, shape, month_first):
        column = candidate.model_copy(update={"null_values": shape["nulls"]})
        filled, lost, examples = verify(engine, relation, name, column)
        if lost > (0 if strict else max(_TOLERATED * filled, int(filled >= 10))) or (best and best.lost <= lost):
            continue
        notes = [note] if note else []
        notes += [f"{', '.join(map(repr, shape['nulls']))} read as empty"] if shape["nulls"] else []
        if lost:
            notes.append(f"{lost:,} of {filled:,} cells are no {column.type} ({', '.join(map(repr, examples))}): quarantine")
        best = Typed(column, notes, lost, dates.EITHER in (note or ""))
        if not lost:
            break
    return best or Typed(Column(type="VARCHAR"))


def _shape(engine: Engine, relation: str, name: str, null_values: Sequence[str]) -> dict:
    """One scan: how many cells look like what."""
    cell = quote(name)
    words = ", ".join(map(literal, [*NULL_WORDS, *null_values]))
    nulls = [row[0] for row in engine.run(f"SELECT DISTINCT trim({cell}) FROM {relation} WHERE trim({cell}) IN ({words}) ORDER BY 1")]
    gone = ", ".join(map(literal, ["", *nulls]))
    digits = r"regexp_full_match(v, '[-+]?\d+')"
    counts = {
        "filled": "count(*)",
        "integers": f"count(*) FILTER ({digits})",
        "longest": f"max(length(v)) FILTER ({digits})",
        "zeros": "count(*) FILTER (v[1:1] = '0' AND length(v) > 1 AND v[2:2] BETWEEN '0' AND '9')",
        "pluses": "count(*) FILTER (v[1:1] = '+')",
        "doubles": r"count(*) FILTER (regexp_full_match(v, '[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?(inf|infinity)', 'i'))",
        "points": "count(*) FILTER (contains(v, '.'))",
        "powers": r"count(*) FILTER (regexp_full_match(v, '\d+[eE]\d+'))",  # 12E5 is a code, 1.2E+5 a number
        "digits": "max(length(regexp_replace(v, '[^0-9]|[eE].*', '', 'g')))",
        "scale": "max(CASE WHEN contains(v, '.') THEN length(v) - strpos(v, '.') ELSE 0 END)",
        "least": "min(CASE WHEN contains(v, '.') THEN length(v) - strpos(v, '.') ELSE 0 END)",
        "commas": "count(*) FILTER (contains(v, ',') AND regexp_matches(v[1:1], '[-+0-9]'))",
        "groups": rf"count(*) FILTER (regexp_full_match(v, '{_GROUPED}'))",
        "dates": "count(TRY_CAST(v AS DATE)) FILTER (length(v) BETWEEN 8 AND 10)",
        "moments": "count(TRY_CAST(v AS TIMESTAMP)) FILTER (length(v) > 10)",
        "zones": r"count(*) FILTER (length(v) > 15 AND regexp_matches(v, '\d ?(Z|UTC|[+-]\d\d(:?\d\d)?)$'))",
        "words": f"count(*) FILTER (length(v) <= 5 AND lower(v) IN ({', '.join(literal(w) for pair in _WORDS for w in pair)}))",
        "marks": r"count(*) FILTER (length(v) BETWEEN 6 AND 24 AND regexp_matches(v, '\d') AND regexp_matches(v, '[/. -]|^\d{8}$'))",
    }
    row = engine.one(f"WITH v AS (SELECT trim({cell}) AS v FROM {relation} WHERE trim({cell}) NOT IN ({gone})) "
                     f"SELECT {', '.join(counts.values())} FROM v")  # fmt: skip
    return dict(zip(counts, row, strict=True)) | {"nulls": nulls}


_GROUPED = r"[-+]?\d{1,3}([ '' \u00a0\u202f]\d{3})+([.,]\d+)?".replace(r"\u00a0\u202f", "\u00a0\u202f")


def _candidates(engine: Engine, relation: str, name: str, s: dict, month_first: bool) -> Iterator[Candidate]:
    """Columns to try, the likeliest first, each with what it assumes."""
    most = 0.9 * s["filled"]

    def moments() -> Iterator[Candidate]:
        if s["marks"] >= most:
            yield from dates.candidates(engine, relation, name, s["filled"], month_first=month_first)

    if s["words"] >= most:
        yield from _booleans(engine, relation, name)
    if s["zeros"] > 0.0001 * s["filled"] or s["pluses"] >= most or s["powers"] > s["points"]:
        yield from moments()
        return  # 007 is a name and +49 … a telephone, not a number
    if s["integers"] >= most:
        if s["longest"] == 8 and dates.named(name):
            yield from moments()
        if _MONEY.search(name) and not _ID.search(name) and s["longest"] <= 14:
            yield Column(type="DECIMAL(18,2)"), "money: exact, with 2 decimals"
        yield Column(type="BIGINT"), None
        yield Column(type="DECIMAL(38,0)"), "whole numbers too long for a BIGINT"
    if s["doubles"] >= most and s["points"]:
        yield from _fractions(name, s)
    if s["commas"] >= 0.02 * s["filled"] and s["commas"]:
        yield from _with_commas(engine, relation, name)
    if s["groups"] >= 0.02 * s["filled"] and s["groups"]:
        yield from _with_groups(engine, relation, name)
    if s["moments"] >= most:
        zoned = s["zones"] >= most
        yield Column(type="TIMESTAMPTZ" if zoned else "TIMESTAMP"), "with its time zone, kept as UTC" if zoned else None
    if s["dates"] >= most:
        yield Column(type="DATE"), None
    yield from moments()


def _booleans(engine: Engine, relation: str, name: str) -> Iterator[Candidate]:
    cell = f"lower(trim({quote(name)}))"
    seen = {row[0] for row in engine.run(f"SELECT DISTINCT {cell} FROM {relation} WHERE length({cell}) BETWEEN 1 AND 5 LIMIT 100")}
    for true, false in _WORDS:
        if {true, false} <= seen or (seen <= {true, false} and seen & {"true", "false", "yes", "ja", "oui"}):
            plain = (true, false) == ("true", "false")
            yield (Column(type="BOOLEAN") if plain else Column(type="BOOLEAN", true_words=[true], false_words=[false]),
                   None if plain else f"{true!r} is true, {false!r} is false")  # fmt: skip


def _fractions(name: str, s: dict) -> Iterator[Candidate]:
    """Money, and what always has two decimals, is exact; what was measured is not."""
    money = bool(_MONEY.search(name)) and not _ID.search(name) and s["scale"] <= 6
    if money or s["scale"] == s["least"] == 2:
        scale = max(2, s["scale"])
        yield Column(type=f"DECIMAL({18 if scale <= 4 else 28},{scale})"), f"exact, with {scale} decimals"
    if s["digits"] > 17 and s["scale"] <= 19:  # more than a DOUBLE holds
        yield Column(type=f"DECIMAL(38,{s['scale']})"), "exact: more digits than a DOUBLE holds"
    yield Column(type="DOUBLE"), None


def _with_commas(engine: Engine, relation: str, name: str) -> Iterator[Candidate]:
    cell = f"trim({quote(name)})"
    digits, grouped, commas, points, scale = engine.one(
        f"SELECT max(length({cell}) - strpos({cell}, ',')) FILTER (contains({cell}, ',')), "
        rf"count(*) FILTER (regexp_full_match({cell}, '[-+]?\d{{1,3}}(,\d{{2,3}})*,\d{{3}}(\.\d+)?')), "
        f"count(*) FILTER (contains({cell}, ',')), bool_or(contains({cell}, '.')), "
        f"max(length({cell}) - strpos({cell}, '.')) FILTER (contains({cell}, '.')) FROM {relation}"
    )
    if grouped >= 0.9 * commas:
        kind = ("DOUBLE" if scale > 4 else f"DECIMAL(18,{max(2, scale)})") if points else "BIGINT"
        yield Column(type=kind, thousands=","), "a comma parts thousands"
    yield from _decimal_comma(digits, "." if points else None)


def _with_groups(engine: Engine, relation: str, name: str) -> Iterator[Candidate]:
    """Thousands parted by spaces or apostrophes."""
    cell = f"trim({quote(name)})"
    quotes, commas, points, digits = engine.one(
        f"SELECT count(*) FILTER (contains({cell}, chr(39))), count(*) FILTER (contains({cell}, ',')), "
        f"count(*) FILTER (contains({cell}, '.')), max(length({cell}) - strpos(translate({cell}, ',', '.'), '.')) "
        f"FILTER (regexp_matches({cell}, '[.,]')) FROM {relation}"
    )
    mark = "'" if quotes else " "
    if commas:
        yield from _decimal_comma(digits, mark)
    elif points:
        yield Column(type=f"DECIMAL(18,{max(2, min(digits, 4))})", thousands=mark), f"{mark!r} parts thousands"
    else:
        yield Column(type="BIGINT", thousands=mark), f"{mark!r} parts thousands"


def _decimal_comma(digits: int, thousands: str | None) -> Iterator[Candidate]:
    told = "a comma is the decimal mark" + (f", {thousands!r} parts thousands" if thousands else "")
    if digits <= 4:
        yield Column(type=f"DECIMAL(18,{max(2, digits)})", decimal=",", thousands=thousands), told
    yield Column(type="DOUBLE", decimal=",", thousands=thousands), told
