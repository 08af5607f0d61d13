"""A run's executed notebook as a page, which holds its own style and no script."""

from __future__ import annotations

import base64
import html

_STYLE = """
body {font-family: system-ui, sans-serif; max-width: 1100px; margin: 1.5em auto; padding: 0 1em; line-height: 1.45; color: #222; background: #fff}
pre, code {font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 13px; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0}
.jp-InputArea, .input_area {background: #f5f7f9; border-left: 3px solid #9db4c8; padding: 6px 12px; margin: 14px 0 6px}
.prompt, .jp-InputPrompt, .jp-OutputPrompt, .anchor-link {display: none}
.output_area, .jp-OutputArea {overflow-x: auto; margin: 4px 0} table {border-collapse: collapse; font-size: 13px}
td, th {padding: 3px 10px; text-align: left; border-bottom: 1px solid #ddd} svg, img {max-width: 100%; height: auto}
.ansi-red-fg {color: #b3261e} .ansi-green-fg {color: #1b6e4a} .ansi-cyan-fg, .ansi-blue-fg {color: #17609b}
@media (prefers-color-scheme: dark) {body {color: #ddd; background: #151515} .jp-InputArea, .input_area {background: #222}
td, th {border-color: #444} .ansi-red-fg {color: #ff8a80} .ansi-green-fg {color: #7fd1ae} .ansi-cyan-fg, .ansi-blue-fg {color: #8ec5f0}}
"""


def page(title: str, notebook: bytes) -> bytes:
    """The HTML of a notebook. Raises ImportError where nbconvert is not installed."""
    import nbformat
    from nbconvert import HTMLExporter

    read = nbformat.reads(notebook.decode(), as_version=4)
    body, _ = HTMLExporter(template_name="basic").from_notebook_node(read)
    whole = base64.b64encode(notebook).decode()  # where nothing may be fetched, a link to the server would be another site's
    return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>'
            f'<p><a download="{html.escape(title)}.ipynb" href="data:application/x-ipynb+json;base64,{whole}">As a notebook</a></p>'
            f"{body}</body></html>").encode()  # fmt: skip
