"""A Vega-Lite picture in JupyterLab and Voilà, which draw it by what they bring themselves."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from boathouse import plot


class Picture(widgets.Output):
    """A picture that can be drawn again; `words` tell those who cannot see it what it shows."""

    def __init__(self, spec: dict[str, Any] | None = None, words: str = "a chart"):
        super().__init__(layout=widgets.Layout(width="100%", overflow="hidden"))
        if spec is not None:
            self.draw(spec, words)

    def draw(self, spec: dict[str, Any], words: str = "a chart") -> None:
        self.outputs = ({"output_type": "display_data", **plot.bundle(spec, words)},)
