"""The few lines that a page runs in the browser: which mark of a chart was clicked, rows that come into view, its address."""

from __future__ import annotations

from collections.abc import Callable

import anywidget
import traitlets

from boathouse.dashboards.draw import ROW

# Vega's SVG keeps the datum of a mark on its element; the tile is found once this element is in the page
_SCRIPT = """
export default {
  render({ model, el }) {
    let tile = null;
    const listen = (event) => {
      for (let node = event.target; node && node !== tile; node = node.parentNode) {
        const datum = node.__data__ && node.__data__.datum;
        const row = datum && (datum.ROW ?? (datum.datum && datum.datum.ROW));
        if (row !== undefined && row !== null) { model.send({ row }); return; }
      }
    };
    const attach = (tries) => {
      tile = el.closest(".bh-tile");
      if (tile) tile.addEventListener("click", listen);
      else if (tries) setTimeout(() => attach(tries - 1), 100);
    };
    attach(50);
    return () => tile && tile.removeEventListener("click", listen);
  },
};
""".replace("ROW", ROW)


class Into(anywidget.AnyWidget):
    """Brings what it stands in into view, once it is there."""

    _esm = "export default { render({ el }) { requestAnimationFrame(() => el.parentElement.scrollIntoView({ block: 'nearest' })); } };"


class Address(anywidget.AnyWidget):
    """What stands behind the page's address in the browser, so that it is copied, and loaded again, as it is."""

    query = traitlets.Unicode().tag(sync=True)
    _esm = """export default { render({ model }) {
      model.on("change:query", () => history.replaceState(null, "", location.pathname + model.get("query")));
    } };"""


class Clicks(anywidget.AnyWidget):
    """Listens within the tile that it stands in."""

    _esm = _SCRIPT

    def on_row(self, told: Callable[[int], None]) -> None:
        self.on_msg(lambda _, content, __: told(int(content["row"])))
