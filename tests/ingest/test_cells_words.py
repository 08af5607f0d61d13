"""Words and lists: booleans, text, arrays."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingest.typed_cells import LOST, typed

many = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SPACES = " \t\n\r\u00a0"


def test_booleans(engine):
    cells = ["true", "FALSE", "t", "Yes", "n", "1", "0", " true ", "maybe", "2", "", "on"]
    assert typed(engine, cells, type="BOOLEAN") == [True, False, True, True, False, True, False, True, LOST, LOST, None, LOST]


def test_booleans_in_words(engine):
    cells = ["Ja", "NEIN", "true", "", " ja\t"]
    assert typed(engine, cells, type="BOOLEAN", true_words=["ja"], false_words=["nein"]) == [True, False, LOST, None, True]


@many
@given(st.lists(st.text(max_size=12), max_size=40))
def test_text_is_trimmed_and_nothing_else(engine, cells):
    cells = [cell.replace("\0", "") for cell in cells]
    assert typed(engine, cells, type="VARCHAR") == [cell.strip(SPACES) or None for cell in cells]
    assert typed(engine, cells, type="VARCHAR", trim=False) == [cell or None for cell in cells]


def test_null_words_are_those_of_the_column(engine):
    assert typed(engine, ["NA", " NA ", "na", "x"], type="VARCHAR", null_values=["NA"]) == [None, None, "na", "x"]


def test_lists(engine):
    assert typed(engine, ['["a", "b"]', "[]", "null", "", "[1, null]"], type="VARCHAR[]") == [
        ["a", "b"],
        [],
        LOST,
        None,
        ["1", None],
    ]
    assert typed(engine, ["[1, 2]", "[1.5]", '["x"]', "5", '{"a": 1}', "[1, null]"], type="BIGINT[]") == [
        [1, 2], LOST, LOST, LOST, LOST, [1, None]]  # fmt: skip
    assert typed(engine, ["[[1, 2], [3]]", "[[1.5]]"], type="BIGINT[][]") == [[[1, 2], [3]], LOST]


def test_the_reason_names_column_cell_and_type(engine):
    from boathouse.config import Column, Pipeline
    from boathouse.ingest.stage import typed_select
    from boathouse.sources import Scan

    pipeline = Pipeline.model_validate({"source": {"type": "x", "location": "x"}})
    columns = {"born": Column(type="DATE", format="%d.%m.%Y", from_="Born on"), "age": Column(type="BIGINT")}
    scan = Scan("SELECT '1.2.24' AS \"Born on\", 'old' AS age", {"Born on": "VARCHAR", "age": "VARCHAR"})
    [(reasons, cells)] = engine.run(f"SELECT _errors, _cells FROM ({typed_select(scan, columns, pipeline, explain=True)})")
    assert reasons == ["born: '1.2.24' is not a DATE written as %d.%m.%Y", "age: 'old' is not a BIGINT"]
    assert cells == {"born": "1.2.24", "age": "old"}
