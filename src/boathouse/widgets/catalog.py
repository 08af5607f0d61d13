"""The catalog: search what there is, and open it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from boathouse.errors import BoathouseError
from boathouse.widgets import markup
from boathouse.widgets.dataset import DatasetView

if TYPE_CHECKING:
    from boathouse.query.policy import Policy
    from boathouse.workbench import Workbench


class Catalog(widgets.VBox):
    """All datasets that a role may see, found by their words; one of them when it is opened."""

    def __init__(self, wb: Workbench, *, role: str | Policy | None = None):
        self.wb, self.policy = wb, wb.policy(role)
        self.search = widgets.Text(description="Search", placeholder="name, description or column", continuous_update=True)
        self.search.observe(lambda _: self._list(), "value")
        self.found, self.opened = widgets.VBox(), widgets.VBox()
        super().__init__([widgets.HTML(f"{markup.STYLE}<h1>What there is</h1>"), self.search, self.found, self.opened])
        self.add_class("bh-view")
        self._list()

    def _list(self) -> None:
        words = self.search.value.lower().split()
        every = self.wb.catalog(role=self.policy)
        found = [one for one in every if all(word in _words(one) for word in words)]
        self.found.children = tuple(map(self._line, found)) or (widgets.HTML(markup.note(
            "no dataset has these words" if every else "there is no dataset yet: boathouse add NAME --from LOCATION, then boathouse run NAME"
        )),)  # fmt: skip

    def _line(self, entry: dict[str, Any]) -> widgets.HBox:
        button = widgets.Button(
            description=entry["name"], tooltip=f"Open {entry['name']}", layout=widgets.Layout(width="180px", flex="none")
        )
        button.on_click(lambda _: self.look_at(entry["name"]))
        rows = "" if entry["rows"] is None else f"{entry['rows']:,} rows, "
        about = (f"<div>{markup.escape(entry['description'])}</div><div class='bh-note'>{rows}{len(entry['columns'])} columns · "
                 f"{markup.verdict(entry['verdict'])} · changed {markup.escape(entry['updated_at'][:16].replace('T', ' '))}</div>")  # fmt: skip
        return widgets.HBox([button, widgets.HTML(about)], layout=widgets.Layout(align_items="center", margin="2px 0"))

    def look_at(self, name: str) -> None:
        """Shows a dataset in place of the list."""
        back = widgets.Button(description="Back to all", layout=widgets.Layout(width="auto", align_self="flex-start"))
        back.on_click(lambda _: self._back())
        try:
            shown: widgets.Widget = DatasetView(self.wb, name, role=self.policy)
        except BoathouseError as error:
            shown = widgets.HTML(markup.wrong(error.render()))
        self.search.layout.display = self.found.layout.display = "none"
        self.opened.children = (back, shown)

    def _back(self) -> None:
        self.opened.children = ()
        self.search.layout.display = self.found.layout.display = ""


def _words(entry: dict[str, Any]) -> str:
    columns = " ".join(column["name"] for column in entry["columns"])
    return f"{entry['name']} {entry['description'] or ''} {columns}".lower()
