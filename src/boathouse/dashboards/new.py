"""A first dashboard of a dataset, from what the catalog knows of it: a notebook for its author to go on with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from boathouse.dashboards.parts import words
from boathouse.engine import quote
from boathouse.errors import UsageError
from boathouse.workbench import Workbench

_DAY, _FIGURE = re.compile(r"DATE|TIMESTAMP"), re.compile(r"DECIMAL|DOUBLE|FLOAT|BIGINT|INTEGER|SMALLINT|HUGEINT")
_NO_SUM = re.compile(
    r"(^|_)(id|key|code|no|nr|number|year|month|day|zip|postcode|phone|lat|lon|latitude|longitude)$", re.IGNORECASE
)
_AN_AVERAGE = re.compile(r"price|rate|share|percent|ratio|score|age|temperature", re.IGNORECASE)
_SAMPLE, _VALUES = 100_000, 40  # rows that are looked at; values that a filter can offer


def write(wb: Workbench, name: str, dataset: str, *, replace: bool) -> Path:
    """Writes dashboards/NAME.ipynb. Raises UsageError for a name that cannot be one, or where it is there and not to be replaced,
    MissingError for a dataset that is none."""
    path = wb.root / "dashboards" / f"{name}.ipynb"
    if not name.isidentifier() or not name.isascii():
        raise UsageError(f"{name!r} cannot name a dashboard", hint="use letters, digits and _")
    if path.exists() and not replace:
        raise UsageError(f"{path} is there already", hint=f"edit it, or: boathouse add dashboard {name} --replace …")
    text = _source(wb, dataset, words(name))
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _source(wb: Workbench, dataset: str, title: str) -> str:
    """The notebook as JSON."""
    import nbformat
    from nbformat import v4

    [known] = wb.catalog(dataset)
    code = _code(
        title, dataset, [(column["name"], column["type"]) for column in known["columns"]], _kinds(wb, dataset, known["columns"])
    )
    cells = [
        v4.new_code_cell(
            "# a first page: change it and run it; the words are in docs/dashboards.md\nfrom boathouse.dashboards import chart, filter, metric, page, table"
        ),
        v4.new_code_cell(code),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return (
        nbformat.writes(v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})) + "\n"
    )


def _kinds(wb: Workbench, dataset: str, columns: list[dict[str, Any]]) -> list[str]:
    """The columns of text with few enough values to choose from, those with the fewest first."""
    texts = [column["name"] for column in columns if column["type"] in ("VARCHAR", "BOOLEAN")]
    if not texts:
        return []
    counts = ", ".join(f"count(DISTINCT {quote(name)}) AS {quote(name)}" for name in texts)
    [found] = wb.sql(f"SELECT {counts} FROM (SELECT * FROM {quote(dataset)} LIMIT {_SAMPLE})").rows()
    return sorted((name for name in texts if 1 < found[name] <= _VALUES), key=lambda name: (found[name], texts.index(name)))


def _code(title: str, dataset: str, columns: list[tuple[str, str]], kinds: list[str]) -> str:
    days = [name for name, kind in columns if _DAY.match(kind)]
    figures = [(name, kind) for name, kind in columns if _FIGURE.match(kind) and not _NO_SUM.search(name)]
    measures = [name for name, kind in sorted(figures, key=lambda one: not one[1].startswith("DECIMAL"))][:3]  # money first
    month = f"date_trunc('month', {_named(days[0])})::DATE" if days else None
    over = f", over={_text(month)}" if month else ""
    value, told = (_sum(measures[0]), words(measures[0])) if measures else ("count(*)", "Rows")
    lines = [f"filter({_text(name)})," for name in (*kinds[:4], *days[:1])]
    lines.append(f'metric("Rows", "count(*)"{over}),')
    lines += [f"metric({_text(words(name))}, {_text(_sum(name))}{over})," for name in measures]
    if month:
        colour = f", color={_text(_named(kinds[0]))}" if kinds else ""
        lines.append(f"chart({_text(told + ' by month')}, {_text(month)}, {_text(value)}{colour}),")
    lines += [f"chart({_text(f'{told} by {words(name).lower()}')}, {_text(_named(name))}, {_text(value)})," for name in kinds[:3]]
    lines.append(f'table("Rows", by={_text(f"{_named(days[0])} DESC" if days else _named(columns[0][0]))}),')
    body = "\n".join(f"    {line}" for line in lines)
    return f"page(\n    {_text(title)},\n{body}\n    rows={_text(dataset)},\n    chat=True,\n)"


def _text(text: str) -> str:
    """As Python writes it, in the quotes that our notebooks have."""
    return json.dumps(text, ensure_ascii=False)


def _sum(name: str) -> str:
    return f"{'avg' if _AN_AVERAGE.search(name) else 'sum'}({_named(name)})"


def _named(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else quote(name)
