"""GX Data Docs: for each batch the page that GX renders of its result, and an index of them."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from boathouse.secrets import scrub
from boathouse.suites.judge import quiet

_INDEX = "index.html"
# where GX's pages expect the index and the suites of a whole site
_ELSEWHERE = ("../../../../index.html", "../../../../expectations/{}.html")


@dataclass(frozen=True)
class Page:
    """What a page is about: a batch's item, its verdict in a word or a sentence, and GX's result."""

    item: str
    verdict: str
    result: Any


def build(run_id: str, pages: list[Page]) -> Iterator[tuple[str, bytes]]:
    """(file name, HTML): index.html and a page for each batch. Known secrets are left out."""
    names = [f"batch-{n}.html" for n in range(1, len(pages) + 1)]
    yield _INDEX, scrub(_index(run_id, dict(zip(names, pages, strict=True)))).encode()
    for name, page in zip(names, pages, strict=True):
        yield name, scrub(_render(run_id, page)).encode()


def _render(run_id: str, page: Page) -> str:
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    result = page.result
    for outcome in result.results:
        config = outcome.expectation_config
        outcome.result, outcome.exception_info = _harmless(outcome.result), _harmless(outcome.exception_info)
        config.kwargs, config.description, config.notes = map(_harmless, (config.kwargs, config.description, config.notes))
    result.meta["run_id"] = {"run_name": _harmless(run_id), "run_time": ""}
    result.meta["batch_spec"] = {"data_asset_name": _harmless(page.item)}
    result.suite_name = _harmless(result.suite_name)
    with quiet():
        text = DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(result))
    for link in _ELSEWHERE:
        text = text.replace(link.format(result.suite_name), _INDEX)
    return text


def _harmless(value: Any) -> Any:
    """GX shows some texts, values of the data among them, as if they were HTML; and traces with this machine's paths."""
    if isinstance(value, dict):
        return {key: "" if key == "exception_traceback" else _harmless(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_harmless(inner) for inner in value]
    return value.replace("<", "<\u200b") if isinstance(value, str) else value  # what follows is no tag to a browser


def _index(run_id: str, pages: dict[str, Page]) -> str:
    rows = "".join(f'<tr><td><a href="{name}">{html.escape(page.item)}</a></td><td>{html.escape(page.verdict)}</td></tr>'
                   for name, page in pages.items())  # fmt: skip
    title = html.escape(run_id)
    return (f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>'
            f"<table><tr><th>item</th><th>verdict</th></tr>{rows}</table></html>")  # fmt: skip
