"""GX Data Docs: a page for each result, as GX renders it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def build(results: list[Any]) -> Iterator[tuple[str, bytes]]:
    """(file name, HTML) for each validation result."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    renderer, view = ValidationResultsPageRenderer(), DefaultJinjaPageView()
    for n, result in enumerate(results, 1):
        yield f"batch-{n}.html", view.render(renderer.render(result)).encode()
