"""What a query may not do, by whatever words it asks: no file, no setting, no catalog, no other dataset, and never a crash."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from boathouse.errors import BoathouseError, QueryError, UsageError
from boathouse.query.rows import Wanted
from boathouse.workbench import Workbench
from tests.query.lakes import opened, publish

FILE_WORD, ENV_WORD, HIDDEN_WORD = (f"canary{secrets.token_hex(6)}" for _ in range(3))

# {csv} {parquet} {json} {txt} are files that hold a secret, {lake} is the lake's folder
ATTACKS: dict[str, list[str]] = {
    "a file by a function": [
        "SELECT * FROM read_csv('{csv}')", "SELECT * FROM read_csv_auto('{csv}')", "SELECT * FROM sniff_csv('{csv}')",
        "SELECT * FROM read_parquet('{parquet}')", "SELECT * FROM parquet_scan(['{parquet}'])", "SELECT * FROM read_text('{txt}')",
        "SELECT * FROM read_blob('{txt}')", "SELECT * FROM glob('{lake}/**')", "SELECT * FROM read_json('{json}')",
        "SELECT * FROM read_json_auto('{json}')", "SELECT * FROM read_ndjson('{json}')", "SELECT * FROM read_json_objects('{json}')",
        "SELECT * FROM read_ndjson_objects('{json}')", "SELECT * FROM parquet_metadata('{parquet}')",
        "SELECT * FROM parquet_schema('{parquet}')", "SELECT * FROM parquet_file_metadata('{parquet}')",
        "SELECT * FROM parquet_kv_metadata('{parquet}')", "SELECT * FROM parquet_bloom_probe('{parquet}', 'word', 'x')",
        "SELECT * FROM parquet_full_metadata('{parquet}')", "SELECT * FROM delta_scan('{lake}/curated/orders')",
        "SELECT * FROM iceberg_scan('{lake}')", "SELECT * FROM sqlite_scan('{txt}', 'x')", "SELECT * FROM st_read('{txt}')",
        "SELECT * FROM read_duckdb('{txt}')", "SELECT * FROM read_xlsx('{txt}')", "SELECT * FROM read_csv($1)",
        "SELECT * FROM read_csv('{csv}', hive_partitioning = true)", "SELECT * FROM READ_CSV('{csv}')", "SELECT * FROM \"read_csv\"('{csv}')",
        "SELECT * FROM main.read_csv('{csv}')", "SELECT * FROM system.main.read_csv('{csv}')", "SELECT * FROM read_csv_auto(['{csv}'] || [])",
        "SELECT * FROM orders, LATERAL read_text('{txt}')", "SELECT (SELECT content FROM read_text('{txt}'))",
        "SELECT id FROM orders WHERE region IN (SELECT word FROM read_csv('{csv}'))", "SELECT id FROM orders ORDER BY (SELECT count(*) FROM read_csv('{csv}'))",
        "SELECT id FROM orders LIMIT (SELECT count(*) FROM read_csv('{csv}'))", "SELECT id FROM orders OFFSET (SELECT count(*) FROM read_csv('{csv}'))",
        "SELECT count(*) FILTER (WHERE 1 IN (FROM read_csv('{csv}'))) FROM orders", "SELECT list_transform([1], lambda x: (SELECT content FROM read_text('{txt}')))",
        "SELECT sum(id) OVER (ORDER BY (SELECT count(*) FROM read_csv('{csv}'))) FROM orders", "SELECT CASE WHEN true THEN (SELECT any_value(word) FROM read_csv('{csv}')) END",
        "SELECT id FROM orders GROUP BY id HAVING count(*) > (SELECT count(*) FROM read_csv('{csv}'))", "SELECT id FROM orders QUALIFY (SELECT count(*) FROM read_csv('{csv}')) > 0",
        "SELECT a.id FROM orders a JOIN orders b ON a.id = (SELECT count(*) FROM read_csv('{csv}'))", "SELECT range FROM range((SELECT count(*) FROM read_csv('{csv}')))",
        "VALUES ((SELECT content FROM read_text('{txt}')))", "SELECT [x.content FOR x IN (SELECT 1)] FROM read_text('{txt}') x", "SELECT * FROM histogram('{csv}', word)",
        "SELECT read_text('{txt}')", "SELECT '{txt}'.read_text()", "SELECT '{txt}'.lower().read_blob()", "SELECT read_file('{txt}')", "SELECT id FROM orders WHERE file_exists('{txt}')",
    ],
    "a file as a table": [
        "SELECT * FROM '{csv}'", 'SELECT * FROM "{csv}"', "FROM '{parquet}'", "FROM '{json}'", 'TABLE "{csv}"', 'SELECT * FROM "/etc/passwd"',
        "SELECT * FROM '/etc/passwd'", "SELECT * FROM '/proc/self/environ'", "SELECT * FROM '{lake}/curated/orders/*.parquet'",
        "SELECT * FROM '{lake}/**/*.parquet'", "SELECT * FROM '{lake}/year=*/x.csv'", "SELECT * FROM './secret.csv'", "SELECT * FROM '../secret.csv'", "FROM E'{csv}'", "FROM $${csv}$$",
        "SELECT * FROM 'file://{csv}'", 'WITH "{csv}" AS (SELECT 1) SELECT * FROM (SELECT * FROM "{csv}")', 'SELECT * FROM (WITH "{csv}" AS (SELECT 1) SELECT 1), "{csv}"',
        'SELECT "{csv}".word FROM "{csv}"', 'DESCRIBE "{csv}"', "SUMMARIZE '{csv}'", "DESCRIBE SELECT * FROM '{csv}'", "SELECT * FROM (DESCRIBE '{csv}')", "SELECT * FROM (SUMMARIZE '{csv}')",
        "SELECT * FROM memory.main.\"{csv}\"", "PIVOT '{csv}' ON word IN ('a') USING count(*)", "UNPIVOT '{csv}' ON word", "SELECT id FROM orders POSITIONAL JOIN '{csv}'", "SELECT id FROM orders SEMI JOIN '{csv}' ON true",
    ],
    "the network": [
        "SELECT * FROM 'https://127.0.0.1:1/x.csv'", "SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')", 'FROM "s3://bucket/x.parquet"', "FROM 'hf://datasets/x/y.csv'", "FROM 'gcs://b/x.json'", "FROM 'az://b/x.csv'",
        "SELECT * FROM postgres_scan('host=127.0.0.1', 'public', 'x')", "SELECT * FROM mysql_query('x', 'SELECT 1')", "SELECT http_get('http://127.0.0.1:1')", "SELECT * FROM load_aws_credentials()", "INSTALL httpfs", "LOAD httpfs",
        "LOAD '{txt}'", "FORCE INSTALL spatial FROM 'http://127.0.0.1:1'", "UPDATE EXTENSIONS", "CREATE SECRET s (TYPE s3)", "ATTACH 'https://127.0.0.1:1/x.duckdb'", "SELECT * FROM quack_serve('x')", "SELECT * FROM which_secret('s3://x', 's3')",
    ],
    "settings": [
        "SET threads = 1", "SET enable_external_access = true", "SET lock_configuration = false", "SET GLOBAL memory_limit = '1TB'", "SET VARIABLE x = 1", "SET SESSION TimeZone = 'UTC'", "RESET threads", "RESET lock_configuration",
        "PRAGMA database_list", "PRAGMA enable_profiling = 'json'", "PRAGMA version", "PRAGMA show_tables", "PRAGMA memory_limit = '1TB'", "SELECT current_setting('threads')", "SELECT getvariable('x')", "SELECT set_config('x', 'y')", "SELECT * FROM duckdb_settings()",
        "SELECT * FROM enable_profiling()", "SELECT * FROM enable_logging()", "CALL enable_logging()", "CALL pragma_version()", "SELECT setseed(0.5)", "SELECT current_setting(name) FROM (SELECT 'memory_limit' AS name)",
    ],
    "other statements": [
        "ATTACH '{txt}' AS x", "ATTACH ':memory:' AS x", "DETACH memory", "USE memory", "COPY orders TO '{lake}/x.csv'", "COPY (SELECT 1) TO '/tmp/x.csv'", "COPY orders FROM '{csv}'", "EXPORT DATABASE '/tmp/x'", "IMPORT DATABASE '/tmp/x'", "CHECKPOINT",
        "FORCE CHECKPOINT", "VACUUM", "ANALYZE", "BEGIN", "COMMIT", "ROLLBACK", "PREPARE x AS SELECT 1", "EXECUTE x", "DEALLOCATE x", "EXPLAIN SELECT 1", "EXPLAIN ANALYZE SELECT * FROM read_text('{txt}')", "EXPLAIN ANALYZE SELECT 1", "SELECT * FROM (EXPLAIN SELECT 1)",
        "COMMENT ON TABLE orders IS 'x'", "KILL 1", "SHOW TABLES", "SHOW ALL TABLES", "SHOW ALL", "SHOW DATABASES", "SHOW SCHEMAS", "SHOW orders; SELECT 1", "SELECT * FROM (SHOW TABLES)", "SELECT * FROM (SHOW ALL TABLES)", "SELECT * FROM (SHOW DATABASES)", "DESCRIBE", "FROM (DESCRIBE)",
        "DESCRIBE duckdb_settings", "SHOW TABLES FROM system", "LOAD json", "CALL range(3)", "COPY (SELECT * FROM orders) TO '/dev/stdout' (FORMAT csv)", "GRANT ALL ON orders TO x", "DECLARE c CURSOR FOR SELECT 1", "",
    ],
    "writing": [
        "CREATE TABLE x (a INT)", "CREATE TEMP TABLE x AS SELECT 1", "CREATE OR REPLACE VIEW orders AS SELECT 1", "CREATE MACRO m(a) AS a", "CREATE TEMP MACRO t() AS TABLE SELECT * FROM read_text('{txt}')", "CREATE TYPE mood AS ENUM ('a')", "CREATE SEQUENCE s", "CREATE SCHEMA x",
        "CREATE INDEX i ON orders (id)", "CREATE FUNCTION f() AS 1", "DROP TABLE orders", "DROP SCHEMA main CASCADE", "ALTER TABLE orders ADD COLUMN x INT", "INSERT INTO orders VALUES (9)", "INSERT INTO orders SELECT * FROM orders RETURNING *", "DELETE FROM orders", "DELETE FROM orders RETURNING *",
        "UPDATE orders SET id = 1", "TRUNCATE orders", "MERGE INTO orders USING (SELECT 1 AS id) s ON orders.id = s.id WHEN MATCHED THEN DELETE", "WITH x AS (DELETE FROM orders RETURNING *) SELECT * FROM x", "WITH x AS (INSERT INTO orders VALUES (1) RETURNING id) FROM x",
        "WITH x AS (SELECT 1) DELETE FROM orders", "WITH x AS (SELECT 1) INSERT INTO orders SELECT * FROM x", "FROM (DELETE FROM orders RETURNING *)", "FROM (INSERT INTO orders VALUES (1) RETURNING *)", "FROM (UPDATE orders SET id = 1 RETURNING id)", "SELECT * FROM (COPY orders TO '/tmp/x.csv')",
        "SELECT * FROM (CREATE TABLE x AS SELECT 1)", "SELECT 1 INTO x", "SELECT * INTO x FROM orders", "SELECT (CREATE TYPE m AS ENUM ('a'))", "SELECT (DELETE FROM orders)", "SELECT * FROM orders FOR UPDATE OF nothing_here",
    ],
    "several statements": [
        "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE orders", "SELECT 1; SELECT * FROM read_text('{txt}')", ";;SELECT 1; ; SELECT 2", "SELECT 1 /* ; */; SELECT 2 -- ;", "SELECT 1;\n--\nSET threads = 1;", "SELECT ';'; SELECT $$;$$", "SELECT 1; COPY (SELECT 1) TO '/tmp/x'",
        "SELECT 1) ; DROP TABLE orders; SELECT * FROM (SELECT 1", "SELECT 1) TO '/tmp/x.csv' --", "SELECT 1) UNION ALL (SELECT content FROM read_text('{txt}')", "SELECT 1) x, read_text('{txt}') y --", "SELECT 1\n) , duckdb_settings() AS (", ";", "; ;",
    ],
    "the catalog": [
        "SELECT * FROM duckdb_tables()", "SELECT * FROM duckdb_secrets()", "SELECT * FROM duckdb_databases()", "SELECT * FROM duckdb_functions()", "SELECT * FROM duckdb_extensions()", "SELECT * FROM duckdb_logs()", "SELECT * FROM duckdb_memory()", "SELECT * FROM duckdb_temporary_files()",
        "SELECT * FROM duckdb_variables()", "SELECT * FROM duckdb_prepared_statements()", "SELECT * FROM duckdb_external_file_cache()", "SELECT * FROM duckdb_tables", "SELECT * FROM duckdb_views", "SELECT * FROM duckdb_columns", "SELECT * FROM duckdb_logs", "SELECT * FROM sqlite_master", "SELECT * FROM sqlite_schema",
        "SELECT * FROM information_schema.tables", "SELECT * FROM information_schema.columns", "SELECT * FROM information_schema.\"schemata\"", "SELECT * FROM pg_catalog.pg_tables", "SELECT * FROM pg_tables", "SELECT * FROM pg_class", "SELECT * FROM pg_settings", "SELECT * FROM system.main.duckdb_tables",
        "SELECT * FROM system.information_schema.tables", "SELECT * FROM temp.main.orders", "SELECT * FROM main.orders", "SELECT * FROM memory.main.orders", "SELECT * FROM memory.orders", "SELECT * FROM pragma_table_info('orders')", "SELECT * FROM pragma_show('orders')", "SELECT * FROM pragma_database_list", "SELECT * FROM pragma_database_list()",
        "SELECT * FROM pragma_storage_info('orders')", "SELECT * FROM pragma_user_agent()", "SELECT * FROM pragma_platform()", "SELECT * FROM pragma_database_size()", "SELECT * FROM show_tables()", "SELECT * FROM duckdb_keywords()", "SELECT * FROM DuckDB_Settings()", "SELECT (SELECT count(*) FROM duckdb_tables())", "TABLE duckdb_settings", "TABLE information_schema.tables", "DESCRIBE information_schema.tables", "SUMMARIZE duckdb_settings()",
        "SELECT * FROM (WITH duckdb_settings AS (SELECT 1) SELECT 1), duckdb_settings", "WITH a AS (SELECT * FROM pg_tables) SELECT * FROM a", "SELECT * FROM (WITH pg_tables AS (SELECT 1 AS one) SELECT 1), pg_tables", "WITH DUCKDB_TABLES AS (SELECT 1) SELECT * FROM (WITH x AS (SELECT 1) FROM duckdb_tables)",
        "SELECT * FROM (WITH RECURSIVE sqlite_master AS (SELECT 1 UNION ALL SELECT 2) SELECT 1), sqlite_master", "WITH x AS (WITH columns AS (SELECT 1) FROM columns) SELECT * FROM columns",
    ],
    "functions": [
        "SELECT getenv('BOATHOUSE_CANARY')", "SELECT getenv(k) FROM (SELECT 'BOATHOUSE_CANARY' AS k)", "SELECT 'BOATHOUSE_CANARY'.getenv()", "SELECT list_transform(['BOATHOUSE_CANARY'], getenv)", "SELECT list_transform(['BOATHOUSE_CANARY'], lambda x: getenv(x))", "SELECT list_filter(['BOATHOUSE_CANARY'], x -> getenv(x) LIKE 'c%')",
        "SELECT list_reduce(['BOATHOUSE_CANARY', 'x'], lambda a, b: getenv(a))", "SELECT COLUMNS(lambda c: getenv('BOATHOUSE_CANARY') > '') FROM orders", "SELECT * REPLACE (getenv('BOATHOUSE_CANARY') AS id) FROM orders", "SELECT main.getenv('BOATHOUSE_CANARY')", "SELECT system.main.getenv('x')", "SELECT system.main.lower('X')", "SELECT [getenv(x) FOR x IN ['BOATHOUSE_CANARY']]",
        "SELECT {'a': getenv('BOATHOUSE_CANARY')}.a", "SELECT row_number() OVER (PARTITION BY getenv('BOATHOUSE_CANARY')) FROM orders", "SELECT string_agg(getenv('BOATHOUSE_CANARY')) FROM orders", "SELECT getenv('BOATHOUSE_CANARY') OVER () FROM orders", "SELECT TRY(getenv('BOATHOUSE_CANARY'))", "SELECT TRY_CAST(getenv('BOATHOUSE_CANARY') AS INT)", "SELECT CAST(getenv('BOATHOUSE_CANARY') AS INT)", "SELECT error(getenv('BOATHOUSE_CANARY'))",
        "SELECT error('x')", "FROM query('SELECT 1')", "SELECT * FROM query('SELECT content FROM read_text(''{txt}'')')", "SELECT * FROM query_table('orders')", "SELECT * FROM query_table(['orders', '{csv}'])", "SELECT nextval('s')", "SELECT currval('s')", "SELECT write_log('x')", "SELECT * FROM force_checkpoint()", "SELECT * FROM checkpoint()", "SELECT * FROM sql_auto_complete('SEL')",
        "SELECT * FROM test_all_types()", "SELECT * FROM test_vector_types(1)", "SELECT * FROM repeat_row(1, num_rows = 3)", "SELECT * FROM seq_scan('orders')", "SELECT * FROM arrow_scan(1, 2, 3)", "SELECT * FROM pandas_scan(1)", "SELECT * FROM python_map_function()", "SELECT * FROM add_parquet_key('a', 'b')", "SELECT * FROM from_substrait('x')", "SELECT * FROM json_execute_serialized_sql('x')",
        "SELECT json_serialize_sql('SELECT 1')", "SELECT json_deserialize_sql('x')", "SELECT json_serialize_plan('SELECT 1')", "SELECT current_query()", "SELECT current_database()", "SELECT current_schemas(true)", "SELECT version()", "SELECT txid_current()", "SELECT current_connection_id()", "SELECT current_query_id()", "SELECT pg_typeof(1)", "SELECT pg_get_viewdef('x')", "SELECT has_table_privilege('orders', 'select')", "SELECT in_search_path('a', 'b')", "SELECT stats(id) FROM orders",
        "SELECT vector_type(id) FROM orders", "SELECT sleep_ms(1)", "SELECT * FROM summary(TABLE orders)", "SELECT * FROM dsdgen(sf = 1)", "SELECT * FROM tpch()", "SELECT is_histogram_other_bin(1)", "SELECT create_sort_key(1, 'asc')", "SELECT invoke(lambda x: x, 1)", "SELECT no_such_function(1)", "SELECT pragma_version()", "SELECT x'00'.write_log()", "SELECT getenv(x => 'BOATHOUSE_CANARY')", "SELECT GETENV('BOATHOUSE_CANARY')", 'SELECT "getenv"(\'BOATHOUSE_CANARY\')',
    ],
    "strange places": [
        "SELECT * FROM orders AT (VERSION => 0)", "SELECT * FROM orders AT (TIMESTAMP => now())", "PIVOT orders ON region IN (SELECT content FROM read_text('{txt}')) USING count(*)", "PIVOT orders ON region USING max(getenv('BOATHOUSE_CANARY'))", "SELECT * FROM (PIVOT orders ON region IN ('West') USING max(getenv('BOATHOUSE_CANARY')))",
        "UNPIVOT (SELECT getenv('BOATHOUSE_CANARY') AS a) ON a", "SELECT * FROM orders UNPIVOT (v FOR k IN (getenv('BOATHOUSE_CANARY')))", "SELECT * FROM orders TABLESAMPLE reservoir((SELECT 1))", "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n FROM t, read_text('{txt}')) FROM t", "WITH RECURSIVE t USING KEY (n) AS (SELECT 1 AS n UNION SELECT n FROM read_text('{txt}'), t) FROM t",
        "SELECT id FROM orders WHERE region COLLATE getenv = 'x'", "SELECT id::nosuchtype FROM orders", "SELECT CAST('a' AS ENUM (SELECT getenv('x')))", "SELECT id, sum(id) OVER w FROM orders WINDOW w AS (ORDER BY getenv('BOATHOUSE_CANARY'))", "SELECT DISTINCT ON (getenv('BOATHOUSE_CANARY')) id FROM orders", "SELECT id FROM orders GROUP BY ROLLUP (id, getenv('BOATHOUSE_CANARY'))", "SELECT id FROM orders UNION SELECT length(getenv('BOATHOUSE_CANARY'))",
        "SELECT unnest([getenv('BOATHOUSE_CANARY')])", "SELECT * FROM unnest([getenv('BOATHOUSE_CANARY')])", "SELECT * FROM (VALUES (getenv('BOATHOUSE_CANARY')))", "SELECT id FROM orders LIMIT length(getenv('BOATHOUSE_CANARY'))", "SELECT id FROM orders LIMIT length(getenv('BOATHOUSE_CANARY')) %", "SELECT * FROM orders JOIN orders o USING (getenv)", "SELECT $$a$$ || getenv($tag$BOATHOUSE_CANARY$tag$)", "SELECT E'\\x41' || getenv(E'BOATHOUSE\\x5fCANARY')", "SELECT /* /* nested */ */ getenv('BOATHOUSE_CANARY')",
        "SELECT -- x\ngetenv\n-- y\n(\n'BOATHOUSE_CANARY')", "SELECT \u0067etenv('BOATHOUSE_CANARY')", "SELECT ｇetenv('BOATHOUSE_CANARY')", "SELECT gеtenv('BOATHOUSE_CANARY')", "SELECT get\u200benv('BOATHOUSE_CANARY')", "\u202eSELECT getenv('BOATHOUSE_CANARY')", "SELECT getenv\0('BOATHOUSE_CANARY')", "SELECT 1\0 FROM read_text('{txt}')", "SELECT 'é' || getenv('BOATHOUSE_CANARY')", "SELECT 'é'; SELECT 2", "SELECT é FROM orders", "SELECT '\ud800'", "SELECT \"\ud800\" FROM orders",
        'SELECT * FROM "' + "x" * 100_000 + '"', 'SELECT "' + "x" * 100_000 + '"', "SELECT 'open", "SELECT /* open", 'SELECT "open', "SELECT $$open", "SELECT (", "SELECT 1 FROM", "\0", "SELECT FROM WHERE", "FROM $1", "SELECT * FROM identifier($1)", "SELECT $1.x FROM orders", "SELECT $1(1)",
        "SELECT " + "(" * 10_000 + "1" + ")" * 10_000, "SELECT " + "1 + " * 900 + "getenv('BOATHOUSE_CANARY')", "SELECT " + "1 + " * 5_000 + "1", "SELECT " + "(SELECT " * 400 + "getenv('x')" + ")" * 400, "SELECT " + "lower(" * 990 + "getenv('x')" + ")" * 990, " UNION ALL ".join(["SELECT 1"] * 1_000 + ["SELECT getenv('x')"]),
        "SELECT 1 WHERE 1 IN (" + ", ".join(map(str, range(20_000))) + ", getenv('x'))", "SELECT " + "[" * 2_000 + "]" * 2_000, "SELECT " + "NOT " * 20_000 + "getenv('x')", "SELECT getenv" + " " * 100_000 + "('BOATHOUSE_CANARY')",
    ],
    "the rest of the lake": [
        "SELECT * FROM '{lake}/runs/records/*.parquet'", "SELECT * FROM read_parquet('{lake}/runs/records/*.parquet')", "SELECT * FROM read_csv('{lake}/raw/**/*.csv')", "SELECT * FROM '{lake}/boathouse.json'", "SELECT * FROM read_parquet('{lake}/curated/salaries/*.parquet')", "SELECT * FROM read_text('{lake}/curated/orders/_delta_log/00000000000000000000.json')",
        "SELECT * FROM quarantine.orders", "SELECT * FROM \"quarantine/orders\"", "SELECT * FROM \"../quarantine/orders\"", "SELECT * FROM \"curated/orders\"", "SELECT * FROM \"orders/_delta_log\"", "SELECT * FROM raw.orders", "SELECT * FROM runs.records", "SELECT * FROM records", "SELECT _file FROM orders", "SELECT _url FROM orders", "SELECT _file, _batch FROM orders", "SELECT filename FROM orders",
        "SELECT file_row_number FROM orders", "SELECT rowid FROM orders", "SELECT batches._url, _batch FROM orders",
    ],
}  # fmt: skip

# harmless or refused; in no case a crash, and in no case a word that is secret
STRANGE = [
    "SELECT 1\0", "SELECT '\0'", "SELECT 1 \u200b", "SELECT 'é';", "SELECT 'ééééé' AS x -- é\n;", "SELECT id FROM orders WHERE region = 'éé' AND id > 1", "/* é */ SELECT 1;", 'SELECT 1 AS "ünï" ;', "SELECT 1 -- ;", "SELECT 1; -- ; é",
    "SELECT 1 /* ; */ ;", "SELECT '🚣' || ';' ;", "TABLE orders", "FROM orders", "VALUES (1)", "SELECT current_user", "SELECT current_schema", "SELECT current_catalog", "SELECT user", "SELECT getenv FROM (SELECT 1 AS getenv)",
    "WITH orders AS (SELECT * FROM orders) SELECT * FROM orders", "WITH orders AS (SELECT 1 AS a) SELECT * FROM orders", "SELECT " + "(" * 900 + "1" + ")" * 900, "SELECT " + "1 + " * 900 + "1", "SELECT " + "(SELECT " * 400 + "1" + ")" * 400,
    "SELECT " + "lower(" * 990 + "'x'" + ")" * 990, "SELECT " + "[" * 900 + "]" * 900, "SELECT 1" + " OR 1" * 900, "SELECT CASE WHEN 1 THEN " * 300 + "1" + " END" * 300, "FROM (" * 200 + "SELECT 1" + ")" * 200, " UNION ALL ".join(["SELECT 1"] * 1_500), "SELECT 1 WHERE 1 IN (" + ", ".join(map(str, range(20_000))) + ")",
    'SELECT 1 AS "' + "x" * 1_000_000 + '"', "SELECT '" + "é" * 1_000_000 + "'", "SELECT 1 " + "-- x\n" * 100_000, "SELECT " + ", ".join(f"{n} AS c{n}" for n in range(5_000)), "WITH " + ", ".join(f"c{n} AS (SELECT 1)" for n in range(300)) + " SELECT 1",
]  # fmt: skip


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """Orders that everybody sees, salaries that the role `analyst` does not, and secrets around them."""
    root = tmp_path_factory.mktemp("attacked")
    made = opened(root / "workbench", '[limits]\nmemory = "400MB"\n[roles.analyst]\ndatasets = ["orders"]\n')
    publish(made, "orders", "id: BIGINT, region: VARCHAR", "1,North\n2,West\n")
    publish(made, "salaries", "id: BIGINT, word: VARCHAR", f"1,{HIDDEN_WORD}\n")
    for folder in (root, made.root):
        (folder / "secret.csv").write_text(f"word\n{FILE_WORD}\n")
        (folder / "secret.txt").write_text(FILE_WORD)
        (folder / "secret.json").write_text(json.dumps({"word": FILE_WORD}))
        pq.write_table(pa.table({"word": [FILE_WORD]}), folder / "secret.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BOATHOUSE_CANARY", ENV_WORD)
        patch.chdir(made.root)
        yield made


def written(wb: Workbench, sql: str) -> str:
    for name in ("csv", "txt", "json", "parquet"):
        sql = sql.replace("{" + name + "}", str(wb.root.parent / f"secret.{name}"))
    return sql.replace("{lake}", str(wb.root / "lake"))


def refused(wb: Workbench, sql: str, role: str | None = None, parameters: object = None) -> str:
    """The words of the refusal."""
    with pytest.raises((QueryError, UsageError)) as caught:
        wb.sql(sql, parameters, role=role).rows()  # type: ignore[arg-type]
    assert clean(caught.value.render())
    return caught.value.render()


def answer(wb: Workbench, sql: str) -> str:
    """The rows, or the words of the refusal."""
    try:
        return str(wb.sql(sql).rows())
    except (QueryError, UsageError) as error:
        return error.render()


def clean(text: str) -> bool:
    return not any(word in text for word in (FILE_WORD, ENV_WORD, HIDDEN_WORD))


def short(value: object) -> str:
    return str(value)[:60]


@pytest.mark.parametrize("role", [None, "analyst"])
@pytest.mark.parametrize(
    "sql", [pytest.param(sql, id=f"{kind}: {short(sql)!a}") for kind, many in ATTACKS.items() for sql in many]
)
def test_it_does_not_run(wb: Workbench, sql: str, role: str | None):
    refused(wb, written(wb, sql), role, [str(wb.root.parent / "secret.csv")] if "$1" in sql else None)


@pytest.mark.parametrize("sql", STRANGE, ids=lambda sql: ascii(short(sql)))
def test_strange_text_is_no_crash(wb: Workbench, sql: str):
    assert clean(answer(wb, sql))


@pytest.mark.parametrize("sql", [
    "SELECT id FROM orders WHERE region <> 'Überlingen' AND id = 2", "SELECT id FROM orders WHERE id > 1;", "SELECT id FROM orders WHERE region <> 'ü' AND id > 1;",
    "SELECT id FROM orders -- ü\nWHERE id > 1", "SELECT id FROM orders WHERE id > 1 -- ; 🚣", "SELECT id FROM orders WHERE region <> '🚣🚣🚣' AND id + 1 > 2 ; -- ; ende",
])  # fmt: skip
def test_the_end_of_a_statement_is_found_behind_any_letters(wb: Workbench, sql: str):
    assert wb.sql(sql).rows() == [{"id": 2}]


# {t} is a dataset that the role does not see, or one that there is not
ASKS = [
    "SELECT * FROM {t}", "SELECT 1 FROM orders, {t}", "FROM {t}", "TABLE {t}", "DESCRIBE {t}", "SUMMARIZE {t}", 'SELECT * FROM "{t}"', "SELECT * FROM {t} WHERE false", "SELECT {t} FROM {t}",
    "SELECT (SELECT count(*) FROM {t})", "SELECT 1 WHERE EXISTS (FROM {t})", "WITH a AS (FROM {t}) SELECT 1", "WITH {t} AS (SELECT * FROM {t}) SELECT * FROM {t}", "SELECT * FROM (WITH {t} AS (SELECT 1 AS a) FROM {t}), {t}",
    "SELECT 1 FROM orders LEFT JOIN {t} USING (id)", "SELECT {t}.id FROM orders", "SELECT {t} FROM orders", "SELECT id FROM orders UNION SELECT id FROM {t}", "SELECT * FROM main.{t}", "SELECT * FROM {t} AT (VERSION => 0)",
    "SELECT * FROM '{t}'", "FROM orders POSITIONAL JOIN {t}", "SELECT * FROM {t}()", "SELECT * FROM query_table('{t}')", "PIVOT {t} ON id IN (1)", "WITH RECURSIVE {t} AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM {t} WHERE id < 3) SELECT word FROM {t}",
    "SELECT * FROM {t} USING SAMPLE 1", "SELECT COLUMNS({t}.*) FROM orders", "INSERT INTO {t} VALUES (1)", "SELECT * FROM {T}", 'SELECT * FROM "{t} "',
]  # fmt: skip


@pytest.mark.parametrize("sql", ASKS)
def test_a_hidden_dataset_is_like_one_that_is_not(wb: Workbench, sql: str):
    def told(name: str) -> tuple[str, str]:
        with pytest.raises(BoathouseError) as caught:
            wb.sql(sql.replace("{t}", name).replace("{T}", name.upper()), versions={name: 0}, role="analyst").rows()
        return type(caught.value).__name__, caught.value.render().lower().replace(name, "…")

    assert told("salaries") == told("salariez")  # spelt alike: what is perhaps meant goes by the spelling


def test_the_hidden_dataset_is_there_for_others(wb: Workbench):
    assert HIDDEN_WORD in str(wb.sql("SELECT * FROM salaries").rows())


@pytest.mark.parametrize("parameters", [
    [object()], {"x": object()}, [{1, 2}], [Path("/etc/passwd")], [lambda: 1], [10**100], [1 + 2j], ["\ud800"], {"\ud800": 1}, {1: 2}, [1, 2, 3], {"x": 1, "y": 2}, 5, object(), [type], {}, [pytest],
])  # fmt: skip
def test_a_parameter_of_any_kind_is_no_crash(wb: Workbench, parameters: object):
    refused(wb, "SELECT $x AS a" if isinstance(parameters, dict) else "SELECT ? AS a", None, parameters)


def test_a_name_of_one_scope_opens_no_table_of_the_engine_in_another(wb: Workbench):
    """What the engine keeps for itself would otherwise be read past every policy."""
    wb.reader.copies.budget = 100_000_000
    for _ in range(6):
        assert HIDDEN_WORD in str(wb.rows("salaries", Wanted())[0].rows())
    wb.reader.copies._maker.submit(lambda: None).result()
    [copy] = wb.reader.copies._known.values()
    assert copy.ready
    name = copy.name.strip('"')
    assert wb.reader.cursor().execute("SELECT table_name FROM duckdb_tables()").fetchall() == []
    for sql in (
        'SELECT * FROM (WITH "{t}" AS (SELECT 1) SELECT 1) a, "{t}"',
        'SELECT (WITH "{t}" AS (SELECT 1 AS word) SELECT min(word) FROM "{t}"), word FROM "{t}"',
        'WITH a AS (WITH "{t}" AS (SELECT 1) FROM "{t}") SELECT * FROM a, "{t}"',
    ):
        for role in (None, "analyst"):
            refused(wb, sql.replace("{t}", name), role)


def test_a_parameter_is_never_read_as_a_name(wb: Workbench):
    for sql in (
        "SELECT * FROM ?",
        "SELECT * FROM orders.?",
        "SELECT * FROM read_text(?)",
        "SELECT * FROM query(?)",
        "DESCRIBE ?",
    ):
        refused(wb, sql, None, [str(wb.root.parent / "secret.txt")])
    assert wb.sql("SELECT ? AS a", ["orders"]).rows() == [{"a": "orders"}]


@pytest.mark.parametrize("version", [-1, 7, 2**70])
def test_a_version_that_is_none_is_no_crash(wb: Workbench, version: int):
    with pytest.raises(UsageError, match="no version"):
        wb.sql("SELECT id FROM orders", versions={"orders": version})


def test_noise_is_no_crash(wb: Workbench):
    words = ["SELECT", "*", "FROM", "orders", "WITH", "AS", "(", ")", ",", "WHERE", "id", "=", "1", "'", '"', ";", "--", "/*", "*/", "$$", "$1", "é", "\0", "🚣", "[", "]", "{", "}", ":", "::", "lambda",
             "x", "UNION", "PIVOT", "ON", "IN", "DESCRIBE", "OVER", "getenv", "'BOATHOUSE_CANARY'", "read_text", ".", "\\", "\n", "ORDER BY", "LIMIT", "VALUES", "COLUMNS", "USING"]  # fmt: skip
    rng = random.Random(7)
    for _ in range(1_500):
        sql = " ".join(rng.choices(words, k=rng.randint(1, 14)))
        assert clean(answer(wb, "SELECT " * rng.randint(0, 1) + sql))
