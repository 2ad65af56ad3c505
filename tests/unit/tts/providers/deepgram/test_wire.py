"""Messages of the WebSocket."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from parley.agent_config import TtsConfig
from parley.errors import ProviderUnavailable
from services.tts.providers.deepgram import wire


def test_the_address_requests_telephone_audio() -> None:
    """No conversion is needed."""
    config = TtsConfig(provider="deepgram", model="aura-2", speed=1.2, options={"mip_opt_out": True})
    url = urlsplit(wire.socket_url("", config))

    assert (url.scheme, url.netloc, url.path) == ("wss", "api.deepgram.com", "/v1/speak")
    assert parse_qs(url.query) == {
        "model": ["aura-2-thalia-en"],
        "encoding": ["mulaw"],
        "sample_rate": ["8000"],
        "container": ["none"],
        "speed": ["1.2"],
        "mip_opt_out": ["true"],
    }
    assert wire.socket_url("http://h:1/", config).startswith("ws://h:1/v1/speak?")
    assert "speed" not in wire.socket_url("", config.model_copy(update={"speed": 1.0}))


@pytest.mark.parametrize("text", ["Hello. ", "word " * 900, "x" * 4100])
def test_a_text_is_divided_at_spaces(text: str) -> None:
    """All of it is sent, and no message is too long."""
    parts = [json.loads(message)["text"] for message in wire.speak(text)]

    assert "".join(parts) == f"{text.strip()} "
    assert all(len(part) <= wire.MAX_MESSAGE_CHARS for part in parts)


def test_messages_are_read() -> None:
    """Binary frames are audio; unknown messages are ignored."""
    warning = {"type": "Warning", "code": "C", "description": "D"}

    assert wire.read_message(b"abc") == b"abc"
    assert wire.read_message('{"type": "Flushed", "sequence_id": 0}') == wire.Control("Flushed")
    assert wire.read_message('{"type": "Cleared"}') == wire.Control("Cleared")
    assert wire.read_message(json.dumps(warning)) == wire.Notice(is_error=False, code="C", text="D")
    assert wire.read_message('{"type": "Error", "err_msg": 3}') == wire.Notice(
        is_error=True, code="", text=""
    )
    assert wire.read_message('{"type": "Metadata"}') is None
    assert wire.read_message('{"type": []}') is None


@pytest.mark.parametrize("data", ["{", "[]", "1", "[" * 100_000])
def test_unreadable_messages_are_a_failure_of_the_provider(data: str) -> None:
    """They end the connection, not the call."""
    with pytest.raises(ProviderUnavailable):
        wire.read_message(data)
