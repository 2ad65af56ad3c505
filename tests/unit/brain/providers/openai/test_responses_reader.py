"""Events of the Responses API."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.errors import ProviderError, ProviderRateLimited, ProviderUnavailable
from parley.providers.llm import Done, LlmEvent, TextDelta, ToolCallRequest
from services.brain.providers.openai.responses_reader import ResponsesReader


def answer(*events: Any) -> tuple[str, list[tuple[str, str]], str]:
    """Text, tool calls and finish reason of an answer."""
    reader = ResponsesReader()
    found: list[LlmEvent] = [event for item in events for event in reader.read(item)]
    *found, done = [*found, *reader.finish()]
    assert isinstance(done, Done)
    texts = [event.text for event in found if isinstance(event, TextDelta)]
    calls = [(e.name, e.arguments) for e in found if isinstance(e, ToolCallRequest)]
    return "".join(texts), calls, done.reason


def message(text: str, part: str = "output_text") -> dict[str, Any]:
    field = "refusal" if part == "refusal" else "text"
    return {"type": "message", "id": "msg_1", "content": [{"type": part, field: text, "annotations": []}]}


PLACE = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
DELTAS = [{"type": "response.output_text.delta", "delta": delta, **PLACE} for delta in ("Hel", "lo")]
TEXT_DONE = {"type": "response.output_text.done", "text": "Hello", **PLACE}
PART_DONE = {"type": "response.content_part.done", "part": message("Hello")["content"][0], **PLACE}
ITEM_DONE = {"type": "response.output_item.done", "output_index": 0, "item": message("Hello")}
COMPLETED = {"type": "response.completed", "response": {"status": "completed", "output": [message("Hello")]}}
BARE_END = {"type": "response.completed", "response": {"status": "completed"}}


@pytest.mark.parametrize(
    "events",
    [
        [*DELTAS, BARE_END],
        [TEXT_DONE, BARE_END],
        [PART_DONE, BARE_END],
        [ITEM_DONE, BARE_END],
        [COMPLETED],
        [*DELTAS, TEXT_DONE, PART_DONE, ITEM_DONE, COMPLETED, COMPLETED],
        [DELTAS[0], TEXT_DONE, COMPLETED],
        [{**DELTAS[0], "item_id": "other"}, {**DELTAS[1], "item_id": "third"}, ITEM_DONE, COMPLETED],
        [{**DELTAS[0], "output_index": None}, ITEM_DONE, COMPLETED],
        [{"object": "response", "status": "completed", "output": [message("Hello")]}],
        [{"object": "response", "status": "completed", "output_text": "Hello"}],
        [{"type": "response.refusal.delta", "delta": "Hello"}, BARE_END],
        [{"type": "response.refusal.done", "refusal": "Hello"}, BARE_END],
        [{"type": "response.completed", "response": {"output": [message("Hello", "refusal")]}}],
    ],
    ids=lambda events: ", ".join(str(event.get("type", "whole")) for event in events)[:80],
)
def test_the_text_is_emitted_once(events: list[Any]) -> None:
    """From whichever event has it first."""
    assert answer(*events) == ("Hello", [], "stop")


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "content_filter"),
        ({"status": "incomplete", "incomplete_details": None}, "incomplete"),
        ({"status": "incomplete", "incomplete_details": {"reason": ["?"]}}, "incomplete"),
    ],
)
def test_an_incomplete_response_has_its_reason(response: Any, reason: str) -> None:
    """In the terms of the chat completions protocol."""
    assert answer({"type": "response.incomplete", "response": response}) == ("", [], reason)


def test_tool_calls_are_emitted_at_the_end() -> None:
    """With the finish reason `tool_calls`."""
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "book", "arguments": "{}"}
    events = [
        {"type": "response.output_item.added", "output_index": 0, "item": {**call, "arguments": ""}},
        {
            "type": "response.function_call_arguments.delta",
            "item_id": "fc_1",
            "output_index": 0,
            "delta": "{}",
        },
        {
            "type": "response.function_call_arguments.done",
            "item_id": "fc_1",
            "output_index": 0,
            "arguments": "{}",
        },
        {"type": "response.output_item.done", "output_index": 0, "item": call},
        {"type": "response.completed", "response": {"output": [call]}},
    ]
    for part in (events, [*events[:2], BARE_END], events[4:]):
        assert answer(*part) == ("", [("book", "{}")], "tool_calls")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"type": "error", "code": "rate_limit_exceeded", "message": "m"}, ProviderRateLimited),
        ({"type": "error", "error": {"code": "rate_limit_exceeded"}}, ProviderRateLimited),
        (
            {
                "type": "response.failed",
                "response": {"status": "failed", "error": {"code": "rate_limit_exceeded"}},
            },
            ProviderRateLimited,
        ),
        ({"type": "response.failed", "response": {}}, ProviderUnavailable),
        ({"type": "response.failed"}, ProviderUnavailable),
        ({"type": "response.cancelled", "response": {"status": "cancelled"}}, ProviderUnavailable),
    ],
)
def test_failures_are_raised(event: Any, expected: type[ProviderError]) -> None:
    """Converted by their code."""
    with pytest.raises(expected):
        ResponsesReader().read(event)


def test_without_its_end_the_answer_is_incomplete() -> None:
    """Unless the stream had an end mark."""
    reader = ResponsesReader()
    reader.read(DELTAS[0])
    with pytest.raises(ProviderUnavailable):
        reader.finish()
    assert reader.finish(marked=True)[-1] == Done("stop")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def shaped(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return _JSON | st.fixed_dictionaries({}, optional={name: _JSON | value for name, value in fields.items()})


_TYPES = st.sampled_from(
    [
        *("response.output_text.delta", "response.output_text.done", "response.refusal.delta"),
        *("response.content_part.done", "response.output_item.added", "response.output_item.done"),
        *("response.function_call_arguments.delta", "response.function_call_arguments.done"),
        *("response.completed", "response.incomplete", "response.unknown", "x"),
    ]
)
_ITEM = shaped(
    type=st.sampled_from(["message", "function_call", "reasoning"]),
    id=st.sampled_from(["a", "b"]),
    call_id=st.sampled_from(["a", "b"]),
    name=st.just("book"),
    arguments=st.sampled_from(["{", "{}"]),
    content=st.lists(shaped(type=st.just("output_text"), text=st.text(max_size=3)), max_size=2),
)
_EVENT = shaped(
    type=_TYPES,
    delta=st.text(st.characters(), max_size=3),
    text=st.text(max_size=3),
    item=_ITEM,
    item_id=st.sampled_from(["a", "b"]),
    output_index=st.sampled_from([0, 1]),
    response=shaped(output=st.lists(_ITEM, max_size=3), status=st.sampled_from(["completed", "incomplete"])),
)


@given(st.lists(_EVENT, max_size=8))
def test_any_sequence_is_an_answer_or_a_failure(events: list[Any]) -> None:
    """The only exception is ProviderError, and every event can be serialized."""
    reader = ResponsesReader()
    try:
        found = [event for item in events for event in reader.read(item)] + reader.finish(marked=True)
    except ProviderError as error:
        error.reason.encode()
        return
    calls = [event for event in found if isinstance(event, ToolCallRequest)]
    assert len({call.tool_call_id for call in calls}) == len(calls)
    for event in found:
        if isinstance(event, ToolCallRequest):
            json.dumps(dict(event.extra), allow_nan=False).encode()
        for name in event.__slots__:
            if name != "extra":
                getattr(event, name).encode()
