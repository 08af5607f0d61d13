"""Types of text columns, from every value of the source."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from boathouse.config import Column
from boathouse.engine import Engine, literal, quote
from boathouse.ingest import cells

NULL_WORDS = (
    "NA",
    "N/A",
    "n/a",
    "na",
    "null",
    "NULL",
    "Null",
    "None",
    "none",
    "NaN",
    "nan",
    "#N/A",
    "-",
    "--",
    "?",
    "NULL_VALUE",
    "\\N",
)
_MONEY = re.compile(
    r"price|amount|cost|total|revenue|sales|fee|tax|paid|balance|salary|budget|spend|discount|preis|betrag|umsatz|prix|montant",
    re.I,
)
_FORMATS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y%m%d", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d %b %Y",
            "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%Y/%m/%d")  # fmt: skip
_TIMES = ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S",
          "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%y %H:%M", "%d/%m/%y %H:%M")  # fmt: skip
_WORDS = [("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("ja", "nein"), ("oui", "non"), ("sí", "no"), ("on", "off")]


@dataclass
class Typed:
    """A column's type and what was assumed of it, in words."""

    column: Column
    notes: list[str] = field(default_factory=list)


def infer(engine: Engine, relation: str, names: list[str]) -> dict[str, Typed]:
    """The type of each text column of `relation`: the narrowest that loses no cell, or next to none."""
    return {name: _infer(engine, relation, name) for name in names}


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


def _infer(engine: Engine, relation: str, name: str) -> Typed:
    shape = _shape(engine, relation, name)
    if not shape["filled"]:
        return Typed(Column(type="VARCHAR"), ["is empty throughout: read as text"])
    for candidate, note in _candidates(engine, relation, name, shape):
        column = candidate.model_copy(update={"null_values": shape["nulls"]})
        filled, lost, examples = verify(engine, relation, name, column)
        if lost <= max(filled * 0.02, 1 if filled >= 4 else 0):
            notes = [note] if note else []
            if shape["nulls"]:
                notes.append(f"{', '.join(map(repr, shape['nulls']))} read as empty")
            if lost:
                notes.append(f"{lost:,} of {filled:,} cells are no {column.type} ({', '.join(map(repr, examples))}): quarantine")
            return Typed(column, notes)
    return Typed(Column(type="VARCHAR"))


def _shape(engine: Engine, relation: str, name: str) -> dict:
    """One scan: how many cells look like what."""
    cell = quote(name)
    nulls = [row[0] for row in engine.run(
        f"SELECT DISTINCT trim({cell}) FROM {relation} WHERE trim({cell}) IN ({', '.join(map(literal, NULL_WORDS))}) ORDER BY 1")]  # fmt: skip
    gone = ", ".join(map(literal, ["", *nulls]))
    keys = ("filled", "integers", "zeros", "doubles", "scale", "digits", "commas", "dates", "moments", "zones", "words", "marks")
    row = engine.one(
        f"WITH v AS (SELECT trim({cell}) AS v FROM {relation} WHERE trim({cell}) NOT IN ({gone})) SELECT count(*), "
        "count(TRY_CAST(v AS BIGINT)) FILTER (NOT contains(v, '.') AND NOT contains(lower(v), 'e') AND NOT contains(v, '_')), "
        "count(*) FILTER (v[1:1] = '0' AND length(v) > 1 AND v[2:2] BETWEEN '0' AND '9'), count(TRY_CAST(v AS DOUBLE)), "
        "max(CASE WHEN contains(v, '.') THEN length(v) - strpos(v, '.') ELSE 0 END), max(length(v)), "
        "count(*) FILTER (contains(v, ',') AND regexp_matches(v[1:1], '[-+0-9]')), "
        "count(TRY_CAST(v AS DATE)) FILTER (length(v) BETWEEN 8 AND 10), count(TRY_CAST(v AS TIMESTAMP)) FILTER (length(v) > 10), "
        r"count(*) FILTER (length(v) > 16 AND regexp_matches(v, '\d(Z|[+-]\d\d(:?\d\d)?)$')), "
        "count(*) FILTER (length(v) <= 5 AND lower(v) IN ('true','false','yes','no','y','n','t','f','ja','nein','oui','non','sí','on','off')), "
        r"count(*) FILTER (length(v) BETWEEN 6 AND 24 AND regexp_matches(v, '\d') AND regexp_matches(v, '[/. -]|^\d{8}$')) FROM v"
    )
    return dict(zip(keys, row, strict=True)) | {"nulls": nulls}


def _candidates(engine: Engine, relation: str, name: str, s: dict):
    """Columns to try, the likeliest first, each with what it assumes."""
    most = 0.9 * s["filled"]
    if s["words"] >= most:
        yield from _booleans(engine, relation, name)
    if s["zeros"] > 0.01 * s["filled"]:
        yield from _dates(engine, relation, name, s)
        return  # 007 is a name, not a number
    if s["integers"] >= most:
        if name.lower() not in ("year", "jahr") or s["digits"] != 4:
            yield from (
                d for d in _dates(engine, relation, name, s) if s["digits"] == 8 and re.search(r"date|datum|day|jour", name, re.I)
            )
        yield Column(type="BIGINT"), None
        yield Column(type="DECIMAL(38,0)"), "whole numbers too long for a BIGINT"
    if s["doubles"] >= most:
        yield from _fractions(name, s)
    if s["commas"] >= 0.02 * s["filled"] and s["commas"]:
        yield from _with_commas(engine, relation, name)
    if s["moments"] >= most:
        yield (
            Column(type="TIMESTAMPTZ" if s["zones"] >= most else "TIMESTAMP"),
            "with its time zone, kept as UTC" if s["zones"] >= most else None,
        )
    if s["dates"] >= most:
        yield Column(type="DATE"), None
    yield from _dates(engine, relation, name, s)


def _booleans(engine: Engine, relation: str, name: str):
    seen = {
        row[0]
        for row in engine.run(
            f"SELECT DISTINCT lower(trim({quote(name)})) FROM {relation} WHERE length(trim({quote(name)})) BETWEEN 1 AND 5"
        )
    }
    for true, false in _WORDS:
        if {true, false} <= seen or (seen <= {true, false} and seen & {true, "yes", "ja", "oui"}):
            plain = (true, false) == ("true", "false")
            yield (Column(type="BOOLEAN") if plain else Column(type="BOOLEAN", true_words=[true], false_words=[false]),
                   None if plain else f"{true!r} is true, {false!r} is false")  # fmt: skip


def _fractions(name: str, s: dict):
    if s["scale"] <= 4 and (_MONEY.search(name) or s["scale"] in (1, 2)) and s["digits"] <= 16:
        yield Column(type=f"DECIMAL(18,{max(2, s['scale'])})"), f"exact, with {max(2, s['scale'])} decimals"
    yield Column(type="DOUBLE"), None


def _with_commas(engine: Engine, relation: str, name: str):
    cell = f"trim({quote(name)})"
    scale = engine.one(f"SELECT max(length({cell}) - strpos({cell}, ',')) FILTER (contains({cell}, ',')), "
                       fr"count(*) FILTER (regexp_full_match({cell}, '[-+]?\d{{1,3}}(,\d{{3}})+(\.\d+)?')), "
                       f"count(*) FILTER (contains({cell}, ',')), bool_or(contains({cell}, '.')) FROM {relation}")  # fmt: skip
    digits, grouped, commas, points = scale
    if grouped == commas:
        yield Column(type="DECIMAL(18,2)" if points else "BIGINT", thousands=","), "a comma parts thousands"
    if digits and digits <= 4:
        yield (
            Column(type=f"DECIMAL(18,{max(2, digits)})", decimal=",", thousands="." if points else None),
            "a comma is the decimal mark",
        )
    yield Column(type="DOUBLE", decimal=","), "a comma is the decimal mark"


def _dates(engine: Engine, relation: str, name: str, s: dict):
    if s["marks"] < 0.9 * s["filled"]:
        return
    cell = f"trim({quote(name)})"
    tests = ", ".join(f"count(try_strptime({cell}, {literal(form)}))" for form in (*_FORMATS, *_TIMES))
    counts = dict(zip((*_FORMATS, *_TIMES), engine.one(f"SELECT {tests} FROM {relation}"), strict=True))
    best = max(counts.values())
    if best < 0.9 * s["filled"]:
        return
    fitting = [form for form, count in counts.items() if count == best]
    # %Y takes two digits for the year 24: where %y fits as well, the short form is meant
    short = [form for form in fitting if "%y" in form]
    chosen = (short or fitting)[0]
    day_first, month_first = "%d" in chosen[:2], any(form[:2] == "%m" for form in fitting)
    note = f"read as {chosen}"
    if day_first and month_first:
        note += "; month first would fit as well: day first was assumed"
    yield Column(type="TIMESTAMP" if "%H" in chosen or "%I" in chosen else "DATE", format=chosen), note
