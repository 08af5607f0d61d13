"""Types of text columns, from every value of the source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from boathouse.config import Column
from boathouse.draft import dates
from boathouse.engine import Engine, literal, quote
from boathouse.ingest import cells

Candidate = tuple[Column, str | None]
Shape = dict[str, Any]

NULL_WORDS = ("NA", "N/A", "n/a", "na", "null", "NULL", "Null", "None", "none", "NaN", "nan", "#N/A", "-", "--", "?", "NULL_VALUE",
              "\\N")  # fmt: skip
_MONEY = re.compile(
    r"price|amount|cost|total|revenue|sales|fee|tax|paid|payment|refund|charge|balance|salary|income|wage|expense|deposit|"
    r"credit|debit|profit|budget|spend|discount|preis|betrag|umsatz|prix|montant",
    re.I,
)
_ID = re.compile(r"(^|_|\b)(id|key|code|no|nr|number|count|qty|quantity|rate|ratio|pct|percent)s?$|Id$", re.I)
_WORDS = [("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("ja", "nein"), ("oui", "non"), ("sí", "no"), ("on", "off")]
_GROUPED = "[-+]?\\d{1,3}([ '' \u00a0\u202f]\\d{3})+([.,]\\d+)?"
# what is counted of a column: its cells as they are ¶, those that are filled §
_WHOLE = {
    "filled": "count(§)",
    "zeros": "count(*) FILTER (§ >= '00' AND § < '0:')",  # 0 and another digit
    "pluses": "count(*) FILTER (§ >= '+' AND § < ',')",
    "points": "count(*) FILTER (contains(§, '.'))",
    "scale": "max(CASE WHEN contains(§, '.') THEN strlen(§) - strpos(§, '.') ELSE 0 END)",
    "least": "min(CASE WHEN contains(§, '.') THEN strlen(§) - strpos(§, '.') ELSE 0 END)",
    "longest": "max(strlen(§))",
    "nulls": "list(DISTINCT ¶) FILTER (§ IS NULL AND ¶ <> '')",
}
_SAMPLED = {
    "seen": "count(§)",
    "integers": r"count(*) FILTER (regexp_full_match(§, '[-+]?\d+'))",
    "doubles": r"count(*) FILTER (regexp_full_match(§, '[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?(inf|infinity)', 'i'))",
    "powers": r"count(*) FILTER (regexp_full_match(§, '\d+[eE]\d+'))",  # 12E5 is a code, 1.2E+5 a number
    "digits": "max(length(regexp_replace(§, '[^0-9]|[eE].*', '', 'g')))",
    "commas": "count(*) FILTER (contains(§, ',') AND regexp_matches(§[1:1], '[-+0-9]'))",
    "groups": f"count(*) FILTER (regexp_full_match(§, '{_GROUPED}'))",
    "dates": "count(TRY_CAST(§ AS DATE)) FILTER (length(§) BETWEEN 8 AND 10)",
    "moments": "count(TRY_CAST(§ AS TIMESTAMP)) FILTER (length(§) > 10)",
    "zones": r"count(*) FILTER (length(§) > 15 AND regexp_matches(§, '\d ?(Z|UTC|[+-]\d\d(:?\d\d)?)$'))",
    "words": f"count(*) FILTER (length(§) <= 5 AND lower(§) IN ({', '.join(literal(w) for pair in _WORDS for w in pair)}))",
    "marks": r"count(*) FILTER (length(§) BETWEEN 6 AND 24 AND regexp_matches(§, '\d') AND regexp_matches(§, '[/. -]|^\d{8}$'))",
}
_AT_ONCE = 4  # columns in one statement: its planning grows with their square
_TOLERATED = 0.02  # of the cells may be none of the type; for a small source one of ten


@dataclass
class Typed:
    """A column's type and what was assumed of it, in words. `either` says that a date's order could be another one."""

    column: Column
    notes: list[str] = field(default_factory=list)
    lost: int = 0
    either: bool = False


def infer(
    engine: Engine, relation: str, names: Sequence[str], null_values: Sequence[str] = (), *, sample: str | None = None,
    strict: bool = False,
) -> dict[str, Typed]:  # fmt: skip
    """The type of each text column of `relation`: the narrowest that loses no cell, or next to none unless `strict`.
    A `sample` of it, where there is one, says what to try; what is tried is tried on all of it."""
    look = _Look(engine, relation, [*NULL_WORDS, *null_values], strict)
    shapes: dict[str, Shape] = {}
    for n in range(0, len(names), _AT_ONCE):
        shapes |= look.shapes(names[n : n + _AT_ONCE], sample or relation)
    found = {name: look.infer(name, shapes[name]) for name in names}
    sure = [typed.column.format for typed in found.values() if typed.column.format and not typed.either]
    if any(map(dates.month_first, sure)) and not any(map(dates.day_first, sure)):  # the other dates of the file say how
        for name in [name for name, typed in found.items() if typed.either]:
            found[name] = look.infer(name, shapes[name], month_first=True)
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


class _Look:
    """A look at text columns of one relation."""

    def __init__(self, engine: Engine, relation: str, null_words: Sequence[str], strict: bool):
        self.engine, self.relation, self.strict = engine, relation, strict
        self.null_words = ", ".join(map(literal, null_words))

    def shapes(self, names: Sequence[str], sample: str) -> dict[str, Shape]:
        """Of each column what is cheap to count over all cells, the rest over a sample."""
        whole, some = self._count(_WHOLE, names, self.relation), self._count(_SAMPLED, names, sample)
        return {name: whole[name] | some[name] for name in names}

    def _count(self, counts: dict[str, str], names: Sequence[str], relation: str) -> dict[str, Shape]:
        cells, sums = [], []
        for n, name in enumerate(names):
            cells += [f"trim({quote(name)}) AS t{n}", f"CASE WHEN t{n} NOT IN ('', {self.null_words}) THEN t{n} END AS v{n}"]
            sums += [count.replace("§", f"v{n}").replace("¶", f"t{n}") for count in counts.values()]
        row = self.engine.one(f"SELECT {', '.join(sums)} FROM (SELECT {', '.join(cells)} FROM {relation})")
        return {name: dict(zip(counts, row[n * len(counts) :], strict=False)) for n, name in enumerate(names)}

    def infer(self, name: str, shape: Shape, *, month_first: bool = False) -> Typed:
        if not shape["filled"]:
            return Typed(Column(type="VARCHAR"), ["is empty throughout: read as text"])
        best = self._best(name, shape, month_first)
        if (best and best.lost) or not shape["seen"]:  # what is rare may be missing from the sample
            best = self._best(name, self.shapes([name], self.relation)[name], month_first)
        return best or Typed(Column(type="VARCHAR"))

    def _best(self, name: str, shape: Shape, month_first: bool) -> Typed | None:
        best: Typed | None = None
        text: Typed | None = None
        nulls = sorted(shape["nulls"] or [])
        for candidate, note in _candidates(self.engine, self.relation, name, shape, month_first):
            column = candidate.model_copy(update={"null_values": nulls})
            filled, lost, examples = verify(self.engine, self.relation, name, column)
            words = column.type == "BOOLEAN"  # beside yes and no any word is an answer too
            tolerated = 0 if self.strict or words else max(_TOLERATED * filled, int(filled >= 10))
            if lost > tolerated or (best and best.lost <= lost):
                if tolerated < lost <= filled / 2 and text is None:
                    told = f"stays text: {lost:,} of {filled:,} cells are no {column.type} ({', '.join(map(repr, examples))})"
                    text = Typed(Column(type="VARCHAR"), [told])
                continue
            notes = [note] if note else []
            notes += [f"{', '.join(map(repr, nulls))} read as empty"] if nulls else []
            if lost:
                notes.append(f"{lost:,} of {filled:,} cells are no {column.type} ({', '.join(map(repr, examples))}): quarantine")
            best = Typed(column, notes, lost, dates.EITHER in (note or ""))
            if not lost:
                break
        return best or text


def _candidates(engine: Engine, relation: str, name: str, s: Shape, month_first: bool) -> Iterator[Candidate]:
    """Columns to try, the likeliest first, each with what it assumes."""
    most, half = 0.9 * s["seen"], 0.5 * s["seen"]  # half, so that it can be said why the column stays text

    def moments() -> Iterator[Candidate]:
        if s["marks"] >= most:
            yield from dates.candidates(engine, relation, name, s["filled"], month_first=month_first)

    if s["words"] >= most:
        yield from _booleans(engine, relation, name)
    if s["zeros"] > 0.0001 * s["filled"] or s["pluses"] >= 0.9 * s["filled"] or s["powers"] > s["points"]:
        yield from moments()
        return  # 007 is a name and +49 … a telephone, not a number
    if s["integers"] >= half:
        if s["longest"] == 8 and dates.named(name):
            yield from moments()
        if _MONEY.search(name) and not _ID.search(name) and s["longest"] <= 14:
            yield Column(type="DECIMAL(18,2)"), "money: exact, with 2 decimals"
        yield Column(type="BIGINT"), None
        yield Column(type="DECIMAL(38,0)"), "whole numbers too long for a BIGINT"
    if s["doubles"] >= half and s["points"]:
        yield from _fractions(name, s)
    if s["commas"] and s["doubles"] + s["commas"] >= most:
        yield from _with_commas(engine, relation, name)
    if s["groups"] and s["doubles"] + s["commas"] + s["groups"] >= most:
        yield from _with_groups(engine, relation, name)
    if s["moments"] >= half:
        zoned = s["zones"] >= most
        yield Column(type="TIMESTAMPTZ" if zoned else "TIMESTAMP"), "with its time zone, kept as UTC" if zoned else None
    if s["dates"] >= half:
        yield Column(type="DATE"), None
    yield from moments()


def _booleans(engine: Engine, relation: str, name: str) -> Iterator[Candidate]:
    cell = f"lower(trim({quote(name)}))"
    seen = {
        row[0] for row in engine.run(f"SELECT DISTINCT {cell} FROM {relation} WHERE length({cell}) BETWEEN 1 AND 5 LIMIT 100")
    }
    for true, false in _WORDS:
        if {true, false} <= seen or (seen <= {true, false} and seen & {"true", "false", "yes", "ja", "oui"}):
            plain = (true, false) == ("true", "false")
            yield (Column(type="BOOLEAN") if plain else Column(type="BOOLEAN", true_words=[true], false_words=[false]),
                   None if plain else f"{true!r} is true, {false!r} is false")  # fmt: skip


def _fractions(name: str, s: Shape) -> Iterator[Candidate]:
    """Money, and what always has two decimals, is exact; what was measured is not."""
    money = bool(_MONEY.search(name)) and not _ID.search(name) and s["scale"] <= 6
    if money or s["scale"] == s["least"] == 2:
        scale = max(2, s["scale"])
        yield Column(type=f"DECIMAL({18 if scale <= 4 else 28},{scale})"), f"exact, with {scale} decimals"
    many = s["digits"] > 17
    if many and s["digits"] <= 34:
        yield Column(type=f"DECIMAL(38,{s['scale']})"), "exact: more digits than a DOUBLE holds"
    yield Column(type="DOUBLE"), "some have more digits than a DOUBLE holds" if many else None


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
