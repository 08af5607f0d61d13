"""What `add` finds out about a CSV: its delimiter, quotes, header, preamble, comments, line ends."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boathouse.errors import SourceError
from tests.sources.reading import read

ROWS = [("1", "Ann, Dr.", "2.5"), ("2", 'Bob "B"', "3"), ("3", "Zoë; x", "4.25")]


def written(delimiter: str = ",", quote: str = '"', head: str = "id,name,price\n", ends: str = "\n", rows=ROWS, **dialect) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quotechar=quote, lineterminator=ends, **dialect).writerows(rows)
    return head.replace(",", delimiter).replace("\n", ends) + out.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_delimiter_quote_and_line_ends(engine, tmp_path, delimiter, quote, ends):
    file = tmp_path / "t.csv"
    file.write_bytes(written(delimiter, quote, ends=ends).encode())
    found = read(engine, file)
    assert (found.source.options.delimiter, found.names, found.rows) == (delimiter, ["id", "name", "price"], ROWS)


def test_a_backslash_before_quotes(engine, tmp_path):
    file = tmp_path / "t.csv"
    file.write_text(written(doublequote=False, escapechar="\\", quoting=csv.QUOTE_ALL))
    found = read(engine, file)
    assert (found.source.options.escape, found.rows) == ("\\", ROWS)


@pytest.mark.parametrize("mixed", ["1,a\r\n2,b\n3,c\r\n", "1,a\n2,b\r\n3,c", "1,a\r2,b\n3,c\r\n"])
def test_lines_that_end_in_different_ways(engine, tmp_path, mixed):
    file = tmp_path / "t.csv"
    file.write_bytes(b"id,name\n" + mixed.encode())
    found = read(engine, file)
    assert found.rows == [("1", "a"), ("2", "b"), ("3", "c")]
    assert found.lines == {1: 2, 2: 3, 3: 4}


def test_line_ends_within_cells_stay_as_they_are(engine, tmp_path):
    file = tmp_path / "t.csv"
    file.write_bytes(b'id,note\n1,"a\r\nb"\r\n2,"c\nd"\n3,"e\rf"\r\n')
    found = read(engine, file)
    assert found.rows == [("1", "a\r\nb"), ("2", "c\nd"), ("3", "e\rf")]


@pytest.mark.parametrize(
    ("preamble", "skip"),
    [("", 0), ("Sales report\n", 1), ("Sales report\nmade 2024-01-05\n\n", 3), ('"Sales of\nthe north"\n', 2), ("\n\n", 0),
     ('A 5" lone quote\n', 1)],
)  # fmt: skip
def test_lines_above_the_header(engine, tmp_path, preamble, skip):
    file = tmp_path / "t.csv"
    file.write_text(preamble + written())
    found = read(engine, file)
    assert (found.source.options.skip, found.names, found.rows) == (skip, ["id", "name", "price"], ROWS)
    first = preamble.count("\n") + 2
    assert found.lines == {1: first, 2: first + 1, 3: first + 2}


def test_comments(engine, tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("# made by hand\nid,name\n1,C# and F#\n# between\n2,#1\n")
    found = read(engine, file)
    assert found.source.options.comment == "#"
    assert found.rows == [("1", "C# and F#"), ("2", "#1")]
    assert found.lines == {1: 3, 2: 5}


def test_a_header_that_begins_with_a_hash_is_no_comment(engine, tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("#id,name\n1,a\n2,b\n")
    found = read(engine, file)
    assert (found.names, found.rows) == (["#id", "name"], [("1", "a"), ("2", "b")])


@pytest.mark.parametrize(
    ("text", "header"),
    [("id,name\n1,a\n", 1), ("1,a\n2,b\n", 0), ("name,city\nann,bern\nbob,basel\n", 1), ("country,2019,2020\nde,5,6\nfr,7,8\n", 1),
     ("1,2\n3,4\n", 0), ("id,name\n", 1), ("3,german\n", 0), ("a,b\n2020-01-01,x\n2020-01-02,y\n", 1), ("x,2020-01-01\ny,2020-01-02\n", 0),
     ("id,1001,1002\nx,0.5,0.25\n", 1), ("id,,age\n1,x,3\n", 1), ("ok,no\nno,ok\nok,no\n", 0)],
)  # fmt: skip
def test_header_or_none(engine, tmp_path, text, header):
    file = tmp_path / "t.csv"
    file.write_text(text)
    found = read(engine, file)
    assert found.source.options.header == header
    assert len(found.rows) == text.count("\n") - header
    if not header:
        assert found.names == ["column_1", "column_2"]


def test_two_lines_of_names(engine, tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("id,Which of these?,,,age\n,tea,coffee,water,Response\n1,yes,,yes,30\n2,,yes,,40\n")
    found = read(engine, file)
    assert found.source.options.header == 2
    assert found.names == ["id", "Which of these? tea", "Which of these? coffee", "Which of these? water", "age Response"]
    assert [row[0] for row in found.rows] == ["1", "2"]


def test_names_twice_empty_or_over_several_lines(engine, tmp_path):
    file = tmp_path / "t.csv"
    file.write_text('a,A,,"long\nname", b \n1,2,3,4,5\n')
    found = read(engine, file)
    assert found.names == ["a", "A_2", "column_3", "long name", "b"]
    assert found.rows == [("1", "2", "3", "4", "5")]
    assert found.lines == {1: 3}


def test_one_column(engine, tmp_path):
    file = tmp_path / "t.csv"
    file.write_text('name\nann\n\nbob, the second\n""\n')
    found = read(engine, file)
    assert (found.names, found.rows) == (["name"], [("ann",), ("bob, the second",), ("",)])
    assert found.lines == {1: 2, 2: 4, 3: 5}


def test_an_ending_says_tab(engine, tmp_path):
    file = tmp_path / "t.tsv"
    file.write_text("id\tname\n1\ta, b, c\n")
    assert read(engine, file).rows == [("1", "a, b, c")]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \n"])
def test_an_empty_file_is_an_error(engine, tmp_path, content):
    file = tmp_path / "t.csv"
    file.write_bytes(content)
    with pytest.raises(SourceError, match=r"t\.csv is empty"):
        read(engine, file)


words = st.text("abcdefghijklmnopqrstuvwxyzäöüß ,;-'", min_size=1, max_size=12).map(str.strip).filter(bool)
records = st.tuples(st.integers(0, 10**6).map(str), words, st.decimals(0, 1000, places=2).map(str), st.dates().map(str))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(records, min_size=3, max_size=20), st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_an_ordinary_table_needs_no_options(engine, tmp_path, rows, delimiter, ends, quoted):
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    file = tmp_path / "t.csv"
    file.write_bytes(written(delimiter, head="id,who,price,day\n", ends=ends, rows=rows, quoting=quoting).encode())
    found = read(engine, file)
    assert (found.names, found.rows) == (["id", "who", "price", "day"], rows)
