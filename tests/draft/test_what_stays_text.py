"""A column that is nearly of a type, but not enough: it stays text, and its draft says why."""

from __future__ import annotations

import pytest

from boathouse.workbench import Workbench


@pytest.mark.parametrize(("cells", "said"), [
    ([*map(str, range(10, 25)), "ten", "ten", "two", "?!", "x1"], "stays text: 5 of 20 cells are no BIGINT ('ten', '?!', 'two', 'x1')"),
    ([f"2026-01-{n:02}" for n in range(1, 17)] + ["soon"] * 4, "stays text: 4 of 20 cells are no DATE ('soon')"),
    ([f"word {n}" for n in range(20)], ""),
    ([*map(str, range(10, 29)), "ten"], "1 of 20 cells are no BIGINT ('ten'): quarantine"),
])  # fmt: skip
def test_it_is_said(wb: Workbench, cells: list[str], said: str):
    (wb.root / "in.csv").write_text(
        "\n".join(["id,cell", *(f"{n},{cell}" for n, cell in enumerate(cells))]) + "\n", encoding="utf-8"
    )
    made = wb.draft("readings", str(wb.root / "in.csv"))
    [told] = [one for one in made.assumptions if one.startswith("cell:")]
    assert said in told
    assert bool(said) == ("cells are no" in told)
