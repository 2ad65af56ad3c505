"""Messages from OpenAI's Realtime API, also hostile ones."""

import base64
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given

from parley.errors import ProviderRejected
from parley.providers.realtime import (
    AudioDelta,
    ResponseDone,
    SpeechStarted,
    SpokenTextDelta,
    ToolCallReceived,
    TranscriptCompleted,
    TranscriptFailed,
    TurnCommitted,
)
from services.brain.providers.openai_realtime.reader import ErrorReceived, MessageReader, SessionUpdated
from tests.json_strategies import ANY_JSON


def _read_all(reader: MessageReader, **event: Any) -> Sequence[object]:
    return reader.read(json.dumps(event))


def _read(reader: MessageReader, **event: Any) -> object:
    """The first of what a message means; None for one that means nothing."""
    return next(iter(_read_all(reader, **event)), None)


def _created(reader: MessageReader, response_id: str = "resp_1", tag: str = "r1.1") -> None:
    response = {"id": response_id, "metadata": {"reply": tag}}
    assert _read(reader, type="response.created", response=response) is None


def test_events_of_a_response_carry_its_tag() -> None:
    """The response id leads to the tag of the request."""
    reader = MessageReader()
    _created(reader)
    audio = base64.b64encode(b"abc").decode()
    fields = {"response_id": "resp_1", "item_id": "item_1"}
    assert _read(reader, type="response.output_audio.delta", delta=audio, **fields) == AudioDelta(
        "r1.1", "item_1", b"abc"
    )
    text = _read(reader, type="response.output_audio_transcript.delta", delta="Hi ", **fields)
    assert text == SpokenTextDelta("r1.1", "item_1", "Hi ")
    item = {
        "type": "function_call",
        "call_id": "call_1",
        "name": "book",
        "arguments": "{}",
        "status": "completed",
    }
    call = _read(reader, type="response.output_item.done", response_id="resp_1", item=item)
    assert isinstance(call, ToolCallReceived)
    assert call.tag == "r1.1"
    assert call.call.extra == {"call_id": "call_1"}


def test_the_end_of_a_response_has_its_reason_and_tokens() -> None:
    """Counts of audio are never larger than their whole."""
    reader = MessageReader()
    _created(reader)
    done = _read(
        reader,
        type="response.done",
        response={
            "id": "resp_1",
            "status": "failed",
            "status_details": {
                "type": "failed",
                "error": {"code": "insufficient_quota", "message": "sk-abc123"},
            },
            "usage": {
                "input_tokens": 100,
                "output_tokens": 50,
                "input_token_details": {
                    "audio_tokens": 900,
                    "cached_tokens": 40,
                    "cached_tokens_details": {"audio_tokens": 30},
                },
                "output_token_details": {"audio_tokens": 45},
            },
        },
    )
    assert isinstance(done, ResponseDone)
    assert (done.tag, done.status) == ("r1.1", "failed")
    assert isinstance(done.error, ProviderRejected)
    assert "sk-abc123" not in done.error.reason
    assert "add credit" in done.error.reason
    usage = done.usage
    assert (usage.input, usage.input_audio, usage.cached_input_audio) == (100, 100, 30)
    assert (usage.output, usage.output_audio) == (50, 45)


def test_a_late_delta_of_an_unknown_response_has_no_tag() -> None:
    """It is dropped by the session."""
    late = _read(
        MessageReader(), type="response.output_audio.delta", response_id="x", item_id="i", delta="YWJj"
    )
    assert late == AudioDelta("", "i", b"abc")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"type": "session.updated", "session": {}}, SessionUpdated()),
        ({"type": "input_audio_buffer.speech_started", "audio_start_ms": 120}, SpeechStarted(120)),
        ({"type": "input_audio_buffer.speech_started", "audio_start_ms": "x"}, SpeechStarted(0)),
        ({"type": "input_audio_buffer.committed", "item_id": "i1"}, TurnCommitted("i1")),
        (
            {
                "type": "conversation.item.input_audio_transcription.completed",
                "item_id": "i1",
                "transcript": " Hello. ",
            },
            TranscriptCompleted("i1", "Hello."),
        ),
        (
            {"type": "conversation.item.input_audio_transcription.completed", "item_id": "i1"},
            TranscriptFailed("i1", "a transcript without a text"),
        ),
        (
            {
                "type": "conversation.item.added",
                "item": {"id": "i1", "role": "user", "content": [{"type": "input_audio"}]},
            },
            TurnCommitted("i1"),
        ),
        (
            {
                "type": "conversation.item.added",
                "item": {"id": "i1", "role": "user", "content": [{"type": "input_text"}]},
            },
            None,
        ),
        (
            {
                "type": "conversation.item.input_audio_transcription.failed",
                "item_id": "i1",
                "error": {"code": "audio_unintelligible", "message": "no"},
            },
            TranscriptFailed("i1", "audio_unintelligible: no"),
        ),
        (
            {"type": "error", "error": {"code": "item_not_found", "message": "m", "event_id": "r1.1"}},
            ErrorReceived("item_not_found", "m", "", "r1.1"),
        ),
        ({"type": "a.new.event", "x": 1}, None),
        ({"type": 5}, None),
    ],
)
def test_messages(event: dict[str, Any], expected: object) -> None:
    """Each message, and those that mean nothing."""
    assert _read(MessageReader(), **event) == expected


@given(ANY_JSON)
def test_no_message_raises(value: Any) -> None:
    """Any content of the fields is survived."""
    reader = MessageReader()
    reader.read(json.dumps(value))
    for kind in (
        "response.created",
        "response.done",
        "response.output_item.done",
        "response.output_audio.delta",
        "response.output_item.added",
        "response.function_call_arguments.done",
        "conversation.item.added",
        "error",
        "conversation.item.input_audio_transcription.failed",
    ):
        fields = {"response": value, "item": value, "delta": value, "error": value, "response_id": value}
        reader.read(json.dumps({"type": kind, **fields}))


@pytest.mark.parametrize("message", ["", "[", "[" * 100_000, b"\xff\xfe", "null", '"text"'])
def test_what_is_no_json_object_means_nothing(message: str | bytes) -> None:
    """Also bytes that cannot be decoded."""
    assert MessageReader().read(message) == ()


def test_an_event_that_arrives_twice_is_read_once() -> None:
    """It has the same id."""
    reader = MessageReader()
    event = {"type": "input_audio_buffer.committed", "event_id": "event_1", "item_id": "i1"}
    assert [_read(reader, **event), _read(reader, **event)] == [TurnCommitted("i1"), None]
