"""Messages of ElevenLabs' multi-context WebSocket: JSON to frames and back."""

import base64
import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.agent_config import TtsConfig
from parley.errors import ProviderError, ProviderUnavailable
from parley.providers.tts import CharTiming
from services.tts.providers import elevenlabs_wire as wire
from services.tts.providers.elevenlabs_errors import error_detail
from services.tts.providers.elevenlabs_parameters import RequestParameters
from services.tts.reply_audio import ReplyAudio
from tests.json_strategies import ANY_JSON, ANY_TEXT, ODD_NUMBERS, nearly


def frame(**fields: Any) -> str:
    """A frame of context c1 with audio."""
    return json.dumps({"contextId": "c1", "audio": base64.b64encode(b"abc").decode(), **fields})


def test_the_url_is_derived_from_the_base_address() -> None:
    """The scheme http becomes ws and https wss; an empty address means the provider's own."""
    parameters = RequestParameters(TtsConfig(voice="a/b", language="de-AT"))

    assert wire.socket_url("http://127.0.0.1:9/", parameters).startswith(
        "ws://127.0.0.1:9/v1/text-to-speech/a%2Fb/"
    )
    assert wire.socket_url("https://x", parameters).startswith("wss://x/")
    url = wire.socket_url("", parameters)
    assert url.startswith("wss://api.elevenlabs.io/")
    assert "output_format=ulaw_8000" in url
    assert "language_code=de" in url
    assert "language_code" not in wire.socket_url("", RequestParameters(TtsConfig()))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("", "https://api.elevenlabs.io"),
        ("wss://x/", "https://x"),
        ("ws://127.0.0.1:9", "http://127.0.0.1:9"),
        ("http://x", "http://x"),
    ],
)
def test_http_requests_use_the_same_address(address: str, expected: str) -> None:
    """The scheme ws becomes http and wss https."""
    assert wire.http_base_url(address) == expected


def test_a_clause_ends_in_one_space_and_is_flushed() -> None:
    """The ending of the text does not matter."""
    assert json.loads(wire.send_text("c1", "Hi.")) == {"text": "Hi. ", "context_id": "c1", "flush": True}
    assert json.loads(wire.send_text("c1", "Hi.  "))["text"] == "Hi. "


def test_a_context_opens_with_a_space_and_the_voice_settings() -> None:
    """The provider requires both."""
    message = json.loads(wire.init_context("c1", RequestParameters(TtsConfig(speed=1.1))))

    assert message["text"] == " "
    assert message["voice_settings"] == {"stability": 0.5, "similarity_boost": 0.8, "speed": 1.1}


@pytest.mark.parametrize("durations", ["charDurationsMs", "charsDurationsMs"])
def test_both_spellings_of_durations_are_read(durations: str) -> None:
    """The frame has audio and its characters."""
    read = wire.read_frame(
        frame(alignment={"chars": ["a", "b"], "charStartTimesMs": [0, 10], durations: [10, 5]})
    )

    assert isinstance(read, wire.AudioFrame)
    assert read.chunk.audio == b"abc"
    assert read.chunk.char_timings == (CharTiming("a", 0, 10), CharTiming("b", 10, 15))
    assert not read.final


def test_a_final_frame_may_have_no_audio() -> None:
    """If it has audio, the audio is used."""
    bare = wire.read_frame('{"isFinal": true, "contextId": "c1"}')
    with_audio = wire.read_frame(frame(isFinal=True))

    assert isinstance(bare, wire.AudioFrame)
    assert bare.final
    assert isinstance(with_audio, wire.AudioFrame)
    assert (with_audio.final, with_audio.chunk.audio) == (True, b"abc")


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
    assert read.chunk.audio == b"abc"
    assert read.chunk.char_timings == ()


@pytest.mark.parametrize("data", ["", "x", "[]", "7", "null", b"\xff\xfe", frame(audio="*"), frame(audio=7)])
def test_malformed_frames_are_refused(data: str | bytes) -> None:
    """Invalid messages are failures of the provider."""
    with pytest.raises(ProviderUnavailable):
        wire.read_frame(data)


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"error": "quota_exceeded", "message": "m", "code": 1008}, "quota_exceeded", "m"),
        ({"error": {"code": "voice_not_found", "message": "m"}}, "voice_not_found: m", ""),
        ({"detail": {"status": "invalid_api_key", "message": "m"}}, "invalid_api_key: m", ""),
    ],
)
def test_errors_are_read_in_any_shape(fields: dict[str, Any], code: str, message: str) -> None:
    """The provider closes the connection next."""
    assert wire.read_frame(json.dumps(fields)) == wire.ErrorFrame(code, message)


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


_ALIGNMENT = nearly(
    chars=st.lists(ANY_TEXT, max_size=3),
    charStartTimesMs=st.lists(st.integers(0, 500) | ODD_NUMBERS, max_size=3),
    charDurationsMs=st.lists(st.integers(0, 500) | ODD_NUMBERS, max_size=3),
)
_FRAME = nearly(
    audio=st.sampled_from(["", "YWJj", "YWJ", "\ud800"]),
    contextId=st.just("c1"),
    isFinal=st.booleans(),
    alignment=_ALIGNMENT,
    error=ANY_TEXT,
    message=ANY_TEXT,
    code=st.integers(),
)


@given(_FRAME)
def test_any_frame_is_audio_or_an_error_or_nothing(value: Any) -> None:
    """Texts can be encoded; times are finite and in order."""
    try:
        found = wire.read_frame(json.dumps(value))
    except ProviderError as error:
        error.reason.encode()
        return
    if isinstance(found, wire.ErrorFrame):
        f"{found.code}{found.message}".encode()
    elif found is not None:
        position_ms = 0.0
        for timing in found.chunk.char_timings:
            timing.text.encode()
            assert math.isfinite(timing.end_ms)
            assert position_ms <= timing.start_ms <= timing.end_ms
            position_ms = timing.start_ms
        audio = ReplyAudio("r1")
        audio.text_sent("Hi.")
        audio.audio_received(found.chunk)
        for clause in (*audio.take_completed(), *audio.finish()):
            clause.SerializeToString()


@given(st.binary() | st.sampled_from([b"[" * 100_000, b'{"a":' * 50_000, b"9" * 10_000]))
def test_any_bytes_are_a_frame_or_a_failure(data: bytes) -> None:
    """Invalid UTF-8, deep nesting and numbers without end."""
    with suppress(ProviderError):
        wire.read_frame(data)
    error_detail(data).encode()


@given(nearly(detail=nearly(status=ANY_TEXT, message=ANY_TEXT, msg=ANY_TEXT) | st.lists(ANY_JSON)))
def test_any_error_body_has_a_text(body: Any) -> None:
    """Possibly an empty one."""
    error_detail(body).encode()
    error_detail(json.dumps(body)).encode()
