"""CSV held against Python's csv module: whatever it writes, in whatever dialect, comes back cell by cell."""

from __future__ import annotations

import csv
import io

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.reading import read

many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff\x85\u2028\u2029")
text = st.text(letters, max_size=10).filter(lambda cell: cell == cell.strip() and not cell.startswith("#"))
cells = st.one_of(
    text, st.sampled_from(['say "hi"', "a,b", "a;b", "two\nlines", "a\tb", "|", "", "1.5", "'quoted'", '"', "x\n\ny", "#1"])
)
dialects = st.fixed_dictionaries({"delimiter": st.sampled_from(",;\t|"), "lineterminator": st.sampled_from(["\n", "\r\n"]),
                                  "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])})  # fmt: skip


@st.composite
def tables(draw):
    width = draw(st.integers(2, 5))
    names = draw(st.lists(st.text("abcdefghij", min_size=3, max_size=8), min_size=width, max_size=width, unique=True))
    return [names, *draw(st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=12))]


@many
@given(tables(), dialects)
def test_every_cell_comes_back(engine, tmp_path, table, dialect):
    out = io.StringIO()
    csv.writer(out, **dialect).writerows(table)
    file = tmp_path / "t.csv"
    file.write_bytes(out.getvalue().encode())
    found = read(engine, file, delimiter=dialect["delimiter"], quote='"', escape='"', header=1, skip=0, comment="")
    assert found.names == table[0]
    assert found.rejects == []
    assert [[cell or "" for cell in row] for row in found.rows] == table[1:]
    assert list(found.lines) == list(range(1, len(table)))


@many
@given(st.lists(st.lists(st.text('abc1 ,;"\n', max_size=6), min_size=1, max_size=4), min_size=1, max_size=10))
def test_rows_and_lines_are_those_of_python(engine, tmp_path, table):
    """Ragged rows, blank lines, cells of many lines: each row is counted once, on the line where Python sees it begin."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    begins, rows = [], []
    out.write("x,y\n")
    for row in table:
        if len(row) > 1 or row[0].strip(" "):  # else it is a blank line itself
            begins.append(out.getvalue().count("\n") + 1)
            rows.append(row)
        writer.writerow(row)
        out.write("\n" * (len(row) % 3))  # blank lines are no rows
    file = tmp_path / "t.csv"
    file.write_text(out.getvalue(), newline="")
    found = read(engine, file, delimiter=",", quote='"', escape='"', header=1, skip=0, comment="")
    assert [[cell or "" for cell in row] for row in found.rows] == [row[:2] for row in rows if _fits(row)]
    ragged = [(number, row) for number, row in enumerate(rows, 1) if not _fits(row)]
    assert [(number, cells) for number, _, cells, _ in found.rejects] == ragged
    assert found.lines == dict(enumerate(begins, 1))


def _fits(row: list[str]) -> bool:
    """Two cells; empty ones beyond are taken for none."""
    return len(row) >= 2 and not any(row[2:])
