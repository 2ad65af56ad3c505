"""Tests of parsing and writing Media Streams messages."""

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.edge.twilio import media_messages
from services.edge.twilio.media_messages import (
    Connected,
    Dtmf,
    InvalidMediaMessage,
    Mark,
    Media,
    Message,
    Start,
    Stop,
    read,
)


def media(mulaw: bytes, timestamp: int) -> dict[str, Any]:
    payload = base64.b64encode(mulaw).decode()
    audio = {"track": "inbound", "chunk": "1", "timestamp": str(timestamp), "payload": payload}
    return {"event": "media", "sequenceNumber": "2", "media": audio, "streamSid": "MZ1"}


@given(st.binary(max_size=400), st.integers(0, 10**7), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_a_frame_is_read_with_any_json_spacing(
    mulaw: bytes, timestamp: int, separators: tuple[str, str]
) -> None:
    """The fast path and the JSON parser agree on frames of any size."""
    text = json.dumps(media(mulaw, timestamp), separators=separators)

    assert read(text) == Media(timestamp, mulaw)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"event": "connected", "protocol": "Call", "version": "1.0.0"}, Connected()),
        (
            {"event": "start", "start": {"streamSid": "MZ1", "callSid": "CA1"}, "streamSid": "MZ1"},
            Start("MZ1", "CA1"),
        ),
        (
            {
                "event": "start",
                "start": {
                    "streamSid": "MZ1",
                    "callSid": "CA1",
                    "customParameters": {"redirected_at_ms": "41000"},
                },
            },
            Start("MZ1", "CA1", redirected_at_ms=41_000),
        ),
        ({"event": "mark", "mark": {"name": "r1:0:800"}}, Mark("r1:0:800")),
        ({"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": "#"}}, Dtmf("#")),
        ({"event": "stop", "stop": {}}, Stop()),
        ({"event": "future", "field": 1}, None),
        ({"no": "event"}, None),
    ],
)
def test_each_event_is_parsed(message: dict[str, Any], expected: Message | None) -> None:
    """The parser returns None for an unknown event."""
    assert read(json.dumps(message)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not JSON",
        "[]",
        '"media"',
        '{"event":"media"}',
        '{"event":"media","media":{"timestamp":"1"}}',
        '{"event":"media","media":{"timestamp":"x","payload":""}}',
        '{"event":"media","media":{"timestamp":"1","payload":"!!!!"}}',
        '{"event":"media","media":{"timestamp":"1","payload":"abc"}}',
        '{"event":"media","media":{"timestamp":"1","payload":7}}',
        '{"event":"media","media":"audio"}',
        '{"event":"start","start":{"streamSid":"MZ1"}}',
        '{"event":"start","start":{"streamSid":"MZ1","callSid":"CA1","customParameters":[]}}',
        '{"event":"start","start":{"streamSid":"MZ1","callSid":"CA1","customParameters":{"redirected_at_ms":"x"}}}',
        '{"event":"start","start":{"streamSid":"MZ1","callSid":"CA1","customParameters":{"redirected_at_ms":"9999999999999"}}}',
        '{"event":"mark"}',
        '{"event":"dtmf","dtmf":null}',
        json.dumps(media(b"x" * 100_000, 1)),
    ],
)
def test_an_invalid_message_raises(text: str) -> None:
    """One exception type covers every problem."""
    with pytest.raises(InvalidMediaMessage):
        read(text)


@given(st.text(max_size=60))
def test_arbitrary_text_raises_nothing_else(text: str) -> None:
    """The parser raises InvalidMediaMessage or returns."""
    with suppress(InvalidMediaMessage):
        read(text)


def test_messages_to_twilio_have_its_format() -> None:
    """Every field has the documented name."""
    assert json.loads(media_messages.media("MZ1", b"\xff\x00")) == {
        "event": "media",
        "streamSid": "MZ1",
        "media": {"payload": "/wA="},
    }
    assert json.loads(media_messages.mark("MZ1", "r1:0:800")) == {
        "event": "mark",
        "streamSid": "MZ1",
        "mark": {"name": "r1:0:800"},
    }
    assert json.loads(media_messages.clear("MZ1")) == {"event": "clear", "streamSid": "MZ1"}
