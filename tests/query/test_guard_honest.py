"""What analysts ask is answered, and as plain DuckDB answers it over the same files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from boathouse.errors import QueryError
from boathouse.workbench import Workbench
from tests.query.lakes import opened, publish

ORDERS = """1,Ada,North,2026-01-05,19.90,"[""red"", ""new""]"
2,Ben,West,2026-01-05,120.00,[]
3,Ada,North,2026-02-11,7.50,"[""red""]"
4,Çelik,West,2026-02-28,45.00,
5,Ben,Süd,2026-03-01,45.00,"[""blue"", ""red""]"
6,Zoë,,2026-03-31,0.00,"[""new""]"
7,Ada,North,2026-12-31,300.25,"[""old"", ""new"", ""red""]"
"""
PEOPLE = 'Ada,1990-12-10,1,"{""city"": ""Oslo"", ""tags"": [1, 2], ""deep"": {""x"": 1.5}}"\nBen,1985-02-28,2,"{""city"": ""Rome""}"\nÇelik,2000-02-29,,\nEve,1970-01-01,9,{}\n'
READINGS = "".join(
    f"2026-01-0{1 + n // 24} {n % 24:02}:{n * 7 % 60:02}:00,{'ab'[n % 2]},{(n * 37 % 101) / 4}\n" for n in range(72)
)

# each over orders (id, customer, region, day, amount, tags), people (name, born, level, extra), readings (taken, sensor, value)
ASKED = [
    # joins
    "SELECT o.id, p.born FROM orders o JOIN people p ON o.customer = p.name", "SELECT o.id, p.born FROM orders o LEFT JOIN people p ON o.customer = p.name", "SELECT o.id, p.name FROM orders o RIGHT JOIN people p ON o.customer = p.name",
    "SELECT o.id, p.name FROM orders o FULL OUTER JOIN people p ON o.customer = p.name", "SELECT count(*) AS n FROM orders CROSS JOIN people", "SELECT * FROM orders SEMI JOIN people ON customer = name", "SELECT * FROM orders ANTI JOIN people ON customer = name",
    "SELECT a.id, b.id AS other FROM orders a JOIN orders b USING (region, customer) WHERE a.id < b.id", "SELECT id FROM orders NATURAL JOIN (SELECT id, customer FROM orders WHERE amount > 40)", "SELECT a.id, b.id AS next FROM orders a JOIN orders b ON a.amount < b.amount AND a.day <= b.day",
    "SELECT o.id, r.value FROM orders o ASOF JOIN readings r ON o.day >= r.taken", "SELECT o.id, r.value FROM orders o ASOF LEFT JOIN readings r ON r.sensor = 'a' AND o.day::TIMESTAMP >= r.taken", "SELECT p.name, l.n FROM people p, LATERAL (SELECT count(*) AS n FROM orders o WHERE o.customer = p.name) l",
    "SELECT p.name, l.amount FROM people p LEFT JOIN LATERAL (SELECT amount FROM orders WHERE customer = p.name ORDER BY amount DESC LIMIT 1) l ON true", "SELECT * FROM (SELECT id FROM orders ORDER BY id) POSITIONAL JOIN (SELECT name FROM people ORDER BY name)", "SELECT o.id, t.tag FROM orders o, unnest(o.tags) AS t(tag)",
    # windows
    "SELECT id, sum(amount) OVER (PARTITION BY customer ORDER BY day) AS running FROM orders", "SELECT id, rank() OVER w AS r, dense_rank() OVER w AS d, percent_rank() OVER w AS p, cume_dist() OVER w AS c FROM orders WINDOW w AS (ORDER BY amount)", "SELECT id, lag(amount, 1, 0) OVER (ORDER BY id) AS before, lead(day) OVER (ORDER BY id) AS after FROM orders",
    "SELECT id FROM orders QUALIFY row_number() OVER (PARTITION BY customer ORDER BY amount DESC, id) = 1", "SELECT id, ntile(3) OVER (ORDER BY id) AS t FROM orders", "SELECT id, avg(amount) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS m FROM orders", "SELECT taken, max(value) OVER (PARTITION BY sensor ORDER BY taken RANGE BETWEEN INTERVAL 3 HOURS PRECEDING AND CURRENT ROW) AS m FROM readings",
    "SELECT id, sum(amount) OVER (ORDER BY amount GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) AS g FROM orders", "SELECT id, first_value(id) OVER w AS f, last_value(id) OVER w AS l, nth_value(id, 2) OVER w AS s FROM orders WINDOW w AS (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)", "SELECT id, count(*) FILTER (WHERE amount > 40) OVER (ORDER BY id) AS n FROM orders",
    "SELECT id, last_value(region IGNORE NULLS) OVER (ORDER BY id) AS r FROM orders", "SELECT id, median(amount) OVER (ORDER BY id ROWS 3 PRECEDING) AS m FROM orders", "SELECT id, amount / sum(amount) OVER () AS share FROM orders", "SELECT id, count(DISTINCT customer) OVER (ORDER BY id) AS n FROM orders", "SELECT id, string_agg(customer, '>') OVER (ORDER BY id) AS path FROM orders", "SELECT id, row_number() OVER (ORDER BY sum(amount) DESC, id) AS r FROM orders GROUP BY id",
    # groups
    "SELECT region, count(*) AS n, sum(amount) AS s FROM orders GROUP BY region", "SELECT region, customer, sum(amount) AS s FROM orders GROUP BY ALL", "SELECT region, customer, sum(amount) AS s, grouping(region) AS g FROM orders GROUP BY ROLLUP (region, customer)", "SELECT region, customer, count(*) AS n FROM orders GROUP BY CUBE (region, customer)",
    "SELECT region, customer, count(*) AS n FROM orders GROUP BY GROUPING SETS ((region), (customer), ())", "SELECT month(day) AS m, count(*) AS n FROM orders GROUP BY 1 HAVING count(*) > 1", "SELECT count(*) FILTER (WHERE region = 'West') AS west, count(*) FILTER (region IS NULL) AS none FROM orders", "SELECT customer, max_by(id, amount) AS best, min_by(id, amount) AS least, arg_max(day, amount) AS on_day FROM orders GROUP BY customer",
    "SELECT customer, string_agg(id::VARCHAR, ',' ORDER BY id DESC) AS ids, list(id ORDER BY id) AS l FROM orders GROUP BY customer", "SELECT histogram(region) AS h FROM orders", "SELECT sensor, quantile_cont(value, 0.9) AS q, quantile_disc(value, [0.1, 0.5]) AS d, median(value) AS m FROM readings GROUP BY sensor", "SELECT stddev(value) AS s, variance(value) AS v, skewness(value) AS k, kurtosis(value) AS u, mad(value) AS m FROM readings",
    "SELECT corr(extract(hour FROM taken), value) AS c, regr_slope(value, extract(hour FROM taken)) AS s, covar_pop(value, value) AS p FROM readings", "SELECT approx_count_distinct(customer) AS n FROM orders", "SELECT bool_and(amount > 0) AS every, bool_or(amount > 200) AS some, bit_or(id) AS bits, product(id) AS p FROM orders", "SELECT max(amount, 2) AS top, arg_min(id, amount, 3) AS ids FROM orders",
    "SELECT mode(region) AS m, entropy(region) AS e, any_value(1) AS o FROM orders", "SELECT count(DISTINCT (region, customer)) AS n, sum(DISTINCT amount) AS s FROM orders", "SELECT DISTINCT ON (customer) customer, id FROM orders ORDER BY customer, id", "SELECT DISTINCT region FROM orders", "SELECT region, sum(amount) AS s FROM orders GROUP BY region ORDER BY s DESC NULLS LAST, region LIMIT 2 OFFSET 1",
    # sets, recursion, steps
    "SELECT customer FROM orders UNION SELECT name FROM people", "SELECT customer FROM orders UNION ALL SELECT name FROM people", "SELECT customer FROM orders INTERSECT SELECT name FROM people", "SELECT customer FROM orders EXCEPT SELECT name FROM people", "SELECT customer FROM orders EXCEPT ALL SELECT name FROM people", "SELECT id, customer FROM orders UNION ALL BY NAME SELECT name AS customer, level FROM people",
    "WITH RECURSIVE t(n, f) AS (SELECT 1, 1 UNION ALL SELECT n + 1, f * (n + 1) FROM t WHERE n < 10) SELECT * FROM t", "WITH RECURSIVE days(d) AS (SELECT min(day) FROM orders UNION ALL SELECT d + INTERVAL 1 month FROM days WHERE d < DATE '2026-12-01') SELECT d, count(id) AS n FROM days LEFT JOIN orders ON month(day) = month(d) GROUP BY d", "WITH RECURSIVE t(n) AS (SELECT 1 UNION SELECT n % 5 + 1 FROM t) FROM t",
    "WITH big AS (SELECT * FROM orders WHERE amount > 40), n AS (SELECT count(*) AS n FROM big) SELECT big.id, n.n FROM big, n", "WITH a AS MATERIALIZED (SELECT id FROM orders), b AS NOT MATERIALIZED (FROM a) SELECT count(*) AS n FROM a, b", "WITH orders AS (SELECT id, amount * 2 AS amount FROM orders) SELECT sum(amount) AS s FROM orders", "WITH t(a, b) AS (VALUES (1, 'x'), (2, 'y')) SELECT * FROM t", "SELECT * FROM (VALUES (1, 'x'), (2, NULL)) AS t(a, b)", "VALUES (1, 2), (3, 4)",
    # subqueries
    "SELECT id FROM orders o WHERE amount > (SELECT avg(amount) FROM orders WHERE customer = o.customer)", "SELECT name FROM people p WHERE EXISTS (SELECT 1 FROM orders WHERE customer = p.name)", "SELECT name FROM people p WHERE NOT EXISTS (FROM orders WHERE customer = p.name)", "SELECT id FROM orders WHERE customer IN (SELECT name FROM people WHERE level > 1)", "SELECT id FROM orders WHERE amount >= ALL (SELECT amount FROM orders)", "SELECT id FROM orders WHERE amount = ANY (SELECT amount FROM orders WHERE id <> 4)",
    "SELECT name, (SELECT max(amount) FROM orders WHERE customer = name) AS m FROM people", "SELECT name, ARRAY(SELECT id FROM orders WHERE customer = name ORDER BY id) AS ids FROM people", "SELECT id FROM orders WHERE (customer, region) IN (('Ada', 'North'), ('Ben', 'West'))", "SELECT id FROM orders WHERE (customer, amount) IN (SELECT customer, max(amount) FROM orders GROUP BY customer)",
    # pivots
    "SELECT * FROM (PIVOT orders ON region IN ('North', 'West') USING sum(amount) AS s, count(*) AS n GROUP BY customer)", "PIVOT orders ON month(day) IN (1, 2, 3) USING sum(amount) GROUP BY customer", "SELECT * FROM orders PIVOT (sum(amount) FOR region IN ('North', 'West') GROUP BY customer)", "UNPIVOT (SELECT id, amount::DOUBLE AS a, id::DOUBLE AS b FROM orders) ON a, b INTO NAME k VALUE v", "FROM (SELECT id, amount::DOUBLE AS a, id::DOUBLE AS b FROM orders) UNPIVOT INCLUDE NULLS (v FOR k IN (a, b))", "UNPIVOT (SELECT id, amount::DOUBLE AS a, id::DOUBLE AS b FROM orders) ON COLUMNS(* EXCLUDE (id))",
    # lists, structs, maps, lambdas
    "SELECT id, len(tags) AS n, tags[1] AS one, tags[-1] AS last, tags[1:2] AS two FROM orders", "SELECT id, list_transform(tags, lambda x: upper(x)) AS u, list_filter(tags, lambda x: x LIKE '%e%') AS f FROM orders", "SELECT id, [x || '!' FOR x IN tags IF x <> 'new'] AS c FROM orders", "SELECT list_reduce([1, 2, 3], lambda a, b: a + b) AS s, list_sort([3, 1, 2]) AS l, list_reverse([1, 2]) AS r, list_zip([1, 2], ['a', 'b']) AS z",
    "SELECT id, unnest(tags) AS tag FROM orders", "SELECT tag, count(*) AS n FROM (SELECT unnest(tags) AS tag FROM orders) GROUP BY tag", "SELECT id FROM orders WHERE list_contains(tags, 'red') AND NOT list_has_any(tags, ['blue'])", "SELECT list_distinct(flatten(list(tags ORDER BY id))).list_sort() AS all_tags FROM orders", "SELECT {'a': id, 'b': [customer]} AS s, {'a': id}.a AS a FROM orders", "SELECT s.* FROM (SELECT {'a': id, 'b': customer} AS s FROM orders)", "SELECT unnest({'a': id, 'b': {'c': customer}}, recursive := true) FROM orders",
    "SELECT map {'a': 1, 'b': 2} AS m, map {'a': 1}['a'] AS a, map_keys(map {'x': 1}) AS k", "SELECT map_from_entries(list((customer, id) ORDER BY id)) AS m FROM (SELECT customer, min(id) AS id FROM orders GROUP BY customer)", "SELECT orders FROM orders WHERE id = 1", "SELECT row(id, customer) AS r, struct_pack(x := id) AS p, struct_extract({'x': 1}, 'x') AS e FROM orders", "SELECT list_aggregate([1, 2, 3], 'sum') AS s, list_sum([1, 2]) AS t, list_avg([1, 2]) AS a", "SELECT generate_series(1, 10, 3) AS g, range(3) AS r, list_slice([1, 2, 3], 2, 3) AS s", "SELECT [1, 2, 3]::INT[3] AS a, array_value(1, 2) AS v, array_distance([1.0, 2]::FLOAT[2], [2.0, 2]::FLOAT[2]) AS d",
    # JSON
    "SELECT name, extra->>'city' AS city, extra->'$.tags[0]' AS t FROM people", "SELECT name, json_extract_string(extra, '$.deep.x')::DOUBLE AS x, json_keys(extra) AS k, json_type(extra) AS t FROM people", "SELECT name, e.key, e.value FROM people, json_each(extra) AS e", "SELECT to_json({'a': id, 'b': tags}) AS j, json_object('id', id) AS o FROM orders", "SELECT json_group_array(id) AS a FROM orders", "SELECT from_json('{\"a\": 1}', '{\"a\": \"INT\"}') AS s, json_array_length('[1, 2]') AS n, json_valid('{') AS v", "SELECT fullkey, atom FROM json_tree('{\"a\": [1, {\"b\": 2}]}')",
    # texts
    "SELECT regexp_replace(customer, '[aeiouë]', '_', 'g') AS r, regexp_extract(customer, '(.)(.)', 2) AS e, regexp_matches(customer, '^A') AS m FROM orders", "SELECT regexp_extract_all('a1b22', '[0-9]+') AS a, regexp_split_to_array('a, b', ',\\s*') AS s, regexp_full_match('ab', 'a.') AS f", "SELECT upper(customer) AS u, length(customer) AS n, reverse(customer) AS r, strip_accents(customer) AS s, left(customer, 2) AS l FROM orders", "SELECT lpad(id::VARCHAR, 4, '0') AS p, repeat('x', id::INT) AS x, trim('  a ') AS t, concat_ws('-', id, region) AS c FROM orders", "SELECT customer FROM orders WHERE customer ILIKE '%E%' OR customer SIMILAR TO 'A.*' OR customer GLOB 'Z*'",
    "SELECT string_split('a,b', ',') AS s, split_part('a/b/c', '/', 2) AS p, replace('aXb', 'X', '-') AS r, translate('abc', 'ab', 'xy') AS t, instr('abc', 'c') AS i", "SELECT format('{:.2f} {}', amount::DOUBLE, customer) AS f, printf('%05d', id) AS p FROM orders", "SELECT levenshtein('kitten', 'sitting') AS l, jaro_winkler_similarity('a', 'ab') AS j, md5('x') AS m, sha256('x') AS s, hash(1) AS h, base64('x'::BLOB) AS b", "SELECT customer[1] AS c, customer[2:] AS rest, ascii('A') AS a, chr(65) AS b, 'a' || 'b' AS ab, starts_with('abc', 'a') AS s, contains('abc', 'b') AS t FROM orders", "SELECT customer FROM orders ORDER BY customer COLLATE NOCASE", "SELECT customer FROM orders WHERE customer = 'Çelik'", "SELECT E'a\\tb' AS e, $$it's$$ AS d, 'it''s' AS q",
    # dates
    "SELECT date_trunc('month', day) AS m, sum(amount) AS s FROM orders GROUP BY 1", "SELECT id, day + INTERVAL 1 month AS later, day - DATE '2026-01-01' AS since, age(day, DATE '2020-02-29') AS age, last_day(day) AS l FROM orders", "SELECT strftime(day, '%d.%m.%Y') AS s, strptime('05.01.2026', '%d.%m.%Y') AS p, dayname(day) AS d, weekofyear(day) AS w, quarter(day) AS q FROM orders", "SELECT time_bucket(INTERVAL 6 hours, taken) AS b, avg(value) AS v FROM readings GROUP BY 1", "SELECT taken AT TIME ZONE 'Europe/Paris' AS t, timezone('America/New_York', taken) AS n FROM readings", "SELECT epoch(taken) AS e, to_timestamp(0) AS z, make_date(2026, 2, 28) AS d, make_timestamp(2026, 1, 2, 3, 4, 5.5) AS m, datediff('day', DATE '2026-01-01', taken::DATE) AS n FROM readings",
    "SELECT d FROM generate_series(DATE '2026-01-01', DATE '2026-01-05', INTERVAL 1 day) t(d)", "SELECT extract(isodow FROM day) AS i, date_part('year', day) AS y, day BETWEEN DATE '2026-02-01' AND DATE '2026-02-28' AS feb FROM orders", "SELECT range AS n, DATE '2026-01-31' + to_months(range::INT) AS d FROM range(4)", "SELECT TIMESTAMPTZ '2026-03-29 02:30:00+01' AS t, INTERVAL '1 day 2 hours' AS i, TIME '12:30' AS u, try_strptime('x', '%Y') AS n", "SELECT DISTINCT (day::VARCHAR)[:7] AS month FROM orders",
    # choosing columns
    "FROM orders", "FROM orders SELECT id, amount WHERE amount > 40", "TABLE people", "SELECT * EXCLUDE (tags, day) FROM orders", "SELECT * REPLACE (amount * 2 AS amount) FROM orders", "SELECT * RENAME (id AS number) FROM orders", "SELECT COLUMNS('a.*') FROM orders", "SELECT COLUMNS(lambda c: c = 'id') FROM orders", "SELECT max(COLUMNS(* EXCLUDE (tags))) FROM orders", "SELECT min(COLUMNS(['id', 'amount'])) FROM orders", "SELECT o.* LIKE 'i%' FROM orders o", "SELECT id, customer FROM orders ORDER BY ALL DESC",
    """WITH "odd things" AS (SELECT id AS "of what?", region AS "a ""b", customer AS "ünï" FROM orders) SELECT "of what?", "a ""b" FROM "odd things" WHERE "ünï" = 'Zoë'""", 'SELECT "t u"."x y" FROM (SELECT 1 AS "x y") AS "t u"', 'SELECT id AS "a;b", customer AS "c -- d", 1 AS "SELECT" FROM orders', 'SELECT "ORDERS".ID FROM Orders WHERE "Id" = 1', "SELECT id AS a, a + 1 AS b, b * 2 AS c FROM orders WHERE c > 6", "SELECT x: id, y: amount FROM orders", "SELECT id, FROM orders,", "SELECT id -- a ; comment\nFROM orders /* another ; one */;", "SELECT 'ünï;' AS t, id FROM orders WHERE id > 2 AND region <> 'ü';",
    # values
    "SELECT CASE WHEN amount > 100 THEN 'big' WHEN amount > 0 THEN 'small' ELSE 'none' END AS c, CASE region WHEN 'West' THEN 1 END AS w FROM orders", "SELECT TRY_CAST(customer AS INT) AS t, id::VARCHAR AS v, CAST(amount AS DOUBLE) AS d, '1'::INT + 1 AS n FROM orders", "SELECT coalesce(region, '?') AS r, nullif(amount, 0) AS n, ifnull(region, 'none') AS i, if(amount > 40, 1, 0) AS f, greatest(id, 3) AS g FROM orders", "SELECT round(amount, 1) AS r, floor(amount) AS f, ceil(amount) AS c, abs(-1) AS a, 7 // 2 AS d, 7 % 2 AS m, 2 ** 10 AS p, sqrt(2) AS s, ln(2) AS l FROM orders",
    "SELECT id IS DISTINCT FROM 3 AS d, region IS NULL AS n, id IN (1, 2) AS i, amount BETWEEN 1 AND 50 AS b, NOT (id > 3) AS t, xor(1, 3) AS x FROM orders", "SELECT 123456789012345678901234567890::HUGEINT AS h, 1e308 AS e, 'nan'::DOUBLE AS n, '-inf'::DOUBLE AS i, 0.1 + 0.2 AS d, 1_000 AS u", "SELECT '\\xAA'::BLOB AS b, '101'::BIT AS bits, 'a'::ENUM('a', 'b') AS e, NULL AS n, true AS t, union_value(k := 1) AS u", "SELECT typeof(amount) AS t, typeof(tags) AS l FROM orders WHERE id = 1", "SELECT try(1 / 0) AS t, 1 / 0 AS z, TRY(ln(-1)) AS l",
    # about the data
    "DESCRIBE orders", "DESCRIBE SELECT id, amount * 2 AS twice FROM orders", "SUMMARIZE orders", "SUMMARIZE SELECT amount FROM orders", "SELECT column_name, column_type FROM (DESCRIBE orders)", "SELECT column_name, max FROM (SUMMARIZE orders)",
]  # fmt: skip
IN_ORDER = [
    "SELECT id FROM orders ORDER BY amount DESC, id LIMIT 3", "SELECT customer FROM orders ORDER BY customer, id", "SELECT id FROM orders ORDER BY region NULLS FIRST, amount DESC, id OFFSET 2", "SELECT region, sum(amount) AS s FROM orders GROUP BY region ORDER BY 2 DESC", "SELECT id FROM orders ORDER BY id LIMIT 40%",
    "SELECT id FROM orders ORDER BY len(tags) DESC NULLS LAST, id", "SELECT id FROM orders ORDER BY CASE WHEN region = 'West' THEN 0 ELSE 1 END, id DESC", "FROM orders SELECT id ORDER BY id DESC FETCH FIRST 2 ROWS ONLY",
]  # fmt: skip
BOUND: list[tuple[str, Any]] = [
    ("SELECT id FROM orders WHERE customer = ? AND amount > ?", ["Ada", 10]), ("SELECT id FROM orders WHERE customer = $2 AND amount > $1", [10, "Ada"]), ("SELECT id FROM orders WHERE customer = $who OR region = $who", {"who": "West"}), ("SELECT id FROM orders WHERE id IN (SELECT unnest($ids))", {"ids": [1, 2, 99]}),
    ("SELECT id FROM orders WHERE list_contains($names, customer)", {"names": ["Çelik", "Zoë"]}), ("SELECT id FROM orders ORDER BY id LIMIT $n OFFSET $m", {"n": 2, "m": 1}), ("SELECT ?::DATE + INTERVAL 1 day AS d, ?::DECIMAL(9, 2) AS n, ? IS NULL AS e", ["2026-01-01", "1.50", None]), ("SELECT $s.a AS a", {"s": {"a": 1}}),
    ("SELECT $t AS t", {"t": "'; DROP TABLE orders; --"}), ("FROM range($n)", {"n": 3}),
]  # fmt: skip
AT_RANDOM = [
    ("SELECT * FROM orders USING SAMPLE 3", 3), ("SELECT * FROM orders TABLESAMPLE reservoir(2 ROWS)", 2), ("SELECT * FROM orders USING SAMPLE 100 PERCENT (bernoulli)", 7), ("SELECT random() AS r, uuid() AS u, now() AS n, current_date AS d, today() AS t FROM orders", 7), ("SELECT id FROM orders ORDER BY random() LIMIT 4", 4),
    ("SELECT gen_random_uuid() AS u, current_timestamp AS c, localtimestamp AS l, uuidv7() AS v", 1), ("SELECT approx_quantile(value, 0.5) AS q, approx_top_k(sensor, 1) AS k, reservoir_quantile(value, 0.5) AS r FROM readings", 1), ("SELECT age(day) AS a, now() - day AS s FROM orders", 7),
]  # fmt: skip


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    made = opened(tmp_path_factory.mktemp("honest") / "workbench")
    publish(
        made,
        "orders",
        'id: BIGINT, customer: VARCHAR, region: VARCHAR, day: DATE, amount: "DECIMAL(9,2)", tags: "VARCHAR[]"',
        ORDERS,
    )
    publish(made, "people", "name: VARCHAR, born: DATE, level: INTEGER, extra: VARCHAR", PEOPLE)
    publish(made, "readings", "taken: TIMESTAMP, sensor: VARCHAR, value: DOUBLE", READINGS)
    return made


@pytest.fixture(scope="module")
def plain(wb: Workbench) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with nothing around it, over the same files."""
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        for name in wb.datasets():
            columns = ", ".join(f'"{column.replace(chr(34), chr(34) * 2)}"' for column in wb[name].schema)
            files = wb.root / "lake" / "curated" / name / "**" / "*.parquet"
            con.execute(f"CREATE VIEW \"{name}\" AS SELECT {columns} FROM read_parquet('{files}', hive_partitioning = false)")
        yield con


def told(rows: list[dict[str, Any]], *, ordered: bool) -> list[str]:
    shown = [repr({key: near(value) for key, value in row.items()}) for row in rows]
    return shown if ordered else sorted(shown)


def near(value: Any) -> Any:
    """Several threads add up floats in any order."""
    return f"{value:.9g}" if isinstance(value, float) else value


@pytest.mark.parametrize("sql", ASKED, ids=lambda sql: ascii(sql[:70]))
def test_the_answer_is_that_of_duckdb(wb: Workbench, plain: duckdb.DuckDBPyConnection, sql: str):
    expected = plain.sql(sql).to_arrow_table()
    found = wb.sql(sql).arrow()
    assert found.schema.names == expected.schema.names
    assert told(found.to_pylist(), ordered=False) == told(expected.to_pylist(), ordered=False)


@pytest.mark.parametrize("sql", IN_ORDER)
def test_its_order_is_that_of_duckdb(wb: Workbench, plain: duckdb.DuckDBPyConnection, sql: str):
    assert told(wb.sql(sql).rows(), ordered=True) == told(plain.sql(sql).to_arrow_table().to_pylist(), ordered=True)


@pytest.mark.parametrize(("sql", "parameters"), BOUND)
def test_parameters_are_bound_as_duckdb_does(wb: Workbench, plain: duckdb.DuckDBPyConnection, sql: str, parameters: Any):
    expected = plain.sql(sql, params=parameters).to_arrow_table().to_pylist()
    assert told(wb.sql(sql, parameters).rows(), ordered=False) == told(expected, ordered=False)


@pytest.mark.parametrize(("sql", "rows"), AT_RANDOM)
def test_what_is_random_may_be_asked(wb: Workbench, sql: str, rows: int):
    assert len(wb.sql(sql).rows()) == rows


def test_a_moment_is_shown_in_utc_wherever_the_machine_is(wb: Workbench):
    code = (
        "import sys; from boathouse.workbench import Workbench\n"
        "print(Workbench(sys.argv[1]).sql(\"SELECT (TIMESTAMPTZ '2026-07-01 00:00:00+00')::VARCHAR AS t\").rows()[0]['t'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(wb.root)],
        env=os.environ | {"TZ": "America/New_York"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "2026-07-01 00:00:00+00"


def test_a_misspelt_column_is_told_what_it_may_be(wb: Workbench):
    with pytest.raises(QueryError) as problem:
        wb.sql("SELECT regon FROM orders")
    assert str(problem.value.hint).startswith('perhaps "region"')
