"""The JSON of responses and events."""

from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

from sandbox.openai.reply import Call, Reply
from sandbox.openai.response_wire import (
    ModelResponse,
    final_status,
    output_items,
    response_events,
    response_object,
)
from tests.strict import assert_fits
from tests.unit.sandbox.openai.bodies import SCHEMA

CALLS = (Call("look", '{"a": 1}', "call_1"), Call("book", "{}", "call_2"))
REPLIES = [
    Reply("Good morning"),
    Reply("One moment.", CALLS, finish="tool_calls", reasons=True, reasoning="Think."),
    Reply("", finish="length", reasons=True),
    Reply("Good", finish="content_filter"),
    Reply(refusal="I cannot help."),
    Reply(""),
]
BODY: dict[str, Any] = {
    "model": "gpt-6-luna",
    "input": "hi",
    "tools": [{"type": "function", "name": "look", "parameters": SCHEMA}],
    "metadata": {"a": "b"},
    "max_output_tokens": 300,
    "user": "CA1",
}
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


def response(reply: Reply, *, summary: bool = True) -> ModelResponse:
    items = output_items(reply, encrypt=True, summary=summary)
    return ModelResponse("resp_1", 5, BODY, reply, 4, "low", items)


def events(reply: Reply) -> list[dict[str, Any]]:
    return [dict(chunk.data or {}) for chunk in response_events(response(reply))]


@pytest.mark.parametrize("reply", REPLIES)
def test_responses_and_events_fit_the_sdks_types(reply: Reply) -> None:
    """Text, reasoning, calls, refusals, incomplete answers."""
    assert_fits(Response, response_object(response(reply), final_status(reply)))
    for event in events(reply):
        model = type(EVENT.validate_python(event))
        assert issubclass(model, BaseModel)
        assert_fits(model, event)


@pytest.mark.parametrize("reply", REPLIES)
def test_events_are_numbered_and_end_with_the_whole_response(reply: Reply) -> None:
    """The deltas of an item add up to it."""
    found = events(reply)
    last = found[-1]["response"]

    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    assert [event["type"] for event in found[:2]] == ["response.created", "response.in_progress"]
    done = [event["item"] for event in found if event["type"] == "response.output_item.done"]
    assert last["output"] == done
    deltas = [event["delta"] for event in found if event["type"] == "response.output_text.delta"]
    assert "".join(deltas) == reply.text
    arguments = "".join(e["delta"] for e in found if e["type"] == "response.function_call_arguments.delta")
    assert arguments == "".join(call.arguments for call in reply.calls)


def test_reasoning_comes_first() -> None:
    """Then the message, then the calls."""
    items = response(REPLIES[1]).items

    assert [item["type"] for item in items] == ["reasoning", "message", "function_call", "function_call"]
    assert items[0]["encrypted_content"]
    assert [item["call_id"] for item in items[2:]] == ["call_1", "call_2"]
    assert response(REPLIES[1], summary=False).items[0]["summary"] == []


def test_an_answer_that_was_cut_is_incomplete() -> None:
    """The reason is in the response; one without text has no message."""
    cut, filtered = (events(reply)[-1] for reply in REPLIES[2:4])

    assert (cut["type"], cut["response"]["incomplete_details"]) == (
        "response.incomplete",
        {"reason": "max_output_tokens"},
    )
    assert [item["type"] for item in cut["response"]["output"]] == ["reasoning"]
    assert filtered["response"]["incomplete_details"] == {"reason": "content_filter"}
    assert filtered["response"]["output"][0]["status"] == "incomplete"
