"""A role with a row filter and masks sees nothing of what they hide, by no question: the answer, the error and the receipt
are the same whether the hidden is there or not."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from boathouse.errors import BoathouseError, QueryError, UsageError
from boathouse.workbench import Workbench
from tests.query.lakes import opened, publish

COLUMNS = "id: BIGINT, region: VARCHAR, name: VARCHAR, email: VARCHAR, salary: BIGINT, points: BIGINT, note: VARCHAR, doc: VARCHAR, joined: DATE"
SEEN = [
    '1,West,Ada,ada-cnryq@shop.example,111222,10,plain,"{""a"": 1}",2020-01-01',
    '2,West,Berta,berta-cnryq@shop.example,333444,20,other,"{""a"": 2}",2021-01-01',
    "3,West,Cem,,,30,,,",
]
HIDDEN = [
    '77001,Eastcnry,Zorrocnry,zorro-cnryq@far.example,777888,4000000000000,zebra-cnryq,"{""broken"": cnryq",2099-09-09',
    '77002,Eastcnry,Yellacnry,yella-cnryq@far.example,999000,-5000000,(cnryq,"not json cnryq",1900-03-03',
    "77003,,Xenocnry,,555666,77003,,,",
]
# parts of hidden cells: of rows that are filtered, and of columns that are masked; no answer holds one
CANARIES = [
    "cnry",
    "7700",
    "777888",
    "999000",
    "555666",
    "111222",
    "333444",
    "far.example",
    "shop.example",
    "4000000000000",
    "2099-09",
    "Berta",
    "Ada",
]
ROLES = """
[limits]
memory = "400MB"

[roles.west]
datasets = ["people"]
rows = { people = "region = 'West'" }
masks = { people = { email = "hash", name = "first", salary = "null" } }

[roles.slow]
datasets = ["people"]
rows = { people = "lower(region) LIKE '%wes%'" }
masks = { people = { email = "hash", name = "first", salary = "null" } }

[roles.east]
datasets = ["people"]
rows = { people = "region = 'Eastcnry'" }
masks = { people = { name = "null" } }

[roles.payroll]
datasets = ["people"]
masks = { people = { name = "first", email = "null" } }
"""

# none of these may tell that there is more than what the role sees; where one fails, it fails without the hidden rows too
ASKED = [
    # counting and comparing
    "SELECT * FROM people", "FROM people ORDER BY ALL", "SELECT count(*) AS n FROM people", "SELECT count(salary) AS n, count(email) AS e, count(DISTINCT name) AS d FROM people", "SELECT min(id), max(id), sum(points), avg(points), min(joined), max(joined), max(note) FROM people",
    "SELECT min(salary), max(salary), sum(salary), avg(salary), max(name), min(email) FROM people", "SELECT sum(points * points) AS s FROM people", "SELECT approx_count_distinct(id), approx_quantile(points, 0.99), quantile_cont(points, 1.0), mode(region) FROM people", "SELECT approx_top_k(region, 9) AS k FROM people", "SELECT histogram(region) AS h FROM people",
    "SELECT list(people ORDER BY id) AS l FROM people", "SELECT string_agg(name, ',' ORDER BY id), string_agg(note ORDER BY id) FROM people", "SELECT arg_max(name, points), arg_max(name, salary), max_by(id, salary), first(salary ORDER BY salary) FROM people", "SELECT DISTINCT region FROM people", "SELECT region, count(*) AS n FROM people GROUP BY ROLLUP (region)",
    "SELECT name, count(*) AS n FROM people GROUP BY name HAVING max(salary) > 0 OR count(*) > 0", "SELECT bit_xor(hash(id)), bit_xor(hash(salary)), md5(string_agg(email, '' ORDER BY id)) FROM people", "SELECT reservoir_quantile(points, 1.0) AS q FROM people", "SELECT max(points, 5) AS top, min(points, 5) AS least FROM people", "SELECT entropy(region), stddev(points), corr(id, points) FROM people",
    # filters and orders by hidden cells
    "SELECT id FROM people WHERE salary > 0", "SELECT id FROM people WHERE salary IS NULL", "SELECT id FROM people WHERE name LIKE 'B%t%'", "SELECT id FROM people WHERE email LIKE '%cnryq%' OR region LIKE 'East%'", "SELECT id FROM people WHERE region IS NULL", "SELECT id FROM people WHERE region <> 'West' OR true", "SELECT id FROM people WHERE id > 1000", "SELECT 'seen' AS s WHERE EXISTS (FROM people WHERE id = 77001)", "SELECT id FROM people ORDER BY salary DESC, id", "SELECT id FROM people ORDER BY name DESC, email DESC, id LIMIT 1",
    "SELECT id FROM people WHERE points BETWEEN 1000 AND 5000000000000", "SELECT count(*) AS n FROM people WHERE NOT (region = 'West')", "SELECT count(*) AS n FROM people WHERE region = 'West' IS NOT TRUE", "SELECT id FROM people WHERE salary = 333444 OR salary <> 333444", "SELECT id FROM people WHERE length(name) > 4", "SELECT id FROM people WHERE md5(name) = md5('Berta')",
    # windows, samples, joins
    "SELECT id, row_number() OVER (ORDER BY salary, id) AS r, rank() OVER (ORDER BY name) AS n FROM people", "SELECT id, lead(id) OVER (ORDER BY id) AS next, lag(points) OVER (ORDER BY points) AS before, count(*) OVER () AS n FROM people", "SELECT id, last_value(note) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS l FROM people", "SELECT id FROM people QUALIFY rank() OVER (ORDER BY salary DESC) = 1", "SELECT count(*) AS n FROM (FROM people USING SAMPLE 1000 ROWS)", "SELECT count(*) AS n FROM people TABLESAMPLE reservoir(1000 ROWS)", "SELECT count(*) AS n FROM people TABLESAMPLE system(100%)",
    "SELECT a.id, b.id AS other FROM people a JOIN people b ON a.email = b.email", "SELECT count(*) AS n FROM people a, people b", "SELECT a.id FROM people a ANTI JOIN people b ON a.id = b.id - 77000", "SELECT x.range AS id FROM range(77000, 77004) x SEMI JOIN people ON range = id", "SELECT x.range AS id, p.name FROM range(77000, 77004) x LEFT JOIN people p ON range = id", "SELECT p.name FROM people p RIGHT JOIN (SELECT 77001 AS id) USING (id)", "SELECT a.id, (SELECT count(*) FROM people b WHERE b.points >= a.points) AS n FROM people a", "SELECT s.v, p.id FROM (SELECT unnest([111222, 777888]) AS v) s LEFT JOIN people p ON p.salary = s.v", "SELECT a.id FROM people a ASOF JOIN people b ON a.id < b.id", "SELECT p.id, l.id AS more FROM people p, LATERAL (SELECT max(id) AS id FROM people q WHERE q.id >= p.id) l",
    # the dataset's name, its shape
    "WITH people AS (SELECT * FROM people) SELECT * FROM people", "WITH people AS (SELECT *, salary AS s FROM people) SELECT s, name FROM people", "SELECT people FROM people", "SELECT to_json(people) AS j FROM people", "SELECT people.*, people.name AS n FROM people AS people", "SELECT COLUMNS('.*') FROM people", "SELECT max(COLUMNS(*)) FROM people", "SELECT * REPLACE (salary + 1 AS salary) FROM people", "SELECT unnest(people, recursive := true) FROM people", "SELECT typeof(salary), typeof(name), typeof(people) FROM people",
    "SELECT PEOPLE.Salary FROM \"PEOPLE\"", "DESCRIBE people", "SUMMARIZE people", "SUMMARIZE SELECT salary, name, email FROM people", "SELECT * FROM (PIVOT people ON region IN ('West', 'Eastcnrx') USING count(*) AS n, max(id) AS i)", "UNPIVOT (SELECT id, name, email, region FROM people) ON name, email, region", "UNPIVOT (SELECT id, salary FROM people) ON salary", "WITH RECURSIVE t AS (SELECT id, name FROM people UNION SELECT id, name FROM people) SELECT * FROM t", "SELECT id FROM people INTERSECT SELECT range FROM range(100000)", "SELECT range AS id FROM range(77000, 77004) EXCEPT SELECT id FROM people", "SELECT * FROM people p1 NATURAL JOIN people p2",
    # the engine's own columns
    "SELECT rowid FROM people", "SELECT filename FROM people", "SELECT file_row_number FROM people", "SELECT file_index FROM people", "SELECT _file, _batch FROM people", "SELECT _url, _batch FROM people", "SELECT stats(salary) FROM people", "EXPLAIN SELECT * FROM people", "EXPLAIN ANALYZE SELECT * FROM people", "SELECT people.rowid, _batch FROM people",
    # errors as oracles
    "SELECT CAST('x' || note AS INT) FROM people", "SELECT CAST(note AS INT) FROM people WHERE id > 1000", "SELECT CAST(name AS INT) FROM people", "SELECT CAST(email AS DATE) FROM people", "SELECT error(name) FROM people", "SELECT CASE WHEN max(salary) > 500000 THEN CAST('x' AS INT) END AS c FROM people", "SELECT CASE WHEN name = 'Berta' THEN CAST(note AS INT) END AS c FROM people", "SELECT strptime(note, '%Y') FROM people", "SELECT json_extract(name, '$.a') FROM people", "SELECT (note || salary)::INT FROM people", "SELECT note::UUID FROM people", "SELECT note::ENUM('plain', 'other') FROM people", "SELECT (SELECT id FROM people) AS one", "SELECT people.no_such_column FROM people", "SELECT nosuch FROM people", "SELECT map([region, region], [1, 2]) FROM people", "SELECT hex(name)::INT FROM people",
]  # fmt: skip

# each fails on a hidden row, and on none that is seen; so the answer shows whether a hidden row was looked at
FAILING = [
    "(doc->>'a')::INT > 0", "json_extract(doc, '$.a') IS NOT NULL", "json_keys(doc) IS NOT NULL", "doc::JSON IS NOT NULL", "json_array_length(doc) >= 0", "json_merge_patch(doc, '{}') IS NOT NULL", "json_transform(doc, '{\"a\": \"INT\"}') IS NOT NULL", "points::INTEGER > 0", "points::SMALLINT > 0", "points::DECIMAL(4, 0) > 0", "factorial((points // 5)::INT) >= 0", "chr(points::INT) <> ''", "regexp_matches('x', note)", "length(repeat('x', points)) > 0", "len(range(points)) >= 0", "hamming(note, 'plain') >= 0", "make_date(2026, 1, points::INT) > DATE '1900-01-01'", "to_base(points, 2) <> ''", "bitstring('1', points::INT) IS NOT NULL", "note::ENUM('plain', 'other') IS NOT NULL", "CASE WHEN note LIKE '%cnryq' THEN note::INT ELSE 1 END = 1", "(INTERVAL 1 year * points::INT) IS NOT NULL", "map([points, 4000000000000], [1, 2]) IS NOT NULL", "to_timestamp(points * 1000000000) IS NOT NULL", "(1::BIGINT << points) > 0", "format(CASE WHEN points > 100 THEN '{' ELSE 'x' END) = 'x'", "points % (points - 4000000000000) < 99", "list_inner_product([1.0::DOUBLE], CASE WHEN points > 99 THEN [] ELSE [1.0::DOUBLE] END) > 0",
]  # fmt: skip


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workbench, Workbench]:
    """The people, and the same without those whom the roles do not see."""
    made = []
    for rows in (SEEN + HIDDEN, SEEN):
        wb = opened(tmp_path_factory.mktemp("policy") / "workbench", ROLES)
        publish(wb, "people", COLUMNS, "\n".join(sorted(rows, reverse=True)) + "\n")
        made.append(wb)
    return made[0], made[1]


@pytest.fixture(scope="module")
def wb(lakes: tuple[Workbench, Workbench]) -> Workbench:
    return lakes[0]


def told(wb: Workbench, sql: str, role: Any = "west", **more: Any) -> str:
    """Everything that comes back of a query: rows and types, or the error; and the receipt."""
    try:
        result = wb.sql(sql, role=role, **more)
        rows = sorted(map(repr, result.rows()))
        receipt = result.receipt.to_json()
        assert receipt["tables"][0]["rows"] is None
        for changing in ("id", "asked_at"):
            del receipt[changing]
        for table in receipt["tables"]:
            del table["committed_at"]
        return f"{result.schema}\n{rows}\n{result.versions}\n{json.dumps(receipt | {'sql': '', 'parameters': ''})}"
    except (QueryError, UsageError) as error:
        return f"{type(error).__name__}: {error.render()}"


def kept(text: str, sql: str = "") -> bool:
    """Whether no canary is in a text, but for those that the question itself named; the instants of now hold any digits."""
    text = re.sub(r"20[23]\d-\d\d-\d\dT[\d:.]+", "", text)
    return not [canary for canary in CANARIES if canary in text and canary not in sql]


@pytest.mark.parametrize("role", ["west", "slow"])
@pytest.mark.parametrize("sql", ASKED, ids=lambda sql: ascii(sql[:70]))
def test_what_is_hidden_is_like_what_is_not_there(lakes: tuple[Workbench, Workbench], sql: str, role: str):
    found, expected = (told(wb, sql, role) for wb in lakes)
    assert found == expected
    assert kept(found, sql)


@pytest.mark.parametrize("role", ["west", "slow"])
@pytest.mark.parametrize("condition", FAILING, ids=lambda sql: ascii(sql[:70]))
def test_a_hidden_row_makes_no_query_fail(lakes: tuple[Workbench, Workbench], condition: str, role: str):
    with pytest.raises(QueryError):  # as it does where it is seen
        lakes[0].sql(f"SELECT count(*) AS n FROM people WHERE {condition}").rows()
    for sql in ("SELECT count(*) AS n FROM people WHERE {}", "SELECT id, {} AS c FROM people", "SELECT id FROM people ORDER BY {}, id LIMIT 1", "SELECT a.id FROM people a JOIN people b ON a.id = b.id AND (b.id > 0 AND {})".replace("{}", "({})"), "SELECT count(*) FILTER (WHERE {}) AS n FROM people"):  # fmt: skip
        text = sql.format(
            condition.replace("points", "a.points").replace("note", "a.note").replace("doc", "a.doc")
            if "people a" in sql
            else condition
        )
        found, expected = (told(wb, text, role) for wb in lakes)
        assert found == expected
        assert not found.startswith("QueryError")


def test_a_hidden_row_in_many_makes_no_query_fail(tmp_path_factory: pytest.TempPathFactory):
    """The engine puts filters into another order where it learns that this is quicker."""
    wb = opened(tmp_path_factory.mktemp("many") / "workbench", ROLES)
    seen = "".join(f"{n},West,N,e,1,{n % 20},plain,{{}},2020-01-01\n" for n in range(60_000))
    publish(wb, "people", COLUMNS, seen + "\n".join(HIDDEN * 50) + "\n")
    for role in ("west", "slow"):
        for condition in (
            "points::INTEGER >= 0",
            "points::SMALLINT >= 0",
            "json_valid(doc) AND doc::JSON IS NOT NULL",
            "hamming(note, 'plain') = 0",
            "factorial(points::INT) > 0",
        ):
            assert wb.sql(f"SELECT count(*) AS n FROM people WHERE {condition}", role=role).rows() == [{"n": 60_000}]


def test_a_batch_says_nothing_of_its_hidden_rows(lakes: tuple[Workbench, Workbench]):
    """Its name is made of the whole file: it would confirm a guess of what is hidden."""
    found, expected = (told(wb, "SELECT DISTINCT _batch FROM people") for wb in lakes)
    assert found == expected


def test_masks_stand_for_their_cells(wb: Workbench):
    rows = wb.sql("SELECT * FROM people ORDER BY id", role="west").rows()
    assert [(row["id"], row["name"], row["salary"]) for row in rows] == [(1, "A…", None), (2, "B…", None), (3, "C…", None)]
    assert [row["email"] and len(row["email"]) for row in rows] == [32, 32, None]


def test_two_roles_see_what_either_sees(wb: Workbench):
    def seen(*roles: str) -> list[tuple]:
        rows = wb.sql("SELECT * FROM people ORDER BY id", role=wb.policy(*roles)).rows()
        return [(row["id"], row["name"], row["salary"], row["email"]) for row in rows]

    west, east, both = seen("west"), seen("east"), seen("west", "east")
    assert both == sorted(west + east) == seen("east", "west")
    assert [row[:3] for row in east] == [(77001, None, 777888), (77002, None, 999000)]
    assert [row[:3] for row in seen("west", "payroll")] == [
        (1, "A…", 111222), (2, "B…", 333444), (3, "C…", None), (77001, "Z…", 777888), (77002, "Y…", 999000), (77003, "X…", 555666),
    ]  # fmt: skip
    assert [row[3] is not None for row in seen("west", "payroll")] == [True, True, False, False, False, False]
    assert len(wb.sql("FROM people", role=wb.policy("west", "everything")).rows()) == 6


def test_old_versions_hide_as_much(tmp_path_factory: pytest.TempPathFactory):
    wb = opened(tmp_path_factory.mktemp("versions") / "workbench", ROLES)
    publish(wb, "people", COLUMNS, "\n".join(SEEN + HIDDEN) + "\n")
    publish(wb, "people", COLUMNS, "\n".join(SEEN[:1]) + "\n")
    old = told(wb, "SELECT * FROM people", versions={"people": 0})
    assert old.count("West") == 3
    assert kept(old)
    for version in (7, 8):
        assert kept(told(wb, "SELECT * FROM people", versions={"people": version}))


def test_parameters_ask_no_more_than_text(lakes: tuple[Workbench, Workbench]):
    for sql, values in (
        ("SELECT count(*) AS n FROM people WHERE salary = $1", [333444]),
        ("SELECT id FROM people WHERE name = $1", ["Berta"]),
        ("SELECT id FROM people WHERE id = $1", [77001]),
        ("SELECT $1::INT + id FROM people", ["x"]),
    ):
        found, expected = (told(wb, sql, parameters=values) for wb in lakes)
        assert found == expected
        assert "Berta" in values or kept(found)


def test_every_form_of_a_result_keeps_them(wb: Workbench):
    result = wb.sql("SELECT * FROM people ORDER BY id", role="west")
    forms = [
        repr(result),
        result._repr_html_(),
        str(result.receipt),
        result.df().to_json(),
        b"".join(result.chunks("json")).decode(),
        b"".join(result.chunks("csv")).decode(),
    ]
    forms += [b"".join(result.chunks(form)).decode("latin-1") for form in ("arrow", "parquet")]
    assert all(map(kept, forms))


def test_the_catalog_keeps_them(wb: Workbench):
    entry, full = wb.catalog("people", role="west")[0], wb.dataset("people", role="west")
    for told_of in (entry, full):
        assert told_of["rows"] is None
        assert kept(json.dumps(told_of, default=str))
    for count in ("rows_read", "rows_published", "rows_quarantined", "rows_added"):
        assert count not in json.dumps(full, default=str)


def test_a_condition_and_a_mask_are_not_told(wb: Workbench):
    receipt = wb.sql("SELECT count(*) AS n FROM people", role="slow").receipt.to_json()
    assert receipt["policies"] == [{"dataset": "people", "rows_filtered": True, "masked": ["email", "name", "salary"]}]
    with pytest.raises(BoathouseError) as caught:
        wb.sql("SELECT lower(nosuch) FROM people", role="slow")
    assert "wes" not in caught.value.render()
