"""About 280 small files with one fault each: each loads right or ends in a clear error, and every row is accounted for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import boathouse
from boathouse.errors import BoathouseError
from boathouse.init import create
from boathouse.workbench import Workbench
from tests.conftest import SHARED

FOLDER = SHARED / "frictionless"
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".xlsx", ".xls", ".ods", ".parquet", ".zip", ".gz", ".pdf")
FILES = sorted(str(file.relative_to(FOLDER)) for file in FOLDER.rglob("*") if file.suffix in TABLES) if FOLDER.is_dir() else []
ERRORS = {
    "document.pdf": (2, ".pdf files are not supported yet"),
    "empty.csv": (1, "empty.csv is empty"),
    "sheet2.xls": (1, "sheet2.xls has no row 1 to read column names from"),
    "sheet2.xlsx": (1, "sheet2.xlsx has no row 1 to read column names from"),
    "wide.csv": (1, "the engine's memory limit is too small for this step"),  # 9,074 columns
}
# most of their few rows are faulty, so that the batch is rejected whole, with the reason
REJECTED = {"capital-invalid.csv": "row 9: 2 cells where there are 3 columns", "countries.csv": "row 2: 5 cells", "defective-rows.csv": "row 1",
            "dialect.csv": "row 2: 3 cells", "escaping.csv": "a quote that is not closed, or text after it", "invalid.csv": "3 of 3 rows",
            "issue-1004-data1.csv": "row 2: 5 cells", "issue-1004-data2.csv": "3 of 3 rows", "schema-errors.csv": "row 4",
            "structure-errors.csv": "row 4", "without-headers-extra.csv": "row 3"}  # fmt: skip


@pytest.fixture(scope="module")
def bench(tmp_path_factory) -> Workbench:
    return boathouse.open(create(tmp_path_factory.mktemp("frictionless") / "wb"))


def load(bench: Workbench, name: str, **options):
    """The road with an empty suite and without publishing: what a file is read as, and the account of its rows."""
    bench.add("t", str(FOLDER / name), options, replace=True)
    (bench.root / "expectations" / "t.json").write_text(json.dumps({"name": "t", "expectations": []}))
    road = bench.road("t", check=True)
    for step in (road.land, road.stage, road.clean, road.validate, road.publish):
        step()
    [batch] = road.batches
    staged = road.engine.run(f"SELECT * FROM read_parquet('{batch.staged.path}')") if batch.staged else []
    names = list(batch.types)
    road.finish()
    return batch.record, [dict(zip(names, row, strict=False)) for row in staged]


@pytest.mark.skipif(not FILES, reason="../shared/data is not here")
@pytest.mark.parametrize("name", FILES)
def test_a_file_loads_or_says_why_not(bench: Workbench, name: str):
    if name in ERRORS:
        with pytest.raises(BoathouseError) as error:
            load(bench, name)
        assert (error.value.exit_code, error.value.message.startswith(ERRORS[name][1])) == (ERRORS[name][0], True)
        return
    record, rows = load(bench, name)
    accounted = record.rows_published + record.rows_quarantined + record.rows_deduplicated + record.rows_rejected
    assert record.rows_read == accounted
    if name in REJECTED:
        assert record.status == "rejected"
        assert REJECTED[name] in record.error
    else:
        assert (record.status, record.error, record.rows_published) == ("checked", None, len(rows))


@pytest.mark.skipif(not FILES, reason="../shared/data is not here")
def test_descriptions_in_json_load_or_say_why_not(bench: Workbench):
    """Of the JSON files most describe others: what is in them is one object, one array of objects, or several."""
    told = set()
    for n, file in enumerate([*sorted(FOLDER.rglob("*.json"))[::3], FOLDER / "invalid.json"]):
        try:
            bench.add(f"json_{n}", str(file))
        except BoathouseError as error:
            told.add(error.message.split(" ", 1)[1].split(":")[0])
    assert told == {"holds several arrays of objects", "holds no objects with keys", "is not JSON"}


RIGHT = {
    "blank-rows-no-fields.csv": [{"id": 1101, "name": "John", "age": 30}, {"id": 1102, "name": "Julie", "age": 26}],
    "blank-headers.csv": [{"id": 1101, "column_2": "John", "age": 30}, {"id": 1102, "column_2": "Julie", "age": 26}],
    "leading-zeros.csv": [{"value": "01"}, {"value": "002"}, {"value": "00003"}],
    "latin1.csv": [{"id": 1, "name": "english"}, {"id": 2, "name": "©"}],
    "bom.csv": [{"id": 1, "name": "english"}, {"id": 2, "name": "中国人"}],
    "skip-rows.csv": [{"id": 1, "name": "english"}, {"id": 2, "name": "中国人"}],
    "compression/implicit-gz.csv": [{"id": 1, "name": "english"}, {"id": 2, "name": "中国人"}],
    "table.json": [{"id": 1, "name": "english"}, {"id": 2, "name": "中国人"}],
    "table.jsonl": [{"id": 1, "name": "english"}, {"id": 2, "name": "中国人"}],
    "table.xls": [{"id": 1, "name": "english"}, {"id": 2, "name": "中国人"}],
    "table.ods": [{"id": 1, "name": "english"}, {"id": 2, "name": "中国人"}],
    "table.parquet": [{"id": 1, "name": "english"}, {"id": 2, "name": "中国人"}],
    "table-infer-boolean.xlsx": [
        {"number": 1, "string": "two", "boolean": True},
        {"number": 3, "string": "four", "boolean": False},
    ],
    "table-infer-missing-values.csv": [{"id": 1, "age": 39, "name": "Paul"}, {"id": None, "age": 25, "name": "Test"}],
    "transpose.csv": [{"id": "name", "c_1": "germany", "c_2": "france", "c_3": "spain"}],
    "issue-1293/sample.json": [{"field": ["aaa", "bbb"]}, {"field": []}],
    "countries-truefalsevalues.csv": [{"id": 1, "value": True}, {"id": 2, "value": False}],
}


@pytest.mark.skipif(not FILES, reason="../shared/data is not here")
@pytest.mark.parametrize("name", RIGHT)
def test_the_values_are_right(bench: Workbench, name: str):
    record, rows = load(bench, name)
    mine = [{key: row[key] for key in wanted} for row, wanted in zip(rows, RIGHT[name], strict=False)]
    assert mine == RIGHT[name]
    assert record.rows_read >= len(mine)


def test_files_are_there_or_the_reason_is():
    assert FILES or not Path(FOLDER).is_dir()
