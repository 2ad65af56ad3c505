"""Speech divided into events."""

import base64

import pytest

from sandbox import tone
from sandbox.cartesia.chunks import divide, encode, timestamps_event
from sandbox.cartesia.generation_request import OutputFormat
from sandbox.speech import Word

SPEECH = tone.encode("Hello there.")
MULAW = OutputFormat(container="raw", encoding="pcm_mulaw", sample_rate=8000)


def test_chunks_contain_all_audio_and_each_word_once() -> None:
    """A word belongs to the chunk in which it begins."""
    chunks = divide(SPEECH, MULAW, 93)

    assert b"".join(base64.b64decode(chunk.event()["data"]) for chunk in chunks) == SPEECH.mulaw
    assert [word.text for chunk in chunks for word in chunk.words] == ["Hello", "there."]


@pytest.mark.parametrize(
    ("encoding", "rate_hz", "sample_bytes"),
    [("pcm_s16le", 16000, 2), ("pcm_f32le", 8000, 4), ("pcm_mulaw", 16000, 1), ("pcm_alaw", 8000, 1)],
)
def test_audio_is_converted_to_the_requested_format(encoding: str, rate_hz: int, sample_bytes: int) -> None:
    """The duration stays the same, and the chunks have whole samples."""
    output = OutputFormat.model_validate(
        {"container": "raw", "encoding": encoding, "sample_rate": rate_hz}, strict=True
    )
    expected = len(SPEECH.mulaw) * rate_hz // 8000 * sample_bytes
    chunks = divide(SPEECH, output, 93)

    assert len(encode(SPEECH.mulaw, output)) == expected
    assert sum(len(chunk.audio) for chunk in chunks) == expected
    assert all(len(chunk.audio) % sample_bytes == 0 for chunk in chunks)


def test_times_are_in_seconds() -> None:
    """Counted from the origin."""
    event = timestamps_event([Word("Hi", 100, 300)], 1000)

    assert event["word_timestamps"] == {"words": ["Hi"], "start": [1.1], "end": [1.3]}
