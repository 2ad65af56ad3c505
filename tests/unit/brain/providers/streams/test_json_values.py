"""JSON values of unknown type."""

import pytest

from services.brain.providers.streams.json_values import as_index, as_list, as_object, as_text


def test_lists_and_objects() -> None:
    """Anything else is empty; an object is a list of one."""
    assert as_object([1]) == {}
    assert as_object({"a": 1}) == {"a": 1}
    assert as_list({"a": 1}) == [{"a": 1}]
    assert as_list("ab") == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "a"), (5, "5"), (1.5, "1.5"), (True, ""), (None, ""), ([], ""), (10**400, ""), (float("inf"), "")],
)
def test_texts(value: object, expected: str) -> None:
    """A number is its digits, unless it is absurd."""
    assert as_text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0), ("2", 2), ("²", None), (True, None), (1.0, None), (None, None), ("-1", None)],
)
def test_indices(value: object, expected: int | None) -> None:
    """An integer or its digits."""
    assert as_index(value) == expected
