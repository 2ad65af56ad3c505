"""Tests for the results of tools."""

import json

import pytest

from services.brain.tools import ToolFailed
from services.brain.tools.results import MAX_RESULT_CHARS, as_json, limited, part_of


def test_a_text_becomes_an_object() -> None:
    """JSON is passed on unchanged."""
    assert as_json('{"a": 1}') == '{"a": 1}'
    assert json.loads(as_json("done")) == {"text": "done"}


def test_a_part_of_the_result_is_selected() -> None:
    """By keys and positions."""
    result = '{"data": {"slots": [{"day": "friday"}]}}'

    assert part_of(result, "") == result
    assert json.loads(part_of(result, "data.slots.0.day")) == "friday"
    for path in ("data.days", "data.slots.1", "data.slots.x", "data.slots.0.day.x"):
        with pytest.raises(ToolFailed, match="has no"):
            part_of(result, path)


def test_a_long_result_is_cut() -> None:
    """The model learns that a part is missing."""
    assert limited({"a": 1}) == '{"a": 1}'
    assert json.loads(limited("done")) == {"text": "done"}
    for value in ("x" * 99_999, ["x"] * 99_999):
        result = limited(value)
        assert len(json.loads(result)["text"]) == MAX_RESULT_CHARS
        assert "cut off" in result


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('\ufeff{"a": 1}', '{"a": 1}'),
        ('{"a": NaN, "b": [1e999, -Infinity]}', '{"a": null, "b": [null, null]}'),
        ('{"a": "\\ud800"}', '{"a": "?"}'),
        ('{"a": "\\ud83d\\ude00"}', '{"a": "\U0001f600"}'),
        ('{"a": "NaN"}', '{"a": "NaN"}'),
    ],
)
def test_a_result_is_json_for_every_parser(text: str, expected: str) -> None:
    """Some models' servers refuse what Python accepts, and half of a surrogate pair cannot be encoded."""
    assert as_json(text) == expected


def test_values_of_python_are_json_for_every_parser() -> None:
    """Numbers that are not finite, and texts that cannot be encoded."""
    assert limited({"a": float("inf"), "b": ("\ud800",)}) == '{"a": null, "b": ["?"]}'
    assert limited(part_of('{"a": "\\ud800"}', "a")) == '"?"'
