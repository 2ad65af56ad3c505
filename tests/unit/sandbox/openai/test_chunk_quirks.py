"""Quirks of chunks: each changes the form of a stream, and none its content."""

import json
from typing import Any

import pytest

from sandbox.openai import wire
from sandbox.openai.chunk_quirks import with_quirks
from sandbox.openai.faults import QUIRKS
from sandbox.openai.reply import Call, Reply

CALLS = (Call("look", '{"a": 1}', "call_1"), Call("book", '{"b": 22}', "call_2"))
REPLY = Reply("Good morning, Ann Lee.", CALLS, finish="tool_calls")
COMPLETION = wire.Completion("id-1", "m", 0, REPLY)


def chunks(*quirks: str, reply: Reply = REPLY) -> list[dict[str, Any]]:
    made = wire.Completion("id-1", "m", 0, reply)
    found = with_quirks(wire.chat_chunks(made), quirks, wire.usage_payload(made))
    return [json.loads(json.dumps(chunk.data)) for chunk in found]


def deltas(*quirks: str) -> list[dict[str, Any]]:
    return [choice.get("delta") or {} for chunk in chunks(*quirks) for choice in chunk["choices"]]


def text_of(*contents: Any) -> str:
    """The text of contents, which may be lists of parts."""
    found = [part.get("text", "") for content in contents if isinstance(content, list) for part in content]
    return "".join([content for content in contents if isinstance(content, str)] + found)


def parts(*quirks: str) -> list[dict[str, Any]]:
    return [part for delta in deltas(*quirks) for part in delta.get("tool_calls") or ()]


@pytest.mark.parametrize("quirk", QUIRKS)
def test_a_quirk_keeps_the_text_and_the_arguments(quirk: str) -> None:
    """The joined pieces are the same."""
    assert text_of(*[delta.get("content") for delta in deltas(quirk)]) == REPLY.text
    pieces = [part["function"]["arguments"] for part in parts(quirk)]
    if quirk != "interleaved_tool_calls":
        assert "".join(pieces) == '{"a": 1}{"b": 22}'


def test_all_quirks_at_once() -> None:
    """They can be combined."""
    assert text_of(*[delta.get("content") for delta in deltas(*QUIRKS)]) == REPLY.text


def test_filter_chunks_have_no_delta() -> None:
    """Some have none, some a null; the first chunk has no choices."""
    found = [choice for chunk in chunks("null_delta") for choice in chunk["choices"]]

    assert [choice for choice in found if "delta" not in choice]
    assert [choice for choice in found if "delta" in choice and choice["delta"] is None]
    assert chunks("empty_choices")[0]["choices"] == []
    assert chunks("empty_choices")[0]["id"] == ""


def test_null_fields_are_in_every_delta() -> None:
    """Fields with a value keep it."""
    assert all({"content", "tool_calls", "refusal"} <= set(delta) for delta in deltas("null_fields"))


def test_reasoning_precedes_the_text() -> None:
    """In either field."""
    for field in ("reasoning_content", "reasoning"):
        found = deltas(field)
        last = max(n for n, delta in enumerate(found) if field in delta)
        assert last < min(n for n, delta in enumerate(found) if delta.get("content"))


def test_finish_reasons() -> None:
    """`stop` in spite of tool calls, or before the last chunk."""
    reasons = [choice["finish_reason"] for chunk in chunks("stop_after_tool") for choice in chunk["choices"]]
    early = [
        choice["finish_reason"]
        for chunk in chunks("early_finish", reply=Reply("Good day."))
        for choice in chunk["choices"]
    ]

    assert [reason for reason in reasons if reason] == ["stop"]
    assert early[-2:] == ["stop", None]


def test_where_the_usage_is() -> None:
    """At the end without a request for it, in every chunk, or beside the finish reason."""
    assert chunks("usage_unasked")[-1]["choices"] == []
    assert all(chunk["usage"] for chunk in chunks("usage_each_chunk"))
    last = chunks("usage_with_finish")[-1]
    assert (bool(last["usage"]), last["choices"][0]["finish_reason"]) == (True, "tool_calls")


def test_the_content_may_be_a_list() -> None:
    """A thought precedes the texts."""
    contents = [delta["content"] for delta in deltas("content_parts") if delta.get("content")]

    assert [part["type"] for content in contents for part in content][:2] == ["thinking", "text"]


def test_the_order_of_text_and_calls() -> None:
    """The text comes last."""
    found = [bool(delta.get("content")) for delta in deltas("text_after_tool")]
    assert found.index(True) > max(n for n, d in enumerate(deltas("text_after_tool")) if d.get("tool_calls"))


def test_other_fields_of_chunks() -> None:
    """A role in each, an empty finish reason, an error that is null."""
    assert {delta["role"] for delta in deltas("role_each_chunk")} == {"assistant"}
    found = [
        choice["finish_reason"] for chunk in chunks("empty_finish_reason") for choice in chunk["choices"]
    ]
    assert found == [""] * (len(found) - 1) + ["tool_calls"]
    assert all(chunk["error"] is None for chunk in chunks("null_error"))


def test_obfuscation_varies_in_length() -> None:
    """As padding does."""
    assert len({len(chunk["obfuscation"]) for chunk in chunks("obfuscation")}) > 2
