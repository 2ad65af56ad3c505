"""Values of expectations: numbers, texts, patterns and parts of results."""

from typing import Any

import pytest

from cli.testing.expectations import values


@pytest.mark.parametrize(
    ("wanted", "got", "fits"),
    [
        (2, 2, True),
        ("2", 2, True),
        (2, 3, False),
        ("at least 2", 3, True),
        ("at least 2", 1, False),
        ("at most 2", 2, True),
        ("at most 2", 3, False),
    ],
)
def test_a_count_is_exact_or_a_limit(wanted: Any, got: int, fits: bool) -> None:
    assert values.count_matcher(wanted)(got) is fits


@pytest.mark.parametrize("value", [True, -1, "many", "at least", None, 1.5, [1]])
def test_anything_else_is_not_a_count(value: Any) -> None:
    with pytest.raises(ValueError, match="must be a number such as 2"):
        values.count_matcher(value)


@pytest.mark.parametrize("value", [None, True, [None], {"a": 1}, "", [""]])
def test_a_text_that_yaml_read_as_something_else_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="put it in quotes"):
        values.texts(value)


@pytest.mark.parametrize(
    ("wanted", "got", "contained"),
    [
        ({"day": "tuesday"}, {"day": "Tuesday", "hour": 10}, True),
        ({"hour": 10}, {"hour": 10.0}, False),
        ({"hour": 10}, {"hour": "10"}, True),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, True),
        ({"a": 1}, None, False),
        ([1], [2, 1], True),
        ([3], [2, 1], False),
        (True, 1, False),
        (None, None, True),
        ("/tues.*/", "on Tuesday", True),
        ({"day": "/^mon/"}, {"day": "Tuesday"}, False),
        ({}, {}, True),
    ],
)
def test_a_part_of_a_result(wanted: Any, got: Any, contained: bool) -> None:
    assert values.is_subset(wanted, got) is contained


def test_an_invalid_pattern_is_refused_where_it_is() -> None:
    with pytest.raises(ValueError, match=r"'\[' is not a regular expression"):
        values.check_patterns({"a": [{"b": "/[/"}]})


@pytest.mark.parametrize("value", [{}, None, {"max": 0}, {"max": "x"}, {"most": 1}])
def test_unusable_limits_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"must|unknown key"):
        values.limits(value, ("min", "max"))
