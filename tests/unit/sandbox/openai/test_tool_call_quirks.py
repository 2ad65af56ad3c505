"""Quirks of the tool calls within a stream."""

from typing import Any

import pytest

from sandbox.openai import wire
from sandbox.openai.reply import Call, Reply
from sandbox.openai.tool_call_quirks import TOOL_CALL_CHANGES

CALLS = (Call("look", '{"a": 1}', "call_1"), Call("book", '{"b": 22}', "call_2"))
COMPLETION = wire.Completion("id-1", "m", 0, Reply("Good morning.", CALLS, finish="tool_calls"))


def parts(quirk: str) -> list[dict[str, Any]]:
    """The pieces of tool calls in a stream with a quirk."""
    chunks = TOOL_CALL_CHANGES[quirk](wire.chat_chunks(COMPLETION))
    deltas = [choice["delta"] for chunk in chunks for choice in (chunk.data or {})["choices"]]
    return [part for delta in deltas for part in delta.get("tool_calls") or ()]


def test_the_name_is_repeated_in_every_piece() -> None:
    """With the id of its own call."""
    found = [(part["index"], part["id"], part["function"]["name"]) for part in parts("repeat_tool_name")]

    assert set(found) == {(0, "call_1", "look"), (1, "call_2", "book")}
    assert len(found) == 6


def test_whole_calls_are_one_piece_each() -> None:
    """With their complete arguments."""
    found = [(part["id"], part["function"]["arguments"]) for part in parts("whole_tool_call")]

    assert found == [("call_1", '{"a": 1}'), ("call_2", '{"b": 22}')]


@pytest.mark.parametrize(
    ("quirk", "key", "expected"),
    [
        ("index_zero", "index", {0}),
        ("index_null", "index", {None}),
        ("index_missing", "index", set()),
        ("no_tool_id", "id", set()),
        ("null_tool_id", "id", {""}),
    ],
)
def test_indices_and_ids(quirk: str, key: str, expected: set[Any]) -> None:
    """They are wrong or missing in each piece."""
    assert {part[key] for part in parts(quirk) if key in part} == expected


def test_the_arguments_may_arrive_in_characters() -> None:
    """Or alternate between the calls."""
    pieces = [part["function"]["arguments"] for part in parts("byte_tool_arguments")]

    assert max(len(piece) for piece in pieces) == 1
    assert [part["index"] for part in parts("interleaved_tool_calls")] == [0, 1, 0, 1, 0, 1]
