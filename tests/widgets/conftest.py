"""What the tests of widgets look with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page

from boathouse.workbench import Workbench
from tests.widgets.jupyter import shown


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`open_page("lab", wb, "chat")` is a notebook's page, by another browser where one is named; it ends with the test, also with one
    that fails."""
    with ExitStack() as pages:

        def page(front_end: str, wb: Workbench, name: str, by: Browser = browser) -> Page:
            return pages.enter_context(shown(front_end, wb, name, by))

        yield page
