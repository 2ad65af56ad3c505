"""ElevenLabs' multi-context socket: JSON to frames and back."""

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
    """A frame of context c1 with some sound."""
    return json.dumps({"contextId": "c1", "audio": base64.b64encode(b"abc").decode(), **fields})


def test_the_socket_is_where_the_base_address_says() -> None:
    """Http becomes ws, https wss; nothing said is the provider's own."""
    voice = TtsConfig(voice="a/b", model="m", language="de")

    assert wire.socket_url("http://127.0.0.1:9/", voice).startswith(
        "ws://127.0.0.1:9/v1/text-to-speech/a%2Fb/"
    )
    assert wire.socket_url("https://x", voice).startswith("wss://x/")
    url = wire.socket_url("", voice)
    assert url.startswith("wss://api.elevenlabs.io/")
    assert "output_format=ulaw_8000" in url
    assert "language_code=de" in url
    assert "language_code" not in wire.socket_url("", TtsConfig())


def test_a_clause_ends_in_one_space_and_is_flushed() -> None:
    """However it came."""
    assert json.loads(wire.clause("c1", "Hi.")) == {"text": "Hi. ", "context_id": "c1", "flush": True}
    assert json.loads(wire.clause("c1", "Hi.  "))["text"] == "Hi. "


def test_a_context_opens_with_a_space_and_the_voice() -> None:
    """As the provider demands."""
    message = json.loads(wire.opening("c1", TtsConfig(speed=1.1)))

    assert message["text"] == " "
    assert message["voice_settings"] == {"stability": 0.5, "similarity_boost": 0.8, "speed": 1.1}


@pytest.mark.parametrize("durations", ["charDurationsMs", "charsDurationsMs"])
def test_both_spellings_of_durations_are_read(durations: str) -> None:
    """Sound with its characters."""
    read = wire.read_frame(
        frame(alignment={"chars": ["a", "b"], "charStartTimesMs": [0, 10], durations: [10, 5]})
    )

    assert isinstance(read, wire.SoundFrame)
    assert read.sound.mulaw == b"abc"
    assert read.sound.char_timings == (CharTiming("a", 0, 10), CharTiming("b", 10, 15))
    assert not read.final


def test_a_final_frame_may_have_no_sound() -> None:
    """Or have some."""
    bare = wire.read_frame('{"isFinal": true, "contextId": "c1"}')
    sounding = wire.read_frame(frame(isFinal=True))

    assert isinstance(bare, wire.SoundFrame)
    assert bare.final
    assert isinstance(sounding, wire.SoundFrame)
    assert (sounding.final, sounding.sound.mulaw) == (True, b"abc")


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
def test_an_alignment_that_makes_no_sense_is_none(alignment: Any) -> None:
    """The sound counts all the same."""
    read = wire.read_frame(frame(alignment=alignment))

    assert isinstance(read, wire.SoundFrame)
    assert read.sound.mulaw == b"abc"
    assert read.sound.char_timings == ()


@pytest.mark.parametrize("data", ["", "x", "[]", "7", "null", b"\xff\xfe", frame(audio="*"), frame(audio=7)])
def test_senseless_frames_are_told(data: str | bytes) -> None:
    """As the provider's fault."""
    with pytest.raises(ProviderUnavailable):
        wire.read_frame(data)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("quota_exceeded", ProviderRejected),
        ("invalid_api_key", ProviderRejected),
        ("voice_not_found", ProviderRejected),
        ("system_busy", ProviderRateLimited),
        ("input_timeout_exceeded", ProviderUnavailable),
        ("max_active_conversations", ProviderUnavailable),
    ],
)
def test_error_words_become_our_errors(word: str, kind: type[ProviderError]) -> None:
    """By what they mean for the next try."""
    read = wire.read_frame(json.dumps({"message": "m", "error": word, "code": 1008}))

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
def test_statuses_become_our_errors(status: int, kind: type[ProviderError]) -> None:
    """By what they mean for the next try."""
    assert type(wire.error_of_status(status, "")) is kind


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"detail": {"status": "invalid_api_key", "message": "no"}}, "invalid_api_key: no"),
        (b'{"detail": {"status": "x"}}', "x"),
        ({"detail": [{"msg": "field required"}]}, "field required"),
        ({"detail": "plain"}, "plain"),
        ("<html>", ""),
        (None, ""),
    ],
)
def test_details_of_an_http_error_are_read_in_any_shape(body: Any, said: str) -> None:
    """And never fail."""
    assert wire.detail_of(body) == said


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
    """Whatever its fields hold."""
    try:
        wire.read_frame(json.dumps(fields))
    except ProviderUnavailable:
        return
