"""Rows of a CSV that cannot be rows: in quarantine by column name, with their number, their line and a reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from boathouse.errors import SourceError
from boathouse.workbench import Workbench
from tests.sources.reading import read


def kept_out(wb: Workbench, go: Callable, text: str | bytes, **options) -> list[dict]:
    file = wb.root / "t.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    wb.add("t", "t.csv", {"quarantine_limit": "1", **options})
    record = go("t")
    assert record.error is None
    [batch] = record.batches
    assert batch.rows_read == batch.rows_published + batch.rows_quarantined + batch.rows_deduplicated
    rows = wb.quarantine("t")
    assert len(rows) == batch.rows_quarantined
    return rows


def test_ragged_rows_by_column_name(wb, go):
    first, second = kept_out(wb, go, 'Order ID,who,price\n1,ann,2.5\n2,bob\n3,cy,4.5,more,"and, more"\n4,di,5.5\n')
    assert first["row"] == {"order_id": "2", "who": "bob"}
    assert second["row"] == {"order_id": "3", "who": "cy", "price": "4.5", "_extra": ["more", "and, more"]}
    assert (first["reasons"], second["reasons"]) == (["2 cells where there are 3 columns"], ["5 cells where there are 3 columns"])
    assert [(row["row_number"], row["line"]) for row in (first, second)] == [(2, 3), (3, 4)]


def test_numbers_and_lines_below_a_preamble_blank_lines_and_long_cells(wb, go):
    text = 'Report\n\nid,note\n1,"two\nlines"\n\n2\n\n\n3,"x\n\ny",z\n   \nx4,good\n' + "".join(f"{n},ok\n" for n in range(5, 30))
    ragged, wide, mistyped = kept_out(wb, go, text, skip="1")
    assert [(row["row_number"], row["line"]) for row in (ragged, wide, mistyped)] == [(2, 7), (3, 10), (4, 14)]
    assert wide["row"] == {"id": "3", "note": "x\n\ny", "_extra": ["z"]}
    assert mistyped["reasons"] == ["id: 'x4' is not a BIGINT"]
    assert mistyped["row"] == {"id": "x4", "note": "good"}


def test_two_header_lines_and_comments_count_as_lines(wb, go):
    text = "# note\na,,\nx,y,z\n1,2,3\n# between\n4,5\n6,7,8\n"
    [row] = kept_out(wb, go, text, header="2", comment="#")
    assert (row["row_number"], row["line"], row["row"]) == (2, 6, {"a_x": "4", "a_y": "5"})


def test_bytes_that_are_not_the_encoding(wb, go):
    text = "id,name\n1,Zoë\n2,Ren\xe9e\n3,Jürgen\n4,Åsa\n5,Ñandú\n6,Œuvre\n".encode().replace("\xe9".encode(), b"\xe9")
    [row] = kept_out(wb, go, text)
    assert (row["row_number"], row["line"], row["reasons"]) == (2, 3, ["bytes that are not utf-8"])
    assert row["row"]["id"] == "2"
    assert wb["t"].df()["name"].tolist() == ["Zoë", "Jürgen", "Åsa", "Ñandú", "Œuvre"]


def test_a_declared_encoding_that_is_wrong(wb, go):
    (wb.root / "t.csv").write_bytes("id,name\n1,Müller\n2,Weiß\n".encode("cp1252"))
    wb.add("t", "t.csv", {"encoding": "utf-8"})
    record = go("t")
    assert record.status == "rejected"
    assert "2 of 2 rows" in record.error


def test_text_after_a_closing_quote(wb, go):
    [row] = kept_out(wb, go, 'id,name\n1,"ann"\n2,"bob" jr\n3,cy\n')
    assert (row["row_number"], row["line"]) == (2, 3)
    assert row["row"] == {"_text": '2,"bob" jr'}
    assert row["reasons"] == ["a quote that is not closed, or text after it"]


def test_a_row_that_is_given_up_shifts_no_other(wb, go):
    rows = "".join(f"{n},v{n}\n" if n % 10 else f"{n}\n" for n in range(1, 101)).replace("55,v55", "x55,v55")
    found = kept_out(wb, go, "id,v\n" + rows)
    assert [row["row_number"] for row in found] == [10, 20, 30, 40, 50, 55, *range(60, 101, 10)]
    assert [row["line"] for row in found] == [row["row_number"] + 1 for row in found]


def test_a_quote_that_takes_in_half_the_file_fails_the_batch(engine, tmp_path: Path):
    file = tmp_path / "t.csv"
    file.write_text("id,v\n" + "".join(f'{n},"v\n' if n == 3000 else f"{n},some text\n" for n in range(1, 20_000)))
    with pytest.raises(SourceError, match="a quote in row 3,000 is not closed") as error:
        read(engine, file)
    assert "mend that row" in error.value.render()


def test_a_row_longer_than_any(engine, tmp_path: Path):
    file = tmp_path / "t.csv"
    file.write_text(f"id,v\n1,a\n2,{'x' * (17 << 20)}\n3,c\n")
    found = read(engine, file)
    assert [row[0] for row in found.rows] == ["1", "3"]
    assert found.rejects[0][1] == ["a row longer than 16 MB"]


def test_empty_cells_beyond_the_last_column_are_none(wb, go):
    assert kept_out(wb, go, "id,v\n1,a\n2,b,\n3,c,,\n") == []
    assert wb["t"].df()["v"].tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("lines", [5, 200_000])
def test_places_by_arithmetic_and_by_a_look_agree(engine, tmp_path: Path, lines):
    file = tmp_path / "t.csv"
    file.write_text("id,v\n" + "".join(f"{n},text {n}\n" for n in range(1, lines)) + "ragged\n")
    found = read(engine, file)
    assert [(number, text) for number, _, _, text in found.rejects] == [(lines, "ragged")]
    assert (found.lines[1], found.lines[lines]) == (2, lines + 1)
