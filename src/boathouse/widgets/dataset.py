"""One dataset: its columns, rows, quality, versions, lineage and quarantine, each read when it is looked at."""

from __future__ import annotations

import html
import json
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from boathouse import plot
from boathouse.errors import BoathouseError
from boathouse.lake.quarantine import passing, rule
from boathouse.widgets import markup
from boathouse.widgets.markup import Raw
from boathouse.widgets.picture import Picture

if TYPE_CHECKING:
    from boathouse.query.policy import Policy
    from boathouse.workbench import Workbench

_SAMPLE, _SHOWN = 200, 100


class DatasetView(widgets.VBox):
    """A dataset at its newest version, or at the one named; `role` sees what a role sees."""

    def __init__(self, wb: Workbench, name: str, *, version: int | None = None, role: str | Policy | None = None):
        self.wb, self.name, self.version, self.policy = wb, name, version, wb.policy(role)
        self.known = wb.dataset(name, role=self.policy)
        parts: dict[str, Callable[[], list[widgets.Widget]]] = {
            "Columns": self._columns, "Rows": self._rows, "Quality": self._quality, "Versions": self._versions,
            "Lineage": self._lineage, "Quarantine": self._quarantine,
        }  # fmt: skip
        self._parts, self._filled = list(parts.values()), set[int]()
        self.tab = widgets.Tab([widgets.VBox([widgets.HTML(markup.note("…"))]) for _ in parts], titles=tuple(parts))
        self.tab.observe(lambda change: self._fill(change["new"]), "selected_index")
        super().__init__([widgets.HTML(markup.STYLE + self._head()), self.tab])
        self.add_class("bh-view")
        self._fill(0)

    def _head(self) -> str:
        known = self.known
        rows = "" if known["rows"] is None else f"{known['rows']:,} rows · "
        due = known["freshness"]["overdue_since"]
        late = f' · <span class="bh-warn">overdue since {markup.escape(due[:16])}</span>' if due else ""
        at = "" if self.version is None else f" (you look at version {self.version})"
        return (f"<h1>{html.escape(self.name)}</h1>{markup.note(known['description'] or '')}<div class='bh-note'>{rows}version "
                f"{known['version']}{at} · {markup.verdict(known['verdict'])} · changed {markup.escape(known['updated_at'][:16].replace('T', ' '))}"
                f"{late}</div>")  # fmt: skip

    def _fill(self, place: int | None) -> None:
        """Fills a part, the first time that it is looked at."""
        if place is None or place in self._filled:
            return
        self._filled.add(place)
        box = self.tab.children[place]
        try:
            box.children = tuple(self._parts[place]())
        except BoathouseError as error:
            box.children = (widgets.HTML(markup.wrong(error.render())),)

    def _pinned(self) -> dict[str, int] | None:
        return None if self.version is None else {self.name: self.version}

    def _columns(self) -> list[widgets.Widget]:
        told = {column["name"]: column["description"] for column in self.known["columns"]}
        counted = self.wb.profile(self.name, versions=self._pinned(), role=self.policy)
        rows = [[name, one["type"], told.get(name), one["nulls"], one["values"], one["low"], one["high"]]
                for name, one in counted.items()]  # fmt: skip
        head = ("column", "type", "description", "empty", "values, about", "lowest", "highest")
        few = [
            name for name in counted if 2 * counted[name]["values"] < (self.known["rows"] or 0)
        ]  # no key: its shape says nothing
        chosen = widgets.Dropdown(options=list(counted), description="Shape of", style={"description_width": "initial"})
        chosen.value = (few or list(counted))[0]
        picture, said = Picture(), widgets.HTML()

        def draw(_: Any = None) -> None:
            try:
                spec = self.wb.shape(self.name, chosen.value, versions=self._pinned(), role=self.policy)
                picture.draw(spec, f"how often {chosen.value} has each value")
                said.value = picture.layout.display = ""
            except BoathouseError as error:  # the counts above stay
                picture.layout.display, said.value = "none", markup.wrong(error.render())

        chosen.observe(draw, "value")
        draw()
        return [widgets.HTML(markup.table(head, rows, "columns")), chosen, said, picture]

    def _rows(self) -> list[widgets.Widget]:
        from boathouse.engine import quote
        from boathouse.widgets.table import Table

        found = self.wb.sql(f"SELECT * FROM {quote(self.name)} LIMIT {_SAMPLE}", versions=self._pinned(), role=self.policy)
        return [widgets.HTML(markup.note(f"the first {_SAMPLE} rows")), Table(found)]

    def _quality(self) -> list[widgets.Widget]:
        made: list[widgets.Widget] = []
        counted = [one for one in reversed(self.known["versions"]) if one.get("rows_read") is not None]
        if counted:
            bars = [{"version": f"v{one['version']}", "rows": rows, "became": word}
                    for one in counted[-60:] for word, rows in (("got in", _got_in(one)), ("quarantined", one["rows_quarantined"]))]  # fmt: skip
            colours = {"domain": ["got in", "quarantined"], "range": [plot.GOOD, plot.WARN]}
            encoding = {
                "x": {
                    "field": "version",
                    "type": "nominal",
                    "sort": None,
                    "title": None,
                    "axis": {"labelAngle": 0, "labelOverlap": True},
                },
                "y": {"field": "rows", "type": "quantitative", "title": "rows of the batch"},
                "color": {"field": "became", "type": "nominal", "title": None, "scale": colours},
            }
            made.append(
                Picture({"data": {"values": bars}, "height": 140, "mark": "bar", "encoding": encoding}, "rows by version")
            )
        judged = self.known["quality"]["expectations"]
        rows = [
            [one["about"], one["severity"], Raw(markup.verdict("passed" if one["success"] else "failed")), one["unexpected"]]
            for one in judged or []
        ]
        told = "what was counted in its rows is not for you to see" if judged is None else "no suite has judged it yet"
        if self.version is not None:
            made.append(
                widgets.HTML(markup.note(f"the suite's verdicts are those on version {self.known['version']}, the newest"))
            )
        made.append(
            widgets.HTML(
                markup.table(("must hold", "severity", "latest batch", "rows against it"), rows, "expectations")
                if rows
                else markup.note(told)
            )
        )
        return made

    def _versions(self) -> list[widgets.Widget]:
        rows = [[one["version"], str(one["timestamp"])[:19], Raw(markup.verdict(one["verdict"])) if one.get("verdict") else one.get("operation"),
                 one.get("item"), one.get("rows_read"), _got_in(one), one.get("rows_quarantined")] for one in self.known["versions"]]  # fmt: skip
        told = markup.note(f'the rows of a version: wb["{self.name}"].at(0).df()')
        return [
            widgets.HTML(
                markup.table(("version", "at", "verdict", "item", "read", "got in", "quarantined"), rows, "versions") + told
            )
        ]

    def _lineage(self) -> list[widgets.Widget]:
        lineage = self.known["lineage"]
        source = lineage["source"]
        from_ = f"{source['type']}<br>{markup.escape(source.get('location'))}" if source else "unknown"
        boxes = [
            f"<b>source</b><br>{from_}",
            f"<b>pipeline</b><br>{markup.escape(lineage['pipeline'])}",
            f"<b>dataset</b><br>{html.escape(self.name)}",
        ]
        if lineage["queries"]:
            boxes.append(f"<b>saved queries</b><br>{'<br>'.join(map(html.escape, lineage['queries']))}")
        road = (
            f'<ul class="bh-road" aria-label="where it comes from and goes to">{"".join(f"<li>{box}</li>" for box in boxes)}</ul>'
        )
        items = [
            [one["item"], one["version"], str(one["timestamp"])[:19], one["rows_read"], one["rows_quarantined"]]
            for one in lineage["items"] or []
        ]
        below = markup.table(("item", "version", "came", "read", "quarantined"), items, "items") if items else ""
        return [widgets.HTML(road + below)]

    def _quarantine(self) -> list[widgets.Widget]:
        if not self.policy.unlimited:
            return [widgets.HTML(markup.note("rows that were kept out are for those who see everything"))]
        rows = self.wb.quarantine(self.name, self.version)
        if not rows:
            return [widgets.HTML(markup.note("no row is kept out"))]
        rules = Counter(broken for row in rows for broken in {rule(reason) for reason in row["reasons"]}).most_common()
        ticks = [
            widgets.Checkbox(description=f"{reason} ({count:,})", indent=False, layout=widgets.Layout(width="auto"))
            for reason, count in rules
        ]
        shown = widgets.HTML()

        def relax(_: Any = None) -> None:
            relaxed = {reason for tick, (reason, _) in zip(ticks, rules, strict=True) if tick.value}
            would = passing(rows, relaxed)
            said = f"{len(would):,} of {len(rows):,} rows would pass" if relaxed else f"{len(rows):,} rows are kept out"
            shown.value = f'<div role="status">{said}</div>{_kept_out(would if relaxed else rows)}'

        for tick in ticks:
            tick.observe(relax, "value")
        relax()
        return [widgets.HTML("<h2>What would pass if these did not have to hold?</h2>"), *ticks, shown]


def _got_in(version: dict[str, Any]) -> int | None:
    """The rows of a version's batch that are in the dataset."""
    if version.get("rows_read") is None:
        return None
    return version["rows_read"] - version["rows_quarantined"] - version.get("rows_deduplicated", 0)


def _kept_out(rows: list[dict[str, Any]]) -> str:
    cells = [
        [row["item"], row["line"] or row["row_number"], "; ".join(row["reasons"]), json.dumps(row["row"], ensure_ascii=False)]
        for row in rows[:_SHOWN]
    ]
    more = markup.note(f"{len(rows) - _SHOWN:,} more rows") if len(rows) > _SHOWN else ""
    return markup.table(("item", "line", "reasons", "row as it came"), cells, "rows in quarantine") + more
