"""HTML that several widgets show. Every text is escaped here."""

from __future__ import annotations

import html
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from boathouse.errors import BoathouseError

STYLE = """<style>
.bh-view .bh-note {color: var(--jp-ui-font-color2, #555); font-size: 12px}
.bh-view table {border-collapse: collapse; font-size: 13px; margin: 4px 0}
.bh-view td, .bh-view th {padding: 3px 10px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--jp-border-color3, #eee)}
.bh-view td.n {text-align: right; font-variant-numeric: tabular-nums}
.bh-view h1 {font-size: 1.3em; margin: 4px 0} .bh-view h2 {font-size: 1em; margin: 10px 0 2px}
.bh-view .bh-scroll {overflow: auto; max-height: 360px}
.bh-view pre {white-space: pre-wrap; margin: 4px 0} .bh-view .widget-html, .bh-view .widget-html-content {height: auto; line-height: 1.4}
.bh-view .bh-good::before {content: "✓ "; color: #2a9d7f} .bh-view .bh-bad::before {content: "✗ "; color: #c4543f}
.bh-view .bh-warn::before {content: "! "; color: #d9822b; font-weight: bold}
.bh-view .bh-road {display: flex; flex-flow: row wrap; align-items: center; gap: 8px; list-style: none; padding: 8px 0; margin: 0}
.bh-view .bh-road li {border: 1px solid var(--jp-border-color1, #bbb); border-radius: 6px; padding: 6px 12px}
.bh-view .bh-road li + li::before {content: "→"; position: relative; left: -26px; width: 0; margin-right: -12px}
.bh-view .bh-road li + li {margin-left: 18px}
.bh-view .lm-TabBar-tabLabel, .bh-view .jupyter-widget-Collapse-header span {color: var(--jp-ui-font-color0, #111)}
.bh-view svg {max-width: 100%; height: auto}
</style>"""


def escape(value: Any) -> str:
    return "" if value is None else html.escape(str(value))


def note(text: str) -> str:
    return f'<div class="bh-note">{html.escape(text)}</div>' if text else ""


def wrong(text: str) -> str:
    """What went wrong, for a screen reader as well."""
    return f'<div class="bh-bad" role="alert">{html.escape(text)}</div>'


def told(error: BoathouseError) -> Any:
    """What stands in a widget's place."""
    import ipywidgets

    return ipywidgets.HTML(STYLE + wrong(error.render())).add_class("bh-view")


def verdict(word: str | None) -> str:
    """A verdict or a status: its word, and a mark before it."""
    kind = {"passed": "good", "published": "good", "unchanged": "good", "passed with quarantine": "warn"}.get(word or "", "bad")
    return f'<span class="bh-{kind}">{html.escape(word)}</span>' if word else "no verdict"


class Raw(str):
    """HTML that was made here."""


class Figure(Raw):
    """HTML of a number, or the name of a column of them: it stands to the right."""


def table(head: Iterable[str], rows: Iterable[Iterable[Any]], label: str = "rows") -> str:
    """Rows as a table."""
    top = "".join(_cell(name, 'th scope="col"', "th") for name in head)
    body = "".join(f"<tr>{''.join(_cell(value, 'td', 'td') for value in row)}</tr>" for row in rows)
    return (f'<div class="bh-scroll" tabindex="0" role="region" aria-label="{html.escape(label)}"><table><thead><tr>{top}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>")  # fmt: skip


def _cell(value: Any, begin: str, end: str) -> str:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        value = Figure(_rounded(value) if isinstance(value, float) else f"{value:,}")
    right = ' class="n"' if isinstance(value, Figure) else ""
    return f"<{begin}{right}>{value if isinstance(value, Raw) else escape(value)}</{end}>"


def _rounded(value: float) -> str:
    """A number to look at: what is downloaded has all its digits."""
    return f"{value:,.4f}".rstrip("0").rstrip(".") if abs(value) >= 1 else f"{value:.4g}"
