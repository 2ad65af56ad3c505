"""Messages of the WebSocket."""

import base64
import json

import pytest

from parley.agent_config import TtsConfig
from parley.errors import ProviderUnavailable
from services.tts.providers.cartesia import wire


def config(**changes: object) -> TtsConfig:
    return TtsConfig.model_validate(
        {"provider": "cartesia", "model": "sonic-3.5", "voice": "v", "language": "de-DE", **changes}
    )


def read(**event: object) -> wire.Event | None:
    return wire.read_event(json.dumps(event))


def test_addresses_follow_the_base_address() -> None:
    """WebSocket and HTTP requests go to the same server."""
    assert wire.socket_url("") == "wss://api.cartesia.ai/tts/websocket"
    assert wire.socket_url("http://h:1/cartesia/") == "ws://h:1/cartesia/tts/websocket"
    assert wire.http_base_url("wss://h") == "https://h"
    assert wire.http_base_url("http://h/x/") == "http://h/x"


def test_a_clause_is_spoken_at_once_as_telephone_audio() -> None:
    """The provider neither waits for more text nor resamples; no defaults are sent."""
    fields = wire.context_fields(config(), "v")
    message = json.loads(wire.clause("c1", fields, "Guten Tag."))

    assert message["transcript"] == "Guten Tag. "
    assert message["continue"] is True
    assert message["max_buffer_delay_ms"] == 0
    assert message["output_format"] == {"container": "raw", "encoding": "pcm_mulaw", "sample_rate": 8000}
    assert message["voice"] == {"mode": "id", "id": "v"}
    assert message["language"] == "de"
    assert "generation_config" not in message


def test_all_messages_of_a_context_repeat_its_fields() -> None:
    """The provider refuses a context whose fields change."""
    fields = wire.context_fields(config(speed=1.1, options={"emotion": "calm", "volume": 1.5}), "v")
    messages = [
        json.loads(text)
        for text in (wire.clause("c1", fields, "A."), wire.flush("c1", fields), wire.finish("c1", fields))
    ]

    assert fields["generation_config"] == {"speed": 1.1, "volume": 1.5, "emotion": "calm"}
    assert all(message.items() >= fields.items() for message in messages)
    assert [m["continue"] for m in messages] == [True, True, False]
    assert [m["transcript"] for m in messages] == ["A. ", "", ""]
    assert messages[1]["flush"] is True


def test_events_are_read() -> None:
    """Each kind has its own form."""
    data = base64.b64encode(b"abc").decode()

    assert read(type="chunk", data=data, context_id="c", flush_id=2) == wire.Audio("c", b"abc", 2)
    assert read(type="flush_done", context_id="c", flush_id=1) == wire.FlushDone("c", 1)
    assert read(type="done", context_id="c") == wire.ContextDone("c")
    assert read(type="phoneme_timestamps", context_id="c") is None
    assert read(
        type="timestamps", context_id="c", word_timestamps={"words": ["Hi"], "start": [0.1], "end": [0.3]}
    ) == wire.Timestamps("c", (wire.Word("Hi", 100, 300),), 0)


def test_errors_are_read_in_both_forms() -> None:
    """Older versions of the API send text."""
    event = read(type="error", context_id="c", status_code=404, error_code="voice_not_found", title="T")

    assert event == wire.ErrorEvent("c", 404, "voice_not_found", "T")
    assert read(error="Invalid: x", status_code="400") == wire.ErrorEvent("", 400, "", "Invalid: x")


@pytest.mark.parametrize(
    "timestamps",
    [
        None,
        [],
        {"words": ["a"], "start": [0], "end": []},
        {"words": ["a"], "start": ["x"], "end": [1]},
        {"words": [1], "start": [0], "end": [1]},
        {"words": "a", "start": [0], "end": [1]},
        {"words": ["a"], "start": [float("nan")], "end": [1]},
    ],
)
def test_malformed_times_are_missing_ones(timestamps: object) -> None:
    """The audio is still played."""
    assert read(type="timestamps", context_id="c", word_timestamps=timestamps) == wire.Timestamps("c", (), 0)


def test_times_out_of_order_are_put_in_order() -> None:
    """A word does not begin before the one before it, and does not end before it begins."""
    event = read(
        type="timestamps",
        context_id="c",
        word_timestamps={"words": ["a", "b"], "start": [2, 1], "end": [1, 1e300]},
    )

    assert event == wire.Timestamps("c", (wire.Word("a", 2000, 2000), wire.Word("b", 2000, 3_600_000)), 0)


@pytest.mark.parametrize("flush_id", [True, -1, 0, "1", 1.5, 10**9, None])
def test_a_strange_flush_id_is_a_missing_one(flush_id: object) -> None:
    """It must not end clauses that were never sent."""
    assert read(type="flush_done", context_id="c", flush_id=flush_id) == wire.FlushDone("c", 0)


@pytest.mark.parametrize("data", ["{", "[]", "[" * 100_000, '{"type": "chunk", "data": "!"}', b"\xff\xfe"])
def test_unreadable_frames_are_a_failure_of_the_provider(data: str | bytes) -> None:
    """They end the connection, not the call."""
    with pytest.raises(ProviderUnavailable):
        wire.read_event(data)
