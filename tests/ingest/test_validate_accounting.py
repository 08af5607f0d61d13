"""Random small batches under random rules, against a plain Python model of the rules: no row is lost, none counted twice."""

from __future__ import annotations

import itertools
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from given import counts, csv, expect, kept_out, pipeline, suite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import boathouse
from boathouse.init import create
from boathouse.workbench import Workbench

IDS = st.sampled_from(["1", "2", "3", "4", "", "x"])
PRICES = st.sampled_from(["1", "5", "-1", "", "abc"])
DAYS = st.sampled_from(["2024-01-01", "2024-02-01", "", "2024-13-01"])
NOTES = st.sampled_from(["a", "b", ""])


@dataclass
class Rules:
    """A pipeline and its suite."""

    key: list[str]
    keep: str
    order_by: str | None
    limit: float
    positive: float | None  # price >= 0, mostly
    noted: bool
    unique: bool
    rows: int | None  # at least so many rows that can be read
    increasing: bool

    def write(self, wb: Workbench) -> None:
        rule: dict[str, Any] = {"keep": self.keep} | ({"order_by": [self.order_by]} if self.order_by else {})
        pipeline(wb, key=self.key, quarantine_limit=self.limit, mode="replace", deduplicate=rule)
        wanted = []
        if self.positive is not None:
            wanted.append(expect("be_between", "price", min_value=0, mostly=self.positive))
        if self.noted:
            wanted.append(expect("not_be_null", "note"))
        if self.unique:
            wanted.append(expect("be_unique", "id"))
        if self.increasing:
            wanted.append(expect("be_increasing", "day"))
        if self.rows is not None:
            wanted.append(expect("expect_table_row_count_to_be_between", min_value=self.rows))
        suite(wb, *wanted)


RULES = st.builds(
    Rules,
    key=st.sampled_from([[], ["id"], ["id", "day"]]),
    keep=st.sampled_from(["first", "last"]),
    order_by=st.sampled_from([None, "price", "price desc"]),
    limit=st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    positive=st.sampled_from([None, 1.0, 0.5]),
    noted=st.booleans(),
    unique=st.booleans(),
    rows=st.sampled_from([None, None, 3]),
    increasing=st.booleans(),
)
ROW = st.one_of(st.tuples(IDS, PRICES, DAYS, NOTES).map(",".join), st.sampled_from(["1,2", "1,2,2024-01-01,a,b"]))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    return boathouse.open(create(tmp_path_factory.mktemp("bench") / "w"))


def _run(wb: Workbench, lines: list[str], rules: Rules) -> Any:
    shutil.rmtree(Path(wb.lake.store.root), ignore_errors=True)
    csv(wb, lines)
    rules.write(wb)
    road = wb.road("orders")
    for step in (road.land, road.stage, road.clean, road.validate, road.publish, road.finish):
        step()
    return road.record


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(lines=st.lists(ROW, max_size=9), rules=RULES)
def test_as_the_rules_say(bench: Workbench, lines: list[str], rules: Rules) -> None:
    record = _run(bench, lines, rules)
    model = Model(lines, rules)
    assert record.status in ("published", "rejected"), record.error
    found = counts(record)
    assert found.get("read", 0) == len(lines) == sum(n for name, n in found.items() if name != "read")
    assert (record.status == "rejected") == model.rejected
    if model.rejected:
        assert found.get("rejected", 0) == len(lines)
        return
    assert {number: len(reasons) for number, reasons in kept_out(bench).items()} == {
        n: len(told) for n, told in model.reasons.items()
    }
    assert found.get("deduplicated", 0) == len(model.losers)
    published = bench["orders"].arrow().to_pylist()
    assert len(published) == found.get("published", 0)
    assert sorted(_texts(row) for row in published) == sorted(model.texts(n) for n in model.good if n not in model.losers)


def _texts(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple("" if value is None else str(value) for value in row.values())


class Model:
    """The rules, a row at a time. Rows are numbered from 1."""

    def __init__(self, lines: list[str], rules: Rules):
        self.rules = rules
        self.cells = {n: line.split(",") for n, line in enumerate(lines, 1)}
        self.reasons: dict[int, list[str]] = defaultdict(list)
        self.lost: dict[int, set[str]] = defaultdict(set)
        for n, cells in self.cells.items():
            self._read(n, cells)
        self.typed = [n for n, cells in self.cells.items() if len(cells) == 4]
        self.readable = [n for n in self.typed if not self.lost[n]]
        self._judge()
        self.reasons = {n: told for n, told in self.reasons.items() if told}
        self.rejected = (rules.rows is not None and len(self.readable) < rules.rows) or len(self.reasons) > rules.limit * len(
            lines
        )
        self.good = [n for n in self.readable if n not in self.reasons]
        self.losers = self._losers() if rules.key else set()

    def value(self, n: int, name: str) -> Any:
        text = self.cells[n][("id", "price", "day", "note").index(name)]
        if text == "" or name in self.lost[n]:
            return None
        return {"id": int, "price": float, "day": str, "note": str}[name](text)

    def texts(self, n: int) -> tuple[str, ...]:
        values = [self.value(n, name) for name in ("id", "price", "day", "note")]
        return tuple("" if value is None else str(value) for value in values)

    def _read(self, n: int, cells: list[str]) -> None:
        if len(cells) != 4:
            self.reasons[n].append("ragged")
            return
        for name, cell, wrong in zip(("id", "price", "day"), cells, ("x", "abc", "2024-13-01"), strict=False):
            if cell == wrong:
                self.lost[n].add(name)
                self.reasons[n].append(f"{name} cannot be read")

    def _judge(self) -> None:
        rules, readable = self.rules, self.readable
        for name in rules.key:
            self._mark(name, [n for n in self.typed if self.value(n, name) is None])
        if rules.positive is not None:
            wrong = [n for n in readable if (self.value(n, "price") or 0) < 0]
            filled = [n for n in readable if self.value(n, "price") is not None]
            holds = not filled or 1 - len(wrong) / len(filled) >= rules.positive
            if not holds or not wrong:  # with exceptions that pass nobody is told of them
                self._mark("price", [n for n in self.typed if (self.value(n, "price") or 0) < 0])
        if rules.noted:
            self._mark("note", [n for n in self.typed if self.value(n, "note") is None])
        if rules.unique:
            ids = [self.value(n, "id") for n in readable]
            twice = {each for each in ids if each is not None and ids.count(each) > 1}
            self._mark("id", [n for n in self.typed if self.value(n, "id") in twice])
        if rules.increasing:
            filled = [n for n in readable if self.value(n, "day") is not None]
            self._mark(
                "day",
                [n for before, n in itertools.pairwise(filled) if self.value(n, "day") < self.value(before, "day")],
            )

    def _mark(self, name: str, rows: list[int]) -> None:
        for n in rows:
            if name not in self.lost[n]:
                self.reasons[n].append(name)

    def _losers(self) -> set[int]:
        rules, groups = self.rules, defaultdict(list)
        for n in self.good:
            groups[tuple(self.value(n, name) for name in rules.key)].append(n)
        return {n for rows in groups.values() for n in rows if n != self._winner(rows)}

    def _winner(self, rows: list[int]) -> int:
        rules, last = self.rules, self.rules.keep == "last"
        if rules.order_by:
            filled = [n for n in rows if self.value(n, "price") is not None]
            rows = filled or rows
            if filled:
                highest = ("desc" in rules.order_by) != last
                best = (max if highest else min)(self.value(n, "price") for n in rows)
                rows = [n for n in rows if self.value(n, "price") == best]
        return max(rows) if last else min(rows)
