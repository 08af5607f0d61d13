"""What a page in a browser tells its kernel first: that it is there."""

from __future__ import annotations

from collections.abc import Callable

import anywidget


class Seen(anywidget.AnyWidget):
    """Tells once that it is on a page, and how wide that is in pixels: from then on a browser has every widget that there was,
    and hears of new ones."""

    # a page that is left while it is made has nobody left to tell
    _esm = "export default { render({ model }) { try { model.send({ width: window.innerWidth }); } catch {} } };"

    def on_seen(self, told: Callable[[int], None]) -> None:
        self.on_msg(lambda _, content, __: told(int(content["width"])))
