"""Rows of tables as sentences."""

from parley.knowledge.sources.tables import row_text


def test_a_row_names_its_columns() -> None:
    assert row_text(["Plan", "Price"], ["Basic", "$5"]) == "Plan: Basic; Price: $5"


def test_missing_names_and_cells() -> None:
    assert row_text([], ["Mo", "9-17"]) == "Mo; 9-17"
    assert row_text(["Day"], ["Mo", " ", "9-17"]) == "Day: Mo; 9-17"
    assert not row_text(["Day"], [""])
