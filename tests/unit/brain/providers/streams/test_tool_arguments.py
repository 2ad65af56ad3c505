"""Arguments of tool calls in fragments."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.brain.providers.streams.tool_arguments import arguments_text, split_calls


@pytest.mark.parametrize(
    ("fragments", "expected"),
    [
        ([], ["{}"]),
        (["", " "], ["{}"]),
        (["null"], ["{}"]),
        (['{"a"', ": 1}"], ['{"a": 1}']),
        (['{"a": 1}', '{"a": 1}'], ['{"a": 1}']),
        (['{"a":', " 1}", '{"a": 1}'], ['{"a": 1}']),
        (['{"a"', '{"a": 1', '{"a": 1}'], ['{"a": 1}']),
        (["{}", '{"a": 1}'], ['{"a": 1}']),
        (['{"a": 1}', '{"a": 2}'], ['{"a": 1}', '{"a": 2}']),
        (['{"a": 1}{"a"', ": 2}"], ['{"a": 1}', '{"a": 2}']),
        (['"{\\"a\\": 1}"'], ['{"a": 1}']),
        (['""'], ["{}"]),
        (['{"a": '], ['{"a": ']),
        (["not JSON"], ["not JSON"]),
        (['{"a": NaN}'], ['{"a": NaN}']),
        (['{"a": "\\ud800"}'], ['{"a": "\\ud800"}']),
    ],
)
def test_calls_are_read_from_fragments(fragments: list[str], expected: list[str]) -> None:
    """Repetitions and placeholders are dropped, calls that follow each other are distinguished."""
    assert split_calls(fragments) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [({"a": [1]}, '{"a": [1]}'), (None, ""), (5, ""), (True, ""), ("{", "{"), ([1], "[1]"), ({}, "{}")],
)
def test_arguments_of_any_type(value: object, expected: str) -> None:
    """Some servers send an object in place of a string."""
    assert arguments_text(value) == expected


_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
_OBJECTS = st.dictionaries(_TEXT, st.integers() | _TEXT, min_size=1, max_size=3)


@given(_OBJECTS, st.lists(st.integers(0, 60), max_size=4))
def test_one_object_survives_any_cuts(value: dict[str, object], cuts: list[int]) -> None:
    """And is not changed."""
    text = json.dumps(value, ensure_ascii=False)
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    fragments = [text[begin:end] for begin, end in pairwise(places)]

    (found,) = split_calls(fragments)
    assert json.loads(found) == json.loads(text)


@given(st.lists(st.text(max_size=20), max_size=5))
def test_any_text_is_accepted(fragments: list[str]) -> None:
    """No text raises an exception, and each gives a call."""
    assert split_calls(fragments)
