"""Faults within a stream of the Responses API. No I/O, no clock."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.openai.response_wire import ModelResponse, new_id, response_events, response_object
from sandbox.openai.stream_faults import event
from sandbox.openai.wire import Chunk

_WRONG_TYPES: tuple[Any, ...] = (
    {"type": 5},
    {"type": "response.unknown_event", "sequence_number": 3},
    {"type": "response.output_text.delta"},
    {"type": "response.output_text.delta", "delta": {"text": "x"}},
    {"type": "response.output_item.added", "item": None},
    {"type": "response.output_item.done", "item": {"type": "function_call"}},
    {"type": "response.function_call_arguments.delta", "item_id": None, "delta": 5},
    {"type": "response.completed", "response": None},
    [],
    None,
)


def sent_in_place(response: ModelResponse) -> Mapping[str, tuple[Chunk, ...]]:
    """The events of the faults that have another form in this API, by the name of the fault."""
    failed = error_events(response)
    wrong = tuple(Chunk(raw=event(payload)) for payload in _WRONG_TYPES)
    return {"error_mid": failed, "error_event": failed[:1], "wrong_types": wrong}


def error_events(response: ModelResponse) -> tuple[Chunk, ...]:
    """The events of a response that fails."""
    text = "The server had an error processing your request. Sorry about that!"
    error = {"type": "error", "code": "server_error", "message": text, "param": None, "sequence_number": 90}
    failed = response_object(response, "failed", {"code": "server_error", "message": text})
    return (
        Chunk(error),
        Chunk({"type": "response.failed", "response": failed, "sequence_number": 91}),
        Chunk(action="end"),
    )


def endless_events(response: ModelResponse) -> Iterator[Chunk]:
    """A message of thoughts without end."""
    place = {"item_id": new_id("msg"), "output_index": 0, "content_index": 0, "logprobs": []}
    yield from itertools.islice(response_events(response), 2)
    for number in itertools.count():
        text = " Let me think." if number else "<think>"
        data = {"type": "response.output_text.delta", **place, "delta": text, "sequence_number": number + 2}
        yield Chunk(data, token=number)
