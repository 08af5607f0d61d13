"""Links between the pages lead somewhere, and every page can be found from docs/README.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pages import DOCS, REPOSITORY, pages

_LINK = re.compile(r"\]\(([^)\s]+)\)")


def links(page: Path) -> list[str]:
    """The targets of a page's links, those within code left out."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.S)
    return [target for target in _LINK.findall(text) if "://" not in target and not target.startswith("mailto:")]


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_relative_links_resolve(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name} links to {target}, which is not there"
        assert not anchor or anchor in anchors(file), f"{page.name} links to {target}, but {file.name} has no such heading"


def test_every_page_is_in_the_index() -> None:
    index = DOCS / "README.md"
    linked = {(DOCS / target.partition("#")[0]).resolve() for target in links(index)}
    missing = [
        str(page.relative_to(DOCS)) for page in sorted(DOCS.rglob("*.md")) if page != index and page.resolve() not in linked
    ]
    assert not missing, f"docs/README.md links to none of {', '.join(missing)}"


def test_pages_name_no_machine() -> None:
    for page in pages():
        for private in (f"/{folder}/" for folder in ("work", "home", "root")):
            assert private not in page.read_text(encoding="utf-8"), f"{page.name} names {private}"
    assert (REPOSITORY / "README.md").is_file()
