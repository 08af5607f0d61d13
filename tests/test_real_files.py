"""Real surveys and polls, written by others: sensible names, no lost character, and a suite that finds something true."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from boathouse.workbench import Workbench

SURVEYS = {
    "StarWars.csv": ("cp1252", 2, 38, "respondent_id"),
    "raw-responses.csv": ("utf-8", 1, 98, "column_1"),
    "dc-wikia-data.csv": ("utf-8", 1, 13, "page_id"),
    "marvel-wikia-data.csv": ("utf-8", 1, 13, "page_id"),
}


@pytest.mark.parametrize("name", SURVEYS)
def test_a_survey_loads_cell_by_cell(shared: Path, wb: Workbench, go: Callable, name: str):
    encoding, header, width, first = SURVEYS[name]
    file = shared / "surveys" / name
    draft = wb.add("survey", str(file))
    record = go("survey")
    [batch] = record.batches
    assert (record.status, batch.rows_quarantined, batch.rows_read) == ("published", 0, draft.rows)
    pipeline = wb.pipeline("survey")
    columns = list(pipeline.columns.items())
    assert (len(columns), columns[0][0]) == (width, first)
    assert all(own.replace("_", "a").isalnum() and own == own.lower() for own, _ in columns)
    with file.open(encoding=encoding, newline="") as lines:
        theirs = [row for row in csv.reader(lines) if row][header:]
    ours = wb.sql(f"SELECT * FROM survey ORDER BY {first}").arrow().to_pylist()
    theirs.sort(key=lambda row: int(row[0]))
    assert len(ours) == len(theirs)
    for their_row, our_row in zip(theirs, ours, strict=True):
        for cell, (own, column) in zip(their_row, columns, strict=True):
            assert same(cell, our_row[own], column), (own, cell, our_row[own])


def same(cell: str, value, column) -> bool:
    """Whether the value says what the cell says."""
    text = cell.strip(" \t\n\r\u00a0")
    if text == "" or text in column.null_values:
        return value is None
    if column.type == "BOOLEAN":
        return value == (text.lower() in (column.true_words or ["true"]))
    if column.format:
        return value.strftime(column.format) == datetime.strptime(text, column.format).strftime(column.format)
    return value == text if column.type == "VARCHAR" else float(value) == float(text)


def test_names_of_two_header_lines(shared: Path, wb: Workbench):
    wb.add("starwars", str(shared / "surveys" / "StarWars.csv"))
    names = list(wb.pipeline("starwars").columns)
    assert names[1] == "have_you_seen_any_of_the_6_films_in_the_star_wars_franchise_response"
    assert names[3].endswith("please_select_all_that_apply_star_wars_episode_i_the_phantom_menace")
    assert names[-1] == "location_census_region_response"


SUITE = {
    "name": "polls",
    "expectations": [
        {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "question_id"}},
        {"type": "expect_column_pair_values_a_to_be_greater_than_b",
         "kwargs": {"column_A": "electiondate", "column_B": "polldate", "or_equal": True}},
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "days_before", "min_value": 0, "max_value": 21}},
        {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "rightcall", "value_set": [0, 0.5, 1]}},
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "all_pct", "max_value": 100.5}},
        {"type": "expect_column_pair_values_to_be_equal", "kwargs": {"column_A": "election_year", "column_B": "year"},
         "severity": "warning"},
        {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "error", "min_value": 5, "max_value": 6}},
    ],
}  # fmt: skip
DERIVED = """
derive:
  days_before: electiondate - polldate
  election_year: year(electiondate)
  all_pct: cand1_pct + cand2_pct + coalesce(cand3_pct, 0)
"""


def test_what_is_true_of_the_polls_of_2023(shared: Path, wb: Workbench, go: Callable):
    wb.add("polls", str(shared / "polls" / "raw-polls-2023.csv"))
    assert {wb.pipeline("polls").columns[name].format for name in ("polldate", "electiondate")} == {"%m/%d/%Y"}
    pipeline = wb.root / "pipelines" / "polls.yml"
    pipeline.write_text(pipeline.read_text() + DERIVED)
    (wb.root / "expectations" / "polls.json").write_text(json.dumps(SUITE))
    record = go("polls")
    [batch] = record.batches
    assert (record.status, record.error) == ("published", None)
    assert (batch.rows_read, batch.rows_published, batch.rows_quarantined) == (11475, 11464, 11)
    assert {row["reasons"][0].split(":")[0] for row in wb.quarantine("polls")} == {"all_pct"}  # more than a hundred percent
    told = {finding["type"]: finding for finding in batch.expectations if not finding["success"]}
    assert told["expect_column_pair_values_to_be_equal"]["unexpected"] == 34  # the Georgia runoffs of January 2021
    late = wb.sql("SELECT DISTINCT year, electiondate, location FROM polls WHERE election_year <> year").arrow().to_pylist()
    assert late == [{"year": 2020, "electiondate": date(2021, 1, 5), "location": "GA"}]
    first, last = wb.sql("SELECT min(polldate), max(polldate) FROM polls").df().iloc[0]
    assert (first, last) == (date(1998, 10, 13), date(2022, 12, 4))
