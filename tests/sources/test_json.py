"""JSON and JSON lines: nesting flattened by path, arrays as lists, and records that are none kept out."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boathouse.errors import SourceError, UsageError
from tests.sources.reading import read


def test_nesting_becomes_paths_and_arrays_stay(wb, go):
    records = [
        {
            "id": 1,
            "address": {"city": "Bern", "geo": {"lat": 46.95}},
            "tags": ["a", "b"],
            "lines": [{"sku": "x", "n": 2}],
            "a.b": 1,
        },
        {"id": 2, "address": None, "tags": [], "scores": [1.5, 2], "ok": True, "a.b": 2},
    ]
    (wb.root / "t.json").write_text(json.dumps(records))
    wb.add("t", "t.json")
    go("t")
    columns = wb.pipeline("t").columns
    assert {name: column.from_ for name, column in columns.items() if column.from_} == {
        "address_city": "address.city", "address_geo_lat": "address.geo.lat", "a_b": "a\\.b"}  # fmt: skip
    first, second = wb.sql("SELECT * FROM t ORDER BY id").arrow().to_pylist()
    assert first == {"id": 1, "address_city": "Bern", "address_geo_lat": 46.95, "tags": ["a", "b"], "a_b": 1, "scores": None, "ok": None,
                     "lines": '[{"sku":"x","n":2}]'}  # fmt: skip
    assert second == {"id": 2, "address_city": None, "address_geo_lat": None, "tags": [], "a_b": 2, "scores": [1.5, 2.0], "ok": True,
                      "lines": None}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "form", "rows"),
    [
        ('[{"a": 1}, {"a": 2}]', "array", [("1",), ("2",)]),
        ('{"a": 1}\n{"a": 2}\n', "lines", [("1",), ("2",)]),
        ('{"a": 1}', "objects", [("1",)]),
        ('{\n "a": 1\n}\n{\n "a": 2\n}', "objects", [("1",), ("2",)]),
        ('[["a"], [1], [2]]', "rows", [("1",), ("2",)]),
        ('{"meta": {"n": 2}, "data": {"items": [{"a": 1}, {"a": 2}]}}', "array", [("1",), ("2",)]),
        ('\ufeff[{"a": "é"}]', "array", [("é",)]),
        ('[{"a": 12345678901234567890123}]', "array", [("12345678901234567890123",)]),
        ("[]", "array", None), ("{}", "objects", None), ("[1, 2]", "array", None),
    ],
)  # fmt: skip
def test_forms(engine, tmp_path, text, form, rows):
    file = tmp_path / "t.json"
    file.write_text(text, encoding="utf-8")
    if rows is None:
        with pytest.raises(SourceError, match="holds no objects with keys"):
            read(engine, file)
        return
    found = read(engine, file)
    assert (found.source.options.format, found.rows) == (form, rows)
    assert found.rejects == []


def test_several_arrays_ask_which(engine, tmp_path):
    file = tmp_path / "t.json"
    file.write_text('{"people": [{"a": 1}], "things": [{"b": 2}]}')
    with pytest.raises(UsageError, match="several arrays of objects: people, things"):
        read(engine, file)
    assert read(engine, file, records="things").rows == [("2",)]


@pytest.mark.parametrize(
    ("text", "line"), [('[{"a": 1}, {"a": ]', None), ('{"a": 1,\n "b": }', 2), ("hello", 1), ('[{"a": 1}] x', None)]
)
def test_what_is_no_json(engine, tmp_path, text, line):
    file = tmp_path / "t.json"
    file.write_text(text)
    with pytest.raises(SourceError, match="is not JSON") as error:
        read(engine, file)
    assert line is None or error.value.where == f"t.json:{line}"


def test_lines_that_are_no_objects(engine, tmp_path):
    file = tmp_path / "t.jsonl"
    file.write_bytes(b'{"a": "one"}\n\n[1, 2]\n{"a": "two"\n{"a": "tw\xffo"}\n  \n{"a": "three"}\nnull\n')
    found = read(engine, file, encoding="utf-8")
    assert found.rows == [("one",), ("three",)]
    assert [(number, reasons[0][:21]) for number, reasons, _, _ in found.rejects] == [
        (2, "not a JSON object"), (3, "not a JSON object"), (4, "bytes that are not UT"), (6, "not a JSON object")]  # fmt: skip
    assert found.rejects[1][3] == '{"a": "two"'
    assert found.lines == {1: 1, 2: 3, 3: 4, 4: 5, 5: 7, 6: 8}


def test_elements_that_are_no_objects(engine, tmp_path):
    file = tmp_path / "t.json"
    file.write_text('[{"a": 1}, 7, null, {"a": 2}]')
    found = read(engine, file)
    assert found.rows == [("1",), ("2",)]
    assert [(number, text) for number, _, _, text in found.rejects] == [(2, "7"), (3, "null")]


def test_ragged_arrays(engine, tmp_path):
    file = tmp_path / "t.json"
    file.write_text('[["a", "b"], [1, 2], [3], [4, 5, 6], {"a": 1}]')
    found = read(engine, file)
    assert found.rows == [("1", "2")]
    assert [(number, reasons, cells) for number, reasons, cells, _ in found.rejects] == [
        (2, ["1 cells where there are 2 columns"], ["3"]), (3, ["3 cells where there are 2 columns"], ["4", "5", "6"]),
        (4, ["not a JSON array"], None)]  # fmt: skip


def test_a_key_that_comes_later_and_one_that_stays_away(wb, go):
    file = wb.root / "t.jsonl"
    file.write_text('{"id": 1, "note": "a"}\n')
    wb.add("t", "t.jsonl")
    go("t")
    file.write_text('{"id": 2}\n')  # keys of JSON are optional
    assert go("t").status == "published"
    file.write_text('{"id": 3, "colour": "red"}\n')
    assert "has columns that the pipeline does not know: 'colour'" in go("t").error


def test_what_is_now_this_now_that_stays_json(engine, tmp_path):
    file = tmp_path / "t.json"
    file.write_text('[{"a": 0}, {"a": {"b": 1}}, {"a": "x"}, {"a": null}]')
    assert read(engine, file).rows == [("0",), ('{"b":1}',), ("x",), (None,)]


def test_a_list_that_is_none(wb, go):
    file = wb.root / "t.jsonl"
    file.write_text("".join(f'{{"id": {n}, "tags": [{n}, {n}]}}\n' for n in range(20)))
    wb.add("t", "t.jsonl")
    assert wb.pipeline("t").columns["tags"].type == "BIGINT[]"
    file.write_text(file.read_text() + '{"id": 20, "tags": [1.5]}\n{"id": 21, "tags": null}\n')
    go("t")
    assert [row["reasons"] for row in wb.quarantine("t")] == [["tags: '[1.5]' is not a BIGINT[]"]]


keys = st.text("abcXYZ ._/~\"'éß0", min_size=1, max_size=5).filter(lambda key: "\\" not in key)
scalars = st.one_of(st.integers(-(2**53), 2**53), st.text(max_size=8).filter(lambda text: "\0" not in text), st.booleans())


# a key is a scalar's or an object's in all records: where it is now this, now that, it stays JSON
objects = st.dictionaries(keys.map("o{}".format), st.dictionaries(keys, scalars, min_size=1, max_size=2), max_size=2)
records_ = st.builds(
    lambda plain, nested: plain | nested, st.dictionaries(keys.map("s{}".format), scalars, min_size=1, max_size=3), objects
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(records_, min_size=1, max_size=5), st.booleans())
def test_every_value_comes_back_under_its_path(engine, tmp_path, records, lines):
    file = tmp_path / ("t.jsonl" if lines else "t.json")
    file.write_text("\n".join(map(json.dumps, records)) if lines else json.dumps(records))
    found = read(engine, file)
    assert len(found.rows) == len(records)
    assert found.rejects == []
    for record, row in zip(records, found.rows, strict=True):
        cells = sorted(str(cell) for cell in row if cell is not None)
        assert cells == sorted(_texts(record))


def _texts(record: dict) -> list[str]:
    told = []
    for value in record.values():
        if isinstance(value, dict):
            told += _texts(value)
        else:
            told.append(str(value).lower() if isinstance(value, bool) else str(value))
    return told
