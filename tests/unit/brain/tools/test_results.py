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
