"""Marks tests of the field table: what real providers do, what Parley must do, what it did."""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

ROW_IDS = (
    *(f"V{number}" for number in range(1, 7)),
    *(f"M{number}" for number in range(1, 12)),
    *(f"S{number}" for number in range(1, 7)),
    *(f"T{number}" for number in range(1, 13)),
    *(f"P{number}" for number in range(1, 9)),
)
"""V: the first call with real keys; M: language models; S: speech synthesis; T: turns; P: the telephone."""

Seen: TypeAlias = Callable[[object], None]
"""Records what the test saw, for the table."""


def row(row_id: str, given: str, expected: str) -> pytest.MarkDecorator:
    """Mark a test as a row of the table; a parametrized test has one line per parameter set.

    Raises:
        ValueError: there is no such row.
    """
    if row_id not in ROW_IDS:
        raise ValueError(f"{row_id}: not a row of the field table")
    return pytest.mark.field_row(row_id, given, expected)


def line_properties(item: pytest.Item) -> list[tuple[str, Any]]:
    """The table's columns of a test, as properties of its report; empty for an unmarked test."""
    mark = item.get_closest_marker("field_row")
    if mark is None:
        return []
    row_id, given, expected = mark.args
    callspec = getattr(item, "callspec", None)
    variant = f" [{callspec.id}]" if callspec is not None else ""
    return [("row", row_id), ("given", f"{given}{variant}"), ("expected", expected)]
