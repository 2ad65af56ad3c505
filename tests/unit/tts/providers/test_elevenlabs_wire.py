"""Messages of ElevenLabs' multi-context WebSocket: JSON to frames and back."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.agent_config import TtsConfig
from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from parley.providers.tts import CharTiming
from services.tts.providers import elevenlabs_wire as wire


def frame(**fields: Any) -> str:
    """A frame of context c1 with audio."""
    return json.dumps({"contextId": "c1", "audio": base64.b64encode(b"abc").decode(), **fields})


def test_the_url_is_derived_from_the_base_address() -> None:
    """The scheme http becomes ws and https wss; an empty address means the provider's own."""
    config = TtsConfig(voice="a/b", model="m", language="de")

    assert wire.socket_url("http://127.0.0.1:9/", config).startswith(
        "ws://127.0.0.1:9/v1/text-to-speech/a%2Fb/"
    )
    assert wire.socket_url("https://x", config).startswith("wss://x/")
    url = wire.socket_url("", config)
    assert url.startswith("wss://api.elevenlabs.io/")
    assert "output_format=ulaw_8000" in url
    assert "language_code=de" in url
    assert "language_code" not in wire.socket_url("", TtsConfig())


def test_a_clause_ends_in_one_space_and_is_flushed() -> None:
    """The ending of the text does not matter."""
    assert json.loads(wire.send_text("c1", "Hi.")) == {"text": "Hi. ", "context_id": "c1", "flush": True}
    assert json.loads(wire.send_text("c1", "Hi.  "))["text"] == "Hi. "


def test_a_context_opens_with_a_space_and_the_voice_settings() -> None:
    """The provider requires both."""
    message = json.loads(wire.init_context("c1", TtsConfig(speed=1.1)))

    assert message["text"] == " "
    assert message["voice_settings"] == {"stability": 0.5, "similarity_boost": 0.8, "speed": 1.1}


@pytest.mark.parametrize("durations", ["charDurationsMs", "charsDurationsMs"])
def test_both_spellings_of_durations_are_read(durations: str) -> None:
    """The frame has audio and its characters."""
    read = wire.read_frame(
        frame(alignment={"chars": ["a", "b"], "charStartTimesMs": [0, 10], durations: [10, 5]})
    )

    assert isinstance(read, wire.AudioFrame)
    assert read.chunk.mulaw == b"abc"
    assert read.chunk.char_timings == (CharTiming("a", 0, 10), CharTiming("b", 10, 15))
    assert not read.final


def test_a_final_frame_may_have_no_audio() -> None:
    """If it has audio, the audio is used."""
    bare = wire.read_frame('{"isFinal": true, "contextId": "c1"}')
    with_audio = wire.read_frame(frame(isFinal=True))

    assert isinstance(bare, wire.AudioFrame)
    assert bare.final
    assert isinstance(with_audio, wire.AudioFrame)
    assert (with_audio.final, with_audio.chunk.mulaw) == (True, b"abc")


@pytest.mark.parametrize(
    "alignment",
    [
        None,
        [],
        {"chars": ["a"]},
        {"chars": ["a"], "charStartTimesMs": [0, 1], "charDurationsMs": [1]},
        {"chars": ["a"], "charStartTimesMs": ["x"], "charDurationsMs": [1]},
    ],
)
def test_a_malformed_alignment_is_ignored(alignment: Any) -> None:
    """The audio of the frame is still used."""
    read = wire.read_frame(frame(alignment=alignment))

    assert isinstance(read, wire.AudioFrame)
    assert read.chunk.mulaw == b"abc"
    assert read.chunk.char_timings == ()


@pytest.mark.parametrize("data", ["", "x", "[]", "7", "null", b"\xff\xfe", frame(audio="*"), frame(audio=7)])
def test_malformed_frames_are_refused(data: str | bytes) -> None:
    """Invalid messages are failures of the provider."""
    with pytest.raises(ProviderUnavailable):
        wire.read_frame(data)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("quota_exceeded", ProviderRejected),
        ("invalid_api_key", ProviderRejected),
        ("voice_not_found", ProviderRejected),
        ("system_busy", ProviderRateLimited),
        ("input_timeout_exceeded", ProviderUnavailable),
        ("max_active_conversations", ProviderUnavailable),
    ],
)
def test_error_codes_are_mapped_to_our_errors(code: str, kind: type[ProviderError]) -> None:
    """The error decides how the next attempt is made."""
    read = wire.read_frame(json.dumps({"message": "m", "error": code, "code": 1008}))

    assert isinstance(read, wire.ErrorFrame)
    assert type(read.error) is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, ProviderRejected),
        (422, ProviderRejected),
        (429, ProviderRateLimited),
        (500, ProviderUnavailable),
    ],
)
def test_statuses_are_mapped_to_our_errors(status: int, kind: type[ProviderError]) -> None:
    """The error decides how the next attempt is made."""
    assert type(wire.map_status_error(status, "")) is kind


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"detail": {"status": "invalid_api_key", "message": "no"}}, "invalid_api_key: no"),
        (b'{"detail": {"status": "x"}}', "x"),
        ({"detail": [{"msg": "field required"}]}, "field required"),
        ({"detail": "plain"}, "plain"),
        ("<html>", ""),
        (None, ""),
    ],
)
def test_details_of_an_http_error_are_read_in_any_shape(body: Any, detail: str) -> None:
    """Reading them never fails."""
    assert wire.error_detail(body) == detail


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("contextId", "audio", "isFinal", "alignment"), json_values)
    )
)
def test_no_frame_raises_anything_else(fields: dict[str, Any]) -> None:
    """Fields may have any type and value."""
    try:
        wire.read_frame(json.dumps(fields))
    except ProviderUnavailable:
        return
