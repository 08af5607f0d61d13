"""What a pipeline may be called after its file."""

from __future__ import annotations

import pytest

from boathouse.names import of_file


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("in/Café tabs.csv.gz", "cafe_tabs"),
        ("2026 tabs (final).csv", "c_2026_tabs_final"),
        ("silos/orders*.csv", "orders"),
        ("税.csv", "column"),
    ],
)
def test_a_file_names_its_pipeline(location: str, name: str):
    assert of_file(location) == name
