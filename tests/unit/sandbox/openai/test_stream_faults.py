"""Faults within a stream."""

import itertools

import pytest

from sandbox.openai import wire
from sandbox.openai.reply import Call, Reply
from sandbox.openai.stream_faults import with_stream_faults
from sandbox.openai.wire import Chunk

LONG = Reply("Good morning, Ann Lee.")
TOOL = Reply("", (Call("look", '{"a": 1}', "call_1"),), finish="tool_calls")


def faulty(fault: str, reply: Reply = LONG, limit: int = 50) -> list[Chunk]:
    chunks = wire.chat_chunks(wire.Completion("id-1", "m", 0, reply))
    return list(itertools.islice(with_stream_faults(chunks, [fault], 2.5), limit))


@pytest.mark.parametrize("reply", [LONG, TOOL, Reply("Hi")])
@pytest.mark.parametrize("fault", ["hang_mid", "close_mid", "error_mid", "garbage", "invalid_utf8"])
def test_a_fault_occurs_once_within_the_answer(fault: str, reply: Reply) -> None:
    """Before the third token, or after a shorter text; never before the first chunk."""
    plain, found = faulty("", reply), faulty(fault, reply)

    assert len(found) == len(plain) + 1
    at = next(n for n, chunk in enumerate(found) if n >= len(plain) or chunk != plain[n])
    assert at == {LONG: 3, TOOL: 1}.get(reply, 2)


def test_a_fault_may_occur_later_in_the_text() -> None:
    """After so many tokens, or at the end of the text."""
    chunks = wire.chat_chunks(wire.Completion("id-1", "m", 0, LONG))
    found = list(with_stream_faults(chunks, ["close_mid"], 2.5, after=4))
    assert [chunk.action for chunk in found].index("close") == 5

    chunks = wire.chat_chunks(wire.Completion("id-1", "m", 0, LONG))
    found = list(with_stream_faults(chunks, ["close_mid"], 2.5, after=99))
    assert [chunk.action for chunk in found].index("close") == len(faulty("")) - 1


def test_a_connection_is_closed_within_a_tool_call() -> None:
    """After its first chunk, even if that is the whole call."""
    found = faulty("close_in_tool_call", TOOL)
    at = [chunk.action for chunk in found].index("close")
    assert ["tool" in chunk.tags for chunk in found[at - 2 : at]] == [False, True]


@pytest.mark.parametrize("fault", ["error_text", "error_vllm", "error_openrouter", "error_event"])
def test_an_error_ends_the_stream(fault: str) -> None:
    """The server sends nothing after it."""
    found = faulty(fault)

    assert found[4].action == "end"
    assert b"error" in found[3].raw or "error" in str(found[3].data)


def test_wrong_types_are_events_of_their_own() -> None:
    """Each is valid JSON."""
    added = [chunk for chunk in faulty("wrong_types") if chunk.raw]

    assert len(added) > 8
    assert all(chunk.raw.startswith(b"data: ") and chunk.raw.endswith(b"\n\n") for chunk in added)


def test_a_stall_ends() -> None:
    """The text continues."""
    found = faulty("stall_mid")

    assert [chunk.pause_s for chunk in found].count(2.5) == 1
    assert [chunk for chunk in found if not chunk.pause_s] == faulty("")


def test_no_finish_removes_the_last_chunk() -> None:
    """The text is complete."""
    assert [chunk.tags for chunk in faulty("no_finish")] == [chunk.tags for chunk in faulty("")][:-1]


@pytest.mark.parametrize(("fault", "at"), [("late_tool_call", 0), ("slow_tool_call", 1)])
def test_silence_before_or_within_a_tool_call(fault: str, at: int) -> None:
    """Its length is a setting."""
    pauses = [chunk.pause_s for chunk in faulty(fault, TOOL) if "tool" in chunk.tags]

    assert [n for n, pause in enumerate(pauses) if pause == 2.5] == [at]


@pytest.mark.parametrize(
    ("fault", "field"), [("think_forever", "content"), ("reasoning_forever", "reasoning_content")]
)
def test_thoughts_without_end_keep_the_pace_of_tokens(fault: str, field: str) -> None:
    """They begin after the opening."""
    found = faulty(fault)[1:]

    assert len(found) == 49
    assert [chunk.token for chunk in found] == list(range(49))
    assert all(field in chunk.data["choices"][0]["delta"] for chunk in found if chunk.data)
